"""The counts on deploy/test's last line are those of what the test programs printed."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "deploy"))
from count_tests import count  # noqa: E402

GTEST = """[==========] Running 5 tests from 2 test suites.
[==========] 5 tests from 2 test suites ran. (3 ms total)
[  PASSED  ] 3 tests.
[  SKIPPED ] 1 test, listed below:
[  FAILED  ] 1 test, listed below:
"""
CASES = [
    ("a program that tells no number is one test", {"result": "OK", "stdout": "fine"}, (1, 0, 0)),
    ("GoogleTest counts by its cases", {"result": "FAIL", "stdout": GTEST}, (3, 1, 1)),
    ("unittest counts by its cases",
     {"result": "OK", "stdout": "", "stderr": "Ran 4 tests in 0.1s\n\nOK (skipped=1)\n"}, (3, 0, 1)),
    ("failures and errors of unittest add up",
     {"result": "FAIL", "stdout": "Ran 4 tests in 0.1s\n\nFAILED (failures=1, errors=2)"}, (1, 3, 0)),
    ("a crash before the summary is one failure",
     {"result": "FAIL", "stdout": "[==========] Running 5 tests from 2 test suites."}, (0, 1, 0)),
    ("a crash after all cases passed is a failure too",
     {"result": "FAIL", "stdout": "Ran 4 tests in 0.1s\n\nOK"}, (3, 1, 0)),
    ("a program that was skipped", {"result": "SKIP", "stdout": "no captures"}, (0, 0, 1)),
    ("a time-out", {"result": "TIMEOUT"}, (0, 1, 0)),
]


class CountTests(unittest.TestCase):
    def test_table(self):
        for sentence, entry, expected in CASES:
            with self.subTest(sentence):
                self.assertEqual(count(entry), expected)


if __name__ == "__main__":
    unittest.main()
