"""Compares playhead with PyTorch, op by op, on the samples of records.py: values, gradients, second gradients. Each sample is tried on
row-major, transposed and strided memory, with each of its sizes as 0, without dims, and in every dtype (variants.py). Writes a report of every
op: equal, explained (differs, and why), not in PyTorch; what differs without an explanation or has no record is a failure.

usage: compare.py [--json FILE] [--only TEXT] [-v]"""
import argparse
import json
import re
import sys
import warnings

import numpy as np
import torch
from records import T, elsewhere, records, row_samples
from variants import DTYPES, LAYOUTS, TOLERANCES, dtypes, shapes

import playhead as ph

torch.set_num_threads(1)
warnings.simplefilter("ignore")
# Where we differ from PyTorch on purpose, with the reason.
explained = [  # name, what is found, why: all three or a difference is unexplained
    ("masked.arg(max|min)", "dtype", "positions are int64; PyTorch gives them x's dtype"),
    ("bessel_[jy][01]", "apart", "PyTorch is 3e-7 away from SciPy on (-8, 8), playhead 1e-16"),
    ("equal", "", "elementwise, as in the array API; PyTorch's equal is array_equal here"),
    ("sort", "results", "values only, as in the array API; positions come from argsort"),
    ("as_strided_scatter", "gradient", "PyTorch's gradient by x keeps what src has overwritten; its own gradcheck refuses it"),
    ("as_strided.*", "every second", "speaks of x's memory, which differs"),
    ("linalg.matrix_power", "gradient", "the power 0 does not depend on x and is not recorded; PyTorch records a zero gradient"),
    # Dtypes.
    (".*", "(u?int[0-9]+|bool): playhead refuses: .*(floating|needs floats|bool is not a number)", "an op of real numbers takes floating ones; PyTorch truncates or wraps"),
    (".*", "complex[0-9]+: playhead refuses: .*(real|floating|not defined for complex)", "not defined for complex numbers; PyTorch has some formula"),
    ("cum(sum|prod)|linalg.trace|masked.(sum|prod)|sum|prod|trace|nansum|cumulative_(sum|prod)", "dtype uint64, PyTorch int64", "sums of unsigned integers are unsigned, as in the array API"),
    ("masked.cum(sum|prod)", "dtype", "like cumsum and cumprod; PyTorch's masked ones keep small integers, which wrap"),
    ("masked.(var|std)", "complex.*dtype", "the variance of complex numbers is real, as var's is"),
    ("addc(mul|div)|addmm|addmv|addr|addbmm|baddbmm|hardtanh|index_add", "(u?int[0-9]+|bool): value", "a scalar with a fraction promotes or counts; PyTorch truncates it to an integer first"),
    ("bincount", "dtype", "weights keep their dtype; PyTorch makes most of them float64"),
    ("clamp_(min|max)|threshold", "(u?int[0-9]+|bool): playhead refuses", "an integer tensor keeps its dtype here, so a bound with a fraction is an error; clip promotes"),
    ("clip|clamp(_(min|max))?", "gradient", "where x equals a bound the gradient is x's; PyTorch 2.15's is 0"),
    ("linalg.vander", "dtype", "x's dtype is kept; PyTorch makes small integers int64"),
    ("masked.(logsumexp|logaddexp)", "(u?int[0-9]+|bool): value: dtype", "logarithms are floating; PyTorch truncates them to integers"),
    (".*matrix_exp", "float16: playhead refuses", "linear algebra is in single and double precision"),
    ("linalg.cholesky(_ex)?|cholesky_inverse", "complex", "the sample, made complex, is not Hermitian"),
    ("kthvalue|mode|median|nanmedian|sort|argsort|topk|msort|unique.*", "value", "among equal numbers any position will do"),
    ("histc", "float16: value", "edges are computed in float32, PyTorch's in bfloat16"),
    ("round", "float16: value", "scaled and rounded in float32; PyTorch in half precision, where the product has rounded before"),
    ("nan_to_num", "complex.*gradient", "a part that is finite keeps its gradient; PyTorch drops both"),
    ("grid_sample", "float16: value", "half precision samples at positions that were computed in float32"),
    # Empty.
    ("conv[123]d", "as 0", "without input channels a convolution is its bias; PyTorch gives an empty result"),
    ("(adaptive_)?.*pool[123]d", "as 0: playhead refuses", "a window of nothing has no mean and no maximum"),
    ("median|nanmedian", "as 0: playhead refuses: .*at least one element", "a median of nothing is an error, as a maximum is"),
    ("combinations|cartesian_prod", "gradient: none", "a result without elements is not recorded"),
    ("cross_entropy", "as 0: value: nan", "without classes the sum over them is 0"),
    ("multi_margin_loss", "as 0: value: nan", "a mean of nothing is NaN, as every loss's; PyTorch's other losses say so too"),
    ("scaled_dot_product_attention", "as 0: gradient: nan", "vectors without elements are scaled by 1/sqrt(0)"),
    ("pixel_unshuffle", "as 0: value: shape", "PyTorch gives an empty x back as it was"),
    ("index_add", "as 0: playhead refuses: .*out of range", "PyTorch does not look at indices into nothing"),
    ("block_diag", "gradient", "PyTorch loses the gradient of what follows an empty vector"),
    ("ctc_loss", "every second", "PyTorch reads strided targets as if they lay together"),
]


