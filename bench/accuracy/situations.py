"""Floods out, scans and outages, with what looks like them: each must be told as what it is.

Each situation is captured completely, inbound only, and as a sample of one packet in ten. The sample is judged with
limits of a tenth."""
import dataclasses
import os
import random
import tempfile
import zlib

from frames import Capture, icmp, inside, tcp, udp
from runner import quoted

PREFIX = "198.51.100.0/24"
HOST = inside(43)
START, LENGTH = 2, 3  # seconds: when what is to be judged begins, and how long it lasts
VICTIM = 11 << 24 | 4242


@dataclasses.dataclass
class Situation:
    name: str
    make: object              # fills a Capture
    floods: tuple = ()        # (direction, target, first vector)
    scans: tuple = ()         # kinds of scans that are told
    inbound: tuple = ()       # floods that are also reported where only inbound packets are visible
    views: tuple = ("whole", "inbound", "sampled")
    peak: float = 0           # of the first flood, packets/s; 0: not compared
    seconds: float = 7


def out_udp(c, rate=60e3):
    for t in c.times(START, LENGTH, rate):
        c.add(t, udp(HOST, VICTIM, c.port(), c.port(), wire=300))


def out_below(c):
    for t in c.times(START, LENGTH, 18e3):
        c.add(t, udp(HOST, VICTIM, 40000, c.random.randint(7000, 7500), wire=300))


def out_syn_one(c):
    for t in c.times(START, LENGTH, 12e3):
        c.add(t, tcp(HOST, VICTIM, c.port(), 443, 2))


def out_syn_many(c):
    victims = [c.anybody() for _ in range(200)]
    for t in c.times(START, LENGTH, 15e3):
        c.add(t, tcp(HOST, c.random.choice(victims), c.port(), 80, 2))


def out_ping(c):
    for t in c.times(START, LENGTH, 8e3):
        c.add(t, icmp(HOST, VICTIM, 8))
        c.add(t + 0.004, icmp(VICTIM, HOST, 0))


def out_ntp(c):
    for t in c.times(START, LENGTH, 100):
        port = c.port()
        c.add(t, udp(VICTIM, HOST, port, 123, b"\x17\0\x03\x2a" + bytes(4)))
        for n in range(100):
            c.add(t + 0.0005 + n * 0.00005, udp(HOST, VICTIM, 123, port, b"\xd7" + bytes(7), wire=468))


def question(c, kind=1):
    name = b"\x05www" + b"%02d" % c.random.randint(0, 49) + b"\x07example\x03org\0"
    return c.random.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + name + bytes([0, kind, 0, 1])


def out_dns(c):
    for t in c.times(START, LENGTH, 7e3):
        port, query = c.port(), question(c, 255)
        victim = VICTIM + c.random.randint(0, 2) * 65536
        c.add(t, udp(victim, HOST, port, 53, query))
        c.add(t + 0.001, udp(HOST, victim, 53, port, query[:2] + b"\x81\x80" + query[4:], wire=1400))


def out_http(c):
    port = [c.port() for _ in range(50)]
    for t in c.times(START, LENGTH, 14e3):
        c.add(t, tcp(HOST, VICTIM, c.random.choice(port), 80, 24, data=b"GET /x HTTP/1.1\r\n\r\n"))


def syn_one_source(c):
    source = c.anybody()
    for t in c.times(START, LENGTH, 9e3):
        c.add(t, tcp(source, HOST, c.port(), 443, 2))


def syn_random_ports(c, rate=9e3):
    for t in c.times(START, LENGTH, rate):
        c.add(t, tcp(c.anybody(), HOST, c.port(), c.random.randint(1, 65535), 2))


def syn_twice(c):
    for t in c.times(START, LENGTH, 8e3):
        frame = tcp(c.anybody(), HOST, c.port(), 443, 2, c.random.getrandbits(31))
        c.add(t, frame)
        c.add(t + 1, frame)


