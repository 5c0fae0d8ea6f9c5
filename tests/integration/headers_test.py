#!/usr/bin/env python3
"""Every header that floodgauge opens, in generated captures, counted as tshark counts it.

headers_test.py FLOODGAUGE HEADER_CAPTURES

Each capture of header_captures.py holds packets to two protected networks behind one header. All of
them have to be counted there, and their outermost version and first transport protocol have to be
tshark's. Where tshark is not installed, or its release does not open the header, only the first is
compared; the test says so.
"""
import importlib.util
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
sys.path.insert(0, str(pathlib.Path(GENERATOR).parent))


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CAPTURES = load(GENERATOR)
TSHARK = load(pathlib.Path(GENERATOR).with_name("tshark_counts.py"))
NETWORKS = ["198.51.100.0/24", "2001:db8:1::/48"]
CONFIG = """protect: [{prefixes: [198.51.100.0/24, "2001:db8:1::/48"]}]
engine: {tunnels: {fou: [5555]}}
"""


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.config = cls.folder / "config.yaml"
        cls.config.write_text(CONFIG)

    def capture(self, name, link, frames):
        path = self.folder / f"{name}.pcap"
        CAPTURES.write_pcap(path, link, frames)
        return path

    def replay(self, path, *arguments, form="json"):
        ran = subprocess.run([PROGRAM, "replay", path, "--seed", "1", "--format", form, *map(str, arguments)],
                             capture_output=True, text=True, timeout=120, check=False)
        return json.loads(ran.stdout) if form == "json" else ran.stdout


def tshark_version():
    told = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.search(r"(\d+)\.(\d+)", told).groups())


