#!/usr/bin/env python3
"""Writes the type stubs of the extension module, and of the Python modules that show parts of it, from what it was made of: signatures
give names and defaults, C++ types give types.

usage: stubs.py FOLDER-OF-PACKAGE"""
import pathlib
import re
import sys

HEAD = '''# Made by bindings/stubs.py from the extension module itself.
import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias, overload

from ._size import Size
from .autograd import RemovableHandle

__version__: str
_nn: Any
_init: Any
_linalg: Any
_fft: Any
_special: Any
_masked: Any
_cuda: Any
_signal_windows: Any

# Names of dtypes, functions and attributes hide these.
_bool: TypeAlias = builtins.bool
_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_complex: TypeAlias = builtins.complex
_dtype: TypeAlias = dtype
_device: TypeAlias = device
Scalar: TypeAlias = _bool | _int | _float | _complex
DTypeLike: TypeAlias = Any  # NumPy's too
DeviceLike: TypeAlias = str | device

class dtype:
    def __init__(self, type: Any) -> None: ...
    name: str
    itemsize: _int
    is_floating_point: _bool
    is_complex: _bool

class device:
    type: str
    index: _int
    def __init__(self, type: str | device, index: _int | None = None) -> None: ...

class Generator:
    def __init__(self, seed: _int = 0, stream: _int = 0, *, device: DeviceLike | None = None) -> None: ...
    def manual_seed(self, seed: _int, /) -> Generator: ...
    def get_state(self) -> tuple[_int, _int, _int]: ...
    def set_state(self, state: tuple[_int, _int, _int], /) -> None: ...
'''
# What the C++ types cannot say: functions that return a Python object.
RESULTS = {"median": "Tensor | ValuesIndices", "nanmedian": "Tensor | ValuesIndices", "multi_head_attention_forward": "tuple[Tensor, Tensor | None]",
           "get_default_device": "device", "result_type": "dtype", "get_rng_state": "tuple[int, int, int]", "stride": "Any", "_row": "Any",
           "register_hook": "RemovableHandle", "register_post_accumulate_grad_hook": "RemovableHandle", "to_dot": "str"}
OVERLOADS = {
    "where": ["def where(condition: Tensor, /) -> tuple[Tensor, ...]: ...",
              "def where(condition: Tensor, x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor: ..."],
    "type": ["def type(self) -> _dtype: ...", "def type(self, dtype: DTypeLike) -> Tensor: ..."],
}
# Where the functions of a namespace of the registry are shown, and what else there is: PyTorch's or SciPy's name of a function of the core.
SHOWN = {"linalg.": "linalg", "fft.": "fft", "special.": "special", "masked.": "masked", "signal.windows.": "signal/windows", "nn.init.": "nn/init", "cuda.": "cuda"}
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
    return re.sub(r"\b(bool|int|float|complex|dtype|device)\b(?!\()", r"_\1", text)


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


def declared(name, body, indent=""):
    """A function's lines, all of its overloads if there are several."""
    if name not in OVERLOADS or (name == "where") == bool(indent):
        return f"{indent}{body}"
    return "\n".join(f"{indent}@overload\n{indent}{line}" for line in OVERLOADS[name])


def imported(text, core, dots):
    """Import lines for the names that a stub uses."""
    used = set(re.findall(r"\w+", text))
    lines = ["# Made by bindings/stubs.py from the extension module itself."]
    if used & {"Callable", "Sequence"}:
        lines.append("from collections.abc import " + ", ".join(sorted(used & {"Callable", "Sequence"})))
    if used & {"Any", "overload"}:
        lines.append("from typing import " + ", ".join(sorted(used & {"Any", "overload"})))
    if names := sorted(used & core):
        lines.append(f"from {dots}_core import " + ", ".join(names))
    return "\n".join(lines) + "\n\n" + text + "\n"