def bots_over_the_network(c):
    bots = [c.anybody() for _ in range(300)]
    for t in c.times(START, LENGTH, 40e3):
        c.add(t, tcp(c.random.choice(bots), inside(c.random.randint(0, 255)), c.port(), 443, 2))


def scan(c, sources=1, rate=9e3, refused=True, target=None, flags=2):
    these = [c.anybody() for _ in range(sources)]
    for n, t in enumerate(c.times(START, LENGTH, rate)):
        source, port = these[n % sources], n % 65535 + 1
        c.add(t, tcp(source, target or HOST, 41234, port, flags))
        if refused:
            c.add(t + 0.0005, tcp(target or HOST, source, port, 41234, 20))


def scan_and_flood(c):
    scan(c)
    for t in c.times(START, LENGTH, 12e3):
        c.add(t, tcp(c.anybody(), HOST, c.port(), 443, 2))


def scan_udp(c):
    source = c.anybody()
    for n, t in enumerate(c.times(START, LENGTH, 9e3)):
        c.add(t, udp(source, HOST, 41234, n % 65535 + 1))
        c.add(t + 0.0005, icmp(HOST, source, 3, 3, bytes(28)))


def scan_hosts(c):
    source = c.anybody()
    targets = [(inside(host), port) for port in range(20, 140) for host in range(256)]
    for t, (target, port) in zip(c.times(START, LENGTH, 10e3), targets):
        c.add(t, tcp(source, target, 41234, port, 2))


def scan_slowly(c):
    source = c.anybody()
    for n, t in enumerate(c.times(0, 60, 5)):
        c.add(t, tcp(source, HOST, 41234, 1000 + n, 2))
        c.add(t + 0.0005, tcp(HOST, source, 1000 + n, 41234, 20))


def scan_others(c):
    for t in c.times(START, LENGTH, 20e3):
        c.add(t, tcp(HOST, c.anybody(), 41234, 23, 2))


def name_server(c):
    clients = [c.anybody() for _ in range(2000)]
    for t in c.times(0, 6, 7e3):
        client, port, query = c.random.choice(clients), c.port(), question(c)
        c.add(t, udp(client, HOST, port, 53, query))
        c.add(t + 0.001, udp(HOST, client, 53, port, query[:2] + b"\x81\x80" + query[4:],
                             wire=c.random.choice((120, 200, 500, 900, 1232))))


def resolver(c):
    servers = [c.anybody() for _ in range(3000)]
    for t in c.times(0, 6, 3e3):
        server, port, query = c.random.choice(servers), c.port(), question(c)
        c.add(t, udp(HOST, server, port, 53, query))
        c.add(t + 0.02, udp(server, HOST, 53, port, query[:2] + b"\x81\x80" + query[4:], wire=160))


def video(c):
    flows = [(c.anybody(), c.port()) for _ in range(300)]
    for n, t in enumerate(c.times(0, 6, 40e3)):
        client, port = flows[n % 300]
        if n % 8 == 0:
            c.add(t, udp(client, HOST, port, 443, b"\x4a" + bytes(30)))
        else:
            c.add(t, udp(HOST, client, 443, port, b"\x4a" + bytes(30), wire=1280))


def upload(c):
    c.add(0.01, tcp(HOST, VICTIM, 50000, 22, 2, 1))
    c.add(0.02, tcp(VICTIM, HOST, 22, 50000, 18, 1, 2))
    for n, t in enumerate(c.times(0.03, 5.9, 45e3)):
        c.add(t, tcp(HOST, VICTIM, 50000, 22, 16, 2 + n * 1448, 2, wire=1500))
        if n % 2:
            c.add(t + 0.004, tcp(VICTIM, HOST, 22, 50000, 16, 2, 2 + n * 1448))


def gateway(c):
    for t in c.times(0, 6, 1500):
        c.visit(t, HOST, c.anybody(), 443, request=b"\x16\x03\x01\0\x05\x01abcd", answers=6)


