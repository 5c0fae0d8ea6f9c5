#!/usr/bin/env python3
"""The maker of the reflectors' tables: what it makes, and what it refuses with the line of the fault."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "config"))
import make_reflectors as maker  # noqa: E402

GOOD = """# comment
reflectors:

  - name: slp
    label: SLP reflection
    ports: [427]
    # where it is told of
    signatures:
      - name: slp_answer
        pattern: '^\\x02it''s'
        flags: [caseless]
      - name: slp_other
        pattern: '^b'
        ports: [427, 428]

  - name: quic
    label: QUIC reflection
    ports: []
    signatures:
      - name: quic_answer
        pattern: '^c'
"""


def made_of(text):
    reflectors = maker.parse(text.split("\n"))
    maker.check(reflectors)
    return reflectors


class MakeReflectors(unittest.TestCase):
    def test_makes_members_rows_and_ports(self):
        reflectors = made_of(GOOD)
        self.assertEqual(maker.vectors(reflectors), "  reflection_slp,\n  reflection_quic,\n")
        self.assertEqual(maker.ports(reflectors), "    {427, reflection_slp},\n")
        self.assertIn('{reflection_slp, "reflection_slp", "SLP reflection",', maker.rows(reflectors))

    def test_puts_the_signatures_before_the_others(self):
        text = maker.signatures(made_of(GOOD), "# head\nsignatures:\n\n  - name: last\n")
        self.assertLess(text.index("quic_answer"), text.index("last"))
        self.assertIn("  - name: slp_answer\n    vector: reflection_slp\n    pattern: '^\\x02it''s'\n"
                      "    flags: [caseless]\n", text)
        self.assertIn("ports: [427, 428]", text)

    def test_a_long_text_is_several_literals(self):
        text = maker.signatures(made_of(GOOD), "signatures:\n" .join(["# head\n", "# x\n" * 9000]))
        self.assertGreater(text.count('R"signatures('), 4)

    def test_names_the_line_of_what_it_cannot_read(self):
        for fault, line, word in [
            (GOOD.replace("reflectors:", "reflector:"), 2, "begins"),
            (GOOD.replace("    label: SLP", "   label: SLP"), 5, "indentation"),
            (GOOD.replace("    label: SLP", "    labels: SLP"), 5, "labels is no key"),
            (GOOD.replace("[427]", "[427"), 6, "list is not closed"),
            (GOOD.replace("'^b'", "'^b"), 13, "quote is not closed"),
            (GOOD.replace("    label: SLP reflection\n", "    label: SLP\n    label: SLP\n"), 6, "twice"),
            (GOOD.replace("    signatures:\n", "    signatures: x\n", 1), 8, "lines below"),
        ]:
            with self.subTest(word), self.assertRaisesRegex(maker.Fault, f"^{line}: .*{word}"):
                made_of(fault)

    def test_refuses_what_the_tables_cannot_hold(self):
        for fault, word in [
            (GOOD.replace("name: quic\n", "name: slp\n"), "twice"),
            (GOOD.replace("name: quic\n", "name: tcp\n"), "taken already"),
            (GOOD.replace("name: quic\n", "name: Quic\n"), "not a name"),
            (GOOD.replace("ports: []", "ports: [427]"), "port 427"),
            (GOOD.replace("ports: []", "ports: [49152]"), "port 49152"),
            (GOOD.replace("ports: []", "ports: [0]"), "port 0"),
            (GOOD.replace("quic_answer", "slp_answer"), "slp_answer is there twice"),
            (GOOD.replace("        pattern: '^c'\n", ""), "without a name or a pattern"),
            (GOOD.split("    signatures:\n      - name: quic")[0], "neither ports nor signatures"),
            (GOOD.replace("    label: QUIC reflection\n", ""), "label"),
        ]:
            with self.subTest(word), self.assertRaisesRegex(maker.Fault, word):
                made_of(fault)

    def test_the_file_itself_is_good(self):
        reflectors = made_of((ROOT / "config/reflectors.yaml").read_text("utf-8"))
        self.assertGreaterEqual({one["name"] for one in reflectors}, {"slp", "tp240", "sadp", "dtls", "quic", "mssql"})
        self.assertLess(len(reflectors), 90, "Vector has room for 126 rows in all")

    def test_each_cites_its_source(self):
        # A standard, an advisory, who found it, or whose protocol it is.
        source = re.compile(r"RFC \d+|CVE-\d+|TA14-017A|TA14-013A|VU#\d+|CTX\d+|BEP \d+|MS-\w+|ASHRAE|OASIS|NETSCOUT|Akamai"
                            r"|https://|nmap|UPnP Device|memcached, doc|IPMI 2.0|Control Protocol|OpenVPN protocol"
                            r"|SADP tool|Phenomite|DEF CON|zmap|Metasploit|MessageIdentifiers")
        blocks = re.split(r"\n  - name: ", (ROOT / "config/reflectors.yaml").read_text("utf-8"))[1:]
        self.assertGreater(len(blocks), 40)
        for block in blocks:
            comments = " ".join(re.findall(r"# (.*)", block))
            self.assertRegex(comments, source, block.split("\n")[0])


if __name__ == "__main__":
    unittest.main()
