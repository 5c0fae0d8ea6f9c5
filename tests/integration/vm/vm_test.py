"""floodgauge on network cards: two e1000e of a virtual machine that vfio-pci gives to DPDK, whose other ends are cards of the
guest's kernel.

vm_test.py BUILD-DIRECTORY [FOLDER-OF-A-KERNEL]
"""
import json
import pathlib
import re
import shutil
import struct
import sys
import tempfile
import unittest

from guest import Guest, Image, fetch_kernel, why_not

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
KERNEL = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 and "/" in sys.argv[1] else None
# Cards 0 and 1 are floodgauge's. Card 2 is at the other end of card 0, card 3 of card 1.
CARDS = [("e1000e", 0), ("e1000e", 1), ("e1000e", 0), ("e1000e", 1)]
COMMON = """protect: [{name: web, prefixes: [198.51.100.0/24]}]
engine:  {workers: 1, flows: 65536, hosts: 4096}
profiles: {default: {thresholds: {syn: 100pps, udp: 100pps}}}
"""
TAP = COMMON + 'ports:   [{name: span, device: "0000:00:04.0", side: mirror, mtu: 9000}]\n'
INLINE = COMMON + """ports:
  - {name: uplink, device: "0000:00:04.0", side: outside, peer: core}
  - {name: core,   device: "0000:00:05.0", side: inside,  peer: uplink}
"""
ETHERNET = bytes.fromhex("020000000002020000000001")


