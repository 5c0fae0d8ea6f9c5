"""`floodgauge announce` with the real ExaBGP and GoBGP in a network namespace, beside a sensor whose incidents the
test sets. A gobgpd is the neighbour that records what is announced.

announce_test.py BUILD-DIRECTORY

FLOODGAUGE_TEST_FAULTS=N tries N faults instead of a few.
"""
import contextlib
import http.server
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

from lab import Lab, wait_for, why_not

BUILD = pathlib.Path(sys.argv.pop(1))
FAULTS = int(os.environ.get("FLOODGAUGE_TEST_FAULTS", "6"))
FAMILIES = ["ipv4", "ipv6", "ipv4-flowspec", "ipv6-flowspec"]
POLICY = """
speaker: {{type: {speaker}, program: {program}}}
dry_run: {dry_run}
allow: {{prefixes: [198.51.100.0/24, "2001:db8:1::/48"]}}
budget: {{rules: 4, per_minute: 1000}}
when: {{severity: high, approve: {approve}}}
routes: {{communities: ["65000:666"], next_hop: 192.0.2.1}}
time: {{to_live: 1h, after_quiet: {quiet}, probe: 1s}}
never: [198.51.100.53/32]
"""
NEIGHBOUR = """
[global.config]
  as = 65000
  router-id = "192.0.2.1"
  port = 1790
  local-address-list = ["127.0.0.1"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "127.0.0.1"
    peer-as = 65001
  [neighbors.transport.config]
    passive-mode = true
"""
EXABGP = """
process floodgauge {{ run {command}; encoder text; }}
neighbor 127.0.0.1 {{
  router-id 192.0.2.2; local-address 127.0.0.1; local-as 65001; peer-as 65000; connect 1790; hold-time 9;
  family {{ ipv4 unicast; ipv6 unicast; ipv4 flow; ipv6 flow; }}
  api {{ processes [ floodgauge ]; }}
}}
"""


def setUpModule():
    missing = why_not("exabgp", "gobgpd", "gobgp")
    if missing:
        raise unittest.SkipTest(missing)


def flood(number, target, flowspec="protocol =17; source-port =53;", advice="", severity="high", **more):
    return {"id": f"flood-{number}", "kind": "flood", "state": "open", "severity": severity, "target": target,
            "direction": "in", "peak_pps": 1000.0, "quiet_since": None,
            "mitigation": {"flowspec": "", "blackhole": "", "advice": advice, "rules": [{
                "flowspec": f"flow route {{ match {{ destination {target}; {flowspec} }} then {{ discard; }} }}",
                "flood_share": 0.99, "answered_share": 0.0}]}, **more}


class Sensor:
    """An HTTP server with the incidents of a sensor, in a namespace."""

    def __init__(self, lab, name):
        self.lab, self.name, self.incidents, self.server = lab, name, [], None

    def start(self):
        sensor = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"incidents": sensor.incidents}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        with self.lab.entered(self.name):
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 9733), Answer)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


