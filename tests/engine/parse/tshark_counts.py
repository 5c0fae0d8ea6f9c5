#!/usr/bin/env python3
"""Counts packets by outermost IP version and first transport protocol, as tshark decodes them.

usage: tshark_counts.py FOLDER > tshark_counts.csv

Writes one row for every capture below FOLDER that tshark can read. The version is that of the first
IP header in a packet. The transport protocol is the first of TCP, UDP, ICMP, ICMPv6 and SCTP after
it, whatever is in between: an IP-in-IP or GRE packet counts by its inner packet, and a VXLAN packet
as UDP. Reassembly is off, because floodgauge examines every packet by itself: a later fragment has no
transport protocol.
"""
import csv
import pathlib
import subprocess
import sys

VERSIONS = {"ip": "ipv4", "ipv6": "ipv6"}
TRANSPORTS = ["tcp", "udp", "icmp", "icmpv6", "sctp"]
COLUMNS = ["packets", "ipv4", "ipv6", *TRANSPORTS]
PREFERENCES = ["ip.defragment:FALSE", "ipv6.defragment:FALSE"]


def protocols(capture, options=()):
    """The protocol stack of each packet, outermost first. `options`: further ones of tshark."""
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-e", "frame.protocols", *options]
    for preference in PREFERENCES:
        command += ["-o", preference]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line.split(":") for line in output.splitlines()]


def counts(stacks):
    row = dict.fromkeys(COLUMNS, 0)
    for stack in stacks:
        row["packets"] += 1
        at = next((i for i, name in enumerate(stack) if name in VERSIONS), None)
        if at is None:
            continue
        row[VERSIONS[stack[at]]] += 1
        transport = next((name for name in stack[at:] if name in TRANSPORTS), None)
        if transport:
            row[transport] += 1
    return row


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["file", *COLUMNS])
    for capture in sorted(path for path in folder.rglob("*") if path.is_file()):
        if capture.suffix in (".csv", ".md"):
            continue
        row = counts(protocols(capture))
        if row["packets"] > 0:
            writer.writerow([capture.relative_to(folder), *(row[name] for name in COLUMNS)])


if __name__ == "__main__":
    main()
