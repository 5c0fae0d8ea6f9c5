"""Inline between two shared-memory ports (net_memif), without root. dpdk-testpmd is at the other end of both: it
sends a capture into one and receives from the other. All its packets are counted and come out unchanged and in order,
also after it has ended and another one has connected.

memif_test.py BUILD-DIRECTORY
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from lab import PATIENCE, Daemon, Lab, frames

BUILD = pathlib.Path(sys.argv.pop(1))
HEADER_OF_PCAP = 24


def setUpModule():
    if shutil.which("dpdk-testpmd") is None:
        raise unittest.SkipTest("needs dpdk-testpmd (deploy/setup installs it)")


def memif(number, role, folder):
    return f"net_memif{number},role={role},id={number},socket={folder}/memif.sock,socket-abstract=no"


class Testpmd:
    """testpmd forwards between ports 0 and 1, floodgauge's core and the capture of what came out, and between ports 2
    and 3, the capture to send and floodgauge's uplink."""

    def __init__(self, lab, into, out):
        nothing = lab.folder / "nothing.pcap"
        nothing.write_bytes(into.read_bytes()[:HEADER_OF_PCAP])
        # testpmd receives 32 packets, then sends 32, and so on. So the ring to it never holds more packets than the
        # ring from it, which holds 1024. Receiving comes first in the order of ports, because a memif ring has no
        # room before its receiver has polled it once.
        devices = [memif(1, "client", lab.folder) + ",rsize=12", f"net_pcap1,rx_pcap={nothing},tx_pcap={out}",
                   f"net_pcap0,rx_pcap={into},tx_pcap={lab.folder}/back.pcap", memif(0, "client", lab.folder)]
        anywhere = "(" + ",".join(map(str, sorted(os.sched_getaffinity(0)))) + ")"
        self.process = lab.start(
            None, "dpdk-testpmd", "--lcores", f"0@{anywhere},1@{anywhere}", "--no-huge", "--no-shconf", "--no-pci",
            "--no-telemetry", "-m", "256", *(word for device in devices for word in ("--vdev", device)), "--", "-i",
            "--port-topology=paired", "--no-flush-rx", "--total-num-mbufs=16384", "--disable-device-start",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        lab.on_exit(self.process.stdin.close)
        lab.on_exit(self.process.stdout.close)
        self.say("port start all")

    def say(self, command):
        self.process.stdin.write(command + "\n")

    def forward(self):
        # testpmd waits when the ring is full, so that packets can be lost in floodgauge only.
        self.say("set fwd io retry")
        self.say("set burst tx delay 50 retry 1000")
        self.say("start")

    def end(self):
        """Ends testpmd. Returns how many packets it sent by port 3 and how many it dropped there."""
        self.say("stop")
        self.say("quit")
        text, _ = self.process.communicate(timeout=PATIENCE)
        at = text.index("Forward statistics for port 3")
        return tuple(int(number) for number in re.findall(r"TX-(?:packets|dropped): *(\d+)", text[at:])[:2])


class Memif(unittest.TestCase):
    def test_all_packets_of_another_process_are_counted_and_forwarded_unchanged(self):
        with Lab() as lab:
            into = lab.folder / "in.pcap"
            sent = lab.write_whole_frames(BUILD / "floodgauge-trafficgen", into)
            daemon = Daemon(lab, None, BUILD / "floodgauge", f"""
protect: [{{name: web, prefixes: [198.51.100.0/24, "2001:db8:1::/48"]}}]
ports:
  - {{name: uplink, device: "{memif(0, "server", lab.folder)}", side: outside, peer: core}}
  - {{name: core, device: "{memif(1, "server", lab.folder)}", side: inside, peer: uplink}}
engine: {{workers: 1, flows: 65536, hosts: 4096}}
export: {{listen: "127.0.0.1:0"}}
""")
            for times in (1, 2):
                self.pass_through(lab, daemon, into, sent, times)
            self.assertEqual(daemon.stop(), 0)

    def pass_through(self, lab, daemon, into, sent, times):
        out = lab.folder / f"out{times}.pcap"
        testpmd = Testpmd(lab, into, out)

        def links():
            metrics = daemon.metrics()
            return [metrics[f'port_link_up{{port="{port}"}}'] for port in ("uplink", "core")]
        daemon.wait_for("both links are up", lambda: links() == [1, 1])
        testpmd.forward()
        passed = 'port_transmit_packets_total{port="core"}'
        daemon.wait_for("all have passed", lambda: daemon.metrics()[passed] >= times * len(sent))
        daemon.wait_for("all are counted", lambda: daemon.metrics()["received_packets_total"] >= times * len(sent))
        self.assertEqual(testpmd.end(), (len(sent), 0))
        daemon.wait_for("both links are down", lambda: links() == [0, 0])
        metrics = daemon.metrics()
        self.assertEqual(metrics["received_packets_total"], times * len(sent))
        self.assertEqual(metrics['port_receive_packets_total{port="uplink",queue="0"}'], times * len(sent))
        self.assertEqual(metrics[passed], times * len(sent))
        self.assertEqual(metrics["dropped_packets_total"], 0)
        self.assertTrue(frames(out) == sent, "a frame was changed or reordered")


if __name__ == "__main__":
    unittest.main()
