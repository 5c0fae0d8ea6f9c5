#!/usr/bin/env python3
"""`floodgauge replay` of recorded captures, one by one, including hostile, truncated and rare ones. All floods are
replayed, and one in eight of the other captures. With FLOODGAUGE_ONE_IN=1 all are replayed, which takes minutes.

The number of packets equals the count of capinfos, and the number of each protocol equals the count of tshark
(tests/engine/parse has the table, and the exceptions with their reasons). No run crashes or causes a sanitizer report.
A labelled flood is found without a configuration, at the right target and with the right first vector. Ordinary traffic
causes no incident. Reports and events match their schemas.

replay_captures_test.py FLOODGAUGE CHECK_JSON
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import recorded

PROGRAM, CHECK_JSON = sys.argv[1:3]
SCHEMAS = recorded.ROOT / "deploy/schema"
ONE_IN = int(os.environ.get("FLOODGAUGE_ONE_IN", "8"))
SANITIZER = re.compile(r"Sanitizer|runtime error:")


class Run:
    def __init__(self, name, folder):
        self.name = name
        self.events_path = folder / "events" / (name.replace("/", "_") + ".jsonl")
        ran = subprocess.run(
            [PROGRAM, "replay", "--format", "json", "--seed", "1", "--events", self.events_path,
             recorded.FOLDER / name], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        self.code, self.complaint = ran.returncode, ran.stderr.decode("utf-8", "replace")
        try:
            self.report = json.loads(ran.stdout)
        except ValueError as error:
            raise AssertionError(f"{name}: exit {self.code}, no report: {error}: {self.complaint}") from error
        self.incidents = self.report["incidents"]

    def floods(self):
        return [(one["target"].split("/")[0], one["vectors"][0]["name"]) for one in self.incidents]


@unittest.skipUnless(recorded.FOLDER.is_dir(), recorded.NONE)
class RecordedCaptures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        (cls.folder / "events").mkdir()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            names = recorded.captures("attack") + recorded.captures("benign")[::ONE_IN] + recorded.captures("odd")[::ONE_IN]
            runs = list(pool.map(lambda name: Run(name, cls.folder), names))
        cls.runs = {run.name: run for run in runs}

    def differences(self, pairs):
        """`pairs`: (what, found, expected). Fails and lists all pairs that differ."""
        wrong = [f"{what}: {found}, not {expected}" for what, found, expected in pairs if found != expected]
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_captures_of_every_kind_were_replayed(self):
        self.assertEqual({name.split("/")[0] for name in self.runs}, {"attack", "benign", "odd"})

    def test_no_run_crashes_or_causes_a_sanitizer_report(self):
        self.differences((name, (run.code, SANITIZER.findall(run.complaint)), (3 if run.complaint else 0, []))
                         for name, run in self.runs.items())

    def test_truncated_captures_are_reported_as_truncated(self):
        nothing = {"no_packets", "nothing_opened", "nothing_protected"}
        self.differences((name, run.code == 3, run.report["capture"]["truncated"] or
                          any(row["what"] in nothing for row in run.report["not_examined"]))
                         for name, run in self.runs.items())
        self.differences((name, nothing & {row["what"] for row in run.report["not_examined"]} == {"nothing_opened"},
                          run.report["parse"]["non_ip"] == run.report["capture"]["packets"] > 0)
                         for name, run in self.runs.items())

    @unittest.skipUnless(shutil.which("capinfos"), "capinfos is missing")
    def test_packet_counts_equal_those_of_capinfos(self):
        done = subprocess.run(["capinfos", "-T", "-r", "-c", "-M", *(recorded.FOLDER / name for name in self.runs)],
                              capture_output=True, text=True, timeout=300, check=False)
        counts = dict(line.split("\t") for line in done.stdout.splitlines() if "\t" in line)
        self.assertGreater(len(counts), len(self.runs) * 0.9)
        self.differences((path, self.runs[str(pathlib.Path(path).relative_to(recorded.FOLDER))]
                          .report["capture"]["packets"], int(count)) for path, count in counts.items())

    def test_protocol_counts_equal_those_of_tshark(self):
        expected = recorded.expected_counts()
        compared = [name for name in self.runs if name in expected]
        self.assertTrue(compared)

        def found(name):
            report = self.runs[name].report
            return {"packets": report["capture"]["packets"],
                    **{key: report["parse"][key] for key in expected[name] if key != "packets"}}

        self.differences((name, found(name), expected[name]) for name in compared)

    def test_every_packet_is_ipv4_ipv6_or_not_ip(self):
        self.differences((name, sum(run.report["parse"][key] for key in ("ipv4", "ipv6", "non_ip")),
                          run.report["capture"]["packets"]) for name, run in self.runs.items())

    def test_labelled_floods_are_found_with_their_target_and_vector(self):
        attacks = {name: row for name, row in recorded.labels().items() if row["label"] == "attack" and name in self.runs}
        self.assertTrue(attacks)
        self.differences((name, self.runs[name].floods(), [(row["victims"], row["vector"])])
                         for name, row in attacks.items())

    def test_ordinary_traffic_causes_no_incident(self):
        benign = [name for name, row in recorded.labels().items() if row["label"] == "benign" and name in self.runs]
        self.assertTrue(benign)
        self.differences((name, self.runs[name].floods(), []) for name in benign)

    def test_reports_match_their_schema(self):
        path = self.folder / "reports.jsonl"
        path.write_text("".join(json.dumps(run.report) + "\n" for run in self.runs.values()), "utf-8")
        self.check_json("report", [path])

    def test_events_match_their_schema_and_the_reports(self):
        told = {name: [json.loads(line) for line in run.events_path.read_text("utf-8").splitlines()]
                for name, run in self.runs.items()}
        self.assertTrue(any(told.values()))  # or nothing would be checked
        self.check_json("event", [run.events_path for name, run in self.runs.items() if told[name]])
        for name, events in told.items():
            opened = [event["incident"]["id"] for event in events if event["event"] == "opened"]
            closed = [event["incident"]["id"] for event in events if event["event"] == "closed"]
            incidents = self.runs[name].incidents
            with self.subTest(name):
                self.assertCountEqual(opened, [one["id"] for one in incidents])
                self.assertCountEqual(closed, [one["id"] for one in incidents if one["state"] == "closed"])
                times = [event["time"] for event in events]
                self.assertEqual(times, sorted(times))

    def check_json(self, schema, paths):
        done = subprocess.run([CHECK_JSON, SCHEMAS / f"{schema}.schema.json", *paths], capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
