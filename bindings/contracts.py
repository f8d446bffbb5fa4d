#!/usr/bin/env python3
"""What is known of every op from its sources: the contract, which is the `///` block above its declaration in autograd/ops_*.h or the doc of its
row of the elementwise table; its family, which is that file's stem; its example in docs/examples. Docstrings and the documentation are made of it.

A block holds for all declarations under it, up to an empty line or the next block; several blocks of one name are read one after the
other. Where Python has words of its own, they stand in a `///` block above the op's line in bindings/*.cpp, and come instead.

usage: contracts.py ROOT OUTPUT    writes the C++ source that has them for docstrings"""
import json
import pathlib
import re
import sys
import textwrap
from dataclasses import dataclass, field

ROW = re.compile(r"^(UNARY|UNARY1|UNARY2|BINARY|TERNARY|SELECT|PREDICATE|COMPARE)\((\w+),(.*)\"((?:[^\"\\]|\\.)*)\"\)", re.M)


@dataclass
class Contract:
    family: str
    path: str
    line: int
    texts: list = field(default_factory=list)  # one for each block
    remark: str = ""
    declarations: list = field(default_factory=list)

    @property
    def text(self):
        return " ".join(t if t[-1] in ".:…" else t + "." for t in [*self.texts, self.remark] if t)


@dataclass
class Example:
    family: str
    path: str
    line: int
    words: str  # before the code
    code: str


def declaration(lines):
    """The declaration that begins on the first of these lines, on one line and without a body."""
    text = ""
    for line in lines:
        text += " " + line.split("//")[0].strip()
        head = text.split(" {")[0].split(" : ")[0]
        if head.count("(") == head.count(")") and re.search(r"[;{]\s*$|\) \{|\) :", text):
            break
    depth = 0
    for n, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0 and (c == ";" or text[n:n + 2] in (" {",) and ")" in text[:n] or text[n:n + 3] == " : "):
            return text[:n].strip()
    return text.strip()


def in_header(path):
    """(name, declaration, block, line number) of what a header declares under a block; the block may be empty."""
    block, fresh, prefix = [], False, []
    lines = path.read_text().splitlines()
    for n, line in enumerate(lines):
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
            name = ""
            if m := re.match(r"struct (\w+) : \w+ \{|PH_ACTIVATION\w*\((\w+)", text):
                name = m[1] or m[2]
            elif not text.startswith(("struct", "enum", "return", "//", "#")):
                if m := re.match(r"(?:\[\[\w+\]\] )?(?:inline )?[\w:<>, ]+?&? (\w+)\((?!\))", text):
                    name = m[1]
            if name:
                yield ".".join([p for p in prefix if p != "ph"] + [name]), declaration(lines[n:]), " ".join(block), n + 1


def of_rows(path):
    """The same of the rows of the table."""
    text = path.read_text()
    for m in ROW.finditer(text):
        kind, name, rest, doc = m.groups()
        given = ", ".join(f"double {p} = {d}" for p, d in re.findall(r"(\w+), ([^,]+)", rest)[:int(kind[-1])]) if kind[-1] in "12" else ""
        operands = {"BINARY": "ab", "COMPARE": "ab", "TERNARY": "abc", "SELECT": "abc"}.get(kind, "x")
        arguments = ", ".join([f"const Tensor& {x}" for x in operands] + ([given] if given else []))
        yield name, f"Tensor {name}({arguments})", doc, text.count("\n", 0, m.start()) + 1


def of_bindings(path):
    """(name, block) of the ops and methods that have a block of their own in a file of bindings; and "" for the others."""
    block = []
    for line in path.read_text().splitlines():
        text = line.strip()
        found = re.findall(r"^(op|function|method|layer<.*?>|PH_TO)\(\"(\w+)\"|(?<=\) )(PH_TO)\(\"(\w+)\"", text)
        if block and (m := re.match(r"PH_[A-Z]+\((\w+)\)$", text)):  # one of many that a macro defines
            yield m[1], " ".join(block)
        for kind, name, again, other in found:
            yield ("Tensor." if (kind or again) in ("method", "PH_TO") else "nn." if kind.startswith("layer") else "") + (name or other), " ".join(block)
        if text.startswith("///"):
            block = block + [text[3:].strip()]
        elif not text.startswith("PH_TO"):
            block = []


def aliases(root):
    """What is in two namespaces: matrix_exp -> linalg.matrix_exp."""
    for path in sorted((root / "autograd").glob("ops_*.h")):
        for m in re.finditer(r"^using (linalg)::(\w+);", path.read_text(), re.M):
            yield m[2], f"{m[1]}.{m[2]}"


