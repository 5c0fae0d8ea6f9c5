"""Every vector at 1.5, 3 and 10 times its limit, within ordinary traffic of 100 kpps."""
import random

from runner import Flood, Scene, flood_rate, vector_names
from verdicts import describe, judge, others

FACTORS = (1.5, 3.0, 10.0)
BENIGN = 100_000
SPAN = 2.0        # duration of a flood in seconds
FIRST = 1.5       # seconds until the first flood
TURNS = 3         # floods in a row in one network of a capture
NETWORKS = ("198.51.100.", "203.0.113.", "2001:db8:1::")


def target(network, number):
    prefix = NETWORKS[network]
    # The targets are addresses of clients, which also have ordinary traffic. IPv6 hosts are numbered in hex.
    return prefix + (f"{number:x}" if ":" in prefix else str(number))


def scenes(tools, seed, factors=FACTORS, vectors=None, benign=BENIGN):
    rng = random.Random(seed)
    wanted = [(vector, factor) for vector in vectors or vector_names(tools.trafficgen)
              for factor in factors]
    rng.shuffle(wanted)
    per_scene = TURNS * len(NETWORKS)
    result = []
    for at in range(0, len(wanted), per_scene):
        floods = []
        pending = list(wanted[at:at + per_scene])
        # Vectors that need a network of one IP version get their slots first.
        pending.sort(key=lambda item: {"icmpv6": 0, "icmp": 1}.get(item[0], 2))
        slots = [(network, turn) for turn in range(TURNS) for network in (2, 0, 1)]
        for (vector, factor), (network, turn) in zip(pending, placed(pending, slots)):
            number = 140 + (len(result) * 11 + turn * 3 + network) % 100
            start = FIRST + turn * (SPAN + 0.5) + rng.random() * 0.4
            floods.append(Flood(vector, target(network, number),
                                flood_rate(tools.limits(), vector, factor), start, SPAN, factor=factor))
        duration = FIRST + TURNS * (SPAN + 0.5) + 0.5
        result.append(Scene(f"floods {at // per_scene}",
                            ["--duration", f"{duration}s", "--benign", f"mix={benign}pps"],
                            floods, seed=seed + at))
    return result


def placed(pending, slots):
    """A slot (network, turn) for each flood: ICMPv6 in the IPv6 network, ICMP in an IPv4 network."""
    free = list(slots)
    for vector, _ in pending:
        v6 = {"icmpv6": (True,), "icmp": (False,)}.get(vector, (True, False))
        slot = next(each for each in free if (":" in NETWORKS[each[0]]) in v6)
        free.remove(slot)
        yield slot


def measure(tools, seed, quick=False):
    chosen = scenes(tools, seed, benign=20_000 if quick else BENIGN)
    if quick:
        chosen = chosen[::3]
    rows, false = [], []
    for outcome in tools.each(tools.run, chosen):
        for flood in outcome.scene.floods:
            rows.append(judge(outcome, flood) | {"command": tools.shown(outcome.scene)})
        for incident in others(outcome, outcome.scene.floods):
            false.append({"incident": describe(incident), "command": tools.shown(outcome.scene)})
    return {"rows": rows, "false": false}
