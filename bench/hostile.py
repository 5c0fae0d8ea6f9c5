#!/usr/bin/env python3
"""Searches for packets that cost a worker many instructions: what an attacker would send.

hostile.py FLOODGAUGE [--seconds N] [--seed N] [--without-payload] [--capture FILE]

A candidate is a kind of packet: tags, IP options and extension headers, tunnels in one another, a transport header, a
payload, and how addresses, ports and lengths differ from packet to packet. Its capture is replayed by one worker
under callgrind, which counts the instructions of the worker's thread, the reading of the capture included. From random
candidates the search goes on with changes to the dearest ones (hill climbing). Prints the ordinary mix, the dearest
kinds, and how many times the ordinary mix they cost; exits with 1 beyond 4 times. With --capture the dearest one is
kept. With --without-payload packets have none: what an overloaded worker still does, which searches no payloads.
"""
import argparse
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

PACKETS = 6000
ORDINARY_PACKETS = 1_000_000  # its 50,000 flows begin among them
BOUND = 4
GENES = {
    "tags": [0, 0, 1, 2, 4, 8],
    "version": [4, 6],
    "options": [0, 0, 4, 20, 40],
    "extensions": [0, 0, 1, 4, 9, 10],
    "tunnels": [(), ("ipip",), ("gre",), ("vxlan",), ("gtp",), ("teredo",), ("l2tp",), ("ipip", "ipip", "ipip"),
                ("gre", "vxlan", "gtp"), ("vxlan", "vxlan", "vxlan"), ("gre", "gre", "gre", "gre"),
                ("gtp", "ipip", "gre")],
    "transport": ["tcp", "tcp", "udp", "udp", "icmp", "sctp", "unknown"],
    "flags": [0x02, 0x12, 0x10, 0x18, 0x04, 0x14, 0x01, 0x00, 0x29],
    "tcp_options": [0, 12, 40],
    "payload": ["none", "zeros", "random", "dns", "dns_labels", "dns_answer", "http", "http_pipelined", "http_lines",
                "tls", "quic", "ntp", "ssdp", "snmp", "text", "sip"],
    "bytes": [0, 16, 64, 200, 500, 1400],
    "varied_payload": [False, True],
    "source_port": [53, 123, 443, 1900, 11211, 3702, None],
    "destination_port": [80, 443, 53, 25, 22, 123, 5060, None],
    "sources": [1, 256, 1 << 16, 1 << 24],
    "hosts": [1, 256, 4096, 1 << 16],
    "fragment": [None, None, None, "first", "later"],
    "answers": [False, False, True],
    "repeats": [1, 2, 5],
    "window": [1, 1, 20],
}


def name_of(random_, labels, length):
    letters = b"abcdefghijklmnop0123-"
    return b"".join(bytes([length]) + bytes(random_.choices(letters, k=length)) for _ in range(labels)) + b"\0"


def payload_of(genes, random_):
    size = genes["bytes"]
    kind = genes["payload"]
    made = {
        "none": lambda: b"",
        "zeros": lambda: bytes(size),
        "random": lambda: random_.randbytes(size),
        "dns": lambda: random_.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + name_of(random_, 3, 12) + b"\0\1\0\1",
        "dns_labels": lambda: random_.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + name_of(random_, 126, 1) + b"\0\1\0\1",
        "dns_answer": lambda: random_.randbytes(2) + b"\x81\x80\0\1\0\x14\0\0\0\0" + name_of(random_, 4, 8)
                              + b"\0\xff\0\1" + random_.randbytes(size),
        "http": lambda: b"GET /" + bytes(random_.choices(b"abcdef", k=8)) + b" HTTP/1.1\r\nHost: example.net\r\n\r\n",
        "http_pipelined": lambda: (b"GET / HTTP/1.1\r\n\r\n" * 80)[:max(size, 18)],
        "http_lines": lambda: (b"GET /" + b"\r\nG" * 500)[:max(size, 18)],
        "tls": lambda: b"\x16\x03\x01" + struct.pack(">H", max(size, 60)) + b"\1\0" + struct.pack(">H", max(size, 56))
                       + b"\3\3" + random_.randbytes(max(size, 50)),
        "quic": lambda: b"\xc3\0\0\0\1\x08" + random_.randbytes(8) + b"\0\0" + random_.randbytes(max(size, 64)),
        "ntp": lambda: b"\xd7\0\3\x2a" + random_.randbytes(max(size, 4)),
        "ssdp": lambda: b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: upnp:rootdevice\r\nUSN: "
                        + random_.randbytes(size),
        "snmp": lambda: b"\x30\x82\4\0\2\1\1\4\6public\xa2" + random_.randbytes(max(size, 8)),
        "text": lambda: bytes(random_.choices(b" GETPOSTHTTP/1.M-SEARCH*\r\nstat", k=size)),
        "sip": lambda: b"SIP/2.0 200 OK\r\nVia: " + random_.randbytes(size),
    }[kind]()
    return made[:1400]