def mail_server(c):
    for t in c.times(0, 6, 200):
        c.visit(t, HOST, c.anybody(), 25, request=b"EHLO mail.example.org\r\n", answers=2, size=90)


def answers_to_a_flood(c):
    for t in c.times(START, LENGTH, 20e3):
        source, port = c.anybody(), c.port()
        c.add(t, tcp(source, HOST, port, 443, 2, 5))
        c.add(t + 0.0002, tcp(HOST, source, 443, port, 18, 1, 6))


def outage(c, rate=2500, gap=4):
    clients = [c.anybody() for _ in range(20000)]
    for t in c.times(0, 6.9, rate):
        client, port = c.random.choice(clients), c.port()
        if t < gap:
            c.visit(t, client, inside(90), 5222, port, b"hello", answers=2)
            continue
        frame = tcp(client, inside(90), port, 5222, 2, c.random.getrandbits(31))
        for again in (0, 1, 3):
            c.add(t + again, frame)


def outage_of_5000(c):
    outage(c, 5000)


FLOODED = "198.51.100.43/32"
# A sample of one packet in ten cannot tell these from floods: it does not show whether a flow is new, whether a SYN is
# the first one, nor whether the packet that is answered was there.
TOLD_WHOLE = ("whole", "inbound")
SITUATIONS = [
    Situation("datagrams out to one", out_udp, (("out", FLOODED, "udp"),), peak=60e3),
    Situation("SYNs out to one", out_syn_one, (("out", FLOODED, "tcp_syn"),), peak=12e3),
    Situation("SYNs out to two hundred", out_syn_many, (("out", FLOODED, "tcp_syn"),), peak=15e3),
    Situation("pings out that are answered", out_ping, (("out", FLOODED, "icmp"),), peak=8e3,
              inbound=(("in", FLOODED, "icmp"),)),
    Situation("a time server that answers monlist", out_ntp, (("out", FLOODED, "reflection_ntp"),)),
    Situation("an open resolver", out_dns, (("out", FLOODED, "reflection_dns"),), peak=7e3),
    Situation("requests out that nobody answers", out_http, (("out", FLOODED, "http_request"),)),
    Situation("SYNs of one source at one port", syn_one_source, (("in", FLOODED, "tcp_syn"),), peak=9e3),
    Situation("forged SYNs at any port", syn_random_ports, (("in", FLOODED, "tcp_syn"),), peak=9e3),
    Situation("forged SYNs, each twice", syn_twice, (("in", FLOODED, "tcp_syn"),)),
    Situation("bots over a network", bots_over_the_network, (("in", PREFIX, "tcp_syn"),)),
    Situation("a scan beside a flood", scan_and_flood, (("in", FLOODED, "tcp_syn"),), ("ports",)),
    Situation("datagrams out below the limit", out_below, views=TOLD_WHOLE),
    Situation("a scan that is refused", scan, (), ("ports",)),
    Situation("a scan that is not answered", lambda c: scan(c, refused=False), (), ("ports",)),
    # In the sample, each of the 200 tries one port in two windows.
    Situation("a scan shared by 200", lambda c: scan(c, 200), (), ("ports",), views=("whole", "inbound")),
    Situation("an Xmas scan", lambda c: scan(c, rate=4e3, flags=41), (), ("ports",)),
    Situation("a scan with datagrams", scan_udp, (), ("ports",)),
    Situation("a scan of hosts", scan_hosts, (), ("hosts",)),
    Situation("a slow scan", scan_slowly, (), ("ports",), seconds=62),
    Situation("a host that scans others", scan_others, (), ("hosts",)),
    Situation("a name server", name_server),
    Situation("a resolver", resolver),
    Situation("a server of HTTP/3 video", video, views=TOLD_WHOLE),
    Situation("an upload of 540 Mbit/s", upload),
    Situation("a gateway of an office", gateway),
    Situation("a mail server", mail_server),
    Situation("answers to a flood", answers_to_a_flood, (("in", FLOODED, "tcp_syn"),), views=TOLD_WHOLE),
    Situation("an outage of 2,500 connections a second", outage, seconds=11, views=TOLD_WHOLE),
    Situation("an outage of 5,000 connections a second", outage_of_5000, seconds=11, views=TOLD_WHOLE),
]
VIEWS = ("whole", "inbound", "sampled")


