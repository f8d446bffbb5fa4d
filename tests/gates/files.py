# Each source file opens with a comment on what lives there; one of more than 500 lines wants to be two (a warning).
import gate

LONG = 500


def check(tree):
    problems, long = [], []
    sources = tree.read(["include", "bindings", "tests", "examples", "benchmarks", "cmake"] + gate.LAYERS,
                        {".h", ".cpp", ".cu", ".cuh", ".def", ".py", ".cmake"})
    for path, text in sources:
        if not text.startswith(("// ", "# ", "#!", '"""')):
            problems.append(f"{path}: does not open with a comment on what lives in it")
        if text.count("\n") > LONG:
            long.append(f"{path} ({text.count(chr(10))})")
    warning = "; over 500 lines: " + ", ".join(long) if long else ""
    return problems, f"files: {len(sources)}{warning}"


def self_test(tree):
    tree.write("tensor/a.h", "#pragma once\n")
    tree.write("nn/b.cpp", "// B.\n" + "int x;\n" * 600)
    problems, summary = check(tree)
    assert len(problems) == 1 and "tensor/a.h" in problems[0] and "nn/b.cpp (601)" in summary


if __name__ == "__main__":
    gate.main(check, self_test)
