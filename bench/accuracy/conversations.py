"""Who answers, and who only seems to: floods that imitate conversations, and conversations that look like floods.

Each shape is written packet by packet (conversation_frames.py), with its truth: the target and first vector that must be
reported, or none. Each is replayed seen whole, inbound only, and as a sample of 1 packet in 10.
"""
import dataclasses
import pathlib
import tempfile
import typing

from conversation_frames import ACK, PSH, SYN, Capture, client, host, tcp, udp
from verdicts import describe

SECONDS = 8
GET = b"GET /a HTTP/1.1\r\nHost: w\r\n\r\n"
CARPET = "198.51.100.0/24"
VIEWS = ("whole", "inbound", "sampled")


@dataclasses.dataclass
class Shape:
    name: str
    write: typing.Callable
    target: str = ""    # "": no flood
    vector: str = ""
    rate: float = 0     # packets/s, seen whole; 0: not judged
    views: tuple = VIEWS  # in which it can be judged
    pace: float = 0     # requests/s that the evidence says, seen whole


def land(make):
    def write(capture):
        for at in capture.times(2, 4, 45_000):
            ports = capture.random.getrandbits(16) | 1, capture.random.getrandbits(16) | 1
            capture.add(at, make(host(77), host(77), ports))
    return write


def land_between_two_ports(capture):
    for number, at in enumerate(capture.times(2, 4, 45_000)):
        capture.add(at, udp(host(77), host(77), (9000, 9001) if number % 2 else (9001, 9000), bytes(80), False))


def inside_carpet(rate, make):
    def write(capture):
        choose = capture.random
        for at in capture.times(2, 4, rate):
            source, target = choose.randint(1, 254), choose.randint(1, 254)
            ports = choose.randint(1024, 65535), choose.randint(1024, 65535)
            if source != target:
                capture.add(at, make(host(source), host(target), ports))
    return write


def junk(connections, rate, payload, wire=0, repeats=False):
    """Data that is poured into open connections. The server is silent, or repeats its last word."""
    def write(capture):
        opened = capture.connect(1, host(80), [client(5000 + n) for n in range(connections)])
        for at in capture.times(2, 5, rate):
            source, port, sequence, acknowledgment = capture.random.choice(opened)
            capture.add(at, tcp(source, host(80), (port, 80), ACK | PSH, sequence, acknowledgment, payload), wire)
            if repeats:
                capture.add(at + 0.0002, tcp(host(80), source, (80, port), ACK, acknowledgment, sequence))
    return write


def answered_once(capture):
    """Datagrams in flows of which each was answered at their beginning."""
    flows = [(client(7000 + n), 2000 + n) for n in range(200)]
    for number, (source, port) in enumerate(flows):
        capture.add(0.5 + number / 1000, udp(source, host(90), (port, 9000), bytes(40)))
        capture.add(0.501 + number / 1000, udp(host(90), source, (9000, port), bytes(40)))
    for at in capture.times(3, 4.5, 60_000):
        source, port = capture.random.choice(flows)
        capture.add(at, udp(source, host(90), (port, 9000), bytes(300)))


def pipelined(cut):
    """2,000 segments a second with 48 requests each; `cut`: segments end anywhere within a request."""
    def write(capture):
        opened = capture.connect(1, host(80), [client(5000 + n) for n in range(300)])
        state = [[sequence, acknowledgment, 0] for _, _, sequence, acknowledgment in opened]
        text = GET * 50
        for at in sorted(capture.times(2, 4, 2_000)):
            number = capture.random.randrange(len(opened))
            source, port, now = *opened[number][:2], state[number]
            begin = now[2] % len(GET)
            segment = text[begin:begin + 48 * len(GET)]
            now[2] += 48 * len(GET) + (11 if cut else 0)
            if cut:
                segment = text[begin:begin + 48 * len(GET) + 11]
            capture.add(at, tcp(source, host(80), (port, 80), ACK | PSH, now[0], now[1], segment))
            now[0] += len(segment)
            reply = b"HTTP/1.1 200 OK\r\n" * 10
            capture.add(at + 0.002, tcp(host(80), source, (80, port), ACK | PSH, now[1], now[0], reply))
            now[1] += len(reply)
    return write


