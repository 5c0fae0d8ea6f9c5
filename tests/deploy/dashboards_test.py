"""Rules that every dashboard keeps: complete, not repetitive, made by deploy/grafana/dashboards.py."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
sys.path.insert(0, str(ROOT / "deploy" / "grafana"))
import dashboards  # noqa: E402

# What a sensor exports. A name that is not there is a typing error in a query.
METRICS = set(re.findall(r"^\| `floodgauge_(\w+)`", (ROOT / "engine/export/METRICS.md").read_text("utf-8"), re.M))
# Grafana's names of units.
UNITS = {"none", "bps", "pps", "reqps", "cps", "ops", "bytes", "percentunit", "s"}

BOARDS = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def panels():
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            yield f"{name}: {panel['title']}", board, panel


def metrics_of(text):
    """Metrics named in a query; a recording rule's name (with colons) is none."""
    found = set(re.findall(r"(?<![:\w])floodgauge_(\w+)", text))
    return {re.sub(r"^(\w+_seconds)_(bucket|sum|count)$", r"\1", name) for name in found}


class Dashboards(unittest.TestCase):
    def each(self):
        for where, board, panel in panels():
            with self.subTest(where):
                yield board, panel

    def test_files_are_what_the_script_writes(self):
        self.assertEqual({name: (FOLDER / name).read_text("utf-8") for name in BOARDS},
                         dashboards.all_dashboards(), "run deploy/grafana/dashboards.py and commit")

    def test_every_panel_has_title_description_unit_and_legend(self):
        for _, panel in self.each():
            self.assertGreater(len(panel["description"]), 8)
            self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)
            for target in panel["targets"]:
                self.assertTrue(target["legendFormat"])
            if panel["type"] in ("timeseries", "state-timeline"):
                self.assertTrue(panel["options"]["legend"]["showLegend"])

    def test_legends_name_labels_that_the_query_keeps(self):
        for _, panel in self.each():
            for target in panel["targets"]:
                kept = re.search(r"by \(([^)]*)\)", target["expr"])
                if kept:
                    labels = {label.strip() for label in kept.group(1).split(",")}
                    self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), labels)

    def test_no_panel_repeats_another(self):
        seen = {}
        for where, _, panel in panels():
            with self.subTest(where):
                for target in panel["targets"]:
                    self.assertNotIn(target["expr"], seen)
                    seen[target["expr"]] = where
        for name, board in BOARDS.items():
            titles = [panel["title"] for panel in board["panels"]]
            self.assertEqual(len(titles), len(set(titles)), name)

    def test_variables_used_are_declared_and_declared_ones_used(self):
        for name, board in BOARDS.items():
            with self.subTest(name):
                declared = {one["name"] for one in board["templating"]["list"]}
                used = set(re.findall(r"\$(?!__)(\w+)", " ".join(t["expr"] for p in board["panels"] for t in p["targets"])))
                self.assertEqual(declared - {"datasource"}, used)
                self.assertIn("datasource", declared)
                self.assertIn("sensor", declared)

    def test_data_source_is_the_variable(self):
        for _, panel in self.each():
            self.assertEqual(panel["datasource"]["uid"], "${datasource}")
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${datasource}")

    def test_rates_follow_the_scrape_interval(self):
        for _, panel in self.each():
            for target in panel["targets"]:
                for window in re.findall(r"(?:rate|increase)\([^[]*\[([^\]]+)\]", target["expr"]):
                    self.assertEqual(window, "$__rate_interval")

    def test_panels_do_not_overlap_and_fill_the_width(self):
        for name, board in BOARDS.items():
            with self.subTest(name):
                cells = [(x, y) for p in board["panels"] for g in [p["gridPos"]]
                         for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
                self.assertEqual(len(cells), len(set(cells)))
                self.assertTrue(all(0 <= x < 24 for x, _ in cells))

    def test_identifiers_are_unique_and_linked_ones_exist(self):
        uids = [board["uid"] for board in BOARDS.values()]
        self.assertEqual(len(uids), len(set(uids)))
        for uid in re.findall(r"/d/([\w-]+)", json.dumps(BOARDS)):
            self.assertIn(uid, uids)

    def test_metrics_exist_and_each_is_shown(self):
        shown = set()
        for _, panel in self.each():
            for target in panel["targets"]:
                self.assertLessEqual(metrics_of(target["expr"]), METRICS)
                shown |= metrics_of(target["expr"])
        self.assertEqual(shown, METRICS)

    def test_rules_use_metrics_that_exist(self):
        for path in (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"):
            with self.subTest(path.name):
                expressions = re.sub(r"(?m)^.*(record|runbook_url|summary|description):.*$", "", path.read_text("utf-8"))
                self.assertLessEqual(metrics_of(expressions), METRICS)

    def test_recorded_series_are_recorded(self):
        recorded = set()
        for path in (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"):
            recorded |= set(re.findall(r'record: "?([\w:]+)', path.read_text("utf-8")))
        for _, panel in self.each():
            for target in panel["targets"]:
                self.assertLessEqual(set(re.findall(r"[\w]+:floodgauge_[\w]+:[\w]+", target["expr"])), recorded)

    def test_queries_are_promql(self):
        rules = ["groups:", "- name: panels", "  rules:"]
        for index, (_, _, panel) in enumerate(panels()):
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "20s").replace("$", "")
                rules += [f"  - record: panel_{index}_{target['refId']}",
                          f"    expr: {json.dumps(expression)}"]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write("\n".join(rules))
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
