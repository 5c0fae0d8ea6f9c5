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

# Class of the metrics -> key of the configuration's prefix_thresholds.
LIMITS = {
    "tcp_syn": "syn", "tcp_synack": "synack", "tcp_ack": "ack", "tcp_rst": "rst", "tcp_fin": "fin",
    "tcp_flags": "flags", "udp": "udp", "reflection": "reflection", "fragment": "fragment",
    "icmp": "icmp", "icmpv6": "icmp", "gre": "gre", "esp": "esp", "other": "other", "dns": "dns_query",
    "http": "http_request", "tls": "tls_hello", "quic": "quic_initial",
}


class Alerts(unittest.TestCase):
    def test_every_alert_has_severity_summary_description_and_runbook(self):
        found = blocks(ALERTS, "alert")
        self.assertGreater(len(found), 10)
        for name, body in found:
            with self.subTest(name):
                self.assertRegex(body, r"severity: (critical|warning|info)\b")
                self.assertRegex(body, r"\bfor: \d+[sm]")
                if "*flood_annotations" not in body:
                    self.assertRegex(body, r"summary: .{2}\s*.{8}")
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

    def test_vectors_are_mapped_to_the_classes_that_count_them(self):
        rows = re.findall(r'\{\w+, "(\w+)",\s*"[^"]+",\s*TrafficClass::(\w+),\s*true\}',
                          (PROMETHEUS.parents[1] / "engine/model/vector.cc").read_text("utf-8"))
        reflectors = re.findall(r"^  - name: (\w+)$",
                                (PROMETHEUS.parents[1] / "config/reflectors.yaml").read_text("utf-8"), re.MULTILINE)
        rows += [(f"reflection_{name}", "reflection") for name in reflectors]
        self.assertGreater(len(rows), 60)
        rule = (PROMETHEUS / "rules" / "recording.yml").read_text("utf-8")
        steps = re.findall(r'"class", "([^"]+)", "vector", "([^"]+)"', rule)
        self.assertEqual(len(steps), 3)
        for vector, counted in rows:
            mapped = ""
            for replacement, pattern in steps:  # as label_replace does, innermost first
                found = re.fullmatch(pattern, vector)
                mapped = replacement.replace("$1", found.group(1) if found.groups() else "") if found else mapped
            with self.subTest(vector):
                # The class of connections has no limit: most of its packets are ordinary.
                self.assertEqual(mapped, "tcp_connection" if counted == "tcp" else counted)

    def test_limits_are_the_defaults_of_the_configuration(self):
        table = (PROMETHEUS.parents[1] / "config" / "threshold_table.h").read_text("utf-8")
        factor = float(re.search(r"kPrefixThresholdFactor = ([\d.]+)", table).group(1))
        defaults = {key: factor * float(value) for key, value in
                    re.findall(r'ThresholdRow{"(\w+)", [^,]+, [^,]+, ([\d.e]+)}', table)}
        text = (PROMETHEUS / "rules" / "limits.yml").read_text("utf-8")
        limits = {name: float(value) for name, value in re.findall(r"class: (\w+)}, expr: vector\((\d+)\)", text)}
        self.assertEqual(limits, {name: defaults[key] for name, key in LIMITS.items()})


if __name__ == "__main__":
    unittest.main()