def initial(identifier):
    return b"\xc3\0\0\0\x01\x08" + identifier + b"\0\0\x44\x9e" + bytes(60)


def quic_over_few_flows(capture):
    """Ever new QUIC connections over 20 flows, each answered."""
    for at in capture.times(2, 4, 15_000):
        number = capture.random.randrange(20)
        source, port = client(8000 + number), 3000 + number
        capture.add(at, udp(source, host(43), (port, 443), initial(capture.random.randbytes(8))), 1242)
        capture.add(at + 0.001, udp(host(43), source, (443, port), b"\xc1\0\0\0\x01" + bytes(40)), 1242)


def cut_hellos(capture):
    """Connections whose first segment has the TLS record's header alone."""
    for number, at in enumerate(capture.times(2, 4, 6_000)):
        source, port = client(number % 40 + 9000), 1024 + number % 60000
        capture.add(at, tcp(source, host(43), (port, 443), SYN, 1))
        capture.add(at + 0.001, tcp(host(43), source, (443, port), SYN | ACK, 1, 2))
        capture.add(at + 0.020, tcp(source, host(43), (port, 443), ACK, 2, 2))
        capture.add(at + 0.021, tcp(source, host(43), (port, 443), ACK | PSH, 2, 2, b"\x16\x03\x01\x02\0"))
        capture.add(at + 0.022, tcp(source, host(43), (port, 443), ACK | PSH, 7, 2, b"\x01\0\x01\xfc" + bytes(60)))
        capture.add(at + 0.030, tcp(host(43), source, (443, port), 4, 2, 71))


def upload(flows, rate, each, losses=0.0, elsewhere=False):
    """Uploads in which every `each`th segment is acknowledged. After a loss, the same number is repeated for
    80 ms. `elsewhere`: all acknowledgements take another link."""
    def write(capture):
        opened = capture.connect(1, host(90), [client(6000 + n) for n in range(flows)], 5001)
        state = [[sequence, 0, 0.0] for _, _, sequence, _ in opened]
        for count, at in enumerate(sorted(capture.times(1.1, 6, rate))):
            source, port, _, acknowledgment = opened[count % flows]
            now = state[count % flows]
            capture.add(at, tcp(source, host(90), (port, 5001), ACK, now[0], acknowledgment, bytes(30)), 1514)
            now[0] += 1448
            now[1] += 1
            if at > now[2] and capture.random.random() < losses:
                now[2] = at + 0.08
            lost = at < now[2]
            if (now[1] % each == 0 or lost) and not elsewhere:
                number = opened[count % flows][2] + (0 if lost else now[0])
                capture.add(at + 0.0003, tcp(host(90), source, (5001, port), ACK, acknowledgment, number))
    return write


def download(capture):
    opened = capture.connect(1, host(90), [client(6000 + n) for n in range(4)])
    for count, at in enumerate(sorted(capture.times(1.1, 6, 20_000))):
        source, port, sequence, acknowledgment = opened[count % 4]
        moved = acknowledgment + count * 1448
        capture.add(at, tcp(host(90), source, (80, port), ACK, moved, sequence, bytes(30)), 1514)
        capture.add(at + 0.03, tcp(source, host(90), (port, 80), ACK, sequence, moved + 1448))


def streams(capture):
    """150 streams of 200 datagrams a second, each answered by one report in 5 s."""
    for number in range(150):
        source, port, phase = client(7000 + number), 4000 + number, number / 150
        for at in (phase * 0.2, phase * 0.5 + 0.3, *(phase * 4 + second for second in (1, 6))):
            capture.add(at, udp(source, host(91), (port, 5004), bytes(60)))
            capture.add(at + 0.001, udp(host(91), source, (5004, port), b"\x81\xc9" + bytes(40)))
        for count in range(int((SECONDS - 1) * 200)):
            capture.add(phase + count / 200, udp(source, host(91), (port, 5004), bytes(60)), 1200)


