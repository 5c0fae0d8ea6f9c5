"""floodgauge tune on a shortened week of ordinary traffic: its limits find none of it, every flood above them is found,
and they stay within 20 % when half of the minutes are left out.

The traffic is that of bench/accuracy/week.py at seven times its rate for a part of a day, with limits of the same scale and
windows of five seconds.

tune_test.py FLOODGAUGE TRAFFICGEN
"""
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
SCALE = 7 / 1000
PROTECT = """protect:
  - {name: all, prefixes: ["198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48"]}
engine: {window: 5s}
"""
LENGTH = 2700
ORDINARY = ("--duration", f"{LENGTH}s", "--start", "2026-01-05T18:00:00Z", "--rhythm", "--snaplen", "160",
            "--benign", "web=140pps", "--benign", "dns=140pps", "--benign", "quic=56pps", "--benign", "mail=28pps",
            "--benign", "ntp=21pps", "--benign", "radiation=7pps", "--benign", "health_check=14pps",
            "--benign", "backup=280pps,start=300s,duration=300s", "--benign", "speed_test=420pps,start=900s,duration=60s",
            "--benign", "flash_crowd=280pps,start=1200s,duration=900s")


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=300, check=False)


def defaults():
    """The limits of profile default as `check --print` has them, divided."""
    with tempfile.TemporaryDirectory() as folder:
        empty = pathlib.Path(folder) / "empty.yaml"
        empty.write_text(PROTECT, "utf-8")
        printed = run("check", "-c", empty, "--print").stdout
    lines = ["profiles:", "  default:"]
    units = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
    for scope in ("thresholds", "prefix_thresholds"):
        part = re.search(rf"^    {scope}:\n((?:      .*\n)+)", printed, re.M).group(1)
        lines.append(f"    {scope}:")
        for key, number, prefix, unit in re.findall(r"(\w+): \"?([\d.]+)([kMG]?)(\w+)\"?", part):
            lines.append(f"      {key}: {float(number) * units[prefix] * SCALE:f}{unit}")
    return "\n".join(lines) + "\n"


def generate(path, seed, *more):
    subprocess.run([GENERATOR, "--out", path, "--seed", str(seed), *ORDINARY, *more], check=True, capture_output=True, timeout=200)


class Tune(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.config = cls.folder / "now.yaml"
        cls.config.write_text(PROTECT + defaults(), "utf-8")
        cls.capture = cls.folder / "ordinary.pcap"
        generate(cls.capture, 5)
        cls.history = cls.folder / "history.db"
        ran = run("replay", cls.capture, "-c", cls.config, "--history", cls.history, "--seed", 1, "--format", "json")
        assert ran.returncode == 0, ran.stderr
        cls.found_now = json.loads(ran.stdout)["incidents"]
        cls.tuned = cls.tune(cls.history)

    @classmethod
    def tune(cls, history, *more):
        ran = run("tune", "--history", history, "-c", cls.config, "--format", "json", *more)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
        return json.loads(ran.stdout)

    @staticmethod
    def limits(tuned):
        return {(scope, row["key"]): row["proposed"] for scope in ("thresholds", "prefix_thresholds")
                for row in tuned["profiles"]["default"][scope] if row["proposed"] is not None}

    def test_limits_as_yaml_that_check_accepts(self):
        ran = run("tune", "--history", self.history, "-c", self.config)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        merged = self.folder / "merged.yaml"
        merged.write_text(PROTECT + ran.stdout, "utf-8")
        checked = run("check", "-c", merged)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        keys = [line for line in ran.stdout.splitlines() if re.match(r"^      \w+: ", line)]
        self.assertEqual(len(keys), len(self.limits(self.tuned)))
        for before, line in zip(ran.stdout.splitlines(), ran.stdout.splitlines()[1:]):
            if re.match(r"^      \w+: ", line):
                self.assertTrue(before.startswith("      # "), f"no reason before {line}")

    def test_no_false_alarm_and_every_flood_above_the_limits_is_found(self):
        limits = self.limits(self.tuned)
        self.assertGreater(len(limits), 15)
        merged = self.folder / "tuned.yaml"
        merged.write_text(PROTECT + run("tune", "--history", self.history, "-c", self.config).stdout, "utf-8")
        ran = run("replay", self.capture, "-c", merged, "--seed", 1, "--format", "json")
        self.assertEqual([(one["target"], one["evidence"]) for one in json.loads(ran.stdout)["incidents"]], [])
        vectors = {"tcp_syn": "syn", "udp": "udp", "dns_query": "dns_query", "tcp_ack": "ack"}
        floods = []
        truth = {}
        for n, (vector, key) in enumerate(vectors.items()):
            target = f"198.51.100.{201 + n}"
            truth[target + "/32"] = vector
            rate = 1.5 * limits["thresholds", key]
            floods += ["--flood", f"{vector}:target={target},rate={rate:.0f}pps,start={300 + 500 * n}s,duration=120s,answers=0"]
        flooded = self.folder / "flooded.pcap"
        generate(flooded, 6, *floods)
        ran = run("replay", flooded, "-c", merged, "--seed", 1, "--format", "json")
        found = {one["target"]: one for one in json.loads(ran.stdout)["incidents"]}
        self.assertEqual(set(found), set(truth), "every flood, and nothing else in another week")

    @staticmethod
    def usual(tuned):
        """What is usual, where whole numbers are fine enough to compare."""
        return {(scope, row["key"]): row["usual"] for scope in ("thresholds", "prefix_thresholds")
                for row in tuned["profiles"]["default"][scope] if row["usual"] >= 15}

    def test_half_of_the_minutes_give_the_same_limits(self):
        whole = self.limits(self.tuned)
        usual = self.usual(self.tuned)
        self.assertGreater(len(usual), 5)
        for rest in (0, 1):
            half = self.folder / f"half-{rest}.db"
            shutil.copy(self.history, half)
            with sqlite3.connect(half) as db:
                db.execute("DELETE FROM rates WHERE level = 0 AND time % 2 = ?", (rest,))
            tuned = self.tune(half)
            for key, value in self.limits(tuned).items():
                self.assertLessEqual(abs(value - whole[key]), 0.2 * whole[key], f"{key}: {whole[key]} and {value}")
            rows = self.usual(tuned)
            for key in usual.keys() & rows.keys():
                self.assertLessEqual(abs(rows[key] - usual[key]), 0.2 * usual[key], f"{key}: {usual[key]} and {rows[key]}")

    def test_captures_give_what_their_history_gives(self):
        ran = run("tune", self.capture, "-c", self.config, "--format", "json")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertEqual(json.loads(ran.stdout)["profiles"], self.tuned["profiles"])

    def test_exit_codes(self):
        self.assertEqual(run("tune").returncode, 2)
        self.assertEqual(run("tune", self.capture, "--history", self.history).returncode, 2)
        self.assertEqual(run("tune", "--history", self.folder / "none.db").returncode, 3)
        self.assertEqual(run("tune", self.folder / "none.pcap").returncode, 3)
        wrong = self.folder / "wrong.yaml"
        wrong.write_text("profile: {}\n", "utf-8")
        self.assertEqual(run("tune", "--history", self.history, "-c", wrong).returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
