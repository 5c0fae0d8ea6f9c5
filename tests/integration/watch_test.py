"""From packets to an operator's screen, with nothing replaced by a stand-in.

A generated capture (a SYN flood of twenty seconds within ordinary traffic) is replayed in its own time.
Debian's Prometheus scrapes the replay with the shipped rules, Debian's Alertmanager passes the alert on, a
webhook on the loopback receives it. Every query of every dashboard and every rule is evaluated in that
Prometheus: one that fails, or a panel that shows nothing although its subject was there, fails the test.

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
sys.path.insert(0, str(ROOT / "deploy"))
from stack import LOOPBACK, Stack, fetch, free_port  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/release").resolve()
TARGET, PREFIX, NAME = "198.51.100.80/32", "198.51.100.0/24", "web"
FLOOD_PPS, FLOOD_START, FLOOD_SECONDS, CAPTURE_SECONDS = 20_000, 10, 20, 60
# After its end the flood is held for 10 s and its series is gone a scrape later. The whole is long enough
# that the alert is over while packets still come: it is over because the flood is.
CONFIG = f"""
protect:
  - {{name: {NAME}, prefixes: [{PREFIX}]}}
  - {{name: others, prefixes: [203.0.113.0/24, "2001:db8:1::/48"]}}
profiles:
  default: {{baseline: {{enabled: false}}, hold: 10s}}
"""
# Replays have no network ports. Their panels are shown empty then, and only then.
PORT_METRICS = re.compile(r"floodgauge_port_\w+")
PATIENCE = 120  # seconds until all must have happened


class Webhook(http.server.BaseHTTPRequestHandler):
    """Keeps what Alertmanager posts."""

    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Webhook.received.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def notifications(status):
    """Alerts of floods on the target that arrived with that status, as (path, labels, annotations)."""
    return [(path, alert["labels"], alert["annotations"]) for path, message in list(Webhook.received)
            for alert in message["alerts"]
            if alert["status"] == status and alert["labels"]["alertname"] == "FloodgaugeFlood"
            and alert["labels"]["target"] == TARGET]


def dashboards():
    for path in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


def values_of(board, prefix_is_single):
    """What Grafana would put in for a dashboard's variables."""
    values = {"__rate_interval": "4s", "sensor": ".*", "target": re.escape(TARGET),
              "prefix": re.escape(PREFIX) if prefix_is_single else ".*"}
    return {name: values[name] for name in
            ["__rate_interval"] + [one["name"] for one in board["templating"]["list"] if one["type"] == "query"]}


