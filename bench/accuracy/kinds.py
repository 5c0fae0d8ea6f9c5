"""One event, one incident; today's reflectors; who sends. Floods and ordinary traffic that differ by their kind and not
by their rate, each seen whole, inbound only, and in a sample of one packet in ten."""
import dataclasses

from runner import Flood, Scene
from verdicts import describe, truth_of

V4, OTHER, V6 = "198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48"
HOST = "198.51.100.200"
PROTECT = ["--protect", V4, "--protect", OTHER, "--protect", V6]
VIEWS = {"whole": ([], 1), "inbound only": (["--view", "inbound"], 1), "1 packet in 10": (["--sample", "10"], 10)}
SECONDS = 6
START, LASTS = 1.5, 3.0


@dataclasses.dataclass
class Kind:
    """A capture with what must be reported of it: (target, first vector) of each incident.

    `most` incidents may be reported beside those named, on hosts of the target (the first hops of a flood that moves).
    """
    name: str
    floods: list
    expected: list
    most: int = 0
    benign: str = "mix=2kpps"
    replay: list = dataclasses.field(default_factory=lambda: PROTECT)
    generate: list = dataclasses.field(default_factory=list)
    sources: bool = False     # sources_estimate and top_sources are those of the flood alone
    views: tuple = tuple(VIEWS)


def hops(vector, hosts, rate, stay, pause=0.0, extra=""):
    return [Flood(vector, host, rate, START + n * (stay + pause), stay, extra) for n, host in enumerate(hosts)]


def numbered(network, count, first=150, step=7, last=90):
    """So many hosts of a network, in no order of their numbers."""
    return [f"{network}{first + n * step % last}" for n in range(count)]


def one(vector, target, rate, extra="", start=START, lasts=LASTS):
    return Flood(vector, target, rate, start, lasts, extra)


def floods():
    scattered = [f"198.51.{100 + n * 7 % 4}.{20 + n * 37 % 200}" for n in range(12)]
    return [
        Kind("hops over a /24", hops("udp", numbered("198.51.100.", 12), 40e3, 0.3), [(V4, "udp")], 4),
        Kind("hops with pauses", hops("tcp_syn", numbered("203.0.113.", 6), 12e3, 0.4, 0.4), [(OTHER, "tcp_syn")], 4),
        Kind("hops within windows", hops("icmp", numbered("198.51.100.", 12), 20e3, 0.25), [(V4, "icmp")], 4),
        Kind("hops over a /22", hops("udp", scattered, 40e3, 0.3), [("198.51.100.0/22", "udp")], 4,
             replay=["--protect", "198.51.100.0/22"], generate=["--inside", "198.51.100.0/22"]),
        Kind("hops over an IPv6 /64", hops("udp", [f"2001:db8:1::{150 + 7 * n:x}" for n in range(12)], 40e3, 0.3),
             [("2001:db8:1::/64", "udp")], 4, replay=[]),
        Kind("SYNs under a carpet", [one("udp", V4, 100e3), one("tcp_syn", HOST, 9e3, "", 2.5, 2)],
             [(V4, "udp"), (f"{HOST}/32", "tcp_syn")]),
        Kind("reflected DNS under a SYN carpet", [one("tcp_syn", OTHER, 40e3),
                                                  one("reflection_dns", "203.0.113.201", 9e3, "", 2.5, 2)],
             [(OTHER, "tcp_syn"), ("203.0.113.201/32", "reflection_dns")]),
        Kind("a carpet after a host's flood", [one("tcp_syn", HOST, 15e3), one("udp", V4, 100e3, "", 2.5, 2)],
             [(f"{HOST}/32", "tcp_syn"), (V4, "udp")]),
        Kind("a carpet of two vectors", [one("udp", V4, 100e3), one("tcp_syn", V4, 40e3)], [(V4, "udp")]),
        Kind("SLP to many ports", [one("reflection_slp", HOST, 12e3, "sources=40")],
             [(f"{HOST}/32", "reflection_slp")], sources=True),
        Kind("TP-240", [one("reflection_tp240", HOST, 12e3, "sources=30,port=80")],
             [(f"{HOST}/32", "reflection_tp240")], sources=True),
        Kind("DTLS", [one("reflection_dtls", HOST, 12e3, "sources=300")], [(f"{HOST}/32", "reflection_dtls")]),
        Kind("QUIC servers' first flights", [one("reflection_quic", HOST, 12e3, "sources=300")],
             [(f"{HOST}/32", "reflection_quic")]),
        Kind("three unnamed servers to one port", [one("reflection_port_9999", HOST, 12e3, "sources=3,port=80")],
             [(f"{HOST}/32", "reflection_port_9999")], sources=True),
        Kind("three thousand unnamed servers", [one("reflection_port_9999", HOST, 12e3, "sources=3000")],
             [(f"{HOST}/32", "reflection_port_9999")]),
        Kind("three reflectors beside a web crowd", [one("reflection_cldap", "198.51.100.80", 15e3, "sources=3")],
             [("198.51.100.80/32", "reflection_cldap")], benign="web=4kpps", sources=True),
        Kind("reflectors beside a DNS crowd", [one("reflection_ntp", "198.51.100.53", 15e3, "sources=5")],
             [("198.51.100.53/32", "reflection_ntp")], benign="dns=6kpps", sources=True),
    ]


