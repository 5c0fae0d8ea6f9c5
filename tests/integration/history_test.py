"""The history of the program: what was announced is in it after kill -9, and commands and API read it.

history_test.py FLOODGAUGE TRAFFICGEN

KILLS in the environment is how many times the program is killed.
"""
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

PROGRAM, GENERATOR = sys.argv[1:3]
KILLS = int(os.environ.get("KILLS", "25"))
PULSE = ("--duration", "4s", "--benign", "mix=1kpps", "--flood",
         "udp:target=198.51.100.7,rate=40kpps,start=200ms,duration=3500ms,pulse=200ms/400ms")
# Incidents close so soon that many open and close within the capture.
CONFIG = "profiles: {default: {hold: 100ms}}\n"


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, **more)


class History(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.history = self.folder / "history.db"
        self.capture = self.folder / "pulse.pcap"
        subprocess.run([GENERATOR, "--out", self.capture, "--seed", "3", *PULSE], check=True, capture_output=True, timeout=60)
        self.config = self.folder / "config.yaml"
        self.config.write_text(CONFIG, "utf-8")

    def states(self):
        """{id: open} as SQLite itself reads it."""
        with sqlite3.connect(f"file:{self.history}?mode=ro", uri=True) as db:
            return dict(db.execute("SELECT id, open FROM incidents"))

    def test_nothing_announced_is_missing_after_kills(self):
        chance = random.Random(20261130)
        announced = 0
        for turn in range(KILLS):
            events = self.folder / f"events-{turn}.jsonl"
            # Another seed and another place in time, so that each run has incidents of its own.
            sensor = subprocess.Popen(
                [PROGRAM, "replay", str(self.capture), "--speed", "2x", "--seed", str(turn), "-c", str(self.config),
                 "--history", str(self.history), "--events", str(events)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            until = time.monotonic() + 20
            while time.monotonic() < until and not (events.exists() and events.stat().st_size):
                time.sleep(0.01)
            time.sleep(chance.random())
            sensor.send_signal(signal.SIGKILL)
            self.assertEqual(sensor.communicate(timeout=20)[1], b"")
            known = self.states()
            told = {}
            for line in events.read_text("utf-8").splitlines():
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # the last line may be half
                told[event["incident"]["id"]] = event["event"]
            announced += len(told)
            for incident, event in told.items():
                self.assertIn(incident, known, f"announced before kill {turn}")
                if event == "closed":
                    self.assertEqual(known[incident], 0, f"{incident} was closed before kill {turn}")
        self.assertGreater(announced, KILLS)
        self.assertEqual([path.name for path in self.folder.iterdir() if "damaged" in path.name], [])

    def test_commands_and_api_read_it_after_a_restart(self):
        first = run("replay", self.capture, "--seed", 1, "-c", self.config, "--history", self.history, "--format", "json")
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        reported = json.loads(first.stdout)["incidents"]
        self.assertGreater(len(reported), 2)
        listed = run("incidents", "--history", self.history, "--format", "json")
        kept = json.loads(listed.stdout)["incidents"]
        self.assertEqual([{key: value for key, value in one.items() if key != "number"} for one in kept], reported,
                         "the file has what the report has")
        one = run("incidents", reported[0]["id"], "--history", self.history)
        self.assertIn("198.51.100.7", one.stdout)
        self.assertEqual(run("incidents", "nonsense", "--history", self.history).returncode, 2)
        self.assertEqual(run("incidents", "--history", self.folder / "none.db").returncode, 3)
        quiet = self.folder / "quiet.pcap"
        subprocess.run([GENERATOR, "--out", quiet, "--seed", "4", "--duration", "2s", "--benign", "mix=1kpps"], check=True,
                       capture_output=True, timeout=60)
        sensor = subprocess.Popen([PROGRAM, "replay", str(quiet), "--history", str(self.history), "--listen", "127.0.0.1:0"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            url = ""
            for line in sensor.stderr:
                if line.startswith("metrics: "):
                    url = line.split()[1][:-len("/metrics")]
                if line.startswith("replay done"):
                    break
            with urllib.request.urlopen(url + "/api/v1/incidents", timeout=10) as answer:
                after = json.load(answer)["incidents"]
            self.assertEqual([one["id"] for one in after], [one["id"] for one in reported])
            with urllib.request.urlopen(url + "/api/v1/incidents/" + reported[0]["id"] + "/rate", timeout=10) as answer:
                self.assertTrue(json.load(answer)["pps"])
        finally:
            sensor.terminate()
            sensor.communicate(timeout=20)

    def test_two_do_not_write_the_same_file(self):
        holder = subprocess.Popen([PROGRAM, "replay", str(self.capture), "--speed", "1x", "--history", str(self.history)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 20
            while time.monotonic() < until and not self.history.exists():
                time.sleep(0.01)
            time.sleep(0.2)
            second = run("replay", self.capture, "--history", self.history)
            self.assertEqual((second.returncode, second.stdout), (3, ""))
            self.assertIn("another floodgauge writes to it", second.stderr)
        finally:
            holder.terminate()
            holder.wait(timeout=20)

    def test_a_capture_is_not_overwritten(self):
        for flag in ("--history", "--html"):
            ran = run("replay", self.capture, flag, self.capture)
            self.assertEqual((ran.returncode, ran.stdout), (2, ""))
            self.assertIn("is a capture to be read", ran.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
