"""Captures of real traffic, which tests read but which are no part of the repository: FLOODGAUGE_PCAPS, or
../shared/pcaps beside it. What is known of them: labels.csv, which lies with them, and what tshark counted."""
import csv
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("FLOODGAUGE_PCAPS", ROOT / "../shared/pcaps")).resolve()
PARSE = ROOT / "tests/engine/parse"
NONE = f"no recorded captures in {FOLDER}: set FLOODGAUGE_PCAPS to a folder of them"


def captures(kind="*"):
    """Names of all captures, or of those of one kind (attack, benign, odd), as in labels.csv."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob(f"{kind}/*") if path.is_file())


def labels():
    """By name: the row of labels.csv."""
    path = FOLDER / "labels.csv"
    if not path.exists():
        return {}
    with open(path, encoding="utf-8", newline="") as table:
        return {row["file"]: row for row in csv.DictReader(table)}


def expected_counts():
    """By name: packets, ipv4, ipv6, tcp... as tshark counts them, with the listed exceptions."""
    with open(PARSE / "tshark_counts.csv", encoding="utf-8", newline="") as table:
        counts = {row.pop("file"): {key: int(value) for key, value in row.items()} for row in csv.DictReader(table)}
    with open(PARSE / "tshark_exceptions.csv", encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            counts[row["file"]][row["column"]] += int(row["difference"])
    return counts
