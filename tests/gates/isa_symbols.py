# Objects compiled for one instruction set define no function that another object could define too: else the linker might
# keep the AVX-512 copy of an inline function and an older machine would run it.
import gate

HARMLESS = "trdbnNaVuR"  # nm's letters for what is local, and for constants, which are the same in every object


def loose_symbols(objects, isa):
    found, current = [], ""
    own = f"2ph3cpu{len(isa)}{isa}"  # mangled ph::cpu::<isa>; a name that mentions it anywhere is this instruction set's own
    for line in gate.output("nm", "--defined-only", "-A", *objects).splitlines():
        current, rest = line.split(":", 1)
        kind, symbol = rest.split()[-2:]
        if kind not in HARMLESS and own not in symbol:
            found.append(f"{isa}: {current.rsplit('/', 1)[-1]} defines {symbol} ({kind})")
    return found


def check(tree):
    problems, total = [], 0
    for isa in ["baseline", "avx2", "avx512"]:
        objects = sorted((tree.build / "CMakeFiles" / f"playhead_{isa}.dir").rglob("*.o"))
        total += len(objects)
        if objects:
            problems += loose_symbols(objects, isa)
    if not total:
        problems.append(f"no objects under {tree.build}")
    return problems, f"isa symbols: {total} objects"


def self_test(tree):
    good = gate.compile_object(tree, "good", "namespace ph::cpu::avx2 { static int g() { return 2; } int f() { return g(); } }\n")
    assert not loose_symbols([good], "avx2")
    bad = gate.compile_object(tree, "bad", "inline int h() { return 1; }\nnamespace ph::cpu::avx2 { int f() { return h(); } }\n")
    assert len(loose_symbols([bad], "avx2")) == 1 and len(loose_symbols([bad], "avx512")) == 2
    assert check(tree)[0]


if __name__ == "__main__":
    gate.main(check, self_test)
