"""`floodgauge announce` with the real ExaBGP and GoBGP in a network namespace, beside a sensor whose incidents the
test sets. A gobgpd is the neighbour that records what is announced.

announce_test.py BUILD-DIRECTORY

FLOODGAUGE_TEST_FAULTS=N tries N faults instead of a few. FLOODGAUGE_TEST_ANNOUNCEMENTS=N announces N times.
"""
import contextlib
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time
import unittest

from lab import Lab, wait_for, why_not

BUILD = pathlib.Path(sys.argv.pop(1))
FAULTS = int(os.environ.get("FLOODGAUGE_TEST_FAULTS", "6"))
ANNOUNCEMENTS = int(os.environ.get("FLOODGAUGE_TEST_ANNOUNCEMENTS", "1"))
FAMILIES = ["ipv4", "ipv6", "ipv4-flowspec", "ipv6-flowspec"]
POLICY = """
speaker: {{type: {speaker}, program: {program}}}
dry_run: {dry_run}
allow: {{prefixes: [198.51.100.0/24, "2001:db8:1::/48"]}}
budget: {{rules: 4, per_minute: 1000}}
when: {{severity: high, approve: {approve}}}
routes: {{communities: ["65000:666"], next_hop: 192.0.2.1}}
time: {{to_live: 1h, after_quiet: {quiet}, probe: {probe}}}
efficacy: {{judge_after: {judge}}}
never: [198.51.100.53/32{never}]
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


SENSOR = """
import http.server, pathlib, sys
shown, told = map(pathlib.Path, sys.argv[1:])

