"""Two workers: their counts add up to the packets sent, and all packets of a flow go to the same worker, from every
queue and port. Inline, a stream stays whole and in order.

workers_test.py BUILD-DIRECTORY
"""
import pathlib
import socket
import struct
import sys
import unittest

from lab import Daemon, Lab, why_not
from wire import Wire, tally, whole

BUILD = pathlib.Path(sys.argv.pop(1))
FLOWS, ROUNDS = 200, 20
# One AF_PACKET queue, because with several the kernel would reassemble fragments. Two AF_XDP queues, each as a port
# of its own, because DPDK cannot find out how many queues a veth has.
TAPS = {"net_af_packet": ["net_af_packet0,iface=t0"],
        "net_af_xdp": ["net_af_xdp0,iface=t0,start_queue=0", "net_af_xdp1,iface=t0,start_queue=1"]}


def setUpModule():
    missing = why_not()
    if missing:
        raise unittest.SkipTest(missing)


def udp(source, destination, source_port, destination_port):
    """A UDP frame of 60 bytes."""
    def checksum(data):
        words = sum(struct.unpack(f"!{len(data) // 2}H", data))
        words = (words & 0xffff) + (words >> 16)
        return ~(words + (words >> 16)) & 0xffff
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 46, 0, 0, 60, 17, 0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    datagram = struct.pack("!HHHH", source_port, destination_port, 26, 0) + bytes(18)
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + header + datagram


def conversations():
    """Frames of ROUNDS rounds, with one packet in each direction of each flow per round."""
    for _ in range(ROUNDS):
        for flow in range(FLOWS):
            there = (f"192.0.2.{flow + 1}", "198.51.100.7", 5000 + flow, 53)
            yield udp(*there)
            yield udp(there[1], there[0], there[3], there[2])


class Workers(unittest.TestCase):
    def check_shares(self, metrics, sent):
        by_worker = [metrics[f'worker_packets_total{{worker="{worker}"}}'] for worker in (0, 1)]
        self.assertEqual(sum(by_worker), sent)
        self.assertEqual(metrics["received_packets_total"], sent)
        self.assertEqual(metrics["dropped_packets_total"], 0)
        # The hash spreads 200 sources. A very uneven share would mean that something is wrong.
        self.assertGreater(min(by_worker), sent / 5)

    def test_counts_add_up_and_flows_stay_on_one_worker(self):
        for driver, devices in TAPS.items():
            with self.subTest(driver), Lab("sender", "sensor") as lab:
                lab.join("sender", "s0", "sensor", "t0", queues=len(devices))
                ports = "".join(f'  - {{name: span{n}, device: "{device}", queues: 1, side: mirror}}\n'
                                for n, device in enumerate(devices))
                daemon = Daemon(lab, "sensor", BUILD / "floodgauge", f"""
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports:
{ports}
engine: {{workers: 2, flows: 65536, hosts: 4096}}
export: {{listen: "127.0.0.1:9733"}}
""")
                raw = lab.packet_socket("sender", "s0")
                sent = 0
                for frame in conversations():
                    raw.send(frame)
                    sent += 1
                    if sent % 200 == 0:  # at most 200 in flight, fewer than a ring holds
                        daemon.wait_for("the packets sent so far are counted", lambda sent=sent: daemon.metrics()[
                            "received_packets_total"] >= sent)
                metrics = daemon.metrics()
                self.check_shares(metrics, sent)
                by_queue = [metrics[f'port_receive_packets_total{{port="span{n}",queue="0"}}']
                            for n in range(len(devices))]
                self.assertEqual(sum(by_queue), sent)
                self.assertGreater(min(by_queue), 0)
                # A flow whose packets went to both workers would be in both flow tables.
                daemon.wait_for("each flow is in one table", lambda: sum(
                    daemon.metrics()[f'flow_table_entries{{worker="{worker}"}}'] for worker in (0, 1)) == FLOWS)
                prefix = daemon.json("/api/v1/prefixes")["prefixes"][0]
                self.assertEqual((prefix["packets_in"], prefix["packets_out"]), (sent / 2, sent / 2))
                self.assertEqual(daemon.stop(), 0)

    def test_an_inline_stream_stays_complete_and_in_order(self):
        count = 100_000
        for driver in ("net_af_packet", "net_af_xdp"):
            with self.subTest(driver), Wire(BUILD, driver, workers=2) as wire:
                self.assertEqual(whole(count, tally(wire.stream(count))), {}, wire.daemon.log_text())
                # Forwarding does not wait for the other worker: packets for a full ring are counted as lost.
                wire.daemon.wait_for("all are accounted for", lambda: self.accounted(wire.daemon.metrics()) >= count)
                metrics = wire.daemon.metrics()
                self.assertEqual(self.accounted(metrics), count)
                self.assertEqual(metrics['port_transmit_packets_total{port="core"}'], count)
                self.assertEqual(metrics['port_receive_queue_dropped_total{port="uplink"}'],
                                 metrics["dropped_packets_total"])
                self.assertGreater(min(metrics[f'worker_packets_total{{worker="{worker}"}}'] for worker in (0, 1)), 0)
                self.assertEqual(wire.daemon.stop(), 0)

    @staticmethod
    def accounted(metrics):
        return metrics["received_packets_total"] + metrics["dropped_packets_total"]


if __name__ == "__main__":
    unittest.main()