def players(capture):
    """2,500 players who all join within 100 ms; each sends and gets 20 datagrams a second."""
    for number in range(2_500):
        source, port, begin = client(11_000 + number), 1024 + number, 3 + capture.random.random() * 0.1
        for count in range(40):
            at = begin + count * 0.05 if count > 2 else begin + count * 0.01
            capture.add(at, udp(source, host(92), (port, 27500), bytes(50 + number % 3 * 40)))
            capture.add(at + 0.015, udp(host(92), source, (27500, port), bytes(120)))


def quic_crowd(capture):
    """6,000 new HTTP/3 clients a second with two or three Initials each, all served."""
    for number, at in enumerate(capture.times(1, 4, 6_000)):
        source, port, own = client(20_000 + number), 1024 + number % 60000, capture.random.randbytes(8)
        hellos = [0, 0.0002] + ([0.0004] if number % 2 else [])
        for later in hellos:
            capture.add(at + later, udp(source, host(43), (port, 443), initial(own)), 1242)
        for later in (0.002, 0.0022):
            capture.add(at + later, udp(host(43), source, (443, port), b"\xc1\0\0\0\x01" + bytes(40)), 1242)
        capture.add(at + 0.03, udp(source, host(43), (port, 443), initial(b"serverid")), 1242)
        for later in range(6):
            capture.add(at + 0.033 + later * 0.004, udp(source, host(43), (port, 443), b"\x4a" + bytes(60)))
            capture.add(at + 0.035 + later * 0.004, udp(host(43), source, (443, port), b"\x4a" + bytes(60)), 1292)


def crowd(capture):
    """6,000 visits a second of as many people, with one request each."""
    for number, at in enumerate(capture.times(1, 4, 6_000)):
        capture.visit(at, host(80), client(30_000 + number), 1024 + number % 60000, [GET], replies=1)


def reconnects(capture):
    """600 clients come back within 20 ms, just before a window ends; 70 ms later they are connected."""
    for number in range(600):
        at = 3.079 + capture.random.random() * 0.02
        source, port = client(40_000 + number), 1024 + number
        capture.add(at, tcp(source, host(80), (port, 8883), SYN, 1))
        capture.add(at + 0.001, tcp(host(80), source, (8883, port), SYN | ACK, 1, 2))
        capture.add(at + 0.070, tcp(source, host(80), (port, 8883), ACK, 2, 2))
        capture.add(at + 0.071, tcp(source, host(80), (port, 8883), ACK | PSH, 2, 2, bytes(80)))
        capture.add(at + 0.072, tcp(host(80), source, (8883, port), ACK | PSH, 2, 82, bytes(20)))


def posts(capture):
    """Plain uploads of text that holds request lines."""
    body = b"GET /a HTTP/1.1\r\n" * 60
    for number, at in enumerate(capture.times(1, 5, 60)):
        first = b"POST /b HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + body[:600]
        capture.visit(at, host(80), client(number), 3000 + number, [first] + [b"z" + body] * 12)


def segment(flags, size=0):
    return lambda source, target, ports: tcp(source, target, ports, flags, 1, 1, bytes(size), False)


def datagram(size):
    return lambda source, target, ports: udp(source, target, ports, bytes(size), False)


