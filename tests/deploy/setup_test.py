"""deploy/setup with the package manager replaced by scripts that note how they are called."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SETUP = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "setup"
DPKG_QUERY = """#!/bin/sh
for package; do :; done
grep -qx "$package" "$MISSING" && exit 1
echo installed
"""
NOTE = """#!/bin/sh
echo "${0##*/} $*" >>"$CALLS"
echo "policy $(test -x "$POLICY_RC_D" && echo there)" >>"$CALLS.policy"
"""


class Setup(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.calls = self.folder / "calls"
        self.policy = self.folder / "policy-rc.d"
        (self.folder / "bin").mkdir()
        for name, text in {"dpkg-query": DPKG_QUERY, "apt-get": NOTE, "systemctl": NOTE, "sudo": NOTE,
                           "id": "#!/bin/sh\necho ${FAKE_UID:-0}\n"}.items():
            path = self.folder / "bin" / name
            path.write_text(text)
            path.chmod(0o755)

    def run_setup(self, missing, uid=0):
        (self.folder / "missing").write_text("".join(f"{name}\n" for name in missing))
        done = subprocess.run([SETUP], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env={
            **os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "MISSING": str(self.folder / "missing"),
            "CALLS": str(self.calls), "POLICY_RC_D": str(self.policy), "FAKE_UID": str(uid)})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done, self.calls.read_text().splitlines() if self.calls.exists() else []

    def test_says_and_does_nothing_when_all_is_there(self):
        done, calls = self.run_setup([])
        self.assertEqual((done.stdout, done.stderr, calls), ("", "", []))

    def test_installs_what_is_missing_and_says_so(self):
        done, calls = self.run_setup(["jq", "tshark"])
        self.assertIn("installing tshark jq", done.stderr)
        self.assertEqual(calls, ["apt-get -q update", "apt-get -q -y install --no-install-recommends tshark jq"])

    def test_services_that_come_with_a_package_do_not_run(self):
        _, calls = self.run_setup(["prometheus"])
        self.assertEqual(calls[2:], ["systemctl disable --now prometheus"])
        self.assertIn("policy there", (self.folder / "calls.policy").read_text())
        self.assertFalse(self.policy.exists())

    def test_a_policy_of_the_machine_stays(self):
        self.policy.write_text("#!/bin/sh\nexit 0\n")
        self.run_setup(["prometheus"])
        self.assertEqual(self.policy.read_text(), "#!/bin/sh\nexit 0\n")

    def test_asks_for_root_by_sudo(self):
        _, calls = self.run_setup(["jq"], uid=1000)
        self.assertEqual(calls, [f"sudo -- {SETUP}"])


if __name__ == "__main__":
    unittest.main()