class Headers(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reports = {}

    def ours(self, name, link, make):
        """The capture of a row, and its report: replayed once."""
        if name not in self.reports:
            path = self.capture(name, link, CAPTURES.frames(name, make))
            self.reports[name] = (path, self.replay(path, "-c", self.config))
        path, report = self.reports[name]
        self.assertEqual(report["parse"]["unopened"], [], path.name)
        self.assertEqual(report["parse"]["malformed"], {}, path.name)
        return path, report

    @staticmethod
    def tshark_protected(path, options):
        wanted = " or ".join(f"{'ipv6' if ':' in network else 'ip'}.dst == {network}" for network in NETWORKS)
        ran = subprocess.run(["tshark", "-n", "-r", path, "-Y", wanted, "-T", "fields", "-e", "frame.number", *options],
                             capture_output=True, text=True, timeout=120, check=True)
        return len(ran.stdout.split())

    def test_every_packet_reaches_its_network(self):
        for name, link, make, _ in CAPTURES.HEADERS:
            with self.subTest(name):
                _, report = self.ours(name, link, make)
                inbound = sum(prefix["packets_in"] for prefix in report["prefixes"])
                self.assertEqual(inbound, CAPTURES.PACKETS)

    def test_counts_are_those_of_tshark(self):
        if shutil.which("tshark") is None:
            self.skipTest("tshark is not installed")
        known = [row for row in CAPTURES.HEADERS if row[3] is not None]
        self.assertGreater(len(known), 40)
        for name, link, make, options in known:
            # From 4.2 on, tshark takes two of these unencrypted MACsec frames for encrypted ones.
            if name == "macsec_plain" and tshark_version() >= (4, 2):
                continue
            with self.subTest(name):
                path, report = self.ours(name, link, make)
                inbound = sum(prefix["packets_in"] for prefix in report["prefixes"])
                self.assertEqual(inbound, self.tshark_protected(path, options))
                # How the capture's outermost packets and transport headers are counted.
                counted = TSHARK.counts(TSHARK.protocols(path, options))
                self.assertEqual({key: counted[key] for key in counted if key != "packets"},
                                 {key: report["parse"][key] for key in counted if key != "packets"})


def ethernet(ethertype, content):
    return CAPTURES.MACS + struct.pack(">H", ethertype) + content


class Unopened(Case):
    """What is not opened is told by the header that stopped the parser, each packet once."""

    def unopened(self, name, link, frames, *arguments):
        return self.replay(self.capture(name, link, frames), *arguments)["parse"]["unopened"]

    def test_a_link_type(self):
        path = self.capture("user0", 147, [bytes(60)] * 1200)
        self.assertEqual(self.replay(path)["parse"]["unopened"],
                         [{"layer": "link", "value": 147, "name": "user 0", "packets": 1200}])
        self.assertIn("1,200 packets of link type 147 (user 0) were not opened", self.replay(path, form="text"))

    def test_the_commonest_come_first(self):
        ip = lambda protocol: ethernet(0x0800, CAPTURES.ipv4(protocol, bytes(30), [192, 0, 2, 1], [192, 0, 2, 2]))
        frames = [ethernet(0x0806, bytes(46))] * 5 + [ip(89)] * 7 + [ethernet(0x88B5, bytes(46))] * 3
        frames += [ethernet(38, b"\x42\x42\x03" + bytes(43))] * 2 + [ip(17)]
        frames += [CAPTURES.over_udp(1701, lambda p, v: struct.pack(">HHHHH", 2, 7, 9, 0xFF03, 0xC021) + p)(bytes(8), 4)]
        self.assertEqual([(row["layer"], row["value"], row["name"], row["packets"])
                          for row in self.unopened("mixed", 1, frames)],
                         [("protocol", 89, "OSPF", 7), ("ethertype", 0x0806, "ARP", 5),
                          ("ethertype", 0x88B5, "local experimental 1", 3), ("ethertype", 4, "802.2 LLC", 2),
                          ("tunnel", 1701, "L2TP", 1)])

    def test_more_than_twenty_kinds_end_in_one_row(self):
        frames = [ethernet(0x9000 + kind, bytes(46)) for kind in range(20) for _ in range(2)]
        self.assertEqual(len(self.unopened("twenty", 1, frames)), 20)
        frames += [ethernet(0xA000 + kind, bytes(46)) for kind in range(3)]
        rows = self.unopened("more", 1, frames)
        self.assertEqual(len(rows), 21)
        self.assertEqual(rows[-1], {"layer": "other", "value": None, "name": "other", "packets": 3})

    def test_no_worker_changes_the_rows(self):
        frames = [ethernet(0x9000 + kind % 700, bytes(46)) for kind in range(3000)]
        reports = [self.unopened("many", 1, frames, "--workers", workers) for workers in (1, 3)]
        self.assertEqual(reports[0], reports[1])

    def test_a_malformed_packet_is_not_among_them(self):
        report = self.replay(self.capture("malformed", 1, [ethernet(0x0800, b"\x75" + bytes(45))] * 4))
        self.assertEqual(report["parse"]["unopened"], [])
        self.assertEqual(report["parse"]["malformed"], {"ip_version": 4})


class FalseTunnels(Case):
    """A datagram to a tunnel's port that is none stays what it is."""

    def inbound(self, name, content, port, protect):
        frames = [CAPTURES.over_udp(port, lambda p, v: content)(b"", 4)] * 10
        report = self.replay(self.capture(name, 1, frames), "--protect", protect)
        return report["prefixes"][0]["packets_in"]

    def test_a_protected_outer_address_keeps_its_packet(self):
        content = CAPTURES.mpls(CAPTURES.ipv4(17, bytes(20), [203, 0, 113, 1], [198, 51, 100, 1]), 4)
        self.assertEqual(self.inbound("outer", content, 6635, "192.0.2.0/24"), 10)
        self.assertEqual(self.inbound("inner", content, 6635, "198.51.100.0/24"), 10)

    def test_an_inner_packet_longer_than_its_datagram_is_not_believed(self):
        inner = CAPTURES.ipv4(17, bytes(20), [203, 0, 113, 1], [198, 51, 100, 1])
        self.assertEqual(self.inbound("whole", inner, 6080, "198.51.100.0/24"), 10)
        self.assertEqual(self.inbound("cut", inner[:-1], 6080, "198.51.100.0/24"), 0)

    def test_a_guessed_packet_needs_its_checksum(self):
        session = struct.pack(">HHI", 3, 0, 9)
        inner = CAPTURES.ipv4(17, bytes(20), [203, 0, 113, 1], [198, 51, 100, 1])
        wrong = inner[:10] + b"\0\0" + inner[12:]
        self.assertEqual(self.inbound("right", session + inner, 1701, "198.51.100.0/24"), 10)
        self.assertEqual(self.inbound("wrong", session + wrong, 1701, "198.51.100.0/24"), 0)

    def test_foo_over_udp_needs_its_port_in_the_settings(self):
        make = CAPTURES.over_udp(5555, lambda ip, v: ip)
        path = self.capture("fou", 1, CAPTURES.frames("fou", make))
        protect = [option for network in NETWORKS for option in ("--protect", network)]
        without = self.replay(path, *protect)
        self.assertEqual(sum(prefix["packets_in"] for prefix in without["prefixes"]), 0)
        self.assertEqual(sum(prefix["packets_in"] for prefix in self.replay(path, "-c", self.config)["prefixes"]),
                         CAPTURES.PACKETS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
