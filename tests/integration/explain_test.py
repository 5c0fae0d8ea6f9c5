"""floodgauge explain: of a replay that is served, of its history, and the exit codes.

explain_test.py FLOODGAUGE TRAFFICGEN
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
# One flood above a limit, and one that shows over time alone.
TRAFFIC = ("--duration", "6s", "--benign", "mix=1kpps",
           "--flood", "udp:target=198.51.100.7,rate=40kpps,start=2s,duration=2s",
           "--flood", "tcp_syn:target=198.51.100.9,rate=3kpps,start=1s,duration=1s")


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        capture = cls.folder / "floods.pcap"
        subprocess.run([GENERATOR, "--out", capture, "--seed", "3", *TRAFFIC], check=True, capture_output=True, timeout=60)
        (cls.folder / "config.yaml").write_text("protect:\n  - {name: web, prefixes: [198.51.100.0/24]}\n", "utf-8")
        cls.history = cls.folder / "history.db"
        cls.sensor = subprocess.Popen(
            [PROGRAM, "replay", str(capture), "-c", str(cls.folder / "config.yaml"), "--history", str(cls.history),
             "--listen", "127.0.0.1:0", "--seed", "1", "--format", "json", "--output", str(cls.folder / "report.json")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(lambda: cls.sensor.communicate(timeout=20))
        cls.addClassCleanup(cls.sensor.terminate)
        for line in cls.sensor.stderr:
            if line.startswith("metrics: "):
                cls.url = line.split()[1][:-len("/metrics")]
            if line.startswith("replay done"):
                break
        cls.report = json.loads((cls.folder / "report.json").read_text("utf-8"))

    def explain(self, target, *more):
        ran = run("explain", target, "--url", self.url, "--format", "json", *more)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        answer = json.loads(ran.stdout)
        self.assertEqual((answer["schema"], answer["asked"]), ("floodgauge.explain/1", target))
        return answer["targets"]

    def incident(self, target):
        return next(one for one in self.report["incidents"] if one["target"] == target)

    def test_a_host_of_a_replay(self):
        told, = self.explain("198.51.100.7")
        self.assertEqual((told["verdict"], told["prefix"], told["name"]), ("flood", "198.51.100.0/24", "web"))
        self.assertEqual(told["incidents"][0]["id"], self.incident("198.51.100.7/32")["id"])
        rows = {row["measure"]: row for row in told["nearest"]["measures"]}
        self.assertTrue(rows["udp_packets"]["met"])
        self.assertEqual(rows["udp_packets"]["limit"], 20_000)
        self.assertEqual(rows["udp_packets"]["key"], "profiles.default.thresholds.udp")
        self.assertGreater(rows["udp_packets"]["near"], 1.9)
        self.assertEqual(rows["icmp_packets"]["met"], False)

    def test_a_limit_as_it_proposes_changes_what_is_found(self):
        told, = self.explain("198.51.100.7")
        met = [row for row in told["nearest"]["measures"] if row["met"]]
        limits = {row["key"].split(".")[-1]: row["value"] * 1.01 for row in met}
        text = "".join(f"      {key}: {value:.0f}{'ps' if key == 'new_flows' else 'pps'}\n" for key, value in limits.items())
        config = self.folder / "higher.yaml"
        config.write_text("protect:\n  - {name: web, prefixes: [198.51.100.0/24]}\nprofiles:\n  default:\n    thresholds:\n" + text,
                          "utf-8")
        ran = run("replay", self.folder / "floods.pcap", "-c", config, "--seed", 1, "--format", "json")
        found = [one for one in json.loads(ran.stdout)["incidents"] if one["target"] == "198.51.100.7/32"]
        self.assertEqual(found, [])

    def test_a_flood_that_shows_over_time(self):
        told, = self.explain("198.51.100.9")
        self.assertEqual(told["verdict"], "flood")
        self.assertLess(max(row["near"] for row in told["nearest"]["measures"]), 1)
        rows = [row["measure"] for row in told["slow"]["measures"] if row["met"]]
        self.assertIn("handshakes_completed_per_syn", rows)

    def test_a_prefix_and_a_name(self):
        for target in ("198.51.100.0/24", "web"):
            told, = self.explain(target)
            self.assertEqual(told["target"], "198.51.100.0/24")
            self.assertTrue(told["usual"])

    def test_the_history_says_what_it_keeps(self):
        for more in (("--history", self.history), ("--history", self.history, "--at", "2026-01-01T00:00:30Z")):
            ran = run("explain", "198.51.100.7", *more, "--format", "json")
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            told, = json.loads(ran.stdout)["targets"]
            self.assertEqual((told["verdict"], told["kept"]["step_seconds"]), ("flood", 60))
            udp = next(row for row in told["past"] if (row["measure"], row["of"]) == ("udp", "host"))
            self.assertEqual((udp["host"], udp["is_target"], udp["limit"]), ("198.51.100.7", True, 20_000))
            self.assertEqual(len(told["not_kept"]), 3)
        served, = self.explain("198.51.100.7", "--at", "2026-01-01T00:00:30Z")
        self.assertEqual(served["past"], told["past"])
        text = run("explain", "198.51.100.7", "--history", self.history).stdout
        self.assertIn("what is not kept", text)

    def test_text(self):
        text = run("explain", "198.51.100.7", "--url", self.url).stdout
        self.assertIn("198.51.100.7/32: a flood", text)
        self.assertRegex(text, r"limits +udp_packets +4\d(\.\d)? kpps +> 20 kpps +2\d\d % +flood")
        self.assertIn("profiles.default.thresholds.udp of", text)

    def test_exit_codes(self):
        for target, words in (("203.0.113.9", "lies in no protected prefix"), ("198.51.100.0/25", "is no protected prefix"),
                              ("mail", "no name of a protected prefix")):
            ran = run("explain", target, "--url", self.url)
            self.assertEqual((ran.returncode, ran.stdout), (2, ""), target)
            self.assertIn(words, ran.stderr)
        self.assertEqual(run("explain", "web", "--url", self.url, "--at", "noon").returncode, 2)
        self.assertEqual(run("explain", "203.0.113.9", "--history", self.history).returncode, 2)
        self.assertEqual(run("explain", "web", "--url", "http://127.0.0.1:1").returncode, 3)
        self.assertEqual(run("explain", "web", "--history", self.folder / "none.db").returncode, 3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
