"""A test network: network namespaces connected by veth pairs, with floodgauge inline or on a mirror.

Both ends of every pair are in namespaces that a Lab creates and removes, so nothing reaches the machine's own
network. Needs root for namespaces and packet sockets; why_not() tells what is missing.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PATIENCE = 30  # seconds after which a wait fails; only to keep tests from hanging, not a performance limit
ETH_P_ALL = 3
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_AUXDATA, VLAN_TCI_VALID, VLAN_TPID_VALID = 263, 8, 0x10, 0x40
LIBC = ctypes.CDLL(None, use_errno=True)


def bcrypt_of(password):
    """A bcrypt hash of the lowest cost, by libcrypt: Python 3.13 has no module `crypt` any more."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), b"$2b$04$abcdefghijklmnopqrstuu").decode()


def why_not(*programs):
    """Why a lab cannot be set up on this machine; empty if it can. Tests give it as the reason for a skip."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces and packet sockets"
    missing = [one for one in ("ip", "ethtool", *programs) if shutil.which(one) is None]
    if missing:
        return f"needs {', '.join(missing)} (deploy/setup installs it)"
    name = f"fg-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"network namespaces cannot be created: {made.stderr.strip()}"
    pair = subprocess.run(["ip", "-n", name, "link", "add", "one", "type", "veth", "peer", "name", "two"],
                          capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", name], check=False)
    return "" if pair.returncode == 0 else f"veth pairs cannot be created: {pair.stderr.strip()}"


def wait_for(what, condition, seconds=PATIENCE, every=0.02):
    """Waits for a true value of condition() and returns it. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


def receive_frame(raw):
    """The next frame that a packet socket receives, as on the cable, with its outermost VLAN tag."""
    while True:
        frame, ancillary, _, address = raw.recvmsg(65536, 256)
        if address[2] != socket.PACKET_OUTGOING:
            break
    for level, kind, data in ancillary:
        if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
        if status & VLAN_TCI_VALID:
            tag = struct.pack("!HH", tpid if status & VLAN_TPID_VALID else 0x8100, tci)
            return frame[:12] + tag + frame[12:]
    return frame


def frames(path):
    """The frames of a pcap file in this machine's byte order."""
    data, at, found = path.read_bytes(), 24, []
    while at + 16 <= len(data):
        length = struct.unpack_from("I", data, at + 8)[0]
        found.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return found