def ordinary():
    return [
        Kind("a download over HTTP/3 from four servers", [one("reflection_port_443", HOST, 25e3, "sources=4,port=50000")],
             [], views=("inbound only",)),
        Kind("a tunnel to another site", [one("reflection_openvpn", HOST, 12e3, "sources=1,port=1194")], [],
             views=("inbound only",)),
        Kind("a stream from one server", [one("reflection_port_9999", HOST, 12e3, "sources=1,port=5004")], [],
             views=("inbound only",)),
        Kind("visits over HTTP/3", [], [], benign="quic=20kpps"),
        Kind("games", [], [], benign="game=20kpps"),
        Kind("conferences and calls", [], [], benign="conference=15kpps"),
        Kind("names", [], [], benign="dns=20kpps"),
        Kind("clients behind one address", [], [], benign="nat=20kpps"),
        Kind("speed tests, one host after the other", [], [], benign="speed_test=20kpps"),
    ]


def scaled(flood, factor):
    return dataclasses.replace(flood, rate=flood.rate * factor)


def scenes(seed, quick):
    for kind in floods()[::4] + ordinary()[::4] if quick else floods() + ordinary():
        for view in kind.views:
            options, factor = VIEWS[view]
            yield Scene(f"{kind.name}, {view}",
                        ["--duration", f"{SECONDS}s", "--benign", kind.benign, *kind.generate, *options],
                        [scaled(flood, factor) for flood in kind.floods], kind.replay, seed,
                        {"kind": kind, "view": view})


def faults_of(outcome):
    kind = outcome.scene.context["kind"]
    left, faults = list(outcome.incidents), []
    for target, vector in kind.expected:
        found = [incident for incident in left if incident["target"] == target and incident["kind"] == "flood"]
        if len(found) != 1:
            faults.append(f"{len(found)} incidents on {target}")
            continue
        left.remove(found[0])
        if found[0]["vectors"][0]["name"] != vector:
            faults.append(f"{target} named {found[0]['vectors'][0]['name']}")
        if kind.sources:
            faults += wrong_sources(outcome, kind, found[0])
    hosts = [each for each in left if any(each["target"].split("/")[0] == flood.target for flood in kind.floods)]
    if len(left) > (kind.most if len(hosts) == len(left) else 0):
        faults += ["also reported: " + describe(incident) for incident in left[:3]]
    return faults


def wrong_sources(outcome, kind, incident):
    true = truth_of(outcome, kind.floods[0])["sources"]
    faults = []
    if incident["sources_estimate"] != true:
        faults.append(f"{incident['sources_estimate']} sources of {true}")
    shares = [each["packets"] for each in incident["top_sources"]]
    # Each server sends as much as another: a client among them would send far less.
    if shares and min(shares) * 3 < max(shares):
        faults.append(f"top sources of {min(shares)} to {max(shares)} packets")
    return faults


def measure(tools, seed, quick=False):
    rows = []
    for outcome in tools.each(tools.run, list(scenes(seed, quick))):
        kind = outcome.scene.context["kind"]
        rows.append({"kind": kind.name, "view": outcome.scene.context["view"], "flood": bool(kind.expected),
                     "incidents": len(outcome.incidents), "faults": faults_of(outcome),
                     "command": tools.shown(outcome.scene)})
    return rows