class Answer(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(shown.read_bytes())

    def do_PUT(self):
        aside = told.with_suffix(".new")
        aside.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        aside.rename(told)
        self.answer(b"{}")

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer.allow_reuse_address = True
http.server.ThreadingHTTPServer(("127.0.0.1", 9733), Answer).serve_forever()
"""


def setUpModule():
    missing = why_not("exabgp", "gobgpd", "gobgp")
    if missing:
        raise unittest.SkipTest(missing)


def flood(number, target, flowspec="protocol =17; source-port =53;", advice="", severity="high", **more):
    return {"id": f"flood-{number}", "kind": "flood", "state": "open", "severity": severity, "target": target,
            "direction": "in", "peak_pps": 1000.0, "current_pps": 1000.0, "quiet_since": None,
            "mitigation": {"flowspec": "", "blackhole": "", "advice": advice, "rules": [{
                "flowspec": f"flow route {{ match {{ destination {target}; {flowspec} }} then {{ discard; }} }}",
                "flood_share": 0.99, "answered_share": 0.0}]}} | more


class Sensor:
    """A process that answers as a sensor does, in a namespace. Its incidents are set by the test; what the announcer
    tells is kept."""

    def __init__(self, lab, name):
        self.lab, self.name, self.process = lab, name, None
        self.shown, self.told_file = lab.folder / "incidents.json", lab.folder / "told.json"
        self.incidents = []

    @property
    def incidents(self):
        return json.loads(self.shown.read_text("utf-8"))["incidents"]

    @incidents.setter
    def incidents(self, incidents):
        aside = self.shown.with_suffix(".new")
        aside.write_text(json.dumps({"incidents": incidents}), "utf-8")
        aside.rename(self.shown)

    def told(self):
        """The last telling; nothing before the first."""
        return json.loads(self.told_file.read_text("utf-8")) if self.told_file.exists() else None

    def start(self):
        script = self.lab.folder / "sensor.py"
        script.write_text(SENSOR, "utf-8")
        self.process = self.lab.start(self.name, sys.executable, script, self.shown, self.told_file,
                                      stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Bgp(Lab):
    """One namespace with the sensor, the announcer with its speaker, and the neighbour."""

    def __init__(self, speaker, dry_run=False, approve=False, quiet="500ms", probe="1s", judge="1h"):
        super().__init__("bgp")
        self.speaker, self.quiet, self.probe, self.judge = speaker, quiet, probe, judge
        self.policy, self.log = self.folder / "policy.yaml", self.folder / "announce.log"
        self.write_policy(dry_run, approve)
        self.sensor = Sensor(self, "bgp")
        self.neighbour = self.announcer = None

    def write_policy(self, dry_run=False, approve=False, quiet=None, never=()):
        program = self.folder / "program"
        self.policy.write_text(POLICY.format(
            speaker=self.speaker, dry_run=str(dry_run).lower(), approve=str(approve).lower(),
            quiet=quiet or self.quiet, probe=self.probe, judge=self.judge, never="".join(f", {one}" for one in never),
            program="/usr/bin/gobgp" if self.speaker == "gobgp" else program), "utf-8")

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
        command = f"{BUILD / 'floodgauge'} announce -c {self.policy} --url http://ops:sesame@127.0.0.1:9733"
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
                took = [self.announce_and_withdraw(bgp, 60 + n) for n in range(ANNOUNCEMENTS)]
                print(f"{speaker}: three routes after {statistics.median(took):.2f} s (median of {ANNOUNCEMENTS}), at "
                      f"most {max(took):.2f} s", file=sys.stderr)

    @staticmethod
    def announce_and_withdraw(bgp, host):
        """The seconds from the incidents to the neighbour's routes. A host whose flood came back would keep its route
        for longer."""
        four, six, black = f"198.51.100.{host}/32", f"2001:db8:1::{host}/128", f"198.51.100.{host + 90}/32"
        began = time.monotonic()
        bgp.sensor.incidents = [
            flood(1, four),
            flood(2, six, "next-header =17; source-port =389;"),
            flood(3, black, advice="blackhole: the link is saturated")]
        bgp.wait_for_routes({
            route_of(four), black,
            route_of(six, "[protocol: ==udp][source-port: ==389]")})
        took = time.monotonic() - began
        bgp.sensor.incidents = [flood(1, four, quiet_since="2026-11-30T00:00:00Z")]
        bgp.wait_for_routes(set())
        return took

    def test_the_policy_is_kept(self):
        with Bgp("gobgp", approve=True) as bgp:
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32"), flood(2, "198.51.100.53/32", approved=True),
                                    flood(3, "203.0.113.7/32", approved=True),
                                    flood(4, "198.51.100.10/32", severity="medium", approved=True)]
            wait_for("each refusal is told", lambda: bgp.said("nothing is announced for") == 4)
            self.assertEqual(bgp.routes(), set())
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32", approved=True)]
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
            bgp.sensor.kill()
            wait_for("it is told", lambda: "routes stay until their time to live" in bgp.log.read_text("utf-8"))
            time.sleep(1.5)
            self.assertEqual(bgp.routes(), {route_of("198.51.100.7/32")})
            bgp.sensor.start()
            bgp.sensor.incidents = []
            bgp.wait_for_routes(set())

    def test_what_stands_is_told_with_what_it_takes(self):
        for speaker in ("exabgp", "gobgp"):
            with self.subTest(speaker), Bgp(speaker) as bgp:
                bgp.sensor.incidents = [flood(1, "198.51.100.7/32")]
                bgp.wait_for_routes({route_of("198.51.100.7/32")})
                # A router filters now: of 1000 packets/s, 990 of which the rule matches, 109 still arrive.
                bgp.sensor.incidents = [flood(1, "198.51.100.7/32", current_pps=109.0)]
                told = wait_for("its efficacy is told",
                                lambda: [rule for rule in (bgp.sensor.told() or {"rules": []})["rules"]
                                         if rule["efficacy"] is not None and rule["after_pps"] < 120])
                self.assertEqual((told[0]["incident"], told[0]["state"]), ("flood-1", "announced"))
                self.assertAlmostEqual(told[0]["before_pps"], 990, delta=1)
                self.assertAlmostEqual(told[0]["efficacy"], 0.9, delta=0.01)
                bgp.sensor.incidents = []
                bgp.wait_for_routes(set())
                wait_for("nothing stands any more", lambda: bgp.sensor.told()["rules"] == [])
                totals = bgp.sensor.told()["totals"]
                self.assertEqual((totals["announced"], totals["withdrawn"], totals["ineffective"]), (1, 1, 0))

    def test_a_rule_that_takes_nothing_is_withdrawn_and_one_that_did_take_comes_back(self):
        with Bgp("gobgp", probe="10m", judge="10s") as bgp:
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32")]
            bgp.wait_for_routes({route_of("198.51.100.7/32")})
            bgp.wait_for_routes(set())
            wait_for("the withdrawal is said", lambda: bgp.said("withdraw flow route") == 1)
            wait_for("it is told", lambda: [rule["state"] for rule in bgp.sensor.told()["rules"]] == ["ineffective"])
            self.assertIn("it took nothing: of 990 packets/s", bgp.sensor.told()["held_back"][0]["reason"])
            # Without the rule the flood grows, and so the rule did take.
            bgp.sensor.incidents = [flood(1, "198.51.100.7/32", current_pps=9000.0)]
            bgp.wait_for_routes({route_of("198.51.100.7/32")})
            wait_for("the reason is said", lambda: bgp.said("it did take some of its flood") == 1)

    def test_after_any_fault_the_routes_are_what_the_incidents_ask_for(self):
        chance = random.Random(1)
        for speaker in ("exabgp", "gobgp"):
            with self.subTest(speaker), Bgp(speaker) as bgp:
                bgp.session_is_up()
                took, never = [], []
                for fault in range(FAULTS):
                    what = chance.choice([self.kill_announcer, self.kill_speaker, self.kill_sensor,
                                          self.break_session, self.change_policy])
                    bgp.sensor.incidents = [flood(n, f"198.51.100.{n}/32")
                                            for n in chance.sample(range(1, 9), chance.randrange(4))]
                    time.sleep(chance.random() * 0.6)
                    wanted = chance.sample(range(1, 9), chance.randrange(4))
                    if what == self.change_policy:
                        never = chance.choice([[], ["198.51.100.3/32"], ["198.51.100.4/30"]])
                        bgp.write_policy(quiet=chance.choice(["200ms", "500ms"]), never=never)
                    began = time.monotonic()
                    what(bgp, [flood(n, f"198.51.100.{n}/32") for n in wanted])
                    forbidden = {3} if never == ["198.51.100.3/32"] else set(range(4, 8)) if never else set()
                    allowed = {route_of(f"198.51.100.{n}/32") for n in wanted if n not in forbidden}
                    try:
                        bgp.wait_for_routes(allowed, 60)
                    except AssertionError as error:
                        raise AssertionError(f"fault {fault}, {what.__name__}: {error}") from None
                    took.append((time.monotonic() - began, what.__name__))
                self.audit(bgp, allowed)
                if took:
                    median = statistics.median(seconds for seconds, _ in took)
                    print(f"{speaker}: {FAULTS} faults; routes as asked for after {median:.1f} s (median), at most "
                          f"{max(took)[0]:.1f} s ({max(took)[1]})", file=sys.stderr)

    def audit(self, bgp, routes):
        """What the neighbour has, what the journal has and what the sensor was told is the same, and stays so."""
        wait_for("as many routes are told", lambda: len(bgp.sensor.told()["rules"]) == len(routes))
        for _ in range(4):
            time.sleep(0.5)
            self.assertEqual(bgp.routes(), routes)
        standing = json.loads(pathlib.Path(f"{bgp.policy}.state").read_text("utf-8"))["routes"]
        self.assertEqual({one["route"] for one in standing}, {one["route"] for one in bgp.sensor.told()["rules"]})
        self.assertEqual(len(standing), len(routes))
        bgp.sensor.incidents = []
        bgp.wait_for_routes(set())

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
    def kill_speaker(bgp, incidents):
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
    def kill_sensor(bgp, incidents):
        bgp.sensor.kill()
        bgp.sensor.incidents = incidents
        time.sleep(0.5)
        bgp.sensor.start()

    @staticmethod
    def break_session(bgp, incidents):
        if bgp.speaker == "exabgp":
            bgp.in_ns("bgp", "gobgp", "neighbor", "127.0.0.1", "reset")
            bgp.sensor.incidents = incidents
        else:  # neither gobgpd nor the sensor is reached
            bgp.in_ns("bgp", "ip", "link", "set", "lo", "down")
            bgp.sensor.incidents = incidents
            time.sleep(1)
            bgp.in_ns("bgp", "ip", "link", "set", "lo", "up")

    @classmethod
    def change_policy(cls, bgp, incidents):
        cls.kill_announcer(bgp, incidents)


if __name__ == "__main__":
    unittest.main()
