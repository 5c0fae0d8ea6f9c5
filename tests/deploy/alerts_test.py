"""Rules that every alert keeps: it tells what, where and what to do, and is tested both ways."""
import pathlib
import re
import unittest

PROMETHEUS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
ALERTS = (PROMETHEUS / "rules" / "alerts.yml").read_text("utf-8")
CASES = (PROMETHEUS / "tests" / "alerts_test.yml").read_text("utf-8")
RUNBOOK = (PROMETHEUS / "RUNBOOK.md").read_text("utf-8")


def blocks(text, key):
    """[(name, lines up to the next one)] of the list items that begin with `key`."""
    parts = re.split(rf"^ *(?:- )?{key}: *(\w+) *$", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


class Alerts(unittest.TestCase):
    def test_every_alert_has_severity_summary_description_and_runbook(self):
        found = blocks(ALERTS, "alert")
        self.assertGreater(len(found), 10)
        for name, body in found:
            with self.subTest(name):
                self.assertRegex(body, r"severity: (critical|warning|info)\b")
                self.assertRegex(body, r"\bfor: \d+[sm]")
                if "*flood_annotations" not in body:
                    self.assertRegex(body, r"summary: .{10}")
                    self.assertRegex(body, r"description: >-\n.{20}")
                    self.assertIn(f"runbook_url: deploy/prometheus/RUNBOOK.md#{name.lower()}\n", body)

    def test_every_alert_has_a_section_in_the_runbook_and_every_section_an_alert(self):
        self.assertEqual({name for name, _ in blocks(ALERTS, "alert")}, set(re.findall(r"^## (\w+)$", RUNBOOK, re.M)))
        for section in RUNBOOK.split("\n## ")[1:]:
            for word in ("**Means:**", "**Look:**", "**Do:**"):
                self.assertIn(word, section)

    def test_every_alert_is_tested_firing_and_silent(self):
        fires, silent = set(), set()
        for name, body in blocks(CASES, "alertname"):
            (silent if body.startswith("\n        exp_alerts: []") else fires).add(name)
            # A series that has its own labels may be listed beside one that must not fire.
        named = {name for name, _ in blocks(ALERTS, "alert")}
        self.assertEqual(named - fires, set(), "no case in which it fires")
        self.assertEqual(named - silent, set(), "no case in which it does not fire")


if __name__ == "__main__":
    unittest.main()
