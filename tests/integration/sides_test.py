#!/usr/bin/env python3
"""Packets whose source is an inside address: where it is known that they came from outside, they answer nothing.

sides_test.py FLOODGAUGE
"""
import itertools
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv[1]
PREFIX, ROUTER, CORE = "198.51.100.0/24", b"\x02\0\0\0\0\xaa", b"\x02\0\0\0\0\xbb"
RATE, SECONDS, FLOOD = 20_000, 1, "198.51.100.%d"
RECEIVED, SENT = 1, 2
FOUND = [(PREFIX, "reflection_port_7777", "in")]  # unasked datagrams from one port


def address(text):
    return bytes(int(part) for part in text.split("."))


NUMBER = itertools.count()


def datagram(source, destination, source_port, destination_port, macs):
    """A UDP datagram of 60 bytes of payload in an Ethernet frame; `macs`: sender and receiver. Each has another IP
    identification: equal frames within a millisecond may be taken for copies."""
    udp = struct.pack("!HHHH", source_port, destination_port, 68, 0) + bytes(60)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), next(NUMBER) % 65536, 0, 60, 17, 0, address(source),
                         address(destination))
    return macs[1] + macs[0] + b"\x08\0" + header + udp


def use(macs_in, macs_out):
    """400 questions and answers a second between inside and outside: (time in seconds, received or sent, frame)."""
    for number in range(400 * SECONDS):
        time, client = number / 400, f"192.0.2.{number % 200 + 1}"
        yield time, RECEIVED, datagram(client, FLOOD % 53, 20_000 + number, 53, macs_in)
        yield time + 0.001, SENT, datagram(FLOOD % 53, client, 53, 20_000 + number, macs_out)


def forged(macs):
    """Datagrams between the first 64 hosts, from port 7777 to port 7777, so that each pair has both directions."""
    draw = random.Random(7)
    for number in range(RATE * SECONDS):
        one, other = draw.sample(range(1, 65), 2)
        yield number / RATE, RECEIVED, datagram(FLOOD % one, FLOOD % other, 7777, 7777, macs)


def conversation(behind, here):
    """As many datagrams of a host behind the router, each answered by one on this side."""
    for number in range(RATE * SECONDS // 2):
        time = number * 2 / RATE
        yield time, RECEIVED, datagram(FLOOD % 9, FLOOD % 7, 7777, 7777, behind)
        yield time + 1 / RATE, SENT, datagram(FLOOD % 7, FLOOD % 9, 7777, 7777, here)


def write_pcap(path, packets):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for time, _, frame in sorted(packets, key=lambda packet: packet[0]):
            seconds = 1_800_000_000 + int(time)
            file.write(struct.pack("<IIII", seconds, int(time % 1 * 1e6), len(frame), len(frame)) + frame)


def write_pcapng(path, packets):
    """With the direction of each packet in epb_flags."""
    def block(kind, body):
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHI", 1, 0, 0)))
        for time, direction, frame in sorted(packets, key=lambda packet: packet[0]):
            ticks = int((1_800_000_000 + time) * 1_000_000)
            body = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)) + frame
            body += bytes(-len(frame) % 4) + struct.pack("<HHIHH", 2, 4, direction, 0, 0)
            file.write(block(6, body))


class Sides(unittest.TestCase):
    def incidents(self, write, packets):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "capture"
            write(path, packets)
            reports = []
            for workers in (1, 2):
                ran = subprocess.run([PROGRAM, "replay", path, "--protect", PREFIX, "--seed", "1", "--format", "json",
                                      "--workers", str(workers)], capture_output=True, text=True, timeout=120,
                                     check=True)
                reports.append(json.loads(ran.stdout))
                del reports[-1]["engine"]
            self.assertEqual(reports[0], reports[1])
            return [(each["target"], each["vectors"][0]["name"], each["direction"]) for each in reports[0]["incidents"]]

    def test_a_router_brings_what_hosts_inside_cannot_have_sent(self):
        macs = ROUTER, CORE
        self.assertEqual(self.incidents(write_pcap, [*use(macs, macs[::-1]), *forged(macs)]), FOUND)

    def test_a_host_received_what_hosts_inside_cannot_have_sent(self):
        macs = b"\x02\0\0\0\0\xcc", b"\x02\0\0\0\0\xcc"
        self.assertEqual(self.incidents(write_pcapng, [*use(macs, macs), *forged(macs)]), FOUND)

    def test_where_nothing_tells_the_side_they_are_conversations(self):
        macs = b"\x02\0\0\0\0\xcc", b"\x02\0\0\0\0\xcc"
        self.assertEqual(self.incidents(write_pcap, [*use(macs, macs), *forged(macs)]), [])

    def test_a_host_behind_the_router_is_answered(self):
        macs = ROUTER, CORE
        self.assertEqual(self.incidents(write_pcap, [*use(macs, macs[::-1]), *conversation(macs, macs[::-1])]), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