SHAPES = (
    Shape("LAND, UDP", land(datagram(100)), "198.51.100.77/32", "udp", 45_000, ("whole", "inbound")),
    Shape("LAND, SYN", land(segment(SYN)), "198.51.100.77/32", "tcp_syn", 45_000, ("whole", "inbound")),
    Shape("LAND, UDP between two ports", land_between_two_ports, "198.51.100.77/32", "udp", 45_000,
          ("whole", "inbound")),
    Shape("carpet, sources from inside, UDP", inside_carpet(120_000, datagram(150)), CARPET, "udp", 120_000,
          ("whole", "inbound")),
    Shape("carpet, sources from inside, SYN", inside_carpet(60_000, segment(SYN)), CARPET, "tcp_syn", 60_000,
          ("whole", "inbound")),
    Shape("carpet, sources from inside, ACK", inside_carpet(120_000, segment(ACK)), CARPET, "tcp_ack", 120_000,
          ("whole", "inbound")),
    Shape("junk in 500 connections", junk(500, 60_000, bytes(30), 822), "198.51.100.80/32", "tcp_ack", 60_000,
          ("whole",)),
    Shape("junk in 20 connections, small", junk(20, 60_000, bytes(6)), "198.51.100.80/32", "tcp_ack", 60_000,
          ("whole",)),
    Shape("junk, the server repeats its word", junk(100, 30_000, bytes(30), repeats=True), "198.51.100.80/32",
          "tcp_ack", 30_000, ("whole",)),
    Shape("datagrams in flows answered once", answered_once, "198.51.100.90/32", "udp", 60_000, ("whole",)),
    Shape("pipelined requests", pipelined(False), "198.51.100.80/32", "http_request", 0, ("whole",), 96_000),
    Shape("pipelined requests, cut anywhere", pipelined(True), "198.51.100.80/32", "http_request", 0, ("whole",)),
    Shape("QUIC connections over 20 flows", quic_over_few_flows, "198.51.100.43/32", "quic_initial", 0,
          ("whole",), 14_000),
    Shape("TLS hellos over segments", cut_hellos, "198.51.100.43/32", "tls_hello", 0, ("whole",)),
    Shape("one upload", upload(1, 30_000, 2)),
    Shape("uploads, every 45th segment acknowledged", upload(20, 40_000, 45), views=("whole", "sampled")),
    Shape("uploads with losses", upload(5, 40_000, 2, 0.0002), views=("whole", "sampled")),
    Shape("an upload acknowledged elsewhere", upload(1, 30_000, 2, elsewhere=True)),
    Shape("downloads", download),
    Shape("streams answered by reports", streams, views=("whole",)),
    Shape("players who join at once", players, views=("whole", "sampled")),
    Shape("an HTTP/3 crowd", quic_crowd, views=("whole", "sampled")),
    Shape("an HTTP crowd", crowd, views=("whole", "sampled")),
    Shape("clients that come back at once", reconnects),
    Shape("uploads of request lines", posts, views=("whole", "sampled")),
)


def faults_of(shape, view, report):
    floods = [each for each in report["incidents"] if each["kind"] == "flood"]
    if not shape.target:
        return ["reported: " + describe(each) for each in floods[:2]]
    found = next((each for each in floods if each["target"] == shape.target), None)
    faults = ["also reported: " + describe(each) for each in floods if each is not found][:2]
    if found is None:
        return ["missed", *faults]
    if found["vectors"][0]["name"] != shape.vector:
        faults.append("named " + found["vectors"][0]["name"])
    if shape.rate and view == "whole" and abs(found["peak_pps"] / shape.rate - 1) > 0.1:
        faults.append(f"peak {found['peak_pps']:.0f}, not {shape.rate:.0f}")
    told = max((each["value"] for each in found["evidence"] if "per_second" in each["measure"]), default=0)
    if shape.pace and view == "whole" and told < shape.pace * 0.9:
        faults.append(f"{told:.0f} requests/s told, not {shape.pace:.0f}")
    return faults


def measure(tools, seed, quick=False):
    """[{shape, view, flood, faults}]"""
    chosen = SHAPES[::4] if quick else SHAPES

    def replay(shape):
        capture = Capture(seed)
        capture.ordinary(SECONDS)
        shape.write(capture)
        rows = []
        with tempfile.TemporaryDirectory() as folder:
            for view in shape.views[:1] if quick else shape.views:
                path = pathlib.Path(folder) / f"{view}.pcap"
                capture.write(path, view)
                report = tools.replay_file(path, "--protect", CARPET)
                rows.append({"shape": shape.name, "view": view, "flood": bool(shape.target),
                             "faults": faults_of(shape, view, report)})
        return rows

    return [row for rows in tools.each(replay, chosen) for row in rows]
