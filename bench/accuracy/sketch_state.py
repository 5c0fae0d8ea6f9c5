"""Figures of the sketches (bench/sketches), the error of source counts in reports, and memory by kind."""
import json
import math
import re
import subprocess

from runner import Flood, Scene

SOURCES = 1_000_000


def table_row(text, heading, start):
    """The cells of the first row below `heading` that matches `start`."""
    section = text[text.index(heading):]
    line = next(line for line in section.splitlines() if re.match(start, line))
    return [cell.strip() for cell in line.strip("|").split("|")]


def measure_sketches(program, packets):
    text = subprocess.run([program, str(packets)], check=True, capture_output=True, text=True).stdout
    top = table_row(text, "Zipf 1.05 over a million sources", r"\| TopK")
    spoofed = table_row(text, "95 % spoofed", r"\| TopK")
    hll = table_row(text, "HyperLogLog", r"\| +13 \|.* 1000000 ")
    return {"packets": packets, "recall_zipf": float(top[2]), "recall_spoofed": float(spoofed[2]),
            "top_kib": int(top[1]), "hll_error_13": float(hll[3].split()[0]) / 100}


def count_sources(tools, seeds):
    """The relative errors of sources_estimate, for floods from a million addresses that are each used once."""
    def error(seed):
        # 4 s at 250 kpps, each packet with another source.
        flood = Flood("tcp_syn", "198.51.100.200", SOURCES / 4, 0.2, 4, "answers=0,size=60")
        outcome = tools.run(Scene("sources", ["--duration", "4.4s"], [flood],
                                  ["--seed", str(seed)], seed))
        truth = outcome.truth["floods"][0]["sources"]
        return outcome.of(flood.target)[0]["sources_estimate"] / truth - 1
    errors = tools.each(error, seeds)
    return {"sources": SOURCES, "seeds": len(errors), "errors": errors,
            "root_mean_square": math.sqrt(sum(each * each for each in errors) / len(errors))}


def memory(program):
    kinds = json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
    return {"kinds": kinds, "bytes": sum(kinds.values())}
