#!/usr/bin/env python3
"""The length of a window is a choice: with windows of 10 ms, 100 ms and 1 s the same is reported.

windows_test.py FLOODGAUGE TRAFFICGEN
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(1, str(HERE.parent.parent / "bench/accuracy"))
from frames import Capture, inside, tcp  # noqa: E402
from scenarios import Scenario, flood  # noqa: E402
import situations  # noqa: E402

situations.LENGTH = 2  # seconds of what is to be judged: small captures take little time

PROGRAM, GENERATOR = sys.argv[1:3]
V4, OTHER, HOST = "198.51.100.0/24", "203.0.113.0/24", "198.51.100.200"
WINDOWS = ("10ms", "100ms", "1s")
LONG = {"start": "1s", "duration": "4s"}
CONFIG = """protect:
  - {{name: a, prefixes: [198.51.100.0/24]}}
  - {{name: b, prefixes: [203.0.113.0/24]}}
  - {{name: c, prefixes: ["2001:db8:1::/48"]}}
engine: {{window: {window}}}
"""


def of(about, *options, targets=(), rate=None):
    made = Scenario(about, "--duration", "6s", *options, targets=targets)
    made.rate = rate
    return made


# With the packets/s of the flood, where its peak is compared.
SCENARIOS = {
    "quiet": of("ordinary traffic", "--benign", "mix=20kpps"),
    "crowds": of("crowds of clients", "--benign", "flash_crowd=20kpps", "--benign", "quic=10kpps", "--benign",
                 "game=10kpps", "--benign", "dns=10kpps"),
    "syn": of("SYNs at three times the limit", "--benign", "mix=5kpps", *flood("tcp_syn", target=HOST, rate="15kpps", **LONG),
              targets=[(f"{HOST}/32", "tcp_syn")], rate=15e3),
    "carpet": of("datagrams over a prefix", "--benign", "mix=5kpps", *flood("udp", target=V4, rate="120kpps", **LONG),
                 targets=[(V4, "udp")], rate=120e3),
    "reflection carpet": of("fragmented answers over a prefix", "--benign", "mix=5kpps",
                            *flood("reflection_dns", target=OTHER, rate="250kpps", **LONG),
                            targets=[(OTHER, "reflection_dns")], rate=250e3),
    "beneath": of("SYNs beneath a carpet", "--benign", "mix=2kpps", *flood("udp", target=V4, rate="120kpps", **LONG),
                  *flood("tcp_syn", target=HOST, rate="20kpps", start="2s", duration="3s"),
                  targets=[(V4, "udp"), (f"{HOST}/32", "tcp_syn")]),
    "requests": of("queries for random names", "--benign", "dns=2kpps",
                   *flood("dns_random_subdomain", target="198.51.100.53", rate="60kpps", **LONG),
                   targets=[("198.51.100.53/32", "dns_random_subdomain")], rate=60e3),
    "unnamed": of("answers of an unnamed service", "--benign", "mix=2kpps",
                  *flood("reflection_port_9999", target=HOST, rate="15kpps", sources="40", **LONG),
                  targets=[(f"{HOST}/32", "reflection_port_9999")], rate=15e3),
}


def hopping(capture):
    """SYNs that move on to the next host of the network every two seconds, which is longer than any of the windows."""
    for time in capture.times(situations.START, 6, 6.5e3):
        host = inside(100 + int((time - situations.START) / 2))
        capture.add(time, tcp(capture.anybody(), host, capture.port(), 443, 2))


def outage(capture):
    """A server that answers no more, whose clients try again."""
    situations.outage(capture, 300)


# How long the capture lasts; the floods and scans in it.
FRAMES = {
    "flood out": (lambda capture: situations.out_udp(capture, 25e3), 5, [("out", f"{V4[:-4]}43/32", "udp")], []),
    "scan": (situations.scan, 5, [], ["ports"]),
    "scan of hosts": (situations.scan_hosts, 5, [], ["hosts"]),
    "outage": (outage, 8, [], []),
    "hopping": (hopping, 9, [("in", f"{V4[:-4]}100/32", "tcp_syn"), ("in", f"{V4[:-4]}101/32", "tcp_syn"),
                              ("in", V4, "tcp_syn")], []),
}


class Windows(unittest.TestCase):
    def test_the_same_floods_are_reported_with_windows_of_any_length(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, scenario in SCENARIOS.items():
                capture = scenario.write(GENERATOR, f"{folder}/capture.pcap")
                for window in WINDOWS:
                    with self.subTest(name, window=window):
                        self.compare(scenario, self.report(capture, window, folder)["incidents"])

    def test_floods_out_scans_and_outages_are_told_as_what_they_are_with_windows_of_any_length(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, (make, seconds, floods, scans) in FRAMES.items():
                capture = Capture(11)
                capture.ordinary(seconds)
                make(capture)
                capture.write(f"{folder}/capture.pcap")
                for window in WINDOWS:
                    with self.subTest(name, window=window):
                        report = self.report(f"{folder}/capture.pcap", window, folder)
                        told = [(each["direction"], each["target"], each["vectors"][0]["name"])
                                for each in report["incidents"] if each["kind"] == "flood"]
                        self.assertEqual(told, floods)
                        self.assertEqual(sorted({each["kind"] for each in report["scans"]}), scans)

    def report(self, capture, window, folder):
        config = pathlib.Path(folder) / "windows.yaml"
        config.write_text(CONFIG.format(window=window), "utf-8")
        ran = subprocess.run([PROGRAM, "replay", capture, "--seed", "7", "--format", "json", "-c", str(config)],
                             check=True, capture_output=True, text=True, timeout=300)
        return json.loads(ran.stdout)

    def compare(self, scenario, incidents):
        named = sorted((each["target"], each["vectors"][0]["name"] if each["vectors"] else "") for each in incidents)
        self.assertEqual(named, scenario.targets)
        if scenario.rate:
            # The shorter the window, the more its fullest one differs from the mean.
            self.assertAlmostEqual(incidents[0]["peak_pps"], scenario.rate, delta=0.12 * scenario.rate)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
