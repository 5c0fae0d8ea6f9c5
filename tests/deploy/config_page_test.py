"""floodgauge.yaml(5), made from config/README.md: groff sets it without a warning, and it has every key."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class ConfigPage(unittest.TestCase):
    def setUp(self):
        self.page = subprocess.run([sys.executable, ROOT / "deploy/man/config_page.py", ROOT / "config/README.md"],
                                   capture_output=True, text=True, check=True).stdout

    def test_groff_sets_it_without_a_warning(self):
        with tempfile.NamedTemporaryFile("w", suffix=".5") as file:
            file.write(self.page)
            file.flush()
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", file.name], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_it_has_every_key_and_nothing_of_markdown(self):
        keys = re.findall(r"(?m)^\| `([\w.\[\]]+)` \|", (ROOT / "config/README.md").read_text("utf-8"))
        self.assertGreater(len(keys), 50)
        for key in keys:
            self.assertIn(f"\n\\fB{key}\\fP\n", self.page)
        self.assertNotIn("`", self.page)
        self.assertNotIn("](", self.page)
        self.assertNotIn("meson", self.page)
        self.assertNotIn("yaml_tree", self.page)

    def test_lines_cannot_be_taken_for_requests(self):
        made = subprocess.run([sys.executable, "-c", "import config_page; print(config_page.plain('.so x'), config_page.plain(\"'a\"))"],
                              capture_output=True, text=True, check=True, cwd=ROOT / "deploy/man").stdout
        self.assertEqual(made, "\\\\&.so x \\\\&'a\n".replace("\\\\", "\\"))


if __name__ == "__main__":
    unittest.main()
