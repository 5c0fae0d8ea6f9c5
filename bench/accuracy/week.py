"""Seven days with the rhythm of day and week, and floods in the eighth night that stay below every limit. The
baseline must find these floods, and nothing else may be reported.

A week at 60 kpps would be 25 billion packets. This week has a thousandth of them: 60 packets/s in the busiest hour,
in real calendar time, in windows of two seconds, with every limit divided by a thousand. A window then has 1 to 100
packets instead of thousands, and its random variation is thirty times larger than on the real link. This makes the
test harder. Pings are left out: at a thousandth of the rate, one `ping -c 4` is an unusual rate for three windows."""
from runner import Flood, Scene, seconds_of
from sweep import Swept, replay
from verdicts import describe

SCALE = 1000
# Packets/s in the busiest hour, both directions together.
MIX = {"web": 20, "dns": 20, "quic": 8, "mail": 4, "ntp": 3, "radiation": 1, "health_check": 2}
HOUR = 3600
DAY = 24 * HOUR
NIGHT = 4.5 * HOUR   # the quietest time
FLOOD_SECONDS = 900
OVER = 1.3           # rate of a flood, relative to the rate of its class in the busiest hour
# The share of the packets of the DNS mix that are queries to the three networks: 60 % of the lookups come from
# outside, and each is one query and one answer.
QUERIES = 0.6 / 2
NETWORKS = ("198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48")


def config(limits, times=1):
    lines = ["protect:", f"  - {{name: all, prefixes: [{', '.join(map(repr, NETWORKS))}]}}",
             "engine: {window: 2s}", "profiles:", "  default:"]
    for key, scope in (("thresholds", "host"), ("prefix_thresholds", "prefix")):
        lines.append(f"    {key}:")
        for name, value in limits[scope].items():
            unit = {"bits": "bps", "new_flows": "ps", "connections": "ps"}.get(name, "pps")
            lines.append(f"      {name}: {times * value / SCALE:f}{unit}")
    return "\n".join(lines) + "\n"


def events(days, times=1):
    """Options for the backups, speed tests and flash crowds."""
    options = []

    def add(mix, rate, start, duration):
        if start + duration < days * DAY:
            options.extend(["--benign", f"{mix}={times * rate}pps,start={start:.0f}s,duration={duration}s"])

    for day in range(int(days) + 1):
        add("backup", 40, day * DAY + 2 * HOUR, 5400)
        for hour in (9.3, 14.1, 20.7):
            add("speed_test", 60, day * DAY + hour * HOUR, 60)
        if day % 3 == 1:
            add("flash_crowd", 60, day * DAY + 19 * HOUR, 2400)
    return options


def night_floods(days):
    queries = MIX["dns"] * QUERIES
    night = int(days) * DAY + NIGHT
    return [Flood("dns_query", "198.51.100.53", OVER * queries, night, FLOOD_SECONDS, "answers=0"),
            Flood("dns_query", "203.0.113.53", OVER * queries, night + HOUR, FLOOD_SECONDS, "answers=0")]


def measure(tools, seed, quick=False):
    if quick:
        return None  # one day says little about a week, and takes as long as all other parts
    days = 7
    duration = int(days * DAY + NIGHT + 2 * HOUR)
    mixes = [part for mix, rate in MIX.items() for part in ("--benign", f"{mix}={rate}pps")]
    floods = night_floods(days)
    scene = Scene("week", ["--duration", f"{duration}s", "--rhythm", *mixes, *events(days)], floods, [], seed)
    report, truth, _ = replay(tools, scene, config(tools.limits()))
    outcome = Swept(scene, truth, report)
    found, false = [], []
    for incident in outcome.incidents:
        flood = flood_of(incident, truth)
        if flood is None:
            false.append(f"{incident['start']} {describe(incident)}")
        else:
            found.append((flood, incident))
    return {"days": duration / DAY, "packets": truth["packets"], "events": len(events(days)) // 2,
            "floods": len(floods), "found": len({flood["target"] for flood, _ in found}), "false": false,
            "incidents": [{"flood": flood["vector"], "rate": flood["rate_pps"],
                           "seconds": seconds_of(incident["detected"]) - seconds_of(flood["start"]),
                           "measures": [each["measure"] for each in incident["evidence"]],
                           "target": incident["target"],
                           "vector": incident["vectors"][0]["name"] if incident["vectors"] else ""}
                          for flood, incident in found]}


def flood_of(incident, truth):
    """The flood that an incident reports: at the same time, on the same host or network. None if there is none."""
    for flood in truth["floods"]:
        network = next(each for each in NETWORKS if each.split(".0/")[0] in flood["target"])
        same = incident["target"] in (flood["target"], network)
        start = seconds_of(incident["start"])
        if same and seconds_of(flood["start"]) - 15 <= start <= seconds_of(flood["end"]):
            return flood
    return None


def rows(result):
    shown = [["simulated days", f"{result['days']:.2f}"], ["packets", f"{result['packets']:,}"],
             ["backups, speed tests, flash crowds", result["events"]],
             ["false alarms", len(result["false"])],
             ["floods at night", result["floods"]], ["found", result["found"]]]
    for each in result["incidents"]:
        shown.append([f"{each['flood']} of {each['rate']:.1f} a second",
                      f"{each['vector']} on {each['target']} after {each['seconds']:.0f} s: "
                      f"{each['measures'][0]}"])
    return shown
