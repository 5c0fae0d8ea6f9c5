#!/usr/bin/env python3
"""A report is the same, byte for byte, for any number of workers and any speed, but for `engine`.

determinism_test.py FLOODGAUGE TRAFFICGEN. Recorded captures are taken in where they are present:
FLOODGAUGE_PCAPS, or ../shared/pcaps beside the repository.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GENERATED = {
    "spoofed SYNs and a carpet": [
        "--duration", "3s", "--benign", "mix=10kpps",
        "--flood", "tcp_syn:target=198.51.100.7,rate=20kpps,start=1s,duration=1s",
        "--flood", "reflection_dns:target=203.0.113.0/24,rate=60kpps,start=1s,duration=1s"],
    "IPv6 and random ports": [
        "--duration", "3s", "--benign", "mix=10kpps",
        "--flood", "icmpv6:target=2001:db8:1::7,rate=20kpps,start=1s,duration=1s",
        "--flood", "udp:target=198.51.100.9,rate=30kpps,start=1s,duration=1s"],
}


def report(program, capture, *options):
    """The report as text without `engine`, and how many incidents are in it."""
    ran = subprocess.run([program, "replay", capture, "--seed", "7", "--format", "json", *options],
                         capture_output=True, text=True, timeout=300)
    if ran.returncode != 0:
        raise SystemExit(f"{capture} {options}: exit {ran.returncode}: {ran.stderr}")
    facts = json.loads(ran.stdout)
    del facts["engine"]
    return json.dumps(facts, indent=1), len(facts["incidents"])


def check(program, name, capture, *speeds):
    first, incidents = report(program, capture, "--workers", "1")
    if incidents == 0:
        print(f"{name}: no incident, so that nothing is compared")
        return 1
    wrong = 0
    for options in [("--workers", "2"), ("--workers", "4"), *speeds]:
        other, _ = report(program, capture, *options)
        if other == first:
            continue
        wrong += 1
        lines = zip(first.splitlines(), other.splitlines())
        where = next((f"{a.strip()} | {b.strip()}" for a, b in lines if a != b), "its length")
        print(f"{name}: {' '.join(options)} differs from --workers 1 at: {where}")
    return wrong


def main():
    program, generator = sys.argv[1:3]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, options in GENERATED.items():
            capture = os.path.join(folder, "flood.pcap")
            subprocess.run([generator, "--out", capture, *options], check=True,
                           capture_output=True, timeout=300)
            wrong += check(program, name, capture, ("--workers", "2", "--speed", "10x"))
    recorded = pathlib.Path(os.environ.get("FLOODGAUGE_PCAPS", ROOT / "../shared/pcaps")) / "attack"
    captures = sorted(recorded.glob("*.pcap*"))
    if not captures:
        print(f"no recorded captures in {recorded}: only generated ones are compared")
    for capture in captures:
        wrong += check(program, capture.name, str(capture))
    print(f"{len(GENERATED) + len(captures)} captures compared, {wrong} differences")
    return 1 if wrong else 0


sys.exit(main())
