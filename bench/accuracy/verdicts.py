"""Judges a report: whether each flood is found, named and measured correctly, and what else is reported."""
from runner import WINDOW, seconds_of

PEAK_WITHIN = 0.02
PACKETS_WITHIN = 0.01


def truth_of(outcome, flood):
    for truth in outcome.truth["floods"]:
        if truth["vector"] == flood.vector and truth["target"].split("/")[0] == flood.target.split("/")[0]:
            return truth
    raise KeyError(flood)


def relative(value, true):
    return (value - true) / true if true else 0.0


def judge(outcome, flood):
    """How a flood was reported, as a row. `faults` lists what is out of bounds."""
    truth = truth_of(outcome, flood)
    found = [incident for incident in outcome.of(flood.target) if incident["kind"] == "flood"]
    row = {"vector": flood.vector, "factor": flood.factor, "target": flood.target, "note": flood.note,
           "rate": flood.rate, "found": bool(found), "faults": []}
    if not found:
        row["faults"].append("missed")
        return row
    if len(found) > 1:
        row["faults"].append(f"{len(found)} incidents")
    incident = found[0]
    row["named"] = incident["vectors"][0]["name"] if incident["vectors"] else ""
    row["peak"] = relative(incident["peak_pps"], truth["peak_pps"])
    row["packets"] = relative(sum(each["packets"] for each in found), truth["packets"])
    start = seconds_of(truth["start"])
    row["start"] = seconds_of(incident["start"]) - start
    row["delay"] = (seconds_of(incident["detected"]) - start) / WINDOW
    row["measure"] = incident["evidence"][0]["measure"] if incident["evidence"] else ""
    if row["named"] != flood.vector:
        row["faults"].append(f"named {row['named']}")
    if abs(row["peak"]) > PEAK_WITHIN:
        row["faults"].append(f"peak {row['peak']:+.1%}")
    if abs(row["packets"]) > PACKETS_WITHIN:
        row["faults"].append(f"packets {row['packets']:+.1%}")
    if abs(row["start"]) > WINDOW:
        row["faults"].append(f"start {row['start']:+.2f} s")
    return row


def others(outcome, floods):
    """Incidents whose target was not flooded, and blackouts."""
    wanted = {flood.target if "/" in flood.target
              else flood.target + ("/128" if ":" in flood.target else "/32") for flood in floods}
    return [incident for incident in outcome.incidents
            if incident["target"] not in wanted or incident["kind"] == "blackout"]


def describe(incident):
    vectors = ",".join(f"{each['name']} {each['share']:.0%}" for each in incident["vectors"][:3])
    evidence = "; ".join(f"{each['measure']} {each['value']:.4g} over {each['limit']:.4g}"
                         for each in incident["evidence"][:2])
    return (f"{incident['kind']} on {incident['target']} ({vectors or 'no vector'}; {evidence}; "
            f"peak {incident['peak_pps']:.0f} pps, {incident['packets']} packets)")
