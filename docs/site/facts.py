"""What the documentation says of each op, from where it is said once: signatures from the extension module's registry, contracts, families and
examples from bindings/contracts.py, names elsewhere from the tests. Shapes, dtypes and gradients are found out by running the op on its samples
(tests/parity/records.py), so that they cannot be wrong."""
import ast
import inspect
import pathlib
import re
import sys
import types
from dataclasses import dataclass, field

import numpy as np

root = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(root / "bindings"), str(root / "tests/parity")]
import contracts  # noqa: E402
import stubs  # noqa: E402
from records import D, Sample, T, records, spd  # noqa: E402

import playhead as ph  # noqa: E402

KINDS = {"bool": ["bool"], "unsigned integers": ["uint8", "uint16", "uint32", "uint64"], "signed integers": ["int8", "int16", "int32", "int64"],
           "floats": ["float16", "bfloat16", "float32", "float64"], "complex": ["complex64", "complex128"]}
# Where users find functions, in the order in which they are named; what starts with an underscore is nobody's business.
MODULES = {"": ph, "nn.functional.": ph.nn.functional, "linalg.": ph.linalg, "fft.": ph.fft, "special.": ph.special, "masked.": ph.masked,
           "signal.windows.": ph.signal.windows, "nn.init.": ph.nn.init, "autograd.": ph.autograd, "cuda.": ph.cuda}


def complexify(a):
    return a + 1j * a


def some(*values):
    return T(values=values, kind="int")


PIVOTS = D(lambda a: a.to(ph.int32), values=[1, 2, 3], kind="int")
# Samples of ops that are not compared with PyTorch and so have no record there.
SAMPLES = {
    **dict.fromkeys("real conj nonzero unique_all unique_values unique_counts unique_inverse detach empty_like rand_like randn_like unstack gumbel_softmax".split(), [Sample(T(3, 4))]),
    **dict.fromkeys("dropout alpha_dropout".split(), [Sample(T(3, 4), 0.5)]), **dict.fromkeys("cumulative_sum cumulative_prod expand_dims".split(), [Sample(T(3, 4), axis=1)]),
    "dropout1d": [Sample(T(2, 3, 4), 0.5)], "dropout2d": [Sample(T(2, 3, 4, 4), 0.5)], "dropout3d": [Sample(T(2, 3, 4, 4, 4), 0.5)], "feature_alpha_dropout": [Sample(T(2, 3, 4), 0.5)],
    "broadcast_arrays": [Sample(T(3, 1), T(4))], "repeat": [Sample(T(3, 4), 2, axis=1)], "take_along_axis": [Sample(T(3, 4), some([0, 2], [1, 1], [3, 0]), axis=1)],
    "imag": [Sample(D(complexify, 3, 4))], "view_as_real": [Sample(D(complexify, 3, 4))], "view_as_complex": [Sample(T(3, 2))], "istft": [Sample(D(complexify, 5, 4), 8)],
    "normal": [Sample(T(3, 1), T(4, lo=0.5, hi=2.0))], "bernoulli": [Sample(T(3, 4, lo=0.0, hi=1.0))], "index_put": [Sample(T(3, 4), [some(0, 2)], T(2, 4))],
    "linalg.eig": [Sample(T(3, 3))], "linalg.polar": [Sample(T(4, 3))], "linalg.matrix_sqrth": [Sample(D(spd, 3, 3))], "geqrf": [Sample(T(4, 3))], "ormqr": [Sample(T(4, 3), T(3), T(4, 2))],
    "lu_solve": [Sample(T(3, 2), T(3, 3), PIVOTS)], "linalg.lu_solve": [Sample(T(3, 3), PIVOTS, T(3, 2))], "lu_unpack": [Sample(T(3, 3), PIVOTS)],
    **dict.fromkeys("mode unique unique_consecutive".split(), [Sample(T(values=[1.5, 0.5, 0.5]))]), "linalg.ldl_solve": [Sample(T(3, 3), PIVOTS, T(3, 2))], "svd_lowrank": [Sample(T(6, 4), 2)], "pca_lowrank": [Sample(T(6, 4), 2)],
}


