"""What a running daemon takes from a reload, what it refuses, and what it keeps right: users and certificates, event
log and hook, requests from other sites, a slow request beside others, steps of the clock, promiscuous mode.

trust_test.py BUILD-DIRECTORY
"""
import base64
import contextlib
import datetime
import json
import os
import pathlib
import signal
import ssl
import sys
import threading
import time
import unittest

from lab import PATIENCE, Daemon, Lab, bcrypt_of, why_not

BUILD = pathlib.Path(sys.argv.pop(1))


def setUpModule():
    missing = why_not("openssl", "tcpreplay")
    if missing:
        raise unittest.SkipTest(missing)


def config(export):
    return f"""
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports: [{{name: span, device: "net_af_packet0,iface=t0", side: mirror}}]
engine: {{workers: 1, flows: 65536, hosts: 4096}}
profiles: {{default: {{hold: 1s}}}}
export: {{listen: "127.0.0.1:9733", {export}}}
"""


class Tap(Lab):
    def __init__(self):
        super().__init__("sender", "sensor")

    def __enter__(self):
        super().__enter__()
        self.join("sender", "s0", "sensor", "t0")
        return self

    def daemon(self, export="reload: true", **options):
        return Daemon(self, "sensor", BUILD / "floodgauge", config(export), **options)

    def flood(self, seconds=2):
        capture = self.folder / "flood.pcap"
        if not capture.exists():
            self.run(BUILD / "floodgauge-trafficgen", "--out", capture, "--duration", f"{seconds}s", "--flood",
                     f"tcp_syn:target=198.51.100.7,rate=10kpps,start=0s,duration={seconds}s")
        self.in_ns("sender", "tcpreplay", "-q", "--preload-pcap", "-i", "s0", capture)

    def certificate(self):
        self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                 "2", "-subj", "/CN=sensor", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem")
        trust = ssl.create_default_context(cafile=self.folder / "cert.pem")
        trust.check_hostname = False
        return trust

    def promiscuous(self):
        flags = json.loads(self.run("ip", "-n", self.real("sensor"), "-j", "link", "show", "t0"))[0]["flags"]
        return "PROMISC" in flags


def reloaded(daemon, before):
    os.kill(daemon.pid, signal.SIGHUP)
    daemon.wait_for("the reload is told", lambda: len(daemon.logged("^configuration reloaded$")) > before)


