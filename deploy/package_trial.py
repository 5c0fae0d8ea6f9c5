#!/usr/bin/env python3
"""deploy/package_trial.py CODENAME PACKAGE MIRROR: tries the Debian package in a fresh system of CODENAME,
which debootstrap makes from MIRROR and systemd runs in namespaces of its own: the package is installed and
configured by the commands of deploy/LIVE.md, "As a service"; the service watches an interface, on which a
flood comes; then the package is upgraded, removed, installed again and purged.

Needs root. Nothing stays mounted or running when it ends. Prints each step; exits with 1 if one fails.
deploy/systems calls it; by hand:

  deploy/package_trial.py bookworm build/package/floodgauge_*.deb http://deb.debian.org/debian
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds; only to keep the trial from hanging
# What a server has, and what the commands of the guide need.
INCLUDE = "systemd-sysv,dbus,iproute2,curl,logrotate,man-db,zsh-common"
DROP_IN = "/etc/systemd/system/floodgauge.service.d"
# Makes the folders of a container and starts systemd in them, as the container interface of systemd asks:
# /sys read-only but for control groups, /dev with its few devices, and `container` in the environment.
BOOT = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup" 2>/dev/null || {
  mount -t tmpfs tmpfs "$1/sys/fs" && mkdir "$1/sys/fs/cgroup" && mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
}
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for device in null zero full random urandom tty; do
  touch "$1/dev/$device"
  mount --bind "/dev/$device" "$1/dev/$device"
done
mkdir "$1/dev/pts" "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$1/run"
exec chroot "$1" env -i container=floodgauge-trial PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /sbin/init
"""


class Failed(Exception):
    pass


def say(text):
    print(f"package trial: {text}", file=sys.stderr, flush=True)


def check(condition, text):
    if not condition:
        raise Failed(text)


