"""Builds frames and captures for conversations.py: what is said within a conversation, byte by byte."""
import random
import struct

OUTSIDE, INSIDE = bytes.fromhex("0200000000bb"), bytes.fromhex("0200000000aa")
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SECOND = 10**9
BEGIN = 1_767_225_600 * SECOND  # 2026-01-01


def address(text):
    return bytes(int(part) for part in text.split("."))


def host(number):
    """A protected host."""
    return bytes((198, 51, 100, number))


def client(number):
    """One of many addresses outside, in many networks."""
    mixed = number * 2654435761 & 0xffffffff
    return bytes((20 + mixed % 90, mixed >> 8 & 255, mixed >> 16 & 255, 1 + (mixed >> 24) % 254))


def is_inside(of):
    return of[:3] == b"\xc6\x33\x64"


def ip(source, destination, protocol, rest, outward=None):
    """A frame. `outward`: it goes from the inside out, as its source says unless it is forged."""
    outward = is_inside(source) if outward is None else outward
    macs = OUTSIDE + INSIDE if outward else INSIDE + OUTSIDE
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(rest), 0, 0, 57, protocol, 0)
    return (macs + b"\x08\0" + head + source + destination + rest).ljust(60, b"\0")


def tcp(source, destination, ports, flags, sequence=0, acknowledgment=0, payload=b"", outward=None):
    header = struct.pack(">HHIIBBHHH", *ports, sequence & 0xffffffff, acknowledgment & 0xffffffff, 0x50,
                         flags, 64240, 0, 0)
    return ip(source, destination, 6, header + payload, outward)


def udp(source, destination, ports, payload=b"", outward=None):
    header = struct.pack(">HHHH", *ports, 8 + len(payload), 0)
    return ip(source, destination, 17, header + payload, outward)


class Capture:
    """Frames with their times in seconds; `wire`: their length on the wire, if it is more."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.records = []  # (seconds, frame, wire)

    def add(self, seconds, frame, wire=0):
        self.records.append((seconds, frame, max(wire, len(frame))))

    def times(self, start, duration, rate):
        return [start + self.random.random() * duration for _ in range(int(duration * rate))]

    def visit(self, at, server, source, port, segments, replies=3, service=80, reply=b"x" * 60):
        """A TCP conversation: each segment is answered after 5 ms, the client is 30 ms away."""
        inward, outward = (port, service), (service, port)
        first, second = self.random.getrandbits(31), self.random.getrandbits(31)
        self.add(at, tcp(source, server, inward, SYN, first))
        self.add(at + 0.001, tcp(server, source, outward, SYN | ACK, second, first + 1))
        self.add(at + 0.030, tcp(source, server, inward, ACK, first + 1, second + 1))
        at, first, second = at + 0.031, first + 1, second + 1
        for segment in segments:
            self.add(at, tcp(source, server, inward, ACK | PSH, first, second, segment))
            first += len(segment)
            for number in range(replies):
                self.add(at + 0.005 + number * 0.0002,
                         tcp(server, source, outward, ACK | PSH, second, first, reply))
                second += len(reply)
            self.add(at + 0.036, tcp(source, server, inward, ACK, first, second))
            at += 0.04
        self.add(at, tcp(source, server, inward, FIN | ACK, first, second))
        self.add(at + 0.001, tcp(server, source, outward, FIN | ACK, second, first + 1))
        self.add(at + 0.031, tcp(source, server, inward, ACK, first + 1, second + 1))

    def ordinary(self, duration):
        """A few visits to two servers, so that both sides are seen to speak."""
        for number, at in enumerate(self.times(0, duration - 0.5, 40)):
            self.visit(at, host(80 if number % 2 else 43), client(number % 300), 2000 + number,
                       [b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n"])

    def connect(self, at, server, sources, service=80):
        """Connections that are only opened: [(source, port, sequence, acknowledgment)]."""
        opened = []
        for number, source in enumerate(sources):
            port, first, second = 1024 + number, self.random.getrandbits(31), self.random.getrandbits(31)
            self.add(at, tcp(source, server, (port, service), SYN, first))
            self.add(at + 0.001, tcp(server, source, (service, port), SYN | ACK, second, first + 1))
            self.add(at + 0.030, tcp(source, server, (port, service), ACK, first + 1, second + 1))
            opened.append((source, port, first + 1, second + 1))
        return opened

    def write(self, path, view):
        """`view`: "whole", "inbound" (what goes in, by the MAC addresses) or "sampled" (1 in 10)."""
        chosen = random.Random(1)
        keep = {"whole": lambda frame: True, "inbound": lambda frame: frame[:6] == INSIDE,
                "sampled": lambda frame: chosen.random() < 0.1}[view]
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
            for seconds, frame, wire in sorted(self.records, key=lambda record: record[0]):
                if not keep(frame):
                    continue
                at = BEGIN + int(seconds * SECOND)
                file.write(struct.pack("<IIII", at // SECOND, at % SECOND, len(frame), wire) + frame)
