"""Evidence of a replay: a capture of each incident's packets that others can read, and what it is of.

evidence_test.py FLOODGAUGE TRAFFICGEN
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from scenarios import SCENARIOS

PROGRAM, GENERATOR = sys.argv[1:3]
# What tshark calls the packets of a vector.
FILTERS = {"tcp_syn": "tcp.flags.syn == 1 && tcp.flags.ack == 0", "icmp": "icmp", "tcp_rst": "tcp.flags.reset == 1",
           "reflection_ntp": "udp.srcport == 123", "reflection_port_4321": "udp.srcport == 4321", "udp": "udp",
           "icmpv6": "icmpv6", "dns_random_subdomain": "udp.dstport == 53", "reflection_dns": "udp.srcport == 53"}


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)


def shark(capture, wanted):
    """The packets of the capture that the filter shows."""
    ran = subprocess.run(["tshark", "-r", capture, "-Y", wanted, "-T", "fields", "-e", "frame.time_epoch"], check=True,
                         capture_output=True, text=True, timeout=60)
    return [float(line) for line in ran.stdout.split()]


class Evidence(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def replay(self, name, *more):
        scenario = SCENARIOS[name]
        capture = self.folder / f"{name}.pcap"
        if not capture.exists():
            scenario.write(GENERATOR, capture)
        ran = run("replay", capture, "--seed", "7", "--format", "json", "--evidence", self.folder / "kept", *scenario.replay,
                  *more)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        return json.loads(ran.stdout)

    def test_each_incident_has_a_capture_that_floodgauge_and_tshark_read(self):
        for name, scenario in SCENARIOS.items():
            for incident in self.replay(name)["incidents"]:
                with self.subTest(name, target=incident["target"]):
                    self.check(incident)
            self.assertEqual(bool(scenario.targets), (self.folder / "kept").exists() and
                             any((self.folder / "kept").iterdir()))
            shutil.rmtree(self.folder / "kept", ignore_errors=True)

    def check(self, incident):
        kept = incident["evidence_file"]
        self.assertEqual(kept["path"], str(self.folder / "kept" / f"{incident['id']}.pcapng"))
        self.assertLessEqual(kept["packets"], 2000)
        about = json.loads(pathlib.Path(kept["path"]).with_suffix(".json").read_text("utf-8"))
        self.assertEqual(about["incident"], incident)
        self.assertIn("thresholds:", about["configuration"])
        again = json.loads(run("replay", kept["path"], "--format", "json").stdout)
        self.assertEqual(again["capture"]["packets"], kept["packets"])
        if shutil.which("tshark") is None or incident["kind"] != "flood":
            return
        counts = {row["name"]: len(shark(kept["path"], f"!frame.comment && ({FILTERS[row['name']]})"))
                  for row in incident["vectors"] if row["name"] in FILTERS}
        for row in incident["vectors"]:
            if row["name"] in counts:
                self.assertAlmostEqual(counts[row["name"]] / sum(counts.values()), row["share"], delta=0.05,
                                       msg=f"{row['name']} of {counts}")

    def test_it_is_the_same_for_any_workers_and_costs_the_report_nothing(self):
        def facts(*more):
            report = self.replay("multi_vector", *more)
            del report["engine"]
            return report, {path.name: path.read_bytes() for path in (self.folder / "kept").iterdir()
                            if path.suffix == ".pcapng"}

        one = facts()
        self.assertEqual(one, facts("--workers", "2"))

    def test_the_configuration_names_folder_and_bounds(self):
        capture = SCENARIOS["syn_flood"].write(GENERATOR, self.folder / "syn.pcap")
        config = self.folder / "config.yaml"
        config.write_text(f"evidence: {{directory: {self.folder}/kept, packets: 50, before: 100ms}}\n", "utf-8")
        ran = run("replay", capture, "-c", config, "--format", "json")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        incident = json.loads(ran.stdout)["incidents"][0]
        self.assertEqual(incident["evidence_file"]["path"], f"{self.folder}/kept/{incident['id']}.pcapng")
        self.assertEqual(incident["evidence_file"]["packets"], 48, "of 50, two are for what comes after it")
        self.assertNotIn("evidence", run("check", "-c", config).stderr)
        config.write_text(f"evidence: {{directory: {capture}}}\n", "utf-8")
        self.assertIn("evidence.directory: ", run("check", "-c", config).stderr, "a file is no folder")

    def test_what_cannot_be_read_twice_or_kept_is_refused(self):
        ran = run("replay", "-", "--evidence", self.folder / "kept")
        self.assertEqual(ran.returncode, 2)
        self.assertEqual(ran.stderr, "evidence reads the captures twice, which standard input cannot be\n")
        capture = SCENARIOS["syn_flood"].write(GENERATOR, self.folder / "syn.pcap")
        ran = run("replay", capture, "--evidence", capture)
        self.assertEqual(ran.returncode, 3)
        self.assertIn("cannot keep evidence there", ran.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
