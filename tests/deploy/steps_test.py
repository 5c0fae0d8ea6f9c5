"""deploy/build, deploy/test and deploy/systems, with the programs that they call replaced by scripts."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
HERE = re.search(r"(?m)^VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text("utf-8"))
# Notes how it was called.
NOTE = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'


class Steps(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.calls = self.folder / "calls"
        (self.folder / "bin").mkdir()
        (self.folder / "deploy").mkdir()
        shutil.copy(DEPLOY / "lib.sh", self.folder / "deploy")

    def fake(self, *paths, then=""):
        for path in paths:
            (self.folder / path).write_text(NOTE + then)
            (self.folder / path).chmod(0o755)

    def run_copy(self, script, *arguments, **environment):
        shutil.copy(DEPLOY / script, self.folder / "deploy")
        clean = {key: value for key, value in os.environ.items() if key not in ("CI", "http_proxy", "no_proxy")}
        done = subprocess.run(
            [self.folder / "deploy" / script, *arguments], capture_output=True, text=True, check=False, timeout=60,
            stdin=subprocess.DEVNULL, env={**clean, "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                                           "CALLS": str(self.calls), **environment})
        return done, self.calls.read_text().splitlines() if self.calls.exists() else []


class Build(Steps):
    def setUp(self):
        super().setUp()
        self.fake("bin/meson", "bin/ninja")

    def test_a_warning_is_an_error_in_ci_alone_and_never_with_a_sanitizer(self):
        for kind, environment, expected in [
            ("release", {}, False), ("debug", {}, False), ("release", {"CI": ""}, False),
            ("release", {"CI": "true"}, True), ("debug", {"CI": "1"}, True),
            ("asan", {"CI": "true"}, False), ("tsan", {"CI": "true"}, False),
        ]:
            with self.subTest(kind, **environment):
                self.calls.unlink(missing_ok=True)
                done, calls = self.run_copy("build", kind, "all", **environment)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual("-Dwerror=true" in calls[0].split(), expected, calls)

    def test_warnings_are_not_errors_by_default(self):
        self.assertNotIn("werror=true", (DEPLOY.parent / "meson.build").read_text("utf-8"))


class Test(Steps):
    def setUp(self):
        super().setUp()
        self.fake("deploy/setup", "deploy/build", "bin/meson", "bin/jq", "bin/git")
        self.fake("bin/clang-format", then='echo "Debian clang-format version ${FORMAT:-14}.0.6"\n')
        self.fake("deploy/systems", then='echo "3 1 2"\nexit ${SYSTEMS:-0}\n')
        (self.folder / "deploy/count_tests.py").write_text("print(1, 0, 0)\n")

    def test_neither_systems_nor_debug_nor_vm_unless_named(self):
        done, calls = self.run_copy("test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(any(call.startswith("build release ") for call in calls), calls)
        self.assertFalse([call for call in calls if call.startswith(("systems", "build debug"))])
        self.assertFalse([call for call in calls if "vm_test" in call])
        self.assertIn(" vm asan tsan systems", (DEPLOY.parent / ".ci/run").read_text("utf-8"))

    def test_counts_of_systems_are_in_the_last_line(self):
        done, calls = self.run_copy("test", "format", "systems")
        self.assertEqual(done.stdout.splitlines()[-1], "4 passed, 1 failed, 2 skipped")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(calls.count("systems "), 1)

    def test_systems_that_end_with_an_error_have_failed(self):
        done, _ = self.run_copy("test", "systems", SYSTEMS="2")
        self.assertEqual(done.stdout.splitlines()[-1], "3 passed, 2 failed, 2 skipped")

    def test_another_release_of_clang_format_is_not_asked(self):
        done, calls = self.run_copy("test", "format", FORMAT="19")
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 0 failed, 1 skipped")
        self.assertIn("format: skipped", done.stderr)
        self.assertEqual([call for call in calls if call.startswith("clang-format")], ["clang-format --version"])

    def test_an_unknown_step_is_refused_before_anything_is_done(self):
        done, calls = self.run_copy("test", "format", "everything")
        self.assertEqual((done.returncode, calls), (2, []))


class Systems(Steps):
    SOURCES = f"""echo "http://mirror.example/debian/ {HERE and HERE[1]} main"
echo "http://mirror.example/debian/ {HERE and HERE[1]}-backports main"
echo "http://mirror.example/security/ {HERE and HERE[1]}-security main"
echo "http://other.example/ stable main"
"""

    def setUp(self):
        super().setUp()
        self.system = self.folder / "system"
        self.system.mkdir()
        self.fake("bin/mount", "bin/git", "bin/unshare", "bin/setpriv")
        self.fake("bin/apt-get", then=self.SOURCES)
        self.fake("bin/apt-config", then="""cat <<'END'
