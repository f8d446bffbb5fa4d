"""What else a sample is tried as: other dtypes, sizes of zero, no dims at all, other layouts. Variants that PyTorch refuses say nothing."""
import numpy as np
from records import Sample, T

# Name, and what becomes of the float64 numbers of a sample.
DTYPES = {
    "float32": lambda x, rng: x.astype(np.float32),
    "float16": lambda x, rng: x.astype(np.float16),
    "bfloat16": lambda x, rng: x.astype(np.float32),
    "complex64": lambda x, rng: (x + 1j * rng.uniform(-0.5, 0.5, x.shape)).astype(np.complex64),
    "complex128": lambda x, rng: x + 1j * rng.uniform(-0.5, 0.5, x.shape),
    "int64": lambda x, rng: np.rint(2 * x).astype(np.int64),
    "int8": lambda x, rng: np.rint(2 * x).astype(np.int8),
    "uint8": lambda x, rng: np.rint(abs(2 * x)).astype(np.uint8),
    "bool": lambda x, rng: x > 0,
}
LAYOUTS = ("transposed", "every second")
# Two libraries add in different orders.
SINGLE = (2e-5, 4e-6)  # also where integers become float32
TOLERANCES = {"float16": (4e-3, 4e-3), "bfloat16": (3e-2, 3e-2), **{d: SINGLE for d in ("float32", "complex64", "int64", "int8", "uint8", "bool")}}


def rebuilt(sample, change):
    """The sample with `change` applied to each of its tensors."""

    def each(a):
        if isinstance(a, T):
            return change(a)
        if isinstance(a, (list, tuple)) and any(isinstance(e, T) for e in a):
            return [each(e) for e in a]
        return a

    return Sample(*[each(a) for a in sample.args], first=sample.first, **{k: each(a) for k, a in sample.kwargs.items()})


def tensors_of(sample):
    found = []
    rebuilt(sample, lambda t: (found.append(t), t)[1])
    return found


def with_size(t, old, new):
    if t.values is not None or hasattr(t, "f") or old not in t.shape:
        return t
    copy = T.__new__(T)
    copy.__dict__.update(t.__dict__, shape=tuple(new if n == old else n for n in t.shape))
    return copy


def with_dtype(t, dtype):
    if t.kind != "float":
        return t
    copy = T.__new__(T)
    copy.__dict__.update(t.__dict__, dtype=dtype)
    return copy


def shapes(sample):
    """Each size that occurs, made 0 wherever it occurs; and, for a single tensor, no dims at all."""
    found = tensors_of(sample)
    for n in sorted({n for t in found for n in t.shape if n > 1 and t.values is None}):
        yield f"size {n} as 0", rebuilt(sample, lambda t, n=n: with_size(t, n, 0))
    if len(found) == 1 and found[0].shape and found[0].values is None and not hasattr(found[0], "f"):
        copy = T.__new__(T)
        copy.__dict__.update(found[0].__dict__, shape=())
        yield "0-d", rebuilt(sample, lambda t: copy)


def dtypes(sample):
    if any(t.kind == "float" for t in tensors_of(sample)):
        for d in DTYPES:
            yield d, rebuilt(sample, lambda t, d=d: with_dtype(t, d))
