#!/usr/bin/env python3
"""Writes captures of every header that floodgauge opens below and around IP.

usage: header_captures.py OUT [--corpus FOLDER]

Writes OUT/NAME.pcap for each row of HEADERS: packets of both IP versions and several transport
protocols to 198.51.100.0/24 and 2001:db8:1::/48, each behind that header. Outer packets of tunnels
are between other addresses. Seeded: the files are the same every time. With --corpus, writes one
frame of each capture as an input of the fuzz target `parser`.
"""
import pathlib
import random
import re
import struct
import sys

PACKETS = 24
ETHERTYPE = {4: 0x0800, 6: 0x86DD}
PPP = {4: 0x0021, 6: 0x0057}
PROTOCOL = {4: 4, 6: 41}
MACS = bytes.fromhex("020000000002020000000001")


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - ((total & 0xFFFF) + (total >> 16))


def ipv4(protocol, payload, source, destination, ident=0):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, 0, 64, protocol, 0,
                       bytes(source), bytes(destination))
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(protocol, payload, host):
    source = bytes.fromhex("20010db8ffff") + bytes(9) + bytes([host])
    destination = bytes.fromhex("20010db80001") + bytes(9) + bytes([host])
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source + destination + payload


def transport(rng, version):
    kind = rng.choice(["tcp", "udp", "icmp"])
    ports = struct.pack(">HH", rng.randrange(20000, 30000), 443)
    if kind == "tcp":
        return 6, ports + struct.pack(">IIBBHHH", 1, 0, 0x50, 2, 64240, 0, 0)
    data = bytes(rng.randrange(256) for _ in range(rng.randrange(4, 40)))
    if kind == "udp":
        return 17, ports + struct.pack(">HH", 8 + len(data), 0) + data
    return (1 if version == 4 else 58), struct.pack(">BBHHH", 8 if version == 4 else 128, 0, 0, 7, 1) + data


def packet(rng, version):
    protocol, payload = transport(rng, version)
    host = rng.randrange(1, 250)
    if version == 6:
        return ipv6(protocol, payload, host)
    return ipv4(protocol, payload, [203, 0, 113, host], [198, 51, 100, host], rng.randrange(65536))


# --- what stands before a packet: functions of the packet and its version

def ethernet(ip, version, between=b""):
    return MACS + between + struct.pack(">H", ETHERTYPE[version]) + ip


def tag(ethertype, content):
    """Ethernet with a tag of this EtherType before the packet's own."""
    return lambda ip, version: ethernet(ip, version, struct.pack(">H", ethertype) + content)


def framed(ethertype, content):
    """Ethernet in Ethernet, with a header of this EtherType between them."""
    return lambda ip, version: MACS + struct.pack(">H", ethertype) + content + ethernet(ip, version)


def before(content, then=lambda ip, version: ip):
    return lambda ip, version: content + then(ip, version)


def typed(content, after=b""):
    """A header that ends with an EtherType, and perhaps something more."""
    return lambda ip, version: content + struct.pack(">H", ETHERTYPE[version]) + after + ip


def snap(ip, version):
    return b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", ETHERTYPE[version]) + ip


def ppp(ip, version):
    return struct.pack(">HH", 0xFF03, PPP[version]) + ip


def outer(protocol, make):
    """An IP packet between other addresses that contains what `make` gives."""
    return lambda ip, version: ethernet(
        ipv4(protocol, make(ip, version), [192, 0, 2, 1], [192, 0, 2, 2]), 4)


def over_udp(port, make, source=40000):
    def datagram(ip, version):
        content = make(ip, version)
        return struct.pack(">HHHH", source, port, 8 + len(content), 0) + content
    return outer(17, datagram)


def nflog(ip, version):
    attribute = lambda kind, value: struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
    return (struct.pack(">BBH", 2 if version == 4 else 10, 0, 5) +
            attribute(1, struct.pack(">HBB", ETHERTYPE[version], 0, 0)) + attribute(10, b"in\0") +
            attribute(9, ip))


