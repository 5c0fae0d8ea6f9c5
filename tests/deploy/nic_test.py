"""deploy/nic against a sysfs made of files: what it shows, what it refuses, what it writes."""
import os
import pathlib
import subprocess
import tempfile
import unittest

NIC = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "nic"
ADDRESS = "0000:03:00.0"


class Nic(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)
        self.sys = self.root / "sys"
        self.device = self.sys / "bus/pci/devices" / ADDRESS
        self.pages = self.sys / "devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"
        for path, text in {
            self.device / "class": "0x020000\n",
            self.device / "numa_node": "1\n",
            self.device / "driver_override": "(null)\n",
            self.sys / "bus/pci/drivers/ixgbe/unbind": "",
            self.sys / "bus/pci/drivers/vfio-pci/unbind": "",
            self.sys / "bus/pci/drivers_probe": "",
            self.sys / "kernel/iommu_groups/7/type": "DMA\n",
            self.pages: "0\n",
            self.pages.with_name("free_hugepages"): "0\n",
        }.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.device / "net/nosuchif").mkdir(parents=True)
        (self.sys / "class/net/nosuchif").mkdir(parents=True)
        (self.sys / "class/net/nosuchif/device").symlink_to(self.device)
        self.use_driver("ixgbe")

    def use_driver(self, name):
        link = self.device / "driver"
        link.unlink(missing_ok=True)
        link.symlink_to(self.sys / "bus/pci/drivers" / name)

    def run_nic(self, *arguments):
        return subprocess.run([NIC, *arguments], capture_output=True, text=True, check=False,
                              env={**os.environ, "FLOODGAUGE_SYSFS": str(self.sys),
                                   "FLOODGAUGE_NIC_STATE": str(self.root / "state")})

    def files(self):
        return {path: path.read_text() for path in self.sys.rglob("*") if path.is_file()}

    def test_bind_shows_every_step_in_order_and_does_nothing(self):
        before = self.files()
        done = self.run_nic("bind", "nosuchif", "--hugepages", "1G")
        self.assertEqual(done.returncode, 0, done.stderr)
        steps = [line.strip() for line in done.stdout.splitlines() if not line.strip().startswith("#")][1:-1]
        self.assertEqual(steps, [
            f"echo 512 > {self.pages}",
            "modprobe vfio-pci",
            f"echo vfio-pci > {self.device}/driver_override",
            f"echo {ADDRESS} > {self.device}/driver/unbind",
            f"echo {ADDRESS} > {self.sys}/bus/pci/drivers_probe",
        ])
        self.assertIn("nothing was done; --apply does it", done.stdout)
        self.assertEqual(self.files(), before)

    def test_bind_asks_for_no_hugepages_that_are_there(self):
        self.pages.write_text("4096\n")
        self.assertNotIn("nr_hugepages", self.run_nic("bind", ADDRESS).stdout)

    def test_bind_leaves_a_bound_port_and_a_bifurcated_driver_alone(self):
        self.use_driver("vfio-pci")
        self.assertIn("already", self.run_nic("bind", ADDRESS).stdout)
        (self.sys / "bus/pci/drivers/mlx5_core").mkdir()
        self.use_driver("mlx5_core")
        self.assertIn("nothing is to be bound", self.run_nic("bind", ADDRESS).stdout)

    def test_bind_says_when_the_iommu_is_off(self):
        (self.sys / "kernel/iommu_groups/7/type").unlink()
        (self.sys / "kernel/iommu_groups/7").rmdir()
        self.assertIn("intel_iommu=on", self.run_nic("bind", ADDRESS).stderr)

    def test_unbind_undoes_what_bind_noted(self):
        self.use_driver("vfio-pci")
        self.pages.write_text("1024\n")
        (self.root / "state").mkdir()
        (self.root / "state" / ADDRESS).write_text("ixgbe 16\n")
        done = self.run_nic("unbind", ADDRESS, "--apply")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("back to ixgbe", done.stdout)
        self.assertEqual((self.device / "driver_override").read_text(), "\n")
        self.assertEqual((self.sys / "bus/pci/drivers/vfio-pci/unbind").read_text(), ADDRESS + "\n")
        self.assertEqual((self.sys / "bus/pci/drivers_probe").read_text(), ADDRESS + "\n")
        self.assertEqual(self.pages.read_text(), "16\n")
        self.assertFalse((self.root / "state" / ADDRESS).exists())

    def test_unbind_leaves_a_port_with_its_own_driver_alone(self):
        self.assertIn("already", self.run_nic("unbind", ADDRESS).stdout)

    def test_errors_say_what_to_do(self):
        for sentence, arguments, words in [
            ("an unknown device", ("bind", "0000:99:00.0"), "deploy/nic status lists them"),
            ("no device", ("bind",), "needs a device"),
            ("a size that is none", ("bind", ADDRESS, "--hugepages", "much"), "no size"),
            ("an unknown command", ("steal", ADDRESS), "status, bind and unbind"),
            ("an unknown option", ("bind", ADDRESS, "--now"), "no such option"),
        ]:
            with self.subTest(sentence):
                done = self.run_nic(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)

    def test_status_lists_the_port(self):
        done = self.run_nic("status")
        self.assertRegex(done.stdout, rf"(?m)^{ADDRESS} +nosuchif +ixgbe +1 ")
        self.assertIn("IOMMU: on", done.stdout)


if __name__ == "__main__":
    unittest.main()
