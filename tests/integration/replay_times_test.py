#!/usr/bin/env python3
"""`floodgauge replay` puts times right or says that it cannot, and says what it did not examine.

Each capture is made of the same generated traffic: ordinary traffic with a SYN flood of 20 kpps from 2 s to 4 s. Its
stamps are changed in one way, and the flood must be found as before, or told to be unknown.

replay_times_test.py FLOODGAUGE TRAFFICGEN
"""
import datetime
import gzip
import json
import lzma
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
TARGET = "198.51.100.7"
PROTECT = ("--protect", "198.51.100.0/24")
SECOND = 10**9
HOUR = 3600 * SECOND


def run(*arguments, **more):
    return subprocess.run([PROGRAM, "replay", "--seed", "1", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False, **({"stdin": subprocess.DEVNULL} | more))


def records_of(whole):
    """[(nanoseconds, frame)] of a nanosecond pcap."""
    records, at = [], 24
    while at < len(whole):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", whole, at)
        records.append((seconds * SECOND + fraction, whole[at + 16:at + 16 + captured]))
        at += 16 + captured
    return records


def pcap(records, unit=1, magic=0xa1b23c4d):
    """`unit`: nanoseconds in one unit of the fraction field."""
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 65535, 1)]
    parts += [struct.pack("<IIII", stamp // SECOND, stamp % SECOND // unit, len(frame), len(frame)) + frame
              for stamp, frame in records]
    return b"".join(parts)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng(packets, interfaces=1):
    return (block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) +
            block(1, struct.pack("<HHI", 1, 0, 0)) * interfaces + b"".join(packets))


def enhanced(stamp, frame, interface=0):
    ticks = stamp // 1000
    return block(6, struct.pack("<IIIII", interface, ticks >> 32, ticks & 0xffffffff, len(frame), len(frame)) + frame)


def simple(frame):
    return block(3, struct.pack("<I", len(frame)) + frame)


