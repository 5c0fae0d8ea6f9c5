"""The program of the release is hardened as Debian's own are: what `readelf` says of it.

hardening_test.py FLOODGAUGE
"""
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, PROGRAM], capture_output=True, text=True, check=True).stdout


class Hardening(unittest.TestCase):
    def test_its_addresses_are_random(self):
        self.assertIn("Type:                              DYN", readelf("-h"))
        self.assertRegex(readelf("-d"), r"FLAGS_1.*\bPIE\b")

    def test_its_table_of_functions_cannot_be_written(self):
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertRegex(readelf("-d"), r"FLAGS_1.*\bNOW\b")

    def test_nothing_is_writable_and_executable(self):
        segments = [line.split() for line in readelf("-l").splitlines()
                    if line.split()[:1] in (["LOAD"], ["GNU_STACK"])]
        self.assertGreater(len(segments), 3)
        for segment in segments:
            flags = "".join(segment[6:-1])
            self.assertFalse("W" in flags and "E" in flags, " ".join(segment))

    def test_overruns_of_the_stack_and_of_known_buffers_end_it(self):
        symbols = readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__\w+_chk\b")


if __name__ == "__main__":
    unittest.main()
