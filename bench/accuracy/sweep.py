"""A sweep over far more hosts than are counted exactly. Memory must not grow, and the one flooded host must be found."""
import json
import os
import subprocess
import tempfile

from runner import REPLAY_SEED, Flood, Scene
from verdicts import describe, judge

SWEEPS = (("udp", "10.0.0.0/8", "198.51.100.200"), ("udp", "2001:db8::/32", "2001:db8:1::c8"),
          ("tcp_syn", "10.0.0.0/8", "10.1.2.3"), ("icmpv6", "2001:db8::/32", "2001:db8:77::c8"))
HOSTS = 4096  # engine.hosts: 1/64 of the default
SWEEP = 200_000
FLOOD = 20_000
# At the speed of the capture, as on a link. A worker that runs ahead of the merge would fill a third window
# (engine/count/window_exchange.h): 3 MiB more, depending on the scheduling of the threads.
PACE = ["--speed", "1x"]


def replay(tools, scene, config):
    """(report, ground truth, peak memory of the replay in MiB)."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "config.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        truth = os.path.join(folder, "truth.json")
        generate, command = tools.commands(scene, truth)
        report = os.path.join(folder, "report.json")
        making = subprocess.Popen(generate, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        reading = subprocess.Popen([*command, "-c", path, "--output", report], stdin=making.stdout,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        making.stdout.close()
        complaint = reading.stderr.read().decode()
        _, status, usage = os.wait4(reading.pid, 0)
        reading.returncode = os.waitstatus_to_exitcode(status)
        making.wait()
        if reading.returncode != 0:
            raise SystemExit(f"{scene.name}: {complaint}")
        with open(report, encoding="utf-8") as file:
            facts = json.load(file)
        with open(truth, encoding="utf-8") as file:
            return facts, json.load(file), usage.ru_maxrss / 1024


class Swept:
    """The members of runner.Outcome that judge() uses."""

    def __init__(self, scene, truth, report):
        self.scene, self.truth, self.report = scene, truth, report

    @property
    def incidents(self):
        return self.report["incidents"]

    def of(self, target):
        wanted = target + ("/128" if ":" in target else "/32")
        return [incident for incident in self.incidents if incident["target"] == wanted]


def measure(tools, seed, quick=False):
    rows = []
    for vector, network, host in SWEEPS[:2] if quick else SWEEPS:
        memory = []
        for seconds in (2, 4):
            floods = [Flood(vector, network, SWEEP, 0.5),
                      Flood("tcp_syn", host, FLOOD, 1, 0.8)]
            scene = Scene(f"sweep over {network}", ["--duration", f"{seconds}s", "--benign",
                                                    "mix=5kpps"], floods, PACE, seed)
            report, truth, most = replay(tools, scene, f"engine: {{hosts: {HOSTS}}}\n")
            memory.append(most)
        outcome = Swept(scene, truth, report)
        row = judge(outcome, floods[1])
        row |= {"sweep": f"{vector} over {network}", "memory": memory,
                "swept": truth["floods"][0]["packets"],
                "all": [describe(incident) for incident in outcome.incidents],
                "command": tools.shown(scene) + f" -c <(echo 'engine: {{hosts: {HOSTS}}}')"}
        rows.append(row)
    return rows
