#!/usr/bin/env python3
"""The story of a small country's link, judged against its ground truth; and the same link on an ordinary day.

national_link_test.py FLOODGAUGE TRAFFICGEN

Every step is found, of the right server or prefix, its start within a second of the truth, seen within two seconds at
the median and three at most, its end within three seconds; and nothing is told that did not happen. Results are the
same for one, two and four workers.
"""
import datetime
import json
import re
import statistics
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
INSIDE = ["198.18.0.0/22", "198.18.4.0/22", "2001:db8:100::/40"]
START_WITHIN, SEEN_WITHIN, SEEN_MEDIAN, END_WITHIN = 1.0, 3.0, 2.0, 3.0


def seconds(text):
    if text is None:
        return None
    whole = datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()
    return whole + float("0." + text[20:-1])


def steps_of(truth):
    """[kind, what, start, end]: the effects of one server that follow each other are one step."""
    steps = []
    for effect in truth["effects"]:
        start, end = seconds(effect["start"]), seconds(effect["end"])
        if effect["service"] == "blackout":
            steps.append(["blackout", (effect["target"], effect["direction"]), start, end])
        elif effect["service"] == "server":
            before = steps[-1] if steps else None
            what = (effect["host"], effect["of"])
            if before and before[1] == what and before[3] == start:
                before[3] = end
            else:
                steps.append(["impact", what, start, end])
    return steps


class Link(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.reports = {}
        for preset in ("national-link", "national-link-quiet"):
            capture = f"{cls.folder.name}/{preset}.pcap"
            subprocess.run([GENERATOR, "--out", capture, "--preset", preset, "--seed", "4",
                            "--snaplen", "160"], check=True,
                           capture_output=True, timeout=600)
            many = (1, 2, 4) if preset == "national-link" else (1,)
            cls.reports[preset] = {workers: cls.replay(capture, workers) for workers in many}
            with open(f"{capture}.truth.json", encoding="utf-8") as file:
                cls.reports[preset]["truth"] = json.load(file)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def replay(capture, workers):
        protect = [argument for prefix in INSIDE for argument in ("--protect", prefix)]
        ran = subprocess.run([PROGRAM, "replay", capture, *protect, "--seed", "7", "--format", "json", "--workers",
                              str(workers)], check=True, capture_output=True, text=True, timeout=900)
        return json.loads(ran.stdout)

    def rows_of(self, report):
        """(kind, what, start, seen, end) of everything that was told, each server for itself."""
        singles = {}
        for incident in report["incidents"]:
            if incident["kind"] == "impact" and incident["merged_into"]:
                singles[(incident["servers"][0]["address"], incident["merged_into"])] = seconds(incident["detected"])
        rows = []
        for incident in report["incidents"]:
            seen = seconds(incident["detected"])
            if incident["kind"] == "blackout":
                target = None if incident["target"] == "0.0.0.0/0" else incident["target"]
                rows.append(("blackout", (target, incident["direction"]), seconds(incident["start"]), seen,
                             seconds(incident["end"])))
            elif incident["kind"] == "impact" and not incident["merged_into"]:
                for server in incident["servers"]:
                    first = singles.get((server["address"], incident["id"]), seen)
                    rows.append(("impact", (server["address"], incident["service"]), seconds(server["start"]),
                                 max(first, seconds(server["start"])), seconds(server["end"])))
        return rows

    def judge(self, preset):
        report, truth = self.reports[preset][1], self.reports[preset]["truth"]
        rows, delays = self.rows_of(report), []
        dark = [step for step in steps_of(truth) if step[0] == "blackout"]
        for kind, what, start, end in steps_of(truth):
            found = [row for row in rows if row[0] == kind and row[1] == what and abs(row[2] - start) <= START_WITHIN]
            self.assertEqual(len(found), 1, f"{kind} {what} at {start - seconds(truth['start']):.1f} s: {rows}")
            self.assertLessEqual(found[0][3] - start, SEEN_WITHIN, found)
            self.assertIsNotNone(found[0][4], found)
            self.assertLessEqual(abs(found[0][4] - end), END_WITHIN, found)
            delays.append(found[0][3] - start)
            rows.remove(found[0])
        self.assertLessEqual(statistics.median(delays), SEEN_MEDIAN)
        for kind, what, start, _, end in rows:
            # In the dark, each prefix is dark, and servers that cannot be heard are silent.
            explained = any(step[2] - 0.5 <= start <= step[3] + 0.5 for step in dark)
            self.assertTrue(explained, f"this did not happen: {kind} {what} at {start - seconds(truth['start']):.1f} s")
            self.assertIsNotNone(end)

    def test_every_step_of_the_event_is_told_and_nothing_else(self):
        self.judge("national-link")

    def test_an_ordinary_day_has_its_restarts_and_no_flood_and_no_blackout(self):
        self.judge("national-link-quiet")
        kinds = {incident["kind"] for incident in self.reports["national-link-quiet"][1]["incidents"]}
        self.assertEqual(kinds, {"impact"})

    def test_the_floods_are_the_cause(self):
        report = self.reports["national-link"][1]
        floods = {incident["id"]: incident["target"] for incident in report["incidents"] if incident["kind"] == "flood"}
        causes = {}
        for incident in report["incidents"]:  # in order of their start
            if incident["kind"] == "impact":
                causes.setdefault((incident["target"], incident["service"]), floods.get(incident["cause"]))
        self.assertEqual(causes[("198.18.2.53/32", "dns")], "198.18.2.53/32")
        self.assertIsNone(causes[("198.18.6.20/32", "https")], "a restart has no cause")

    def test_the_story_tells_the_steps_in_order(self):
        stories = self.reports["national-link"][1]["stories"]
        self.assertTrue(stories)
        story = max(stories, key=lambda each: len(each["steps"]))
        times = [step["time"] for step in story["steps"]]
        self.assertEqual(times, sorted(times))
        told = " | ".join(step["what"] for step in story["steps"])
        # Servers that come into a condition together are one step.
        order = [r"dns on 198\.18\.2\.53 slow", r"dns on 198\.18\.2\.53( and \.54)? silent", r"smtp on 198\.18\.2\.26 failing"]
        places = [found.start() if found else -1 for found in (re.search(words, told) for words in order)]
        self.assertNotIn(-1, places, told)
        self.assertEqual(places, sorted(places), told)
        self.assertIn("dns", story["lost"])

    def test_results_do_not_depend_on_the_number_of_workers(self):
        reports = self.reports["national-link"]
        for workers in (2, 4):
            self.assertEqual({**reports[1], "engine": None}, {**reports[workers], "engine": None})


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
