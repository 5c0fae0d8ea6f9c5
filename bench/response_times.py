#!/usr/bin/env python3
"""Compares response times of services with tshark's, on captures that hold both directions.

response_times.py --build FOLDER [--captures FOLDER] [--least N]

Connections: SYN to SYN-ACK, tshark's tcp.analysis.ack_rtt of the SYN-ACK. DNS over UDP: tshark's dns.time. Of each
capture with at least N answers, and of all of them together, the median and the 99th percentile are compared; both
sides take the same rank. Exit status 1 if one of them is off by more than 5 %.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

SUPPOSED = pathlib.Path(__file__).resolve().parents[1].parent / "shared/pcaps/benign"
BOUND = 0.05
# A service with another name than a plain protocol's is answered by the SYN-ACK. Ports 25, 53, 80, 587 and 8080 are
# always spoken plainly and answered by the server's first byte; they are left out on both sides.
PORTS = [21, 22, 110, 143, 443, 445, 465, 853, 993, 995, 1883, 3306, 3389, 4443, 5222, 5223, 5228, 8443, 9001]
SYN_ACKS = "tcp.flags.syn == 1 && tcp.flags.ack == 1 && tcp.analysis.ack_rtt && tcp.srcport in {%s}" % (
    ", ".join(map(str, PORTS)))
FIELDS = {"connect": "tcp.analysis.ack_rtt", "dns": "dns.time"}
SMALL = 4096  # bytes of a capture that cannot hold twenty answers


def config(folder):
    path = pathlib.Path(folder) / "services.yaml"
    ports = ", ".join(f"{port}/tcp" for port in PORTS)
    path.write_text("protect:\n  - {name: all, prefixes: [0.0.0.0/0, '::/0']}\n"
                    f"services:\n  - {{name: connect, ports: [{ports}]}}\n  - {{name: dns, ports: [53/udp]}}\n",
                    encoding="utf-8")
    return path


def quantile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


def times_of_tshark(capture):
    """{service: seconds of each answer}."""
    command = ["tshark", "-n", "-r", str(capture), "-Y", f"({SYN_ACKS}) || (udp.srcport == 53 && dns.time)", "-T",
               "fields", "-E", "occurrence=l"]
    for field in FIELDS.values():
        command += ["-e", field]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    return {service: [float(row[n]) for row in rows if len(row) > n and row[n]] for n, service in enumerate(FIELDS)}


def services_of(floodgauge, path, captures):
    """{service: {of IPv4 or IPv6 prefix: row}}: the one with more answers counts."""
    ran = subprocess.run([floodgauge, "replay", *map(str, captures), "-c", str(path), "--format", "json", "--seed", "7"],
                         capture_output=True, text=True, timeout=600, check=False)
    rows = {}
    for prefix in json.loads(ran.stdout)["prefixes"] if ran.stdout else []:
        for row in prefix["services"]:
            if row["answers"] > rows.get(row["service"], {"answers": 0})["answers"]:
                rows[row["service"]] = row
    return rows


def compare(name, service, theirs, ours):
    row = [name, service, len(theirs), ours["answers"]]
    worst = 0
    for share, key in ((0.5, "response_seconds_median"), (0.99, "response_seconds_p99")):
        wanted = quantile(theirs, share)
        off = ours[key] / wanted - 1 if ours[key] else -1
        worst = max(worst, abs(off))
        row += [f"{wanted * 1e3:.3f}", f"{(ours[key] or 0) * 1e3:.3f}", f"{off:+.1%}"]
    return row, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--captures", type=pathlib.Path, default=SUPPOSED)
    parser.add_argument("--least", type=int, default=20)
    options = parser.parse_args()
    compared, bad = 0, 0
    print(f"{'capture':44} {'service':8} {'tshark':>6} {'ours':>6} {'median ms':>20} {'':>7} {'99 % ms':>20}")
    with tempfile.TemporaryDirectory() as folder:
        path = config(folder)
        for capture in sorted(options.captures.iterdir()):
            if capture.stat().st_size < SMALL:
                continue
            theirs = {service: times for service, times in times_of_tshark(capture).items()
                      if len(times) >= options.least}
            ours = services_of(f"{options.build}/floodgauge", path, [capture]) if theirs else {}
            for service, times in theirs.items():
                row, worst = compare(capture.name, service, times, ours.get(service, {
                    "answers": 0, "response_seconds_median": None, "response_seconds_p99": None}))
                bad += worst > BOUND
                compared += 1
                print(f"{row[0][:44]:44} {service:8} {row[2]:6} {row[3]:6} {row[4]:>10} {row[5]:>9} {row[6]:>7} "
                      f"{row[7]:>10} {row[8]:>9} {row[9]:>7}", flush=True)
    print(f"{compared} compared, {bad} off by more than {BOUND:.0%}")
    return 1 if bad or not compared else 0


sys.exit(main())