class Lab:
    """Network namespaces with short names. Leaving the `with` ends all processes in them and removes them."""

    def __init__(self, *names):
        self.names = names
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="floodgauge-live-"))
        self._undo = contextlib.ExitStack()
        self._undo.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            for name in self.names:
                self.run("ip", "netns", "add", self.real(name))
                self._undo.callback(self._remove, name)
                self.in_ns(name, "ip", "link", "set", "lo", "up")
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(self, *_):
        self._undo.close()

    def on_exit(self, function, *arguments):
        self._undo.callback(function, *arguments)

    def real(self, name):
        return f"fg{os.getpid()}-{name}"

    def _remove(self, name):
        listed = subprocess.run(["ip", "netns", "pids", self.real(name)], capture_output=True, text=True, check=False)
        for pid in listed.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", self.real(name)], check=False)

    @staticmethod
    def run(*command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def write_whole_frames(self, generator, path):
        """Writes a capture of 2 s of ordinary traffic and fragments, without snapped frames. Returns its frames."""
        self.run(generator, "--out", path, "--duration", "2s", "--benign", "mix=10kpps", "--snaplen", "1600",
                 "--flood", "fragment:target=198.51.100.9,rate=2kpps,start=0s,duration=2s")
        return frames(path)

    def in_ns(self, name, *command):
        return self.run("ip", "netns", "exec", self.real(name), *command)

    def join(self, one, one_device, other, other_device, mtu=1500, queues=1):
        """Connects two namespaces by a veth pair. Offloads are off, so that frames are as on a cable: none is merged
        into a larger one, and none is sent without its checksum."""
        count = ["numrxqueues", queues, "numtxqueues", queues]
        self.run("ip", "-n", self.real(one), "link", "add", one_device, *count, "type", "veth", "peer",
                 "name", other_device, *count, "netns", self.real(other))
        for name, device in ((one, one_device), (other, other_device)):
            self.in_ns(name, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", "tx", "off",
                       "rxvlan", "off", "txvlan", "off")
            # Keeps the kernel from sending packets of its own: router solicitation, duplicate address detection.
            self.in_ns(name, "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
            self.in_ns(name, "ip", "link", "set", device, "mtu", mtu, "up")
        self.wait_until_up(one, one_device)
        self.wait_until_up(other, other_device)

    def wait_until_up(self, name, device):
        """Waits until the kernel has set a device up. Until then it drops what is sent. That may take seconds while the
        kernel removes other namespaces."""
        wait_for(f"{device} is up", lambda: " state UP " in self.run(
            "ip", "-n", self.real(name), "-o", "link", "show", device))

    @contextlib.contextmanager
    def entered(self, name):
        """Moves this thread into a namespace for the `with`. Sockets that are made there remain in the namespace."""
        if name is None:
            yield
            return
        with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{self.real(name)}", "rb") as away:
            self._enter(away.fileno())
            try:
                yield
            finally:
                self._enter(home.fileno())

    @staticmethod
    def _enter(fd):
        if LIBC.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def packet_socket(self, name, device):
        """A raw socket that sends whole frames and receives all frames of a device."""
        with self.entered(name):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        with self.entered(name):
            raw.bind((device, ETH_P_ALL))
        # The kernel removes the VLAN tag from a frame. With this option it delivers it beside the frame.
        raw.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        raw.settimeout(PATIENCE)
        self._undo.callback(raw.close)
        return raw

    def counter(self, name, device, counter):
        """A counter that the kernel has for a device, such as "tx_packets" or "rx_dropped"."""
        shown = json.loads(self.run("ip", "-n", self.real(name), "-j", "-s", "-s", "link", "show", device))[0]
        way, what = counter.split("_", 1)
        return shown["stats64"][way][what]

    def start(self, name, *command, **options):
        """Starts a process in a namespace; `name` None: in that of this process."""
        inside = ["ip", "netns", "exec", self.real(name)] if name else []
        process = subprocess.Popen([*inside, *map(str, command)], **options)
        self._undo.callback(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.wait()


class Daemon:
    """`floodgauge run` in a namespace of a lab, with its log, its metrics and its API."""

    def __init__(self, lab, namespace, program, config, environment=None, eal=(), prefix=()):
        self.lab, self.namespace = lab, namespace
        self.config = lab.folder / "floodgauge.yaml"
        self.events = lab.folder / "events.jsonl"
        self.config.write_text(config, "utf-8")
        self.log_file = lab.folder / "floodgauge.log"
        with open(self.log_file, "wb") as log:
            self.process = lab.start(
                namespace, *prefix, program, "run", "-c", self.config, "--log-format", "json", "--", *eal,
                cwd=lab.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(environment or {})})
        self.wait_for("the daemon is ready", lambda: self.logged("^ready$"))

    @property
    def pid(self):
        return self.process.pid

    def wait_for(self, what, condition, seconds=PATIENCE):
        def unless_ended():
            value = condition()
            if not value and self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode} before: {what}\n{self.log_text()}")
            return value
        try:
            return wait_for(what, unless_ended, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_text()}") from None

    def log_text(self):
        return self.log_file.read_text("utf-8", "replace")

    def log(self):
        lines = []
        for line in self.log_text().splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                lines.append({"message": line, "level": "raw"})
        return lines

    def logged(self, pattern):
        """The log entries whose message matches the regular expression."""
        return [entry for entry in self.log() if re.search(pattern, entry["message"])]

    def connect(self):
        host, port = self.logged("^ready$")[0]["metrics"].split("//")[1].rsplit(":", 1)
        with self.lab.entered(self.namespace):
            connection = socket.socket()
        connection.settimeout(PATIENCE)
        with self.lab.entered(self.namespace):
            connection.connect((host, int(port)))
        return connection

    def request(self, path, method="GET", headers=(), tls=None):
        """Makes an HTTP request and returns (status, body)."""
        with self.connect() as plain:
            with (tls.wrap_socket(plain) if tls else contextlib.nullcontext(plain)) as connection:
                lines = [f"{method} {path} HTTP/1.1", "Host: sensor", "Connection: close", *headers, "", ""]
                connection.sendall("\r\n".join(lines).encode())
                answer = b""
                with contextlib.suppress(ssl.SSLEOFError):
                    while block := connection.recv(65536):
                        answer += block
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def json(self, path):
        status, body = self.request(path)
        if status != 200:
            raise AssertionError(f"{path}: {status}: {body}")
        return json.loads(body)

    def metrics(self):
        """All metrics: {"name{label=\"value\"}": value}, without the prefix floodgauge_."""
        status, body = self.request("/metrics")
        if status != 200:
            raise AssertionError(f"/metrics: {status}: {body}")
        found = re.findall(r"^floodgauge_(\S+) (\S+)$", body, re.M)
        return {name: float(value) for name, value in found}

    def incidents(self, state="open"):
        return self.json(f"/api/v1/incidents?state={state}")["incidents"]

    def event_lines(self):
        return [json.loads(line) for line in self.events.read_text("utf-8").splitlines()]

    def stop(self, seconds=PATIENCE):
        """Sends SIGTERM, waits for the end, and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


class Background(threading.Thread):
    """Calls a function every `every` seconds during a `with`. An exception in it is raised at the end of the `with`."""

    def __init__(self, function, every):
        super().__init__(daemon=True)
        self.function, self.every = function, every
        self.calls, self.error, self._over = 0, None, threading.Event()

    def run(self):
        try:
            while not self._over.wait(self.every):
                self.function()
                self.calls += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()
        if self.error:
            raise self.error