def keep_of(view, seed):
    if view == "whole":
        return lambda source, target, number: True
    if view == "inbound":
        return lambda source, target, number: target >> 8 == inside(0) >> 8
    chosen = random.Random(seed)
    return lambda source, target, number: chosen.random() < 0.1


def limits_of_a_tenth(tools, path):
    """A configuration that protects the prefix with limits of a tenth, for a sample of one in ten."""
    limits = tools.limits()
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"protect: [{{prefixes: [{PREFIX}]}}]\nprofiles:\n  default:\n")
        for key, which in (("thresholds", "host"), ("prefix_thresholds", "prefix"), ("outbound", "host")):
            file.write(f"    {key}:\n")
            for name, limit in limits[which].items():
                unit = {"bits": "bps", "new_flows": "ps", "connections": "ps"}.get(name, "pps")
                file.write(f"      {name}: {limit / 10:.0f}{unit}\n")


def expected(situation, view):
    floods = [each for each in situation.floods if view != "inbound" or each[0] == "in"]
    floods += situation.inbound if view == "inbound" else ()
    scans = set(situation.scans)
    if view == "inbound" and situation.make is scan_others:
        scans = set()
    # A slow scan of 300 ports leaves 30 of them in the sample.
    if view == "sampled" and situation.make is scan_slowly:
        scans = set()
    return floods, scans


def judge(situation, view, report):
    floods, scans = expected(situation, view)
    found = [(each["direction"], each["target"], each["vectors"][0]["name"] if each["vectors"] else "-")
             for each in report["incidents"] if each["kind"] == "flood"]
    faults = [f"missed {each}" for each in floods if each not in found]
    faults += [f"also reported {each}" for each in found if each not in floods]
    if len(set(found)) != len(found):
        faults.append("reported twice")
    told = {each["kind"] for each in report["scans"]}
    if scans != told:
        faults.append(f"scans of {sorted(told) or 'nothing'} told, not of {sorted(scans) or 'nothing'}")
    if situation.peak and floods and not faults:
        true = situation.peak / (10 if view == "sampled" else 1)
        peak = next(each["peak_pps"] for each in report["incidents"]
                    if each["kind"] == "flood" and each["target"] == floods[0][1])
        # Of a sample, the fullest of 30 windows has some standard deviations more than the mean.
        if not 0.97 * true <= peak <= (1.4 if view == "sampled" else 1.03) * true:
            faults.append(f"peak {peak:.0f}, not {true:.0f}")
    return faults


def run(tools, situation, seed):
    rows = []
    capture = Capture(zlib.crc32(situation.name.encode()) + seed)
    capture.ordinary(situation.seconds)
    situation.make(capture)
    with tempfile.TemporaryDirectory() as folder:
        path, config = os.path.join(folder, "capture.pcap"), os.path.join(folder, "tenth.yaml")
        limits_of_a_tenth(tools, config)
        for view in situation.views:
            capture.write(path, keep_of(view, seed))
            options = ["-c", config] if view == "sampled" else ["--protect", PREFIX]
            report = tools.replay_file(path, *options)
            rows.append({"situation": situation.name, "view": view, "flood": bool(situation.floods),
                         "faults": judge(situation, view, report),
                         "command": " ".join(quoted(["floodgauge", "replay", f"{situation.name}, {view}", *options]))})
    return rows


def measure(tools, seed, quick=False):
    chosen = SITUATIONS[::4] if quick else SITUATIONS
    return [row for rows in tools.each(lambda each: run(tools, each, seed), chosen) for row in rows]
