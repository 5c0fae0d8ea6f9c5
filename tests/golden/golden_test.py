#!/usr/bin/env python3
"""Golden reports: the JSON report of each generated capture must equal the reviewed one in this folder.

golden_test.py FLOODGAUGE TRAFFICGEN [--write]

tests/integration/scenarios.py defines the captures. NAME.json is the report of each, without `engine` and the path
of the capture. A difference means that floodgauge reports something else than before. Review it. If it is intended,
replace the reports with --write and commit them together with the change that explains them.
"""
import difflib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from scenarios import SCENARIOS  # noqa: E402

PROGRAM, GENERATOR = sys.argv[1:3]


def report(name, folder):
    scenario = SCENARIOS[name]
    capture = scenario.write(GENERATOR, f"{folder}/{name}.pcap")
    ran = subprocess.run([PROGRAM, "replay", capture, "--seed", "7", "--format", "json", *scenario.replay],
                         check=True, capture_output=True, text=True, timeout=300)
    facts = json.loads(ran.stdout)
    del facts["engine"], facts["capture"]["files"]
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


class Golden(unittest.TestCase):
    maxDiff = None

    def test_reports_equal_the_golden_ones(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in SCENARIOS:
                with self.subTest(name):
                    before = (HERE / f"{name}.json").read_text("utf-8")
                    now = report(name, folder)
                    difference = "".join(difflib.unified_diff(before.splitlines(True), now.splitlines(True),
                                                              f"tests/golden/{name}.json", "now", n=1))
                    self.assertFalse(difference, "\n" + difference)

    def test_there_is_one_golden_report_for_each_capture(self):
        self.assertEqual(sorted(path.stem for path in HERE.glob("*.json")), sorted(SCENARIOS))


def write():
    with tempfile.TemporaryDirectory() as folder:
        for name in SCENARIOS:
            (HERE / f"{name}.json").write_text(report(name, folder), "utf-8")


if __name__ == "__main__":
    if sys.argv[3:] == ["--write"]:
        write()
    else:
        del sys.argv[1:3]
        unittest.main(verbosity=1)