def fill_in(expression, values):
    for name, value in values.items():
        # Within a string of PromQL a backslash is written twice.
        expression = expression.replace(f"${name}", value.replace("\\", "\\\\"))
    return expression


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
            f"duration={FLOOD_SECONDS}s"], check=True, capture_output=True)
        config = cls.stack.folder / "floodgauge.yaml"
        config.write_text(CONFIG, "utf-8")

        cls.address = f"{LOOPBACK}:{free_port()}"
        cls.stack.start_alertmanager(receivers=f"http://{LOOPBACK}:{webhook.server_port}")
        cls.stack.start_prometheus([cls.address])
        cls.start = time.time()
        cls.stack.start_sensor([BUILD / "floodgauge", "replay", capture, "-c", config, "--speed", "1x", "--listen",
                                cls.address, "--format", "json", "--output", cls.stack.folder / "report.json",
                                "--events", cls.stack.folder / "events.jsonl"], cls.address)
        cls.watch()
        cls.end = time.time()

    @classmethod
    def watch(cls):
        """Follows the run until the webhook hears that the flood is over."""
        cls.states, cls.over_at, cls.scrape = [], None, ""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not (notifications("resolved") and cls.states[-1:] == ["inactive"]):
            alerts = json.loads(fetch(f"{cls.stack.prometheus_url}/api/v1/alerts"))["data"]["alerts"]
            seen = {alert["state"] for alert in alerts if alert["labels"]["alertname"] == "FloodgaugeFlood"
                    and alert["labels"]["target"] == TARGET}
            # An alert that grew more severe is firing and pending at once.
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
        # Whether the capture still ran then is asked of what was scraped.
        packets = self.stack.query("floodgauge_received_packets_total", self.over_at, self.over_at + 5)
        counts = [float(value) for series in packets for _, value in series["values"]]
        self.assertGreater(counts[-1], counts[0], "the alert ended with the replay and not with the flood")

    def test_webhook_hears_of_the_flood_and_of_its_end(self):
        firing, resolved = notifications("firing"), notifications("resolved")
        self.assertTrue(firing and resolved)
        for _, labels, _ in firing + resolved:
            self.assertEqual((labels["target"], labels["vector"], labels["prefix"], labels["instance"]),
                             (TARGET, "tcp_syn", PREFIX, self.address))
        path, labels, annotations = firing[0]
        self.assertEqual(path, "/on-call" if labels["severity"] == "critical" else
                         "/record" if labels["severity"] == "info" else "/operators")
        self.assertEqual(annotations["summary"], f"tcp_syn flood on {TARGET} ({NAME})")
        runbook, anchor = annotations["runbook_url"].split("#")
        self.assertIn(f"## {anchor}", (ROOT / runbook).read_text("utf-8").lower())

    def test_nothing_else_is_alerted_as_a_flood(self):
        targets = {alert["labels"]["target"] for _, message in Webhook.received for alert in message["alerts"]
                   if alert["labels"]["alertname"] == "FloodgaugeFlood"}
        self.assertEqual(targets, {TARGET})

    def test_notifications_are_grouped_by_target(self):
        for _, message in Webhook.received:
            if message["groupLabels"].get("target") == TARGET:
                self.assertEqual({alert["labels"]["target"] for alert in message["alerts"]}, {TARGET})

    def test_rate_shown_is_the_rate_sent(self):
        result = self.stack.query(f'max_over_time(sum(floodgauge_incident_packets_per_second{{target="{TARGET}"}})[2m:1s])')
        self.assertEqual(len(result), 1)
        self.assertAlmostEqual(float(result[0]["value"][1]), FLOOD_PPS, delta=0.2 * FLOOD_PPS)

    def test_every_rule_is_evaluated_without_an_error(self):
        groups = json.loads(fetch(f"{self.stack.prometheus_url}/api/v1/rules"))["data"]["groups"]
        self.assertGreater(len(groups), 4)
        for group in groups:
            for rule in group["rules"]:
                with self.subTest(rule["name"]):
                    self.assertEqual(rule["health"], "ok", rule.get("lastError"))

    def test_every_recorded_series_is_there(self):
        for path in (ROOT / "deploy/prometheus/rules").glob("*.yml"):
            for name in set(re.findall(r'record: "?([\w:]+)', path.read_text("utf-8"))):
                with self.subTest(name):
                    if name.startswith("instance_port:") and not self.has_ports():
                        continue
                    self.assertTrue(shows_something(self.stack.query(name, self.start, self.end)))

    def test_every_panel_shows_something(self):
        shown = 0
        for name, board in dashboards():
            values = values_of(board, prefix_is_single=name == "prefix")
            for panel in board["panels"]:
                for target in panel["targets"]:
                    with self.subTest(f"{name}: {panel['title']} {target['refId']}"):
                        result = self.stack.query(fill_in(target["expr"], values), self.start, self.end)
                        if PORT_METRICS.search(target["expr"]) and not self.has_ports():
                            continue
                        self.assertTrue(shows_something(result), "the panel is empty")
                        shown += 1
        self.assertGreater(shown, 30)

    def test_every_variable_has_something_to_choose(self):
        for name, board in dashboards():
            for one in board["templating"]["list"]:
                if one["type"] != "query":
                    continue
                with self.subTest(f"{name}: {one['name']}"):
                    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", one["definition"]).groups()
                    found = self.label_values(label, fill_in(selector, {"sensor": ".*"}))
                    self.assertIn({"sensor": self.address, "prefix": PREFIX, "target": TARGET}[one["name"]], found)

    def test_scrape_is_what_promtool_calls_well_formed(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.scrape, capture_output=True, text=True,
                              check=False)
        # Networks are measured in bits a second, whatever the linter would have.
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "_bits_per_second" not in line]
        self.assertEqual(complaints, [])

    def test_report_and_events_tell_the_same_story(self):
        # A replay that listens writes its report when the capture ends, and stays.
        incidents = self.report()["incidents"]
        floods = [one for one in incidents if one["kind"] == "flood"]
        self.assertEqual([(one["target"], one["vectors"][0]["name"], one["state"]) for one in floods],
                         [(TARGET, "tcp_syn", "closed")])
        events = [json.loads(line) for line in (self.stack.folder / "events.jsonl").read_text("utf-8").splitlines()]
        of_flood = [one["event"] for one in events if one["incident"]["id"] == floods[0]["id"]]
        self.assertEqual((of_flood[0], of_flood[-1]), ("opened", "closed"))

    def report(self):
        deadline = time.monotonic() + CAPTURE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, json.JSONDecodeError):
                return json.loads((self.stack.folder / "report.json").read_text("utf-8"))
            time.sleep(0.2)
        raise self.failureException("no report:\n" + self.stack.last_words("floodgauge"))

    def has_ports(self):
        return bool(self.label_values("port", 'floodgauge_port_link_up{job="floodgauge"}'))

    def label_values(self, label, selector):
        query = urllib.parse.urlencode({"match[]": selector, "start": self.start, "end": self.end})
        return json.loads(fetch(f"{self.stack.prometheus_url}/api/v1/label/{label}/values?{query}"))["data"]


if __name__ == "__main__":
    unittest.main()