class Trust(unittest.TestCase):
    def test_a_removed_user_is_refused_and_a_renewed_certificate_served_after_a_reload(self):
        with Tap() as lab:
            old = lab.certificate()
            web = lab.folder / "web.yml"
            hashed = bcrypt_of("sesame")
            tls = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
            web.write_text(tls + f"basic_auth_users: {{op: {hashed}, eve: {hashed}}}\n", "utf-8")
            daemon = lab.daemon(f"web_config: {web}")

            def ask(user, trust):
                word = base64.b64encode(f"{user}:sesame".encode()).decode()
                return daemon.request("/metrics", headers=[f"Authorization: Basic {word}"], tls=trust)[0]
            self.assertEqual((ask("op", old), ask("eve", old)), (200, 200))
            new = lab.certificate()
            self.assertEqual(ask("op", old), 200)  # files alone change nothing
            web.write_text(tls + f"basic_auth_users: {{op: {hashed}}}\n", "utf-8")
            reloaded(daemon, 0)
            with self.assertRaises(ssl.SSLCertVerificationError):
                ask("op", old)
            self.assertEqual((ask("op", new), ask("eve", new)), (200, 401))
            # A wrong file changes nothing, and is told.
            web.write_text(tls + "basic_auth_users: {op: sesame}\n", "utf-8")
            os.kill(daemon.pid, signal.SIGHUP)
            daemon.wait_for("the error is told", lambda: daemon.logged("not reloaded.*not a bcrypt hash"))
            self.assertEqual(ask("op", new), 200)

    def test_event_log_and_hook_change_with_a_reload(self):
        with Tap() as lab:
            told = lab.folder / "told"
            hook = lab.folder / "hook"
            hook.write_text(f"#!/bin/sh\ncat >>{told}\n", "utf-8")
            hook.chmod(0o755)
            first, second = lab.folder / "first.jsonl", lab.folder / "second.jsonl"
            daemon = lab.daemon(f"events: {first}")
            lab.flood()
            daemon.wait_for("the incident is closed", lambda: '"closed"' in first.read_text("utf-8"))
            self.assertFalse(told.exists())
            daemon.config.write_text(config(f"events: {second}, hook: {hook}"), "utf-8")
            reloaded(daemon, 0)
            lines = first.read_text("utf-8")
            lab.flood()
            daemon.wait_for("the new event log has the next",
                            lambda: second.exists() and '"closed"' in second.read_text("utf-8"))
            daemon.wait_for("the hook ran", lambda: told.exists() and "198.51.100.7" in told.read_text("utf-8"))
            self.assertEqual(first.read_text("utf-8"), lines)
            self.assertEqual(daemon.stop(), 0)

    def test_requests_of_other_sites_and_under_foreign_names_are_refused(self):
        with Tap() as lab:
            daemon = lab.daemon()
            for headers in (["Origin: http://evil.example"], ["Sec-Fetch-Site: cross-site"], ["Origin: null"]):
                self.assertEqual(daemon.request("/-/reload", "POST", headers)[0], 403, headers)
            for method, path, host, status in (
                    ("POST", "/-/reload", "evil.example", 403), ("GET", "/metrics", "evil.example", 403),
                    ("GET", "/-/healthy", "evil.example", 200), ("GET", "/metrics", "127.0.0.1:9733", 200),
                    ("GET", "/metrics", "localhost", 200)):
                with self.subTest(method=method, path=path, host=host), daemon.connect() as connection:
                    connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                    answer = b""
                    while block := connection.recv(65536):
                        answer += block
                    self.assertEqual(int(answer.split()[1]), status)
            self.assertEqual(len(daemon.logged("^configuration reloaded$")), 0)
            self.assertEqual(daemon.request("/-/reload", "POST", ["Origin: http://sensor"])[0], 200)

    def test_a_reload_that_waits_for_the_merge_stops_no_other_request(self):
        with Tap() as lab:
            daemon = lab.daemon(environment={"FLOODGAUGE_TEST_STALL_MERGE": "2,6"})
            daemon.wait_for("the merge stands still", lambda: daemon.logged("the merge stands still"))
            answers = []
            waiting = threading.Thread(target=lambda: answers.append(daemon.request("/-/reload", "POST")[0]))
            waiting.start()
            slowest = 0
            while not daemon.logged("the merge goes on"):
                began = time.monotonic()
                status = daemon.request("/-/healthy")[0]
                slowest = max(slowest, time.monotonic() - began)
                self.assertIn(status, (200, 503))
                self.assertEqual(daemon.request("/metrics")[0], 200)
            waiting.join(PATIENCE)
            self.assertEqual(answers, [200])
            # Before, each of these waited for the reload, several seconds.
            self.assertLess(slowest, 2)

    def test_times_follow_a_clock_that_is_stepped(self):
        for step in (7200, -7200):
            with self.subTest(step=step), Tap() as lab:
                events = lab.folder / "events.jsonl"
                daemon = lab.daemon(f"events: {events}", environment={"FLOODGAUGE_TEST_STEP_CLOCK": f"1,{step}"})
                daemon.wait_for("the step is told", lambda: daemon.logged("^the machine's clock was stepped"))
                lab.flood()
                daemon.wait_for("the incident is closed",
                                lambda: events.exists() and '"closed"' in events.read_text("utf-8"))
                now = datetime.datetime.now(datetime.timezone.utc)
                lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
                closed = next(line for line in lines if line["event"] == "closed")
                incident = closed["incident"]
                for text in (lines[0]["time"], closed["time"], incident["start"], incident["detected"],
                             incident["end"], daemon.json("/api/v1/incidents")["incidents"][0]["start"]):
                    at = datetime.datetime.fromisoformat(text[:19] + "+00:00")
                    off = (at - now).total_seconds() - step
                    self.assertLess(abs(off), 60, text)
                metrics = daemon.metrics()
                self.assertEqual(metrics["clock_steps_total"], 1)
                self.assertLess(metrics["window_lag_seconds"], 5)
                self.assertEqual(len(daemon.logged("^the machine's clock was stepped")), 1)
                self.assertEqual(daemon.request("/-/healthy")[0], 200)

    def test_promiscuous_mode_is_left_as_it_was_found(self):
        for before in (False, True):
            with self.subTest(before=before), Tap() as lab:
                if before:
                    lab.in_ns("sensor", "ip", "link", "set", "t0", "promisc", "on")
                self.assertEqual(lab.promiscuous(), before)
                daemon = lab.daemon()
                self.assertTrue(lab.promiscuous())
                self.assertEqual(daemon.stop(), 0)
                self.assertEqual(lab.promiscuous(), before)

    def test_a_fifo_that_nobody_reads_delays_no_end(self):
        with Tap() as lab:
            pipe = lab.folder / "events"
            os.mkfifo(pipe)
            reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, reader)
            daemon = lab.daemon(f"events: {pipe}")
            # The pipe is full, so that no event can be written.
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writer, bytes(4096))
            os.close(writer)
            lab.flood()
            daemon.wait_for("an event is missed", lambda: daemon.metrics()["event_write_errors_total"] > 0)
            began = time.monotonic()
            self.assertEqual(daemon.stop(seconds=15), 0)
            self.assertLess(time.monotonic() - began, 12)


if __name__ == "__main__":
    unittest.main()
