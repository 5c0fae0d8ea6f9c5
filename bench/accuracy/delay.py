"""The delay from when the true rate exceeds the limit to when the incident is detected, for floods that begin at many
different times within a window."""
import random

from runner import WINDOW, Flood, Scene, limit_key, seconds_of
from verdicts import truth_of

VECTORS = ("tcp_syn", "tcp_ack", "udp", "icmp", "gre", "reflection_ntp", "reflection_memcached",
           "dns_query", "quic_initial", "udp_fragment", "tcp_rst", "reflection_ssdp")
STEPS = (1.5, 3.0, 10.0)
RAMP = 10.0         # final rate of a ramp, in limits
RAMP_SECONDS = 1.0
SPAN = 0.6
PER_SCENE = 6       # flooded hosts in one capture: fewer than count as carpet bombing
BENIGN = 5_000


def scenes(tools, seed, count):
    """`count` floods, equally many of each shape and vector, each with a random start."""
    rng = random.Random(seed)
    shapes = [*STEPS, "ramp"]
    result = []
    for number in range(count // PER_SCENE):
        floods = []
        for host in range(PER_SCENE):
            index = number * PER_SCENE + host
            # Every pair of a vector and a shape comes equally often.
            vector = VECTORS[index % len(VECTORS)]
            shape = shapes[(index // len(VECTORS)) % len(shapes)]
            limit = tools.limits()["host"][limit_key(vector)]
            prefix = ("198.51.100.", "203.0.113.")[host % 2]
            ramp = shape == "ramp"
            floods.append(Flood(vector, prefix + str(150 + host * 7), limit * (RAMP if ramp else shape),
                                0.6 + rng.random(), RAMP_SECONDS + 0.2 if ramp else SPAN,
                                f"ramp={RAMP_SECONDS}s" if ramp else "", factor=0 if ramp else shape))
        result.append(Scene(f"delay {number}", ["--duration", "3s", "--benign", f"mix={BENIGN}pps"],
                            floods, seed=seed * 1000 + number))
    return result


def passing(flood, truth):
    """The times (seconds) at which the flood exceeds its limit: by its rate, and by the count of the last window."""
    start = seconds_of(truth["start"])
    if flood.factor:
        return start, start + WINDOW / flood.factor
    # The first packet of a ramp is later than the start of the ramp.
    begun = seconds_of(truth["scene_start"]) + flood.start
    crossed = begun + RAMP_SECONDS / RAMP
    return crossed, crossed + WINDOW / 2


def measure(tools, seed, quick=False):
    rows = []
    for outcome in tools.each(tools.run, scenes(tools, seed, 48 if quick else 1200)):
        for flood in outcome.scene.floods:
            truth = dict(truth_of(outcome, flood), scene_start=outcome.truth["start"])
            found = [incident for incident in outcome.of(flood.target) if incident["kind"] == "flood"]
            row = {"vector": flood.vector, "shape": f"{flood.factor:g} x" if flood.factor else "ramp",
                   "command": tools.shown(outcome.scene), "target": flood.target}
            if found:
                detected = seconds_of(found[0]["detected"])
                at_once, counted = passing(flood, truth)
                row["windows"] = (detected - at_once) / WINDOW
                row["windows_counted"] = (detected - counted) / WINDOW
                row["measure"] = found[0]["evidence"][0]["measure"]
            rows.append(row)
    return rows


def quantile(values, share):
    """The smallest value such that at least `share` of all values are not above it."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1))]