def transport_of(genes, ports, payload):
    source, destination = ports
    kind = genes["transport"]
    if kind == "tcp":
        options = b"\1" * genes["tcp_options"]
        offset = (20 + len(options)) // 4
        head = struct.pack(">HHIIBBHHH", source, destination, 1, 1, offset << 4, genes["flags"], 1000, 0, 0)
        return 6, head + options + payload
    if kind == "udp":
        return 17, struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload
    if kind == "icmp":
        protocol, echo = (1, 8) if genes["version"] == 4 else (58, 128)
        return protocol, struct.pack(">BBHHH", echo, 0, 0, source, 1) + payload
    if kind == "sctp":
        return 132, struct.pack(">HHII", source, destination, 0, 0) + payload
    return 99, payload


def ip_of(version, addresses, protocol, body, options=0, extensions=0, fragment=None):
    source, destination = addresses
    if version == 4:
        bits = {None: 0, "first": 0x2000, "later": 0x0010}[fragment]
        head = struct.pack(">BBHHHBBHII", 0x40 | (20 + options) // 4, 0, 20 + options + len(body), source & 0xffff,
                           bits, 60, protocol, 0, source, destination)
        return 0x0800, head + b"\1" * options + body
    chain = b""
    if fragment is not None:
        chain = struct.pack(">BBHI", protocol, 0, {"first": 1, "later": 0x10}[fragment], source)
        protocol = 44
    for _ in range(extensions):
        chain = struct.pack(">BB6s", protocol, 0, b"\1\4\0\0\0\0") + chain
        protocol = 60
    head = struct.pack(">IHBB16s16s", 6 << 28, len(chain) + len(body), protocol, 60,
                       b"\x20\1\x0d\xb8" + bytes(8) + struct.pack(">I", source),
                       b"\x20\1\x0d\xb8\0\xff" + bytes(6) + struct.pack(">I", destination))
    return 0x86dd, head + chain + body


def udp(port, body):
    return 17, struct.pack(">HHHH", 40000, port, 8 + len(body), 0) + body


def in_tunnel(kind, ether_type, packet):
    """The protocol and the bytes of `packet` in a tunnel, for an IP header around it."""
    ethernet = bytes(12) + struct.pack(">H", ether_type) + packet
    if kind == "ipip":
        return (4 if ether_type == 0x0800 else 41), packet
    if kind == "gre":
        return 47, struct.pack(">HH", 0, ether_type) + packet
    if kind == "vxlan":
        return udp(4789, struct.pack(">II", 0x08000000, 7 << 8) + ethernet)
    if kind == "gtp":
        return udp(2152, struct.pack(">BBHI", 0x30, 255, len(packet), 9) + packet)
    if kind == "teredo":
        return udp(3544, packet)
    ppp = 0x0021 if ether_type == 0x0800 else 0x0057
    return udp(1701, struct.pack(">HHHHH", 0x0002, 1, 1, 0xff03, ppp) + packet)


