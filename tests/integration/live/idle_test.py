"""Idle workers sleep, and packets wake them: through the kernel's socket, a device's interrupt, or another worker that
polls the queue for both. All packets that come after an idle time are counted, and they are forwarded at once.

idle_test.py BUILD-DIRECTORY
"""
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from lab import Daemon, Lab, why_not
from wire import Wire

BUILD = pathlib.Path(sys.argv.pop(1))
LONGEST_WAIT = 0.01  # IdleWait::kLongest
# Wake-ups per second of an idle worker: one per longest wait, and those at the end of windows. Workers that could
# not be woken by packets and took short naps instead would have 15,000 per second.
MOST_WAKINGS = 4 / LONGEST_WAIT
FRAMES = 500  # fewer than the queues have descriptors
TAPS = [("net_af_packet0,iface=t0", "t0", 1), ("net_af_xdp0,iface=t0", "t0", 1), ("net_tap0", "dtap0", 1),
        ("net_af_packet0,iface=t0", "t0", 2)]


def setUpModule():
    missing = why_not()
    if missing:
        raise unittest.SkipTest(missing)


def worker_tasks(daemon):
    """The daemon's worker threads. `ip netns exec` has become the daemon's process."""
    tasks = pathlib.Path(f"/proc/{daemon.pid}/task")
    return [task for task in tasks.iterdir() if (task / "comm").read_text().startswith("worker-")]


def wakings(task):
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (task / "status").read_text(), re.M)[1])


def frame(number):
    """A UDP datagram without payload from one of many sources."""
    header = bytes([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, number % 200 + 1, 198, 51, 100, 7])
    total = sum(int.from_bytes(header[at:at + 2], "big") for at in range(0, 20, 2))
    total = (total & 0xffff) + (total >> 16)
    header = header[:10] + (~total & 0xffff).to_bytes(2, "big") + header[12:]
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + header + bytes([0x30, 0x39, 0, 53, 0, 8, 0, 0]) + bytes(18)


class Idle(unittest.TestCase):
    def test_idle_workers_sleep_and_packets_wake_them(self):
        for device, interface, workers in TAPS:
            with self.subTest(device, workers=workers), Lab("sender", "sensor") as lab:
                lab.join("sender", "s0", "sensor", "t0")
                daemon = Daemon(lab, "sensor", BUILD / "floodgauge", f"""
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports: [{{name: span, device: "{device}", side: mirror}}]
engine: {{workers: {workers}, flows: 65536, hosts: 4096}}
export: {{listen: "127.0.0.1:9733"}}
""")
                if interface == "t0":
                    out = lab.packet_socket("sender", "s0")
                else:  # net_tap: the device receives what the kernel sends on the interface
                    lab.in_ns("sensor", "sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
                    lab.in_ns("sensor", "ip", "link", "set", interface, "up")
                    out = lab.packet_socket("sensor", interface)
                self.assertEqual(len(worker_tasks(daemon)), workers)
                self.expect_sleep(daemon)
                before = daemon.metrics()["received_packets_total"]
                for silence in range(1, 4):
                    for number in range(FRAMES):
                        out.send(frame(number))
                    daemon.wait_for("all frames are counted", lambda n=silence * FRAMES: daemon.metrics()[
                        "received_packets_total"] >= before + n)
                    time.sleep(5 * LONGEST_WAIT)
                metrics = daemon.metrics()
                self.assertEqual(metrics["received_packets_total"], before + 3 * FRAMES)
                self.assertEqual(metrics["dropped_packets_total"], 0)
                self.assertGreater(min(metrics[f'worker_packets_total{{worker="{worker}"}}']
                                       for worker in range(workers)), 0)
                self.expect_sleep(daemon)
                self.assertEqual(daemon.stop(), 0)

    def expect_sleep(self, daemon):
        time.sleep(0.2)
        tasks = worker_tasks(daemon)
        begin, before = time.monotonic(), [wakings(task) for task in tasks]
        time.sleep(1)
        seconds = time.monotonic() - begin
        for task, count in zip(tasks, before):
            self.assertLess((wakings(task) - count) / seconds, MOST_WAKINGS, task)

    def test_packets_after_a_silence_are_forwarded_at_once(self):
        for driver in ("net_af_packet", "net_af_xdp"):
            with self.subTest(driver), Wire(BUILD, driver) as wire:
                wire.hosts()
                wire.daemon.wait_for("the neighbours are known", lambda: wire.ping("198.51.100.2") == 10)
                # Single packets, there and back. If packets did not wake the worker, each direction would take half
                # of the longest wait on average.
                done = subprocess.run(
                    ["ip", "netns", "exec", wire.real("outside"), "ping", "-c", "40", "-i", "0.05", "198.51.100.2"],
                    capture_output=True, text=True, timeout=60, check=False)
                times = sorted(float(one) / 1000 for one in re.findall(r"time=([\d.]+) ms", done.stdout))
                self.assertEqual(len(times), 40, done.stdout)
                self.assertLess(times[len(times) // 2], LONGEST_WAIT / 4)
                self.assertEqual(wire.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
