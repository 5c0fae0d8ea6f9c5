#!/usr/bin/env python3
"""How long the page waits, and how much it loads: a large network, and a year of history.

page_figures.py FLOODGAUGE TRAFFICGEN [--prefixes N] [--incidents N]

The network has 10,000 protected prefixes and 100 open incidents. The history has a year of hours, 14 days of minutes
and 500 prefixes, which are copies of rows that floodgauge wrote, and ten incidents a day. Every request that the page
makes is timed five times, one after another on a machine that may be busy: the table shows median and worst.
"""
import argparse
import json
import pathlib
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

PREFIXES = 500
DAYS = 365
MINUTES = 14 * 24 * 60
TURNS = 5
PAGE = ["", "page.css", "chart.js", "text.js", "charts.js", "views.js", "sensor.js", "explain.js", "page.js",
        "icon.svg"]


def prefix(i):
    """The start of the i-th protected network: 10.X.Y."""
    return f"10.{i // 256}.{i % 256}"


def capture_of(generator, path, targets, duration="2s"):
    """A capture with a UDP flood of 2,000 packets a second in each of these networks, open at its end."""
    floods = [f"udp:target={prefix(i)}.1,rate=2kpps,start=200ms" for i in targets]
    options = [part for flood in floods for part in ("--flood", flood)]
    subprocess.run([generator, "--out", path, "--seed", "3", "--duration", duration, "--benign", "mix=1kpps", *options],
                   check=True, capture_output=True, timeout=300)