APT::Architecture "amd64";
Acquire::http::Proxy "http://proxy.example:3128";
END
""")
        self.fake("bin/debootstrap", then='mkdir -p "$4/etc/apt/apt.conf.d"\n')
        self.fake("bin/chroot", then="""case "$*" in
  *deploy/test*) printf "passing\\n${COUNTED-5 passed, 1 failed, 2 skipped}\\n" && exit 1 ;;
  *deploy/package) exit ${PACKAGE:-0} ;;
  *deploy/demo*) exit ${DEMO:-0} ;;
  *walkthrough*) echo "OK${SKIPPED:-}" && exit ${WALK:-0} ;;
esac
""")
        self.fake("deploy/package_trial.py", then="exit ${TRIAL:-0}\n")

    def run_inside(self, codename, **environment):
        return self.run_copy("systems", "--inside", codename, self.system, **environment)

    def test_without_root_it_is_skipped(self):
        self.fake("bin/id", then="echo 1000\n")
        done, calls = self.run_copy("systems")
        self.assertEqual((done.returncode, done.stdout, calls), (0, "0 0 2\n", ["id -u"]))
        self.assertIn("skipped", done.stderr)

    def test_an_unknown_system_is_refused(self):
        done, calls = self.run_copy("systems", "potato")
        self.assertEqual((done.returncode, done.stdout, calls), (2, "", []))

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_the_mirror_and_the_proxy_are_those_of_this_machine(self):
        done, calls = self.run_inside("trixie")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("debootstrap --variant=minbase --include=git,ca-certificates trixie "
                      f"{self.system}/root http://mirror.example/debian/", calls)
        self.assertEqual((self.system / "root/etc/apt/sources.list").read_text(),
                         "deb http://mirror.example/debian/ trixie main\n"
                         "deb http://mirror.example/security/ trixie-security main\n")
        self.assertEqual((self.system / "root/etc/apt/apt.conf.d/90machine").read_text(),
                         'Acquire::http::Proxy "http://proxy.example:3128";\n')

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_demo_package_and_walk_count_as_one_test_each_beside_the_others(self):
        self.assertEqual(self.run_inside("trixie")[0].stdout, "7 1 2\n")
        shutil.rmtree(self.system / "root")
        self.calls.unlink()
        done, calls = self.run_inside("bookworm")
        self.assertEqual(done.stdout, "3 0 0\n")
        self.assertEqual([call.split()[-1] for call in calls if call.startswith("chroot")],
                         ["deploy/demo", "lintian", "deploy/package", "ethtool", "build/release"])
        self.assertTrue([call for call in calls if call.startswith("package_trial.py bookworm ")], calls)
        # No line of a system's output may be taken for this one's last.
        self.assertNotRegex(done.stderr, r"(?m)^\d+ passed")

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_tests_that_end_without_a_count_or_a_failure_have_failed(self):
        self.assertEqual(self.run_inside("trixie", COUNTED="Killed")[0].stdout, "2 1 0\n")
        shutil.rmtree(self.system / "root")
        self.assertEqual(self.run_inside("trixie", COUNTED="0 passed, 0 failed")[0].stdout, "2 1 0\n")

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_a_demo_that_fails_is_one_failure(self):
        done, _ = self.run_inside("trixie", DEMO="1")
        self.assertEqual((done.returncode, done.stdout), (0, "0 1 0\n"))

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_a_package_that_is_not_built_or_fails_its_trial_is_one_failure(self):
        self.assertEqual(self.run_inside("bookworm", PACKAGE="1")[0].stdout, "2 1 0\n")
        shutil.rmtree(self.system / "root")
        self.assertEqual(self.run_inside("bookworm", TRIAL="1")[0].stdout, "2 1 0\n")

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_a_walk_that_fails_or_is_skipped_is_one_failure(self):
        self.assertEqual(self.run_inside("bookworm", WALK="1")[0].stdout, "2 1 0\n")
        shutil.rmtree(self.system / "root")
        self.assertEqual(self.run_inside("bookworm", SKIPPED=" (skipped=2)")[0].stdout, "2 1 0\n")

    @unittest.skipUnless(HERE, "this is no Debian")
    def test_a_mirror_that_is_not_reached_is_named(self):
        self.fake("bin/debootstrap", then="echo 'E: Failed getting release file'\nexit 1\n")
        done, calls = self.run_inside("trixie")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("http://mirror.example/debian/", done.stderr)
        self.assertIn("Failed getting release file", done.stderr)
        self.assertFalse([call for call in calls if call.startswith(("mount", "chroot"))])


if __name__ == "__main__":
    unittest.main()
