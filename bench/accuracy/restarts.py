"""A week of ordinary traffic in which every server restarts once: each restart must be one impact of its own server, and
nothing else may be told. Demand fades every night, and is lowest on Sunday: that is no impact, and no blackout.

The servers have a few requests a second, so that a week in real calendar time can be replayed within minutes."""
import dataclasses

from runner import Scene, seconds_of
from sweep import replay

HOUR = 3600
DAY = 24 * HOUR
# Address, service, requests a second, seconds of a restart.
SERVERS = [("198.51.100.53", "dns", 3, 30), ("198.51.100.54", "dns", 3, 40), ("198.51.100.55", "dns", 3, 30),
           ("203.0.113.53", "dns", 3, 60), ("198.51.100.80", "https", 1, 120), ("203.0.113.80", "https", 1, 90),
           ("203.0.113.25", "smtp", 1, 120)]
NIGHT = 0.3    # demand from 0 to 6 o'clock
SUNDAY = 0.15  # demand from 0 to 12 o'clock on Sunday
CONFIG = """protect:
  - {name: first, prefixes: [198.51.100.0/24]}
  - {name: second, prefixes: [203.0.113.0/24]}
engine: {window: 500ms}
"""


@dataclasses.dataclass
class Restart:
    host: str
    service: str
    start: float
    seconds: float


def restarts(days):
    """One a day, at different hours of it."""
    return [Restart(host, service, (n % days) * DAY + (7 + 2 * n) * HOUR, seconds)
            for n, (host, service, _, seconds) in enumerate(SERVERS)]


def options(days):
    chosen = ["--start", "2026-01-05T00:00:00Z", "--duration", f"{days * DAY}s"]
    for host, service, rate, _ in SERVERS:
        chosen += ["--server", f"{service}:host={host},rate={rate},response={1 if service == 'dns' else 3}ms"]
    for day in range(days):
        low, hours = (SUNDAY, 12) if day % 7 == 6 else (NIGHT, 6)
        chosen += ["--effect", f"demand:answers={low},start={day * DAY}s,duration={hours * HOUR}s"]
    for each in restarts(days):
        chosen += ["--effect", f"server:host={each.host},of={each.service},answers=0,start={each.start:.0f}s,"
                               f"duration={each.seconds}s"]
    return chosen


def measure(tools, seed, quick=False):
    if quick:
        return None
    days = 7
    scene = Scene("restarts", options(days), [], [], seed)
    report, truth, _ = replay(tools, scene, CONFIG)
    begin = seconds_of(report["capture"]["first"])
    left = list(report["incidents"])
    rows = []
    for each in restarts(days):
        mine = [incident for incident in left if incident["kind"] == "impact" and incident["end"] is not None and
                incident["target"].split("/")[0] == each.host and incident["service"] == each.service and
                abs(seconds_of(incident["start"]) - begin - each.start) < 60]
        left = [incident for incident in left if incident not in mine]
        row = {"host": each.host, "service": each.service, "seconds": each.seconds, "impacts": len(mine)}
        if mine:
            row["start"] = seconds_of(mine[0]["start"]) - begin - each.start
            row["end"] = seconds_of(mine[0]["end"]) - begin - each.start - each.seconds
            row["condition"] = mine[0]["condition"]
            row["detected"] = seconds_of(mine[0]["detected"]) - begin - each.start
        rows.append(row)
    return {"days": days, "packets": truth["packets"], "rows": rows,
            "false": [f"{incident['kind']} {incident['target']} {incident['start']}" for incident in left]}
