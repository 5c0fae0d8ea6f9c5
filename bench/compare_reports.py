#!/usr/bin/env python3
"""Checks that two builds of floodgauge report the same for every capture, except `engine`.

compare_reports.py OLD NEW [CAPTURE...]: to check that an optimisation changes no report. The default
captures are all captures in FLOODGAUGE_PCAPS, or in ../shared/pcaps beside the repository, and a few
that floodgauge-trafficgen (in the folder of NEW) writes. The exit code is 1 if a report differs.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
GENERATED = {
    "spoofed": ["--duration", "4s", "--benign", "mix=20kpps",
                "--flood", "tcp_syn:target=198.51.100.7,rate=100kpps,start=1s,duration=2s"],
    "carpet": ["--duration", "3s", "--benign", "mix=20kpps",
               "--flood", "reflection_dns:target=203.0.113.0/24,rate=80kpps,start=1s,duration=1s",
               "--flood", "udp:target=198.51.100.9,rate=40kpps,start=1s,duration=2s"],
    "outage": ["--preset", "outage", "--duration", "20s"],
}


def report(program, capture, protect):
    ran = subprocess.run([program, "replay", capture, "--seed", "7", "--format", "json", *protect],
                         capture_output=True, text=True, timeout=600)
    try:
        facts = json.loads(ran.stdout)
        facts.pop("engine", None)
    except json.JSONDecodeError:
        facts = ran.stdout
    return json.dumps(facts, indent=1), ran.returncode, ran.stderr


def compare(old, new, capture, protect=()):
    before, after = report(old, capture, protect), report(new, capture, protect)
    if before == after:
        return None
    lines = [(a.strip(), b.strip()) for part in range(3)
             for a, b in zip(str(before[part]).splitlines(), str(after[part]).splitlines()) if a != b]
    return f"{capture} {' '.join(protect)}: {lines[:3] or 'different lengths'}"


def main():
    old, new, *captures = (os.path.abspath(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        if not captures:
            recorded = pathlib.Path(os.environ.get("FLOODGAUGE_PCAPS", ROOT / "../shared/pcaps"))
            captures = sorted(str(path) for kind in ("attack", "benign", "odd")
                              for path in (recorded / kind).iterdir())
            generator = pathlib.Path(new).parent / "floodgauge-trafficgen"
            for name, options in GENERATED.items():
                captures.append(os.path.join(folder, name + ".pcap"))
                subprocess.run([generator, "--out", captures[-1], *options], check=True,
                               capture_output=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            some = ("--protect", "198.51.100.0/24", "--protect", "2001:db8:1::/48")
            jobs = [pool.submit(compare, old, new, capture) for capture in captures]
            jobs += [pool.submit(compare, old, new, capture, some) for capture in captures
                     if capture.startswith(folder)]
            wrong = [job.result() for job in jobs if job.result() is not None]
    print("\n".join(wrong))
    print(f"{len(jobs)} reports compared, {len(wrong)} differ")
    return 1 if wrong else 0


sys.exit(main())