class Served:
    """A replay that has ended and still answers."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, "replay", *map(str, arguments), "--listen", "127.0.0.1:0",
                                         "--output", "/dev/null"],
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"stay at (http://\S+)/metrics", line)
            if found:
                self.url = found[1] + "/"
                return
        raise SystemExit(f"the replay ended: {self.process.wait(10)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=30)

    def get(self, path):
        began = time.monotonic()
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            body = answer.read()
        return body, time.monotonic() - began

    def figures(self):
        """The first figures of the stream of events, as the page waits for them."""
        began = time.monotonic()
        with urllib.request.urlopen(self.url + "api/v1/events?figures=1", timeout=30) as stream:
            size, shown = 0, b""
            while not shown.startswith(b"data:"):
                line = stream.readline()
                size += len(line)
                shown = line if b"event: figures" not in line else stream.readline()
                size += len(shown) if shown is not line else 0
        return size, time.monotonic() - began


def row(what, seconds, size):
    print(f"| {what} | {size / 1000:,.1f} | {1000 * statistics.median(seconds):.1f} | {1000 * max(seconds):.1f} |")


def timed(served, what, path):
    answers = [served.get(path) for _ in range(TURNS)]
    row(what, [seconds for _, seconds in answers], len(answers[0][0]))
    return json.loads(answers[0][0]) if path.startswith("api") else None


def head(title):
    print(f"\n{title}\n\n| request | kB | median ms | worst ms |\n| --- | --- | --- | --- |")


def large_network(options, folder):
    capture = folder / "network.pcap"
    capture_of(options.trafficgen, capture, range(0, options.prefixes, options.prefixes // options.incidents))
    prefixes = folder / "prefixes.txt"
    prefixes.write_text("".join(f"{prefix(i)}.0/24\n" for i in range(options.prefixes)), "utf-8")
    config = folder / "config.yaml"
    config.write_text("profiles: {default: {thresholds: {packets: 500pps, udp: 500pps}, hold: 60s}}\n", "utf-8")
    with Served(options.floodgauge, capture, "-c", config, "--protect-file", prefixes, "--seed", "7") as served:
        head(f"{options.prefixes:,} prefixes")
        sums = []
        for _ in range(TURNS):
            loaded = [served.get(path) for path in PAGE]
            sums.append((sum(len(body) for body, _ in loaded), sum(seconds for _, seconds in loaded)))
        row("the page's files", [seconds for _, seconds in sums], sums[0][0])
        shown = [served.figures() for _ in range(TURNS)]
        row("the first figures", [seconds for _, seconds in shown], shown[0][0])
        whole = [one[1] + two[1] for one, two in zip(sums, shown)]
        row("the page in all", whole, sums[0][0] + shown[0][0])
        timed(served, "what the link carried", "api/v1/link")
        timed(served, "the list of incidents", "api/v1/incidents?order=latest&limit=50")
        print(f"\n{json.loads(served.get('api/v1/status')[0])['incidents_open']} incidents are open.")


def fill(history):
    """A year of copies of the last rows in the database. Returns its newest time, in seconds."""
    with sqlite3.connect(history) as db:
        level, hour = 0, 1
        minute_blob, newest = db.execute("SELECT data, time FROM rates WHERE level = ? AND prefix = 0 ORDER BY time DESC",
                                         (level,)).fetchone()
        hour_blob = db.execute("SELECT data FROM rates WHERE level = ? AND prefix = 0", (hour,)).fetchone()[0]
        db.execute("DELETE FROM rates")
        db.executemany("INSERT OR IGNORE INTO prefixes(number, prefix, name) VALUES(?, ?, '')",
                       ((1000 + i, f"{prefix(i)}.0/24") for i in range(PREFIXES)))
        numbers = [0, *range(1000, 1000 + PREFIXES)]
        db.executemany("INSERT INTO rates VALUES(0, ?, ?, ?)", ((number, newest - MINUTES + 1 + at, minute_blob)
                                                               for number in numbers for at in range(MINUTES)))
        hours = DAYS * 24
        db.executemany("INSERT INTO rates VALUES(1, ?, ?, ?)", ((number, newest // 60 - hours + 1 + at, hour_blob)
                                                               for number in numbers for at in range(hours)))
        columns = "run, kind, severity, target, updated, json, rate"
        template = db.execute(f"SELECT {columns} FROM incidents LIMIT 1").fetchone()
        db.executemany(f"INSERT INTO incidents({columns}, id, number, open, start, ended) VALUES(?,?,?,?,?,?,?,?,?,0,?,?)",
                       ((*template, f"old{i}", i, (newest * 60 - 8640 * i) * 10**9, (newest * 60 - 8640 * i + 60) * 10**9)
                        for i in range(1, 10 * DAYS + 1)))
    return newest * 60


def instant(seconds):
    return urllib.parse.quote(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)))


def year_of_history(options, folder):
    capture, history = folder / "year.pcap", folder / "history.db"
    capture_of(options.trafficgen, capture, [0], "3s")
    config = folder / "year.yaml"
    config.write_text("profiles: {default: {thresholds: {packets: 500pps, udp: 500pps}}}\n", "utf-8")
    subprocess.run([options.floodgauge, "replay", capture, "-c", config, "--history", history, "--output", "/dev/null"],
                   check=True, timeout=60)
    newest = fill(history)
    with Served(options.floodgauge, capture, "-c", config, "--history", history) as served:
        head(f"A year of history, {history.stat().st_size / 1e6:,.0f} MB")
        for what, seconds in (("hour", 3600), ("day", 86400), ("14 days", 1209600), ("year", 31536000)):
            span = f"from={instant(newest + 60 - seconds)}&to={instant(newest + 60)}"
            timed(served, f"traffic of the last {what}", f"api/v1/rates?points=400&{span}")
            timed(served, f"the same of one prefix", f"api/v1/rates?points=400&{span}&prefix=10.0.7.0/24")
        timed(served, "closed incidents", "api/v1/incidents?state=closed&order=latest&limit=10")
        page = timed(served, "a list of incidents", "api/v1/incidents?order=latest&limit=50")
        for _ in range(30):
            page = json.loads(served.get("api/v1/incidents?order=latest&limit=50&after=" + urllib.parse.quote(page["next"]))[0])
        timed(served, "its 32nd page", "api/v1/incidents?order=latest&limit=50&after=" + urllib.parse.quote(page["next"]))
        timed(served, "an incident", "api/v1/incidents/old3000")
        timed(served, "its rate", "api/v1/incidents/old3000/rate")
        timed(served, "stories", "api/v1/stories")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("floodgauge")
    parser.add_argument("trafficgen")
    parser.add_argument("--prefixes", type=int, default=10_000)
    parser.add_argument("--incidents", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large_network(options, pathlib.Path(folder))
        year_of_history(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
