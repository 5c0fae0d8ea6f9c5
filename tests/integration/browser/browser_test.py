"""The page in headless Chromium: a replay at its own speed with floods, and the page that it writes.

browser_test.py FLOODGAUGE TRAFFICGEN NODE CHROMIUM MODULES

MODULES is a folder with playwright-core and axe-core (npm install playwright-core axe-core). SCREENSHOTS in the
environment names a folder that keeps what was seen.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM, GENERATOR, NODE, CHROMIUM, MODULES = sys.argv[1:6]
FLOODS = ("--flood", "tcp_syn:target=198.51.100.7,rate=12kpps,start=1s,duration=110s",
          "--flood", "reflection_dns:target=203.0.113.9,rate=9kpps,start=3s,duration=100s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Page(unittest.TestCase):
    def test_a_person_sees_the_floods(self):
        with tempfile.TemporaryDirectory() as folder:
            capture = f"{folder}/flood.pcap"
            subprocess.run([GENERATOR, "--out", capture, "--seed", "5", "--duration", "120s", "--benign", "mix=1kpps", *FLOODS],
                           check=True, capture_output=True, timeout=120)
            page = f"{folder}/page.html"
            ran = subprocess.run([PROGRAM, "replay", capture, "--seed", "1", "--html", page, "--output", f"{folder}/report"],
                                 capture_output=True, text=True, timeout=120)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            url = f"http://127.0.0.1:{free_port()}"
            sensor = subprocess.Popen(
                [PROGRAM, "replay", capture, "--speed", "1x", "--seed", "1", "--listen", url[len("http://"):],
                 "--history", f"{folder}/history.db", "--output", f"{folder}/live"], stderr=subprocess.DEVNULL)
            try:
                self.wait_for_flood(url)
                shots = os.environ.get("SCREENSHOTS", folder)
                looked = subprocess.run([NODE, HERE / "page.mjs", url, shots, page], capture_output=True, text=True,
                                        timeout=170, env={**os.environ, "NODE_PATH": MODULES, "CHROMIUM": CHROMIUM})
                self.assertEqual((looked.stdout, looked.returncode), ("", 0), looked.stderr)
            finally:
                sensor.terminate()
                sensor.wait(timeout=30)

    def wait_for_flood(self, url):
        for _ in range(300):
            try:
                with urllib.request.urlopen(url + "/api/v1/incidents?state=open", timeout=2) as answer:
                    if b'"target":"198.51.100.7/32"' in answer.read():
                        return
            except OSError:
                pass
            time.sleep(0.1)
        self.fail("no flood was found within 30 s")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
