#!/usr/bin/env python3
"""deploy/man/config_page.py README: prints floodgauge.yaml(5), made from config/README.md. A table whose first
column is a key becomes a list of keys; any other table becomes one line a row."""
import pathlib
import re
import sys

# Of the README, what belongs to the sources and not to the file that it describes.
NOT_FOR_USERS = ("How the code is organised",)


def plain(text):
    """Markdown within a line, as roff: escapes, `code` in bold, links without their address."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text.strip())
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("**", "")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fP", text)
    return re.sub(r"^([.'])", r"\\&\1", text)


def table(rows):
    head, body = rows[0], rows[2:]
    for row in body:
        if head[0] == "key":
            allowed, default, about = (row + ["", "", ""])[1:4]
            yield ".TP"
            yield plain(row[0])
            yield "Allowed: " + plain(allowed) + (f". Default: {plain(default)}" if default else "") + "."
            if about:
                yield plain(about[:1].upper() + about[1:].rstrip(".")) + "."
        else:
            cells = [f"{name}: {cell}" if name and i else cell for i, (name, cell) in enumerate(zip(head, row)) if cell]
            yield ".TP"
            yield plain(cells[0])
            yield plain("; ".join(cells[1:])) + "."


def page(text):
    yield '.\\" Made from config/README.md by deploy/man/config_page.py'
    yield '.TH FLOODGAUGE.YAML 5 "" "floodgauge" "File Formats"'
    yield ".SH NAME"
    yield "floodgauge.yaml \\- the configuration of floodgauge"
    yield ".SH DESCRIPTION"
    skip = False
    for block in re.split(r"\n{2,}", text.split("\n", 1)[1]):
        lines = block.strip("\n").splitlines()
        while lines and (heading := re.match(r"#+ (.*)", lines[0])):
            skip = heading[1] in NOT_FOR_USERS
            if not skip:
                yield ".SH " + plain(heading[1]).upper().replace("\\FB", "").replace("\\FP", "").replace("\\E", "\\e")
            lines = lines[1:]
        if skip or not lines:
            continue
        if lines[0].startswith("|"):
            yield from table([[cell.strip() for cell in line.strip("|").split("|")] for line in lines])
        elif lines[0].startswith("    "):
            yield from (".PP", ".RS", ".EX")
            for line in lines:
                yield re.sub(r"^([.'])", r"\\&\1", line[4:].replace("\\", "\\e").replace("-", "\\-"))
            yield from (".EE", ".RE")
        else:
            yield ".PP"
            yield plain(" ".join(lines))
    yield ".SH SEE ALSO"
    yield ".BR floodgauge (1)"


if __name__ == "__main__":
    print("\n".join(page(pathlib.Path(sys.argv[1]).read_text("utf-8"))))
