"""The commands of deploy/LIVE.md, "From a tap to the first announced and withdrawn rule", run as they stand there, one
after the other, in a network namespace with a folder of its own for /etc/floodgauge.

walkthrough_test.py BUILD-DIRECTORY
"""
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
HEADING = "## From a tap to the first announced and withdrawn rule"
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


def commands():
    """The commands of the section; a command with a here-document is several lines."""
    text = (ROOT / "deploy/LIVE.md").read_text("utf-8")
    section = text[text.index(HEADING):]
    section = section[:section.index("\n## ", len(HEADING))]
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
            for command in commands():
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

    @staticmethod
    def logs(lab):
        return "\n".join(f"{path.name}:\n{path.read_text('utf-8', 'replace')[-3000:]}"
                         for path in (lab.folder / "etc").glob("*.log"))


if __name__ == "__main__":
    unittest.main()
