"""The Alertmanager example, asked of Debian's Alertmanager: who is told, and what is left out as a consequence."""
import contextlib
import http.server
import json
import pathlib
import queue
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
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
SERVER = {"target": "198.51.100.7/32"}
NETWORK = {**PREFIX, "target": "198.51.100.0/24"}

# A sentence; what is open; of that, what is left out.
INHIBITED = [
    ("a sensor that is gone says nothing else, others do",
     [("FloodgaugeSensorDown", SENSOR), ("FloodgaugeDetectionLate", SENSOR), ("FloodgaugeDetectionLate", OTHER)],
     [("FloodgaugeDetectionLate", SENSOR)]),
    ("a flood that has grown is told once, at its worst",
     [("FloodgaugeFlood", {**TARGET, "flood": "critical"}), ("FloodgaugeFlood", {**TARGET, "flood": "low"}),
      ("FloodgaugeFlood", {**TARGET, "vector": "udp", "flood": "low"})],
     [("FloodgaugeFlood", {**TARGET, "flood": "low"})]),
    ("a high flood explains its server's slow services and a busy sensor, and not that services fail or the link is full",
     [("FloodgaugeFlood", {**TARGET, "flood": "high"}), ("FloodgaugeServiceSlow", {**SERVER, "service": "http"}),
      ("FloodgaugeServiceSlow", {"target": "198.51.100.8/32", "service": "http"}),
      ("FloodgaugeShedding", {**SENSOR, "step": "payload"}), ("FloodgaugeServiceImpact", {**SERVER, "service": "dns"}),
      ("FloodgaugeSaturation", SENSOR)],
     [("FloodgaugeServiceSlow", {**SERVER, "service": "http"}), ("FloodgaugeShedding", {**SENSOR, "step": "payload"})]),
    ("a low flood explains nothing",
     [("FloodgaugeFlood", {**TARGET, "flood": "low"}), ("FloodgaugeServiceSlow", {**SERVER, "service": "http"})], []),
    ("a silent prefix answers nothing; another prefix and a single server are other matters",
     [("FloodgaugeBlackout", PREFIX), ("FloodgaugeServiceImpact", {**NETWORK, "service": "dns"}),
      ("FloodgaugeServiceImpact", {**SERVER, "service": "dns"}),
      ("FloodgaugeServiceImpact", {"prefix": "203.0.113.0/24", "target": "203.0.113.0/24", "service": "dns"})],
     [("FloodgaugeServiceImpact", {**NETWORK, "service": "dns"})]),
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


def with_receivers(name):
    """The shipped configuration with the receivers of receivers/`name`.yml, as the guide puts them together."""
    head = CONFIG.read_text("utf-8").split("\nreceivers:\n")[0]
    return head + "\n" + (CONFIG.parent / f"receivers/{name}.yml").read_text("utf-8")


class Inbox:
    """An HTTP server and a mail server on the loopback that keep what they get."""

    def __init__(self):
        self.got = queue.Queue()
        inbox = self

        class Web(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                inbox.got.put((self.path, body))
                answer = b'{"ok": true, "status": "success", "result": {"message_id": 1, "chat": {"id": 1}}}'
                self.send_response(202 if "pagerduty" in self.path else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the one who sent may have left
                    self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Mail(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 inbox\r\n")
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        text = b""
                        while (line := self.rfile.readline()) not in (b".\r\n", b""):
                            text += line
                        inbox.got.put(("mail", text.decode()))
                    self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                    if word == b"QUIT":
                        return

        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web),
                        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.servers[0].server_address[1]}"
        self.relay = f"127.0.0.1:{self.servers[1].server_address[1]}"

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


class Receivers(unittest.TestCase):
    """Each example of a receiver, as it is shipped; only where it sends to is the inbox."""

    def said_by(self, name, *changes):
        """What arrives when a flood is told through the receivers of `name`."""
        inbox = Inbox()
        self.addCleanup(inbox.close)
        text = with_receivers(name)
        with Stack() as stack:
            for old, new in changes:
                self.assertIn(old, text)
                text = text.replace(old, new.replace("INBOX", inbox.url).replace("RELAY", inbox.relay)
                                    .replace("FOLDER", str(stack.folder)))
            (stack.folder / "url").write_text(inbox.url + "/slack", "utf-8")
            stack.start_alertmanager(text=text)
            body = json.dumps([{
                "labels": {**TARGET, "alertname": "FloodgaugeFlood", "severity": "critical", "flood": "critical"},
                "annotations": {"summary": "SYN flood on 198.51.100.7/32", "description": "It receives 41 k packets/s.",
                                "details": "About 36000 sources.", "runbook_url": "https://wiki.example/flood"}}]).encode()
            request = urllib.request.Request(f"{stack.alertmanager_url}/api/v2/alerts", body,
                                             {"Content-Type": "application/json"})
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5).close()
            path, told = inbox.got.get(timeout=60)
        for part in ("SYN flood on 198.51.100.7/32", "It receives 41 k packets/s.", "About 36000 sources.",
                     "https://wiki.example/flood"):
            self.assertIn(part, told)
        return path, told

    def test_each_is_a_configuration_that_amtool_takes(self):
        names = sorted(path.stem for path in (CONFIG.parent / "receivers").glob("*.yml"))
        self.assertEqual(names, ["mail", "pagerduty", "slack", "telegram", "webhook"])
        for name in names:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                shutil.copy(CONFIG.parent / "floodgauge.tmpl", folder)
                path = pathlib.Path(folder, "alertmanager.yml")
                path.write_text(with_receivers(name), "utf-8")
                done = subprocess.run(["amtool", "check-config", path], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_mail(self):
        _, told = self.said_by("mail", ("smarthost: mail.example.net:587", "smarthost: RELAY\n        require_tls: false"),
                               ("        auth_username: floodgauge@example.net\n", ""),
                               ("        auth_password_file: /etc/prometheus/mail-password\n", ""))
        self.assertIn("Subject: SYN flood on 198.51.100.7/32", told)

    def test_slack(self):
        path, told = self.said_by("slack", ("/etc/prometheus/slack-url", "FOLDER/url"))
        self.assertEqual((path, json.loads(told)["channel"]), ("/slack", "#network"))

    def test_telegram(self):
        path, _ = self.said_by("telegram", ("      - bot_token:", "      - api_url: INBOX\n        bot_token:"))
        self.assertTrue(path.endswith("/sendMessage"), path)

    def test_pagerduty(self):
        path, told = self.said_by("pagerduty", ("      - routing_key:", "      - url: INBOX/pagerduty\n        routing_key:"))
        payload = json.loads(told)["payload"]
        self.assertEqual((path, payload["severity"], payload["component"]), ("/pagerduty", "critical", "198.51.100.7/32"))

    def test_webhook(self):
        path, told = self.said_by("webhook", ("http://127.0.0.1:9095", "INBOX"))
        self.assertEqual((path, json.loads(told)["alerts"][0]["labels"]["target"]), ("/floodgauge", "198.51.100.7/32"))


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
