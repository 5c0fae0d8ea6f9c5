"""Ordinary traffic, alone and together, captured completely and incompletely. Every incident is a false alarm."""
from runner import Scene
from verdicts import describe

MIXES = ("mix", "web", "dns", "mail", "video", "voip", "vpn", "ntp", "ping", "backup", "cdn_fill",
         "zone_transfer", "speed_test", "flash_crowd", "port_scan", "quic", "file_sharing", "game",
         "conference", "nat", "overlay", "broadcast", "telemetry", "radiation", "health_check")
RATES = (1_000, 10_000, 30_000, 100_000)
# Mixes that are ordinary only up to this rate, in packets/s over two /24 prefixes and an IPv6 /48.
MOST = {"ping": 10_000, "ntp": 30_000, "port_scan": 30_000, "zone_transfer": 30_000, "overlay": 30_000,
        "broadcast": 30_000, "telemetry": 1_000, "radiation": 1_000, "health_check": 1_000}
PROTECT = ["--protect", "198.51.100.0/24", "--protect", "203.0.113.0/24", "--protect",
           "2001:db8:1::/48"]
VIEWS = {
    "inbound only": ["--view", "inbound"],
    "outbound only": ["--view", "outbound"],
    "half of the routes asymmetric": ["--asymmetric", "0.5"],
    "begun in the middle": ["--skip", "2s"],
    "inbound only, begun in the middle": ["--view", "inbound", "--skip", "2s"],
    "inbound only, 1 packet in 10": ["--view", "inbound", "--sample", "10"],
    "1 packet in 10": ["--sample", "10"],
    "1 packet in 100": ["--sample", "100"],
    "64 bytes of each packet": ["--snaplen", "64"],
    "96 bytes of each packet": ["--snaplen", "96"],
}
# The mixes that look most like a flood in a view. The quick form has them too.
HARD = {"inbound only": [("game", 100_000), ("nat", 100_000)], "outbound only": [("port_scan", 10_000)],
        "1 packet in 10": [("port_scan", 10_000)], "inbound only, 1 packet in 10": [("nat", 30_000)]}
DURATION = "6s"


def alone(rates):
    for mix in MIXES:
        for rate in rates:
            if rate <= MOST.get(mix, rate):
                yield mix, rate


def benign(mix, rate):
    return ["--duration", DURATION, "--benign", f"{mix}={rate}pps"]


def together(rate):
    """All mixes together, each at `rate` or at its highest ordinary rate."""
    parts = [option for mix in MIXES[1:]
             for option in ("--benign", f"{mix}={min(rate, MOST.get(mix, rate))}pps")]
    return ["--duration", DURATION, *parts]


def scenes(seed, quick):
    rates = RATES[2:3] if quick else RATES
    result = []
    for named, protect in (("", []), ("protect", PROTECT)):
        if quick and not named:
            continue
        for mix, rate in alone(rates):
            result.append(Scene("whole", benign(mix, rate), [], protect, seed,
                                {"mix": mix, "rate": rate, "protect": named}))
        for rate in (1_000,) if quick else (1_000, 5_000, 10_000):
            result.append(Scene("whole", together(rate), [], protect, seed,
                                {"mix": "all together", "rate": rate, "protect": named}))
    for view, options in VIEWS.items():
        # In mail over IPv6, TCP headers that were cut before their flags were once reported as a flood.
        chosen = [("mix", 20_000), ("mail", 10_000), *HARD.get(view, ())] if quick else list(alone(RATES[1::2]))
        for mix, rate in chosen:
            result.append(Scene(view, benign(mix, rate) + options, [], [], seed,
                                {"mix": mix, "rate": rate, "protect": ""}))
    return result


def measure(tools, seed, quick=False):
    """[{view, mix, rate, protect, packets, false: [incident], command}]"""
    rows = []
    for outcome in tools.each(tools.run, scenes(seed, quick)):
        rows.append({"view": outcome.scene.name, **outcome.scene.context,
                     "packets": outcome.truth["packets"],
                     "false": [describe(incident) for incident in outcome.incidents],
                     "command": tools.shown(outcome.scene)})
    return rows