def wait_for(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        check(time.monotonic() < deadline, f"not within {PATIENCE} s: {what}")
        time.sleep(0.2)
    return value


def run(*command, wrong=False, **more):
    """The output of a command; raises Failed when it fails, or with `wrong` when it does not."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False, **more)
    check((done.returncode != 0) == wrong,
          f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def guide():
    """The commands of "As a service", as they are printed."""
    section = (ROOT / "deploy/LIVE.md").read_text("utf-8").split("## As a service")[1].split("\n## ")[0]
    return [line.strip().split("  #")[0].strip() for line in section.splitlines() if line.startswith("    ")]


def unified_groups():
    """Where the version 2 of control groups is mounted."""
    for line in pathlib.Path("/proc/mounts").read_text("utf-8").splitlines():
        if line.split()[2] == "cgroup2":
            return pathlib.Path(line.split()[1])
    raise Failed("this machine has no control groups of version 2, which systemd needs")


class System:
    """A Debian system that runs. Its folder, processes and control group are gone after the `with`."""

    def __init__(self, codename, mirror, folder):
        self.root = folder / "root"
        self.group = unified_groups() / f"floodgauge-trial-{os.getpid()}"
        made = subprocess.run(["debootstrap", "--variant=minbase", f"--include={INCLUDE}", codename, self.root, mirror],
                              capture_output=True, text=True, timeout=600, check=False)
        check(made.returncode == 0, f"debootstrap: {made.stdout[-2000:]}{made.stderr[-2000:]}")
        sources = os.environ.get("FLOODGAUGE_SOURCES", f"deb {mirror} {codename} main\n")
        (self.root / "etc/apt/sources.list").write_text(sources, "utf-8")
        settings = run("apt-config", "dump")
        (self.root / "etc/apt/apt.conf.d/90machine").write_text(
            "".join(line + "\n" for line in settings.splitlines()
                    if re.match(r"Acquire::(https?|Check-|Retries|Force)", line)), "utf-8")
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        shutil.copy("/etc/hosts", self.root / "etc/hosts")
        run("mount", "-t", "proc", "proc", self.root / "proc")
        try:
            # All that is downloaded is downloaded before the system runs, as it has no network of its own.
            self.chroot("apt-get -q update")
        finally:
            run("umount", self.root / "proc")
        self.init = None

    def chroot(self, command):
        return run("chroot", self.root, "sh", "-c", command, env=self.environment())

    @staticmethod
    def environment():
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                "LANG": "C.UTF-8", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive",
                **{name: os.environ[name] for name in ("http_proxy", "https_proxy", "no_proxy") if name in os.environ}}

    def __enter__(self):
        self.group.mkdir()
        inside = (f'echo $$ >"{self.group}/cgroup.procs" && exec setpriv --pdeathsig KILL unshare --mount --pid '
                  '--fork --kill-child --cgroup --net --uts --ipc bash -c "$0" boot "$1"')
        self.process = subprocess.Popen(["bash", "-c", inside, BOOT, self.root], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.init = wait_for("systemd is started", lambda: children.read_text("utf-8").split())[0]
        wait_for("systemd has started all", lambda: re.search(
            "running|degraded", self.run("systemctl is-system-running || true", quiet=True)))
        return self

    def __exit__(self, *_):
        (self.group / "cgroup.kill").write_text("1", "utf-8")
        self.process.kill()
        self.process.wait()
        for _ in range(50):
            try:
                for path in sorted(self.group.rglob("*/"), key=lambda one: -len(one.parts)):
                    if path.is_dir():
                        path.rmdir()
                self.group.rmdir()
                return
            except OSError:
                time.sleep(0.1)

    def run(self, command, quiet=False, wrong=False):
        if not quiet:
            say(f"# {command}")
        inside = ("nsenter", "-t", self.init, "--mount", "--pid", "--cgroup", "--net", "--uts", "--ipc", "--root",
                  "--wd")
        try:
            return run(*inside, "sh", "-c", command, env=self.environment(), wrong=wrong)
        except Failed:
            if quiet and not wrong:
                return ""
            raise

    def show(self, command):
        return self.run(command, quiet=True).strip()

    def exists(self, path):
        return self.run(f"test -e {path} && echo yes || true", quiet=True).strip() == "yes"

    def send_syns(self, device, target, seconds, per_second):
        """SYNs from many addresses to `target`, from the other end of the interface."""
        sender = f"""
import socket, struct, time, random
def summed(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("{device}", 0))
target = socket.inet_aton("{target}")
random.seed(1)
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    began = time.monotonic()
    for _ in range({per_second} // 50):
        source = struct.pack("!I", random.getrandbits(32) & 0x3fffffff | 0x40000000)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 40, random.getrandbits(16), 0, 60, 6, 0) + source + target
        head = head[:10] + struct.pack("!H", summed(head)) + head[12:]
        port, sequence = random.randrange(1024, 65536), random.getrandbits(32)
        tcp = struct.pack("!HHIIBBHHH", port, 443, sequence, 0, 0x50, 2, 1024, 0, 0)
        raw.send(bytes(6) + bytes.fromhex("020000000001") + b"\\x08\\x00" + head + tcp + bytes(6))
    time.sleep(max(0, began + 0.02 - time.monotonic()))
"""
        run("nsenter", "-t", self.init, "--net", sys.executable, "-c", sender)


def repacked(package, folder):
    """The same package as a newer version."""
    tree = folder / "next"
    run("dpkg-deb", "-R", package, tree)
    control = (tree / "DEBIAN/control").read_text("utf-8")
    (tree / "DEBIAN/control").write_text(re.sub(r"(?m)^Version: (.*)$", r"Version: \1+next", control), "utf-8")
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, folder / "next.deb")
    return folder / "next.deb"


def journal(system, *fields):
    lines = system.show("journalctl -u floodgauge -o json --no-pager").splitlines()
    return [[one.get(field) for field in fields] for one in map(json.loads, lines)]


def failed_units(system):
    return [words[0] for words in map(str.split, system.show("systemctl --failed --no-legend --plain").splitlines())
            if words]


def installed(system):
    say("step: install, as the guide says")
    system.run("ip link add eth2 type veth peer name eth3 && ip link set eth2 up && ip link set eth3 up")
    for command in guide():
        if command.startswith("apt install"):
            # Downloaded before, since the running system has no network.
            command = "apt-get -q -y install /root/floodgauge.deb"
        elif command.startswith("editor "):
            command = ("sed -i -e 's/net_af_xdp0,iface=eth2/net_af_packet0,iface=eth2/' "
                       "-e '/^profiles:/a\\  default: {baseline: {state: /var/lib/floodgauge/baseline}}' "
                       "-e '$a engine: {flows: 65536, hosts: 4096}' /etc/floodgauge/floodgauge.yaml")
        elif command.startswith("systemctl status"):
            command += " --no-pager"
        # A small system has units that fail by themselves: those are no fault of the package.
        failed_before = set(failed_units(system)) if command.startswith("apt-get") else set()
        system.run(command)
        if command.startswith("apt-get"):
            check(system.show("systemctl is-enabled floodgauge") == "enabled", "the service is not enabled")
            check(system.show("systemctl is-active floodgauge || true") == "inactive",
                  "it runs without a configuration")
            failed = sorted(set(failed_units(system)) - failed_before)
            check(not failed, f"a unit has failed: {' '.join(failed)}")
    wait_for("the service is ready", lambda: system.show("curl -s http://127.0.0.1:9733/-/ready"))
    check(system.show("stat -c %U /proc/$(systemctl show -p MainPID --value floodgauge)") == "floodgauge",
          "the service does not run as its user")
    for path in ("/usr/share/man/man1/floodgauge.1.gz", "/usr/share/man/man5/floodgauge.yaml.5.gz",
                 "/usr/share/floodgauge/hooks/fastnetmon_notify", "/usr/share/bash-completion/completions/floodgauge",
                 "/usr/share/zsh/vendor-completions/_floodgauge",
                 "/usr/share/fish/vendor_completions.d/floodgauge.fish",
                 "/usr/share/floodgauge/prometheus/rules/alerts.yml",
                 "/usr/share/floodgauge/grafana/dashboards/link.json"):
        check(system.exists(path), f"{path} is missing")
    check("MANUAL" in system.show("MANPAGER=cat man floodgauge | head -1 | tr a-z A-Z") or
          system.show("man -w floodgauge"), "man does not find the page")
    system.run("floodgauge-nic status")
    # What the guide says of somebody who comes from FastNetMon.
    (system.root / "root/networks").write_text("198.51.100.0/24\n", "utf-8")
    (system.root / "root/fastnetmon.conf").write_text(
        "networks_list_path = /root/networks\nban_for_pps = on\nthreshold_pps = 20000\n", "utf-8")
    system.run("floodgauge import fastnetmon /root/fastnetmon.conf >/root/made.yaml")
    system.run("floodgauge check -c /root/made.yaml")


def flooded(system):
    say("step: a flood, told in the event log and in the journal")
    time.sleep(1.5)  # the first second's conversations are not known yet
    system.send_syns("eth3", "198.51.100.7", 3, 12000)
    events = "/var/log/floodgauge/events.jsonl"
    wait_for("the event log has the flood", lambda: '"opened"' in system.show(f"cat {events}"))
    check(system.show(f"stat -c %U:%a {events}") == "floodgauge:600", "the event log is not its user's alone")
    told = wait_for("the journal has the incident", lambda: [
        one for one in journal(system, "PRIORITY", "MESSAGE") if "incident opened" in (one[1] or "")])
    check(int(told[0][0]) <= 4, f"an incident has priority {told[0][0]}")
    shown = wait_for("status shows the incident", lambda: system.show("floodgauge status"))
    check("FLOOD" in shown, f"status does not have the incident: {shown}")
    system.run("ip link set eth3 down")
    down = wait_for("the journal has the link", lambda: [
        one for one in journal(system, "PRIORITY", "MESSAGE") if "link is down" in (one[1] or "")])
    check(down[0][0] == "4", f"a link that is down has priority {down[0][0]}")
    system.run("ip link set eth3 up")
    system.run("logrotate --force /etc/logrotate.d/floodgauge")
    wait_for("the event log is opened again", lambda: system.exists(events))
    check("reloaded" in system.show("journalctl -u floodgauge"), "logrotate did not have it reloaded")


def upgraded(system):
    say("step: upgrade")
    before = system.show("systemctl show -p MainPID floodgauge")
    learnt = "/var/lib/floodgauge/baseline"
    kept = system.show("cat /var/log/floodgauge/events.jsonl.1")
    system.run("apt-get -q -y install /root/next.deb")
    wait_for("the new version is ready", lambda: system.show("curl -s http://127.0.0.1:9733/-/ready"))
    check(system.show("dpkg-query -W -f '${Version}' floodgauge").endswith("+next"), "the version is the old one")
    check(system.show("systemctl show -p MainPID floodgauge") != before, "the service was not restarted")
    check(system.exists(learnt), "the baseline was not kept")
    check(kept and system.show("cat /var/log/floodgauge/events.jsonl.1") == kept, "the events were not kept")
    check("net_af_packet0" in system.show("cat /etc/floodgauge/floodgauge.yaml"), "the configuration was not kept")
    system.run("systemctl disable floodgauge && apt-get -q -y install --reinstall /root/next.deb")
    check(system.show("systemctl is-enabled floodgauge || true") == "disabled", "an upgrade enabled what was disabled")
    system.run("systemctl enable floodgauge")


def removed(system):
    say("step: remove, install again, purge")
    system.run("apt-get -q -y remove floodgauge")
    check(system.show("systemctl is-active floodgauge || true") != "active", "the service still runs")
    check(not system.exists("/usr/bin/floodgauge"), "the program is still there")
    for path in ("/var/lib/floodgauge/baseline", "/var/log/floodgauge", "/etc/floodgauge/floodgauge.yaml"):
        check(system.exists(path), f"a removal deleted {path}")
    system.run("apt-get -q -y install /root/next.deb")
    wait_for("it watches again", lambda: system.show("curl -s http://127.0.0.1:9733/-/ready"))
    system.run("apt-get -q -y purge floodgauge")
    check(system.show("systemctl is-active floodgauge || true") != "active", "the service still runs after a purge")
    spared = ("/root/*", "/proc/*", "/sys/*", "/run/*", "/var/lib/apt/*", "/var/cache/*", f"{DROP_IN}*")
    left = system.show("find / -xdev -iname '*floodgauge*' " + " ".join(f"-not -path '{path}'" for path in spared))
    check(not left, f"a purge left: {left}")
    check(system.show("getent passwd floodgauge"), "the user is gone")


def try_package(codename, package, mirror, folder):
    system = System(codename, mirror, folder)
    say(f"the system is made ({time.monotonic() - BEGAN:.0f} s)")
    shutil.copy(package, system.root / "root/floodgauge.deb")
    shutil.copy(repacked(package, folder), system.root / "root/next.deb")
    system.chroot("apt-get -q -y --download-only --no-install-recommends install /root/floodgauge.deb")
    (system.root / "etc/apt/apt.conf.d/91trial").write_text('APT::Install-Recommends "false";\n', "utf-8")
    with system:
        try:
            for step in (installed, flooded, upgraded, removed):
                step(system)
        except Failed:
            say(system.show("journalctl --no-pager -u floodgauge | tail -n 30"))
            raise


BEGAN = time.monotonic()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    codename, package, mirror = sys.argv[1:]
    # Ended from outside, it cleans up too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="floodgauge-package.", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        try_package(codename, package, mirror, folder)
    except (Failed, subprocess.TimeoutExpired) as error:
        say(f"{codename}: failed after {time.monotonic() - BEGAN:.0f} s: {error}")
        sys.exit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"{codename}: installed, upgraded, removed and purged in {time.monotonic() - BEGAN:.0f} s")


if __name__ == "__main__":
    main()
