#!/usr/bin/env python3
"""The whole engine with all its threads: four workers, the reading thread, the merging thread, the event log, and the
HTTP server that answers scrapes. Built with ThreadSanitizer, a data race in any of them ends the run.

threads_test.py FLOODGAUGE TRAFFICGEN
"""
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from scenarios import SCENARIOS

PROGRAM, GENERATOR = sys.argv[1:3]


class Threads(unittest.TestCase):
    def test_replay_with_four_workers_while_metrics_are_scraped(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            capture = SCENARIOS["multi_vector"].write(GENERATOR, folder / "flood.pcap")
            with subprocess.Popen(
                    [PROGRAM, "replay", capture, "--workers", "4", "--speed", "1x", "--listen", "127.0.0.1:0", "--events",
                     folder / "events.jsonl", "--output", folder / "report.txt"], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as replay:
                said = replay.stderr.readline()
                self.assertRegex(said, r"^metrics: http://127\.0\.0\.1:\d+/metrics$")
                url, scrapes = said.split()[1], 0
                while not (folder / "report.txt").exists() or not (folder / "report.txt").stat().st_size:
                    with urllib.request.urlopen(url, timeout=60) as scrape:
                        self.assertIn("floodgauge_build_info", scrape.read().decode("utf-8"))
                    scrapes += 1
                    self.assertIsNone(replay.poll(), replay.returncode)
                replay.send_signal(signal.SIGINT)
                self.assertNotIn("Sanitizer", replay.stderr.read())
                self.assertEqual(replay.wait(60), 0)
            self.assertGreater(scrapes, 0)
            self.assertIn('"opened"', (folder / "events.jsonl").read_text("utf-8"))
            self.assertIn("SYN flood", (folder / "report.txt").read_text("utf-8"))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
