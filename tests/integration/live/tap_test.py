"""A mirror port on a veth pair: a flood from tcpreplay is detected, and every packet sent is counted as received or as
lost, with each DPDK driver for kernel interfaces.

tap_test.py BUILD-DIRECTORY
"""
import os
import pathlib
import signal
import socket
import struct
import sys
import time
import unittest

from lab import Daemon, Lab, wait_for, why_not

BUILD = pathlib.Path(sys.argv.pop(1))
DEVICES = ["net_af_packet0,iface=t0", "net_af_xdp0,iface=t0", "net_pcap0,iface=t0"]
TARGET, LIMIT, RATE = "198.51.100.7", 5_000, 20_000
SYN, ACK = 0x02, 0x10
FLOWS = 200
HTTPS = 443  # a service whose answer is the SYN-ACK; that of HTTP is the first byte after the request


def setUpModule():
    missing = why_not("tcpreplay")
    if missing:
        raise unittest.SkipTest(missing)


def capture(folder, *more):
    path = folder / "flood.pcap"
    Lab.run(BUILD / "floodgauge-trafficgen", "--out", path, "--snaplen", "1514", "--benign", "mix=1kpps", *more)
    return path


def config(lab, device):
    return f"""
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports: [{{name: span, device: "{device}", side: mirror}}]
engine: {{workers: 1, flows: 65536, hosts: 4096}}
export: {{listen: "127.0.0.1:9733", events: {lab.folder}/events.jsonl}}
"""


def accounted(metrics):
    return metrics["received_packets_total"] + metrics["dropped_packets_total"]


