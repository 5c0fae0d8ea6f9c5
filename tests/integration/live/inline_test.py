"""Inline between two namespaces: frames that enter one port leave the other one unchanged, in both directions.

inline_test.py BUILD-DIRECTORY
"""
import json
import pathlib
import subprocess
import sys
import unittest

from lab import receive_frame, wait_for, why_not
from wire import Wire

BUILD = pathlib.Path(sys.argv.pop(1))
JUMBO = 9000


def setUpModule():
    missing = why_not("ping", "iperf3")
    if missing:
        raise unittest.SkipTest(missing)


def frame(ethertype, body, to_inside=True):
    near, far = b"\x02\x00\x00\x00\x00\x02", b"\x02\x00\x00\x00\x00\x01"
    return (near + far if to_inside else far + near) + ethertype + body


def counting(length):
    return bytes(i % 251 for i in range(length))


# Frames by what they are.
FRAMES = {
    "one VLAN tag": frame(b"\x81\x00", b"\xa0\x05\x08\x00" + counting(60)),
    "a priority tag (VLAN 0)": frame(b"\x81\x00", b"\xe0\x00\x08\x00" + counting(60)),
    "two 802.1Q tags": frame(b"\x81\x00", b"\x00\x05\x81\x00\x00\x07\x08\x00" + counting(60)),
    "LLDP": frame(b"\x88\xcc", counting(50)),
    "an LLC frame, as spanning tree uses": frame(b"\x00\x26", b"\x42\x42\x03" + counting(35)),
    "PTP": frame(b"\x88\xf7", counting(44)),
    "an unassigned ethertype": frame(b"\x88\xb5", counting(46)),
    "an invalid IPv4 header": frame(b"\x08\x00", b"\xff" * 46),
    "an empty frame": frame(b"\x88\xb5", b""),
    "the longest ordinary frame": frame(b"\x88\xb5", counting(1500)),
    "the longest ordinary frame with a VLAN tag": frame(b"\x81\x00", b"\x00\x05\x88\xb5" + counting(1500)),
}
SERVICE_TAG = {"a provider tag before a customer tag (802.1ad)":
               frame(b"\x88\xa8", b"\x00\x05\x81\x00\x00\x07\x08\x00" + counting(60))}
LARGE = {"a jumbo frame": frame(b"\x88\xb5", counting(JUMBO)),
         "a jumbo frame with a VLAN tag": frame(b"\x81\x00", b"\x00\x05\x88\xb5" + counting(JUMBO))}


class Inline(unittest.TestCase):
    def pass_frames(self, wire, frames):
        outside, inside = wire.packet_socket("outside", "o0"), wire.packet_socket("inside", "i0")
        for what, there in frames.items():
            back = there[6:12] + there[:6] + there[12:]
            for way, source, sink, sent in (("in", outside, inside, there), ("out", inside, outside, back)):
                with self.subTest(what, way=way):
                    source.send(sent)
                    self.assertEqual(receive_frame(sink).hex(), sent.hex())

    def test_frames_of_every_kind_pass_af_packet_unchanged(self):
        with Wire(BUILD, "net_af_packet") as wire:
            self.pass_frames(wire, FRAMES)

    def test_frames_of_every_kind_pass_af_xdp_unchanged(self):
        with Wire(BUILD, "net_af_xdp") as wire:
            self.pass_frames(wire, FRAMES | SERVICE_TAG)

    def test_jumbo_frames_pass_af_packet_unchanged(self):
        with Wire(BUILD, "net_af_packet", mtu=JUMBO) as wire:
            self.pass_frames(wire, FRAMES | LARGE)
            wire.hosts()
            wire.daemon.wait_for("large pings pass", lambda: wire.ping(
                "198.51.100.2", "-M", "do", "-s", str(JUMBO - 28)) == 10)

    def test_hosts_communicate_through_the_sensor(self):
        for driver in ("net_af_packet", "net_af_xdp"):
            with self.subTest(driver), Wire(BUILD, driver) as wire:
                wire.hosts()
                wire.daemon.wait_for("pings pass", lambda wire=wire: wire.ping("198.51.100.2") == 10)
                self.assertEqual(wire.ping("2001:db8::2"), 10)
                self.assertEqual(wire.ping("198.51.100.2", "-M", "do", "-s", "1472"), 10)
                self.speak_tcp_and_udp(wire)
                metrics = wire.daemon.metrics()
                for port in ("uplink", "core"):
                    self.assertEqual(metrics[f'port_transmit_dropped_total{{port="{port}"}}'], 0)
                self.assertEqual(wire.daemon.stop(), 0)

    def speak_tcp_and_udp(self, wire):
        wire.start("inside", "iperf3", "-s", stdout=subprocess.DEVNULL)
        wait_for("iperf3 listens", lambda: ":5201" in wire.in_ns("inside", "ss", "-ltn"))

        def ask(*options):
            # The server may still be closing the previous test after its client has ended.
            told = json.loads(wire.in_ns("outside", "iperf3", "-J", "-c", *options))
            error = told.get("error", "")
            if "busy" in error:
                return None
            self.assertEqual(error, "")
            return told

        def measure(*options):
            return wait_for("the iperf3 server is free", lambda: ask(*options))["end"]
        for address in ("198.51.100.2", "2001:db8::2"):
            # The receiver's last report may be made before its last bytes arrive.
            self.assertGreater(measure(address, "-n", "20M")["sum_received"]["bytes"], 10e6)
        end = measure("198.51.100.2", "-u", "-b", "5M", "-t", "1")
        self.assertIn("sum", end)
        sums = end["sum"]
        self.assertGreater(sums["packets"], 300)
        self.assertLess(sums["lost_packets"], 0.1 * sums["packets"])


if __name__ == "__main__":
    unittest.main()
