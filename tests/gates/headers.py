# Every public header compiles alone and without a warning; the umbrella stays under a fixed number of preprocessed lines.
import concurrent.futures
import os
import resource
import subprocess

import gate

MAX_LINES = 32000  # playhead/playhead.h; <string> and <vector> alone are about 25,000 with g++ 12
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


def compiler():
    return os.environ.get("CXX", "g++")


def compile_alone(tree, header):
    """What the compiler said, or None if it was content."""
    name = header.removeprefix("include/")
    run = subprocess.run([compiler(), *FLAGS, "-I", tree.build / "playhead-include", "-fsyntax-only", "-x", "c++", "-"],
                         input=f"#include <playhead/{name}>\n", capture_output=True, text=True)
    return run.stderr if run.returncode else None


def processor_seconds(action):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def lines(tree, header):
    text = gate.output(compiler(), "-std=c++20", "-I", tree.build / "playhead-include", "-E", "-P", "-x", "c++", header)
    return text.count("\n")


def check(tree, limit=MAX_LINES):
    headers = tree.public_headers()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda h: compile_alone(tree, h), headers))
    problems = [f"{h} does not compile alone:\n{bad}" for h, bad in zip(headers, results) if bad]
    umbrella = "include/playhead.h"
    count = lines(tree, tree.root / umbrella)
    if count > limit:
        problems.append(f"playhead.h: {count} preprocessed lines, at most {limit} are allowed")
    seconds = min(processor_seconds(lambda: compile_alone(tree, umbrella)) for _ in range(2))
    return problems, f"headers: {len(headers)} compile alone; playhead.h is {count} lines, {seconds:.2f} s"


def self_test(tree):
    tree.write("include/playhead.h", "#pragma once\n#include <vector>\n#include <playhead/tensor/bad.h>\n#include <playhead/tensor/narrows.h>\n")
    tree.write("tensor/bad.h", "#pragma once\ninline std::string s;\n")
    tree.write("tensor/narrows.h", "#pragma once\ninline int f(long x) { return x; }\n")
    layout = tree.root / "playhead-include" / "playhead"
    layout.mkdir(parents=True)
    (layout / "tensor").symlink_to(tree.root / "tensor")
    (layout / "playhead.h").symlink_to(tree.root / "include" / "playhead.h")
    problems, _ = check(tree, limit=100)
    for part in ["tensor/bad.h does not", "tensor/narrows.h does not", "at most 100"]:
        assert any(part in p for p in problems), part


if __name__ == "__main__":
    gate.main(check, self_test)
