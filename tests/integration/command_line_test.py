#!/usr/bin/env python3
"""The command line: help, exit codes, the manual page and the README agree with one another and with the options that
scripts rely on. Examples work as they are printed. The report fits a terminal of 80 columns.

command_line_test.py FLOODGAUGE TRAFFICGEN
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from scenarios import SCENARIOS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM, GENERATOR = map(os.path.abspath, sys.argv[1:3])
# The options that scripts, dashboards and benchmarks may rely on: options may be added, never renamed or removed.
PROMISED = {
    "replay": ["--protect", "--protect-file", "-c", "--config", "--workers", "--speed", "--format", "--output",
               "--events", "--listen", "--fail-on-attack", "--seed", "--history", "--html", "--evidence"],
    "run": ["-c", "--config"],
    "check": ["-c", "--config", "--print", "--policy"],
    "status": ["--url", "--format", "--password-file", "--utc"],
    "top": ["--url", "--password-file", "--utc"],
    "incidents": ["--url", "--history", "--since", "--format", "--password-file", "--utc"],
    "explain": ["--url", "--at", "--history", "--format", "--password-file", "--utc"],
    "tune": ["-c", "--config", "--history", "--format"],
    "announce": ["-c", "--config", "--url"],
    "import": [],
}
EXIT_CODES = ["0 done", "1 attacks found", "2 usage or configuration", "3 input or port"]


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False, **more)


def help_of(command):
    return run(command, "--help").stdout


def options_in(text):
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


def manual():
    """The manual page as plain text, with plain hyphens."""
    page = (ROOT / "deploy/man/floodgauge.1").read_text("utf-8")
    return re.sub(r"\\f[A-Z]|\\c", "", page.replace("\\-", "-").replace("\\|", "").replace("\\&", ""))


class Help(unittest.TestCase):
    def test_without_arguments_it_lists_the_commands_and_an_example(self):
        ran = run()
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        commands = re.findall(r"^  floodgauge (\w+) +\S.*$", ran.stdout, re.M)
        self.assertEqual(commands, list(PROMISED))
        self.assertIn("floodgauge replay CAPTURE.pcap", ran.stdout)

    def test_each_command_has_synopsis_options_examples_exit_codes_and_manual(self):
        for command, promised in PROMISED.items():
            with self.subTest(command):
                ran = run(command, "--help")
                self.assertEqual((ran.returncode, ran.stderr), (0, ""))
                self.assertLessEqual(max(map(len, ran.stdout.splitlines())), 80)
                self.assertIn(f"Usage: floodgauge {command} [OPTIONS]", ran.stdout)
                self.assertLessEqual(set(promised), options_in(ran.stdout))
                self.assertEqual(len(re.findall(rf"^  floodgauge {command}\b", ran.stdout, re.M)), 2)
                said = " ".join(ran.stdout.split())
                for code in EXIT_CODES:
                    self.assertIn(code, said)
                self.assertIn("man floodgauge", said)

    def test_the_manual_lists_exactly_the_options_of_the_help(self):
        # Its examples may also use other programs, which have options of their own.
        listed = options_in(re.sub(r"^\.EX$.*?^\.EE$", "", manual(), flags=re.M | re.S))
        there = set().union(*(options_in(help_of(command).split("Examples:")[0]) for command in PROMISED))
        self.assertEqual(there - listed - {"-h", "--help"}, set(), "missing from the manual page")
        self.assertEqual(listed - there - {"--version"}, set(), "in the manual page only")

    def test_manual_and_readme_list_the_exit_codes(self):
        readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
        exits = re.search(r"Exit codes: (.*?)\. ", readme).group(1)
        for code in EXIT_CODES:
            self.assertIn(code, exits)
        status = manual().split(".SH EXIT STATUS")[1].split(".SH")[0]
        self.assertEqual(re.findall(r"^\.B (\d)$", status, re.M), ["0", "1", "2", "3"])
        for command in PROMISED:
            self.assertIn(f"floodgauge {command}", readme)

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^floodgauge \d+\.\d+\.\d+ \([0-9a-f]{12}|unknown, DPDK \d")

    def test_version_and_help_may_be_written_as_commands(self):
        self.assertEqual(run("version").stdout, run("--version").stdout)
        self.assertEqual(run("-V").stdout, run("--version").stdout)
        self.assertEqual(run("help").stdout, run().stdout)
        self.assertEqual(run("help", "replay").stdout, help_of("replay"))
        self.assertEqual(run("help", "nonsense").returncode, 2)

    def test_unknown_commands_and_arguments_are_refused(self):
        for arguments in [["nonsense"], ["--nonsense"], ["status", "extra"], ["check"], ["run"]]:
            with self.subTest(arguments):
                ran = run(*arguments)
                self.assertEqual((ran.returncode, ran.stdout, len(ran.stderr.splitlines())), (2, "", 1))
                self.assertRegex(ran.stderr, r"; see floodgauge( \w+)? --help$")

    def test_what_was_probably_meant_is_said(self):
        with tempfile.NamedTemporaryFile(suffix=".pcap") as capture:
            for arguments, meant in [(["rpelay", "x.pcap"], "replay"), (["stats"], "status"), (["verson"], "version"),
                                     ([capture.name], f"floodgauge replay {capture.name}"),
                                     (["replay", "x.pcap", "--foramt", "json"], "--format"),
                                     (["check", "--confg=link.yaml"], "--config"), (["run", "--confg", "x"], "--config")]:
                with self.subTest(arguments):
                    ran = run(*arguments)
                    self.assertEqual((ran.returncode, ran.stdout, len(ran.stderr.splitlines())), (2, "", 1))
                    self.assertRegex(ran.stderr, rf"did you mean {re.escape(meant)}\? See floodgauge( \w+)? --help$")

    def test_status_and_top_fail_when_no_daemon_answers(self):
        for command in ["status", "top"]:
            ran = run(command, "--url", "http://127.0.0.1:1")
            self.assertEqual((ran.returncode, ran.stdout), (3, ""))
            self.assertRegex(ran.stderr, r"^floodgauge does not answer at 127\.0\.0\.1 port 1: .*\n$")


class Examples(unittest.TestCase):
    def test_examples_of_replay_and_check_work_as_printed(self):
        with tempfile.TemporaryDirectory() as folder:
            SCENARIOS["syn_flood"].write(GENERATOR, f"{folder}/attack.pcap")
            SCENARIOS["syn_flood"].write(GENERATOR, f"{folder}/evening.pcap.gz")
            pathlib.Path(folder, "link.yaml").write_text("protect: [{prefixes: [198.51.100.0/24]}]\n", "utf-8")
            examples = re.findall(r"^  floodgauge ((?:replay|check)\b.*)$", help_of("replay") + help_of("check"), re.M)
            self.assertEqual(len(examples), 4)
            for example in examples:
                with self.subTest(example):
                    ran = run(*shlex.split(example), cwd=folder)
                    self.assertEqual((ran.returncode, ran.stderr), (0, ""))
                    self.assertTrue(ran.stdout)

    def test_a_printed_configuration_loads_as_the_same_configuration(self):
        configurations = sorted((ROOT / "config/examples").glob("*.yaml"))
        self.assertGreaterEqual(len(configurations), 3)
        with tempfile.TemporaryDirectory() as folder:
            for path in configurations:
                with self.subTest(path.name):
                    first = run("check", "-c", path, "--print")
                    self.assertEqual((first.returncode, first.stderr), (0, ""))
                    again = pathlib.Path(folder, path.name)
                    again.write_text(first.stdout, "utf-8")
                    self.assertEqual(run("check", "-c", again, "--print").stdout, first.stdout)
                    self.assertRegex(run("check", "-c", again).stdout, rf"^{re.escape(str(again))}: good")


class Check(unittest.TestCase):
    def check(self, text, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "link.yaml").write_text(text, "utf-8")
            pathlib.Path(folder, "program").write_text("#!/bin/sh\n", "utf-8")
            return run("check", "-c", "link.yaml", *arguments, cwd=folder)

    def test_good_is_said_of_what_runs_here(self):
        ran = self.check("protect: [{prefixes: [198.51.100.0/24]}]\n"
                         "ports: [{name: a, device: net_ring0}, {name: b, device: \"net_af_packet0,iface=lo\"}]\n"
                         "engine: {flows: 65536, hosts: 4096}\nexport: {hook: /bin/true, events: events.jsonl}\n")
        self.assertEqual((ran.returncode, ran.stdout), (0, "link.yaml: good\n"))
        # The loopback merges segments, unless somebody has switched that off.
        self.assertRegex(ran.stderr, r"\A(link\.yaml:2:57: ports\[1\]\.device: lo merges [^\n]*\n)?\Z")

    def test_what_run_needs_is_said(self):
        self.assertEqual(self.check("protect: [{prefixes: [198.51.100.0/24]}]\n").stdout,
                         "link.yaml: good for a replay; run also needs ports\n")
        self.assertEqual(self.check("engine: {seed: 1}\n").stdout,
                         "link.yaml: good for a replay; run also needs protect and ports\n")

    def test_errors_are_counted_and_nothing_more_is_said(self):
        for wrong, said in [("link: {capacity: 10}\n", "link.yaml:1:18: link.capacity"),
                            ("ports: [{name: a, device: eth2}]\n", 'did you mean "net_af_packet0,iface=eth2"?'),
                            ("export: {web_config: nowhere.yml}\n", "nowhere.yml"),
                            ("signatures: nowhere.yaml\n", "nowhere.yaml"),
                            ("protect: [{file: nowhere.txt}]\n", "nowhere.txt: protect[0].file: cannot be read")]:
            with self.subTest(wrong):
                ran = self.check(wrong)
                self.assertEqual((ran.returncode, ran.stdout), (2, ""))
                self.assertIn(said, ran.stderr)
                self.assertEqual(ran.stderr.splitlines()[-1], "1 error")

    def test_what_this_machine_lacks_is_said(self):
        base = "protect: [{prefixes: [198.51.100.0/24]}]\nengine: {workers: 1, flows: 65536, hosts: 4096}\n"
        refused = "link.yaml: good, but run would fail on this machine; see above\n"
        in_vain = "link.yaml: good, but not all of it would work on this machine; see above\n"
        ring = "ports: [{name: a, device: net_ring0}]\n"
        for config, said, verdict in [
            (base + 'ports: [{name: a, device: "net_af_packet0,iface=lp"}]\n',
             "link.yaml:3:27: ports[0].device: this machine has no interface lp; did you mean iface=lo?", refused),
            (base + 'ports: [{name: a, device: "ffff:ff:1f.7"}]\n',
             "link.yaml:3:27: ports[0].device: this machine has no device ffff:ff:1f.7", refused),
            (base + ring + "export: {events: nowhere/events.jsonl}\n",
             "link.yaml:4:18: export.events: nowhere/events.jsonl: there is no folder nowhere", refused),
            (base + ring + "export: {hook: nowhere}\n", "link.yaml:4:16: export.hook: nowhere is not there", in_vain),
            (base + ring + "export: {hook: ./program}\n",
             "link.yaml:4:16: export.hook: ./program may not be executed; chmod +x makes it so", in_vain),
            (base + ring + "export: {history: nowhere/history.db}\n",
             "link.yaml:4:19: export.history: nowhere/history.db: there is no folder nowhere", in_vain),
            (base + ring + "profiles: {default: {baseline: {state: nowhere/state}}}\n",
             "profiles.default.baseline.state: nowhere/state: there is no folder nowhere", in_vain),
            (base.replace("65536", "268435456").replace("workers: 1", "workers: 64") + ring,
             "engine: the tables of 64 workers take ", refused),
        ]:
            with self.subTest(said):
                ran = self.check(config)
                self.assertEqual((ran.returncode, ran.stdout), (0, verdict), ran.stderr)
                self.assertIn(said, ran.stderr)
                self.assertEqual(len(ran.stderr.splitlines()), 1)
                self.assertEqual(self.check(config, "--print").stderr, "")


class Prefixes(unittest.TestCase):
    def test_replay_protects_the_prefixes_of_files(self):
        with tempfile.TemporaryDirectory() as folder:
            capture = SCENARIOS["syn_flood"].write(GENERATOR, f"{folder}/attack.pcap")
            pathlib.Path(folder, "networks.txt").write_text("# ours\n198.51.100.0/24\n", "utf-8")
            pathlib.Path(folder, "more.txt").write_text("203.0.113.0/24\n198.51.100.0/24\n", "utf-8")
            ran = run("replay", capture, "--protect-file", f"{folder}/networks.txt", "--protect-file", f"{folder}/more.txt",
                      "--protect", "2001:db8::/32", "--format", "json")
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            self.assertEqual({one["prefix"] for one in json.loads(ran.stdout)["prefixes"]},
                             {"198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"})

    def test_errors_of_a_file_have_its_lines(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "networks.txt").write_text("198.51.100.0/24\n 198.51.100.1/24\nweb\n", "utf-8")
            ran = run("replay", "x.pcap", "--protect-file", "networks.txt", cwd=folder)
            self.assertEqual((ran.returncode, ran.stdout), (2, ""))
            self.assertEqual(ran.stderr.splitlines(), [
                "--protect-file networks.txt cannot be used:",
                "networks.txt:2:2: 198.51.100.1/24 has host bits set; did you mean 198.51.100.0/24?",
                "networks.txt:3:1: web is not a prefix; write one like 192.0.2.0/24 or \"2001:db8::/32\""])

    def test_a_configuration_of_fastnetmon_is_translated(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "networks_list").write_text("198.51.100.0/24\n", "utf-8")
            pathlib.Path(folder, "fastnetmon.conf").write_text(
                f"networks_list_path = {folder}/networks_list\nban_for_pps = on\nthreshold_pps = 20000\n", "utf-8")
            made = run("import", "fastnetmon", f"{folder}/fastnetmon.conf")
            self.assertEqual((made.returncode, made.stderr), (0, ""))
            pathlib.Path(folder, "floodgauge.yaml").write_text(made.stdout, "utf-8")
            shown = run("check", "-c", f"{folder}/floodgauge.yaml", "--print")
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.assertIn("packets: 20kpps\n", shown.stdout)
            self.assertIn("198.51.100.0/24", shown.stdout)
        missing = run("import", "fastnetmon", "/nonexistent/fastnetmon.conf")
        self.assertEqual((missing.returncode, missing.stdout), (3, ""))
        self.assertIn("/nonexistent/fastnetmon.conf: cannot be read", missing.stderr)
        self.assertEqual(run("import", "wanguard").returncode, 2)


class Completion(unittest.TestCase):
    def bash(self, *words):
        """What bash offers for the last of `words`."""
        script = run("completion", "bash").stdout + """
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _floodgauge; printf '%s\\n' "${COMPREPLY[@]}"
"""
        return subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True,
                              timeout=60, cwd=ROOT).stdout.split()

    def test_bash_completes_commands_options_values_and_files(self):
        self.assertEqual(self.bash("floodgauge", "re"), ["replay"])
        self.assertLessEqual(set(PROMISED), set(self.bash("floodgauge", "")))
        self.assertEqual(self.bash("floodgauge", "replay", "--fo"), ["--format"])
        self.assertEqual(self.bash("floodgauge", "replay", "--format", "j"), ["json"])
        self.assertEqual(self.bash("floodgauge", "replay", "READ"), ["README.md"])
        self.assertEqual(self.bash("floodgauge", "check", "-c", "LICEN"), ["LICENSE"])
        self.assertEqual(self.bash("floodgauge", "replay", "--workers", ""), [])

    def test_every_option_of_the_help_is_completed_by_every_shell(self):
        for shell, written in [("bash", "{}"), ("zsh", "{}["), ("fish", "-l {}")]:
            script = run("completion", shell).stdout
            for command in PROMISED:
                for option in options_in(help_of(command).split("Examples:")[0]):
                    with self.subTest(f"{shell}: {command} {option}"):
                        text = written.format(option.lstrip("-") if shell == "fish" else option)
                        self.assertIn(text if option.startswith("--") or shell != "fish" else f"-s {option[1:]}", script)

    def test_each_shell_reads_its_script(self):
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell):
                with self.subTest(shell):
                    read = subprocess.run([shell, "-n"], input=run("completion", shell).stdout, capture_output=True,
                                          text=True, check=False, timeout=60)
                    self.assertEqual((read.returncode, read.stderr), (0, ""))

    def test_another_shell_is_refused(self):
        self.assertEqual(run("completion", "csh").returncode, 2)


def on_a_terminal(columns, *arguments, **environment):
    """What the program writes to a terminal with `columns` columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=slave,
                          stderr=subprocess.DEVNULL, env={**clean, "TERM": "xterm", **environment}) as process:
        os.close(slave)
        output = b""
        try:
            while piece := os.read(master, 65536):
                output += piece
        except OSError:
            pass  # EIO: how Linux reports that the other end is closed
        os.close(master)
    return output.decode("utf-8").replace("\r\n", "\n")


class TextReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.captures = {name: SCENARIOS[name].write(GENERATOR, f"{holder.name}/{name}.pcap")
                        for name in ["quiet", "syn_flood", "carpet", "multi_vector", "ipv6"]}

    def test_report_fits_a_terminal_of_80_columns(self):
        for name, capture in self.captures.items():
            with self.subTest(name):
                report = on_a_terminal(80, "replay", "--seed", "7", capture, NO_COLOR="1")
                self.assertGreater(len(report.splitlines()), 4)
                self.assertEqual([line for line in report.splitlines() if len(line) > 80], [])
                self.assertNotIn("\x1b", report)

    def test_report_in_a_pipe_differs_only_by_the_missing_bars(self):
        for name, capture in self.captures.items():
            with self.subTest(name):
                piped = run("replay", "--seed", "7", capture).stdout
                self.assertNotIn("\x1b", piped)
                shown = on_a_terminal(80, "replay", "--seed", "7", capture, NO_COLOR="1")
                self.assertEqual(re.sub(r"(?m)^    rate .*\n", "", shown), piped)

    def test_report_has_colour_on_a_terminal_only(self):
        coloured = on_a_terminal(80, "replay", "--seed", "7", self.captures["syn_flood"])
        self.assertIn("\x1b[", coloured)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        self.assertEqual(plain, on_a_terminal(80, "replay", "--seed", "7", self.captures["syn_flood"], NO_COLOR="1"))

    def test_report_names_each_incident(self):
        for name, capture in self.captures.items():
            report = run("replay", "--seed", "7", capture, *SCENARIOS[name].replay).stdout
            for target, _ in SCENARIOS[name].targets:
                with self.subTest(f"{name}: {target}"):
                    self.assertRegex(report, rf"(?m)^#\d+ .* on {re.escape(re.sub('/(32|128)$', '', target))}\b")
            if not SCENARIOS[name].targets:
                self.assertIn("no flood found", report)


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
