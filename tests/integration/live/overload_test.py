"""An overloaded worker turns off its work in the fixed order and resumes it in reverse order, and counts every packet
meanwhile. The load is a capture that net_pcap reads without limit; that needs no root.

overload_test.py BUILD-DIRECTORY
"""
import pathlib
import struct
import sys
import unittest

from lab import Daemon, Lab

BUILD = pathlib.Path(sys.argv.pop(1))
STEPS = ["payload", "detail", "sketch"]


def packets_in(path):
    """Number of records in a pcap file that has this machine's byte order."""
    data = memoryview(path.read_bytes())
    count, at = 0, 24
    while at < len(data):
        at += 16 + struct.unpack_from("I", data, at + 8)[0]
        count += 1
    return count


class Overload(unittest.TestCase):
    def test_work_is_shed_and_resumed_in_order_and_every_packet_is_counted(self):
        # With two workers packets are spread by software, so that the worker that polls keeps half of each burst.
        for workers in (1, 2):
            with self.subTest(workers=workers), Lab() as lab:
                capture = lab.folder / "load.pcap"
                lab.run(BUILD / "floodgauge-trafficgen", "--out", capture, "--duration", "4s", "--flood",
                        "reflection_dns:target=198.51.100.0/24,rate=150kpps,start=0s,duration=4s")
                packets = packets_in(capture)
                daemon = Daemon(lab, None, BUILD / "floodgauge", f"""
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports: [{{name: span, device: "net_pcap0,rx_pcap={capture}", side: mirror}}]
engine: {{workers: {workers}, flows: 524288, hosts: 4096}}
export: {{listen: "127.0.0.1:0"}}
""")

                def counted(daemon=daemon):
                    metrics = daemon.metrics()
                    return (metrics["received_packets_total"]
                            + metrics['port_receive_queue_dropped_total{port="span"}'])
                daemon.wait_for("all packets are counted", lambda: counted() >= packets)
                daemon.wait_for("all work is resumed", lambda: sum(self.shedding(daemon)) == 0)
                self.assertEqual(counted(), packets)
                given_up = self.steps(daemon, "^overloaded: ")
                taken_up = daemon.wait_for("the log says so", lambda: (
                    lambda said: said if len(said) >= len(STEPS) else None)(
                        self.steps(daemon, "^no longer overloaded: ")))
                self.assertEqual(given_up, STEPS)
                self.assertEqual(taken_up, STEPS[::-1])
                self.assertEqual(daemon.stop(), 0)

    @staticmethod
    def steps(daemon, pattern):
        """What the log says of the worker that polls the port."""
        return [entry["step"] for entry in daemon.logged(pattern) if entry["worker"] == "0"]

    @staticmethod
    def shedding(daemon):
        metrics = daemon.metrics()
        return [metrics[f'worker_shedding{{worker="0",step="{step}"}}'] for step in STEPS]


if __name__ == "__main__":
    unittest.main()
