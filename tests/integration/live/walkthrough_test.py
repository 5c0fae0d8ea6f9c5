"""The commands of deploy/LIVE.md, run as they stand there, one after the other, in a network namespace with a folder of
its own for /etc/floodgauge and /var/lib/floodgauge. Those of "As a service" are run by deploy/package_trial.py; those of
"Inline" and of "DPDK's own tools beside it" need cards and hugepages.

walkthrough_test.py BUILD-DIRECTORY
"""
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest

from lab import ROOT, Lab, why_not

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
HEADING = "From a tap to the first announced and withdrawn rule"
PATIENCE = 75  # seconds that a command is repeated until it prints what is expected
# What commands must print, in the order of the page. A command with an expectation is repeated until it does.
EXPECTED = [
    (r"floodgauge check -c link.yaml", r"."),
    (r"floodgauge status", r"(?i)no incident|0 incidents|none"),
    (r"floodgauge check --policy", r"good; a dry run"),
    (r"floodgauge incidents --password", r"DNS reflection"),
    (r"id=", r""),
    (r"floodgauge incidents \$id", r"not announced: it waits for a\s+person's\s+approval"),
    (r"curl .*/approve", r'"approved":true'),
    (r"cat announce.log", r"would announce flow route \{ match \{ destination 198\.51\.100\.200/32;.*=53"),
    (r"gobgp global rib", r"\[destination: 198\.51\.100\.200/32\].*\[source-port: ==53\]"),
    (r"floodgauge incidents \$id", r"announced by gobgp since"),
    (r"cat announce.log", r"announce: withdraw flow route"),
    (r"gobgp global rib", r"Network not in table"),
    (r"floodgauge incidents \$id", r"took nothing, withdrawn\s+by\s+gobgp"),
]
# In place of Apache's, where that is not installed: bcrypt of "sesame".
HTPASSWD = "#!/bin/sh\necho ':$2b$04$abcdefghijklmnopqrstuuinwY/tkBVrn3xrxQI/TgnMHhkvl85RW'\n"


def setUpModule():
    missing = why_not("gobgpd", "gobgp", "tcpreplay", "jq", "curl")
    if missing:
        raise unittest.SkipTest(missing)


