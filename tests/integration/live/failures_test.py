"""Failures beside the data path, one by one, while a stream of numbered packets runs through floodgauge inline.
Each time the stream must arrive whole and in order, and the failure must have its documented outcome
(deploy/INLINE.md).

failures_test.py BUILD-DIRECTORY
"""
import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import sys
import time
import unittest

from lab import LIBC, why_not
from wire import Wire, tally, whole

BUILD = pathlib.Path(sys.argv.pop(1))
RATE = 5_000
CONFIG = """
profiles: {default: {baseline: {enabled: false}, thresholds: {udp: 1kpps, packets: none}, hold: 1s}}
export: {listen: "127.0.0.1:9733", events: EVENTS, reload: true, MORE}
"""
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WAIT_ALL = 0x4206, 0x4207, 17, 0x40000000


def setUpModule():
    missing = why_not("ping")
    if missing:
        raise unittest.SkipTest(missing)


def trace(request, thread):
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if LIBC.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


@contextlib.contextmanager
def held(thread):
    """Stops a single thread, by ptrace. SIGSTOP would stop all threads of the process."""
    trace(PTRACE_SEIZE, thread)
    trace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WAIT_ALL)
    try:
        yield
    finally:
        trace(PTRACE_DETACH, thread)


def full_disk(wire):
    disk = wire.folder / "disk"
    disk.mkdir()
    wire.run("mount", "-t", "tmpfs", "-o", "size=64k", "none", disk)
    wire.on_exit(wire.run, "umount", "-l", disk)
    with contextlib.suppress(OSError), open(disk / "ballast", "wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


def hanging_hook(wire):
    program = wire.folder / "hook"
    program.write_text("#!/bin/sh\nexec sleep 600\n", "utf-8")
    program.chmod(0o755)


class Failures(unittest.TestCase):
    @contextlib.contextmanager
    def stream(self, more="top_hosts: 100", packets=20_000, events="FOLDER/events.jsonl", prepare=None):
        """A wire with a running stream. At the end of the `with` the stream must have arrived whole and in order."""
        config = CONFIG.replace("EVENTS", events).replace("MORE", more)
        with Wire(BUILD, "net_af_packet", config=config, prepare=prepare) as wire:
            process = wire.stream(packets, RATE)
            wire.daemon.wait_for("the incident", wire.daemon.incidents)
            yield wire
            told = tally(process)
            self.assertEqual(whole(packets, told), {}, wire.daemon.log_text())

    def test_a_bad_configuration_changes_nothing_and_is_reported(self):
        with self.stream() as wire:
            daemon = wire.daemon
            good = daemon.config.read_text("utf-8")
            before = daemon.json("/api/v1/prefixes")["prefixes"]
            daemon.config.write_text(good.replace("protect:", "protct:") + "\nlink: {capacity: 10}\n", "utf-8")
            status, answer = daemon.request("/-/reload", "POST")
            self.assertEqual(status, 500)
            # All errors are reported at once, each with its position.
            self.assertRegex(answer, r"floodgauge.yaml:2:1: protct: .*protect")
            self.assertRegex(answer, r"floodgauge.yaml:\d+:\d+: link.capacity: ")
            self.assertEqual(daemon.metrics()["config_last_reload_successful"], 0)
            errors = [entry for entry in daemon.log() if entry["level"] == "error"]
            self.assertEqual(len(errors), 1)
            self.assertIn("nothing has changed", errors[0]["message"])
            os.kill(daemon.pid, signal.SIGHUP)
            daemon.wait_for("SIGHUP is reported too", lambda: len(daemon.logged("not reloaded")) == 2)
            self.assertEqual([one["prefix"] for one in daemon.json("/api/v1/prefixes")["prefixes"]],
                             [one["prefix"] for one in before])
            self.assertEqual(len(daemon.incidents()), 1)
            # A setting that cannot change in a running process waits for a restart. The others are applied.
            daemon.config.write_text(good.replace("flows: 65536", "flows: 131072").replace(
                "protect: [", "protect: [{name: more, prefixes: [203.0.113.0/24]}, "), "utf-8")
            self.assertEqual(daemon.request("/-/reload", "POST")[0], 200)
            self.assertTrue(daemon.logged("engine.flows: the new value applies after a restart"))
            self.assertEqual(daemon.metrics()["config_last_reload_successful"], 1)
            self.assertIn("203.0.113.0/24", [one["prefix"] for one in daemon.json("/api/v1/prefixes")["prefixes"]])

    def test_a_full_disk_costs_events_and_no_packet(self):
        with self.stream(events="FOLDER/disk/events.jsonl", prepare=full_disk) as wire:
            daemon = wire.daemon
            daemon.wait_for("an event is missed", lambda: daemon.metrics()["event_write_errors_total"] > 0)
            daemon.wait_for("the log says so", lambda: daemon.logged("cannot write events to .*No space left"))
            self.assertEqual(len(daemon.logged("cannot write events")), 1)
            (wire.folder / "disk/ballast").unlink()
            daemon.events = wire.folder / "disk/events.jsonl"
            # When the stream ends, the incident ends, and that is an event.
            daemon.wait_for("once there is room an event is written", daemon.event_lines)

    def test_a_hook_that_hangs_holds_up_neither_traffic_nor_events(self):
        with self.stream("hook: FOLDER/hook", packets=60_000, prepare=hanging_hook) as wire:
            daemon = wire.daemon
            daemon.wait_for("the event log has the incident", daemon.event_lines)
            daemon.wait_for("a hook is ended", lambda: daemon.metrics()['hook_runs_total{result="timed_out"}'] > 0)

    def test_shutdown_does_not_wait_for_a_hook_that_hangs(self):
        config = CONFIG.replace("EVENTS", "FOLDER/events.jsonl").replace("MORE", "hook: FOLDER/hook")
        with Wire(BUILD, "net_af_packet", config=config, prepare=hanging_hook) as wire:
            wire.stream(100_000, RATE)
            wire.daemon.wait_for("the incident", wire.daemon.incidents)
            # systemd would kill the process after TimeoutStopSec.
            self.assertEqual(wire.daemon.stop(seconds=10), 0)
            self.assertTrue(wire.daemon.logged("hook: it did not end within 5 s"))

    def test_clients_that_never_read_do_not_block_other_clients(self):
        with self.stream() as wire:
            silent = []
            for _ in range(80):  # more connections than the server keeps
                connection = wire.daemon.connect()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: sensor\r\n\r\n" * 20)
                silent.append(connection)
            for _ in range(20):
                self.assertGreater(wire.daemon.metrics()["received_packets_total"], 0)
            for connection in silent:
                connection.close()

    def test_a_lost_link_takes_down_its_peer_and_both_come_back(self):
        with Wire(BUILD, "net_af_packet", config=CONFIG.replace("EVENTS", "FOLDER/events.jsonl").replace("MORE", "top_hosts: 100")) as wire:
            daemon = wire.daemon
            wire.hosts()

            def links():
                metrics = daemon.metrics()
                return [metrics[f'port_link_up{{port="{port}"}}'] for port in ("uplink", "core")]

            def state(namespace, device):
                return wire.in_ns(namespace, "ip", "-br", "link", "show", device).split()[1]
            for near, far, port in ((("outside", "o0"), ("inside", "i0"), "core"),
                                    (("inside", "i0"), ("outside", "o0"), "uplink")):
                with self.subTest(near):
                    daemon.wait_for("both links are up", lambda: links() == [1, 1])
                    self.pings_pass(wire)
                    wire.in_ns(near[0], "ip", "link", "set", near[1], "down")
                    daemon.wait_for("the other side has lost its link", lambda far=far: state(*far) == "DOWN")
                    daemon.wait_for("the metrics show both links down", lambda: links() == [0, 0])
                    wire.in_ns(near[0], "ip", "link", "set", near[1], "up")
                    daemon.wait_for("the other side has its link again", lambda far=far: state(*far) == "UP")
                    said = [entry["message"] for entry in daemon.logged(f"port {port}: link taken")]
                    self.assertEqual(said, [f"port {port}: link taken down with its peer's",
                                            f"port {port}: link taken up again with its peer's"])
            daemon.wait_for("both links are up", lambda: links() == [1, 1])
            self.pings_pass(wire)
            self.assertEqual(daemon.stop(), 0)

    def test_an_interface_that_is_deleted_and_made_again_is_opened_again(self):
        more = CONFIG.replace("EVENTS", "FOLDER/events.jsonl").replace("MORE", "top_hosts: 100")
        received = 'port_receive_packets_total{port="uplink",queue="0"}'
        for driver in ("net_af_packet", "net_af_xdp", "net_pcap"):
            with self.subTest(driver), Wire(BUILD, driver, config=more) as wire:
                daemon = wire.daemon
                wire.hosts()
                daemon.wait_for("the uplink is up", lambda: daemon.metrics()['port_link_up{port="uplink"}'] == 1)
                self.pings_pass(wire)
                for _ in range(3):
                    wire.in_ns("sensor", "ip", "link", "del", "p0")
                    daemon.wait_for("the loss is told", lambda: daemon.metrics()['port_link_up{port="uplink"}'] == 0)
                    self.assertEqual(daemon.request("/-/healthy")[0], 200)
                    wire.join("outside", "o0", "sensor", "p0")
                    wire.host("outside")
                    daemon.wait_for("it is up", lambda: daemon.metrics()['port_link_up{port="uplink"}'] == 1)
                    before = daemon.metrics()[received]
                    self.pings_pass(wire)
                    daemon.wait_for("packets count", lambda start=before: daemon.metrics()[received] >= start + 10)
                said = [entry["message"] for entry in daemon.logged("^port uplink: its interface")]
                self.assertEqual(said, [
                    "port uplink: its interface is gone; it is opened again when there is one of its name",
                    "port uplink: its interface is back, and it was opened again"] * 3)
                self.assertEqual(daemon.stop(), 0)

    @staticmethod
    def pings_pass(wire):
        # The kernels at both ends need up to a second before they send on a link that came up.
        wire.daemon.wait_for("all pings pass", lambda: wire.ping("198.51.100.2") == 10)

    def test_forwarding_continues_while_the_merging_thread_is_stopped(self):
        with self.stream() as wire:
            daemon = wire.daemon
            with held(daemon.pid):  # the main thread has the number of the process
                forwarded = wire.counter("inside", "i0", "rx_packets")
                daemon.wait_for("the metrics show the lag", lambda: daemon.metrics()["window_lag_seconds"] > 1)
                self.assertGreater(wire.counter("inside", "i0", "rx_packets") - forwarded, RATE / 4)
                daemon.wait_for("the illness is told", lambda: daemon.request("/-/healthy")[0] == 503)
                reason = daemon.request("/-/healthy")[1]
                self.assertRegex(reason, r"^the merging thread has not looked for windows for \d+\.\d s\n$")
                self.assertEqual(daemon.metrics()["healthy"], 0)
            daemon.wait_for("it has caught up", lambda: daemon.metrics()["window_lag_seconds"] < 0.5)
            daemon.wait_for("it is healthy again", lambda: daemon.request("/-/healthy")[0] == 200)

    def test_a_worker_that_stands_still_is_told(self):
        with self.stream() as wire:
            daemon = wire.daemon
            self.assertEqual(daemon.request("/-/healthy")[0], 200)
            workers = [int(task.name) for task in pathlib.Path(f"/proc/{daemon.pid}/task").iterdir()
                       if (task / "comm").read_text("utf-8").strip() == "worker-0"]
            self.assertEqual(len(workers), 1)
            with held(workers[0]):
                daemon.wait_for("the illness is told", lambda: daemon.request("/-/healthy")[0] == 503)
                self.assertRegex(daemon.request("/-/healthy")[1],
                                 r"^(worker 0 has not polled its queues|no window was merged) for \d+\.\d s\n$")
            daemon.wait_for("it is healthy again", lambda: daemon.request("/-/healthy")[0] == 200)

    def test_a_stopped_process_forwards_nothing_and_continues_without_loss(self):
        # The stream has at most 512 packets in flight, fewer than the port's ring holds, so none is lost.
        with self.stream() as wire:
            os.kill(wire.daemon.pid, signal.SIGSTOP)
            time.sleep(0.2)
            before = wire.counter("inside", "i0", "rx_packets")
            time.sleep(1)
            self.assertEqual(wire.counter("inside", "i0", "rx_packets"), before)
            os.kill(wire.daemon.pid, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main()
