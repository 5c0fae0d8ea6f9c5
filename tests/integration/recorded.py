"""Captures of real traffic that tests read. They are not part of the repository: FLOODGAUGE_PCAPS names their folder,
or they lie in ../shared/pcaps. labels.csv beside them labels each capture; tests/engine/parse has tshark's counts."""
import csv
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("FLOODGAUGE_PCAPS", ROOT / "../shared/pcaps")).resolve()
PARSE = ROOT / "tests/engine/parse"
NONE = f"no recorded captures in {FOLDER}: set FLOODGAUGE_PCAPS to a folder of them"


def captures(kind="*"):
    """Sorted names of all captures, or of one kind (attack, benign, odd), as in labels.csv."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob(f"{kind}/*") if path.is_file())


def labels():
    """{name: row of labels.csv}; empty if there is no such file."""
    path = FOLDER / "labels.csv"
    if not path.exists():
        return {}
    with open(path, encoding="utf-8", newline="") as table:
        return {row["file"]: row for row in csv.DictReader(table)}


def expected_counts():
    """{name: {packets, ipv4, ipv6, tcp...}} as tshark counts them, corrected by the listed exceptions."""
    with open(PARSE / "tshark_counts.csv", encoding="utf-8", newline="") as table:
        counts = {row.pop("file"): {key: int(value) for key, value in row.items()} for row in csv.DictReader(table)}
    with open(PARSE / "tshark_exceptions.csv", encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            counts[row["file"]][row["column"]] += int(row["difference"])
    return counts
