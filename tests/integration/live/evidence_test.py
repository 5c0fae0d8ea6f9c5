"""Evidence of the daemon: a flood of three vectors on a mirror port has a capture while it goes on and a whole one at its
end, with packets from before and after, which tshark counts in the incident's own proportions and the API hands out.

evidence_test.py BUILD-DIRECTORY
"""
import json
import pathlib
import struct
import subprocess
import sys
import time
import unittest

from lab import PATIENCE, Daemon, Lab, why_not

BUILD = pathlib.Path(sys.argv.pop(1))
TARGET = "198.51.100.7"
FILTERS = {"tcp_syn": "tcp.flags.syn == 1 && tcp.flags.ack == 0", "icmp": "icmp", "reflection_ntp": "udp.srcport == 123"}
CONFIG = """
protect: [{{name: web, prefixes: [198.51.100.0/24]}}]
ports: [{{name: span, device: "net_af_packet0,iface=t0", side: mirror}}]
engine: {{workers: 1, flows: 65536, hosts: 4096}}
profiles: {{default: {{hold: 2s, thresholds: {{packets: 1kpps, syn: 500pps, icmp: 300pps}}}}}}
evidence: {{directory: {kept}, packets: 1000, before: 1s, disk: 4MiB}}
export: {{listen: "127.0.0.1:9733", events: {events}, history: {history}}}
"""


def setUpModule():
    missing = why_not("tshark")
    if missing:
        raise unittest.SkipTest(missing)


def shark(capture, wanted):
    """The times of the capture's packets that the filter shows."""
    ran = subprocess.run(["tshark", "-r", capture, "-Y", wanted, "-T", "fields", "-e", "frame.time_epoch"], check=True,
                         capture_output=True, text=True, timeout=60)
    return [float(line) for line in ran.stdout.split()]


def send(raw, capture):
    """Sends the capture's frames at their times, in bursts of 10 ms: on a busy machine a sleep for each frame is too long."""
    data = capture.read_bytes()
    began = time.monotonic()
    at, first = 24, None
    while at < len(data):
        whole, nano, size, _ = struct.unpack_from("<IIII", data, at)
        moment = whole + nano / 1e9
        first = moment if first is None else first
        ahead = moment - first - (time.monotonic() - began)
        if ahead > 0.01:
            time.sleep(ahead)
        raw.send(data[at + 16:at + 16 + size])
        at += 16 + size


def seconds(daemon_time):
    """Seconds since 1970 of a time of the API."""
    shown = subprocess.run(["date", "-u", "-d", daemon_time, "+%s.%N"], check=True, capture_output=True, text=True)
    return float(shown.stdout)


class LiveEvidence(unittest.TestCase):
    def test_a_flood_of_three_vectors(self):
        with Lab("sender", "sensor") as lab:
            lab.join("sender", "s0", "sensor", "t0")
            kept = lab.folder / "kept"
            kept.write_text("a file in the place of the folder", "utf-8")
            daemon = Daemon(lab, "sensor", BUILD / "floodgauge", CONFIG.format(
                kept=kept, events=lab.folder / "events.jsonl", history=lab.folder / "history.db"))
            self.assertEqual([entry["level"] for entry in daemon.logged("cannot keep evidence there")], ["warning"])
            kept.unlink()
            flood = lab.folder / "flood.pcap"
            Lab.run(BUILD / "floodgauge-trafficgen", "--out", flood, "--snaplen", "1514", "--format", "pcap-ns",
                    "--benign", "mix=200pps", "--server", f"https:host={TARGET},rate=30,response=5ms", "--duration", "8s", "--flood", f"tcp_syn:target={TARGET},rate=1600pps,start=2s,duration=3s",
                    "--flood", f"icmp:target={TARGET},rate=1kpps,start=2s,duration=3s",
                    "--flood", f"reflection_ntp:target={TARGET},rate=1600pps,start=3s,duration=2s")
            send(lab.packet_socket("sender", "s0"), flood)
            opened = daemon.wait_for("a capture while it is open, or soon after",
                                     lambda: [one for one in daemon.json("/api/v1/incidents")["incidents"]
                                              if one["evidence_file"]])[0]
            self.assertEqual(opened["target"], f"{TARGET}/32")
            path = kept / f"{opened['id']}.pcapng"
            self.assertEqual(opened["evidence_file"]["path"], str(path))
            whole = daemon.wait_for("the whole capture", lambda: (lambda one: one if one["state"] == "closed" and [
                time for time in shark(path, "") if time > seconds(one["end"])] else None)(
                    daemon.json(f"/api/v1/incidents/{opened['id']}")), PATIENCE)
            self.check(daemon, path, daemon.json(f"/api/v1/incidents/{whole['id']}"))
            self.assertEqual(daemon.stop(), 0)
            told = json.loads(subprocess.run([BUILD / "floodgauge", "incidents", whole["id"], "--history",
                                              lab.folder / "history.db", "--format", "json"], check=True,
                                             capture_output=True, text=True).stdout)
            self.assertEqual(told["evidence_file"]["packets"], len(shark(path, "")))

    def check(self, daemon, path, incident):
        times = shark(path, "")
        self.assertEqual(incident["evidence_file"]["packets"], len(times))
        self.assertLessEqual(len(times), 1000)
        self.assertLess(min(times), seconds(incident["start"]), "packets from before it")
        self.assertGreaterEqual(min(times), seconds(incident["start"]) - 1.001, "no longer before it than asked for")
        counts = {row["name"]: len(shark(path, f"!frame.comment && ({FILTERS[row['name']]})")) for row in incident["vectors"]
                  if row["name"] in FILTERS}
        self.assertEqual(set(counts), set(FILTERS))
        for row in incident["vectors"]:
            self.assertAlmostEqual(counts[row["name"]] / sum(counts.values()), row["share"], delta=0.05, msg=str(counts))
        self.assertGreater(incident["evidence_file"]["sampled_one_in"], 5)
        about = json.loads(path.with_suffix(".json").read_text("utf-8"))
        self.assertEqual(about["incident"]["id"], incident["id"])
        self.assertIn("thresholds:", about["configuration"])
        again = subprocess.run([BUILD / "floodgauge", "replay", path, "--format", "json"], check=True,
                               capture_output=True, text=True).stdout
        self.assertEqual(json.loads(again)["capture"]["packets"], len(times))
        metrics = daemon.metrics()
        self.assertGreaterEqual(metrics['evidence_total{result="written"}'], 2)
        self.assertEqual(metrics['evidence_total{result="failed"}'], 0)
        self.download(daemon, path, incident["id"])

    def download(self, daemon, path, identity):
        with daemon.connect() as connection:
            connection.sendall(f"GET /api/v1/incidents/{identity}/evidence HTTP/1.1\r\nHost: sensor\r\n\r\n".encode())
            answer = b""
            while block := connection.recv(65536):
                answer += block
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b" 200 ", head)
        self.assertIn(f'filename="floodgauge-{identity}.pcapng"'.encode(), head)
        self.assertEqual(body, path.read_bytes())
        for other in ("0" * 16, "..%2f..%2fetc%2fpasswd", "%2e%2e", ""):
            self.assertEqual(daemon.request(f"/api/v1/incidents/{other}/evidence")[0], 404, other)


if __name__ == "__main__":
    unittest.main()
