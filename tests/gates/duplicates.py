# No stretch of code stands in two places: 12 lines in a row that say something and are the same but for spaces.
import collections
import re

import gate

WINDOW = 12
PEERS = re.compile(r"^benchmarks/.*_torch\.cpp$")  # a peer's side of a benchmark says the same on purpose


def spoken_lines(text):
    """(line number, text without spaces) of the lines that say something."""
    bare = re.sub(r"//[^\n]*", "", text)
    for number, line in enumerate(bare.split("\n"), 1):
        line = re.sub(r"\s+", "", line)
        if re.search(r"\w", line) and not line.startswith(("#include", "using", "namespace")):
            yield number, line


def check(tree, window=WINDOW):
    places = collections.defaultdict(list)
    sources = sorted(tree.read(gate.LAYERS + ["examples", "benchmarks", "tests"], {".h", ".cpp", ".cu", ".cuh", ".py"}))
    for path, text in sources:
        if PEERS.match(path):
            continue
        lines = list(spoken_lines(text))
        for i in range(len(lines) - window + 1):
            places[tuple(l for _, l in lines[i:i + window])].append((path, lines[i][0], i))
    problems, reported = [], {}
    for where in places.values():
        if len(where) > 1:
            (a, line_a, i), (b, line_b, j) = where[:2]
            if reported.get((a, b)) != (i - 1, j - 1):  # a longer stretch is told once
                problems.append(f"{a}:{line_a} and {b}:{line_b}: the same {window} lines or more")
            reported[a, b] = (i, j)
    return problems, f"duplicates: {len(sources)} files"


def self_test(tree):
    block = "".join(f"x{i} = f({i});\n" for i in range(15))
    tree.write("tensor/a.cpp", "int a;\n" + block)
    tree.write("nn/b.cpp", "// other\n" + block.replace(" = ", "="))
    problems, _ = check(tree)
    assert len(problems) == 1 and "nn/b.cpp:2 and tensor/a.cpp:2" in problems[0], problems


if __name__ == "__main__":
    gate.main(check, self_test)
