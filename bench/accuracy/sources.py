"""Spoofed and real sources: which floods have evidence that their sources are spoofed."""
from runner import Flood, Scene
from verdicts import describe

TARGET = "198.51.100.201"
BENIGN = 20_000
# Forged sources: a new address in each packet, drawn from routed networks or from all 32-bit numbers. Each address has
# its own TTL (many machines forge), or all have the same TTL (one machine forges).
FORGED = (("sources=spoofed", "drawn from what is routed, many senders"),
          ("sources=spoofed,ttl=52", "drawn from what is routed, one sender"),
          ("sources=any", "any 32 bits, many senders"),
          ("sources=any,ttl=117", "any 32 bits, one sender"),
          ("sources=crowd/4000,ttl=52", "a list of real addresses, one sender"))
REAL = (("sources=crowd/1", "one machine"), ("sources=crowd/300", "300 machines"),
        ("sources=crowd/3000", "3000 machines"), ("sources=crowd/20000", "20,000 machines"),
        ("sources=crowd/200000", "200,000 machines, most of them once"),
        ("sources=3000", "3000 machines, evenly over all networks"))
VECTORS = (("tcp_syn", 5_000), ("udp", 20_000), ("tcp_ack", 20_000), ("icmp", 5_000))
# Vectors whose senders are always real: reflectors answer, and completed handshakes need a real source.
GENUINE = (("reflection_ntp", 5_000), ("tcp_synack", 5_000), ("tls_hello", 12_000))
FACTORS = (1.5, 10)


def scenes(seed, quick):
    wanted = [(vector, limit * factor, extra, what, forged)
              for vector, limit in (VECTORS[:2] if quick else VECTORS) for factor in FACTORS[:1 if quick else 2]
              for group, forged in ((FORGED, True), (REAL, False)) for extra, what in group]
    wanted += [(vector, limit * 1.5, "", "by its nature real", False) for vector, limit in GENUINE]
    return [Scene(what, ["--duration", "4s", "--benign", f"mix={BENIGN}pps"],
                  [Flood(vector, TARGET, rate, 1, 2, extra)], seed=seed + number,
                  context={"vector": vector, "rate": rate, "forged": forged})
            for number, (vector, rate, extra, what, forged) in enumerate(wanted)]


def measure(tools, seed, quick=False):
    """[{what, vector, rate, forged, found, told: [measures], fault, command}]"""
    rows = []
    for outcome in tools.each(tools.run, scenes(seed, quick)):
        found = [incident for incident in outcome.of(TARGET) if incident["kind"] == "flood"]
        told = sorted({each["measure"] for incident in found for each in incident["evidence"]
                       if each["measure"].startswith("spoofed_")})
        right = len(found) == 1 and bool(told) == outcome.scene.context["forged"]
        rows.append({"what": outcome.scene.name, **outcome.scene.context, "found": len(found), "told": told,
                     "fault": "" if right else "; ".join(map(describe, found)) or "missed",
                     "command": tools.shown(outcome.scene)})
    return rows
