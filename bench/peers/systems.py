"""The programs that are compared. Each runs on one core at the sensor's end of a veth pair. Each has methods for the
number of counted packets, for the rate that it reports for a host, and for when it ran its hook."""
import pathlib
import re
import shutil
import signal
import time

TARGET = "198.51.100.7"
PREFIX = "198.51.100.0/24"
# Rings of 2 x 128 MiB: as close to the size of FastNetMon's ring as the memory allows.
RING = ",framesz=2048,framecnt=65536,blocksz=4194304"
FASTNETMON_CONFIG = pathlib.Path("/etc/fastnetmon.conf")


class System:
    """One program. `core`: the words to put before its command (OneCore.prefix)."""

    name = ""
    hook_arguments = '"$@"'

    def __init__(self, lab, core, build):
        self.lab, self.core, self.build = lab, core, build
        self.told = lab.folder / "told"
        self.told.write_text("", "utf-8")
        self.hook = lab.folder / "hook"
        self.hook.write_text(f"#!/bin/sh\necho \"$(date +%s.%N)\" {self.hook_arguments} >> {self.told}\ncat > /dev/null\n",
                             "utf-8")
        self.hook.chmod(0o755)
        self.log = lab.folder / "system.log"
        self.process = None

    def start(self, *command):
        with open(self.log, "wb") as log:
            self.process = self.lab.start("sensor", *self.core, *command, stdin=-1, stdout=log, stderr=log,
                                          cwd=self.lab.folder)
        self.wait_for("it is ready", self.ready)

    def wait_for(self, what, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{self.name}: not so: {what}\n{self.log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            # `ip netns exec` replaces itself with the program, so the signal reaches the program.
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except Exception:  # pylint: disable=broad-except
                self.process.kill()
                self.process.wait()

    def get(self, port, path):
        return self.lab.in_ns("sensor", "curl", "-sf", "--max-time", "5", f"http://127.0.0.1:{port}{path}")

    def ready(self):
        try:
            return self.counted() >= 0
        except (AssertionError, AttributeError, IndexError):
            return False

    def counted(self):
        raise NotImplementedError

    def reported(self):
        """The rate to TARGET that the program shows now, in packets/s; None if it shows none."""
        return None

    def told_at(self):
        """The time at which its hook first ran; None if it did not run."""
        lines = self.told.read_text("utf-8").split()
        return float(lines[0]) if lines else None


class Floodgauge(System):
    def __init__(self, lab, core, build, driver):
        super().__init__(lab, core, build)
        self.name = f"floodgauge, {driver}"
        self.config = lab.folder / "floodgauge.yaml"
        rings = RING if driver == "net_af_packet" else ""
        self.config.write_text(f"""
protect: [{{name: peers, prefixes: [{PREFIX}]}}]
ports: [{{name: span, device: "{driver}0,iface=t0{rings}", side: mirror, descriptors: 4096}}]
engine: {{workers: 1}}
export: {{listen: "127.0.0.1:9733", hook: {self.hook}}}
""", "utf-8")

    def launch(self):
        self.start(self.build / "floodgauge", "run", "-c", self.config)
        time.sleep(1.5)  # nothing is reported as a flood in the first second

    def metric(self, pattern):
        return [float(value) for value in re.findall(rf"^floodgauge_{pattern} (\S+)$", self.get(9733, "/metrics"), re.M)]

    def counted(self):
        return int(self.metric("received_packets_total")[0])

    def reported(self):
        rates = self.metric(rf'incident_packets_per_second{{target="{TARGET}/32",\S+}}')
        return sum(rates) if rates else None


class FastNetMon(System):
    """FastNetMon with its default configuration file, except for the network, the interface, and usage reports."""

    hook_arguments = '"$1" "$3"'

    def __init__(self, lab, core, build, averaging=None):
        super().__init__(lab, core, build)
        self.name = "FastNetMon, AF_PACKET" + (f", averaging over {averaging} s" if averaging else "")
        folder = lab.folder
        (folder / "networks").write_text(PREFIX + "\n", "utf-8")
        (folder / "whitelist").write_text("", "utf-8")
        self.stats = folder / "fastnetmon.dat"
        changed = {
            "mirror_afpacket": "on", "interfaces": "t0", "networks_list_path": folder / "networks",
            "white_list_path": folder / "whitelist", "notify_script_path": self.hook, "pid_path": folder / "pid",
            "cli_stats_file_path": self.stats, "cli_stats_ipv6_file_path": folder / "fastnetmon6.dat",
            "monitor_local_ip_addresses": "off", "disable_usage_report": "on", "enable_api": "off",
            "prometheus": "on", "prometheus_host": "127.0.0.1", "prometheus_port": 9209,
            **({"average_calculation_time": averaging} if averaging else {})}
        lines = [line for line in FASTNETMON_CONFIG.read_text("utf-8").splitlines()
                 if line.split("=")[0].strip() not in changed]
        self.config = folder / "fastnetmon.conf"
        self.config.write_text("\n".join(lines + [f"{key} = {value}" for key, value in changed.items()]) + "\n", "utf-8")

    def launch(self):
        self.start("fastnetmon", "--configuration_file", self.config, "--log_file", self.lab.folder / "fastnetmon.log",
                   "--disable_pid_logic")
        time.sleep(1.5)

    def counted(self):
        return int(re.search(r"^fastnetmon_total_simple_packets_processed (\d+)$", self.get(9209, "/metrics"), re.M).group(1))

    def reported(self):
        if not self.stats.exists():
            return None
        found = re.search(rf"(?s)Incoming traffic.*?^{re.escape(TARGET)}\s+(\d+) pps", self.stats.read_text("utf-8", "replace"),
                          re.M)
        return float(found.group(1)) if found else None


class Testpmd(System):
    """testpmd, which only receives and frees packets: the most that the kernel delivers."""

    def __init__(self, lab, core, build, driver):
        super().__init__(lab, core, build)
        self.name = f"testpmd rxonly, {driver}"
        rings = RING if driver == "net_af_packet" else ""
        self.device = f"{driver}0,iface=t0{rings}"

    def launch(self):
        cpu = self.cpu
        self.start("dpdk-testpmd", "--no-huge", "-m", "512", "--no-pci", "--no-shconf", "--lcores", f"0@{cpu},1@{cpu}",
                   "--vdev", self.device, "--", "--forward-mode=rxonly", "--auto-start", "--stats-period", "1",
                   "--total-num-mbufs=65536", "--rxd=4096")

    cpu = 1

    def counted(self):
        found = re.findall(r"RX-packets:\s+(\d+)", self.log.read_text("utf-8", "replace"))
        return int(found[-1])


def versions(build):
    """{program: version} of the compared programs."""
    import subprocess  # pylint: disable=import-outside-toplevel

    def said(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().splitlines()
    package = said("dpkg-query", "-W", "-f", "${Version}", "fastnetmon")
    return {"floodgauge": said(build / "floodgauge", "--version")[0],
            "fastnetmon": package[0] if shutil.which("fastnetmon") and package else "not installed",
            "tcpreplay": said("tcpreplay", "--version")[0]}
