"""A virtual machine with network cards on PCI: QEMU in software emulation, Debian's kernel, and an initial RAM disk of the
programs that a test needs, with their libraries.

The cards are connected by QEMU's hubs, which exist in that process alone. The machine's first serial port is a shell, which
Guest.run() gives one command at a time.
"""
import gzip
import os
import pathlib
import re
import selectors
import shutil
import socket
import stat
import subprocess
import time

MODULES = ("irqbypass", "vfio", "vfio_virqfd", "vfio_iommu_type1", "vfio-pci-core", "vfio-pci", "e1000e", "failover",
           "net_failover", "virtio_net", "af_packet")
DRIVERS = ("librte_bus_pci", "librte_bus_vdev", "librte_mempool_ring", "librte_net_e1000", "librte_net_virtio",
           "librte_net_af_packet")
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/hugepages /dev/shm /tmp /run /var/run /root
mount -t tmpfs shm /dev/shm
for module in MODULES; do insmod /modules/$module.ko 2>/dev/null; done
echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
echo 160 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
mount -t hugetlbfs huge /dev/hugepages
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
stty -F /dev/ttyS0 raw -echo
echo guest-is-up >/dev/ttyS0
sh </dev/ttyS0 2>&1 | cat >/dev/ttyS0  # its output is no terminal: it gives no prompt
"""


def why_not():
    """Why no guest can be made on this machine; empty if one can."""
    missing = [one for one in ("qemu-system-x86_64", "cpio", "ldd") if shutil.which(one) is None]
    if not pathlib.Path("/bin/busybox").exists():
        missing.append("busybox-static")
    return f"needs {', '.join(missing)} (deploy/test vm installs it)" if missing else ""


def fetch_kernel(folder):
    """Unpacks Debian's kernel, as apt has it, into the folder. Returns (kernel, folder of modules); None without it."""
    folder.mkdir(parents=True, exist_ok=True)
    if list(folder.glob("boot/vmlinuz-*")):
        return find_kernel(folder)
    told = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=False)
    package = re.search(r"Depends: (linux-image-\d\S+)", told.stdout)
    if not package:
        return None
    subprocess.run(["apt-get", "-q", "download", package[1]], cwd=folder, capture_output=True, timeout=300, check=False)
    archives = list(folder.glob("linux-image-*.deb"))
    if not archives:
        return None
    subprocess.run(["dpkg-deb", "-x", archives[0], folder], check=True)
    archives[0].unlink()
    return find_kernel(folder)


def find_kernel(folder):
    # Debian 13 has them below /usr.
    modules = next(path for path in (folder / "lib/modules", folder / "usr/lib/modules") if path.exists())
    return next((folder / "boot").glob("vmlinuz-*")), next(modules.iterdir())


def libraries_of(program):
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", told)]


