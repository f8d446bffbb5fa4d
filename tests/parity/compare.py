"""Compares playhead with PyTorch, op by op, on the samples of records.py: values, gradients, second gradients, on row-major and on transposed
memory. Writes a report of every op: equal, differs (why), not in PyTorch, or without a record, which is a failure.

usage: compare.py [--json FILE] [--only TEXT] [-v]"""
import argparse
import json
import sys

import numpy as np
import torch
from records import T, elsewhere, records, row_samples

import playhead as ph

torch.set_num_threads(1)
# Where we differ from PyTorch on purpose, with the reason.
explained = {
    "masked.argmax": "positions are int64; PyTorch gives them x's dtype",
    "masked.argmin": "positions are int64; PyTorch gives them x's dtype",
    **{f"bessel_{kind}": "PyTorch is 3e-7 away from SciPy on (-8, 8), playhead 1e-16" for kind in ("j0", "j1", "y0", "y1")},
    "equal": "elementwise, as in the array API; PyTorch's equal is array_equal here",
    "sort": "values only, as in the array API; positions come from argsort",
    "as_strided_scatter": "PyTorch's gradient by x keeps what src has overwritten; its own gradcheck refuses it",
    "linalg.matrix_power": "the power 0 does not depend on x and is not recorded; PyTorch records a zero gradient",
}


class Side:
    """One of the two libraries."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def find(self, path):
        if path.startswith("Tensor."):
            attribute = path[7:]
            return lambda x, *a, **k: (lambda m: m(*a, **k) if callable(m) else m)(getattr(x, attribute))
        at = self.module
        for part in path.split("."):
            at = getattr(at, part, None)
            if at is None:
                return None
        return at


OURS, THEIRS = Side(ph, "playhead"), Side(torch, "torch")


def resolve(path):
    """PyTorch's function of that name, wherever it is."""
    for prefix in ("", "nn.functional.", "special.", "linalg."):
        if (f := THEIRS.find(prefix + path)) is not None and callable(f):
            return f
    return None


def build(sample, transposed):
    """Both sides' arguments from the same numbers, and the tensors that are differentiated."""
    rng = np.random.default_rng(7)
    leaves = ([], [])

    def both(a):
        if isinstance(a, T):
            values = a.array(rng)
            if a.grad and values.dtype.kind == "f":
                values = values.astype(np.float64)
            pair = []
            for side, make in ((0, ph.tensor), (1, torch.tensor)):
                x = make(np.ascontiguousarray(values))
                if transposed and values.ndim > 1:
                    x = (make(np.ascontiguousarray(values.T))).T if values.ndim == 2 else make(np.ascontiguousarray(np.moveaxis(values, 0, -1))).movedim(-1, 0)
                if a.grad and values.dtype.kind == "f":
                    x = x.detach().requires_grad_()
                    leaves[side].append(x)
                pair.append(a.f(x) if hasattr(a, "f") else x)
            return pair
        if isinstance(a, (list, tuple)) and any(isinstance(e, T) for e in a):
            pairs = [both(e) for e in a]
            return [p[0] for p in pairs], [p[1] for p in pairs]
        return a, a

    args = [both(a) for a in sample.args]
    kwargs = {k: both(a) for k, a in sample.kwargs.items()}
    return [([a[s] for a in args], {k: a[s] for k, a in kwargs.items()}, leaves[s]) for s in (0, 1)]


def tensors(y):
    if isinstance(y, (ph.Tensor, torch.Tensor)):
        return [y]
    if isinstance(y, (tuple, list)):
        return [t for e in y for t in tensors(e)]
    return [] if y is None else [torch.tensor(y)] if not isinstance(y, (ph.dtype, torch.dtype)) else []


def array(x):
    x = x.detach()
    return np.asarray(x) if isinstance(x, ph.Tensor) else x.resolve_conj().resolve_neg().numpy(force=True)


def difference(a, b, what, rtol=1e-7, atol=1e-9):
    a, b = array(a), array(b)
    if a.shape != b.shape:
        return f"{what}: shape {a.shape}, PyTorch {b.shape}"
    if a.dtype != b.dtype and what == "value":
        return f"{what}: dtype {a.dtype}, PyTorch {b.dtype}"
    if a.dtype in (np.float32, np.complex64):  # factories' default
        rtol, atol = 1e-6, 1e-7
    if not np.allclose(a, b, rtol, atol, equal_nan=True):
        return f"{what}: {np.max(np.abs(a.astype(complex) - b.astype(complex))):.3g} apart"
    return None


def cotangents(ys):
    rng = np.random.default_rng(11)
    out = []
    for y in ys:
        a = rng.uniform(-1, 1, tuple(y.shape))
        out.append(a + 1j * rng.uniform(-1, 1, tuple(y.shape)) if "complex" in str(y.dtype) else a)
    return out


def differentiable(y):
    return y.requires_grad and ("float" in str(y.dtype) or "complex" in str(y.dtype))


def gradients(module, ys, xs, create):
    if not xs or not any(differentiable(y) for y in ys):
        return None
    g = [(ph.asarray(c).to(y.dtype) if module is ph else torch.tensor(c).to(y.dtype)) for c, y in zip(cotangents(ys), ys) if differentiable(y)]
    ys = [y for y in ys if differentiable(y)]
    f = ph.grad if module is ph else torch.autograd.grad
    return f(ys, xs, g, create_graph=create, allow_unused=True)