def commands(heading):
    """The commands of a section; a command with a here-document is several lines."""
    text = (ROOT / "deploy/LIVE.md").read_text("utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    found = []
    while lines:
        command = [lines.pop(0)]
        mark = re.search(r"<<(\w+)", command[0])
        while mark and command[-1] != mark[1]:
            command.append(lines.pop(0))
        found.append("\n".join(command))
    return found


class Shell:
    """A shell that is given one command at a time."""

    def __init__(self, lab, environment):
        self.process = lab.start("walk", "bash", env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        self.lines, self.grown = [], threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.number = 0

    def read(self):
        with self.process.stdout:
            for line in self.process.stdout:
                with self.grown:
                    self.lines.append(line)
                    self.grown.notify()

    def run(self, command):
        """Returns the exit status and what was printed."""
        self.number += 1
        mark = f"__done_{self.number}_"
        self.process.stdin.write(f"{command}\necho {mark}$?\n")
        self.process.stdin.flush()
        deadline = time.monotonic() + PATIENCE
        with self.grown:
            while not (ends := [line for line in self.lines if mark in line]):
                if not self.grown.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{command}: does not end; it printed {''.join(self.lines)}")
            told, self.lines = self.lines, []
        status = int(ends[0].split(mark)[1])
        return status, "".join(told).split(mark)[0]

    def must(self, command, pattern="", patience=0):
        """Runs a command, again until it prints what the pattern finds, and returns what it printed."""
        deadline = time.monotonic() + patience
        while True:
            status, told = self.run(command)
            if status == 0 and re.search(pattern, told, re.S):
                return told
            if time.monotonic() > deadline:
                raise AssertionError(f"{command}\nprinted {told!r}, status {status}, and not {pattern!r}")
            time.sleep(0.2)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class Walkthrough(unittest.TestCase):
    def test_each_command_works_and_the_rule_is_announced_and_withdrawn(self):
        expected = list(EXPECTED)
        with Lab("walk") as lab:
            programs = lab.folder / "bin"
            programs.mkdir()
            if not shutil.which("htpasswd"):
                (programs / "htpasswd").write_text(HTPASSWD, "utf-8")
                (programs / "htpasswd").chmod(0o755)
            shell = Shell(lab, {**os.environ, "PATH": f"{programs}:{BUILD}:{os.environ['PATH']}", "COLUMNS": "200",
                                "no_proxy": "*"})
            self.addCleanup(shell.close)
            for command in commands(HEADING):
                # The machine's own configuration is left alone.
                command = command.replace("/etc/floodgauge", str(lab.folder / "etc"))
                pattern = None
                if expected and re.match(expected[0][0], command):
                    pattern = expected.pop(0)[1]
                deadline = time.monotonic() + PATIENCE
                while True:
                    status, told = shell.run(command)
                    good = status == 0 if pattern is None else bool(re.search(pattern, told, re.S))
                    if good or pattern is None or time.monotonic() > deadline:
                        break
                    time.sleep(0.2)
                if command.startswith(("wait", "kill")):
                    continue  # the status is that of the job
                self.assertTrue(good, f"{command}\nprinted {told!r}, status {status}\n{self.logs(lab)}")
            self.assertEqual(expected, [], "the page lacks commands that this test knows")

    def test_the_commands_of_the_other_sections_work(self):
        with Lab("walk") as lab:
            etc = lab.folder / "etc"
            etc.mkdir()
            shell = Shell(lab, {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}", "no_proxy": "*", "TERM": "xterm"})
            self.addCleanup(shell.close)
            shell.must(f"cd {etc} && ip link add eth2 type veth peer name eth3 && ip link set eth3 up")
            self.tap(shell, etc)
            self.what_happened(lab, shell, etc)
            self.networks(shell, etc)

    def tap(self, shell, etc):
        """The first lines of the section are a file, which its first line names."""
        of = commands("A tap")
        self.assertEqual(of[0], "# link.yaml")
        (etc / "link.yaml").write_text("\n".join(of[1:3]) + "\n", "utf-8")
        set_up, run, top = of[3:]
        shell.must(set_up)
        shell.must(f"{run.split('#')[0]} 2>sensor.log &")
        shell.must("floodgauge status", r"(?i)no incident", PATIENCE)
        # `script` gives it a terminal; the keys are typed.
        self.assertRegex(top, "^floodgauge top")
        shell.must("(sleep 2; printf q) | script -qec 'stty rows 24 cols 80; floodgauge top' /dev/null", "span|web")
        shell.must("kill %1; wait; true")

    def what_happened(self, lab, shell, etc):
        history = lab.folder / "history.db"
        (etc / "link.yaml").write_text(
            "protect:  [{name: name-servers, prefixes: [198.51.100.0/24]}]\n"
            'ports:    [{name: span, device: "net_af_packet0,iface=eth2", side: mirror}]\n'
            "engine:   {workers: 1, flows: 65536, hosts: 4096}\n"
            "profiles: {default: {thresholds: {reflection: 500pps}}}\n"
            f"export:   {{history: {history}}}\n", "utf-8")
        flood = "--snaplen 1514 --duration 8s --flood reflection_dns:target=198.51.100.7,rate=2kpps,start=2s,duration=6s"
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2, seconds=30)
        shell.must(f"floodgauge-trafficgen --out old.pcap --start {before:%Y-%m-%dT%H:%M:%SZ} --duration 90s --benign mix=1kpps")
        shell.must(f"floodgauge replay old.pcap -c link.yaml --history {history}")
        shell.must(f"floodgauge-trafficgen --out flood.pcap {flood}")
        shell.must("floodgauge run -c link.yaml 2>sensor.log &")
        shell.must("floodgauge status", r"(?i)no incident", PATIENCE)
        shell.must("tcpreplay --intf1=eth3 flood.pcap >tcpreplay.log 2>&1 &")
        shell.must("floodgauge incidents", "DNS reflection", PATIENCE)
        known = shell.must("curl -s http://127.0.0.1:9733/api/v1/incidents | jq -r .incidents[0].id").strip()
        expected = {"--since": "DNS reflection", "--history": "198.51.100.7/32", "misp": "Event", "fingerprint": "attack_vectors",
                    "--at": "name-servers|198.51.100.0/24", "explain 198": "reflection"}
        for command in commands("What happened, now and a year ago"):
            pattern = next((text for word, text in expected.items() if word in command), "DNS reflection")
            command = command.replace("9f31c0ffee12ab34", known).replace("/var/lib/floodgauge/history.db", str(history))
            shell.must(command, pattern, 10)
        shell.must("kill %1; wait; true")

    def networks(self, shell, etc):
        example, move, check = commands("Your networks")
        (etc / "networks.txt").write_text("# of our customers\n198.51.100.0/24\n2001:db8:1::/48\n", "utf-8")
        (etc / "customers.yaml").write_text(
            example.replace("/etc/floodgauge", str(etc)) + "\n" + commands("A tap")[2] + "\n", "utf-8")
        shell.must("floodgauge check -c customers.yaml", "good")
        (etc / "fastnetmon.conf").write_text(
            "networks_list_path = networks.list\nthreshold_pps = 30000\nban_for_pps = on\ninterfaces = eth2\n", "utf-8")
        (etc / "networks.list").write_text("198.51.100.0/24\n", "utf-8")
        shell.must(move.replace("/etc/fastnetmon.conf", "fastnetmon.conf").replace("/etc/floodgauge", str(etc)))
        shell.must(check.replace("/etc/floodgauge", str(etc)), "good")

    @staticmethod
    def logs(lab):
        return "\n".join(f"{path.name}:\n{path.read_text('utf-8', 'replace')[-3000:]}"
                         for path in (lab.folder / "etc").glob("*.log"))


if __name__ == "__main__":
    unittest.main()
