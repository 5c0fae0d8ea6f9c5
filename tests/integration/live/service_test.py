"""The daemon as a service: sd_notify(3), a user of its own with only the capabilities of the systemd unit, the web
configuration, the API, `status` and `top`, and DPDK's tools attached to it.

service_test.py BUILD-DIRECTORY
"""
import base64
import contextlib
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest

from lab import PATIENCE, ROOT, Daemon, Lab, bcrypt_of, why_not

BUILD = pathlib.Path(sys.argv.pop(1))
NOBODY = 65534


def setUpModule():
    missing = why_not("setpriv", "capsh", "openssl", "tcpreplay", "dpdk-dumpcap")
    if missing:
        raise unittest.SkipTest(missing)


def config(export, device="net_af_packet0,iface=t0"):
    return f"""
protect: [{{name: web, prefixes: [198.51.100.0/24]}}, {{name: more, prefixes: ["2001:db8:1::/48"]}}]
ports: [{{name: span, device: "{device}", side: mirror}}]
engine: {{workers: 1, flows: 65536, hosts: 4096}}
profiles: {{default: {{hold: 1s}}}}
export: {{{export}}}
"""


class Tap(Lab):
    def __init__(self):
        super().__init__("sender", "sensor")

    def __enter__(self):
        super().__enter__()
        self.join("sender", "s0", "sensor", "t0")
        return self

    def daemon(self, export='listen: "127.0.0.1:9733"', device="net_af_packet0,iface=t0", **options):
        return Daemon(self, "sensor", BUILD / "floodgauge", config(export, device), **options)

    def flood(self):
        capture = self.folder / "flood.pcap"
        self.run(BUILD / "floodgauge-trafficgen", "--out", capture, "--duration", "2s", "--flood",
                 "tcp_syn:target=198.51.100.7,rate=20kpps,start=0s,duration=2s")
        self.in_ns("sender", "tcpreplay", "-q", "--preload-pcap", "-i", "s0", capture)


class Notified:
    """Receives the notifications for a service manager."""

    def __init__(self, lab):
        self.path = lab.folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.heard = []
        lab.on_exit(self.socket.close)

    def count(self, word):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard.append(self.socket.recv(4096).decode())
        return sum(word in one.split("\n") for one in self.heard)


def capabilities_of_unit(*drop_ins):
    """The capabilities that the systemd unit grants. Those of a drop-in replace them."""
    found = ""
    for name in ("floodgauge.service", *drop_ins):
        text = (ROOT / "deploy/systemd" / name).read_text("utf-8")
        ambient = re.findall(r"^AmbientCapabilities=(.*)$", text, re.M)
        bounding = re.findall(r"^CapabilityBoundingSet=(.*)$", text, re.M)
        assert ambient == bounding, name
        found = ambient[-1] if ambient else found
    return found.split()


