"""The second sensor of watch_test.py: `floodgauge run`, inline between two virtual ports of DPDK. A capture of ordinary
traffic reaches it slowly through a pipe. Then the sensor is reloaded, reloaded with an error in the file, reloaded with
the corrected file, and killed."""
import os
import re
import signal
import threading
import time

from stack import LOOPBACK, fetch, free_port

KEPT, REMOVED = "198.51.100.0/24", "203.0.113.0/24"
PIECES, PIECE_SECONDS = 100, 0.1  # the capture is written in pieces, so that rates span several scrapes
# Here this file only has to be refused. Another test checks the messages of `floodgauge check`.
BROKEN = "protct: []\n"


def config(address, capture, prefixes):
    return f"""
protect: [{{name: kept, prefixes: [{", ".join(prefixes)}]}}]
ports:
  - {{name: uplink, device: "net_pcap0,rx_pcap={capture}", side: outside, peer: core}}
  - {{name: core, device: "net_null0,no-rx=1", side: inside, peer: uplink}}
engine: {{workers: 1, flows: 65536, hosts: 4096}}
export: {{listen: "{address}"}}
"""


def series(text):
    """{series: value} of a scrape, without its HELP and TYPE lines."""
    return {name: float(value) for name, value in re.findall(r"^(floodgauge_\S+(?: \S+)*?) (\S+)$", text, re.M)}


class InlineSensor(threading.Thread):
    """A thread that runs the steps. `error` names the step that failed; `done` is true when all have passed."""

    def __init__(self, stack, build, capture, packets, heard):
        """`packets`: number of packets in `capture`. `heard(alertname, status)`: whether the webhook received that alert
        of this sensor."""
        super().__init__(daemon=True)
        self.stack, self.build, self.capture, self.packets, self.heard = stack, build, capture, packets, heard
        self.address = f"{LOOPBACK}:{free_port()}"
        self.file = stack.folder / "inline.yaml"
        self.done, self.error, self.step = False, None, ""
        self.scrapes = {}
        self.left_in_prometheus = None

    def launch(self):
        self.pipe = self.stack.folder / "ordinary.pipe"
        os.mkfifo(self.pipe)
        threading.Thread(target=self.trickle, daemon=True).start()
        self.write(KEPT, REMOVED)
        self.process = self.stack.start("inline", [self.build / "floodgauge", "run", "-c", self.file])
        self.stack.wait_for("inline", f"http://{self.address}/metrics")

    def trickle(self):
        whole = self.capture.read_bytes()
        size = len(whole) // PIECES + 1
        with open(self.pipe, "wb", buffering=0) as pipe:
            for at in range(0, len(whole), size):
                pipe.write(whole[at:at + size])
                time.sleep(PIECE_SECONDS)

    def run(self):
        try:
            self.steps()
            self.done = True
        except Exception as error:  # pylint: disable=broad-except
            self.error = f"{self.step}: {error}\n{self.stack.last_words('inline')}"

    def steps(self):
        self.until("the capture is counted and forwarded", self.all_counted)
        self.until("Prometheus has the prefix", lambda: self.known_to_prometheus(REMOVED))
        self.reload("after", KEPT)
        self.until("the removed prefix is gone", lambda: not self.known_to_prometheus(REMOVED))
        self.left_in_prometheus = self.known_to_prometheus(KEPT)
        self.file.write_text(BROKEN, "utf-8")
        self.process.send_signal(signal.SIGHUP)
        self.until("the alert of the reload", lambda: self.heard("FloodgaugeReloadFailed", "firing"))
        self.scrape("refused")
        self.reload("mended", KEPT)
        self.until("the end of the alert of the reload", lambda: self.heard("FloodgaugeReloadFailed", "resolved"))
        self.process.kill()
        self.until("the alert of the sensor", lambda: self.heard("FloodgaugeSensorDown", "firing"))

    def write(self, *prefixes):
        self.file.write_text(config(self.address, self.pipe, prefixes), "utf-8")

    def reload(self, name, *prefixes):
        """Reloads with another file, and waits until it is in force."""
        before = self.scrape(name)["floodgauge_config_last_reload_success_timestamp_seconds"]
        self.write(*prefixes)
        self.process.send_signal(signal.SIGHUP)
        self.until(f"reload: {name}", lambda: self.scrape(name)[
            "floodgauge_config_last_reload_success_timestamp_seconds"] > before)

    def scrape(self, name):
        self.text = fetch(f"http://{self.address}/metrics")
        self.scrapes[name] = series(self.text)
        return self.scrapes[name]

    def all_counted(self):
        now = self.scrape("before")
        return (now.get("floodgauge_received_packets_total") == self.packets
                == now['floodgauge_port_transmit_packets_total{port="core"}'])

    def known_to_prometheus(self, prefix):
        return self.stack.query(f'{{__name__=~"floodgauge_.*",instance="{self.address}",prefix="{prefix}"}}')

    def until(self, step, condition, seconds=100):
        self.step = step
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s")
            time.sleep(0.2)