class Bgp(Lab):
    """One namespace with the sensor, the announcer with its speaker, and the neighbour."""

    def __init__(self, speaker, dry_run=False, approve=False, quiet="500ms"):
        super().__init__("bgp")
        self.speaker, self.quiet = speaker, quiet
        self.policy, self.log = self.folder / "policy.yaml", self.folder / "announce.log"
        self.write_policy(dry_run, approve)
        self.sensor = Sensor(self, "bgp")
        self.on_exit(self.sensor.stop)
        self.neighbour = self.announcer = None

    def write_policy(self, dry_run=False, approve=False, quiet=None):
        program = self.folder / "program"
        self.policy.write_text(POLICY.format(
            speaker=self.speaker, dry_run=str(dry_run).lower(), approve=str(approve).lower(),
            quiet=quiet or self.quiet, program="/usr/bin/gobgp" if self.speaker == "gobgp" else program), "utf-8")

    def __enter__(self):
        super().__enter__()
        try:
            self.sensor.start()
            self.start_neighbour()
            self.start_announcer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_neighbour(self):
        families = "".join(f'  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n    afi-safi-name = "{name}"\n'
                           for name in ("ipv4-unicast", "ipv6-unicast", "ipv4-flowspec", "ipv6-flowspec"))
        (self.folder / "neighbour.toml").write_text(NEIGHBOUR + families, "utf-8")
        with open(self.folder / "gobgpd.log", "ab") as log:
            self.neighbour = self.start("bgp", "gobgpd", "-f", self.folder / "neighbour.toml",
                                        "--api-hosts", "127.0.0.1:50051", stdout=log, stderr=log)
        wait_for("gobgpd answers", lambda: self.routes() is not None)

    def start_announcer(self):
        command = f"{BUILD / 'floodgauge'} announce -c {self.policy}"
        with open(self.log, "ab") as log:
            if self.speaker == "exabgp":
                script = self.folder / "announce.sh"  # ExaBGP logs to its own standard output
                script.write_text(f"#!/bin/sh\nexec {command} 2>>{self.log}\n", "utf-8")
                script.chmod(0o755)
                (self.folder / "exabgp.conf").write_text(EXABGP.format(command=script), "utf-8")
                environment = {**os.environ, "exabgp.daemon.user": "root", "exabgp.api.cli": "false",
                               "exabgp.tcp.delay": "0"}
                self.announcer = self.start("bgp", "exabgp", self.folder / "exabgp.conf", env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            else:
                self.announcer = self.start("bgp", *command.split(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        before = self.said("ready")
        wait_for("the announcer is ready", lambda: self.said("ready") > before, 30)

    def said(self, text):
        return self.log.read_text("utf-8", "replace").count(f"announce: {text}") if self.log.exists() else 0

    def routes(self):
        """What the neighbour has, as its client prints the routes; None when it does not answer."""
        found = set()
        for family in FAMILIES:
            told = subprocess.run(["ip", "netns", "exec", self.real("bgp"), "gobgp", "global", "rib", "-a", family,
                                   "-j"], capture_output=True, text=True, timeout=20, check=False)
            if told.returncode != 0:
                return None
            with contextlib.suppress(json.JSONDecodeError):
                found |= set(json.loads(told.stdout))
        return found

    def wait_for_routes(self, expected, seconds=30):
        try:
            return wait_for(f"the routes are {sorted(expected)}", lambda: self.routes() == set(expected), seconds, 0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}, and not {self.routes()}\n{self.log.read_text('utf-8', 'replace')}") from None

    def session_is_up(self):
        self.sensor.incidents = [flood(0, "198.51.100.99/32")]
        self.wait_for_routes({"[destination: 198.51.100.99/32][protocol: ==udp][source-port: ==53]"})
        self.sensor.incidents = []
        self.wait_for_routes(set())

    def announcer_pid(self):
        listed = subprocess.run(["ip", "netns", "pids", self.real("bgp")], capture_output=True, text=True, check=True)
        for pid in listed.stdout.split():
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if len(words) > 1 and words[0].endswith(b"/floodgauge") and words[1] == b"announce":
                    return int(pid)
        return None


def route_of(target, rest="[protocol: ==udp][source-port: ==53]"):
    return f"[destination: {target}{'/0' if ':' in target else ''}]{rest}"


class Announce(unittest.TestCase):
    def test_floods_are_announced_within_a_second_and_withdrawn_after_the_quiet(self):
        for speaker in ("exabgp", "gobgp"):
            with self.subTest(speaker), Bgp(speaker) as bgp:
                bgp.session_is_up()
                began = time.monotonic()
                bgp.sensor.incidents = [
                    flood(1, "198.51.100.7/32"),
                    flood(2, "2001:db8:1::7/128", "next-header =17; source-port =389;"),
                    flood(3, "198.51.100.8/32", advice="blackhole: the link is saturated")]
                bgp.wait_for_routes({
                    route_of("198.51.100.7/32"), "198.51.100.8/32",
                    route_of("2001:db8:1::7/128", "[protocol: ==udp][source-port: ==389]")})
                print(f"{speaker}: three routes after {time.monotonic() - began:.2f} s", file=sys.stderr)
                bgp.sensor.incidents[0]["quiet_since"] = "2026-11-30T00:00:00Z"
                del bgp.sensor.incidents[1:]
                bgp.wait_for_routes(set())

    def test_the_policy_is_kept(self):
        with Bgp("gobgp", approve=True) as bgp:
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32"), flood(2, "198.51.100.53/32", approved=True),
                                    flood(3, "203.0.113.7/32", approved=True),
                                    flood(4, "198.51.100.10/32", severity="medium", approved=True)]
            wait_for("each refusal is told", lambda: bgp.said("nothing is announced for") == 4)
            self.assertEqual(bgp.routes(), set())
            bgp.sensor.incidents[0]["approved"] = True
            bgp.wait_for_routes({route_of("198.51.100.7/32")})
            # The budget is four rules, and the worst flood has its rule.
            bgp.sensor.incidents = [flood(n, f"198.51.100.{n}/32", approved=True, peak_pps=1e3 * n,
                                          severity="critical") for n in range(10, 20)]
            bgp.wait_for_routes({route_of(f"198.51.100.{n}/32") for n in (16, 17, 18, 19)})

    def test_a_dry_run_announces_nothing(self):
        with Bgp("gobgp", dry_run=True) as bgp:
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32")]
            wait_for("it is told", lambda: bgp.said("would announce flow route") == 1)
            self.assertEqual(bgp.routes(), set())

    def test_a_program_is_given_each_route(self):
        with Bgp("program") as bgp:
            taken = bgp.folder / "taken"
            program = bgp.folder / "program"
            program.write_text(f'#!/bin/sh\necho "$1 $(cat)" >>{taken}\n', "utf-8")
            program.chmod(0o755)
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32")]
            wait_for("it is announced", taken.exists)
            bgp.sensor.incidents = []
            wait_for("it is withdrawn", lambda: "withdraw" in taken.read_text("utf-8"))
            verb, line = taken.read_text("utf-8").splitlines()[0].split(" ", 1)
            self.assertEqual(verb, "announce")
            self.assertEqual({key: json.loads(line)[key] for key in ("kind", "target", "action")},
                             {"kind": "flowspec", "target": "198.51.100.7/32", "action": "discard"})

    def test_a_stop_withdraws_everything(self):
        with Bgp("gobgp") as bgp:
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32")]
            bgp.wait_for_routes({route_of("198.51.100.7/32")})
            bgp.announcer.send_signal(signal.SIGTERM)
            self.assertEqual(bgp.announcer.wait(30), 0)
            self.assertEqual(bgp.routes(), set())

    def test_a_sensor_that_is_gone_withdraws_nothing(self):
        with Bgp("gobgp") as bgp:
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32")]
            bgp.wait_for_routes({route_of("198.51.100.7/32")})
            bgp.sensor.stop()
            wait_for("it is told", lambda: "routes stay until their time to live" in bgp.log.read_text("utf-8"))
            time.sleep(1.5)
            self.assertEqual(bgp.routes(), {route_of("198.51.100.7/32")})
            bgp.sensor.start()
            bgp.sensor.incidents = []
            bgp.wait_for_routes(set())

    def test_after_any_fault_the_routes_are_what_the_incidents_ask_for(self):
        chance = random.Random(1)
        for speaker in ("exabgp", "gobgp"):
            with self.subTest(speaker), Bgp(speaker) as bgp:
                bgp.session_is_up()
                for fault in range(FAULTS):
                    what = chance.choice([self.kill_announcer, self.restart_speaker, self.restart_sensor,
                                          self.change_policy])
                    bgp.sensor.incidents = [flood(n, f"198.51.100.{n}/32")
                                            for n in chance.sample(range(1, 9), chance.randrange(4))]
                    time.sleep(chance.random() * 0.6)
                    wanted = chance.sample(range(1, 9), chance.randrange(4))
                    what(bgp, [flood(n, f"198.51.100.{n}/32") for n in wanted])
                    try:
                        bgp.wait_for_routes({route_of(f"198.51.100.{n}/32") for n in wanted}, 60)
                    except AssertionError as error:
                        raise AssertionError(f"fault {fault}, {what.__name__}: {error}") from None

    @staticmethod
    def kill_announcer(bgp, incidents):
        pid = wait_for("the announcer runs", bgp.announcer_pid)
        os.kill(pid, signal.SIGKILL)
        bgp.sensor.incidents = incidents
        if bgp.speaker == "exabgp":  # which starts it again, but not more often than it thinks is healthy
            before = bgp.announcer
            with contextlib.suppress(AssertionError):
                wait_for("ExaBGP starts it again", lambda: bgp.announcer_pid() not in (None, pid), 5)
            if bgp.announcer_pid() is not None:
                return
            before.kill()
            before.wait()
        bgp.start_announcer()

    @staticmethod
    def restart_speaker(bgp, incidents):
        if bgp.speaker == "exabgp":
            bgp.announcer.kill()
            bgp.announcer.wait()
            bgp.sensor.incidents = incidents
            wait_for("the announcer has ended", lambda: bgp.announcer_pid() is None)
            bgp.start_announcer()
        else:
            bgp.neighbour.kill()
            bgp.neighbour.wait()
            bgp.sensor.incidents = incidents
            bgp.start_neighbour()

    @staticmethod
    def restart_sensor(bgp, incidents):
        bgp.sensor.stop()
        bgp.sensor.incidents = incidents
        time.sleep(0.5)
        bgp.sensor.start()

    @classmethod
    def change_policy(cls, bgp, incidents):
        bgp.write_policy(quiet="200ms" if bgp.quiet == "500ms" else "500ms")
        cls.kill_announcer(bgp, incidents)


if __name__ == "__main__":
    unittest.main()