def capture(frames, interval):
    """A pcap of the frames, so many seconds apart."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for n, frame in enumerate(frames):
        seconds, micros = divmod(round(n * interval * 1e6), 1000000)
        out += struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame
    return out


def ipv4(target, protocol, payload, n):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), n & 0xffff, 0, 64, protocol, 0,
                       bytes([192, 0, 2, n % 250]), bytes(map(int, target.split("."))))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xffff) + head[12:] + payload


def tagged_syn(n):
    syn = struct.pack(">HHIIBBHHH", 1024 + n % 60000, 443, n, 0, 0x50, 2, 8192, 0, 0)
    return ETHERNET + struct.pack(">HHH", 0x8100, 7, 0x0800) + ipv4("198.51.100.9", 6, syn, n) + bytes(2)


def jumbo_datagram(n):
    size = 8900 - 20
    return ETHERNET + struct.pack(">H", 0x0800) + ipv4(
        "198.51.100.10", 17, struct.pack(">HHHH", 1024 + n % 60000, 9, size, 0) + bytes(size - 8), n)


def setUpModule():
    missing = why_not()
    if missing:
        raise unittest.SkipTest(missing)


class OnCards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        fetched = fetch_kernel(KERNEL or cls.folder / "kernel")
        if fetched is None:
            raise unittest.SkipTest("needs Debian's kernel, which apt could not download")
        kernel, modules = fetched
        image = Image(cls.folder, modules)
        for program in ("floodgauge", "floodgauge-trafficgen"):
            image.add_program(BUILD / program)
        image.add_program(shutil.which("tcpreplay"))
        image.write("/etc/tap.yaml", TAP)
        image.write("/etc/inline.yaml", INLINE)
        for name, frames in (("tagged", map(tagged_syn, range(2400))), ("jumbo", map(jumbo_datagram, range(1500)))):
            (image.root / f"{name}.pcap").write_bytes(capture(frames, 1 / 400))
        image.pack(cls.folder / "image.gz")
        cls.guest = Guest(kernel, cls.folder / "image.gz", cls.folder, CARDS)
        cls.addClassCleanup(cls.guest.close)
        cls.guest.boot()
        for card in ("0000:00:04.0", "0000:00:05.0"):
            device = f"/sys/bus/pci/devices/{card}"
            cls.guest.must(f"echo {card} >{device}/driver/unbind; echo vfio-pci >{device}/driver_override; "
                           f"echo {card} >/sys/bus/pci/drivers_probe")
        cls.guest.must("for card in eth2 eth3; do ip link set $card mtu 9000 promisc on up; done")

    def start(self, config):
        self.guest.must(f"floodgauge run -c /etc/{config}.yaml >/tmp/log 2>&1 & echo $! >/tmp/pid")
        self.guest.until("cat /tmp/log", " ready ", 60)
        self.guest.until("wget -qO- http://127.0.0.1:9733/metrics", r"floodgauge_port_link_up\{[^}]*\} 1", 60)

    def stop(self):
        """It ends with status 0, and the cards are free for the next one."""
        self.assertEqual(self.guest.must("kill $(cat /tmp/pid); wait $(cat /tmp/pid); echo $?", 60).strip(), "0",
                         self.guest.run("cat /tmp/log")[1])

    def tearDown(self):
        self.guest.run("kill -9 $(cat /tmp/pid) && wait $(cat /tmp/pid)")

    def metric(self, name):
        told = self.guest.must("wget -qO- http://127.0.0.1:9733/metrics")
        return sum(float(line.split()[-1]) for line in told.splitlines() if line.startswith((name + "{", name + " ")))

    def incidents(self):
        found = json.loads(self.guest.must("floodgauge incidents --format json"))
        return found["incidents"] if isinstance(found, dict) else found

    def wait_for_flood(self, target):
        self.guest.until("floodgauge incidents --format json", f'"{target}"', 60)
        return next(one for one in self.incidents() if one["target"] == target)

    def send(self, card, name):
        """Returns the packets that tcpreplay sent."""
        told = self.guest.must(f"tcpreplay --intf1={card} /{name}.pcap 2>&1", 120)
        return int(re.search(r"Actual: (\d+) packets", told)[1])

    def test_a_tap_finds_a_flood_and_loses_nothing(self):
        self.guest.must("floodgauge-trafficgen --out /flood.pcap --duration 8s --benign mix=200pps "
                        "--flood tcp_syn:target=198.51.100.7,rate=500pps,start=2s,duration=5s")
        self.start("tap")
        sent = self.send("eth2", "flood")
        flood = self.wait_for_flood("198.51.100.7/32")
        self.assertEqual(flood["vectors"][0]["name"], "tcp_syn")
        self.guest.until("wget -qO- http://127.0.0.1:9733/metrics", "floodgauge_port_receive_packets_total", 10)
        self.assertEqual(self.metric("floodgauge_port_receive_packets_total"), sent)
        self.assertEqual(self.metric("floodgauge_port_receive_missed_total"), 0)
        self.stop()

    def test_tags_and_jumbo_frames(self):
        self.start("tap")
        self.send("eth2", "tagged")
        self.assertEqual(self.wait_for_flood("198.51.100.9/32")["vectors"][0]["name"], "tcp_syn")
        before = self.metric("floodgauge_bytes_total")
        self.assertEqual(self.send("eth2", "jumbo"), 1500)
        self.guest.until("wget -qO- http://127.0.0.1:9733/metrics", r"receive_packets_total\{[^}]*\} 3900", 30)
        self.assertEqual(self.metric("floodgauge_bytes_total") - before, 1500 * 8914)
        self.stop()

    def test_a_cable_that_is_pulled_is_told_and_what_follows_is_seen(self):
        self.start("tap")
        self.guest.monitor("set_link card0 off")
        self.guest.until("cat /tmp/log", "link is down.*link is down|up.*link is down", 30)
        self.assertEqual(self.metric("floodgauge_port_link_up"), 0)
        self.guest.monitor("set_link card0 on")
        self.guest.until("tail -n 1 /tmp/log; wget -qO- http://127.0.0.1:9733/metrics", r"floodgauge_port_link_up\{[^}]*\} 1", 30)
        self.send("eth2", "tagged")
        self.wait_for_flood("198.51.100.9/32")
        self.stop()

    def test_inline_forwards_both_ways_and_tells_the_flood(self):
        self.start("inline")
        for name, came, goes in (("tagged", "eth2", "eth3"), ("tagged", "eth3", "eth2")):
            before = int(self.guest.must(f"cat /sys/class/net/{goes}/statistics/rx_packets"))
            sent = self.send(came, name)
            self.guest.until(f"echo $(($(cat /sys/class/net/{goes}/statistics/rx_packets) - {before}))", rf"\b{sent}\b", 30)
        flood = self.wait_for_flood("198.51.100.9/32")
        self.assertEqual(flood["direction"], "in")
        self.stop()

    def test_an_idle_card_leaves_the_core_to_others(self):
        self.start("tap")
        ticks = "cut -d' ' -f14,15 /proc/$(cat /tmp/pid)/stat | tr ' ' '+'"
        used = self.guest.must(f"A=$(({'$(' + ticks + ')'})); sleep 5; echo $(({'$(' + ticks + ')'} - A))")
        self.assertLess(int(used), 250, "of 500 ticks in five seconds")
        self.stop()


if __name__ == "__main__":
    unittest.main()