def layer_stubs(_core, nn, core_names):
    """The classes of the C++ layers. What parameters, buffers and modules they have is looked up in one that is made with 2 for all sizes."""
    lines = []
    names = {entry[0] for entry in _core._nn._layers()}
    for name, signature, types, forward, forward_types, fields in _core._nn._layers():
        if name == "Sequential":
            continue
        *kinds, _ = types.split("\n")
        *inputs, result = forward_types.split("\n")
        lines += [f"class {name}(Layer):", f"    def __init__(self, {typed(signature, kinds, False)}) -> None: ...".replace("(self, )", "(self)")]
        attributes = dict(fields)
        required = [p for p in parameters(signature) if "=" not in p and p not in "/*" and p[0] != "*"]
        try:
            made = getattr(nn, name)(*[2] * len(required))
        except (TypeError, ValueError):
            made = None
        if made is not None:
            flags = [p.partition("=")[0] for p in parameters(signature) if p.endswith(("=True", "=False"))]
            for kind, members in (("Parameter", made._parameters), ("Tensor", made._buffers)):
                for member, value in members.items():
                    attributes[member] = kind + (" | None" if value is None or member == "bias" or "affine" in flags or "elementwise_affine" in flags else "")
            for member, value in made._modules.items():
                attributes[member] = type(value).__name__ if type(value).__name__ in names else "Module"
            for (p, kind) in zip([p for p in parameters(signature) if p not in "/*"], kinds):
                p = p.partition("=")[0].strip("*")
                if p not in attributes and hasattr(made, p):
                    attributes[p] = kind
        lines += [f"    {member}: {builtin(kind)}" for member, kind in attributes.items()]
        arguments, result = typed(forward, inputs, False), builtin(result)
        for method in ("forward", "__call__"):
            lines.append(f"    def {method}(self, {arguments}) -> {result}: ...")
        if name == "Embedding":
            lines += ["    @classmethod", "    def from_pretrained(cls, embeddings: Tensor, freeze: _bool = True, padding_idx: _int | None = None) -> Embedding: ..."]
        lines.append("")
    text = "from .module import Layer, Module, Parameter\n\n" + "\n".join(lines)
    return imported(text, core_names, "..")


def main():
    folder = pathlib.Path(sys.argv[1])
    sys.path.insert(0, str(folder.parent))
    from playhead import _core, nn, special

    results, functions, methods, shown = {}, {}, {}, {}
    for module, name, signature, types, doc, is_function, is_method, _ in _core._registry():
        *kinds, result = types.split("\n")
        result = builtin(result)
        if m := re.match(r"(\w+)\((.*)\)$", result):
            results[m[1]] = [f.strip() for f in m[2].split(",")]
            result = m[1]
        result = builtin(RESULTS.get(name, result)) if result == "Any" else result
        line = f"def {name}({typed(signature, kinds, False)}) -> {result}: ..."
        if is_function and not module:
            functions[name] = declared(name, line)
        elif is_function and module in SHOWN and name[0] != "_":
            shown.setdefault(module, {})[name] = line
        if is_method:
            methods[name] = declared(name, f"def {name}({typed(signature, kinds, True)}) -> {result}: ...", "    ")
    lines = [HEAD]
    for name, fields in sorted(results.items()):
        lines += [f"class {name}(NamedTuple):", *(f"    {f}: Tensor" for f in fields), ""]
    lines += ["class Tensor:", "    def __init__(self, data: Any) -> None: ..."]
    for name, kind in dict(shape="tuple[int, ...]", strides="tuple[int, ...]", ndim="int", size="Size", itemsize="int", nbytes="int", dtype="dtype", device="device",
                           T="Tensor", mT="Tensor", mH="Tensor", H="Tensor", real="Tensor", imag="Tensor", data="Tensor", grad="Tensor | None", requires_grad="bool",
                           is_leaf="bool", is_cpu="bool", is_cuda="bool", grad_fn="str | None").items():
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
              "    def __iter__(self) -> Iterator[Tensor]: ...", "    def __contains__(self, value: Any, /) -> _bool: ...",
              "    def __array_ufunc__(self, ufunc: Any, method: str, /, *inputs: Any, **options: Any) -> Any: ..."]
    lines += [*(m for _, m in sorted(methods.items())), ""]
    lines += [f"{name}: dtype" for name in ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool")]
    lines += [*(f for _, f in sorted(functions.items())), "def _registry() -> list[Any]: ...", ""]
    core = "\n".join(lines)
    (folder / "_core.pyi").write_text(core)
    core_names = set(re.findall(r"^(?:class )?(\w+)(?=[:(]| = )", core, re.M))  # classes, aliases and constants
    for module, path in SHOWN.items():
        dots = "." * (path.count("/") + 1)
        text = "\n".join(line for _, line in sorted(shown.get(module, {}).items()))
        again = ""
        if path == "special":  # more names of the core's own functions
            more = {n: f.__name__ for n, f in sorted(vars(special).items())
                    if n[0] != "_" and n not in shown[module] and callable(f) and f.__name__ in functions}
            again = "".join(f"from ._core import {f} as {n}\n" for n, f in more.items()) + f"__all__ = {sorted([*more, *shown[module]])}\n"
        if path == "linalg":
            again = "from ._core import tensordot as tensordot\n"
        (folder / f"{path}.pyi").write_text(imported(again + text, core_names, dots))
    names = "".join(f"from .._core import {n} as {n}\n" for n in nn.functional._names if n != "unfold")
    (folder / "nn/functional.pyi").write_text(imported(names + "unfold = im2col", {"im2col"}, ".."))
    (folder / "nn/_layers.pyi").write_text(layer_stubs(_core, nn, core_names))


if __name__ == "__main__":
    main()
