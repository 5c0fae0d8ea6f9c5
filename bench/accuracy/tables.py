"""Prints tables, and collects which bounds are met."""

import re

NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+ ?[%xM]?")


def table(title, head, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    left = [not all(NUMBER.fullmatch(row[i]) for row in rows if row[i]) for i in range(len(head))]

    def line(cells):
        return "| " + " | ".join(cell.ljust(width) if to_left else cell.rjust(width)
                                 for cell, width, to_left in zip(cells, widths, left)) + " |"

    rule = "| " + " | ".join("-" * width if to_left else "-" * (width - 1) + ":"
                             for width, to_left in zip(widths, left)) + " |"
    print(f"\n{title}\n\n{line(head)}\n{rule}")
    for row in rows:
        print(line(row))


class Bounds:
    """The bounds that must be met. They decide the exit code."""

    def __init__(self):
        self.rows = []

    def most(self, what, value, bound, shown="{:.3g}"):
        self._add(what, value <= bound, shown.format(value), "at most " + shown.format(bound))

    def least(self, what, value, bound, shown="{:.3g}"):
        self._add(what, value >= bound, shown.format(value), "at least " + shown.format(bound))

    def _add(self, what, held, value, bound):
        self.rows.append({"what": what, "value": value, "bound": bound, "held": held})

    @property
    def held(self):
        return all(row["held"] for row in self.rows)

    def show(self):
        table("Bounds", ["what", "measured", "bound", ""],
              [[row["what"], row["value"], row["bound"], "held" if row["held"] else "NOT HELD"]
               for row in self.rows])