class Files(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.good = cls.folder / "good.pcap"
        subprocess.run([GENERATOR, "--out", cls.good, "--seed", "5", "--duration", "6s", "--benign", "mix=500pps",
                        "--flood", f"tcp_syn:target={TARGET},rate=20kpps,start=2s,duration=2s"],
                       check=True, capture_output=True, timeout=120)
        cls.records = records_of(cls.good.read_bytes())
        cls.begin = cls.records[0][0]
        cls.before = cls.report("good.pcap")
        [cls.flood] = cls.before["incidents"]

    @classmethod
    def write(cls, name, content):
        (cls.folder / name).write_bytes(content)
        return name

    @classmethod
    def report(cls, *names, code=0, options=PROTECT, workers=("1", "3"), **more):
        """The report, which is the same for one and for several workers, and of a pipe."""
        ways = [run(*(cls.folder / name for name in names), "--format", "json", *options, "--workers", count, **more)
                for count in workers]
        if len(names) == 1 and not more:
            with subprocess.Popen(["cat", cls.folder / names[0]], stdout=subprocess.PIPE) as feeder:
                ways.append(run("-", "--format", "json", *options, stdin=feeder.stdout))
        facts = []
        for ran in ways:
            assert ran.returncode == code, f"{names}: exit {ran.returncode}, not {code}: {ran.stderr}"
            facts.append(json.loads(ran.stdout))
            del facts[-1]["engine"], facts[-1]["capture"]["files"]
        for other in facts[1:]:
            assert other == facts[0], f"{names}: reports differ: {json.dumps(facts[0])[:3000]}\n{json.dumps(other)[:3000]}"
        return facts[0]

    def clock(self, report, timing, jumps, largest):
        self.assertEqual(report["capture"]["timing"], timing)
        self.assertEqual(report["capture"]["clock"]["jumps"], jumps)
        self.assertAlmostEqual(report["capture"]["clock"]["largest_step_seconds"], largest, delta=0.05)

    def same_flood(self, report, start=0, within=0.1):
        """The one flood of the capture is reported, `start` seconds later than in it."""
        [flood] = report["incidents"]
        self.assertEqual((flood["target"], flood["vectors"][0]["name"]), (f"{TARGET}/32", "tcp_syn"))
        self.assertAlmostEqual(flood["peak_pps"], self.flood["peak_pps"], delta=within * self.flood["peak_pps"])
        self.assertAlmostEqual(moment(flood["start"]) - moment(self.flood["start"]), start, delta=0.15)


def moment(text):
    return datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp() + float("0." + text[20:-1])


class Times(Files):
    def changed(self, name, change, **more):
        """The report of the capture in which `change(number, stamp, frame)` gives each packet its stamp."""
        records = [(change(n, stamp, frame), frame) for n, (stamp, frame) in enumerate(self.records)]
        return self.report(self.write(name, pcap(records, **more)))

    def test_times_in_order_are_exact(self):
        self.clock(self.before, "exact", 0, 0)
        self.assertEqual(self.before["capture"]["clock"]["reordered"], 0)
        self.assertEqual(self.before["not_examined"], [])

    def test_single_wrong_times_are_set_aside(self):
        for name, step in [("2 s ahead", 2 * SECOND), ("an hour ahead", HOUR), ("40 years ahead", 350_000 * HOUR),
                           ("2 s behind", -2 * SECOND), ("40 years behind", -350_000 * HOUR)]:
            for number in (0, 500, len(self.records) - 1):
                with self.subTest(name, number=number):
                    if number == len(self.records) - 1 and step > 0:
                        continue  # a last packet that is late: nothing contradicts it
                    if number == 0 and step == -2 * SECOND:
                        continue  # a silence of 2 s after the first packet
                    facts = self.changed("wrong.pcap", lambda n, stamp, _: stamp + (step if n == number else 0))
                    self.same_flood(facts)
                    self.clock(facts, "exact", 1, abs(step) / SECOND)

    def test_a_clock_that_steps_is_put_right(self):
        first, last = len(self.records) // 3, len(self.records) // 2  # within the flood
        for step in (HOUR, -HOUR):
            with self.subTest(step=step):
                facts = self.changed("step.pcap", lambda n, stamp, _: stamp + (step if first <= n < last else 0))
                self.same_flood(facts)
                self.clock(facts, "exact", 2, 3600)

    def test_a_step_back_that_stays_moves_no_packet_together(self):
        first = len(self.records) // 2
        facts = self.changed("ntp.pcap", lambda n, stamp, _: stamp - (5 * SECOND if n >= first else 0))
        self.same_flood(facts)
        self.clock(facts, "exact", 1, 5)

    def test_a_step_ahead_that_stays_is_a_silence(self):
        flood_begins = next(n for n, (stamp, _) in enumerate(self.records) if stamp > self.begin + 2 * SECOND)
        facts = self.changed("silence.pcap", lambda n, stamp, _: stamp + (HOUR if n >= flood_begins - 20 else 0))
        [dark] = [incident for incident in facts["incidents"] if incident["kind"] == "blackout"]
        self.assertEqual((dark["target"], dark["direction"]), ("198.51.100.0/24", "both"))
        begin = moment(self.before["capture"]["first"])
        self.assertAlmostEqual(moment(dark["start"]) - begin, 2, delta=0.2)
        self.assertAlmostEqual(moment(dark["end"]) - begin, 3602, delta=0.2)
        facts["incidents"].remove(dark)
        self.same_flood(facts, start=3600)
        self.clock(facts, "exact", 0, 0)

    def test_a_capture_appended_to_itself_is_counted_twice(self):
        whole = self.good.read_bytes()
        for name, content in [("records.pcap", whole + whole[24:]), ("files.pcap", whole + whole)]:
            with self.subTest(name):
                facts = self.report(self.write(name, content))
                self.assertEqual(facts["capture"]["packets"], 2 * len(self.records))
                self.clock(facts, "exact", 1, 6)
                [flood] = facts["incidents"]  # the second follows within the hold of the first
                self.assertAlmostEqual(flood["packets"], 2 * self.flood["packets"], delta=0.02 * flood["packets"])
                self.assertAlmostEqual(flood["peak_pps"], self.flood["peak_pps"], delta=0.1 * flood["peak_pps"])

    def test_nanoseconds_under_the_magic_of_microseconds(self):
        facts = self.changed("nano.pcap", lambda n, stamp, _: stamp, magic=0xa1b2c3d4)
        self.same_flood(facts)
        self.assertEqual(facts["capture"]["clock"]["read_as_nanoseconds"], 1)
        text = run(self.folder / "nano.pcap", *PROTECT).stdout
        self.assertIn("read as nanoseconds, though the header says microseconds", text)
        facts = self.changed("micro.pcap", lambda n, stamp, _: stamp, unit=1000, magic=0xa1b2c3d4)
        self.same_flood(facts)
        self.assertEqual(facts["capture"]["clock"]["read_as_nanoseconds"], 0)

    def test_two_interfaces_of_which_one_is_late(self):
        """Blocks of half a second of the second interface's packets stand after the first's."""
        for late, timing in [(SECOND // 2, "reordered"), (0, "exact")]:
            with self.subTest(late=late):
                rows = [(stamp if n % 2 == 0 or not late else (stamp // late + 1) * late, n % 2, stamp, frame)
                        for n, (stamp, frame) in enumerate(self.records)]
                rows.sort(key=lambda row: row[:2])
                facts = self.report(self.write("two.pcapng", pcapng(
                    [enhanced(stamp, frame, interface) for _, interface, stamp, frame in rows], 2)))
                self.same_flood(facts)
                self.clock(facts, timing, 0, 0)

    def test_the_bound_is_a_setting(self):
        """Packets that come 0.6 s late are in order by a bound of 1 s, and wrong by one of 300 ms."""
        records = [(stamp - (600_000_000 if n in (50, 2000) else 0), frame) for n, (stamp, frame) in enumerate(self.records)]
        name = self.write("late.pcap", pcap(records))
        self.clock(self.report(name), "reordered", 0, 0)
        config = self.folder / "bound.yaml"
        config.write_text("protect: [{prefixes: [198.51.100.0/24]}]\nengine: {reorder: 300ms}\n", "utf-8")
        self.clock(self.report(name, options=("-c", config)), "exact", 2, 0.6)


class NoTimes(Files):
    def test_without_times_no_rate_is_claimed(self):
        zero = pcap([(0, frame) for _, frame in self.records])
        for name, content in [("simple.pcapng", pcapng([simple(frame) for _, frame in self.records])),
                              ("zero.pcap", zero)]:
            with self.subTest(name):
                facts = self.report(self.write(name, content))
                self.clock(facts, "none", 0, 0)
                self.assertEqual((facts["incidents"], facts["busiest"]), ([], ""))
                self.assertEqual((facts["capture"]["first"], facts["capture"]["last"]), (None, None))
                self.assertEqual(facts["capture"]["packets"], len(self.records))
                self.assertEqual([row["what"] for row in facts["not_examined"]], ["no_times"])
                self.assertEqual({prefix["peak_pps_in"] for prefix in facts["prefixes"]}, {0})
                self.assertGreater(facts["prefixes"][0]["packets_in"], 30_000)
                text = run(self.folder / name, *PROTECT).stdout
                self.assertIn("\n\nnothing was judged: no packet has a time, so no rate is known", text)
                self.assertNotIn("no flood", text)

    def test_times_from_1970_on_are_times(self):
        facts = self.report(self.write("relative.pcap", pcap([(stamp - self.begin, frame)
                                                              for stamp, frame in self.records])))
        self.clock(facts, "exact", 0, 0)
        self.assertEqual([one["target"] for one in facts["incidents"]], [f"{TARGET}/32"])


class Gaps(Files):
    def test_a_gap_between_two_captures_closes_what_is_open(self):
        middle = next(n for n, (stamp, _) in enumerate(self.records) if stamp > self.begin + 3 * SECOND)
        later = 1000 * HOUR
        april = self.write("april.pcap", pcap(self.records[:middle]))
        june = self.write("june.pcap", pcap([(stamp + later, frame) for stamp, frame in self.records[middle:]]))
        for names in [(april, june), (june, april)]:
            facts = self.report(*names)
            self.clock(facts, "exact", 0, 0)
            first, second = facts["incidents"]
            self.assertEqual(first["state"], "closed")
            self.assertEqual(moment(first["end"]), moment(nanoseconds(self.records[middle - 1][0])))
            self.assertAlmostEqual(moment(second["start"]), (self.records[middle][0] + later) / SECOND, delta=0.15)

    def test_captures_that_follow_each_other_have_no_gap(self):
        middle = len(self.records) // 2
        names = [self.write("a.pcap", pcap(self.records[:middle])), self.write("b.pcap", pcap(self.records[middle:]))]
        self.same_flood(self.report(*names))


def nanoseconds(stamp):
    text = datetime.datetime.fromtimestamp(stamp // SECOND, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{stamp % SECOND:09d}Z"


class NotExamined(Files):
    def rows(self, facts):
        return [(row["what"], row["packets"]) for row in facts["not_examined"]]

    def told(self, options, text, code, *names):
        ran = run(*(self.folder / name for name in names), *options)
        self.assertEqual(ran.returncode, code, ran.stderr)
        result = ran.stdout.split("\n\n")[1].replace("\n", " ")
        self.assertTrue(result.startswith(text), result)

    def test_no_packet_is_protected(self):
        options = ("--protect", "192.0.2.0/24")
        facts = self.report("good.pcap", options=options, code=3)
        self.assertEqual(self.rows(facts), [("nothing_protected", len(self.records))])
        self.told(options, "nothing was examined: none of ", 3, "good.pcap")
        # One packet that is protected is examined.
        name = self.write("one.pcap", pcap([*self.records, (self.records[-1][0], with_target(self.records[0][1],
                                                                                             (192, 0, 2, 1)))]))
        self.assertEqual(self.rows(self.report(name, options=options)), [])

    def test_nothing_was_opened(self):
        arp = bytes(12) + b"\x08\x06" + bytes(46)
        name = self.write("arp.pcap", pcap([(stamp, arp) for stamp, _ in self.records[:100]]))
        self.assertEqual(self.rows(self.report(name, code=3)), [("nothing_opened", 100)])
        self.told(PROTECT, "nothing was examined: no IP packet was found in 100 packets", 3, name)
        name = self.write("arp-and-ip.pcap", pcap([(stamp, arp) for stamp, _ in self.records[:100]] + self.records[100:200]))
        self.assertEqual(self.rows(self.report(name, options=())), [])

    def test_no_packets(self):
        name = self.write("empty.pcap", pcap([]))
        self.assertEqual(self.rows(self.report(name, code=3)), [("no_packets", 0)])
        self.told(PROTECT, "nothing was examined: there are no packets", 3, name)

    def test_everything_is_excluded(self):
        config = self.folder / "exclude.yaml"
        flood = [(stamp, frame) for stamp, frame in self.records if frame[30:34] == bytes((198, 51, 100, 7))
                 and frame[23] == 6 and frame[47] == 2]
        name = self.write("syns.pcap", pcap(flood))
        config.write_text(f"protect: [{{prefixes: [198.51.100.0/24]}}]\nexclude: {{targets: [{TARGET}/32]}}\n", "utf-8")
        facts = self.report(name, options=("-c", config), code=3)
        self.assertEqual(self.rows(facts), [("everything_excluded", len(flood))])
        facts = self.report("good.pcap", options=("-c", config))
        self.assertEqual([what for what, _ in self.rows(facts)], ["excluded"])

    def test_a_flood_on_a_group_address(self):
        for group in [(239, 1, 2, 3), (255, 255, 255, 255)]:
            with self.subTest(group=group):
                records = [(stamp, with_target(frame, group)) if frame[30:34] == bytes((198, 51, 100, 7)) else (stamp, frame)
                           for stamp, frame in self.records]
                number = sum(frame[30:34] == bytes(group) for _, frame in records)
                name = self.write("group.pcap", pcap(records))
                facts = self.report(name, options=())
                self.assertEqual((facts["incidents"], self.rows(facts)), ([], [("group_addresses", number)]))
                self.told((), "no flood found in what was examined; not examined: ", 0, name)
                named = ".".join(map(str, group)) + "/32"
                facts = self.report(name, options=("--protect", named))
                self.assertEqual([one["target"] for one in facts["incidents"]], [named])
                self.assertEqual(self.rows(facts), [])

    def test_an_interrupted_replay_says_so_and_exits_as_at_its_end(self):
        for options, code in [((), 0), (("--fail-on-attack",), 1)]:
            with self.subTest(options), subprocess.Popen(
                    [PROGRAM, "replay", "-", "--format", "json", *PROTECT, *options], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) as replay:
                replay.stdin.write(self.good.read_bytes())
                replay.stdin.flush()
                time.sleep(2)
                self.assertIsNone(replay.poll())
                replay.send_signal(signal.SIGINT)
                out, complaint = replay.communicate(timeout=60)
                self.assertEqual((replay.returncode, complaint), (code, b"interrupted; the report is of what was read\n"))
                facts = json.loads(out)
                self.assertTrue(facts["capture"]["interrupted"])
                self.assertEqual(facts["capture"]["packets"], len(self.records))
                self.assertEqual([row["what"] for row in facts["not_examined"]], ["interrupted"])
                self.same_flood(facts)
        self.assertFalse(self.before["capture"]["interrupted"])

    def test_a_capture_that_is_being_written_is_followed(self):
        whole = self.good.read_bytes()
        growing = self.folder / "growing.pcap"
        growing.write_bytes(whole[:len(whole) // 2])
        with subprocess.Popen(["tail", "-c", "+1", "-f", growing], stdout=subprocess.PIPE) as tail:
            with subprocess.Popen([PROGRAM, "replay", "-", "--format", "json", *PROTECT], stdin=tail.stdout,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as replay:
                time.sleep(1)
                with growing.open("ab") as more:
                    more.write(whole[len(whole) // 2:])
                time.sleep(2)
                tail.terminate()
                out, _ = replay.communicate(timeout=60)
                self.assertEqual(replay.returncode, 0)
                self.assertEqual(json.loads(out)["capture"]["packets"], len(self.records))
                self.same_flood(json.loads(out))
        growing.write_bytes(whole[:len(whole) // 2 + 7])
        ran = run(growing, *PROTECT)
        self.assertEqual(ran.returncode, 3)
        self.assertIn("tail -c +1 -f FILE | floodgauge replay -", ran.stderr)
        help_text = subprocess.run([PROGRAM, "replay", "--help"], capture_output=True, text=True, timeout=60, check=True)
        self.assertIn("tail -c +1 -f growing.pcap | floodgauge replay -", help_text.stdout)


def with_target(frame, address):
    """The frame to another destination; checksums stay wrong, which nobody looks at."""
    return frame[:30] + bytes(address) + frame[34:]


class Sampled(Files):
    def test_rates_counts_and_limits_are_scaled_and_said_to_be(self):
        drawn = random.Random(7)
        sampled = [record for record in self.records if drawn.random() < 0.1]
        name = self.write("sampled.pcap", pcap(sampled))
        facts = self.report(name, options=(*PROTECT, "--sampling", "10"))
        self.same_flood(facts, within=0.25)  # the greatest of 20 windows of 200 packets each
        self.assertEqual((facts["capture"]["packets"], facts["capture"]["sampling"]), (len(sampled), 10))
        [flood] = facts["incidents"]
        error = flood["sampling"]["error"]
        self.assertEqual(flood["sampling"]["one_in"], 10)
        self.assertAlmostEqual(error, 1.96 * (0.9 / (flood["packets"] / 10)) ** 0.5, delta=0.001)
        self.assertAlmostEqual(flood["packets"], self.flood["packets"], delta=2 * error * self.flood["packets"])
        self.assertAlmostEqual(facts["prefixes"][0]["packets_in"], self.before["prefixes"][0]["packets_in"],
                               delta=0.03 * self.before["prefixes"][0]["packets_in"])
        text = run(self.folder / name, *PROTECT, "--sampling", "10").stdout
        self.assertIn("sampled     1 packet in 10; rates, counts and limits are scaled", text)
        self.assertIn("(estimated from 1 packet in 10: +-", text)
        self.assertEqual(self.before["capture"]["sampling"], 1)
        self.assertNotIn("sampling", self.flood)

    def test_ordinary_traffic_that_is_sampled_is_no_flood(self):
        for one_in in (10, 100):
            drawn = random.Random(one_in)
            calm = [record for record in self.records[:900] if drawn.random() < 1 / one_in]
            facts = self.report(self.write("calm.pcap", pcap(calm)), options=(*PROTECT, "--sampling", str(one_in)))
            self.assertEqual(facts["incidents"], [])


class Compressed(Files):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls.good.read_bytes()
        cls.packed = {"gzip": gzip.compress(cls.plain), "xz": lzma.compress(cls.plain, preset=1)}
        for name, options in [("zstd", []), ("lz4", ["-B4"])]:  # blocks of 64 KiB
            if shutil.which(name):
                cls.packed[name] = subprocess.run([name, *options, "-c"], input=cls.plain, capture_output=True, timeout=120,
                                                  check=True).stdout

    def test_all_give_the_same_report_whatever_they_are_called(self):
        for name, packed in self.packed.items():
            with self.subTest(name):
                self.assertEqual(self.report(self.write("capture.pcap", packed)), self.before)

    def test_two_frames_in_a_row_are_read_as_one(self):
        half = len(self.plain) // 2
        two = lzma.compress(self.plain[:half]) + lzma.compress(self.plain[half:])
        self.assertEqual(self.report(self.write("two.xz", two)), self.before)

    def test_a_stream_that_is_cut_off_or_damaged_is_reported_up_to_there(self):
        for name, packed in self.packed.items():
            middle = len(packed) // 2
            # More than a block of any of them, so that a header of a block is wrong, too: few wrong bytes within a block
            # may be noticed only by the checksum, behind all packets.
            wrong = 200_000
            for how, content in [("cut off", packed[:middle]),
                                 ("damaged", packed[:middle] + b"\xff" * wrong + packed[middle + wrong:])]:
                with self.subTest(name, how=how):
                    ran = run(self.folder / self.write("bad", content), "--format", "json", *PROTECT)
                    self.assertEqual(ran.returncode, 3)
                    self.assertIn(f"the {name} data is {how}" if how == "cut off" else str(self.folder / "bad"), ran.stderr)
                    self.assertRegex(ran.stderr, r"byte \d+")
                    facts = json.loads(ran.stdout)
                    self.assertTrue(facts["capture"]["truncated"])
                    self.assertGreater(facts["capture"]["packets"], 100)
                    self.assertLess(facts["capture"]["packets"], len(self.records))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