class Service(unittest.TestCase):
    def test_the_service_manager_is_notified_of_each_state(self):
        with Tap() as lab:
            notified = Notified(lab)
            daemon = lab.daemon(environment={"NOTIFY_SOCKET": str(notified.path), "WATCHDOG_USEC": "200000"})
            daemon.wait_for("READY", lambda: notified.count("READY=1") == 1)
            daemon.wait_for("signs of life", lambda: notified.count("WATCHDOG=1") >= 5)
            os.kill(daemon.pid, signal.SIGHUP)
            daemon.wait_for("RELOADING", lambda: notified.count("RELOADING=1") == 1)
            daemon.wait_for("READY again", lambda: notified.count("READY=1") == 2)
            # systemd (Type=notify-reload) needs this to know which reload the message belongs to.
            self.assertTrue(any("MONOTONIC_USEC=" in one for one in notified.heard if "RELOADING=1" in one))
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(notified.count("STOPPING=1"), 1)

    def test_the_watchdog_is_not_fed_while_the_merge_is_stalled(self):
        with Tap() as lab:
            notified = Notified(lab)
            daemon = lab.daemon(environment={"NOTIFY_SOCKET": str(notified.path), "WATCHDOG_USEC": "200000",
                                             "FLOODGAUGE_TEST_STALL_MERGE": "1,2"})
            daemon.wait_for("it stands still", lambda: daemon.logged("stands still"))
            before = notified.count("WATCHDOG=1")
            time.sleep(1)
            self.assertLessEqual(notified.count("WATCHDOG=1") - before, 1)
            daemon.wait_for("it goes on", lambda: notified.count("WATCHDOG=1") > before + 2)

    def test_an_unprivileged_user_with_the_units_capabilities_can_run_it(self):
        for device, drop_in in (("net_af_packet0,iface=t0", "af_packet.conf"), ("net_af_xdp0,iface=t0", "af_xdp.conf")):
            with self.subTest(device), Tap() as lab:
                lab.folder.chmod(0o777)
                names = capabilities_of_unit(drop_in)
                given = ",".join("+" + name.removeprefix("CAP_").lower() for name in names)
                user = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs",
                        "--bounding-set", f"-all,{given}", "--inh-caps", f"-all,{given}",
                        "--ambient-caps", f"-all,{given}"]
                daemon = lab.daemon('listen: "127.0.0.1:9733", events: events.jsonl', device,
                                    prefix=user,
                                    environment={"XDG_RUNTIME_DIR": str(lab.folder)})
                lab.flood()
                daemon.wait_for("an incident", daemon.incidents)
                status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text("utf-8")
                self.assertEqual(re.search(r"^Uid:\t(.*)$", status, re.M).group(1).split(), [str(NOBODY)] * 4)
                self.assertEqual(re.search(r"^NoNewPrivs:\t(.)$", status, re.M).group(1), "1")
                shown = subprocess.run(["capsh", "--decode=" + re.search(r"^CapEff:\t(.*)$", status, re.M).group(1)],
                                       capture_output=True, text=True, check=True).stdout
                self.assertEqual(set(shown.strip().split("=")[1].split(",")), {name.lower() for name in names})
                self.assertEqual(daemon.stop(), 0)

    def test_the_api_returns_incidents_prefixes_hosts_and_status(self):
        with Tap() as lab:
            daemon = lab.daemon()
            lab.flood()
            incident = daemon.wait_for("an incident", daemon.incidents)[0]
            self.assertEqual(daemon.json(f"/api/v1/incidents/{incident['id']}")["target"], "198.51.100.7/32")
            self.assertEqual(daemon.request("/api/v1/incidents/none")[0], 404)
            self.assertEqual([one["prefix"] for one in daemon.json("/api/v1/prefixes")["prefixes"]],
                             ["198.51.100.0/24", "2001:db8:1::/48"])
            daemon.wait_for("it is over", lambda: daemon.incidents("closed"))
            self.assertEqual(daemon.incidents("open"), [])
            status = daemon.json("/api/v1/status")
            self.assertEqual((status["incidents_open"], status["ports"][0]["name"]), (0, "span"))
            self.assertEqual(daemon.request("/api/v1/hosts?prefix=none")[0], 400)
            self.assertEqual(daemon.json("/api/v1/hosts?prefix=203.0.113.0/24")["hosts"], [])
            self.assertEqual(daemon.request("/-/reload", "POST")[0], 403)  # not enabled
            self.assertEqual(daemon.request("/-/ready")[0], 200)

    def test_the_web_configuration_enables_basic_auth_and_tls(self):
        with Tap() as lab:
            lab.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sensor",
                    "-keyout", lab.folder / "key.pem", "-out", lab.folder / "cert.pem")
            hashed = bcrypt_of("sesame")
            (lab.folder / "web.yml").write_text(
                f"tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{op: {hashed}}}\n")
            daemon = lab.daemon(f'listen: "127.0.0.1:9733", web_config: {lab.folder}/web.yml')
            tls = ssl.create_default_context(cafile=lab.folder / "cert.pem")
            tls.check_hostname = False

            def ask(password):
                word = base64.b64encode(f"op:{password}".encode()).decode()
                return daemon.request("/metrics", headers=[f"Authorization: Basic {word}"], tls=tls)[0]
            self.assertEqual(daemon.request("/metrics", tls=tls)[0], 401)
            self.assertEqual(daemon.request("/-/healthy", tls=tls)[0], 200)  # a probe has no password
            self.assertEqual(ask("guess"), 401)
            self.assertEqual(ask("sesame"), 200)
            with self.assertRaises((IndexError, OSError)):  # plain text is no answer to TLS
                daemon.request("/metrics")

    def test_status_and_top_show_a_live_daemon(self):
        with Tap() as lab:
            daemon = lab.daemon()
            lab.flood()
            daemon.wait_for("an incident", daemon.incidents)
            inside = ["ip", "netns", "exec", lab.real("sensor"), str(BUILD / "floodgauge")]
            text = subprocess.run([*inside, "status"], capture_output=True, text=True, check=True).stdout
            self.assertRegex(text, r"198\.51\.100\.0/24")
            facts = json.loads(subprocess.run([*inside, "status", "--format", "json"], capture_output=True, text=True,
                                              check=True).stdout)
            self.assertGreater(facts["packets"], 10_000)
            shown = self.on_a_terminal([*inside, "top"], b"iwq")
            self.assertIn("198.51.100.0/24", shown)
            self.assertIn("198.51.100.7", shown)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(subprocess.run([*inside, "status"], capture_output=True, check=False).returncode, 3)

    def test_dpdk_dumpcap_and_telemetry_work_beside_the_daemon(self):
        with Tap() as lab:
            pages = self.hugepages(lab, 300)
            prefix = f"floodgauge-test-{os.getpid()}"
            daemon = lab.daemon(eal=["--file-prefix", prefix, "--huge-dir", pages])
            captured = lab.folder / "captured.pcap"
            captured.touch()
            words = lab.folder / "dumpcap.log"
            with open(words, "wb") as log:
                dump = lab.start("sensor", "dpdk-dumpcap", f"--file-prefix={prefix}", "-i", "0", "-P", "-c", "100",
                                 "-w", captured, stdout=log, stderr=log)
            daemon.wait_for("dpdk-dumpcap captures", lambda: b"Packets captured: 0" in words.read_bytes())
            lab.flood()
            self.assertEqual(dump.wait(2 * PATIENCE), 0, words.read_text("utf-8", "replace"))
            self.assertGreater(captured.stat().st_size, 100 * 54)
            daemon.wait_for("an incident", daemon.incidents)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as telemetry:
                telemetry.connect(f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2")
                telemetry.recv(16384)
                telemetry.send(b"/ethdev/stats,0")
                stats = json.loads(telemetry.recv(16384))["/ethdev/stats"]
            counted = 'port_receive_packets_total{port="span",queue="0"}'
            daemon.wait_for("both count the same", lambda: daemon.metrics()[counted] == stats["ipackets"])
            self.assertEqual(daemon.stop(), 0)

    def hugepages(self, lab, wanted):
        """Reserves hugepages for the test and mounts them on a folder. Skips the test if there are none."""
        count = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
        if not count.exists():
            self.skipTest("the kernel has no hugepages of 2 MiB")
        before = int(count.read_text("utf-8"))
        lab.on_exit(count.write_text, str(before), "utf-8")
        count.write_text(str(before + wanted), "utf-8")
        if int(count.read_text("utf-8")) < before + wanted:
            self.skipTest(f"not enough contiguous memory for {wanted} hugepages")
        folder = lab.folder / "huge"
        folder.mkdir()
        lab.run("mount", "-t", "hugetlbfs", "none", folder)
        lab.on_exit(lab.run, "umount", folder)
        return folder

    @staticmethod
    def on_a_terminal(command, keys):
        """Runs a program on a terminal, presses keys, and returns what the program shows."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)
        shown = b""
        deadline = time.monotonic() + 20
        pressed = time.monotonic()
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:
                    break
            if keys and time.monotonic() - pressed > 1:
                os.write(terminal, keys[:1])
                keys, pressed = keys[1:], time.monotonic()
        os.close(terminal)
        os.kill(pid, signal.SIGKILL) if os.waitpid(pid, os.WNOHANG)[0] == 0 else None
        return shown.decode("utf-8", "replace")


if __name__ == "__main__":
    unittest.main()