def zero_for_none(gs, xs):
    return [np.zeros(tuple(x.shape)) if g is None else g for g, x in zip(gs, xs)]


def compare_sample(ours, theirs, sample, transposed, extra):
    first, unique = extra.get("first", False) or sample.first, extra.get("unique")
    (a, ka, xa), (b, kb, xb) = build(sample, transposed)
    try:
        yb = theirs(*b, **kb)
        yb = tensors(unique(yb) if unique else yb)
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as e:
        return "skip", f"PyTorch refuses: {str(e).splitlines()[0][:90]}"
    try:
        ya = ours(*a, **ka)
        ya = tensors(unique(ya) if unique else ya)
    except Exception as e:  # noqa: BLE001
        return "differs", f"playhead refuses: {e}"
    if len(ya) != len(yb):
        return "differs", f"{len(ya)} results, PyTorch {len(yb)}"
    for p, q in zip(ya, yb):
        if d := difference(p, q, "value"):
            return "differs", d
    try:
        gb = gradients(torch, yb, xb, True)
    except (RuntimeError, NotImplementedError):
        gb = None
    if gb is None:
        return "equal", "values"
    try:
        ga = gradients(ph, ya, xa, True)
    except Exception as e:  # noqa: BLE001
        return "differs", f"gradient: playhead refuses: {e}"
    if ga is None:
        return "differs", "gradient: none in playhead"
    for p, q, x in zip(ga, gb, xa):
        if (p is None) != (q is None):
            p, q = (ph.zeros(x.shape, dtype=ph.float64) if p is None else p), (torch.zeros(tuple(x.shape), dtype=torch.float64) if q is None else q)
        if p is not None and (d := difference(p, q, "gradient")):
            return "differs", d
    if first:
        return "equal", "values, gradients"
    try:
        hb = gradients(torch, [g for g in gb if g is not None], xb, False)
    except (RuntimeError, NotImplementedError):
        hb = None
    if hb is None:
        return "equal", "values, gradients"
    try:
        ha = gradients(ph, [g for g in ga if g is not None], xa, False)
    except Exception as e:  # noqa: BLE001
        return "differs", f"second gradient: playhead refuses: {e}"
    for k, (q, x) in enumerate(zip(hb, xa)):
        p = None if ha is None else ha[k]
        p = ph.zeros(x.shape, dtype=ph.float64) if p is None else p
        q = torch.zeros(tuple(x.shape), dtype=torch.float64) if q is None else q
        if d := difference(p, q, "second gradient", 1e-6, 1e-8):
            return "differs", d
    return "equal", "values, gradients, second gradients"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    results, unexpected = {}, []
    names = {}
    for module, name, signature, _, _, is_function, _ in ph._core._registry():
        if is_function and not name.startswith("_"):
            names[(module or "") + name] = signature
    first_name = {}  # of a function that has several names
    for name in names:
        first_name.setdefault(id(OURS.find(name)), name)
    for name, signature in sorted(names.items()):
        if options.only not in name:
            continue
        twin = first_name[id(OURS.find(name))]
        if name in elsewhere or name.startswith("nn.init."):  # random, or changes its argument
            results[name] = ("elsewhere", "has tests of its own")
            continue
        if name in records:
            path, samples, extra = records[name]
        elif twin in records:
            path, samples, extra = records[twin]
        elif "out=None" in signature and "." not in name:
            path, extra = name if resolve(name) else twin, {}
            try:
                samples = row_samples(*ph._core._row(twin))
            except KeyError:
                results[name] = ("no record", "")
                continue
        else:
            results[name] = ("no record", "")
            continue
        ours, theirs = OURS.find(name), resolve(path)
        if theirs is None:
            results[name] = ("not in PyTorch", "")
            continue
        outcome = ("equal", "nothing was compared")
        for sample in samples:
            for transposed in (False, True):
                status, why = compare_sample(ours, theirs, sample, transposed, extra)
                if status == "differs":
                    outcome = (status, f"{why} (sample {samples.index(sample)}{', transposed' if transposed else ''})")
                    break
                if status == "equal" and len(why) > len(outcome[1]) or outcome[1] == "nothing was compared":
                    outcome = (status, why) if status == "equal" else outcome
            if outcome[0] == "differs":
                break
        if outcome[0] == "differs" and name in explained:
            outcome = ("explained", f"{explained[name]}: {outcome[1]}")
        results[name] = outcome
        if options.v:
            print(name, *outcome)
    counts = {}
    for name, (status, why) in results.items():
        counts[status] = counts.get(status, 0) + 1
        if status in ("differs", "no record"):
            unexpected.append(name)
            print(f"{status:10} {name}: {why}")
    print(", ".join(f"{n} {s}" for s, n in sorted(counts.items())), f"of {len(results)} functions; torch {torch.__version__}")
    if options.json:
        with open(options.json, "w") as f:
            json.dump({k: {"status": s, "note": w} for k, (s, w) in results.items()}, f, indent=1)
    sys.exit(bool(unexpected))


if __name__ == "__main__":
    main()
