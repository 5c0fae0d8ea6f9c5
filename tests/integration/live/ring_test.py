"""Inline over DPDK's own virtual devices, without root: a capture goes in by net_pcap, through a net_ring that
gives back what it gets, and out by net_pcap again. What comes out is what went in, byte for byte, in order.

ring_test.py BUILD-DIRECTORY
"""
import os
import pathlib
import sys
import unittest

from lab import Daemon, Lab, frames

BUILD = pathlib.Path(sys.argv.pop(1))


class Ring(unittest.TestCase):
    def test_what_comes_out_is_what_went_in(self):
        # One worker: it sends no faster than it takes. A file waits for nobody.
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
            self.assertTrue(frames(out) == sent, "a frame was changed or has changed places")

    def test_a_worker_has_a_core_of_its_own_and_the_rest_has_the_others(self):
        allowed = os.sched_getaffinity(0)
        if len(allowed) < 2:
            self.skipTest("needs two CPUs")
        last = max(allowed)
        for what, eal, cpus in (("as it chooses", (), allowed), ("as the user says", ("-l", str(last)), {last})):
            with self.subTest(what), Lab() as lab:
                daemon = Daemon(lab, None, BUILD / "floodgauge", """
protect: [{name: web, prefixes: [198.51.100.0/24]}]
ports: [{name: ring, device: net_ring0, side: mirror}]
engine: {workers: 1, flows: 65536, hosts: 4096}
export: {listen: "127.0.0.1:0"}
""", eal=eal)
                threads = {"worker-0": set(), "floodgauge": set()}  # by name; the others are DPDK's
                for task in pathlib.Path(f"/proc/{daemon.pid}/task").iterdir():
                    name = (task / "comm").read_text("ascii").strip()
                    threads.setdefault(name, set()).update(os.sched_getaffinity(int(task.name)))
                self.assertEqual(len(threads["worker-0"]), 1)
                self.assertLessEqual(threads["worker-0"], cpus)
                if len(cpus) > 1:
                    self.assertEqual(threads["floodgauge"], cpus - threads["worker-0"])
                self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
