"""Floods of every shape: each must be reported as the expected incidents, with the expected targets."""
import dataclasses

from benign import PROTECT
from runner import WINDOW, Flood, Scene, seconds_of
from verdicts import describe, relative, truth_of

BENIGN = 20_000


@dataclasses.dataclass
class Expected:
    """An expected incident: its target (without and with --protect) and its first vector."""
    target: str
    vector: str
    protected: str = ""  # the target with --protect, if it is another one
    exact: bool = True   # its peak and packets equal those of the flood on the same target

    def named(self, protect):
        return self.protected if protect and self.protected else self.target


@dataclasses.dataclass
class Shape:
    name: str
    seconds: float
    floods: list
    expected: list
    replay: list = dataclasses.field(default_factory=list)


def carpet(vector, target, rate, reported="", protected=""):
    return Shape(f"carpet {vector} over {target}", 7, [Flood(vector, target, rate, 2, 3)],
                 [Expected(reported or target, vector, protected)])


def shapes():
    v4, other, v6 = "198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48"
    host = "198.51.100.200"
    several = [f"198.51.100.{150 + i}" for i in range(12)]
    mixed = [("tcp_syn", "198.51.100.200", 10e3), ("udp", "198.51.100.201", 40e3),
             ("reflection_ntp", "203.0.113.80", 15e3), ("icmpv6", "2001:db8:1::50", 15e3),
             ("tcp_ack", "2001:db8:1::51", 40e3), ("dns_query", "203.0.113.53", 50e3)]
    return [
        carpet("udp", v4, 120e3),
        carpet("reflection_dns", v4, 250e3),
        carpet("tcp_syn", other, 30e3),
        carpet("icmp", other, 30e3),
        carpet("reflection_ntp", other, 30e3),
        carpet("tcp_ack", other, 120e3),
        carpet("tcp_syn", "203.0.113.64/26", 60e3, other),
        carpet("udp", "2001:db8:1::/64", 120e3, "2001:db8:1::/64", v6),
        carpet("tcp_syn", "2001:db8:1::/112", 60e3, "2001:db8:1::/64", v6),
        carpet("udp", v6, 120e3),
        Shape("pulses of 2 s every 7 s", 32, [Flood("udp", host, 60e3, 2, 28, "pulse=2s/5s")],
              [Expected(host, "udp")]),
        Shape("pulses of 0.2 s every second", 12, [Flood("tcp_syn", host, 20e3, 2, 9, "pulse=200ms/800ms")],
              [Expected(host, "tcp_syn")]),
        Shape("pulses over a /24", 20, [Flood("udp", v4, 200e3, 2, 16, "pulse=2s/5s")],
              [Expected(v4, "udp")]),
        Shape("three vectors on one host", 10,
              [Flood("reflection_dns", host, 60e3, 2, 6), Flood("reflection_ntp", host, 30e3, 3, 5),
               Flood("tcp_syn", host, 70e3, 4, 4)], [Expected(host, "reflection_dns", exact=False)]),
        Shape("a rise over 10 s", 16, [Flood("udp", host, 150e3, 2, 13, "ramp=10s")],
              [Expected(host, "udp")]),
        Shape("a slow rise of SYNs", 16, [Flood("tcp_syn", host, 20e3, 2, 13, "ramp=12s")],
              [Expected(host, "tcp_syn")]),
        Shape("twelve hosts of a /24 at once", 7, [Flood("tcp_syn", each, 10e3, 2, 3) for each in several],
              [Expected(each, "tcp_syn") for each in several]),
        Shape("six hosts, six vectors", 8, [Flood(vector, target, rate, 2 + 0.3 * i, 3)
                                            for i, (vector, target, rate) in enumerate(mixed)],
              [Expected(target, vector) for vector, target, _ in mixed]),
        Shape("a host within a carpet", 9, [Flood("udp", v4, 150e3, 2, 6), Flood("tcp_syn", host, 50e3, 4, 4)],
              [Expected(v4, "udp", exact=False), Expected(host, "tcp_syn")]),
        Shape("again after the hold", 46, [Flood("udp", host, 60e3, 2, 3, "", note="1"),
                                           Flood("udp", host, 60e3, 42, 3, "", note="2")],
              [Expected(host, "udp", exact=False), Expected(host, "udp", exact=False)]),
    ]


def scenes(seed, quick):
    chosen = shapes()
    if quick:
        chosen = [shape for shape in chosen if shape.seconds < 12][::2]
    for protect in (False, True):
        for shape in chosen:
            if quick and protect and "carpet" not in shape.name:
                continue
            rate = BENIGN // 4 if shape.seconds > 20 else BENIGN
            yield Scene(shape.name, ["--duration", f"{shape.seconds}s", "--benign", f"mix={rate}pps"],
                        shape.floods, PROTECT if protect else [], seed,
                        {"shape": shape, "protect": protect})


def judge(outcome):
    shape, protect = outcome.scene.context["shape"], outcome.scene.context["protect"]
    left = list(outcome.incidents)
    faults = []
    for expected in shape.expected:
        target = expected.named(protect)
        found = next((incident for incident in outcome.of(target) if incident in left), None)
        if found is None:
            faults.append(f"no incident on {target}")
            continue
        left.remove(found)
        if found["vectors"][0]["name"] != expected.vector:
            faults.append(f"{target} named {found['vectors'][0]['name']}")
        if expected.exact:
            faults += compare(outcome, shape, expected, found)
    faults += ["also reported: " + describe(incident) for incident in left[:3]]
    return {"shape": shape.name, "protect": protect, "incidents": len(outcome.incidents),
            "expected": len(shape.expected), "faults": faults}


def compare(outcome, shape, expected, found):
    flood = next((each for each in shape.floods if each.target == expected.target), shape.floods[0])
    truth = truth_of(outcome, flood)
    faults = []
    for key, bound in (("peak_pps", 0.02), ("packets", 0.01)):
        error = relative(found[key], truth[key])
        # In a whole network, ordinary packets of the same kind are counted too.
        if abs(error) > bound + (0.02 if "/" in expected.target else 0):
            faults.append(f"{expected.target} {key} {error:+.1%}")
    late = seconds_of(found["start"]) - seconds_of(truth["start"])
    if abs(late) > WINDOW:
        faults.append(f"{expected.target} start {late:+.2f} s")
    return faults


def measure(tools, seed, quick=False):
    return [judge(outcome) | {"command": tools.shown(outcome.scene)}
            for outcome in tools.each(tools.run, list(scenes(seed, quick)))]
