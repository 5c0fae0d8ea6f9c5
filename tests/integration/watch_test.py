"""The whole chain from packets to the operator's screen, with real programs only.

A generated capture (a SYN flood of twenty seconds within ordinary traffic, and meanwhile a server of the same prefix
that stops answering) is replayed at its own speed. At the same time a daemon runs inline, is reloaded with good and bad
configurations, and is killed (inline_sensor.py). Debian's Prometheus scrapes both with the shipped rules, Debian's Alertmanager forwards the alerts, and a webhook on the loopback
receives them. Prometheus evaluates every query of every dashboard and every rule. The test fails if a query fails,
or if a panel is empty although there was traffic for it to show.

watch_test.py BUILD-DIRECTORY
"""
import contextlib
import http.server
import json
import math
import pathlib
import re
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy"), str(pathlib.Path(__file__).parent)]
from inline_sensor import KEPT, REMOVED, InlineSensor, series  # noqa: E402
from stack import LOOPBACK, Stack, fetch, free_port  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/release").resolve()
TARGET, PREFIX, NAME = "198.51.100.80/32", "198.51.100.0/24", "web"
FLOOD_PPS, FLOOD_START, FLOOD_SECONDS, CAPTURE_SECONDS = 20_000, 10, 20, 60
# This server, which the mix does not use, answers nothing from shortly after the flood's start until after its end, so
# that its impact is open when the flood's alert fires.
SILENT, SILENT_START, SILENT_SECONDS = "198.51.100.100", 12, 25
# When the flood has ended, the incident is held for 10 s more, and its series disappears with the next scrape. The
# capture is so long that packets still arrive then: the alert ends because the flood ends, not because the replay does.
CONFIG = f"""
protect:
  - {{name: {NAME}, prefixes: [{PREFIX}]}}
  - {{name: others, prefixes: [203.0.113.0/24, "2001:db8:1::/48"]}}
profiles:
  default: {{baseline: {{enabled: false}}, hold: 10s}}
"""
RULES = ROOT / "deploy/prometheus/rules"
# Series that an announcer makes, which does not run here; announced_test.py has one, and scrapes them.
OF_ANNOUNCERS = {"floodgauge_announced_rules", "floodgauge_rule_remaining_ratio"}
PATIENCE = 120  # seconds within which everything must have happened
# Counters that increase during a reload, or that the reload itself changes.
COUNTED_MEANWHILE = tuple(f"floodgauge_{name}_total" for name in ("windows", "http_requests", "config_reloads", "log_lines"))


class Webhook(http.server.BaseHTTPRequestHandler):
    """Stores the messages that Alertmanager posts."""

    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Webhook.received.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def heard(alertname, instance, status):
    return any(alert["status"] == status and alert["labels"]["alertname"] == alertname
               and alert["labels"]["instance"] == instance
               for _, message in list(Webhook.received) for alert in message["alerts"])


def notifications(status):
    """Alerts of floods on the target that were received with that status, as (path, labels, annotations)."""
    return [(path, alert["labels"], alert["annotations"]) for path, message in list(Webhook.received)
            for alert in message["alerts"]
            if alert["status"] == status and alert["labels"]["alertname"] == "FloodgaugeFlood"
            and alert["labels"]["target"] == TARGET]


def dashboards():
    for path in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


def values_of(board, prefix_is_single):
    """The values that Grafana would insert for the variables of a dashboard."""
    values = {"__rate_interval": "4s", "sensor": ".*", "target": re.escape(TARGET),
              "prefix": re.escape(PREFIX) if prefix_is_single else ".*"}
    return {name: values[name] for name in
            ["__rate_interval"] + [one["name"] for one in board["templating"]["list"] if one["type"] == "query"]}


def fill_in(expression, values):
    for name, value in values.items():
        # In a PromQL string a backslash is written twice.
        expression = expression.replace(f"${name}", value.replace("\\", "\\\\"))
    return expression


