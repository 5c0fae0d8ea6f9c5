#!/usr/bin/env python3
"""Measures the accuracy of detection against ground truth. README.md in this folder explains the parts.

accuracy.py --build FOLDER [--quick] [--only PART,...] [--json FILE] [--seed N] [--jobs N]

Prints tables and, at the end, each bound with the measured value. Exit code: 0 all bounds are met, 1 some are not.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import benign
import conversations
import delay
import floods
import kinds
import receipts
import recorded
import restarts
import shapes
import situations
import sketch_state
import sources
import sweep
import tuning
import week
from runner import Tools
from tables import Bounds, table

MEBIBYTE = 1 << 20


def show_recorded(tools, options, bounds):
    result = recorded.measure(tools, options.quick)
    if result is None:
        print(f"\nRecorded captures: none in {recorded.SUPPOSED}; skipped")
        return None
    attacks, missed = result["attack"], result["missed"]
    table("Recorded captures, default settings", ["captures", "of them", "right", "wrong"],
          [["attacks", attacks, attacks - len(missed), len(missed)],
           ["benign", result["benign"], result["benign"] - len(result["false"]), len(result["false"])]])
    for each in [*missed, *result["false"], *result["beside"]]:
        print("  " + ": ".join(each.values()))
    bounds.least("recorded attacks: target and first vector right", 1 - len(missed) / attacks, 0.95)
    bounds.most("recorded benign captures with an incident", len(result["false"]), 0)
    return result


def show_floods(tools, options, bounds):
    result = floods.measure(tools, options.seed, options.quick)
    rows, false = result["rows"], result["false"]
    found = [row for row in rows if row["found"]]
    by_vector = {}
    for row in rows:
        by_vector.setdefault(row["vector"], []).append(row)
    table(f"Every vector at {', '.join(map(str, floods.FACTORS))} times its limit in ordinary traffic",
          ["vector", "floods", "found", "named", "peak", "packets", "start s"],
          [[vector, len(each), sum(row["found"] for row in each),
            sum(row.get("named") == vector for row in each),
            f"{worst(each, 'peak'):+.2%}", f"{worst(each, 'packets'):+.2%}", f"{worst(each, 'start'):+.3f}"]
           for vector, each in sorted(by_vector.items())])
    for row in rows:
        if row["faults"]:
            print(f"  {row['vector']} at {row['factor']:g} x: {', '.join(row['faults'])}\n    {row['command']}")
    for each in false:
        print(f"  also reported: {each['incident']}\n    {each['command']}")
    bounds.least("floods: recall", len(found) / len(rows), 1)
    bounds.least("floods: precision", len(found) / max(1, len(found) + len(false)), 1)
    bounds.least("floods: first vector right",
                 sum(row.get("named") == row["vector"] for row in rows) / len(rows), 1)
    bounds.most("floods: peak off by", abs(worst(found, "peak")), 0.02, "{:.2%}")
    bounds.most("floods: packets off by", abs(worst(found, "packets")), 0.01, "{:.2%}")
    bounds.most("floods: start off by, seconds", abs(worst(found, "start")), 0.1)
    return result


def worst(rows, key):
    return max((row[key] for row in rows if key in row), key=abs, default=0)


def show_delay(tools, options, bounds):
    rows = delay.measure(tools, options.seed, options.quick)
    shown = []
    for shape in [*dict.fromkeys(row["shape"] for row in rows), "all"]:
        these = [row for row in rows if shape in (row["shape"], "all") and "windows" in row]
        cells = [shape, sum(shape in (row["shape"], "all") for row in rows), len(these)]
        for key in ("windows", "windows_counted"):
            values = [row[key] for row in these]
            cells += [f"{delay.quantile(values, 0.5):.2f}", f"{delay.quantile(values, 0.99):.2f}",
                      f"{max(values):.2f}"]
        shown.append(cells)
    table("Windows of 100 ms until detection, from when the sender's rate exceeds the limit, and from when the "
          "last 100 ms hold more than the limit",
          ["shape", "floods", "found", "median", "99 %", "most", "median", "99 %", "most"], shown)
    bounds.most("delay: floods missed", sum("windows" not in row for row in rows), 0)
    bounds.most("delay: median, windows", float(shown[-1][3]), 1)
    bounds.most("delay: 99th percentile, windows", float(shown[-1][4]), 2)
    return rows


def show_shapes(tools, options, bounds):
    rows = shapes.measure(tools, options.seed, options.quick)
    table("Shapes", ["shape", "--protect", "incidents", "expected", "faults"],
          [[row["shape"], "yes" if row["protect"] else "no", row["incidents"], row["expected"],
            "; ".join(row["faults"][:2])] for row in rows])
    for row in rows:
        if row["faults"]:
            print(f"  {row['shape']}: {'; '.join(row['faults'])}\n    {row['command']}")
    bounds.most("shapes: wrongly reported", sum(bool(row["faults"]) for row in rows), 0)
    return rows


def show_situations(tools, options, bounds):
    rows = situations.measure(tools, options.seed, options.quick)
    shown = []
    for view in situations.VIEWS:
        these = [row for row in rows if row["view"] == view]
        wrong = [row["situation"] for row in these if row["faults"]]
        shown.append([view, sum(row["flood"] for row in these), sum(not row["flood"] for row in these), len(wrong),
                      "; ".join(wrong)])
    table("Floods out, scans, outages and what looks like them", ["captured", "floods", "ordinary", "wrong", "which"],
          shown)
    for row in rows:
        if row["faults"]:
            print(f"  {row['situation']}, {row['view']}: {'; '.join(row['faults'])}")
    bounds.most("situations: wrongly told", sum(bool(row["faults"]) for row in rows), 0)
    return rows


def show_kinds(tools, options, bounds):
    rows = kinds.measure(tools, options.seed, options.quick)
    table("Kinds of floods and of ordinary traffic", ["kind", "captured", "incidents", "faults"],
          [[row["kind"], row["view"], row["incidents"], "; ".join(row["faults"][:2])] for row in rows])
    for row in rows:
        if row["faults"]:
            print(f"  {row['kind']}, {row['view']}: {'; '.join(row['faults'])}\n    {row['command']}")
    bounds.most("kinds of floods: wrongly reported", sum(bool(row["faults"]) for row in rows if row["flood"]), 0)
    bounds.most("kinds of ordinary traffic: with an incident", sum(bool(row["faults"]) for row in rows if not row["flood"]), 0)
    return rows


def show_receipts(tools, options, bounds):
    rows = receipts.measure(tools, options.seed, options.quick)
    found = [row for row in rows if row["found"]]
    table("Rules: what each would take, said and true", ["flood", "rules", "of the flood", "said off by", "of answered",
                                                         "said off by"],
          [[row["vector"], row["rules"], f"{row['covered']:.1%}", f"{row['off']:.1%}", f"{row['answered']:.1%}",
            f"{row['answered_off']:.1%}"] for row in found])
    for row in found:
        if row["covered"] < 0.95 or row["off"] > 0.02 or row["answered_off"] > 0.02 or \
                (not receipts.is_asked(row) and row["answered"] > 0.01 and not row["advice"]):
            print(f"  {row['vector']}: {'; '.join(row['texts'])}\n    {row['command']}")
    clean = [row for row in found if not receipts.is_asked(row)]
    bounds.least("rules: floods with rules", sum(row.get("rules", 0) > 0 for row in rows) / len(rows), 1)
    bounds.least("rules: least share of a flood that they take", min(row["covered"] for row in found), 0.95, "{:.1%}")
    bounds.most("rules: share of a flood off by", max(row["off"] for row in found), 0.02, "{:.1%}")
    bounds.most("rules: share of answered packets off by", max(row["answered_off"] for row in found), 0.02, "{:.1%}")
    bounds.most("rules: answered packets that they take, where clients do not send the same",
                max((row["answered"] for row in clean), default=0), 0.01, "{:.1%}")
    bounds.least("rules: advice where clients send the same",
                 sum(bool(row["advice"]) for row in found if row["answered"] > 0.01) /
                 max(1, sum(row["answered"] > 0.01 for row in found)), 1)
    return rows


def show_benign(tools, options, bounds):
    rows = benign.measure(tools, options.seed, options.quick)
    shown = []
    for view in dict.fromkeys(row["view"] for row in rows):
        these = [row for row in rows if row["view"] == view]
        wrong = [row for row in these if row["false"]]
        shown.append([view, len(these), f"{sum(row['packets'] for row in these) / 1e6:.1f} M", len(wrong),
                      ", ".join(f"{row['mix']} {row['rate'] // 1000}k" for row in wrong)])
    table("Ordinary traffic: captures with an incident", ["captured", "captures", "packets", "wrong", "which"],
          shown)
    for row in rows:
        for each in row["false"][:2]:
            print(f"  {row['view']}, {row['mix']} {row['rate']}: {each}")
        if row["false"]:
            print(f"    {row['command']}")
    whole = [row for row in rows if row["view"] == "whole"]
    bounds.most("ordinary traffic, complete captures: captures with an incident", sum(bool(row["false"]) for row in whole), 0)
    bounds.most("ordinary traffic, captured incompletely: captures with an incident",
                sum(bool(row["false"]) for row in rows if row["view"] != "whole"), 0)
    return rows


def show_sources(tools, options, bounds):
    rows = sources.measure(tools, options.seed, options.quick)
    shown = []
    for forged, what in dict.fromkeys((row["forged"], row["what"]) for row in rows):
        these = [row for row in rows if (row["forged"], row["what"]) == (forged, what)]
        shown.append(["spoofed" if forged else "real", what, len(these), sum(bool(row["told"]) for row in these),
                      ", ".join(sorted({measure for row in these for measure in row["told"]}))])
    table("Floods from spoofed and from real sources",
          ["sources", "which", "floods", "called spoofed", "by"], shown)
    for row in rows:
        if row["fault"]:
            print(f"  {row['what']}, {row['vector']}: {row['fault']}\n    {row['command']}")
    forged = [row for row in rows if row["forged"]]
    bounds.least("spoofed sources: called spoofed", sum(bool(row["told"]) for row in forged) / len(forged), 0.99)
    bounds.most("real sources: called spoofed", sum(bool(row["told"]) for row in rows if not row["forged"]), 0)
    bounds.most("floods from either: missed", sum(row["found"] != 1 for row in rows), 0)
    return rows


def show_week(tools, options, bounds):
    result = week.measure(tools, options.seed, options.quick)
    if result is None:
        print("\nThe week is not part of the quick form")
        return None
    table("A week with its daily rhythm, and floods at night", ["what", "value"], week.rows(result))
    for each in result["false"]:
        print("  false: " + each)
    bounds.most("week: false alarms", len(result["false"]), 0)
    bounds.least("week: night floods found by the baseline", result["found"] / result["floods"], 1)
    return result


def show_tuning(tools, options, bounds):
    result = tuning.measure(tools, options.seed, options.quick)
    if result is None:
        print("\nTuning is not part of the quick form")
        return None
    table("Limits that tune proposes after a week", ["what", "value"], tuning.rows(result))
    for each in result["false"]:
        print("  false: " + each)
    bounds.most("tuning: incidents in ordinary traffic", len(result["false"]), 0)
    bounds.least("tuning: floods above the limits that are found", result["found"] / result["floods"], 1)
    bounds.most("tuning: limits of half of the minutes, relative", result["off"], 0.2, "{:.1%}")
    return result


def show_restarts(tools, options, bounds):
    result = restarts.measure(tools, options.seed, options.quick)
    if result is None:
        print("\nThe week of restarts is not part of the quick form")
        return None
    table(f"Restarts of servers in {result['days']} days of ordinary traffic, {result['packets']:,} packets",
          ["server", "service", "seconds", "impacts", "condition", "start s", "detected s", "end s"],
          [[row["host"], row["service"], row["seconds"], row["impacts"], row.get("condition", "")] +
           [f"{row[key]:+.1f}" if key in row else "" for key in ("start", "detected", "end")]
           for row in result["rows"]])
    for each in result["false"]:
        print("  false: " + each)
    bounds.most("restarts: without one impact of their own",
                sum(row["impacts"] != 1 for row in result["rows"]), 0)
    bounds.most("restarts: other incidents", len(result["false"]), 0)
    return result


def show_sketches(tools, options, bounds):
    result = sketch_state.measure_sketches(os.path.join(options.build, "bench/sketches"),
                                           1_000_000 if options.quick else 10_000_000)
    result["end_to_end"] = sketch_state.count_sources(tools, range(1, 3 if options.quick else 9))
    sources = result["end_to_end"]
    table("Sketches", ["what", "value"],
          [[f"top-100 recall, Zipf 1.05, {result['packets']:,} packets, {result['top_kib']} KiB",
            result["recall_zipf"]],
           ["the same, 95 % of the packets spoofed", result["recall_spoofed"]],
           ["HyperLogLog of precision 13, 1 M sources: error of 8 keys", f"{result['hll_error_13']:.2%}"],
           [f"sources_estimate of a flood from 1 M, {sources['seeds']} seeds",
            f"{sources['root_mean_square']:.2%}"]])
    bounds.least("top-100 recall, Zipf 1.05", result["recall_zipf"], 0.99)
    bounds.most("HyperLogLog error at 1 M sources", result["hll_error_13"], 0.016, "{:.2%}")
    # With few seeds the root mean square varies itself: the quick form allows three standard errors.
    bounds.most("sources_estimate error at 1 M sources", sources["root_mean_square"],
                0.016 * (3 if options.quick else 1), "{:.2%}")
    return result


def show_memory(tools, options, bounds):
    result = sketch_state.memory(os.path.join(options.build, "bench/accuracy/state_memory"))
    table("Memory of all detection state of one worker, default capacities", ["kind", "MiB"],
          [[kind, f"{size / MEBIBYTE:.1f}"] for kind, size in result["kinds"].items()]
          + [["together", f"{result['bytes'] / MEBIBYTE:.1f}"]])
    bounds.most("memory of detection state, MiB for each worker", result["bytes"] / MEBIBYTE, 256, "{:.1f}")
    return result


def show_sweep(tools, options, bounds):
    rows = sweep.measure(tools, options.seed, options.quick)
    table(f"Sweeps over more hosts than the {sweep.HOSTS} counted exactly",
          ["sweep", "packets", "MiB, half of it", "MiB, all", "flooded host", "peak"],
          [[row["sweep"], row["swept"], f"{row['memory'][0]:.0f}", f"{row['memory'][1]:.0f}",
            "; ".join(row["faults"]) or "found", f"{row.get('peak', 0):+.2%}"] for row in rows])
    bounds.most("sweeps: flooded host wrong", sum(bool(row["faults"]) for row in rows), 0)
    bounds.most("sweeps: memory of a sweep that lasts twice as long, relative",
                max(row["memory"][1] / row["memory"][0] for row in rows), 1.1)
    return rows


def show_conversations(tools, options, bounds):
    rows = conversations.measure(tools, options.seed, options.quick)
    table("Conversations, and floods that imitate them", ["shape", "seen", "is", "faults"],
          [[row["shape"], row["view"], "a flood" if row["flood"] else "ordinary", "; ".join(row["faults"])]
           for row in rows])
    bounds.most("conversations: floods missed or wrongly reported",
                sum(bool(row["faults"]) for row in rows if row["flood"]), 0)
    bounds.most("conversations: ordinary ones with an incident",
                sum(bool(row["faults"]) for row in rows if not row["flood"]), 0)
    return rows


PARTS = {"recorded": show_recorded, "floods": show_floods, "delay": show_delay, "shapes": show_shapes, "kinds": show_kinds, "receipts": show_receipts,
         "situations": show_situations, "conversations": show_conversations, "benign": show_benign,
         "sources": show_sources, "week": show_week, "tuning": show_tuning, "restarts": show_restarts,
         "sketches": show_sketches,
         "memory": show_memory,
         "sweep": show_sweep}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", help="where the programs were built")
    parser.add_argument("--quick", action="store_true", help="a part of each measurement, in about a minute")
    parser.add_argument("--only", help="parts, separated by commas: " + ", ".join(PARTS))
    parser.add_argument("--json", help="file for all results")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    only = options.only.split(",") if options.only else list(PARTS)
    if unknown := set(only) - set(PARTS):
        parser.error(f"--only: no part {', '.join(sorted(unknown))}")
    build = pathlib.Path(options.build)
    tools = Tools(str(build / "floodgauge"), str(build / "floodgauge-trafficgen"), options.jobs)
    bounds = Bounds()
    results = {}
    for part in only:
        begun = time.monotonic()
        results[part] = PARTS[part](tools, options, bounds)
        print(f"\n{part}: {time.monotonic() - begun:.0f} s", flush=True)
    bounds.show()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"schema": "floodgauge.accuracy/1", "seed": options.seed, "quick": options.quick,
                       "bounds": bounds.rows, "results": results}, file, indent=1)
    return 0 if bounds.held else 1


sys.exit(main())
