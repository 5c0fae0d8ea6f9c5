"""The hooks in deploy/hooks, given events as floodgauge writes them."""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
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

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_the_webhook_gets_the_event_as_it_is(self):
        got = []

        class Server(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204 if self.path == "/good" else 500)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        self.assertEqual(self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK=url + "/good", no_proxy="*").returncode, 0)
        self.assertEqual((got[0]["event"], got[0]["incident"]), ("opened", INCIDENT))
        self.assertNotEqual(self.run_hook("webhook", "opened", FLOODGAUGE_WEBHOOK=url + "/bad", no_proxy="*").returncode, 0)


if __name__ == "__main__":
    unittest.main()
