"""Replays generated and recorded captures with floodgauge, and returns the report with the ground truth."""
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WINDOW = 0.1  # seconds: the default of engine.window
# The hashes have a fixed seed, so that two runs of the benchmark print the same tables.
REPLAY_SEED = "7"


def seconds_of(text):
    """Seconds of an RFC 3339 time since the start of its year (with months of 31 days); None for None."""
    if text is None:
        return None
    day, clock = text[:10], text[11:-1]
    hours, minutes, rest = clock.split(":")
    days = sum(int(part) * scale for part, scale in zip(day.split("-")[1:], (31, 1)))
    return (days * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(rest)


@dataclasses.dataclass
class Flood:
    """A flood to generate."""
    vector: str
    target: str
    rate: float
    start: float
    duration: float = 0
    extra: str = ""
    factor: float = 0  # rate in limits; 0: not in limits
    note: str = ""

    def option(self):
        text = f"{self.vector}:target={self.target},rate={self.rate:.0f}pps,start={self.start * 1e9:.0f}ns"
        if self.duration:
            text += f",duration={self.duration * 1e9:.0f}ns"
        return text + (f",{self.extra}" if self.extra else "")


@dataclasses.dataclass
class Scene:
    """One capture to generate, and how to replay it."""
    name: str
    generate: list  # options of the generator
    floods: list = dataclasses.field(default_factory=list)
    replay: list = dataclasses.field(default_factory=list)
    seed: int = 1
    context: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Outcome:
    scene: Scene
    truth: dict
    report: dict
    events: list

    @property
    def incidents(self):
        return self.report["incidents"]

    def of(self, target):
        """The incidents whose target is written like this (an address or a prefix)."""
        wanted = target if "/" in target else target + ("/128" if ":" in target else "/32")
        return [incident for incident in self.incidents if incident["target"] == wanted]


class Tools:
    """floodgauge and floodgauge-trafficgen, and how they are run together."""

    def __init__(self, floodgauge, trafficgen, jobs):
        self.floodgauge = floodgauge
        self.trafficgen = trafficgen
        self.jobs = jobs
        self._limits = None

    def limits(self):
        """The default limits of a host and of a prefix, per second, as `check --print` shows them."""
        if self._limits is None:
            self._limits = read_limits(self.floodgauge)
        return self._limits

    def commands(self, scene, truth="truth.json"):
        generate = [self.trafficgen, "--out", "/dev/stdout", "--truth", truth,
                    "--seed", str(scene.seed), *scene.generate]
        for flood in scene.floods:
            generate += ["--flood", flood.option()]
        seeded = [] if "--seed" in scene.replay else ["--seed", REPLAY_SEED]
        replay = [self.floodgauge, "replay", "-", "--format", "json", *seeded, *scene.replay]
        return generate, replay

    def shown(self, scene):
        """The scene as a shell command, to be run in the build folder."""
        generate, replay = self.commands(scene, "/tmp/truth.json")
        generate[0], replay[0] = "./floodgauge-trafficgen", "./floodgauge"
        return " ".join(quoted(generate)) + " | " + " ".join(quoted(replay))

    def run(self, scene):
        with tempfile.TemporaryDirectory() as folder:
            truth = os.path.join(folder, "truth.json")
            events = os.path.join(folder, "events.jsonl")
            generate, replay = self.commands(scene, truth)
            with subprocess.Popen(generate, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as making:
                ran = subprocess.run([*replay, "--events", events], stdin=making.stdout,
                                     capture_output=True, text=True, timeout=1200, check=False)
                making.stdout.close()
                complaint = making.stderr.read().decode()
                # A view may leave no packet: then nothing was examined, which is no fault here.
                nothing = ran.returncode == 3 and "there are no packets" in ran.stderr
                if making.wait() != 0 or (ran.returncode != 0 and not nothing):
                    raise SystemExit(f"{scene.name}: {complaint}{ran.stderr}\n{self.shown(scene)}")
            with open(truth, encoding="utf-8") as file:
                facts = json.load(file)
            with open(events, encoding="utf-8") as file:
                told = [json.loads(line) for line in file]
        return Outcome(scene, facts, json.loads(ran.stdout), told)

    def replay_file(self, path, *options):
        ran = subprocess.run([self.floodgauge, "replay", str(path), "--format", "json", "--seed",
                              REPLAY_SEED, *options],
                             capture_output=True, text=True, timeout=600, check=False)
        if ran.returncode not in (0, 3):
            raise SystemExit(f"{path}: exit {ran.returncode}: {ran.stderr}")
        return json.loads(ran.stdout) if ran.stdout else None

    def each(self, work, items):
        """[work(item) for item in items], with several at the same time."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(work, items))


def quoted(words):
    return [word if re.fullmatch(r"[\w./:,=@%+-]+", word) else f"'{word}'" for word in words]


def read_limits(floodgauge):
    """{'host': {key: limit per second}, 'prefix': {...}}."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("protect: [{name: all, prefixes: [198.51.100.0/24]}]\n")
        file.flush()
        printed = subprocess.run([floodgauge, "check", "-c", file.name, "--print"], check=True,
                                 capture_output=True, text=True).stdout
    limits = {}
    into = None
    for line in printed.splitlines():
        if re.fullmatch(r"    (prefix_)?thresholds:", line):
            into = limits.setdefault("prefix" if "prefix" in line else "host", {})
        elif into is not None and (found := re.fullmatch(r"      (\w+): ([\d.]+)(k|M|G|)\w*", line)):
            scale = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[found[3]]
            into[found[1]] = float(found[2]) * scale
        else:
            into = None
    return limits


def vector_names(trafficgen):
    """Every vector that the generator lists. For reflection_port_N, N is 4242."""
    listing = subprocess.run([trafficgen, "--list"], check=True, capture_output=True, text=True).stdout
    section = listing.split("\n\n")[0].splitlines()[1:]
    return [line.split()[0].replace("port_N", "port_4242") for line in section]


# The limit that applies to a vector, by names.
LIMIT_OF = {
    "tcp_syn": "syn", "tcp_synack": "synack", "tcp_ack": "ack", "tcp_rst": "rst", "tcp_fin": "fin",
    "tcp_flags": "flags", "tcp_connection": "connections", "udp": "udp", "udp_fragment": "fragment",
    "fragment": "fragment", "icmp": "icmp", "icmpv6": "icmp", "gre": "gre", "esp": "esp",
    "other": "other", "dns_query": "dns_query", "dns_random_subdomain": "dns_query",
    "http_request": "http_request", "tls_hello": "tls_hello", "quic_initial": "quic_initial",
}


# Packets of the flood for each event that its limit counts. A ClientHello comes with SYN, ACK and RST. A
# connection has SYN, ACK and, in three of ten cases, RST. 27.5 GETs on average come with SYN, ACK and FIN.
PACKETS_PER_EVENT = {"tls_hello": 4.0, "tcp_connection": 2.3, "http_request": 30.5 / 27.5}


def flood_rate(limits, vector, factor):
    """The rate in packets/s of a flood of `factor` times its limit."""
    return limits["host"][limit_key(vector)] * factor * PACKETS_PER_EVENT.get(vector, 1)


def limit_key(vector):
    return LIMIT_OF.get(vector, "reflection")
