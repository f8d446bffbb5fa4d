# Folders are layers: a file includes only its own layer and those below; no file includes itself in a circle; public
# headers stay light and include nothing that is not installed.
import re

import gate

BELOW = {
    "tensor": [],
    "autograd": ["tensor"],
    "nn": ["tensor", "autograd"],
    "optim": ["tensor", "autograd"],
    "io": ["tensor", "autograd"],
    "data": ["tensor", "autograd"],
    "cuda": ["tensor"],
}
HEAVY = set("memory functional iostream sstream fstream ostream istream iomanip algorithm unordered_map map set "
            "thread mutex condition_variable complex regex random chrono filesystem future numeric".split())
FOREIGN = re.compile(r"cblas|lapack|cuda_runtime|cublas|cudnn|pybind11|doctest")


def check(tree):
    texts = dict(tree.read(["include"] + gate.LAYERS, {".h", ".cpp", ".cu", ".cuh", ".def"}))
    public = set(tree.public_headers())
    problems, graph = [], {}
    for path, text in texts.items():
        layer = path.split("/")[0]
        graph[path] = []
        for inc in gate.includes(text):
            if not inc.startswith("playhead/"):
                if path in public and (inc in HEAVY or FOREIGN.search(inc)):
                    problems.append(f"{path}: a public header must not include <{inc}>")
                continue
            target = gate.source_of(inc)
            if target not in texts:
                problems.append(f"{path}: includes {inc}, which does not exist")
                continue
            graph[path].append(target)
            if path in public and target.startswith("tensor/cpu/"):
                problems.append(f"{path}: a public header must not include {inc}, which is not installed")
            other = target.split("/")[0]
            if layer in BELOW and other != "include" and other != layer and other not in BELOW[layer]:
                problems.append(f"{path}: layer {layer} must not include layer {other} ({inc})")
            if layer in ("tensor", "autograd", "cuda") and other == "include":
                problems.append(f"{path}: layer {layer} must not include the umbrella {inc}")

    done, trail = set(), []

    def walk(path):
        if path in trail:
            problems.append("circle: " + " -> ".join(trail[trail.index(path):] + [path]))
        elif path not in done:
            trail.append(path)
            for target in graph[path]:
                walk(target)
            trail.pop()
            done.add(path)

    for path in graph:
        walk(path)
    return problems, f"layers: {len(texts)} files, {sum(map(len, graph.values()))} includes"


def self_test(tree):
    tree.write("include/playhead.h", '#include "playhead/tensor/a.h"\n')
    tree.write("tensor/a.h", '#include "playhead/autograd/b.h"\n#include <memory>\n')
    tree.write("autograd/b.h", '#include "playhead/tensor/a.h"\n#include "playhead/tensor/cpu/c.h"\n// #include <regex>\n')
    tree.write("tensor/cpu/c.h", "#include <thread>\n#include <cblas.h>\n")
    problems, _ = check(tree)
    for part in ["layer tensor must not include layer autograd", "circle", "<memory>", "<thread>", "<cblas.h>", "not installed"]:
        assert any(part in p for p in problems), part
    assert len(problems) == 6, problems


if __name__ == "__main__":
    gate.main(check, self_test)
