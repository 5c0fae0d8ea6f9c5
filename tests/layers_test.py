"""Every layer of the tree includes and declares only what stands to its left.

The order is that of engine/README.md. Reads `#include "..."` lines and forward declarations of the
product's sources; headers of other projects are not held to any order.
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ORDER = ("engine/base engine/sketch config engine/model engine/parse engine/port engine/protect engine/flow engine/classify "
         "engine/count engine/worker engine/merge detectors engine/export engine/app").split()
EXPORT_ORDER = [f"engine/export/{name}" for name in "report events evidence history metrics page http terminal bgp".split()]
LAYERS = [layer for name in ORDER for layer in (EXPORT_ORDER if name == "engine/export" else [name])]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# `class Name;`, `struct Name;`, `enum class Name : type;`, templates too: a declaration without a body.
DECLARATION = re.compile(r"^(?:template\s*<[^;{]*>\s*)?(?:class|struct|enum(?:\s+(?:class|struct))?)\s+(\w+)\s*(?::\s*[\w:]+\s*)?;", re.M)
DEFINITION = re.compile(r"^(?:template\s*<[^;{]*>\s*)?(?:class|struct|enum(?:\s+(?:class|struct))?)\s+(?:\w+\s*\([^)]*\)\s*|\[\[[^\]]*\]\]\s*)?(\w+)"
                        r"(?:\s+final)?\s*(?::[^;{]*)?\{", re.M)


def layer_of(path):
    """The layer that a path lies in, or None where it lies in none."""
    found = [layer for layer in LAYERS if path.startswith(layer + "/")]
    return found[0] if found else None


def sources(root):
    for layer in ORDER:
        for path in sorted((root / layer).rglob("*")):
            if path.suffix in (".h", ".cc", ".in"):
                yield path.relative_to(root).as_posix(), path.read_text("utf-8")


def definitions(texts):
    """Name of each type -> the layers that define it."""
    where = {}
    for path, text in texts:
        for name in DEFINITION.findall(text):
            where.setdefault(name, set()).add(layer_of(path))
    return where


def violations(texts):
    """A sentence for each include and each forward declaration against the order."""
    texts = list(texts)
    where = definitions(texts)
    found = []
    for path, text in texts:
        own = layer_of(path)
        if own is None:
            found.append(f"{path} lies in no layer")
            continue
        for included in INCLUDE.findall(text):
            other = layer_of(included)
            if other is None:
                found.append(f"{path} includes {included}, which lies in no layer")
            elif LAYERS.index(other) > LAYERS.index(own):
                found.append(f"{path} includes {included}, which stands to the right of {own}")
        for name in DECLARATION.findall(text):
            layers = where.get(name, set()) - {None}
            if layers and all(LAYERS.index(layer) > LAYERS.index(own) for layer in layers):
                found.append(f"{path} declares {name}, which {sorted(layers)[0]} defines, to the right of {own}")
    return found


class Layers(unittest.TestCase):
    def test_nothing_points_to_the_right(self):
        self.assertEqual(violations(sources(ROOT)), [])

    def test_every_folder_is_a_layer(self):
        folders = {p.relative_to(ROOT).as_posix() for p in (ROOT / "engine").iterdir() if p.is_dir()}
        self.assertEqual(folders | {"config", "detectors"}, set(ORDER))

    def test_an_include_to_the_right_is_found(self):
        self.assertEqual(violations([("engine/parse/a.h", '#include "engine/count/counter.h"\n')]),
                         ["engine/parse/a.h includes engine/count/counter.h, which stands to the right of engine/parse"])

    def test_a_declaration_to_the_right_is_found(self):
        texts = [("engine/protect/a.h", "class Stage;\n"), ("engine/classify/stage.h", "class Stage {\n};\n")]
        self.assertEqual(violations(texts),
                         ["engine/protect/a.h declares Stage, which engine/classify defines, to the right of engine/protect"])

    def test_within_export_too(self):
        texts = [("engine/export/report/a.h", '#include "engine/export/http/web_api.h"\n')]
        self.assertEqual(len(violations(texts)), 1)

    def test_a_folder_of_no_layer_is_found(self):
        self.assertEqual(violations([("engine/base/a.h", '#include "bench/pipeline/pipeline.h"\n')]),
                         ["engine/base/a.h includes bench/pipeline/pipeline.h, which lies in no layer"])

    def test_to_the_left_and_into_the_own_layer_is_allowed(self):
        texts = [("engine/count/a.h", '#include "engine/parse/parser.h"\n#include "engine/count/b.h"\nclass B;\n'),
                 ("engine/count/b.h", "class B final {\n};\n"), ("engine/port/c.h", "struct rte_mbuf;\n")]
        self.assertEqual(violations(texts), [])


if __name__ == "__main__":
    unittest.main()
