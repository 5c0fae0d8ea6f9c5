"""The Alertmanager example, asked of Debian's Alertmanager: who is told, and what is left out as a consequence."""
import json
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy"))
from stack import Stack, fetch  # noqa: E402

CONFIG = ROOT / "deploy/alertmanager/alertmanager.yml"
SENSOR = {"job": "floodgauge", "instance": "a"}
OTHER = {"job": "floodgauge", "instance": "b"}
PREFIX = {"prefix": "198.51.100.0/24"}
TARGET = {**SENSOR, **PREFIX, "target": "198.51.100.7/32", "vector": "tcp_syn"}

# A sentence; what is open; of that, what is left out.
INHIBITED = [
    ("a sensor that is gone says nothing else, others do",
     [("FloodgaugeSensorDown", SENSOR), ("FloodgaugeDetectionLate", SENSOR), ("FloodgaugeDetectionLate", OTHER)],
     [("FloodgaugeDetectionLate", SENSOR)]),
    ("a flood that has grown is told once, at its worst",
     [("FloodgaugeFlood", {**TARGET, "flood": "critical"}), ("FloodgaugeFlood", {**TARGET, "flood": "low"}),
      ("FloodgaugeFlood", {**TARGET, "vector": "udp", "flood": "low"})],
     [("FloodgaugeFlood", {**TARGET, "flood": "low"})]),
    ("a high flood explains slow services and a busy sensor, and not that services fail or the link is full",
     [("FloodgaugeFlood", {**TARGET, "flood": "high"}), ("FloodgaugeServiceSlow", {**PREFIX, "service": "http"}),
      ("FloodgaugeShedding", {**SENSOR, "step": "payload"}), ("FloodgaugeServiceImpact", {**PREFIX, "service": "dns"}),
      ("FloodgaugeSaturation", SENSOR)],
     [("FloodgaugeServiceSlow", {**PREFIX, "service": "http"}), ("FloodgaugeShedding", {**SENSOR, "step": "payload"})]),
    ("a low flood explains nothing",
     [("FloodgaugeFlood", {**TARGET, "flood": "low"}), ("FloodgaugeServiceSlow", {**PREFIX, "service": "http"})], []),
    ("a silent prefix answers nothing; another prefix is another matter",
     [("FloodgaugeBlackout", PREFIX), ("FloodgaugeServiceImpact", {**PREFIX, "service": "dns"}),
      ("FloodgaugeServiceImpact", {"prefix": "203.0.113.0/24", "service": "dns"})],
     [("FloodgaugeServiceImpact", {**PREFIX, "service": "dns"})]),
    ("a port without link sends nothing",
     [("FloodgaugePortDown", {**SENSOR, "port": "core"}), ("FloodgaugeForwardingDropped", {**SENSOR, "port": "core"}),
      ("FloodgaugeForwardingDropped", {**SENSOR, "port": "uplink"})],
     [("FloodgaugeForwardingDropped", {**SENSOR, "port": "core"})]),
]

ROUTES = [
    ("on-call", {**TARGET, "alertname": "FloodgaugeFlood", "severity": "critical"}),
    ("operators", {**TARGET, "alertname": "FloodgaugeFlood", "severity": "warning"}),
    ("record", {**TARGET, "alertname": "FloodgaugeFlood", "severity": "info"}),
    ("on-call", {**SENSOR, "alertname": "FloodgaugeSensorDown", "severity": "critical"}),
    ("operators", {**SENSOR, "alertname": "FloodgaugeReloadFailed", "severity": "warning"}),
    ("on-call", {**PREFIX, "alertname": "FloodgaugeFloodOverAllLinks", "severity": "critical"}),
]


def frozen(alerts):
    return {frozenset({**labels, "alertname": name}.items()) for name, labels in alerts}


class Alertmanager(unittest.TestCase):
    def test_routes(self):
        for receiver, labels in ROUTES:
            with self.subTest(labels["alertname"], severity=labels["severity"]):
                done = subprocess.run(
                    ["amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}",
                     *(f"{name}={value}" for name, value in labels.items())], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_consequences_are_left_out(self):
        for sentence, given, left_out in INHIBITED:
            with self.subTest(sentence), Stack() as stack:
                stack.start_alertmanager()
                body = json.dumps([{"labels": {**labels, "alertname": name}} for name, labels in given]).encode()
                request = urllib.request.Request(f"{stack.alertmanager_url}/api/v2/alerts", body,
                                                 {"Content-Type": "application/json"})
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5).close()
                deadline = time.monotonic() + 60
                states = {}
                while time.monotonic() < deadline and (len(states) < len(given) or "unprocessed" in states.values()):
                    alerts = json.loads(fetch(f"{stack.alertmanager_url}/api/v2/alerts"))
                    states = {frozenset(one["labels"].items()): one["status"]["state"] for one in alerts}
                    time.sleep(0.2)
                self.assertEqual({labels for labels, state in states.items() if state == "suppressed"}, frozen(left_out))
                self.assertEqual(set(states), frozen(given))


if __name__ == "__main__":
    unittest.main()