def nflog_big(ip, version):
    attribute = lambda kind, value: struct.pack(">HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
    return struct.pack(">BBH", 2 if version == 4 else 10, 0, 5) + attribute(9, ip)


def erf(kind, make, extensions=0):
    def record(ip, version):
        content = make(ip, version)
        more = b"".join(bytes([0x80 if i + 1 < extensions else 0]) + bytes(7) for i in range(extensions))
        return (struct.pack("<Q", 1) + struct.pack(
            ">BBHHH", kind | (0x80 if extensions else 0), 4, 16 + len(more) + len(content), 0,
            len(content)) + more + content)
    return record


def pktap(link, make):
    return lambda ip, version: (struct.pack("<III", 108, 1, link) + bytes(24) + bytes(72) +
                                make(ip, version))


def geneve(options):
    return lambda ip, version: (struct.pack(">BBHI", len(options) // 4, 0, ETHERTYPE[version], 7 << 8) +
                                options + ip)


def nsh(ip, version):
    return struct.pack(">HBBI", 2 | 63 << 6, 2, 1 if version == 4 else 2, 7 << 8) + ip


def mpls(ip, version):
    return struct.pack(">I", 1000 << 12 | 0x100 | 64) + ip


def pflog(ip, version):
    return bytes([61, 2 if version == 4 else 24, 0, 0]) + b"em0".ljust(16, b"\0") + bytes(44) + ip


def gre(flags, fields):
    return lambda ip, version: struct.pack(">HH", flags, ETHERTYPE[version]) + fields + ip


def wireless(swapped):
    """An 802.11 data frame from a client to its access point."""
    control = b"\x01\x08" if swapped else b"\x08\x01"
    return lambda ip, version: control + bytes(2) + MACS + bytes(6) + bytes(2) + snap(ip, version)


def juniper(flags, make):
    return lambda ip, version: b"MGC" + bytes([flags]) + (
        struct.pack(">H", 6) + bytes(6) if flags & 0x80 else b"") + make(ip, version)


def l2tp(flags, fields):
    return lambda ip, version: struct.pack(">H", flags) + fields + ppp(ip, version)


CAPWAP = struct.pack(">II", 2 << 19 | 1 << 9, 0)
CAPWAP_NATIVE = struct.pack(">II", 2 << 19 | 1 << 9 | 0x100, 0)

# Name, link type, what makes a frame, and tshark's options, or None where tshark 4.0 does not open
# the header: the number of packets is then all that is compared.
HEADERS = [
    ("nflog", 239, nflog, []),
    ("nflog_big_endian", 239, nflog_big, None),
    ("erf_ethernet", 197, erf(2, before(b"\0\0", ethernet)), []),
    ("erf_extensions", 197, erf(2, before(b"\0\0", ethernet), 2), []),
    ("erf_ppp", 197, erf(1, ppp), []),
    ("erf_ipv4_or_6", 197, lambda ip, v: erf(22 if v == 4 else 23, lambda i, _: i)(ip, v), []),
    ("pktap", 258, pktap(1, ethernet), []),
    ("pktap_user2", 149, pktap(1, ethernet), []),
    ("pktap_raw", 258, pktap(12, lambda ip, v: ip), []),
    ("pflog", 117, pflog, []),
    ("ppi", 192, before(struct.pack("<BBHI", 0, 0, 8, 1), ethernet), []),
    ("ipnet", 226, lambda ip, v: struct.pack(">BBHIIIII", 1, 2 if v == 4 else 26, 0, len(ip), 1, 0, 0, 0) + ip, []),
    ("loopback_ethertype", 0, lambda ip, v: struct.pack("<I", ETHERTYPE[v]) + ip, []),
    ("enc", 109, lambda ip, v: struct.pack("<III", 2 if v == 4 else 24, 1, 0) + ip, []),
    ("token_ring", 6, lambda ip, v: b"\x10\x40" + MACS + snap(ip, v), []),
    ("fddi", 10, lambda ip, v: b"\x50" + MACS + snap(ip, v), []),
    ("atm_rfc1483", 100, snap, []),
    ("atm_clip", 106, snap, None),
    ("ip_over_fc", 122, before(bytes(16), snap), []),
    ("sun_atm", 123, before(b"\x02\0\0\x20", snap), []),
    ("firewire", 138, typed(bytes(16)), []),
    ("infiniband", 242, typed(bytes(40), b"\0\0"), []),
    ("docsis", 143, lambda ip, v: struct.pack(">BBHH", 0, 0, len(ethernet(ip, v)), 0) + ethernet(ip, v), None),
    ("ppp_ether", 51, lambda ip, v: struct.pack(">BBHHH", 0x11, 0, 1, 2 + len(ip), PPP[v]) + ip, []),
    ("ppp_pppd", 166, lambda ip, v: struct.pack(">BBH", 0, 3, PPP[v]) + ip, None),
    ("ppp_with_direction", 204, before(b"\x01", ppp), []),
    ("chdlc_with_direction", 205, before(b"\x01", typed(b"\x0f\0")), None),
    ("frame_relay_with_direction", 206, before(b"\x01", typed(b"\x18\x41")), None),
    ("juniper_ether", 178, juniper(0x80, ethernet), []),
    ("juniper_raw", 178, juniper(0x82, before(b"\x02\0\0\0")), []),
    ("mpls_link", 219, mpls, None),
    ("netanalyzer", 240, lambda ip, v: before(bytes(4), ethernet)(ip, v) + bytes(4), None),
    ("epon", 259, before(b"\x55\x55\xd5\x55\x55\0\0\0", ethernet), []),
    ("mpacket", 274, before(b"\x55" * 7 + b"\xd5", ethernet), None),
    ("dsa_broadcom", 281, typed(MACS + bytes(4)), None),
    ("dsa_broadcom_prepended", 282, before(bytes(4), ethernet), None),
    ("dsa_marvell", 284, typed(MACS + b"\x40\0\0\x01"), None),
    ("dsa_marvell_ethertype", 285, typed(MACS + b"\xda\xda\0\0\x40\0\0\x01"), None),
    ("avs", 163, before(struct.pack(">II", 0x80211001, 64) + bytes(56), wireless(False)), []),
    ("ttag", 1, tag(0x8988, b"\x12\x34\x56\x78\x9a\xbc"), []),
    ("cisco_metadata", 1, tag(0x8909, b"\x01\x01\x00\x01\x00\x07"), []),
    ("fabricpath", 1, framed(0x8903, b"\x00\x50"), []),
    ("provider_backbone", 1, framed(0x88E7, b"\x00\x00\x01\x02"), []),
    ("trill", 1, framed(0x22F3, b"\x00\x3f\x00\x01\x00\x02"), []),
    ("nsh", 1, lambda ip, v: MACS + b"\x89\x4f" + nsh(ip, v), []),
    ("hsr", 1, tag(0x892F, b"\x10\x40\x00\x07"), []),
    ("prp", 1, lambda ip, v: ethernet(ip, v) + b"\x00\x07\xa0\x40\x88\xfb", []),
    ("frer", 1, tag(0xF1C1, b"\x00\x00\x00\x07"), []),
    ("edsa", 1, tag(0xDADA, b"\x00\x00\x40\x00\x00\x01"), None),
    ("macsec_plain", 1, tag(0x88E5, b"\x00\x00\x00\x00\x00\x07"), []),
    ("arista_time", 1, tag(0xD28B, b"\x00\x01\x00\x10" + bytes(8)), []),
    ("l2tp2", 1, over_udp(1701, l2tp(2, struct.pack(">HH", 7, 9)), 1701), []),
    ("l2tp2_length_sequence", 1, over_udp(1701, lambda ip, v: l2tp(
        0x4802, struct.pack(">HHHHH", 16 + len(ip), 7, 9, 1, 0))(ip, v), 1701), []),
    ("l2tp2_offset", 1, over_udp(1701, l2tp(0x0202, struct.pack(">HHH", 7, 9, 2) + bytes(2)), 1701), []),
    ("l2tp2_answers", 1, over_udp(1025, l2tp(2, struct.pack(">HH", 7, 9)), 1701), []),
    ("l2tp3_udp", 1, over_udp(1701, before(struct.pack(">HHI", 3, 0, 9) + bytes(4), ethernet), 1701), None),
    ("l2tp3_ip", 1, outer(115, before(struct.pack(">I", 9) + bytes(8), ethernet)), None),
    ("mpls_udp", 1, over_udp(6635, mpls), []),
    ("gue0", 1, over_udp(6080, lambda ip, v: struct.pack(">BBH", 0, PROTOCOL[v], 0) + ip), None),
    ("gue0_options_gre", 1, over_udp(6080, before(struct.pack(">BBHI", 1, 47, 0, 0), gre(0, b""))), None),
    ("gue1", 1, over_udp(6080, lambda ip, v: ip), None),
    ("teredo", 1, over_udp(3544, lambda ip, v: ip), []),
    ("capwap", 1, over_udp(5247, before(CAPWAP, ethernet)), []),
    ("capwap_wireless", 1, over_udp(5247, before(CAPWAP_NATIVE, wireless(False))),
     ["-o", "capwap.swap_fc:FALSE"]),
    ("capwap_cisco", 1, over_udp(40000, before(CAPWAP_NATIVE, wireless(True)), 5247),
     ["-o", "capwap.swap_fc:TRUE"]),
    ("lisp", 1, over_udp(4341, before(bytes(8))), []),
    ("tzsp", 1, over_udp(37008, before(b"\x01\0\0\x01\x0a\x01\0\x01", ethernet)), []),
    ("vxlan", 1, over_udp(4789, before(b"\x08" + bytes(7), ethernet)), []),
    ("vxlan_gpe", 1, over_udp(4790, lambda ip, v: bytes([0x0C, 0, 0, 1 if v == 4 else 2]) + bytes(4) + ip), []),
    ("vxlan_gpe_nsh", 1, over_udp(4790, before(b"\x0c\0\0\x04" + bytes(4), nsh)), []),
    ("geneve", 1, over_udp(6081, geneve(b"")), []),
    ("geneve_options", 1, over_udp(6081, geneve(struct.pack(">HBBI", 0x0102, 0x80, 1, 7))), []),
    ("gtp", 1, over_udp(2152, lambda ip, v: struct.pack(">BBHI", 0x30, 255, len(ip), 7) + ip), []),
    ("gre", 1, outer(47, gre(0, b"")), []),
    ("gre_key", 1, outer(47, gre(0x2000, bytes(4))), []),
    ("gre_key_sequence", 1, outer(47, gre(0x3000, bytes(8))), []),
    ("gre_checksum", 1, outer(47, gre(0xB000, bytes(12))), []),
    ("gre_nsh", 1, outer(47, before(b"\0\0\x89\x4f", nsh)), []),
    ("pim_register", 1, outer(103, before(b"\x21" + bytes(7))), []),
    ("fou", 1, over_udp(5555, lambda ip, v: ip), ["-d", "udp.port==5555,ip"]),
    ("fou_gre", 1, over_udp(5555, gre(0, b"")), ["-d", "udp.port==5555,gre"]),
]
ONLY_IPV6 = {"teredo"}
ONLY_IPV4 = {"juniper_raw"}


def frames(name, make):
    rng = random.Random(name)
    for _ in range(PACKETS):
        version = 6 if name in ONLY_IPV6 else 4 if name in ONLY_IPV4 else rng.choice([4, 6])
        yield make(packet(rng, version), version)


def write_pcap(path, link, all_frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for i, frame in enumerate(all_frames):
            file.write(struct.pack("<IIII", 1_700_000_000, i * 1000, len(frame), len(frame)) + frame)


def write_corpus(folder):
    """The fuzz target takes the link type's place in its list, a number of missing bytes, a frame."""
    root = pathlib.Path(__file__).resolve().parents[3]
    numbers = dict(re.findall(r"^  (\w+) = (\d+),", (root / "engine/parse/link_type.h").read_text(), re.M))
    order = re.findall(r"LinkType::(\w+),", (root / "tests/fuzz/link_types.h").read_text())
    place = {int(numbers[name]): i for i, name in enumerate(order) if name in numbers}
    for name, link, make, _ in HEADERS:
        frame = next(frames(name, make))
        (folder / f"header_{name}.bin").write_bytes(bytes([place[link], 0]) + frame)


def main():
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--corpus"):
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, link, make, _ in HEADERS:
        write_pcap(out / f"{name}.pcap", link, frames(name, make))
    if len(sys.argv) == 4:
        write_corpus(pathlib.Path(sys.argv[3]))


if __name__ == "__main__":
    main()
