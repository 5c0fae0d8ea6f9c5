#!/usr/bin/env python3
"""A spoofed SYN flood, twenty times the genuine rate, that the server answers with cookies: the service is judged by its
genuine clients. They are served, or they are not, whatever the flood is answered.

cookies_test.py FLOODGAUGE TRAFFICGEN
"""
import json
import subprocess
import sys
import tempfile
import unittest

PROGRAM, GENERATOR = sys.argv[1:3]
SERVER, START = "198.18.2.43", "2026-01-01T00:00:"
RATE = 50  # genuine connections/s


class Cookies(unittest.TestCase):
    def incidents(self, *options, workers=1):
        with tempfile.TemporaryDirectory() as folder:
            capture = f"{folder}/capture.pcap"
            subprocess.run([GENERATOR, "--out", capture, "--seed", "5", "--duration", "50s", "--inside", "198.18.0.0/22",
                            "--server", f"https:host={SERVER},rate={RATE},response=5ms",
                            "--flood", f"tcp_syn:target={SERVER},rate={20 * RATE}pps,start=20s,duration=25s,answers=1",
                            *options], check=True, capture_output=True, timeout=120)
            ran = subprocess.run([PROGRAM, "replay", capture, "--protect", "198.18.0.0/22", "--seed", "7", "--format", "json",
                                  "--workers", str(workers)], check=True, capture_output=True, text=True, timeout=120)
            return json.loads(ran.stdout)["incidents"]

    def impacts(self, incidents):
        return [incident for incident in incidents if incident["kind"] == "impact"]

    def test_a_server_that_serves_its_clients_has_no_impact(self):
        incidents = self.incidents()
        self.assertEqual(self.impacts(incidents), [])
        effects = [incident["effect"] for incident in incidents if incident["kind"] == "flood" and incident["effect"]]
        for effect in effects:
            self.assertAlmostEqual(effect["answer_ratio_worst"], 1, delta=0.02)

    def test_a_server_that_fails_its_clients_is_told_though_the_flood_is_answered(self):
        incidents = self.incidents("--effect", f"server:host={SERVER},of=https,answers=0,start=28s,duration=10s", workers=2)
        impacts = self.impacts(incidents)
        self.assertEqual([(each["target"], each["service"]) for each in impacts], [(f"{SERVER}/32", "https")])
        server = impacts[0]["servers"][0]
        self.assertEqual(server["condition"], "silent")
        self.assertAlmostEqual(impacts[0]["effect"]["answer_ratio_worst"], 0, delta=0.02)
        for key, truth, within in [("start", 28, 1), ("end", 38, 3)]:
            self.assertTrue(server[key].startswith(START), server)
            self.assertAlmostEqual(float(server[key][len(START):-1]), truth, delta=within)
        self.assertLess(float(impacts[0]["detected"][len(START):-1]), 30)
        self.assertLessEqual(server["requests"], 1.1 * 10 * RATE, "the flood's are none of its clients'")


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=1)
