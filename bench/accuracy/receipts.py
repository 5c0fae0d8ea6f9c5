"""What a rule would take, as the incident says it, against the packets themselves.

Each capture is generated twice, with and without its flood: a packet that is in both is ordinary, and one to the target
that is in one alone is the flood's.
"""
import collections
import ipaddress
import os
import struct
import subprocess
import tempfile

from runner import Flood, Scene, flood_rate, vector_names

# A server of each kind, which its clients ask all the time.
V4, V6 = "198.51.100.20", "2001:db8:1::20"
SERVERS = ("http", "https", "dns")
ASKED = 60       # requests a second of each service
START, LASTS, SECONDS = 3.0, 3.0, 7.0
LOOKED_AT = 10.0
FACTOR = 2.0
# Of these, genuine clients send the same, so that a rule takes theirs too.
ASKED_VECTORS = ("tcp_syn", "tcp_fin", "tcp_connection", "http_request", "tls_hello", "dns_query", "dns_random_subdomain",
                 "quic_initial")

Packet = collections.namedtuple("Packet", "time source protocol sport dport flags fragment later length dscp")


def read_pcap(path):
    """(seconds, frame) of each packet of a pcap with nanoseconds."""
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        seconds, nanos, size, _ = struct.unpack_from("<IIII", data, at)
        yield seconds + nanos * 1e-9, data[at + 16:at + 16 + size]
        at += 16 + size


def packet_to(target, time, frame):
    """The headers of a packet to the target that a rule may match; None for all others."""
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == 0x0800:
        if frame[30:34] != target.packed:
            return None
        length, fragment = struct.unpack_from(">H2xH", frame, 16)
        protocol, payload = frame[23], 14 + (frame[14] & 15) * 4
        source, dscp = ipaddress.ip_address(frame[26:30]), frame[15] >> 2
        later, is_fragment = (fragment & 0x1fff) != 0, (fragment & 0x3fff) != 0
    elif kind == 0x86dd:
        if frame[38:54] != target.packed:
            return None
        length, protocol, payload = struct.unpack_from(">H", frame, 18)[0] + 40, frame[20], 54
        source, dscp = ipaddress.ip_address(frame[22:38]), (frame[14] << 8 | frame[15]) >> 6 & 63
        later = is_fragment = False
        if protocol == 44:
            protocol, offset = frame[54], struct.unpack_from(">H", frame, 56)[0]
            payload, is_fragment, later = 62, True, offset >> 3 != 0
    else:
        return None
    sport = dport = flags = None
    if not later and protocol in (6, 17, 1, 58):
        sport, dport = struct.unpack_from(">HH", frame, payload)
        if protocol == 6:
            flags = frame[payload + 13]
    return Packet(time, source, protocol, sport, dport, flags, is_fragment, later, length, dscp)


FLAGS = {"fin": 1, "syn": 2, "rst": 4, "push": 8, "ack": 16, "urgent": 32, "ece": 64, "cwr": 128}


def number_matches(word, value):
    if value is None:
        return False
    for part in word.split("&"):
        sign = part.rstrip("0123456789")
        wanted = int(part[len(sign):])
        if not {"=": value == wanted, "!=": value != wanted, ">=": value >= wanted, "<=": value <= wanted}[sign]:
            return False
    return True


def matches(rule, packet, target):
    """Whether a FlowSpec rule in ExaBGP's text form matches a packet to the target."""
    inside = rule.split("match {")[1].split("}")[0]
    for component in filter(None, map(str.strip, inside.split(";"))):
        key, *words = component.replace("[", " ").replace("]", " ").split()
        if key == "destination":
            good = target in ipaddress.ip_network(words[0])
        elif key == "source":
            good = packet.source in ipaddress.ip_network(words[0])
        elif key == "fragment":
            # IsF: not the first; FF: the first (RFC 8955, 4.2.2.12).
            good = packet.later or (packet.fragment and "first-fragment" in words)
        elif key == "tcp-flags":
            good = packet.flags is not None and any(
                packet.flags == sum(FLAGS[name] for name in word[1:].split("+")) for word in words)
        else:
            value = {"protocol": packet.protocol, "next-header": packet.protocol, "source-port": packet.sport,
                     "destination-port": packet.dport, "packet-length": packet.length,
                     "dscp": packet.dscp, "traffic-class": packet.dscp,
                     "icmp-type": None if packet.protocol not in (1, 58) or packet.sport is None
                     else packet.sport >> 8}[key]
            good = any(number_matches(word, value) for word in words)
        if not good:
            return False
    return True


