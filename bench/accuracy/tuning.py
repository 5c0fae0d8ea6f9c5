"""`floodgauge tune` on the week of week.py: from the history of one week it proposes limits, with which another week of
the same kind is replayed, without floods and with one flood of each vector above its limit.

The traffic is seven times that of week.py, because tune proposes nothing below 30 packets/s, and the limits that were in
force are the defaults at the same scale. Half of the minutes, even or odd ones, must give nearly the same limits."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile

import week
from runner import Flood, Scene
from sweep import replay
from verdicts import describe

TIMES = 7
OVER = 1.5           # rate of a flood, relative to the proposed limit
FLOOD_SECONDS = 900
# The vectors whose limits a week of ordinary traffic says something about, and the key of each limit.
VECTORS = {"tcp_syn": "syn", "udp": "udp", "dns_query": "dns_query", "tcp_ack": "ack"}
PROTECT = "protect:\n  - {name: all, prefixes: [" + ", ".join(map(repr, week.NETWORKS)) + "]}\nengine: {window: 2s}\n"


def scene(name, days, seed, floods=(), history=None):
    mixes = [part for mix, rate in week.MIX.items() for part in ("--benign", f"{mix}={TIMES * rate}pps")]
    return Scene(name, ["--duration", f"{days * week.DAY}s", "--rhythm", *mixes, *week.events(days, TIMES)], list(floods),
                 ["--history", history] if history else [], seed)


def tune(tools, config, history, *more):
    ran = subprocess.run([tools.floodgauge, "tune", "--history", history, "-c", config, *more], capture_output=True,
                         text=True, timeout=600, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"tune: exit {ran.returncode}: {ran.stderr}")
    return ran.stdout


def proposed(text):
    return {(scope, row["key"]): row["proposed"] for scope in ("thresholds", "prefix_thresholds")
            for row in json.loads(text)["profiles"]["default"][scope] if row["proposed"] is not None}


def halves(tools, config, history, whole):
    """How far the limits of half of the minutes are from those of all, at most, relative; and the limit."""
    most = (0.0, "")
    for rest in (0, 1):
        half = f"{history}.{rest}"
        shutil.copy(history, half)
        with sqlite3.connect(half) as db:
            db.execute("DELETE FROM rates WHERE level = 0 AND time % 2 = ?", (rest,))
        for key, value in proposed(tune(tools, config, half, "--format", "json")).items():
            most = max(most, (abs(value - whole[key]) / whole[key], f"{key[0]}.{key[1]}"))
    return most


def measure(tools, seed, quick=False):
    if quick:
        return None  # a day says little about a week
    days = 7
    with tempfile.TemporaryDirectory() as folder:
        history, config = os.path.join(folder, "history.db"), os.path.join(folder, "now.yaml")
        before = week.config(tools.limits(), TIMES).replace("protect:", PROTECT.split("\n", 1)[0], 1)
        with open(config, "w", encoding="utf-8") as file:
            file.write(before)
        replay(tools, scene("week that is learnt", days, seed, history=history), before)
        limits = proposed(tune(tools, config, history, "--format", "json"))
        tuned = PROTECT + tune(tools, config, history)
        off, of = halves(tools, config, history, limits)
    quiet, _, _ = replay(tools, scene("another week", days, seed + 1), tuned)
    floods = [Flood(vector, f"198.51.100.{201 + n}", OVER * limits["thresholds", key],
                    (1 + n) * week.DAY + 11 * week.HOUR, FLOOD_SECONDS, "answers=0")
              for n, (vector, key) in enumerate(VECTORS.items())]
    flooded, truth, _ = replay(tools, scene("a week with floods", days, seed + 2, floods), tuned)
    targets = {flood["target"].split("/")[0] for flood in truth["floods"]}
    found = {incident["target"].split("/")[0] for incident in flooded["incidents"] if incident["kind"] == "flood"}
    return {"days": days, "packets": truth["packets"], "limits": len(limits), "off": off, "off_of": of,
            "false": [f"{incident['start']} {describe(incident)} {incident['evidence']}" for incident in quiet["incidents"]]
            + sorted(found - targets),
            "floods": len(floods), "found": len(found & targets),
            "yaml": re.sub(r"(?m)^ *#.*\n", "", tuned)}


def rows(result):
    return [["days, each of three weeks", result["days"]], ["packets of one", f"{result['packets']:,}"],
            ["limits proposed", result["limits"]], ["incidents in ordinary traffic", len(result["false"])],
            ["floods at 1.5 times the proposed limit", result["floods"]], ["found", result["found"]],
            ["limits of half of the minutes, off by at most", f"{result['off']:.1%} ({result['off_of']})"]]