def frame_of(genes, number, random_, payload):
    number //= genes["repeats"]
    source = 0x0a000000 + number * 2654435761 % genes["sources"]
    destination = 0xc6336400 + number * 40503 % genes["hosts"]
    ports = tuple(1024 + random_.randrange(60000) if port is None else port
                  for port in (genes["source_port"], genes["destination_port"]))
    addresses = (source, destination)
    if genes["answers"] and random_.random() < 0.5:
        addresses, ports = addresses[::-1], ports[::-1]
    protocol, body = transport_of(genes, ports, payload)
    ether_type, packet = ip_of(genes["version"], addresses, protocol, body, genes["options"], genes["extensions"],
                               genes["fragment"])
    for kind in genes["tunnels"]:
        protocol, body = in_tunnel(kind, ether_type, packet)
        ether_type, packet = ip_of(genes["version"], addresses, protocol, body)
    tags = b"".join(struct.pack(">HH", 0x8100, 100 + i) for i in range(genes["tags"]))
    return (b"\2\0\0\0\0\1\2\0\0\0\0\2" + tags + struct.pack(">H", ether_type) + packet)[:60000]


def write_capture(path, genes, seed, packets=PACKETS):
    random_ = random.Random(seed)
    payload = payload_of(genes, random_)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for number in range(packets):
            if genes["varied_payload"]:
                payload = payload_of(genes, random_)
            frame = frame_of(genes, number, random_, payload)
            at = number * 1000 * genes["window"] + 10**9 * 1_700_000_000
            file.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(frame), len(frame)) + frame)


def instructions(program, capture, folder):
    """Instructions of the worker's thread."""
    for old in pathlib.Path(folder).glob("count*"):
        old.unlink()
    ran = subprocess.run(["valgrind", "--tool=callgrind", "--separate-threads=yes",
                          f"--callgrind-out-file={folder}/count", program, "replay", capture, "--workers", "1",
                          "--output", "/dev/null"],
                         capture_output=True, text=True, timeout=300, check=False)
    for part in pathlib.Path(folder).glob("count-*"):
        text = part.read_text("utf-8", "replace")
        if "Worker::process" in text:
            return int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)[1])
    sys.exit(f"{capture}: no worker was counted\n{ran.stderr[-1000:]}")


def changed(genes, random_):
    genes = dict(genes)
    for name in random_.sample(sorted(GENES), random_.choice([1, 1, 2, 3])):
        genes[name] = random_.choice(GENES[name])
    return genes


def search(options, folder):
    random_ = random.Random(options.seed)
    capture = folder / "candidate.pcap"
    until = time.monotonic() + options.seconds
    write_capture(capture, {name: values[0] for name, values in GENES.items()}, options.seed, 1)
    start = instructions(options.program, capture, folder)
    judged = []
    known = set()
    while time.monotonic() < until:
        fresh = len(judged) < 40 or random_.random() < 0.2
        genes = ({name: random_.choice(values) for name, values in GENES.items()} if fresh
                 else changed(random_.choice(judged[:8])[1], random_))
        if str(genes) in known:
            continue
        known.add(str(genes))
        write_capture(capture, genes, options.seed)
        judged.append(((instructions(options.program, capture, folder) - start) / PACKETS, genes))
        judged.sort(key=lambda pair: -pair[0])
    return judged


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-payload", action="store_true")
    parser.add_argument("--capture", help="the dearest candidate is written here")
    options = parser.parse_args()
    if options.without_payload:
        GENES["payload"] = ["none"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ordinary = folder / "ordinary.pcap"
        benchmark = pathlib.Path(options.program).parent / "bench" / "pipeline_bench"
        subprocess.run([benchmark, "--write", "ordinary", ordinary, str(ORDINARY_PACKETS)], check=True,
                       capture_output=True)
        usual = instructions(options.program, ordinary, folder) / ORDINARY_PACKETS
        print(f"ordinary mix: {usual:.0f} instructions a packet")
        judged = search(options, folder)
        for cost, genes in judged[:5]:
            print(f"{cost / usual:.2f} times, {cost:.0f} instructions a packet: {genes}")
        print(f"{len(judged)} kinds tried")
        if options.capture:
            write_capture(options.capture, judged[0][1], options.seed)
    return 1 if judged[0][0] > BOUND * usual else 0


if __name__ == "__main__":
    sys.exit(main())