class Image:
    """What the guest finds in /."""

    def __init__(self, folder, modules):
        self.root = folder / "root"
        for name in ("bin", "modules", "proc", "sys", "dev", "tmp", "etc"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/busybox", self.root / "bin/busybox")
        listed = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout
        for applet in set(listed.split()) - {"busybox"}:
            (self.root / "bin" / applet).symlink_to("busybox")
        for name in MODULES:
            found = list(modules.rglob(f"{name}.ko*"))
            if found:
                self.add_module(name, found[0])
        init = self.root / "init"
        init.write_text(INIT.replace("MODULES", " ".join(MODULES)), "utf-8")
        init.chmod(0o755)
        for driver in DRIVERS:
            for path in pathlib.Path("/usr/lib/x86_64-linux-gnu/dpdk").rglob(f"{driver}.so*"):
                self.add(path)
                for library in libraries_of(path):
                    self.add(library)

    def add_module(self, name, path):
        target = self.root / "modules" / f"{name}.ko"
        if path.suffix == ".ko":
            shutil.copy(path, target)
        else:
            target.write_bytes(subprocess.run(["xz", "-dc", path], capture_output=True, check=True).stdout)

    def add(self, path):
        """A file of this machine, at its place; links stay links."""
        path = pathlib.Path(path)
        target = self.root / path.relative_to("/")
        if os.path.lexists(target):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            to = path.resolve()
            target.symlink_to(to)
            self.add(to)
        else:
            shutil.copy(path, target)

    def add_program(self, path, name=None):
        """Into /bin, with its libraries."""
        path = pathlib.Path(path)
        target = self.root / "bin" / (name or path.name)
        target.unlink(missing_ok=True)
        shutil.copy(path, target)
        target.chmod(target.stat().st_mode | stat.S_IXUSR)
        for library in libraries_of(path):
            self.add(library)

    def write(self, path, text):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def pack(self, path):
        names = subprocess.run(["find", ".", "-print0"], cwd=self.root, capture_output=True, check=True).stdout
        packed = subprocess.run(["cpio", "--null", "-o", "-H", "newc", "--quiet"], cwd=self.root, input=names,
                                capture_output=True, check=True).stdout
        with gzip.open(path, "wb", 1) as file:
            file.write(packed)


class Guest:
    """A running machine. `cards`: (QEMU's model, hub) each."""

    def __init__(self, kernel, image, folder, cards, memory="1500M"):
        self.monitor_path = folder / "monitor"
        command = ["qemu-system-x86_64", "-machine", "q35,accel=tcg,kernel-irqchip=split", "-cpu", "max", "-smp", "2",
                   "-m", memory, "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
                   "-monitor", f"unix:{self.monitor_path},server=on,wait=off",
                   "-device", "intel-iommu,intremap=off", "-kernel", str(kernel), "-initrd", str(image),
                   "-append", "console=ttyS0 quiet intel_iommu=on panic=-1"]
        for n, (model, hub) in enumerate(cards):
            command += ["-netdev", f"hubport,id=net{n},hubid={hub}",
                        "-device", f"{model},netdev=net{n},id=card{n},addr={n + 4:#x},mac=52:54:00:00:00:{n + 1:02x}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen, self.number = b"", 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def read_until(self, mark, seconds):
        """What came before the mark."""
        deadline = time.monotonic() + seconds
        while mark not in self.seen:
            left = deadline - time.monotonic()
            if left <= 0 or self.process.poll() is not None:
                raise AssertionError(f"the guest did not say {mark!r} within {seconds} s: {self.seen[-3000:].decode('utf-8', 'replace')}")
            if self.selector.select(left):
                self.seen += os.read(self.process.stdout.fileno(), 65536)
        before, _, self.seen = self.seen.partition(mark)
        return before.decode("utf-8", "replace").replace("\r", "")

    def boot(self, seconds=120):
        self.read_until(b"guest-is-up", seconds)

    def run(self, command, seconds=60):
        """Returns the exit status and what was printed."""
        self.number += 1
        mark = f"done-{self.number}:"
        self.process.stdin.write(f"{command}\necho {mark[:4]}'{mark[4:]}'$?.\n".encode())
        self.process.stdin.flush()
        told = self.read_until(mark.encode(), seconds)
        return int(self.read_until(b".", 10)), told

    def must(self, command, seconds=60):
        status, told = self.run(command, seconds)
        if status != 0:
            raise AssertionError(f"{command}: status {status}: {told}")
        return told

    def until(self, command, pattern, seconds=60):
        """Runs a command again and again, until it prints what the pattern finds."""
        deadline = time.monotonic() + seconds
        while True:
            told = self.run(command)[1]
            if re.search(pattern, told, re.S):
                return told
            if time.monotonic() > deadline:
                raise AssertionError(f"{command}: not within {seconds} s: {pattern}; it printed {told}")
            time.sleep(0.2)

    def monitor(self, command):
        """A command of QEMU's own: pulls a cable, for one."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(self.monitor_path))
            link.settimeout(10)
            link.recv(4096)
            link.sendall(command.encode() + b"\n")
            time.sleep(0.2)
            return link.recv(65536).decode()

    def close(self):
        self.selector.close()
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