# Where PyTorch itself dies: name, what is tried.
crashes = [
    ("conv_transpose[123]d", "float16"),  # SIGILL in oneDNN
    ("pdist", "as 0"),  # SIGSEGV in the backward of an empty result
]


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


def laid_out(make, values, layout):
    """The values as a tensor in that layout."""
    if layout == "transposed" and values.ndim == 2:
        return make(np.ascontiguousarray(values.T)).T
    if layout == "transposed" and values.ndim > 2:
        return make(np.ascontiguousarray(np.moveaxis(values, 0, -1))).movedim(-1, 0)
    if layout == "every second" and values.ndim:
        return make(np.repeat(values, 2, axis=-1))[..., 1::2]
    return make(np.ascontiguousarray(values))


def build(sample, layout):
    """Both sides' arguments from the same numbers, and the tensors that are differentiated."""
    rng = np.random.default_rng(7)
    leaves = ([], [])

    def both(a):
        if isinstance(a, T):
            values, dtype = a.array(rng), getattr(a, "dtype", None)
            if dtype:
                values = DTYPES[dtype](np.asarray(values, np.float64), rng)
            elif a.grad and values.dtype.kind == "f":
                values = values.astype(np.float64)
            pair = []
            for side, module in ((0, ph), (1, torch)):
                x = laid_out(module.tensor, values, layout)
                if dtype == "bfloat16":
                    x = x.to(module.bfloat16)
                if a.grad and values.dtype.kind in "fc":
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
    if "bfloat16" in str(x.dtype):
        x = x.to(ph.float32 if isinstance(x, ph.Tensor) else torch.float32)
    return np.asarray(x) if isinstance(x, ph.Tensor) else x.resolve_conj().resolve_neg().numpy(force=True)


def difference(a, b, what, rtol=1e-7, atol=1e-9):
    a, b = array(a), array(b)
    if a.shape != b.shape:
        return f"{what}: shape {a.shape}, PyTorch {b.shape}"
    if a.dtype != b.dtype and what == "value":
        return f"{what}: dtype {a.dtype}, PyTorch {b.dtype}"
    if a.dtype in (np.float32, np.complex64):  # factories' default
        rtol, atol = max(rtol, 1e-6), max(atol, 1e-7)
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


