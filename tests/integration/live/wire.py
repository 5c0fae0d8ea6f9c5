"""A test network in which floodgauge is inline between a namespace outside and one inside."""
import json
import re
import subprocess

from lab import Daemon, Lab


def inline_config(driver, mtu=0, more="", workers=1):
    size = f", mtu: {mtu}" if mtu else ""
    return f"""
protect: [{{name: inside, prefixes: [198.51.100.2/32, "2001:db8::2/128"]}}]
ports:
  - {{name: uplink, device: "{driver}0,iface=p0", side: outside, peer: core, queues: 1{size}}}
  - {{name: core, device: "{driver}1,iface=p1", side: inside, peer: uplink, queues: 1{size}}}
engine: {{workers: {workers}, flows: 65536, hosts: 4096}}
{more or 'export: {listen: "127.0.0.1:9733"}'}
"""


class Wire(Lab):
    """outside: o0 -- p0, floodgauge, p1 -- i0: inside"""

    def __init__(self, build, driver, mtu=0, config="", environment=None,
                 prepare=None, workers=1):
        super().__init__("outside", "sensor", "inside")
        self.build, self.driver, self.mtu, self.more, self.environment = build, driver, mtu, config, environment
        self.prepare, self.workers, self.daemon = prepare, workers, None

    def config_text(self):
        return inline_config(self.driver, self.mtu, self.more.replace("FOLDER", str(self.folder)), self.workers)

    def __enter__(self):
        super().__enter__()
        try:
            self.join("outside", "o0", "sensor", "p0", mtu=self.mtu or 1500)
            self.join("inside", "i0", "sensor", "p1", mtu=self.mtu or 1500)
            if self.prepare:
                self.prepare(self)
            self.daemon = Daemon(self, "sensor", self.build / "floodgauge", self.config_text(), self.environment)
        except BaseException:
            self.__exit__()
            raise
        return self

    def hosts(self):
        """Gives both ends addresses."""
        for namespace in ("outside", "inside"):
            self.host(namespace)

    def host(self, namespace):
        """Gives one end its addresses."""
        device, number = {"outside": ("o0", 1), "inside": ("i0", 2)}[namespace]
        self.in_ns(namespace, "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=0")
        self.in_ns(namespace, "ip", "addr", "add", f"198.51.100.{number}/24", "dev", device)
        self.in_ns(namespace, "ip", "addr", "add", f"2001:db8::{number}/64", "dev", device, "nodad")

    def ping(self, address, *options):
        """Sends ten pings and returns how many were answered."""
        # Without -w, ping waits for the last answers only twice as long as the slowest one took, and reports them as
        # lost if its core is taken away meanwhile. With -w it sends more until ten answers have come.
        command = ["ip", "netns", "exec", self.real("outside"), "ping", "-c", "10", "-i", "0.02", "-w", "2"]
        done = subprocess.run([*command, *options, address], capture_output=True, text=True, timeout=60, check=False)
        answered = {int(number) for number in re.findall(r"bytes from .* icmp_seq=(\d+)", done.stdout)}
        return len(answered & set(range(1, 11)))

    def stream(self, count, rate=None):
        """Starts a stream of numbered datagrams from outside to inside. tally() returns its result."""
        command = [self.build / "tests/integration/live/live-stream", self.real("outside"), "o0",
                   self.real("inside"), "i0", count, *([rate] if rate else [])]
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        self.on_exit(self._end, process)
        self.on_exit(process.stdout.close)
        return process


def tally(process):
    text, _ = process.communicate(timeout=600)
    return json.loads(text)


def whole(count, told):
    """The counts that are wrong for a stream of `count` packets; empty if it arrived whole and in order."""
    expected = {"sent": count, "received": count, "missing": 0, "late": 0, "corrupted": 0}
    return {key: told[key] for key, value in expected.items() if told[key] != value}
