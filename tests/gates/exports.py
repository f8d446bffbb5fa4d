# The shared library shows names of namespace ph and no others, needs nothing unusual at run time, and stays small.
import re

import gate

MAX_BYTES = 8_000_000
OURS = re.compile(r"^_Z(T[VTISHWc]|Th\w*?_|Tv\w*?_|GV|Z)?N?K?2ph")
NEEDED = re.compile(r"^(libstdc\+\+|libm|libgcc_s|libc|libpthread|libdl|ld-linux)[.-]")


def foreign_symbols(library):
    names = (l.split()[-1].split("@")[0] for l in gate.output("nm", "-D", "--defined-only", library).splitlines())
    return [f"exports {n}" for n in names if not OURS.match(n)]


def needed(library):
    libs = re.findall(r"\(NEEDED\).*\[(.*)\]", gate.output("readelf", "-d", library))
    return [f"needs {l}" for l in libs if not NEEDED.match(l)]


def check(tree, max_bytes=MAX_BYTES):
    library = tree.build / "libplayhead.so"
    if not library.exists():
        return [f"{library} does not exist"], "exports: none"
    problems = foreign_symbols(library) + needed(library)
    stripped = tree.build / "libplayhead.stripped"
    gate.output("strip", "-o", stripped, library)
    size = stripped.stat().st_size
    stripped.unlink()
    if size > max_bytes:
        problems.append(f"{size} bytes stripped, at most {max_bytes} are allowed")
    count = len(gate.output("nm", "-D", "--defined-only", library).splitlines())
    return problems, f"exports: {count} symbols of ph::, {size / 1e6:.2f} MB stripped"


def self_test(tree):
    made = gate.compile_object(tree, "lib", "namespace ph { struct A { virtual ~A(); }; A::~A() {} int f() { return 1; } }\nint stray() { return 2; }\n")
    library = tree.root / "libplayhead.so"
    gate.output("g++", "-shared", "-o", library, made)
    problems, _ = check(tree, max_bytes=10)
    assert len(problems) == 2 and "stray" in problems[0] and "at most 10" in problems[1], problems
    library.unlink()
    assert check(tree)[0]


if __name__ == "__main__":
    gate.main(check, self_test)
