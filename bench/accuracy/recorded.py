"""Recorded captures with labels: attacks must have the right target and first vector, benign captures no incident."""
import csv
import os
import pathlib

from runner import ROOT
from verdicts import describe

SUPPOSED = pathlib.Path(os.environ.get("FLOODGAUGE_PCAPS", ROOT / "../shared/pcaps"))


def judge_attack(row, report):
    """Why an attack counts as missed; empty if it does not."""
    victims = row["victims"].split()
    on_victim = [incident for incident in report["incidents"] if incident["kind"] == "flood" and
                 incident["target"].split("/")[0] in victims]
    if not on_victim:
        return "no incident on " + row["victims"]
    largest = max(on_victim, key=lambda incident: incident["packets"])
    named = largest["vectors"][0]["name"]
    if named != row["vector"]:
        rest = ", ".join(f"{each['name']} {each['share']:.0%}" for each in largest["vectors"][:3])
        return f"first vector is {named} ({rest})"
    return ""


def measure(tools, quick=False, folder=SUPPOSED):
    labels = folder / "labels.csv"
    if not labels.exists():
        return None
    with open(labels, encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in ("attack", "benign")]
    if quick:  # only every eighth of the benign captures
        rows = [row for i, row in enumerate(rows) if row["label"] == "attack" or i % 8 == 0]
    reports = tools.each(lambda row: tools.replay_file(folder / row["file"]), rows)
    result = {"attack": 0, "benign": 0, "missed": [], "false": [], "beside": []}
    for row, report in zip(rows, reports):
        result[row["label"]] += 1
        if row["label"] == "benign":
            for incident in report["incidents"]:
                result["false"].append({"file": row["file"], "incident": describe(incident)})
            continue
        reason = judge_attack(row, report)
        if reason:
            result["missed"].append({"file": row["file"], "vector": row["vector"], "reason": reason})
        for incident in report["incidents"]:
            if incident["target"].split("/")[0] not in row["victims"].split():
                result["beside"].append({"file": row["file"], "incident": describe(incident)})
    return result
