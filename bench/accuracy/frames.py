"""Frames of IPv4 and a pcap file of them, for situations that the traffic generator does not make."""
import random
import struct

EPOCH = 1_700_000_000
ETHERNET = bytes.fromhex("0200000000aa0200000000bb0800")


def address(text):
    return struct.unpack(">I", bytes(map(int, text.split("."))))[0]


INSIDE = address("198.51.100.0")


def inside(host):
    return INSIDE + host


def _sum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def ipv4(source, target, protocol, body, wire=0):
    """One frame and its length on the wire: `wire` IP bytes, or those that `body` has."""
    length = max(20 + len(body), wire)
    head = struct.pack(">BBHHHBBHII", 0x45, 0, min(length, 65535), 0, 0, 57, protocol, 0, source, target)
    head = head[:10] + struct.pack(">H", _sum(head)) + head[12:]
    return (ETHERNET + head + body).ljust(60, b"\0"), max(60, 14 + length)


def tcp(source, target, sport, dport, flags, seq=0, ack=0, data=b"", wire=0):
    return ipv4(source, target, 6, struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                                               0x50, flags, 64240, 0, 0) + data, wire)


def udp(source, target, sport, dport, data=b"", wire=0):
    length = max(8 + len(data), wire - 20)
    return ipv4(source, target, 17, struct.pack(">HHHH", sport, dport, length, 0) + data, wire)


def icmp(source, target, kind, code=0, data=b"\0" * 8):
    return ipv4(source, target, 1, struct.pack(">BBHHH", kind, code, 0, 7, 7) + data)


class Capture:
    """Frames by their times in seconds. Random choices follow `seed`."""

    def __init__(self, seed):
        self.frames = []
        self.random = random.Random(seed)

    def add(self, time, frame):
        self.frames.append((time, *frame))

    def times(self, start, seconds, rate):
        step = 1 / rate
        return [start + n * step + self.random.random() * step for n in range(int(seconds * rate))]

    def anybody(self):
        """An address outside of reserved networks."""
        return self.random.randint(11, 99) << 24 | self.random.getrandbits(24)

    def port(self):
        return self.random.randint(1024, 65535)

    def visit(self, time, client, server, dport, sport=None, request=b"GET / HTTP/1.1\r\n\r\n", answers=4,
              size=600, rtt=0.02):
        """A whole connection: handshake, one request, answers with their acknowledgements, and its end."""
        sport = sport or self.port()
        seq, ack = self.random.getrandbits(31), self.random.getrandbits(31)
        out = lambda at, *rest, **more: self.add(at, tcp(client, server, sport, dport, *rest, **more))
        back = lambda at, *rest, **more: self.add(at, tcp(server, client, dport, sport, *rest, **more))
        out(time, 2, seq)
        back(time + 0.001, 18, ack, seq + 1)
        out(time + rtt, 16, seq + 1, ack + 1)
        out(time + rtt + 0.001, 24, seq + 1, ack + 1, request)
        for n in range(answers):
            back(time + rtt + 0.003 + n * 0.0002, 24, ack + 1, seq + 1, wire=size)
            out(time + 2 * rtt + 0.003 + n * 0.0002, 16, seq + 1, ack + 1)
        back(time + 2 * rtt + 0.01, 17, ack + 1, seq + 1)
        out(time + 2 * rtt + 0.012, 17, seq + 1, ack + 2)

    def ordinary(self, seconds, rate=40):
        """Visits to two servers of the protected network."""
        for time in self.times(0, seconds - 0.2, rate):
            self.visit(time, self.anybody(), inside(80), 80)
            self.visit(time, self.anybody(), inside(43), 443, request=b"\x16\x03\x01\0\x05\x01abcd")

    def write(self, path, keep=lambda source, target, at: True):
        """A pcap file with nanoseconds of the frames for which keep(source, target, number) is true."""
        self.frames.sort(key=lambda each: each[0])
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
            for number, (time, frame, wire) in enumerate(self.frames):
                source, target = struct.unpack_from(">II", frame, 26)
                if not keep(source, target, number):
                    continue
                file.write(struct.pack("<IIII", EPOCH + int(time), int(time % 1 * 1e9), len(frame), wire) + frame)