def tcp(source, destination, source_port, destination_port, flags):
    """A frame with a TCP header and no payload. The checksums are 0; nothing checks them."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    segment = struct.pack("!HHIIBBHHH", source_port, destination_port, 1, 1, 5 << 4, flags, 1000, 0, 0)
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + header + segment + bytes(6)


def merged(payload):
    """A frame with a TCP segment of so many bytes, as a kernel makes it of several."""
    frame = bytearray(tcp("192.0.2.1", TARGET, 5000, HTTPS, ACK)[:54])
    frame[16:18] = struct.pack("!H", 40 + payload)
    return bytes(frame) + bytes(payload)


class Tap(unittest.TestCase):
    def each_device(self, check):
        for device in DEVICES:
            with self.subTest(device), Lab("sender", "sensor") as lab:
                lab.join("sender", "s0", "sensor", "t0")
                check(lab, Daemon(lab, "sensor", BUILD / "floodgauge", config(lab, device)))

    def expect_all_accounted(self, lab, daemon):
        sent = lab.counter("sender", "s0", "tx_packets")
        wait_for("every packet is accounted for", lambda: accounted(daemon.metrics()) >= sent)
        metrics = daemon.metrics()
        self.assertEqual(accounted(metrics), sent)
        self.assertEqual(metrics['port_receive_packets_total{port="span",queue="0"}'],
                         metrics["received_packets_total"])
        self.assertEqual(metrics['worker_packets_total{worker="0"}'], metrics["received_packets_total"])
        return metrics

    def test_a_flood_is_detected_and_every_packet_is_accounted_for(self):
        def check(lab, daemon):
            flood = capture(lab.folder, "--duration", "3s", "--flood",
                            f"tcp_syn:target={TARGET},rate={RATE}pps,start=1s,duration=2s")
            lab.in_ns("sender", "tcpreplay", "-q", "--preload-pcap", "-i", "s0", flood)
            incident = daemon.wait_for("an incident", daemon.incidents)[0]
            self.assertEqual((incident["target"], incident["vectors"][0]["name"]), (f"{TARGET}/32", "tcp_syn"))
            self.expect_all_accounted(lab, daemon)
            self.assertEqual(daemon.stop(), 0)
            events = daemon.event_lines()
            self.assertEqual((events[0]["event"], events[-1]["event"]), ("opened", "closed"))
            self.assertEqual(events[-1]["incident"]["note"], "floodgauge stopped")
        self.each_device(check)

    def test_packets_during_a_stop_of_the_process_are_counted_as_lost(self):
        def check(lab, daemon):
            burst = capture(lab.folder, "--duration", "1s", "--flood",
                            f"udp:target={TARGET},rate={RATE}pps,start=0s,duration=1s")
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                lab.in_ns("sender", "tcpreplay", "-q", "--preload-pcap", "--topspeed", "-i", "s0", burst)
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            metrics = self.expect_all_accounted(lab, daemon)
            # The rates of that second are marked as too low; later rates are not.
            daemon.wait_for("the mark is gone again", lambda: daemon.metrics()["loss_ratio"] == 0)
            said = daemon.wait_for("the log says so", lambda: daemon.logged("lost before counting"))
            self.assertRegex(said[0]["message"], r"^[\d,]+ packets? lost before counting \((?!0 )[<\d. ]+ % of what came\)")
            self.assertGreater(metrics["dropped_packets_total"], 0)
            self.assertEqual(metrics['port_receive_missed_total{port="span"}'], metrics["dropped_packets_total"])
            self.assertEqual(daemon.stop(), 0)
        self.each_device(check)

    def test_the_packets_of_merged_frames_and_their_tags_are_counted(self):
        # The kernel takes a frame's VLAN tag off, and its ring holds no more than 2 KB of a frame.
        with Lab("sender", "sensor") as lab:
            lab.join("sender", "s0", "sensor", "t0", mtu=20_000)
            lab.in_ns("sensor", "ethtool", "-K", "t0", "gro", "on")
            daemon = Daemon(lab, "sensor", BUILD / "floodgauge", config(lab, "net_af_packet0,iface=t0"))
            self.assertTrue(daemon.logged("t0 merges packets into long frames \\(GRO is on\\)"))
            payload, frames, tag = 10 * 1460, 50, b"\x81\0\0\x05"
            plain = merged(payload)
            out = lab.packet_socket("sender", "s0")
            for _ in range(frames):
                out.send(plain)
                out.send(plain[:12] + tag + plain[12:])
            wait_for("all frames are counted", lambda: daemon.metrics()["received_packets_total"] >= 2 * frames)
            metrics = daemon.metrics()
            self.assertEqual(metrics['parsed_packets_total{protocol="superframe"}'], 2 * frames)
            self.assertEqual(metrics['parsed_packets_total{protocol="superframe_packet"}'], 20 * frames)
            self.assertEqual(metrics["received_bytes_total"], frames * (2 * len(plain) + len(tag)))
            self.assertEqual(daemon.stop(), 0)

    def test_packets_have_the_time_at_which_the_device_received_them(self):
        # The daemon is stopped while handshakes pass, so only the device, here the kernel, knows their times.
        with Lab("sender", "sensor") as lab:
            lab.join("sender", "s0", "sensor", "t0")
            daemon = Daemon(lab, "sensor", BUILD / "floodgauge", config(lab, "net_pcap0,iface=t0"))
            self.assertTrue(daemon.logged("times by its clock"))
            out = lab.packet_socket("sender", "s0")
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                first = time.monotonic()
                for flow in range(FLOWS):
                    out.send(tcp(f"192.0.2.{flow + 1}", TARGET, 5000, HTTPS, SYN))
                asked = time.monotonic()
                time.sleep(0.3)
                answered = time.monotonic()
                for flow in range(FLOWS):
                    out.send(tcp(TARGET, f"192.0.2.{flow + 1}", HTTPS, 5000, SYN | ACK))
                last = time.monotonic()
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            name = 'service_response_seconds_%s{prefix="198.51.100.0/24",service="https"}'
            metrics = daemon.wait_for("response times of handshakes are known", lambda: (
                lambda now: now if now.get(name % "count", 0) > 0 else None)(daemon.metrics()))
            mean = metrics[name % "sum"] / metrics[name % "count"]
            self.assertGreater(mean, answered - asked - 0.001)
            self.assertLess(mean, last - first + 0.001)
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
