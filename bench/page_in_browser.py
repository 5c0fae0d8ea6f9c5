#!/usr/bin/env python3
"""What a person at the page waits for, in headless Chromium, and what `floodgauge top` costs.

page_in_browser.py FLOODGAUGE TRAFFICGEN MODULES

MODULES is a folder with playwright-core of npm. A replay at its own speed with a flood and an impact: how long after the
API has each incident the page shows it. A network of 10,000 prefixes with 100 open incidents: how long a browser takes
until the figures are shown, and which share of a core the sensor takes for `floodgauge top`, which asks once a second.
"""
import json
import os
import pathlib
import pty
import socket
import subprocess
import sys
import tempfile
import time

from page_figures import Served, capture_of, prefix

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM, GENERATOR, MODULES = sys.argv[1:4]
TOP_SECONDS = 20


def browser(*arguments):
    ran = subprocess.run(["node", HERE / "page_in_browser.mjs", *map(str, arguments)], check=True, capture_output=True,
                         text=True, timeout=120, env={**os.environ, "NODE_PATH": MODULES})
    return json.loads(ran.stdout)


def follow(folder):
    capture = folder / "outage.pcap"
    subprocess.run([GENERATOR, "--out", capture, "--seed", "5", "--duration", "40s", "--benign", "mix=1kpps",
                    "--server", "https:host=198.51.100.43,rate=50,response=5ms",
                    "--effect", "server:host=198.51.100.43,of=https,answers=0,start=14s,duration=25s",
                    "--flood", "tcp_syn:target=198.51.100.43,rate=20kpps,start=12s,duration=26s"],
                   check=True, capture_output=True, timeout=300)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    sensor = subprocess.Popen([PROGRAM, "replay", capture, "--speed", "1x", "--protect", "198.51.100.0/24", "--seed", "1",
                               "--listen", listen, "--output", "/dev/null"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)  # until it listens; the flood begins later
        seen = browser("follow", f"http://{listen}", 2)
    finally:
        sensor.terminate()
        sensor.wait(30)
    print("\nThe page after the API, a replay at its own speed\n\n| incident | ms |\n| --- | --- |")
    for one in seen["shown"]:
        print(f"| {one['kind']} {one['service'] or ''} on {one['target']} | {one['milliseconds']} |")
    print(f"\nThe row of the flood: {seen['row']}; the API's peak: {seen['peak_pps']:,.0f} packets a second.")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost_of_top(sensor):
    """The share of a core that the sensor takes more while `top` runs, in percent."""
    def over(seconds):
        before = cpu_seconds(sensor.process.pid)
        time.sleep(seconds)
        return (cpu_seconds(sensor.process.pid) - before) / seconds * 100

    alone = over(TOP_SECONDS)
    leader, follower = pty.openpty()
    top = subprocess.Popen([PROGRAM, "top", "--url", sensor.url.rstrip("/")], stdin=follower, stdout=follower, stderr=follower,
                           env={**os.environ, "TERM": "xterm"})
    drain = subprocess.Popen(["cat"], stdin=leader, stdout=subprocess.DEVNULL)
    try:
        return alone, over(TOP_SECONDS)
    finally:
        top.terminate()
        top.wait(10)
        drain.terminate()
        drain.wait(10)


def large_network(folder):
    capture = folder / "network.pcap"
    capture_of(GENERATOR, capture, range(0, 10_000, 100))
    prefixes = folder / "prefixes.txt"
    prefixes.write_text("".join(f"{prefix(i)}.0/24\n" for i in range(10_000)), "utf-8")
    config = folder / "config.yaml"
    config.write_text("profiles: {default: {thresholds: {packets: 500pps, udp: 500pps}, hold: 60s}}\n", "utf-8")
    with Served(PROGRAM, capture, "-c", config, "--protect-file", prefixes, "--seed", "7") as sensor:
        loaded = browser("load", sensor.url.rstrip("/"), 5)
        print(f"\n10,000 prefixes, 100 open incidents: {loaded['bytes'] / 1000:,.0f} kB loaded beside the stream\n")
        print("| turn | first paint, ms | figures shown, ms |\n| --- | --- | --- |")
        for turn, one in enumerate(loaded["times"], 1):
            print(f"| {turn} | {one['first_paint']} | {one['until_figures']} |")
        alone, with_top = cost_of_top(sensor)
        print(f"\n`floodgauge top`: the sensor takes {alone:.2f} % of a core without it and {with_top:.2f} % with it.")


def main():
    with tempfile.TemporaryDirectory() as folder:
        follow(pathlib.Path(folder))
        large_network(pathlib.Path(folder))


main()
