# Every op declared in autograd/ops_*.h is called by a test, and every row of the elementwise table is expanded by one.
import re

import gate

DECLARATION = re.compile(r"^(?:template <[^>]*>\s*)?(?:Tensor&?|void|bool|std::(?:vector|pair|tuple)<[^;(]*>|[A-Z]\w*)\s+(\w+)\s*\(", re.M)


def declared_ops(tree):
    ops = {}
    for path, text in tree.read(["autograd"], {".h"}):
        if path.startswith("autograd/ops_"):
            text = re.sub(r"^[ \t]*#.*(?:\\\n.*)*", "", gate.without_comments(text), flags=re.M)
            text = re.sub(r"^namespace detail \{.*?^\}\s*$", "", text, flags=re.S | re.M)  # comments are gone: its brace stands alone
            for name in DECLARATION.findall(text):
                if not name.startswith("operator"):
                    ops.setdefault(name, path)
    return ops


def check(tree):
    ops = declared_ops(tree)
    tests = "\n".join(gate.without_comments(text) for _, text in tree.read(["tests"], {".cpp", ".h"}))
    called = set(re.findall(r"\b(\w+)\s*\(", tests))
    problems = [f"{path}: no test calls {name}" for name, path in ops.items() if name not in called]
    if "playhead/tensor/elementwise.def" not in tests:
        problems.append("no test expands tensor/elementwise.def")
    return problems, f"ops: {len(ops)} declared beside the table"


def self_test(tree):
    tree.write("autograd/ops_a.h", "/// doc of lost(x)\nTensor used(const Tensor& x);\nstd::vector<Tensor> lost(const Tensor& x);\n"
               "#define ROW(name) \\\n  Tensor name(int)\nstruct UniqueResult {};\nUniqueResult unique(const Tensor& x);\n")
    tree.write("tests/test_a.cpp", "auto y = ph::used(x); // lost(x)\nph::unique(x);\n")
    problems, _ = check(tree)
    assert len(problems) == 2 and "lost" in problems[0] and "elementwise.def" in problems[1], problems


if __name__ == "__main__":
    gate.main(check, self_test)
