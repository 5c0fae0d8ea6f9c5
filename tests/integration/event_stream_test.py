"""What is told of incidents while a capture is replayed: the event log, the hook and the event stream say the same, in
the same order, and a client of the stream goes on where it was.

event_stream_test.py FLOODGAUGE TRAFFICGEN
"""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
del sys.argv[1:3]
FLOODS = [("198.51.100.7", "500ms"), ("198.51.100.8", "1s"), ("198.51.100.9", "1500ms")]
HOOK = """#!/bin/sh
# Fails each time, which must change nothing for the events that follow.
event=$(cat)
printf '%s\\t%s\\t%s\\n' "$FLOODGAUGE_EVENT" "$FLOODGAUGE_TIME" "$event" >>"$HOOK_OUT"
echo "a line for the log" >&2
exit 3
"""


class Stream:
    """A client of server-sent events."""

    def __init__(self, port, last_event_id=None, accept="text/event-stream"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        resume = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id is not None else ""
        self.socket.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n{resume}\r\n".encode())
        self.text = b""
        self.head = self.read_until(b"\r\n\r\n").decode()

    def read_until(self, mark):
        while mark not in self.text:
            block = self.socket.recv(65536)
            if not block:
                raise AssertionError(f"the stream has ended: {self.text!r}")
            self.text += block
        part, self.text = self.text.split(mark, 1)
        return part

    def event(self):
        """The fields of the next event; comments are left out."""
        while True:
            lines = [line for line in self.read_until(b"\n\n").decode().split("\n") if line and not line.startswith(":")]
            fields = dict(line.split(": ", 1) for line in lines)
            if "data" in fields:
                return fields

    def nothing_within(self, seconds):
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recv(1)
        except TimeoutError:
            return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class EventStream(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        capture, hook = cls.folder / "floods.pcap", cls.folder / "hook"
        floods = [word for target, start in FLOODS for word in
                  ("--flood", f"udp:target={target},rate=20kpps,start={start},duration=1s")]
        subprocess.run([GENERATOR, "--out", capture, "--seed", "7", "--duration", "4s", "--benign", "mix=500pps", *floods],
                       check=True, capture_output=True, timeout=60)
        hook.write_text(HOOK, "utf-8")
        hook.chmod(0o755)
        (cls.folder / "config.yaml").write_text(
            "protect: [{name: net, prefixes: [198.51.100.0/24]}]\n"
            "profiles: {default: {hold: 200ms, thresholds: {packets: 5kpps, bits: 1Gbps}}}\n"
            f"export: {{hook: {hook}, events: {cls.folder}/events.jsonl}}\n", "utf-8")
        log = cls.folder / "log"
        with open(log, "wb") as out:
            cls.sensor = subprocess.Popen(
                [PROGRAM, "replay", capture, "-c", cls.folder / "config.yaml", "--listen", "127.0.0.1:0", "--output",
                 cls.folder / "report.txt"], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, "HOOK_OUT": str(cls.folder / "hook.out")})
        cls.addClassCleanup(cls.sensor.wait)
        cls.addClassCleanup(cls.sensor.kill)
        deadline = time.monotonic() + 60
        # The report is written when the capture has ended, and the sensor goes on serving.
        while not (cls.folder / "report.txt").exists() or not (cls.folder / "report.txt").stat().st_size:
            if time.monotonic() > deadline or cls.sensor.poll() is not None:
                raise AssertionError(log.read_text("utf-8", "replace"))
            time.sleep(0.05)
        cls.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text("utf-8"))[1])
        cls.logged = [json.loads(line) for line in (cls.folder / "events.jsonl").read_text("utf-8").splitlines()]

    def everything(self):
        """All events, as a client gets them that knows only events of another run."""
        with Stream(self.port, "another-1") as stream:
            self.assertIn("Content-Type: text/event-stream", stream.head)
            self.assertEqual(stream.event()["event"], "reset")
            return [stream.event() for _ in self.logged]

    def test_the_stream_has_what_the_event_log_has(self):
        self.assertGreaterEqual(len(self.logged), 6, "three floods open and close")
        got = self.everything()
        self.assertEqual([json.loads(event["data"]) for event in got], self.logged)
        self.assertEqual([event["event"] for event in got], [event["event"] for event in self.logged])
        self.assertEqual(len({event["id"] for event in got}), len(got))

    def test_a_client_goes_on_after_the_event_that_it_names(self):
        ids = [event["id"] for event in self.everything()]
        for at in (0, 1, len(ids) - 2):
            with self.subTest(at), Stream(self.port, ids[at]) as stream:
                rest = [stream.event()["id"] for _ in ids[at + 1:]]
                self.assertEqual(rest, ids[at + 1:], "none is missing and none comes twice")
        with Stream(self.port, ids[-1]) as stream:
            stream.read_until(b"\n\n")  # "retry:"
            self.assertTrue(stream.nothing_within(1), "it has everything")

    def test_a_client_that_names_nothing_gets_what_comes_from_now_on(self):
        with Stream(self.port) as stream:
            self.assertEqual(stream.read_until(b"\n\n"), b"retry: 2000")
            self.assertTrue(stream.nothing_within(1))

    def test_an_id_that_is_none_begins_anew_with_a_reset(self):
        last = self.everything()[-1]["id"]
        run, number = last.rsplit("-", 1)
        for wrong in (f"{run}-{int(number) + 1}", f"{run}-0", f"{run}--1", f"{run}-1x", run, "-", "x" * 4000,
                      f"{run}-99999999999999999999999"):
            with self.subTest(wrong[:40]), Stream(self.port, wrong) as stream:
                self.assertEqual(stream.event()["event"], "reset")
                self.assertEqual(json.loads(stream.event()["data"]), self.logged[0])

    def test_the_hook_gets_each_event_once_in_order_although_it_fails(self):
        deadline = time.monotonic() + 60
        while True:
            rows = [line.split("\t") for line in (self.folder / "hook.out").read_text("utf-8").splitlines()]
            if len(rows) >= len(self.logged):
                break
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual([json.loads(row[2]) for row in rows], self.logged)
        self.assertEqual([(row[0], row[1]) for row in rows], [(event["event"], event["time"]) for event in self.logged])
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            text = b""
            while block := connection.recv(65536):
                text += block
        self.assertIn(f'\nfloodgauge_hook_runs_total{{result="failed"}} {len(self.logged)}\n', text.decode())


if __name__ == "__main__":
    unittest.main()
