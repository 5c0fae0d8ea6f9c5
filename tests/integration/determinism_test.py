#!/usr/bin/env python3
"""Apart from `engine`, a report is the same, byte for byte, for any number of workers and any speed.

determinism_test.py FLOODGAUGE TRAFFICGEN. Recorded captures are tested too if they are present (recorded.py).
"""
import itertools
import os
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import recorded
from scenarios import SCENARIOS

PROGRAM, GENERATOR = sys.argv[1:3]
WAYS = [("--workers", "2"), ("--workers", "4"), ("--workers", "1", "--speed", "10x"), ("--workers", "4", "--speed", "10x")]


def report(captures, *options):
    """The report without `engine`: as text, and parsed."""
    ran = subprocess.run([PROGRAM, "replay", "--seed", "7", "--format", "json", *options, *captures],
                         capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode != 0:
        raise AssertionError(f"{captures} {options}: exit {ran.returncode}: {ran.stderr}")
    facts = json.loads(ran.stdout)
    del facts["engine"]
    return json.dumps(facts, indent=1), facts


def events(captures, path, *options):
    subprocess.run([PROGRAM, "replay", "--seed", "7", "--output", os.devnull, "--events", path, *options, *captures],
                   check=True, capture_output=True, timeout=300)
    return path.read_text("utf-8")


class Determinism(unittest.TestCase):
    def check(self, captures, ways, *options):
        """The report of one worker, parsed. Fails if the report of any of `ways` differs."""
        first, facts = report(captures, "--workers", "1", *options)
        for way in ways:
            with self.subTest(" ".join(way)):
                other, _ = report(captures, *way, *options)
                pairs = itertools.zip_longest(first.splitlines(), other.splitlines(), fillvalue="(end)")
                self.assertEqual([f"{a.strip()} | {b.strip()}" for a, b in pairs if a != b][:20], [])
        return facts

    def test_reports_of_generated_captures_do_not_depend_on_workers_and_speed(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, scenario in SCENARIOS.items():
                with self.subTest(f"{name}: {scenario.about}"):
                    capture = scenario.write(GENERATOR, f"{folder}/{name}.pcap")
                    facts = self.check([capture], WAYS, *scenario.replay)
                    # The compared reports contain the floods that were sent.
                    found = sorted((one["target"], one["vectors"][0]["name"]) for one in facts["incidents"])
                    self.assertEqual(found, scenario.targets)

    def test_events_do_not_depend_on_the_workers(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            scenario = SCENARIOS["multi_vector"]
            capture = scenario.write(GENERATOR, folder / "flood.pcap")
            first = events([capture], folder / "1.jsonl", "--workers", "1")
            self.assertIn('"opened"', first)
            self.assertEqual(events([capture], folder / "4.jsonl", "--workers", "4"), first)

    @unittest.skipUnless(recorded.FOLDER.is_dir(), recorded.NONE)
    def test_reports_of_recorded_floods_do_not_depend_on_the_workers(self):
        for name in recorded.captures("attack"):
            with self.subTest(name):
                facts = self.check([recorded.FOLDER / name], WAYS[:2])
                self.assertEqual(len(facts["incidents"]), 1)

    @unittest.skipUnless(recorded.FOLDER.is_dir(), recorded.NONE)
    def test_reports_of_merged_recorded_captures_do_not_depend_on_the_workers(self):
        for kind in ["benign", "odd"]:
            with self.subTest(kind):
                facts = self.check([recorded.FOLDER / name for name in recorded.captures(kind)], WAYS[:2])
                self.assertGreater(facts["capture"]["packets"], 10_000)


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