# What is written in Python, and classes: title, words, and where they are; None: all that is defined there.
GROUPS = {
    "autograd": ("Gradients", "Recording and replaying the tape from Python.", [
        (ph, "", ["grad", "no_grad", "enable_grad", "set_grad_enabled", "inference_mode", "detect_anomaly"]),
        (ph.autograd, "autograd.", ["backward", "Function", "FunctionCtx", "checkpoint", "gradcheck", "gradgradcheck", "RemovableHandle"]),
        (ph.autograd.functional, "autograd.functional.", ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"])]),
    "modules": ("Layers and modules", "Classes of `playhead.nn`. Their names, arguments and state-dict keys are PyTorch's.", [
        (ph.nn, "nn.", None), (ph.nn.utils, "nn.utils.", None)]),
    "optim": ("Optimisers and schedules", "Classes of `playhead.optim`.", [(ph.optim, "optim.", None), (ph.optim.lr_scheduler, "optim.lr_scheduler.", None)]),
    "io": ("Files", "Reading and writing tensors.", [(ph.io, "io.", ["load", "save", "load_safetensors", "save_safetensors", "safetensors_bytes", "Tensors"])]),
    "printing": ("Printing", "How tensors are shown: set_printoptions for a while.", [(ph, "", ["printoptions"])]),
    "types": ("Types", "What tensors are made of.", [(ph, "", ["Generator", "Tensor", "device", "dtype"])]),
}
NOT_PUBLIC = {"make_sequential", "Layer"}


@dataclass
class Op:
    name: str                                    # canonical, as users write it after `ph.`: "cumsum", "linalg.qr", "Tensor.item"
    names: list = field(default_factory=list)    # all functions that it is, the canonical one first
    functions: list = field(default_factory=list)  # (name, parameters with types, result)
    methods: list = field(default_factory=list)
    contract: contracts.Contract = None
    method_text: str = ""                        # where the method has words of its own
    example: contracts.Example = None
    more_examples: dict = field(default_factory=dict)  # of methods that are not its twin
    result_fields: str = ""

    @property
    def text(self):
        return self.contract.text or self.method_text

    @property
    def plain(self):
        return self.name.rsplit(".", 1)[-1]


def lookup(path):
    at = ph
    for part in path.split("."):
        at = getattr(at, part)
    return at


def typed(signature, kinds, method):
    """The parameters with types and defaults, as Python writes them."""
    out, rest = [], iter(kinds)
    for n, p in enumerate(stubs.parameters(signature)):
        if p in ("/", "*"):
            out.append(p)
            continue
        name, _, default = p.partition("=")
        kind = next(rest)
        if name.endswith("*"):  # f(2, 3) and f((2, 3))
            out += [f"{name[:-1]}: {kind}" + (f" = {default}" if default else ""), "*"]
        elif name.startswith("*"):
            out.append(f"{name}: {kind}")
        elif not (method and n == 0):
            out.append(f"{name}: {kind}" + (f" = {default}" if default else ""))
    if method and out[:1] == ["/"]:
        out = out[1:]
    if out.count("*") > 1 or out[-1:] == ["*"]:
        last = len(out) - 1 - out[::-1].index("*")
        out = out[:last] + out[last + 1:]
    return ", ".join(out)


def ops():
    """Name -> Op, of all public functions and methods of the extension module."""
    known, shown = contracts.contracts(root), contracts.examples(root)
    by_object, same = {}, {}  # same: another name's object to that of the op itself
    for module, name, *_, is_function, _, of in ph._core._registry():
        if of and is_function:
            same[id(lookup(module + name))] = id(lookup(module + of))

    def identity(path):
        return same.get(id(lookup(path)), id(lookup(path)))

    for prefix, module in MODULES.items():
        for name in sorted(vars(module)):
            if name[0] != "_" and isinstance(vars(module)[name], types.BuiltinFunctionType):
                by_object.setdefault(identity(prefix + name), []).append(prefix + name)
    last = {}  # a name that is given twice is what it was given last; a function and a method may be different things
    for entry in ph._core._registry():
        module, name, *_, is_function, is_method, _ = entry
        for kind, there in (("function", is_function), ("method", is_method)):
            if there and not name.startswith("_") and module != "nn.":
                last[kind, module, name] = entry
    found, owner = {}, {}
    for module, name, signature, kinds, doc, is_function, is_method, of in dict.fromkeys(last.values()):
        is_function, is_method = (there and last[kind, module, name][2] == signature for kind, there in (("function", is_function), ("method", is_method)))
        *kinds, result = kinds.split("\n")
        fields = ""
        if m := re.match(r"(\w+)\((.*)\)$", result):
            result, fields = m[1], m[2]
        full = module + name
        if is_function:
            key = owner.setdefault(identity(full), full)
        else:  # in-place methods stand with their op
            plain = of or name
            key = plain if plain in found else plain[:-1] if plain.endswith("_") and plain[:-1] in found else "Tensor." + plain
        op = found.setdefault(key, Op(key))
        op.result_fields = op.result_fields or fields
        if is_function and full == key:
            op.functions.append((full, typed(signature, kinds, False), result))
            op.names = [full] + [n for n in by_object.get(identity(full), []) if n != full]
        if is_method and (full == key or not is_function):
            op.methods.append((name, typed(signature, kinds, True), result, doc if not is_function else ""))
        if op.contract is None:
            op.contract = known.get(key) or known.get(name) or contracts.Contract("tensor", "", 0)
            if key.startswith("Tensor.") and not op.contract.text and doc:
                op.method_text = doc
    for op in found.values():  # that of another name or namespace, if it has none of its own
        names = [op.name, *op.names, op.plain, "linalg." + op.plain] if re.fullmatch(r"(linalg\.)?\w+", op.name) else [op.name, *op.names]
        op.example = next((shown[n] for n in names if n in shown), None)
        op.more_examples = {n: shown[n] for n in (f"Tensor.{m}" for m, *_ in op.methods) if n in shown and n != op.name}
    return found


def objects():
    """Name -> what is written in Python, and classes."""
    found = {}
    for _, _, sources in GROUPS.values():
        for module, prefix, names in sources:
            for name in names or sorted(n for n in dir(module) if n[0] != "_" and n not in NOT_PUBLIC):
                o = getattr(module, name)
                if names or (inspect.isclass(o) or inspect.isfunction(o)) and o.__module__.startswith(module.__name__):
                    found[prefix + name] = o
    return found


def group_of(name):
    """The group of an object of that name."""
    prefix = name.rpartition(".")[0]
    prefix += "." if prefix else ""
    return next(g for g, (_, _, sources) in GROUPS.items() for _, p, names in sources if p == prefix and (names is None or name[len(prefix):] in names))


# --- what running an op shows ---------------------------------------------------------------------------------------------------
def samples_of(op):
    for name in op.names:
        if name in SAMPLES:
            return SAMPLES[name]
        if name in records:
            return records[name][1]
    if op.plain.split("_polynomial_")[0] != op.plain:
        return [Sample(T(3, 4), some(0, 1, 2, 5))]
    for name in op.names:
        try:
            lo, hi, arity, domain = ph._core._row(name)
        except KeyError:
            continue
        kind = "int" if domain in "IZ" else "float"
        return tuple(Sample(*(T(*shape, lo=lo, hi=hi, kind=kind) for shape in shapes[:arity])) for shapes in (((3, 4), (3, 4)), ((3, 1), (4,))) if arity < 3)
    return ()


def widest(sample):
    """The dtype to call a sample in."""
    return ph.float64 if any(isinstance(a, T) and a.kind == "float" for a in str_flat(sample)) else ph.int64


def built(sample, dtype, leaf=None):
    """The sample's arguments, its floating tensors as `dtype`; with `leaf` the one of those that is a leaf of the tape, with where it stands."""
    rng = np.random.default_rng(7)
    every = [a for a in [*sample.args, *sample.kwargs.values()] if isinstance(a, T)]
    cast_all = not any(a.kind == "float" for a in every)
    leaves, seen = [], []

    def make(a, where):
        if isinstance(a, T):
            values = a.array(rng)
            x = ph.tensor(np.ascontiguousarray(values))
            floating = values.dtype.kind == "f"
            if leaf is not None and a.kind == "float" and floating:
                seen.append(where)
                if len(seen) == leaf + 1:
                    x = x.to(dtype).requires_grad_()
                    leaves.append((where, x))
            if hasattr(a, "f"):
                x = a.f(x)
            made_complex = x.dtype.is_complex and dtype == ph.float64 and leaf is not None
            return x.to(dtype) if (floating and a.kind == "float" or cast_all) and not made_complex else x
        if isinstance(a, (list, tuple)) and any(isinstance(e, T) for e in a):
            return [make(e, where) for e in a]
        return a

    return [make(a, n) for n, a in enumerate(sample.args)], {k: make(a, k) for k, a in sample.kwargs.items()}, leaves


def results(y):
    if isinstance(y, ph.Tensor):
        return [y]
    return [t for e in y for t in results(e)] if isinstance(y, (tuple, list)) else []


def tried(call):
    try:
        return call()
    except (TypeError, ValueError, RuntimeError, IndexError, OverflowError, ArithmeticError):
        return None


def dtypes(op):
    """[(dtypes of the arguments, dtype of the result or "refused")], from the first sample."""
    f, rows = lookup(op.name), []
    sample = next(iter(samples_of(op)), None)
    if sample is None or not any(isinstance(a, T) for a in str_flat(sample)):
        return []
    for label, members in KINDS.items():
        outcome = {}
        for name in members:
            def call(name=name):
                args, kwargs, _ = built(sample, getattr(ph, name))
                return results(f(*args, **kwargs)) or ["no tensor"]

            y = tried(call)
            result = "refused" if y is None else "no tensor" if isinstance(y[0], str) else y[0].dtype.name
            outcome[name] = "the same" if result == name else result
        if len(set(outcome.values())) == 1:
            rows.append((label, outcome[members[0]]))
        else:
            for value in dict.fromkeys(outcome.values()):
                rows.append((", ".join(n for n in members if outcome[n] == value), value))
    joined = {}
    for label, value in rows:
        joined.setdefault(value, []).append(label)
    if set(joined) <= {"refused"}:
        return []
    joined["refused"] = joined.pop("refused", [])  # comes last
    return [("all" if labels == list(KINDS) else ", ".join(labels), value) for value, labels in joined.items() if value != "no tensor" and labels]


def refusal(op):
    """The error that an op of one tensor or more answers a dtype with that it does not take."""
    sample = next(iter(samples_of(op)), None)
    if sample is not None and any(isinstance(a, T) for a in str_flat(sample)):
        for name in ("complex128", "int64", "bool", "float16", "float64"):
            made = tried(lambda: built(sample, getattr(ph, name)))  # noqa: B023
            if made is None:
                continue
            try:
                lookup(op.name)(*made[0], **made[1])
            except TypeError as error:
                return f"TypeError: {error}"
            except (ValueError, RuntimeError, IndexError, OverflowError, ArithmeticError):
                pass
    return None


def str_flat(sample):
    for a in [*sample.args, *sample.kwargs.values()]:
        yield from a if isinstance(a, (list, tuple)) else [a]


def gradient(op):
    """What has a gradient: {argument: "zero", "first" (not a second one) or "any" order}; {} for nothing; None if there is no sample to ask."""
    f, got, asked = lookup(op.name), {}, False
    names = [p.split(":")[0].lstrip("*") for p in re.split(r", (?![^\[]*\])", op.functions[0][1]) if p not in ("/", "*")]
    for sample in samples_of(op)[:4]:
        for leaf in range(8):  # one at a time: asking for a derivative that is unknown is an error
            def call(sample=sample, leaf=leaf):
                args, kwargs, leaves = built(sample, widest(sample), leaf)
                return results(f(*args, **kwargs)), leaves

            done = tried(call)
            if not done:
                break
            ys, leaves = done
            if not leaves:
                asked = asked or leaf == 0 and bool(ys) and not any(y.dtype.is_floating_point or y.dtype.is_complex for y in ys)
                break
            asked = True
            where, x = leaves[0]
            for y in (y for y in ys if y.requires_grad):
                order = order_of(y, x)
                name = where if isinstance(where, str) else names[min(where, len(names) - 1)]
                if order and ("zero", "first", "any").index(order) > ("zero", "first", "any").index(got.get(name, "zero")) or order and name not in got:
                    got[name] = order
    return got if asked else None


def order_of(y, x):
    """Which derivatives y has by x. The weights have no symmetry, so that no sum hides one."""
    def weights(t):
        w = ph.arange(1, t.numel() + 1, dtype=ph.float64).sin().reshape(t.shape)
        return (w + 0.7j * w.cos()).to(t.dtype) if t.dtype.is_complex else w.to(t.dtype)

    g = tried(lambda: ph.grad([y], [x], [weights(y)], create_graph=True, allow_unused=True)[0])
    if g is None:
        return None
    if not g.requires_grad:
        return "any" if bool((g != 0).any()) else "zero"
    h = tried(lambda: ph.grad([g], [x], [weights(g)], allow_unused=True))
    return "first" if h is None else "any" if bool((g != 0).any()) else "zero"


def shapes(op):
    """Calls of samples with shapes in the place of tensors, and the shapes that come of them."""
    f, shown = lookup(op.name), []

    def text(a):
        if isinstance(a, T):
            return None
        return repr(a) if not callable(a) else "…"

    for sample in samples_of(op)[:6]:
        def call(sample=sample):
            args, kwargs, _ = built(sample, widest(sample), -1)
            return args, kwargs, f(*args, **kwargs)

        done = tried(call)
        if done is None:
            continue
        args, kwargs, y = done
        ys = results(y)
        if not ys or len(ys) > 4:
            continue

        def say(a):
            if isinstance(a, ph.Tensor):
                return str(list(a.shape)).replace(" ", "") if False else str(list(a.shape))
            if isinstance(a, list) and any(isinstance(e, ph.Tensor) for e in a):
                return "(" + ", ".join(say(e) for e in a) + ")"
            return "…" if callable(a) else repr(a)

        line = (f"{op.name}(" + ", ".join([*(say(a) for a in args), *(f"{k}={say(a)}" for k, a in kwargs.items())]) + ")", ", ".join(str(list(t.shape)) for t in ys))
        if line not in shown and len(line[0]) < 110:
            shown.append(line)
        if len(shown) == 3:
            break
    return shown


# --- names elsewhere --------------------------------------------------------------------------------------------------------------
def promised():
    """(PyTorch's names, the array API's names), as tests/python/test_names.py lists them."""
    tree = ast.parse((root / "tests/python/test_names.py").read_text())
    names = next(ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "NAMES")
    torch = {n for k, v in names.items() if not k.startswith("array API") for n in v.split()}
    return torch, {n for k, v in names.items() if k.startswith("array API") for n in v.split()}


TORCH, ARRAY_API = promised()


def peers(op):
    """{"PyTorch": name, …}"""
    found = {}
    every = op.names or [op.name]
    for name in every:
        if name in records and "PyTorch" not in found and records[name][0] != name:
            found["PyTorch"] = "torch." + records[name][0]
        if name in TORCH and "PyTorch" not in found:
            found["PyTorch"] = "torch." + name
        if name in ARRAY_API and "array API" not in found:
            found["array API"] = name
        if name in records and "PyTorch" not in found and ph is not None and not records[name][2].get("ours"):
            found["PyTorch"] = "torch." + records[name][0]
        if "NumPy" not in found and re.match(r"(linalg\.|fft\.)?\w+$", name):
            at = np
            for part in name.split("."):
                at = getattr(at, part, None)
            if callable(at) and not isinstance(at, type):
                found["NumPy"] = "numpy." + name
    return found
