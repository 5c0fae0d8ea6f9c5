"""Writes a C++ header with the content of files as string constants.

    embed.py OUTPUT NAME=FILE...
"""
import pathlib
import sys


def literal(data):
    """The bytes as string literals of lines that no compiler finds too long."""
    lines = []
    for begin in range(0, len(data), 2000):
        text = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in data[begin:begin + 2000])
        lines.append(f'    "{text}"')
    return "\n".join(lines) or '    ""'


def main(output, *sources):
    text = "// Made by embed.py at build.\n#pragma once\n\n#include <string_view>\n\nnamespace floodgauge {\n\n"
    for source in sources:
        name, path = source.split("=", 1)
        data = pathlib.Path(path).read_bytes()
        text += f"inline constexpr std::string_view kEmbedded{name}(\n{literal(data)},\n    {len(data)});\n\n"
    pathlib.Path(output).write_text(text + "}  // namespace floodgauge\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
