#!/usr/bin/env python3
"""Writes the C++ source with every op's contract: the `///` block above its declaration in autograd/ops_*.h, the doc of each
row of the elementwise table. A block holds for all declarations under it, up to an empty line or the next block.

usage: contracts.py ROOT OUTPUT"""
import json
import pathlib
import re
import sys


def headers(root):
    for path in [*sorted((root / "autograd").glob("ops_*.h")), *sorted((root / "nn").glob("*.h"))]:
        block, fresh, prefix = [], False, []
        for line in path.read_text().splitlines():
            text = line.strip()
            if m := re.match(r"namespace (?:PH_PUBLIC )?([\w:]+) \{", text):
                prefix.append(m[1].replace("::", "."))
            elif re.match(r"\}\s*// namespace", text):
                prefix = prefix[:-1]
            elif text.startswith("///"):
                block = block + [text[3:].strip()] if fresh else [text[3:].strip()]
                fresh = True
            elif not text:
                block, fresh = [], False
            else:
                fresh = False
                m = re.match(r"(?:\[\[\w+\]\] )?(?:inline )?[\w:<>, ]+?&? (\w+)\((?!\))", text)
                if s := re.match(r"struct (\w+) : \w+ \{", text):
                    if block:
                        yield ".".join([p for p in prefix if p != "ph"] + [s[1]]), " ".join(block)
                elif m and block and not text.startswith(("struct", "enum", "return", "//", "#")):
                    name = ".".join([p for p in prefix if p != "ph"] + [m[1]])
                    yield name, " ".join(block)


def rows(root):
    text = (root / "tensor/elementwise.def").read_text()
    for m in re.finditer(r"^(?:UNARY|UNARY1|UNARY2|BINARY|TERNARY|SELECT|PREDICATE|COMPARE)\((\w+),.*\"((?:[^\"\\]|\\.)*)\"\)", text, re.M):
        yield m[1], m[2]


def main():
    root, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    contracts = {}
    for name, doc in [*rows(root), *headers(root)]:
        contracts.setdefault(name, doc)
    lines = ['#include "bindings/contracts.h"', "#include <algorithm>", "#include <string_view>", "namespace {",
             "struct Contract { std::string_view name; const char* text; };", "constexpr Contract table[] = {"]
    lines += [f"  {{{json.dumps(n)}, {json.dumps(contracts[n], ensure_ascii=False)}}}," for n in sorted(contracts)]
    lines += ["};", "}", "namespace ph::python {", "const char* contract_of(const std::string& name) {",
              "  const auto* at = std::lower_bound(std::begin(table), std::end(table), name, [](const Contract& c, const std::string& n) { return c.name < n; });",
              '  return at != std::end(table) && at->name == name ? at->text : "";', "}", "}", ""]
    text = "\n".join(lines)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


main()
