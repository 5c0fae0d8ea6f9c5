"""Counts the cases in meson's testlog.json: prints `passed failed skipped`.

A test program of many cases (GoogleTest, Python's unittest) counts by its cases, any other as one.
A program that failed without a failing case to show for it (a crash, a time-out) counts as one failure.
"""
import json
import re
import sys

GTEST_RAN = re.compile(r"^\[==========\] (\d+) tests? from \d+ test suites? ran", re.M)
GTEST_FAILED = re.compile(r"^\[  FAILED  \] (\d+) tests?, listed below", re.M)
GTEST_SKIPPED = re.compile(r"^\[  SKIPPED \] (\d+) tests?, listed below", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_RESULT = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$", re.M)


def total(pattern, text):
    return sum(int(n) for n in pattern.findall(text))


def cases(output):
    """(ran, failed, skipped) by what the program printed; (0, 0, 0) if it tells nothing."""
    if GTEST_RAN.search(output):
        return total(GTEST_RAN, output), total(GTEST_FAILED, output), total(GTEST_SKIPPED, output)
    ran = total(UNITTEST_RAN, output)
    words = ", ".join(UNITTEST_RESULT.findall(output))
    bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", words))
    return ran, bad, sum(int(n) for n in re.findall(r"skipped=(\d+)", words))


def count(entry):
    ran, failed, skipped = cases(entry.get("stdout", "") + "\n" + entry.get("stderr", ""))
    result = entry["result"]
    if result == "SKIP":
        return 0, 0, max(skipped, 1)
    if result in ("OK", "EXPECTEDFAIL"):
        ran = max(ran, 1)
        return ran - skipped, 0, skipped
    failed = max(failed, 1)
    return max(ran - failed - skipped, 0), failed, skipped


def main(path):
    sums = [0, 0, 0]
    with open(path, encoding="utf-8") as log:
        for line in log:
            sums = [a + b for a, b in zip(sums, count(json.loads(line)))]
    print(*sums)


if __name__ == "__main__":
    main(sys.argv[1])
