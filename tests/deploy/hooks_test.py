"""The hooks in deploy/hooks, given events as floodgauge writes them."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

HOOKS = pathlib.Path(__file__).resolve().parents[2] / "deploy/hooks"
INCIDENT = {"kind": "flood", "severity": "high", "target": "198.51.100.7/32", "vectors": [{"name": "tcp_syn", "share": 1}],
            "peak_pps": 41800.5, "peak_bps": 2e7, "start": "2026-11-21T18:12:07.000000000Z", "sources_estimate": 36000}


@unittest.skipUnless(shutil.which("jq"), "needs jq")
class Hooks(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def program(self, name):
        """A program that keeps its arguments and its input."""
        path = self.folder / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{path}.arguments"\ncat >"{path}.input"\n', "utf-8")
        path.chmod(0o755)
        return path

    def run_hook(self, name, event, incident=None, **environment):
        told = json.dumps({"time": "2026-11-21T18:12:08Z", "event": event, "incident": incident or INCIDENT})
        return subprocess.run([HOOKS / name], input=told, capture_output=True, text=True, check=False, timeout=30,
                              env={**os.environ, **{key: str(value) for key, value in environment.items()}})

    def test_a_script_of_fastnetmon_gets_the_arguments_that_it_knows(self):
        for event, incident, expected in [
            ("opened", INCIDENT, ["198.51.100.7", "incoming", "41800", "ban"]),
            ("closed", {**INCIDENT, "direction": "out"}, ["198.51.100.7", "outgoing", "41800", "unban"]),
            ("opened", {**INCIDENT, "target": "2001:db8::/48"}, ["2001:db8::/48", "incoming", "41800", "ban"]),
        ]:
            with self.subTest(event):
                script = self.program("notify")
                done = self.run_hook("fastnetmon_notify", event, incident, FLOODGAUGE_NOTIFY_SCRIPT=script)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(pathlib.Path(f"{script}.arguments").read_text().splitlines(), expected)
                self.assertIn("Attack type: tcp_syn", pathlib.Path(f"{script}.input").read_text())

    def test_it_is_not_run_for_what_fastnetmon_does_not_know(self):
        script = self.program("notify")
        self.assertEqual(self.run_hook("fastnetmon_notify", "updated", FLOODGAUGE_NOTIFY_SCRIPT=script).returncode, 0)
        self.assertFalse(pathlib.Path(f"{script}.arguments").exists())

    def test_a_script_that_is_missing_fails_the_hook(self):
        self.assertNotEqual(self.run_hook("fastnetmon_notify", "opened",
                                          FLOODGAUGE_NOTIFY_SCRIPT=self.folder / "nothing").returncode, 0)

    def test_mail_goes_to_the_relay(self):
        sendmail = self.program("sendmail")
        done = self.run_hook("mail", "opened", SENDMAIL=sendmail, FLOODGAUGE_MAIL_TO="noc@example.net")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = pathlib.Path(f"{sendmail}.input").read_text()
        self.assertTrue(text.startswith("To: noc@example.net\n"), text)
        self.assertIn("Subject: [floodgauge] high flood on 198.51.100.7/32: opened\n", text)
        self.assertEqual(json.loads(text.split("\n\n", 1)[1])["incident"]["peak_pps"], 41800.5)

    def webhooks(self, *statuses):
        """A server that answers with these statuses in turn, and its requests as (headers, body)."""
        got, left = [], list(statuses)

        class Server(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(({key.lower(): value for key, value in self.headers.items()}, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/x", got

    def test_the_webhook_gets_the_event_as_it_is(self):
        url, got = self.webhooks(204)
        done = self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK=url, no_proxy="*")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        event = json.loads(got[0][1])
        self.assertEqual((event["event"], event["incident"]), ("opened", INCIDENT))
        self.assertNotIn("webhook-signature", got[0][0])

    def test_a_webhook_with_a_secret_is_signed(self):
        for secret, key in [("whsec_c2VzYW1l", b"sesame"), ("open sesame", b"open sesame")]:
            with self.subTest(secret):
                (self.folder / "secret").write_text(secret + "\n", "utf-8")
                url, got = self.webhooks(200)
                done = self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK=url, no_proxy="*",
                                     FLOODGAUGE_WEBHOOK_SECRET_FILE=self.folder / "secret")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                headers, body = got[0]
                signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
                expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
                self.assertEqual(headers["webhook-signature"], f"v1,{expected}")

    def test_a_webhook_is_tried_again_where_that_may_help(self):
        for statuses, tries, status in [((500, 429, 204), 3, 0), ((404,), 1, 1), ((500,), 5, 1)]:
            with self.subTest(statuses):
                url, got = self.webhooks(*statuses)
                done = self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK=url, no_proxy="*")
                self.assertEqual((len(got), done.returncode), (tries, status), done.stderr)
                self.assertEqual(len({one[0]["webhook-id"] for one in got}), 1, "a repetition has the same id")
                if status:
                    self.assertIn(f"the answer is {statuses[-1]}", done.stderr)

    def test_a_webhook_without_an_address_or_with_a_secret_that_is_missing_fails(self):
        self.assertEqual(self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK="file:///etc/passwd").returncode, 1)
        url, got = self.webhooks(200)
        self.assertNotEqual(self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK=url,
                                          FLOODGAUGE_WEBHOOK_SECRET_FILE=self.folder / "nothing").returncode, 0)
        self.assertEqual(got, [])

    def syslog(self, kind):
        """A socket for messages of syslog, and its address."""
        listener = socket.socket(socket.AF_INET, kind)
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(20)
        return listener, f"127.0.0.1:{listener.getsockname()[1]}"

    @unittest.skipUnless(shutil.which("logger"), "needs logger")
    def test_syslog_gets_a_line_with_the_severity(self):
        for event, severity, priority in [("opened", "high", 3 * 8 + 3), ("opened", "critical", 3 * 8 + 2),
                                          ("escalated", "low", 3 * 8 + 4), ("closed", "critical", 3 * 8 + 5)]:
            with self.subTest(event, severity=severity):
                listener, address = self.syslog(socket.SOCK_DGRAM)
                done = self.run_hook("syslog", event, {**INCIDENT, "severity": severity, "id": "a", "name": "x\ny"},
                                     FLOODGAUGE_SYSLOG=address)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                text = listener.recv(65536).decode()
                self.assertTrue(text.startswith(f"<{priority}>1 "), text)
                self.assertTrue(text.endswith(
                    f"{event} {severity} flood 198.51.100.7/32 tcp_syn 41800 pps id a"), text)

    @unittest.skipUnless(shutil.which("logger"), "needs logger")
    def test_syslog_over_tcp_gets_the_whole_event(self):
        listener, address = self.syslog(socket.SOCK_STREAM)
        listener.listen()
        many = {**INCIDENT, "id": "a", "top_sources": [{"value": f"203.0.113.{n}", "packets": n, "share": 0}
                                                       for n in range(200)]}
        done = self.run_hook("syslog", "opened", many, FLOODGAUGE_SYSLOG=address, FLOODGAUGE_SYSLOG_TCP=1)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            text = b""
            while block := connection.recv(65536):
                text += block
        length, message = text.split(b" ", 1)
        self.assertEqual(int(length), len(message), "octet counting, RFC 6587")
        self.assertEqual(json.loads(message[message.index(b"{"):])["incident"], many)

    @unittest.skipUnless(shutil.which("logger"), "needs logger")
    def test_a_syslog_that_is_not_there_fails_the_hook(self):
        listener, address = self.syslog(socket.SOCK_STREAM)
        listener.close()
        self.assertNotEqual(self.run_hook("syslog", "opened", FLOODGAUGE_SYSLOG=address,
                                          FLOODGAUGE_SYSLOG_TCP=1).returncode, 0)

    def bus(self, info, answer):
        """A server that speaks NATS to one client: its address, and what it was sent."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        got = []

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(20)
                connection.sendall(f"INFO {json.dumps(info)}\r\n".encode())
                sent = b""
                while b"PING\r\n" not in sent and (block := connection.recv(65536)):
                    sent += block
                got.append(sent)
                connection.sendall(answer)
                connection.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return f"127.0.0.1:{listener.getsockname()[1]}", got, thread

    def test_nats_gets_the_event_with_an_id(self):
        address, got, thread = self.bus({"headers": True, "max_payload": 1 << 20}, b"PING\r\n+OK\r\nPONG\r\n")
        done = self.run_hook("nats", "opened", FLOODGAUGE_NATS=f"nats://ops:a%20b@{address}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        thread.join(20)
        connect, head, rest = got[0].split(b"\r\n", 2)
        self.assertEqual({key: json.loads(connect[8:])[key] for key in ("user", "pass", "verbose")},
                         {"user": "ops", "pass": "a b", "verbose": False})
        verb, subject, of_headers, of_all = head.split()
        self.assertEqual((verb, subject), (b"HPUB", b"floodgauge.opened"))
        headers, body = rest[:int(of_headers)], rest[int(of_headers):int(of_all)]
        self.assertRegex(headers, rb"\ANATS/1\.0\r\nNats-Msg-Id: [0-9a-f]{32}\r\n\r\n\Z")
        self.assertEqual(json.loads(body)["incident"], INCIDENT)
        self.assertEqual(rest[int(of_all):], b"\r\nPING\r\n")

    def test_nats_without_headers_and_with_another_subject(self):
        address, got, thread = self.bus({}, b"PONG\r\n")
        (self.folder / "address").write_text(f"nats://token@{address}\n", "utf-8")
        done = self.run_hook("nats", "closed", FLOODGAUGE_NATS_FILE=self.folder / "address",
                             FLOODGAUGE_NATS_SUBJECT="noc.floods")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        thread.join(20)
        self.assertEqual(json.loads(got[0].split(b"\r\n")[0][8:])["auth_token"], "token")
        self.assertTrue(got[0].split(b"\r\n")[1].startswith(b"PUB noc.floods.closed "))

    def test_what_nats_refuses_fails_the_hook(self):
        for info, answer, reason in [({}, b"-ERR 'Authorization Violation'\r\n", "Authorization Violation"),
                                     ({"max_payload": 10}, b"", "the server takes 10")]:
            with self.subTest(reason):
                address, _, _ = self.bus(info, answer)
                done = self.run_hook("nats", "opened", FLOODGAUGE_NATS=f"nats://{address}")
                self.assertEqual(done.returncode, 1)
                self.assertIn(reason, done.stderr)
        self.assertEqual(self.run_hook("nats", "opened", FLOODGAUGE_NATS="http://127.0.0.1").returncode, 1)
        self.assertEqual(self.run_hook("nats", "opened", FLOODGAUGE_NATS="nats://127.0.0.1",
                                       FLOODGAUGE_NATS_SUBJECT="a b\r\nPUB x 0").returncode, 1)

    def test_nats_is_tried_again_until_it_is_there(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

        def later():
            time.sleep(1)
            with socket.create_server(("127.0.0.1", port)) as late:
                connection, _ = late.accept()
                with connection:
                    connection.sendall(b"INFO {}\r\n")
                    while b"PING\r\n" not in connection.recv(65536):
                        pass
                    connection.sendall(b"PONG\r\n")
                    connection.recv(1)

        thread = threading.Thread(target=later, daemon=True)
        thread.start()
        done = self.run_hook("nats", "opened", FLOODGAUGE_NATS=f"nats://127.0.0.1:{port}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        thread.join(20)

    @unittest.skipUnless(shutil.which("nats-server"), "needs nats-server")
    def test_the_real_server_passes_the_event_on(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        server = subprocess.Popen(["nats-server", "-a", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        deadline = time.monotonic() + 20
        while True:
            try:
                reader = socket.create_connection(("127.0.0.1", port), timeout=20)
                break
            except OSError:
                self.assertLess(time.monotonic(), deadline, "nats-server does not answer")
                time.sleep(0.05)
        with reader:
            reader.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB floodgauge.> 1\r\nPING\r\n')
            got = b""
            while b"PONG\r\n" not in got:
                got += reader.recv(65536)
            done = self.run_hook("nats", "opened", FLOODGAUGE_NATS=f"nats://127.0.0.1:{port}")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            while b"tcp_syn" not in got:
                got += reader.recv(65536)
        self.assertIn(b"HMSG floodgauge.opened 1 ", got)


if __name__ == "__main__":
    unittest.main()
