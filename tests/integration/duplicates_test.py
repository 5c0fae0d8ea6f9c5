#!/usr/bin/env python3
"""Frames that come twice are told and counted once; retransmissions and floods of equal packets are no copies.

duplicates_test.py FLOODGAUGE HEADER_CAPTURES
"""
import importlib.util
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
SERVER = [198, 51, 100, 80]


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CAPTURES = load(GENERATOR)


def frame(packet):
    return CAPTURES.MACS + b"\x08\x00" + packet


def segment(source, destination, ports, flags, sequence, data, ident):
    header = struct.pack(">HHIIBBHHH", *ports, sequence, 1, 0x50, flags, 64240, 0, 0)
    return frame(CAPTURES.ipv4(6, header + data, source, destination, ident))


def datagram(source, port, data, ident=0):
    header = struct.pack(">HHHH", port, 9999, 8 + len(data), 0)
    return frame(CAPTURES.ipv4(17, header + data, source, SERVER, ident))


def visits(count, rate, seed=1):
    """Whole conversations of `count` clients with the server: (time in microseconds, frame)."""
    rng = random.Random(seed)
    records = []
    for i in range(count):
        at = int(i * 1e6 / rate)
        client, port = [50, rng.randrange(256), rng.randrange(256), 1 + rng.randrange(250)], rng.randrange(1024, 65535)
        inward = lambda delay, *what: records.append((at + delay, segment(client, SERVER, (port, 80), *what)))
        outward = lambda delay, *what: records.append((at + delay, segment(SERVER, client, (80, port), *what)))
        ident = rng.randrange(60000)
        inward(0, 2, 1, b"", ident)
        outward(1000, 18, 1, b"", ident)
        inward(30000, 16, 2, b"", ident + 1)
        inward(30100, 24, 2, b"GET / HTTP/1.1\r\n\r\n", ident + 2)
        for k in range(4):
            outward(32000 + 500 * k, 24, 2 + 60 * k, b"x" * 60, ident + 1 + k)
        inward(62000, 17, 20, b"", ident + 3)
        outward(63000, 17, 300, b"", ident + 9)
    return records


def router(original):
    """The frame as the other side of a router has it: other MAC addresses, a TTL less."""
    copy = bytearray(original)
    copy[:12] = bytes.fromhex("0200000000cc0200000000dd")
    copy[22] -= 1
    head = bytes(copy[14:24]) + b"\0\0" + bytes(copy[26:34])
    copy[24:26] = struct.pack(">H", CAPTURES.checksum(head))
    return bytes(copy)


def tagged(original):
    return original[:12] + b"\x81\x00\x00\x07" + original[12:]


def doubled(records, change, delay=4):
    return [record for time, original in records for record in ((time, original), (time + delay, change(original)))]


class Duplicates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)

    def replay(self, records, *arguments, mode=None, workers=1):
        path = self.folder / "capture.pcap"
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for time, content in sorted(records, key=lambda record: record[0]):
                file.write(struct.pack("<IIII", 1_700_000_000 + time // 1_000_000, time % 1_000_000, len(content),
                                       len(content)) + content)
        config = self.folder / "config.yaml"
        config.write_text("protect: [{prefixes: [198.51.100.0/24]}]\n" +
                          (f"engine: {{duplicates: {mode}}}\n" if mode else ""))
        ran = subprocess.run([PROGRAM, "replay", path, "-c", config, "--seed", "1", "--format", "json", "--workers",
                              str(workers), *arguments], capture_output=True, text=True, timeout=120, check=True)
        report = json.loads(ran.stdout)
        del report["engine"]
        return report

    def packets(self, report):
        prefix = report["prefixes"][0]
        return prefix["packets_in"] + prefix["packets_out"]

    def check_mirror(self, change, delay=4):
        once = visits(2000, 2500)
        report = self.replay(doubled(once, change, delay))
        self.assertEqual(report["capture"]["packets"], 2 * len(once))
        self.assertEqual(report["capture"]["duplicates"], len(once))
        self.assertEqual(self.packets(report), len(once))
        self.assertEqual(report["incidents"], [])
        return report

    def test_a_mirror_of_both_sides_of_a_router(self):
        self.check_mirror(router)

    def test_a_mirror_of_two_vlans(self):
        self.check_mirror(tagged)

    def test_a_mirror_slower_than_the_server(self):
        report = self.check_mirror(router, 999)
        self.assertGreater(report["capture"]["duplicates"], 0)

    def test_the_number_of_workers_changes_nothing(self):
        records = doubled(visits(2000, 2500), router)
        flood = [(200_000 + i * 50, datagram([50, 1, 1, 1], 4000, b"same" * 5)) for i in range(20_000)]
        for capture in (records, visits(500, 500) + flood, records + flood):
            self.assertEqual(self.replay(capture), self.replay(capture, workers=2))

    def test_a_retransmission_is_no_copy(self):
        once = visits(1000, 2000)
        later = self.replay(doubled(once, lambda original: original, 2000))
        self.assertEqual(later["capture"]["duplicates"], 0)
        self.assertEqual(self.packets(later), 2 * len(once))

        def renumbered(original):
            return original[:18] + struct.pack(">H", (struct.unpack(">H", original[18:20])[0] + 1000) % 65536) + original[20:]
        at_once = self.replay(doubled(once, renumbered))
        self.assertEqual(at_once["capture"]["duplicates"], 0)
        self.assertEqual(self.packets(at_once), 2 * len(once))

    def check_flood(self, source_of, workers):
        """40,000 equal datagrams a second beside 500 visits a second."""
        flood = [(200_000 + i * 25, datagram(*source_of(i), b"same" * 5)) for i in range(40_000)]
        beside = visits(600, 500)
        report = self.replay(beside + flood, workers=workers)
        self.assertEqual(report["capture"]["duplicates"], 0)
        self.assertEqual(self.packets(report), len(beside) + len(flood))
        floods = [incident for incident in report["incidents"] if incident["kind"] == "flood"]
        self.assertEqual(len(floods), 1, floods)
        self.assertAlmostEqual(floods[0]["peak_pps"], 40_000, delta=2_000)

    def test_a_flood_of_equal_datagrams_is_no_copy_of_itself(self):
        for workers in (1, 2):
            with self.subTest("one source", workers=workers):
                self.check_flood(lambda i: ([50, 1, 1, 1], 4000), workers)
            with self.subTest("many sources", workers=workers):
                self.check_flood(lambda i: ([60, 1, i // 4 % 250, 1 + i // 1000], 4000), workers)

    def test_the_modes(self):
        once = visits(2000, 2500)
        twice = doubled(once, router)
        told = {mode: self.replay(twice, mode=mode) for mode in ("auto", "drop", "count", "off")}
        self.assertEqual({mode: (report["capture"]["duplicates"], self.packets(report)) for mode, report in told.items()},
                         {"auto": (len(once), len(once)), "drop": (len(once), len(once)),
                          "count": (len(once), 2 * len(once)), "off": (0, 2 * len(once))})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
