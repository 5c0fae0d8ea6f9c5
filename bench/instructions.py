#!/usr/bin/env python3
"""Counts the instructions a packet of a worker's stages with callgrind; compares them with a record.

instructions.py PROGRAM [--record | --evidence]: PROGRAM is the benchmark `instructions`. Its counts depend on
neither clock nor caches, so that they can be compared between machines that run the same variants
of libc's functions. Exits with 1 when a mix takes over 5 % more instructions than
bench/instructions.json says. A change that is meant to cost so much updates the record in the same
commit, with --record. --evidence counts a window at one million packets a second without and with the
bytes that evidence keeps, and exits with 1 where these cost over 2 %.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

RECORD = pathlib.Path(__file__).with_name("instructions.json")
MOST = 1.05
MOST_OF_EVIDENCE = 1.02


def per_packet(program, mix, folder, *more):
    ran = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=floodgauge_bench_measured*",
         f"--callgrind-out-file={folder}/{mix}", program, mix, *more], capture_output=True, text=True)
    counted = re.search(r"Collected : (\d+)", ran.stderr)
    if ran.returncode != 0 or not counted or int(counted.group(1)) == 0:
        raise SystemExit(f"{mix}: nothing was counted\n{ran.stdout}{ran.stderr}")
    return int(counted.group(1)) / int(ran.stdout)


def evidence(program, mixes):
    dear = 0
    with tempfile.TemporaryDirectory() as folder:
        for mix in mixes:
            plain, kept = (per_packet(program, mix, folder, how) for how in ("plain", "evidence"))
            dear += kept > MOST_OF_EVIDENCE * plain
            print(f"{mix:12} {plain:8.1f} instructions a packet, {kept:8.1f} with evidence: {100 * (kept / plain - 1):+.2f} %")
    return 1 if dear else 0


def main():
    program = sys.argv[1]
    record = json.loads(RECORD.read_text())
    if "--evidence" in sys.argv[2:]:
        return evidence(program, record["per_packet"])
    now = {}
    worse = 0
    with tempfile.TemporaryDirectory() as folder:
        for mix, before in record["per_packet"].items():
            now[mix] = round(per_packet(program, mix, folder), 1)
            ratio = now[mix] / before
            verdict = "too many" if ratio > MOST else "record it" if ratio < 2 - MOST else ""
            worse += ratio > MOST
            print(f"{mix:12} {now[mix]:8.1f} instructions a packet, "
                  f"{ratio:5.2f} of the recorded {before} {verdict}")
    if "--record" in sys.argv[2:]:
        record["per_packet"] = now
        RECORD.write_text(json.dumps(record, indent=2) + "\n")
        return 0
    print(f"{len(now)} mixes counted, {worse} over the record by more than 5 %")
    return 1 if worse else 0


sys.exit(main())