def table_of_metrics():
    """{name: (type, labels)} as METRICS.md has them."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\|", (ROOT / "engine/export/METRICS.md").read_text("utf-8"), re.M)
    return {name: (kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def shows_something(result):
    return any(not math.isnan(float(value)) for series in result for _, value in series["values"])


class Watch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.__exit__)
        webhook = http.server.ThreadingHTTPServer((LOOPBACK, 0), Webhook)
        cls.addClassCleanup(webhook.server_close)
        cls.addClassCleanup(webhook.shutdown)
        threading.Thread(target=webhook.serve_forever, daemon=True).start()

        capture = cls.stack.folder / "flood.pcap"
        subprocess.run([
            BUILD / "floodgauge-trafficgen", "--out", capture, "--seed", "7", "--duration", f"{CAPTURE_SECONDS}s",
            "--benign", "mix=1kpps", "--benign", "dns=300pps", "--flood",
            f"tcp_syn:target={TARGET.removesuffix('/32')},rate={FLOOD_PPS}pps,start={FLOOD_START}s,"
            f"duration={FLOOD_SECONDS}s", "--server", f"https:host={SILENT},rate=50,response=5ms", "--effect",
            f"server:host={SILENT},of=https,answers=0,start={SILENT_START}s,duration={SILENT_SECONDS}s"],
            check=True, capture_output=True)
        config = cls.stack.folder / "floodgauge.yaml"
        config.write_text(CONFIG, "utf-8")

        ordinary = cls.stack.folder / "ordinary.pcap"
        made = subprocess.run([BUILD / "floodgauge-trafficgen", "--out", ordinary, "--seed", "8", "--duration", "3s",
                               "--benign", "mix=2kpps"], check=True, capture_output=True, text=True)
        packets = int(re.search(r"(\d+) packets", made.stdout + made.stderr).group(1))
        cls.inline = InlineSensor(cls.stack, BUILD, ordinary, packets,
                                  lambda name, status: heard(name, cls.inline.address, status))

        cls.address = f"{LOOPBACK}:{free_port()}"
        cls.stack.start_alertmanager(receivers=f"http://{LOOPBACK}:{webhook.server_port}")
        cls.stack.start_prometheus([cls.address, cls.inline.address])
        cls.start = time.time()
        cls.stack.start_sensor([BUILD / "floodgauge", "replay", capture, "-c", config, "--speed", "1x", "--listen",
                                cls.address, "--format", "json", "--output", cls.stack.folder / "report.json",
                                "--events", cls.stack.folder / "events.jsonl"], cls.address)
        cls.inline.launch()
        cls.inline.start()
        cls.watch()
        cls.inline.join()
        cls.report = cls.wait_for_report()
        cls.last_scrape = fetch(f"{cls.stack.sensor_url}/metrics")
        cls.end = time.time()

    @classmethod
    def watch(cls):
        """Records the states of the alert until the webhook receives the end of the flood."""
        cls.states, cls.over_at, cls.scrape = [], None, ""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not (notifications("resolved") and cls.states[-1:] == ["inactive"]):
            alerts = json.loads(fetch(f"{cls.stack.prometheus_url}/api/v1/alerts"))["data"]["alerts"]
            seen = {alert["state"] for alert in alerts if alert["labels"]["alertname"] == "FloodgaugeFlood"
                    and alert["labels"]["target"] == TARGET}
            # An alert whose severity rises is firing and pending at the same time.
            state = "firing" if "firing" in seen else "pending" if seen else "inactive"
            if cls.states[-1:] != [state]:
                cls.states.append(state)
                if state == "firing":
                    cls.scrape = fetch(f"{cls.stack.sensor_url}/metrics")
                if state == "inactive" and "firing" in cls.states:
                    cls.over_at = time.time()
            time.sleep(0.2)

    def test_alert_is_pending_then_firing_then_over(self):
        self.assertEqual(self.states, ["inactive", "pending", "firing", "inactive"], self.stack.last_words("floodgauge"))
        # The scraped packet counter shows whether the capture was still running when the alert ended.
        packets = self.stack.query(f'floodgauge_received_packets_total{{instance="{self.address}"}}', self.over_at, self.over_at + 5)
        counts = [float(value) for series in packets for _, value in series["values"]]
        self.assertGreater(counts[-1], counts[0], "the alert ended with the replay and not with the flood")

    def test_webhook_receives_the_start_and_the_end_of_the_flood(self):
        firing, resolved = notifications("firing"), notifications("resolved")
        self.assertTrue(firing and resolved)
        for _, labels, _ in firing + resolved:
            self.assertEqual((labels["target"], labels["vector"], labels["prefix"], labels["instance"]),
                             (TARGET, "tcp_syn", PREFIX, self.address))
        path, labels, annotations = firing[0]
        self.assertEqual(path, "/on-call" if labels["severity"] == "critical" else
                         "/record" if labels["severity"] == "info" else "/operators")
        self.assertEqual(annotations["summary"], f"SYN flood on {TARGET} ({NAME})")
        runbook, anchor = annotations["runbook_url"].split("#")
        self.assertIn(f"## {anchor}", (ROOT / runbook).read_text("utf-8").lower())

    def test_only_the_target_is_alerted_as_flooded(self):
        targets = {alert["labels"]["target"] for _, message in Webhook.received for alert in message["alerts"]
                   if alert["labels"]["alertname"] == "FloodgaugeFlood"}
        self.assertEqual(targets, {TARGET})

    def test_notifications_are_grouped_by_target(self):
        for _, message in Webhook.received:
            if message["groupLabels"].get("target") == TARGET:
                self.assertEqual({alert["labels"]["target"] for alert in message["alerts"]}, {TARGET})

    def test_shown_rate_equals_sent_rate(self):
        result = self.stack.query(f'max_over_time(sum(floodgauge_incident_packets_per_second{{target="{TARGET}"}})[2m:1s])')
        self.assertEqual(len(result), 1)
        self.assertAlmostEqual(float(result[0]["value"][1]), FLOOD_PPS, delta=0.2 * FLOOD_PPS)

    def test_every_rule_is_evaluated_without_an_error(self):
        groups = json.loads(fetch(f"{self.stack.prometheus_url}/api/v1/rules"))["data"]["groups"]
        self.assertEqual({rule["name"] for group in groups for rule in group["rules"]},
                         {name for path in RULES.glob("*.yml")
                          for name in re.findall(r'(?:record|alert): "?([\w:]+)', path.read_text("utf-8"))})
        for group in groups:
            for rule in group["rules"]:
                with self.subTest(rule["name"]):
                    self.assertEqual(rule["health"], "ok", rule.get("lastError"))

    def test_every_recording_rule_has_a_series(self):
        for path in RULES.glob("*.yml"):
            for name in set(re.findall(r'record: "?([\w:]+)', path.read_text("utf-8"))):
                with self.subTest(name):
                    self.assertTrue(shows_something(self.stack.query(name, self.start, self.end)))

    def test_every_panel_shows_something(self):
        shown = 0
        for name, board in dashboards():
            values = values_of(board, prefix_is_single=name == "prefix")
            for panel in board["panels"]:
                for target in panel["targets"]:
                    with self.subTest(f"{name}: {panel['title']} {target['refId']}"):
                        result = self.stack.query(fill_in(target["expr"], values), self.start, self.end)
                        of_announcers = any(metric in target["expr"] for metric in OF_ANNOUNCERS)
                        self.assertNotEqual(shows_something(result), of_announcers, "the panel is empty, or is not")
                        shown += 1
        self.assertGreater(shown, 30)

    def test_every_variable_of_a_dashboard_has_values(self):
        for name, board in dashboards():
            for one in board["templating"]["list"]:
                if one["type"] != "query":
                    continue
                with self.subTest(f"{name}: {one['name']}"):
                    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", one["definition"]).groups()
                    found = self.label_values(label, fill_in(selector, {"sensor": ".*"}))
                    self.assertIn({"sensor": self.address, "prefix": PREFIX, "target": TARGET}[one["name"]], found)

    def test_promtool_accepts_the_scrape(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.scrape, capture_output=True, text=True,
                              check=False)
        # promtool wants bytes as base unit, but rates of networks are given in bits per second.
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "_bits_per_second" not in line]
        self.assertEqual(complaints, [])

    def test_report_and_events_agree(self):
        floods = [one for one in self.report["incidents"] if one["kind"] == "flood"]
        self.assertEqual([(one["target"], one["vectors"][0]["name"], one["state"]) for one in floods],
                         [(TARGET, "tcp_syn", "closed")])
        events = [json.loads(line) for line in (self.stack.folder / "events.jsonl").read_text("utf-8").splitlines()]
        of_flood = [one["event"] for one in events if one["incident"]["id"] == floods[0]["id"]]
        self.assertEqual((of_flood[0], of_flood[-1]), ("opened", "closed"))

    def test_last_scrape_and_report_have_equal_counts(self):
        counted = {}
        for name, value in series(self.last_scrape).items():
            found = re.fullmatch(r'floodgauge_(packets|bytes)_total{prefix="(.*)",direction="(in|out)",class="\w+"}', name)
            if found:
                what, prefix, direction = found.groups()
                counted[prefix, f"{what}_{direction}"] = counted.get((prefix, f"{what}_{direction}"), 0) + value
        reported = {(one["prefix"], key): one[key] for one in self.report["prefixes"]
                    for key in ("packets_in", "bytes_in", "packets_out", "bytes_out") if one[key]}
        self.assertEqual(counted, reported)
        values = series(self.last_scrape)
        self.assertEqual(values["floodgauge_received_packets_total"], self.report["capture"]["packets"])
        self.assertEqual(values["floodgauge_detection_delay_seconds_count"],
                         sum(one["kind"] == "flood" for one in self.report["incidents"]))
        self.assertEqual(sum(value for name, value in values.items()
                             if name.startswith("floodgauge_incidents_open")), 0)

    def test_scrapes_return_exactly_the_metrics_of_the_table(self):
        table = table_of_metrics()
        found = set()
        for text in (self.scrape, self.last_scrape, self.inline.text):
            for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M):
                self.assertEqual(table[name][0], kind, name)
            for one in series(text):
                name, _, labels = one.partition("{")
                if name not in table:
                    name = re.sub("_(bucket|sum|count)$", "", name)
                self.assertIn(name, table)
                self.assertEqual(set(re.findall(r'(\w+)="', labels)) - {"le"}, table[name][1], one)
                found.add(name)
        self.assertEqual(found, set(table) - OF_ANNOUNCERS)

    def test_inline_sensor_passed_all_its_steps(self):
        self.assertTrue(self.inline.done, self.inline.error)

    def test_a_reload_keeps_counters_and_drops_removed_prefixes(self):
        before, after = self.inline.scrapes["before"], self.inline.scrapes["after"]
        self.assertTrue(any(f'prefix="{REMOVED}"' in name for name in before))
        self.assertEqual([name for name in after if f'prefix="{REMOVED}"' in name], [])
        counters = {name for name in before if "_total" in name and f'prefix="{REMOVED}"' not in name
                    and not name.startswith(COUNTED_MEANWHILE)}
        self.assertEqual(before["floodgauge_received_packets_total"], self.inline.packets)
        self.assertTrue(any(f'prefix="{KEPT}"' in name for name in counters))
        self.assertEqual({name: before[name] for name in counters}, {name: after.get(name) for name in counters})
        self.assertGreaterEqual(after["floodgauge_windows_total"], before["floodgauge_windows_total"])
        reloads = 'floodgauge_config_reloads_total{result="succeeded"}'
        self.assertEqual((before[reloads], after[reloads]), (0, 1))
        self.assertTrue(self.inline.left_in_prometheus)

    def test_a_refused_reload_changes_only_the_metric_of_the_reload(self):
        mended, refused = self.inline.scrapes["mended"], self.inline.scrapes["refused"]
        worked = "floodgauge_config_last_reload_successful"
        self.assertEqual((refused[worked], mended[worked]), (0, 1))
        failed, succeeded = (f'floodgauge_config_reloads_total{{result="{result}"}}' for result in ("failed", "succeeded"))
        self.assertEqual([(one[failed], one[succeeded]) for one in (refused, mended)], [(1, 1), (1, 2)])
        kept = {name for name in mended if f'prefix="{KEPT}"' in name and "_total" in name}
        self.assertEqual({name: refused.get(name) for name in kept}, {name: mended[name] for name in kept})

    @classmethod
    def wait_for_report(cls):
        """Waits for the report. A replay with --listen writes it when the capture ends, and then goes on serving."""
        deadline = time.monotonic() + CAPTURE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, json.JSONDecodeError):
                return json.loads((cls.stack.folder / "report.json").read_text("utf-8"))
            time.sleep(0.2)
        raise cls.failureException("no report:\n" + cls.stack.last_words("floodgauge"))

    def label_values(self, label, selector):
        query = urllib.parse.urlencode({"match[]": selector, "start": self.start, "end": self.end})
        return json.loads(fetch(f"{self.stack.prometheus_url}/api/v1/label/{label}/values?{query}"))["data"]


if __name__ == "__main__":
    unittest.main()
