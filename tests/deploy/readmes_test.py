"""Files that the guides name are there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where a guide's names begin.
BASES = {"engine/README.md": [ROOT / "engine", ROOT], "tests/README.md": [ROOT]}


def named_files(text):
    for name in re.findall(r"`([\w./-]+)`", text):
        if "/" in name and not name.startswith(("/", "../shared", "build/")):
            yield name
        elif re.fullmatch(r"\w+\.(h|cc|md)", name):
            yield name


class Readmes(unittest.TestCase):
    def test_files_they_name_exist(self):
        for guide, bases in BASES.items():
            names = list(named_files((ROOT / guide).read_text("utf-8")))
            self.assertTrue(names, guide)
            for name in names:
                with self.subTest(f"{guide}: {name}"):
                    self.assertTrue(any((base / name).exists() for base in bases))

    def test_the_walk_meets_every_stage(self):
        text = (ROOT / "engine/README.md").read_text("utf-8")
        stages = [path.name for path in (ROOT / "engine").iterdir() if path.is_dir()]
        for stage in stages:
            self.assertRegex(text, rf"(?m)^## .*\b{stage}\b", stage)


if __name__ == "__main__":
    unittest.main()