def generate(tools, scene, path, flood):
    options = ["--flood", flood.option()] if flood else []
    subprocess.run([tools.trafficgen, "--out", path, "--truth", os.devnull, "--seed", str(scene.seed), *scene.generate,
                    *options], check=True, capture_output=True)


def scenes(tools, seed, quick):
    vectors = vector_names(tools.trafficgen)
    if quick:
        vectors = vectors[::4]
    made = []
    for at, vector in enumerate(vectors):
        target = V6 if vector == "icmpv6" or (at % 5 == 4 and vector != "icmp") else V4
        servers = []
        for service in SERVERS:
            servers += ["--server", f"{service}:host={target},rate={ASKED}"]
        flood = Flood(vector, target, flood_rate(tools.limits(), vector, FACTOR), START, LASTS)
        made.append(Scene(vector, ["--duration", f"{SECONDS}s", "--benign", "mix=3kpps", *servers], [flood],
                          ["--protect", "198.51.100.0/24", "--protect", "2001:db8:1::/48"], seed + at))
    return made


def judge(tools, scene):
    flood = scene.floods[0]
    target = ipaddress.ip_address(flood.target)
    with tempfile.TemporaryDirectory() as folder:
        with_it, without = os.path.join(folder, "flood.pcap"), os.path.join(folder, "quiet.pcap")
        generate(tools, scene, with_it, flood)
        generate(tools, scene, without, None)
        ordinary = collections.Counter(read_pcap(without))
        sides = {True: [], False: []}
        for time, frame in read_pcap(with_it):
            is_ordinary = ordinary[(time, frame)] > 0
            ordinary[(time, frame)] -= is_ordinary
            packet = packet_to(target, time, frame)
            if packet is not None:
                sides[is_ordinary].append(packet)
        report = tools.replay_file(with_it, *scene.replay)
    found = [each for each in report["incidents"] if each["kind"] == "flood" and
             ipaddress.ip_network(each["target"]).network_address == target]
    row = {"vector": scene.name, "found": bool(found), "command": tools.shown(scene)}
    if not found:
        return row
    first, last = sides[False][0].time, sides[False][-1].time
    flooding = [each for each in sides[False] if each.time >= last - LOOKED_AT]
    answered = [each for each in sides[True] if max(first, last - LOOKED_AT) <= each.time <= last]
    rules = found[0]["mitigation"]["rules"]
    texts = [rule["flowspec"] for rule in rules]
    row |= {"rules": len(rules), "advice": found[0]["mitigation"]["advice"], "texts": texts,
            "covered": share(flooding, texts, target), "covered_said": found[0]["mitigation"]["covered_share"],
            "answered": share(answered, texts, target), "off": 0.0, "answered_off": 0.0, "packets": len(answered)}
    for rule in rules:
        row["off"] = max(row["off"], abs(rule["flood_share"] - share(flooding, [rule["flowspec"]], target)))
        row["answered_off"] = max(row["answered_off"],
                                  abs(rule["answered_share"] - share(answered, [rule["flowspec"]], target)))
    return row


def share(packets, rules, target):
    taken = sum(any(matches(rule, packet, target) for rule in rules) for packet in packets)
    return taken / max(1, len(packets))


def measure(tools, seed, quick=False):
    return tools.each(lambda scene: judge(tools, scene), scenes(tools, seed, quick))


def is_asked(row):
    return row["vector"] in ASKED_VECTORS
