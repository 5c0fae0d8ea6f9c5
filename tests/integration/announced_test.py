"""A sensor, an announcer and a person: an incident is approved, announced, measured, and withdrawn where that has no
effect. The sensor replays a capture at its own speed; the speaker is a program, which filters nothing.

announced_test.py FLOODGAUGE TRAFFICGEN
"""
import base64
import contextlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM, GENERATOR = sys.argv[1:3]
del sys.argv[1:3]
# "sesame", with the least cost of bcrypt.
USERS = "basic_auth_users: {ops: $2b$04$abcdefghijklmnopqrstuuinwY/tkBVrn3xrxQI/TgnMHhkvl85RW}\n"
CONFIG = """
protect: [{name: net, prefixes: [198.51.100.0/24]}]
profiles: {default: {thresholds: {packets: 1kpps, bits: 1Gbps}}}
"""
POLICY = """
speaker: {{type: program, program: {folder}/speaker}}
dry_run: false
allow: {{prefixes: [198.51.100.0/24], actions: [blackhole]}}
when: {{severity: low, approve: true}}
time: {{to_live: 1h, after_quiet: 1s, probe: 10m}}
efficacy: {{judge_after: 10s}}
"""


class Announced(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        (self.folder / "web.yml").write_text(USERS, "utf-8")
        (self.folder / "user").write_text("ops:sesame\n", "utf-8")
        (self.folder / "policy.yaml").write_text(POLICY.format(folder=self.folder), "utf-8")
        speaker = self.folder / "speaker"
        speaker.write_text(f'#!/bin/sh\necho "$1 $(cat)" >>{self.folder}/steps\n', "utf-8")
        speaker.chmod(0o755)

    def start(self, *arguments):
        log = open(self.folder / "log", "ab")  # pylint: disable=consider-using-with
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=log)
        log.close()
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def log(self):
        return (self.folder / "log").read_text("utf-8", "replace")

    def wait_for(self, what, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            self.assertLess(time.monotonic(), deadline, f"not within {seconds} s: {what}\n{self.log()}")
            time.sleep(0.05)

    def start_sensor(self, config, seconds):
        capture = self.folder / "flood.pcap"
        subprocess.run([GENERATOR, "--out", capture, "--seed", "5", "--duration", f"{seconds}s", "--benign", "mix=200pps",
                        "--flood", f"udp:target=198.51.100.7,rate=4kpps,start=500ms,duration={seconds}s"],
                       check=True, capture_output=True, timeout=60)
        (self.folder / "config.yaml").write_text(config, "utf-8")
        self.start("replay", capture, "-c", self.folder / "config.yaml", "--speed", "1x", "--listen", "127.0.0.1:0")
        found = self.wait_for("it listens", lambda: re.search(r"http://(127\.0\.0\.1:\d+)", self.log()))
        self.url = f"http://{found[1]}"

    def ask(self, path, method="GET", user="ops:sesame", body=None, **headers):
        request = urllib.request.Request(self.url + path, method=method, data=body)
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def json(self, path):
        status, body = self.ask(path)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def open_incident(self):
        with contextlib.suppress(AssertionError):
            found = self.json("/api/v1/incidents?state=open")["incidents"]
            return found[0] if found else None
        return None

    def steps(self):
        path = self.folder / "steps"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [line.split(" ", 1)[0] for line in lines]

    def test_a_flood_is_approved_announced_measured_and_its_route_withdrawn_without_effect(self):
        self.start_sensor(CONFIG + f"export: {{web_config: {self.folder}/web.yml}}\n", 40)
        incident = self.wait_for("a flood is open", self.open_incident)
        path = f"/api/v1/incidents/{incident['id']}"
        announcer = self.start("announce", "-c", self.folder / "policy.yaml", "--url", self.url, "--password-file",
                               self.folder / "user")
        self.wait_for("it says why nothing is announced",
                      lambda: self.json(path).get("not_announced") == "it waits for a person's approval")
        self.assertEqual(self.steps(), [])

        self.assertEqual(self.ask(path + "/approve", "POST", user="ops:wrong")[0], 401)
        self.assertEqual(self.ask(path + "/approve", "POST", Origin="https://attacker.example")[0], 403)
        self.assertEqual(self.ask("/api/v1/incidents/none/approve", "POST")[0], 404)
        self.assertNotIn("approved", self.json(path))
        status, body = self.ask(path + "/approve", "POST")
        self.assertEqual((status, json.loads(body)["approved"]), (200, True))
        began = time.monotonic()
        self.wait_for("it is announced", lambda: self.steps() == ["announce"])
        print(f"announced {time.monotonic() - began:.2f} s after the approval", file=sys.stderr)
        rule = self.wait_for("the sensor shows it", lambda: self.json(path).get("announced"))[0]
        self.assertEqual((rule["state"], rule["speaker"], rule["incident"]), ("announced", "program", incident["id"]))
        self.assertEqual(self.json(path)["approval"]["by"], "ops")
        self.assertIn('\nfloodgauge_announced_rules{speaker="program"} 1\n', self.ask("/metrics")[1])
        self.wait_for("it is measured", lambda: self.json(path)["announced"][0]["efficacy"] is not None)
        self.assertLess(self.json(path)["announced"][0]["efficacy"], 0.1)
        self.assertIn('\nfloodgauge_rule_remaining_ratio{target="198.51.100.7/32",rule="blackhole"}',
                      self.ask("/metrics")[1])

        self.wait_for("it is withdrawn, because the speaker filters nothing",
                      lambda: self.steps() == ["announce", "withdraw"])
        self.wait_for("the sensor shows it",
                      lambda: self.json(path)["announced"][0]["state"] == "ineffective")
        self.assertIn("it took nothing", self.json(path)["not_announced"])
        self.assertIn('\nfloodgauge_announcements_total{result="ineffective"} 1\n', self.ask("/metrics")[1])
        shown = subprocess.run([PROGRAM, "incidents", incident["id"], "--url", self.url, "--password-file",
                                self.folder / "user"], capture_output=True, text=True, timeout=30, check=True).stdout
        self.assertRegex(" ".join(shown.split()), r"took nothing, withdrawn by program since .* still arrive")
        self.assertIn("approved by ops", shown)
        for line in ("was approved by ops", "announced for", "withdrawn for", "took nothing of the flood for"):
            self.assertIn(line, self.log())
        self.assertEqual(self.steps(), ["announce", "withdraw"], "it is not announced again at once")
        announcer.send_signal(signal.SIGTERM)
        self.assertEqual(announcer.wait(30), 0)

    def test_without_a_user_nobody_may_approve_nor_tell(self):
        self.start_sensor(CONFIG, 5)
        incident = self.wait_for("a flood is open", self.open_incident)
        status, body = self.ask(f"/api/v1/incidents/{incident['id']}/approve", "POST", user=None)
        self.assertEqual(status, 403)
        self.assertIn("export.web_config", body)
        told = json.dumps({"rules": []}).encode()
        self.assertEqual(self.ask("/api/v1/announced", "PUT", user=None, body=told)[0], 403)
        self.assertEqual(self.json("/api/v1/announced")["announcers"], [])
        self.start("announce", "-c", self.folder / "policy.yaml", "--url", self.url)
        self.wait_for("it says so", lambda: "the sensor is not told what stands" in self.log())
        self.wait_for("it works all the same", lambda: "it waits for a person's approval" in self.log())


if __name__ == "__main__":
    unittest.main()
