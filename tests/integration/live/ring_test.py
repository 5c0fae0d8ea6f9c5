"""Inline over DPDK's own virtual devices, without root. A capture is read by net_pcap, forwarded to net_ring, which
returns what is sent to it, and written by net_pcap. The written capture must have the same frames in the same order.

ring_test.py BUILD-DIRECTORY
"""
import os
import pathlib
import subprocess
import sys
import unittest

from lab import PATIENCE, Daemon, Lab, frames

BUILD = pathlib.Path(sys.argv.pop(1))
RING = """
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports: [{{name: ring, device: net_ring0, side: mirror}}]
engine: {{workers: {workers}, flows: {flows}, hosts: {hosts}}}
export: {{listen: "127.0.0.1:0"}}
"""


class Ring(unittest.TestCase):
    def test_output_equals_input(self):
        # With one worker no more is sent to the ring than is received from it. The file is read without limit.
        with Lab() as lab:
            into, out = lab.folder / "in.pcap", lab.folder / "out.pcap"
            sent = lab.write_whole_frames(BUILD / "floodgauge-trafficgen", into)
            daemon = Daemon(lab, None, BUILD / "floodgauge", f"""
protect: [{{name: web, prefixes: [198.51.100.0/24, "2001:db8:1::/48"]}}]
ports:
  - {{name: file, device: "net_pcap0,rx_pcap={into},tx_pcap={out}", side: outside, peer: ring}}
  - {{name: ring, device: net_ring0, side: inside, peer: file}}
engine: {{workers: 1, flows: 65536, hosts: 4096}}
export: {{listen: "127.0.0.1:0"}}
""")
            passed = 'port_transmit_packets_total{port="file"}'
            daemon.wait_for("all have passed", lambda: daemon.metrics()[passed] >= len(sent))
            metrics = daemon.metrics()
            self.assertEqual(metrics['port_transmit_dropped_total{port="ring"}'], 0)
            daemon.wait_for("each is counted twice, or as lost", lambda: (lambda now: now[
                "received_packets_total"] + now["dropped_packets_total"] == 2 * len(sent))(daemon.metrics()))
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(len(frames(out)), len(sent))
            self.assertTrue(frames(out) == sent, "a frame was changed or reordered")

    def test_a_worker_has_its_own_core_and_other_threads_have_the_rest(self):
        allowed = os.sched_getaffinity(0)
        if len(allowed) < 2:
            self.skipTest("needs two CPUs")
        last = max(allowed)
        for what, eal, cpus in (("cores by default", (), allowed), ("cores of the user", ("-l", str(last)), {last})):
            with self.subTest(what), Lab() as lab:
                daemon = Daemon(lab, None, BUILD / "floodgauge", RING.format(workers=1, flows=65536, hosts=4096),
                                eal=eal)
                threads = {"worker-0": set(), "floodgauge": set()}  # CPUs by thread name; other threads are DPDK's
                for task in pathlib.Path(f"/proc/{daemon.pid}/task").iterdir():
                    name = (task / "comm").read_text("ascii").strip()
                    threads.setdefault(name, set()).update(os.sched_getaffinity(int(task.name)))
                self.assertEqual(len(threads["worker-0"]), 1)
                self.assertLessEqual(threads["worker-0"], cpus)
                if len(cpus) > 1:
                    self.assertEqual(threads["floodgauge"], cpus - threads["worker-0"])
                self.assertEqual(daemon.stop(), 0)

    def test_a_worker_that_fails_stops_the_daemon_with_its_reason(self):
        with Lab() as lab:
            daemon = Daemon(lab, None, BUILD / "floodgauge", RING.format(workers=2, flows=65536, hosts=4096),
                            environment={"FLOODGAUGE_TEST_FAIL_WORKER": "1"})
            self.assertEqual(daemon.process.wait(PATIENCE), 3, daemon.log_text())
            self.assertEqual([entry["level"] for entry in daemon.logged(
                "^worker 1 has ended: a test asked for it; floodgauge stops$")], ["error"], daemon.log_text())
            self.assertTrue(daemon.logged("^stopped$"), daemon.log_text())

    def test_tables_are_resident_when_the_daemon_is_ready(self):
        with Lab() as lab:
            daemon = Daemon(lab, None, BUILD / "floodgauge", RING.format(workers=2, flows=65536, hosts=16384))
            tables = int(daemon.logged("^ready$")[0]["tables"].removesuffix(" MiB"))
            self.assertGreater(tables, 16)
            status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text("ascii")
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))
            self.assertGreaterEqual(resident // 1024, tables)
            self.assertEqual(daemon.stop(), 0)

    def test_tables_larger_than_the_memory_are_refused_before_allocation(self):
        # With the largest tables, each worker needs several GiB.
        with open("/proc/meminfo", encoding="ascii") as file:
            left = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))
        workers = left // (4 << 20) + 1
        if workers > 32:
            self.skipTest("has more memory than 32 workers can take")
        with Lab() as lab:
            config = lab.folder / "large.yaml"
            config.write_text(RING.format(workers=workers, flows=1 << 27, hosts=1 << 24), "utf-8")
            tried = subprocess.run([BUILD / "floodgauge", "run", "-c", config], capture_output=True, text=True,
                                   cwd=lab.folder, timeout=60, check=False)
            self.assertEqual(tried.returncode, 3, tried.stderr)
            self.assertRegex(tried.stderr, f"floodgauge: the tables of {workers} workers? take [0-9]+ MiB, and [0-9]+ "
                             "MiB are left: lower engine.flows, engine.hosts or engine.workers\n")


if __name__ == "__main__":
    unittest.main()