def compare_sample(ours, theirs, sample, extra, layout="", variant=""):
    """(outcome, why) of one call: skip, equal or differs."""
    first, unique = extra.get("first", False) or sample.first or variant, extra.get("unique")
    tolerance = TOLERANCES.get(variant, (1e-7, 1e-9))
    try:
        (a, ka, xa), (b, kb, xb) = build(sample, layout)
    except Exception:  # noqa: BLE001
        if not variant:
            raise
        return "skip", "the sample cannot be made so"
    try:
        yb = theirs(*b, **kb)
        yb = tensors(unique(yb) if unique else yb)
    except Exception as e:  # noqa: BLE001
        return "skip", f"PyTorch refuses: {str(e).splitlines()[0][:90]}"
    try:
        ya = ours(*a, **ka)
        ya = tensors(unique(ya) if unique else ya)
    except Exception as e:  # noqa: BLE001
        return "differs", f"playhead refuses: {e}"
    if any(y.dtype == torch.complex32 for y in yb):
        return "skip", "playhead has no complex halves"
    if len(ya) != len(yb):
        return "differs", f"{len(ya)} results, PyTorch {len(yb)}"
    for p, q in zip(ya, yb):
        if d := difference(p, q, "value", *tolerance):
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
        if p is not None and (d := difference(p, q, "gradient", *(5 * t for t in tolerance))):
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


def trials(samples):
    """(what it is called, sample, layout, variant) of everything that an op's samples are tried as."""
    for k, sample in enumerate(samples):
        for layout in ("", *LAYOUTS):
            yield f"sample {k}{', ' if layout else ''}{layout}", sample, layout, ""
        for variant, changed in (*shapes(sample), *dtypes(sample)):
            yield f"sample {k}, {variant}", changed, "", variant


def compare_op(name, ours, theirs, samples, extra):
    compared, different = 0, []
    best = "nothing was compared"
    for label, sample, layout, variant in trials(samples):
        if any(re.fullmatch(pattern, name) and re.search(what, label) for pattern, what in crashes):
            continue
        status, why = compare_sample(ours, theirs, sample, extra, layout, variant)
        if status == "differs":
            reason = next((r for pattern, what, r in explained if re.fullmatch(pattern, name) and re.search(what, f"{label}: {why}")), None)
            different.append((reason, f"{label}: {why}"))
        elif status == "equal":
            compared += 1
            best = max(best, why, key=lambda w: (w != "nothing was compared", len(w)))
    if unexplained := [d for r, d in different if r is None]:
        return "differs", " | ".join(unexplained)
    if different:
        return "explained", "; ".join(sorted({r for r, _ in different})) + f" ({compared} calls equal)"
    return ("equal", f"{best} ({compared} calls)") if compared else ("nothing compared", "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    results, unexpected = {}, []
    names, first_name = {}, {}  # the second: of a function that has several names
    for module, name, signature, _, _, is_function, _, of in ph._core._registry():
        if is_function and not name.startswith("_"):
            names[module + name] = signature
            if of:
                first_name[id(OURS.find(module + name))] = module + of
    for name in names:
        first_name.setdefault(id(OURS.find(name)), name)
    for name, signature in sorted(names.items()):
        if options.only not in name:
            continue
        twin = first_name[id(OURS.find(name))]
        if name in elsewhere or twin in elsewhere or name.startswith(("nn.init.", "cuda.")):  # random, changes its argument, or is no maths
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
        results[name] = compare_op(name, ours, theirs, samples, extra)
        if options.v:
            print(name, *results[name])
    counts = {}
    for name, (status, why) in results.items():
        counts[status] = counts.get(status, 0) + 1
        if status in ("differs", "no record", "nothing compared"):
            unexpected.append(name)
            print(f"{status:10} {name}: {why}")
    print(", ".join(f"{n} {s}" for s, n in sorted(counts.items())), f"of {len(results)} functions; torch {torch.__version__}")
    if options.json:
        with open(options.json, "w") as f:
            json.dump({k: {"status": s, "note": w} for k, (s, w) in results.items()}, f, indent=1)
    sys.exit(bool(unexpected))


if __name__ == "__main__":
    main()
