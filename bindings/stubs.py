#!/usr/bin/env python3
"""Writes the type stub of the extension module from what it was made of: signatures give names and defaults, C++ types give types.

usage: stubs.py FOLDER-OF-PACKAGE OUTPUT"""
import re
import sys

HEAD = '''# Made by bindings/stubs.py from the extension module itself.
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, overload

# Names of dtypes and methods hide the builtins.
_bool = bool
_int = int
_float = float
_complex = complex
Scalar = _bool | _int | _float | _complex
DTypeLike = Any
DeviceLike = Any

class dtype:
    name: str
    itemsize: int
    is_floating_point: bool
    is_complex: bool

class device:
    type: str
    index: int
    def __init__(self, text: str) -> None: ...

class Generator:
    def __init__(self, seed: int = 0, stream: int = 0) -> None: ...
    def manual_seed(self, seed: int, /) -> Generator: ...
    def get_state(self) -> tuple[int, int, int]: ...
    def set_state(self, state: tuple[int, int, int], /) -> None: ...
'''
OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift", "matmul"]


def parameters(signature):
    """The pieces between commas outside brackets and quotes."""
    piece, depth, quote = "", 0, ""
    for c in signature:
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        if c == "," and depth == 0 and not quote:
            yield piece.strip()
            piece = ""
        else:
            piece += c
    if piece.strip():
        yield piece.strip()


def builtin(text):
    return re.sub(r"\b(bool|int|float|complex)\b(?!\()", r"_\1", text)


def typed(signature, types, method):
    """The parameter list with types; `method` drops the first, which is self."""
    out, rest = [], iter(types)
    keyword_only = False
    for n, p in enumerate(parameters(signature)):
        if p in ("/", "*"):
            if p == "*" and not keyword_only:
                out.append(p)
                keyword_only = True
            continue
        name, _, default = p.partition("=")
        kind = next(rest)
        if name.endswith("*"):
            name = "*" + name[:-1]
        if method and n == 0:
            out.append("self")
            continue
        if name.startswith("*"):
            keyword_only = True
            inner = "Tensor | Sequence[Tensor]" if "Tensor" in kind else "int | Sequence[int]" if "int" in kind else "Any"
            out.append(f"{name}: {inner}")
        else:
            if name in ("lambda",):
                name += "_"
            out.append(f"{name}: {kind}" + (" = ..." if default else ""))
    # dim and axis, keepdim and keepdims mean the same; a stub names one of them and lets the others pass.
    if any(p.split(":")[0] in ("axis", "dim", "keepdims") for p in out):
        out.append("**synonyms: Any")
    return ", ".join(name + colon + builtin(kind) for name, colon, kind in (p.partition(":") for p in out))


def main():
    folder, output = sys.argv[1:3]
    sys.path.insert(0, folder + "/..")
    from playhead import _core

    results, functions, methods = {}, {}, {}
    for module, name, signature, types, doc, is_function, is_method in _core._registry():
        *kinds, result = types.split("\n")
        result = builtin(result)
        if m := re.match(r"(\w+)\((.*)\)$", result):
            results[m[1]] = [f.strip() for f in m[2].split(",")]
            result = m[1]
        if is_function and not module:
            functions[name] = f"def {name}({typed(signature, kinds, False)}) -> {result}: ..."
        if is_method:
            methods[name] = f"    def {name}({typed(signature, kinds, True)}) -> {result}: ..."
    lines = [HEAD]
    for name, fields in sorted(results.items()):
        lines += [f"class {name}(NamedTuple):", *(f"    {f}: Tensor" for f in fields), ""]
    lines += ["class Tensor:", "    def __init__(self, data: Any) -> None: ..."]
    for name, kind in dict(shape="tuple[int, ...]", strides="tuple[int, ...]", ndim="int", size="int", itemsize="int", nbytes="int", dtype="dtype", device="device",
                           T="Tensor", mT="Tensor", mH="Tensor", H="Tensor", real="Tensor", imag="Tensor", data="Tensor", grad="Tensor | None", requires_grad="bool",
                           is_leaf="bool", is_cuda="bool", grad_fn="str | None").items():
        methods.pop(name, None)
        lines.append(f"    {name}: {builtin(kind)}")
    for op in OPERATORS:
        for prefix in ("", "r", "i"):
            lines.append(f"    def __{prefix}{op}__(self, other: Any, /) -> Tensor: ...")
    for op in ("lt", "le", "gt", "ge"):
        lines.append(f"    def __{op}__(self, other: Any, /) -> Tensor: ...")
    for op in ("eq", "ne"):
        lines.append(f"    def __{op}__(self, other: object, /) -> Tensor: ...  # type: ignore[override]")
    for op in ("neg", "pos", "abs", "invert"):
        lines.append(f"    def __{op}__(self) -> Tensor: ...")
    for op, kind in dict(bool="bool", int="int", float="float", index="int", len="int", hash="int").items():
        lines.append(f"    def __{op}__(self) -> _{kind}: ...")
    lines += ["    def __getitem__(self, key: Any, /) -> Tensor: ...", "    def __setitem__(self, key: Any, value: Any, /) -> None: ...",
              "    def __iter__(self) -> Iterator[Tensor]: ...", "    def __contains__(self, value: Any, /) -> _bool: ..."]
    lines += [*(m for _, m in sorted(methods.items())), ""]
    lines += [f"{name}: dtype" for name in ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool")]
    lines += [*(f for _, f in sorted(functions.items())), "def _registry() -> list[Any]: ...", ""]
    with open(output, "w") as f:
        f.write("\n".join(lines))


if __name__ == "__main__":
    main()
