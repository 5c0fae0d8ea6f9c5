#!/usr/bin/env python3
"""`floodgauge replay` answers bad input with one clear line, and exit code 2 (usage, configuration) or 3 (input).

replay_input_test.py FLOODGAUGE TRAFFICGEN
"""
import gzip
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
TARGET = "198.51.100.7"
FOLLOW = r"a capture that is still being written is followed by: tail -c \+1 -f FILE \| floodgauge replay -\n"


def run(*arguments, stdin=subprocess.DEVNULL):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=stdin, capture_output=True, text=True, timeout=120,
                          check=False)


class Files(unittest.TestCase):
    """A folder with a good capture, and with files that are wrong in every way."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.good = cls.folder / "good.pcap"
        subprocess.run([GENERATOR, "--out", cls.good, "--seed", "5", "--duration", "500ms", "--benign", "mix=1kpps",
                        "--flood", f"tcp_syn:target={TARGET},rate=20kpps,start=100ms,duration=300ms"],
                       check=True, capture_output=True, timeout=120)
        whole = cls.good.read_bytes()
        cls.write("empty.pcap", b"")
        cls.write("text.pcap", b"this is no capture\n")
        cls.write("header.pcap", whole[:24])
        cls.write("short.pcap", whole[:20])
        # In the middle of the flood: so few packets as come in its first 10 ms are a burst, and no flood.
        cls.write("cut.pcap", whole[:500_001])
        cls.write("good.pcap.gz", gzip.compress(whole))
        cls.write("cut.pcap.gz", gzip.compress(whole)[:len(gzip.compress(whole)) // 2])
        (cls.folder / "folder").mkdir()
        cls.packets = cls.report(cls.good)["capture"]["packets"]

    @classmethod
    def write(cls, name, content):
        (cls.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return cls.folder / name

    @classmethod
    def report(cls, *arguments, code=0, **more):
        ran = run("replay", "--format", "json", "--seed", "1", *arguments, **more)
        assert ran.returncode == code, f"{arguments}: exit {ran.returncode}, not {code}: {ran.stderr}"
        return json.loads(ran.stdout)

    def refused(self, code, pattern, *arguments, lines=1, **more):
        """Checks the exit code, that standard output is empty, and the lines of standard error."""
        with self.subTest(" ".join(map(str, arguments))):
            ran = run(*arguments, **more)
            self.assertEqual(ran.returncode, code, ran.stderr)
            self.assertEqual(ran.stdout, "")
            self.assertEqual(len(ran.stderr.splitlines()), lines, ran.stderr)
            self.assertRegex(ran.stderr.replace(f"{self.folder}/", ""), "^" + pattern)


class Captures(Files):
    def test_files_that_are_not_captures_are_refused(self):
        for name, reason in [
            ("missing.pcap", r"missing\.pcap: cannot be opened: No such file or directory$"),
            ("text.pcap", r"text\.pcap: is not a capture: neither pcap nor pcapng$"),
            ("empty.pcap", r"empty\.pcap: is not a capture: it is empty$"),
            ("folder", r"folder: is a directory; name the captures in it$"),
            ("/dev/null", r"/dev/null: is not a capture: it is empty$"),
        ]:
            self.refused(3, reason, "replay", self.folder / name)

    def test_several_bad_files_are_all_named(self):
        self.refused(3, r"missing\.pcap: .*\ntext\.pcap: ", "replay", self.folder / "missing.pcap",
                     self.folder / "text.pcap", lines=2)

    def test_a_capture_without_packets_was_not_examined(self):
        facts = self.report(self.folder / "header.pcap", code=3)
        self.assertEqual((facts["capture"]["packets"], facts["incidents"]), (0, []))
        self.assertFalse(facts["capture"]["truncated"])
        ran = run("replay", self.folder / "header.pcap")
        self.assertIn("no packets", ran.stdout)

    def test_a_capture_that_ends_within_its_header_has_no_packets(self):
        ran = run("replay", "--format", "json", self.folder / "short.pcap")
        self.assertEqual(ran.returncode, 3)
        self.assertRegex(ran.stderr, r"short\.pcap: cut off in the file's header, after 20 bytes\n" + FOLLOW + "$")
        capture = json.loads(ran.stdout)["capture"]
        self.assertEqual((capture["packets"], capture["truncated"]), (0, True))

    def test_a_truncated_capture_is_reported_up_to_where_it_ends(self):
        for name, reason in [("cut.pcap", r"cut off in mid-packet: the record at byte \d+ has \d+ of its \d+ bytes"),
                             ("cut.pcap.gz", r"the gzip data is cut off after byte \d+ of the uncompressed capture")]:
            with self.subTest(name):
                ran = run("replay", "--format", "json", self.folder / name)
                self.assertEqual(ran.returncode, 3)
                follow = FOLLOW if name == "cut.pcap" else ""
                self.assertRegex(ran.stderr, rf"^{re.escape(str(self.folder / name))}: {reason}\n{follow}$")
                facts = json.loads(ran.stdout)
                self.assertTrue(facts["capture"]["truncated"])
                self.assertGreater(facts["capture"]["packets"], 100)
                self.assertLess(facts["capture"]["packets"], self.packets)
                self.assertEqual([one["target"] for one in facts["incidents"]], [f"{TARGET}/32"])

    def test_a_truncated_capture_exits_with_3_even_if_it_has_attacks(self):
        self.assertEqual(run("replay", "--fail-on-attack", self.folder / "cut.pcap").returncode, 3)
        self.assertEqual(run("replay", "--fail-on-attack", self.good).returncode, 1)

    def test_the_report_is_written_even_if_one_file_is_bad(self):
        for bad in ["missing.pcap", "text.pcap", "folder"]:
            with self.subTest(bad):
                ran = run("replay", "--format", "json", self.folder / bad, self.good)
                self.assertEqual(ran.returncode, 3)
                self.assertEqual(len(ran.stderr.splitlines()), 1, ran.stderr)
                self.assertIn(bad, ran.stderr)
                facts = json.loads(ran.stdout)
                self.assertEqual(facts["capture"]["packets"], self.packets)
                self.assertTrue(facts["capture"]["truncated"])

    def test_standard_input_and_gzip_give_the_same_report(self):
        plain = self.report(self.good)
        compressed = self.report(self.folder / "good.pcap.gz")
        with open(self.good, "rb") as capture:
            piped = self.report("-", stdin=capture)
        feeder = subprocess.Popen(["cat", self.folder / "good.pcap.gz"], stdout=subprocess.PIPE)
        pipe = self.report("-", stdin=feeder.stdout)
        feeder.stdout.close()
        self.assertEqual(feeder.wait(), 0)
        for other in [compressed, piped, pipe]:
            self.assertEqual(other["incidents"], plain["incidents"])
            self.assertEqual(other["prefixes"], plain["prefixes"])
            self.assertEqual({**other["capture"], "files": []}, {**plain["capture"], "files": []})

    def test_empty_or_wrong_standard_input_is_refused(self):
        self.refused(3, r"standard input: is not a capture: it is empty$", "replay", "-")
        with open(self.folder / "text.pcap", "rb") as text:
            self.refused(3, r"standard input: is not a capture: neither pcap nor pcapng$", "replay", "-", stdin=text)

    def test_several_files_are_merged_by_time(self):
        """A capture that was split into three files gives the same report, even if the files are named in another
        order. Packets of equal time are kept in one file, since the order of the names decides the order of equal times."""
        whole = self.good.read_bytes()
        parts, at, turn, time = [bytearray(whole[:24]) for _ in range(3)], 24, 0, b""
        for _ in range(self.packets):
            length = 16 + int.from_bytes(whole[at + 8:at + 12], "little")
            if whole[at:at + 8] != time:
                turn, time = turn + 1, whole[at:at + 8]
            parts[turn % 3] += whole[at:at + length]
            at += length
        self.assertEqual(at, len(whole))
        files = [self.write(f"part{n}.pcap", bytes(part)) for n, part in enumerate(parts)]
        together, alone = self.report(*reversed(files)), self.report(self.good)
        self.assertEqual(together["incidents"], alone["incidents"])
        self.assertEqual(together["prefixes"], alone["prefixes"])
        self.assertEqual(together["capture"]["first"], alone["capture"]["first"])
        self.assertEqual(together["capture"]["last"], alone["capture"]["last"])


class Options(Files):
    def test_wrong_options_are_refused_with_one_line(self):
        for arguments, pattern in [
            (["--nonsense"], r"floodgauge replay: --nonsense: no such option; see floodgauge replay --help$"),
            (["--workers", "0"], r"floodgauge replay: --workers: .*1 (to|-) 64"),
            (["--workers", "65"], r"floodgauge replay: --workers: .*1 (to|-) 64"),
            (["--sampling", "0"], r"floodgauge replay: --sampling: .*1 (to|-) 1000000"),
            (["--workers", "two"], r"floodgauge replay: --workers: "),
            (["--format", "xml"], r"floodgauge replay: --format: xml not in \{text,json\}"),
            (["--speed", "fast"], r"--speed fast: write max, 1x, or another number with an x$"),
            (["--speed", "0x"], r"--speed 0x: write max"),
            (["--speed", "-1x"], r"--speed -1x: write max"),
            (["--speed", "nanx"], r"--speed nanx: write max"),
            (["--speed", "infx"], r"--speed infx: write max"),
            (["--seed", "x"], r"--seed x: write a whole number"),
            (["--seed", "-1"], r"--seed -1: write a whole number"),
            (["--seed", "18446744073709551616"], r"--seed 18446744073709551616: write a whole number"),
            (["--protect"], r"floodgauge replay: --protect: "),
            (["--protect", "300.1.1.1/8"], r"--protect 300\.1\.1\.1/8 is not a prefix; write one like 192\.0\.2\.0/24 or "),
            (["--protect", "198.51.100.0/33"], r"--protect 198\.51\.100\.0/33 has a wrong length; write 0 to 32 after the /$"),
            (["--protect", "198.51.100.1/24"], r"--protect 198\.51\.100\.1/24 has host bits set; did you mean "
                                               r"198\.51\.100\.0/24\?$"),
            (["--listen", "nonsense"], r"--listen nonsense is no address to listen on; write 127\.0\.0\.1:9733"),
            (["--listen", "127.0.0.1:99999"], r"--listen 127\.0\.0\.1:99999 is no address to listen on"),
            (["--output", self.good], r"--output good\.pcap: is a capture to be read$"),
            (["--events", self.good], r"--events good\.pcap: is a capture to be read$"),
        ]:
            self.refused(2, pattern, "replay", self.good, *arguments)
        self.refused(2, r"floodgauge replay: FILE is required; see floodgauge replay --help$", "replay")
        self.assertEqual(self.report(self.good)["capture"]["packets"], self.packets)  # no capture was overwritten

    def test_unwritable_outputs_are_refused_before_the_capture_is_read(self):
        for option in ["--output", "--events"]:
            for path, reason in [("/nonexistent/x", "No such file or directory"), (self.folder / "folder", "directory")]:
                # Only the first bytes of standard input are read.
                with subprocess.Popen(["cat", self.good], stdout=subprocess.PIPE) as feeder:
                    self.refused(3, f".*{re.escape(str(path)).replace(re.escape(str(self.folder) + '/'), '')}.*{reason}",
                                 "replay", "-", option, path, stdin=feeder.stdout)
                    feeder.stdout.close()

    def test_a_full_disk_is_an_error(self):
        self.refused(3, r"/dev/full: cannot write the report", "replay", self.good, "--output", "/dev/full")
        with open("/dev/full", "wb") as full:
            ran = subprocess.run([PROGRAM, "replay", self.good], stdout=full, stderr=subprocess.PIPE, text=True,
                                 timeout=120, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (3, "standard output: cannot write the report\n"))
        ran = run("replay", self.good, "--events", "/dev/full")
        self.assertEqual(ran.returncode, 3)
        self.assertRegex(ran.stderr, "^cannot write events to /dev/full: No space left on device\n")
        self.assertIn("1 flood", ran.stdout, "the report is printed nevertheless")

    def test_an_address_that_cannot_be_listened_on_is_refused(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused(3, rf"--listen {re.escape(address)} is in use; ", "replay", self.good, "--listen", address)
        self.refused(3, r"--listen 203\.0\.113\.77:9733 is not an address of this machine$", "replay", self.good,
                     "--listen", "203.0.113.77:9733")

    def test_output_writes_the_same_report_to_a_file(self):
        path = self.folder / "report.json"
        ran = run("replay", self.good, "--format", "json", "--seed", "1", "--output", path)
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "", ""))
        facts, direct = json.loads(path.read_text("utf-8")), self.report(self.good)
        del facts["engine"], direct["engine"]
        self.assertEqual(facts, direct)


class Configurations(Files):
    def wrong(self, text, *lines):
        path = self.write("link.yaml", text)
        count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
        pattern = "\n".join(f"link\\.yaml{line}.*" for line in lines) + f"\n{count}"
        for command in [("replay", self.good), ("check",), ("run",)]:
            said = "" if command == ("check",) else "; nothing was started"  # `check` starts nothing anyway
            self.refused(2, f"{pattern}{said}$", *command, "-c", path, lines=len(lines) + 1)

    def test_errors_of_a_configuration_name_place_and_reason(self):
        self.wrong("protect: [\n", r":1:10: the list that begins here is not closed; write \]")
        self.wrong("protect:\n  - {name: a, prefixes: [198.51.100.0/24]}\n"
                   "profiles: {default: {thresholds: {packets: 50k}}}\n",
                   r":3:44: profiles\.default\.thresholds\.packets: 50k has no unit; write 50kpps")
        self.wrong("protect:\n  - {name: a, prefixes: [198.51.100.0/24]}\n"
                   "profiles: {default: {thresholds: {packets: 50ms}}}\n",
                   r":3:44: profiles\.default\.thresholds\.packets: 50ms .*kpps")
        self.wrong("protect:\n  - {name: a, prefixes: [198.51.100.0/24]}\n"
                   "  - {name: b, prefixes: [198.51.100.0/24]}\n",
                   r":3:26: protect\[1\]\.prefixes\[0\]: 198\.51\.100\.0/24 is protected already, in line 2")
        self.wrong("protct:\n  - {prefixes: [198.51.100.64/25]}\nprotect:\n  - {prefixes: [198.51.100.65/25]}\n",
                   r":1:1: protct: unknown key; did you mean protect\?",
                   r":4:17: protect\[0\]\.prefixes\[0\]: 198\.51\.100\.65/25 has host bits set; did you mean "
                   r"198\.51\.100\.0/25\?")

    def test_unreadable_configurations_are_refused(self):
        self.refused(2, r"missing\.yaml: cannot be read: No such file or directory\n", "replay", self.good, "-c",
                     self.folder / "missing.yaml", lines=2)
        self.refused(2, r"folder: is a directory; name a file\n", "replay", self.good, "-c", self.folder / "folder",
                     lines=2)
        self.refused(2, r"good\.pcap:", "replay", self.good, "-c", self.good, lines=2)

    @unittest.skipIf(os.geteuid() == 0, "root may read every file")
    def test_a_configuration_without_permission_is_refused(self):
        path = self.write("secret.yaml", "protect: []\n")
        path.chmod(0)
        self.refused(2, r"secret\.yaml: cannot be read: Permission denied\n", "replay", self.good, "-c", path, lines=2)

    def test_the_longest_of_overlapping_prefixes_applies(self):
        path = self.write("overlap.yaml", "protect:\n"
                          "  - {name: all, prefixes: [198.51.0.0/16]}\n"
                          f"  - {{name: one, prefixes: [{TARGET}/32]}}\n"
                          "  - {name: web, prefixes: [198.51.100.0/24]}\n")
        facts = self.report(self.good, "-c", path)
        self.assertEqual([(one["target"], one["prefix"], one["name"]) for one in facts["incidents"]],
                         [(f"{TARGET}/32", f"{TARGET}/32", "one")])
        packets = {one["name"]: one["packets_in"] for one in facts["prefixes"]}
        self.assertGreater(packets["one"], 5000)
        self.assertGreater(packets["web"], 0)
        # --protect adds a prefix to those of the file; a prefix that the file has already is not added twice.
        facts = self.report(self.good, "-c", path, "--protect", "203.0.113.0/24", "--protect", "198.51.0.0/16")
        prefixes = sorted(one["prefix"] for one in facts["prefixes"])
        self.assertEqual(len(prefixes), len(set(prefixes)))
        self.assertIn("203.0.113.0/24", prefixes)


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