def contract_of_layer(name, known):
    """That of the op which a class of layers applies, where their names agree: nn.Conv2d -> conv2d, nn.MSELoss -> mse_loss."""
    ops = {op.replace("_", ""): op for op in known if "." not in op}
    plain = re.sub(r"(Norm|Dropout)[123]d$", r"\1", name).lower()
    for key in (name.lower(), plain, plain.removesuffix("loss")):
        if key in ops:
            return [f"{ops[key]} as a module", *known[ops[key]].texts]
    return known["nn.PadLayer"].texts if re.search(r"Pad[123]d$", name) else []


def layers(root):
    """The classes that bindings/nn_*.cpp defines; a macro may put the number of dims into a name."""
    for path in sorted((root / "bindings").glob("nn_*.cpp")):
        text = path.read_text()
        yield from re.findall(r"layer<[^;\n]*?>\(\"(\w+)\",", text)
        yield from re.findall(r"PH_\w+\(([A-Z][a-z0-9]\w*|[A-Z]{1,4}[a-zU]\w*)[,)]", text)
        for name in {*re.findall(r"(\w+)##n##d", text)}:
            yield from (f"{name}{n}d" for n in (1, 2, 3))


def in_python(text):
    """What C++ calls undefined is None, and what it throws is raised."""
    return re.sub(r"\bthrows?\b", lambda m: m[0].replace("throw", "raise"), re.sub(r"\b(or|if|is|are) undefined\b", r"\1 None", text))


def contracts(root):
    """Name -> Contract; names are those of C++ ("linalg.qr"), and Python's of what is only there ("Tensor.item")."""
    found = {}
    sources = [(root / "tensor/elementwise.def", "elementwise", of_rows)]
    for path in [*sorted((root / "autograd").glob("ops_*.h")), *sorted((root / "nn").glob("*.h"))]:
        sources.append((path, path.stem.removeprefix("ops_"), in_header))
    for path, family, read in sources:
        for name, text, block, line in read(path):
            c = found.setdefault(name, Contract(family, str(path.relative_to(root)), line))
            c.declarations.append(text)
            if block and block not in c.texts:
                c.texts.append(block)
            if read is of_rows and re.search(r"\b[abc]\b", block) and "const Tensor& b" in text:
                c.remark = "Operands: a, b" + (", c." if "const Tensor& c" in text else ".")
    for path in sorted((root / "bindings").glob("*.cpp")):
        for name, block in of_bindings(path):
            if block:
                c = found.setdefault(name, Contract(path.stem.removeprefix("ops_"), "", 0))
                c.texts, c.remark = [block], ""
    for c in found.values():
        c.texts = [in_python(t) for t in c.texts]
    for name, original in aliases(root):
        found[name] = found[original]
    for name in layers(root):
        if "nn." + name not in found or not found["nn." + name].texts:
            found.setdefault("nn." + name, Contract("layers", "", 0)).texts = contract_of_layer(name, found)
    return found


def examples(root):
    """Name -> Example, from docs/examples/FAMILY.md."""
    found = {}
    for path in sorted((root / "docs/examples").glob("*.md")):
        text = path.read_text()
        for m in re.finditer(r"^## (\S+)\n(.*?)```python\n(.*?)^```$", text, re.M | re.S):
            if m[1] in found:
                raise SystemExit(f"{path}: a second example of {m[1]}; the first is in {found[m[1]].path}")
            found[m[1]] = Example(path.stem, str(path.relative_to(root)), text.count("\n", 0, m.start(3)) + 1, m[2].strip(), m[3])
    return found


def source(root):
    """The C++ source."""
    known, shown = contracts(root), examples(root)
    shown.update((name, shown[original]) for name, original in aliases(root) if original in shown)
    quoted = lambda text: json.dumps(text, ensure_ascii=False)  # noqa: E731
    lines = ['#include "bindings/contracts.h"', "#include <algorithm>", "namespace ph::python {", "namespace {",
             "struct Entry { std::string_view name; Contract contract; };", "constexpr Entry table[] = {"]
    for name in sorted({*(n for n, c in known.items() if c.text), *shown}):
        text = known[name].text if name in known else ""
        example = "\n\nExample:\n" + textwrap.indent(shown[name].code, "    ") if name in shown else ""
        lines.append(f"  {{{quoted(name)}, {{{quoted(text)}, {quoted(example)}}}}},")
    return "\n".join([*lines, "};", "}", "Contract contract_of(std::string_view name) {",
                      "  const auto* at = std::lower_bound(std::begin(table), std::end(table), name, [](const Entry& e, std::string_view n) { return e.name < n; });",
                      "  return at != std::end(table) && at->name == name ? at->contract : Contract{};", "}", "}", ""])


def main():
    root, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    text = source(root)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


if __name__ == "__main__":
    main()
