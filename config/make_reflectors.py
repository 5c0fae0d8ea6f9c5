#!/usr/bin/env python3
"""Makes tables of C++ out of reflectors.yaml, for the build.

usage: make_reflectors.py vectors|rows|ports REFLECTORS OUTPUT
       make_reflectors.py signatures REFLECTORS SIGNATURES OUTPUT

vectors: members of the enum Vector. rows: rows of the table of vectors. ports: rows of the table of service ports.
signatures: C++ source with the text of both files' signatures, those of reflectors first.

It reads the part of YAML that the file is written in, so that a build needs no YAML library for Python, and names the
line of whatever else it meets.
"""
import re
import sys

NAME = re.compile(r"[a-z][a-z0-9]{0,30}")
KEYS = {"reflector": ("name", "label", "ports", "signatures"), "signature": ("name", "pattern", "flags", "ports")}


class Fault(Exception):
    pass


def value_of(text):
    """A scalar, a text in single quotes, or a list in brackets."""
    if text.startswith("'"):
        if len(text) < 2 or not text.endswith("'"):
            raise Fault("a quote is not closed")
        return text[1:-1].replace("''", "'")
    if text.startswith("["):
        if not text.endswith("]"):
            raise Fault("a list is not closed")
        return [item.strip() for item in text[1:-1].split(",") if item.strip()]
    return text


def parse(lines):
    """The reflectors, as a list of dictionaries."""
    reflectors, signature, begun = [], None, False
    for number, line in enumerate(lines, 1):
        line = line.rstrip()
        if not line or line.lstrip().startswith("#"):
            continue
        try:
            if not begun:
                if line != "reflectors:":
                    raise Fault("the file begins with `reflectors:`")
                begun = True
                continue
            match = re.fullmatch(r"( *)(- )?([a-z]+):(?: (.*))?", line)
            if not match:
                raise Fault("not `key: value`")
            indent, begins, key, text = len(match[1]) + len(match[2] or ""), bool(match[2]), match[3], match[4] or ""
            if indent == 4:
                if begins:
                    reflectors.append({"signatures": []})
                    signature = None
                kind, item = "reflector", reflectors[-1] if reflectors else None
            elif indent == 8 and reflectors:
                if begins:
                    signature = {}
                    reflectors[-1]["signatures"].append(signature)
                kind, item = "signature", signature
            else:
                raise Fault("wrong indentation")
            if item is None or key not in KEYS[kind]:
                raise Fault(f"{key} is no key of a {kind}")
            if key == "signatures":
                if text:
                    raise Fault("signatures stand in the lines below")
                continue
            if key in item:
                raise Fault(f"{key} is there twice")
            item[key] = value_of(text)
        except Fault as fault:
            raise Fault(f"{number}: {fault}") from None
    return reflectors


def check(reflectors):
    """Refuses what the tables could not hold."""
    names, ports, patterns = set(), set(), set()
    for one in reflectors:
        name = one.get("name", "")
        if not NAME.fullmatch(name) or name in ("tcp", "port") or name in names:
            raise Fault(f"{name or 'a reflector'}: not a name, taken already, or twice")
        names.add(name)
        if not one.get("label") or '"' in one["label"]:
            raise Fault(f"{name}: a label is missing or holds a quote")
        for port in one.get("ports", []):
            if not port.isdigit() or not 0 < int(port) < 49152 or port in ports:
                raise Fault(f"{name}: port {port} is none from 1 to 49151, or is there twice")
            ports.add(port)
        for signature in one["signatures"]:
            if not signature.get("name") or not signature.get("pattern"):
                raise Fault(f"{name}: a signature without a name or a pattern")
            if signature["name"] in patterns:
                raise Fault(f"{name}: signature {signature['name']} is there twice")
            patterns.add(signature["name"])
        if not one.get("ports") and not one["signatures"]:
            raise Fault(f"{name}: neither ports nor signatures")


def vectors(reflectors):
    return "".join(f"  reflection_{one['name']},\n" for one in reflectors)


def rows(reflectors):
    return "".join(f"    {{reflection_{one['name']}, \"reflection_{one['name']}\", \"{one['label']}\",\n"
                   "     TrafficClass::reflection, true},\n" for one in reflectors)


def ports(reflectors):
    return "".join(f"    {{{port}, reflection_{one['name']}}},\n" for one in reflectors for port in one.get("ports", []))


def signatures(reflectors, others):
    """The form of signatures.yaml, with the reflectors' signatures before those of that file."""
    quoted = lambda text: "'" + text.replace("'", "''") + "'"
    entries = ""
    for one in reflectors:
        for signature in one["signatures"]:
            entries += f"  - name: {signature['name']}\n    vector: reflection_{one['name']}\n"
            entries += f"    pattern: {quoted(signature['pattern'])}\n"
            for key in ("flags", "ports"):
                if key in signature:
                    entries += f"    {key}: [{', '.join(signature[key])}]\n"
    head, mark, rest = others.partition("\nsignatures:\n")
    if not mark:
        raise Fault("signatures.yaml has no `signatures:`")
    text = head + mark + entries + rest
    if ')signatures"' in text:
        raise Fault('a signature holds `)signatures"`')
    # A string literal of C++ may be limited in length, a sequence of them is not.
    pieces = [text[at:at + 8192] for at in range(0, len(text), 8192)]
    literals = "\n".join(f'R"signatures({piece})signatures"' for piece in pieces)
    return ('// Made by the build from config/reflectors.yaml and config/signatures.yaml.\n'
            '#include "engine/classify/signature_set.h"\n\nnamespace floodgauge {\n\n'
            "std::string_view builtin_signatures() {\n  static constexpr std::string_view kText =\n"
            f"{literals};\n  return kText;\n}}\n\n}}  // namespace floodgauge\n")


def main(arguments):
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    what, source, *more, output = arguments
    try:
        with open(source, encoding="utf-8") as file:
            reflectors = parse(file)
        check(reflectors)
        if what == "signatures":
            with open(more[0], encoding="utf-8") as file:
                made = signatures(reflectors, file.read())
        else:
            made = "// Made by the build from config/reflectors.yaml.\n"
            made += {"vectors": vectors, "rows": rows, "ports": ports}[what](reflectors)
    except Fault as fault:
        print(f"{source}:{fault}", file=sys.stderr)
        return 1
    with open(output, "w", encoding="utf-8") as file:
        file.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
