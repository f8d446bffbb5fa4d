# Hard case 5 on the records of tests/parity/records.py: every op gives the same on memory of any layout as on row-major memory, values and
# gradients, whatever the layout of the incoming gradient; `out` may be strided.
import importlib.util
import pathlib

import numpy as np
import pytest

import playhead as ph

spec = importlib.util.spec_from_file_location("records", pathlib.Path(__file__).parents[1] / "parity" / "records.py")
parity = importlib.util.module_from_spec(spec)
spec.loader.exec_module(parity)


def with_out():
    """Functions that take `out`: the rows of the elementwise table."""
    return sorted({name for module, name, *_ in ph._core._registry() if not module and "out=None" in (getattr(getattr(ph, name, None), "__text_signature__", "") or "")})


def row_samples(name):
    """Of a row of the elementwise table or of one of its other names; else nothing."""
    of = {name: of for module, name, *_, of in ph._core._registry() if of and not module}
    try:
        return parity.row_samples(*ph._core._row(of.get(name, name)))
    except KeyError:
        return ()


CASES = {name: record[1] for name, record in parity.records.items() if name != "householder_product"}  # PyTorch's name
CASES |= {name: row_samples(name) for name in with_out() if name not in CASES}


def find(name):
    at = ph
    for part in name.split("."):
        at = getattr(at, part)
    return at


# --- layouts: each makes a tensor of a's values --------------------------------------------------------------------------------


def transposed(a):
    return ph.tensor(np.ascontiguousarray(a.T)).permute(tuple(reversed(range(a.ndim)))) if a.ndim > 1 else ph.tensor(a)


def step(a):
    """Every second element of larger memory, with what would spoil every result between them."""
    between = np.full([2 * n for n in a.shape], np.nan if a.dtype.kind in "fc" else 1, a.dtype)
    between[tuple(slice(None, None, 2) for _ in a.shape)] = a
    return ph.tensor(between)[tuple(slice(None, None, 2) for _ in a.shape)]


def reversed_(a):
    return ph.asarray(np.flip(np.flip(a).copy())) if a.size else ph.tensor(a)


def offset(a):
    return ph.tensor(np.concatenate([np.ones(3, a.dtype), a.ravel()]))[3:].reshape(a.shape)


def permuted(a):
    """The last dimension first in memory, as channels-last is for images."""
    return ph.tensor(np.ascontiguousarray(np.moveaxis(a, -1, 0))).movedim(0, -1) if a.ndim > 1 else ph.tensor(a)


def odd(a):
    """Strides of dimensions of one element mean nothing."""
    x = ph.tensor(a)
    strides = tuple(997 + d if n == 1 else s for d, (n, s) in enumerate(zip(x.shape, x.stride())))
    return ph.as_strided(x, x.shape, strides)


LAYOUTS = [transposed, step, reversed_, offset, permuted, odd]


def first_everywhere(a):
    """a, but with its first entry along the first dimension everywhere."""
    return np.broadcast_to(a[:1], a.shape) if a.ndim and a.shape[0] else a


def expanded(a):
    return ph.tensor(np.ascontiguousarray(a[:1])).expand(a.shape) if a.ndim and a.shape[0] else ph.tensor(a)


def call(name, sample, make, change=lambda a: a):
    """The op's results on tensors that `make` makes of the sample's values, and the tensors that are differentiated."""
    rng, leaves = np.random.default_rng(7), []

    def tensor(t):
        a = t.array(rng)
        if t.kind == "float" and a.dtype.kind == "f":
            a = a.astype(np.float64)
        x = make(change(np.asarray(a)))
        if t.grad and a.dtype.kind == "f":
            x = x.detach().requires_grad_()
            leaves.append(x)
        return t.f(x) if hasattr(t, "f") else x

    def convert(a):
        if isinstance(a, parity.T):
            return tensor(a)
        if isinstance(a, (list, tuple)) and any(isinstance(e, parity.T) for e in a):
            return [tensor(e) if isinstance(e, parity.T) else e for e in a]
        return a

    args, kwargs = [convert(a) for a in sample.args], {k: convert(a) for k, a in sample.kwargs.items()}
    ph.manual_seed(5)
    unique = parity.records[name][2].get("unique") if name in parity.records else None
    y = find(name)(*args, **kwargs)
    return flat(unique(y) if unique else y), leaves


def flat(y):
    if isinstance(y, ph.Tensor):
        return [y]
    return [t for e in y for t in flat(e)] if isinstance(y, (tuple, list)) else []


def gradients(ys, leaves, lay):
    """Of the sum of the results, each times numbers of its own in memory that `lay` lays out."""
    ys = [y for y in ys if y.requires_grad]
    if not ys or not leaves:
        return []
    rng, gs = np.random.default_rng(11), []
    for y in ys:
        g = np.asarray(rng.uniform(-1, 1, y.shape))
        if "complex" in str(y.dtype):
            g = g + 1j * rng.uniform(-1, 1, y.shape)
        gs.append(lay(np.asarray(g)).to(y.dtype))
    try:
        return ph.grad(ys, leaves, gs, retain_graph=True, allow_unused=True)
    except RuntimeError as e:
        if "has no derivative" not in str(e):
            raise
        return []


def same(got, expected, what):
    assert len(got) == len(expected), what
    for a, b in zip(got, expected):
        if a is None or b is None:
            assert a is b, what
            continue
        assert a.shape == b.shape and a.dtype == b.dtype, what
        a, b = np.asarray(a.detach()), np.asarray(b.detach())
        single = a.dtype in (np.float32, np.complex64)
        np.testing.assert_allclose(a, b, rtol=1e-5 if single else 1e-9, atol=1e-6 if single else 1e-11, err_msg=what)


# A matrix of equal rows is singular, with which these can do nothing; statistics are written to, which expanded memory cannot be; equal lengths
# and offsets are no sample of these.
NO_EQUAL_ROWS = {"batch_norm", "instance_norm", "ctc_loss", "embedding_bag", "cov", "corrcoef", "logdet", "cholesky_inverse", "cholesky_solve", "pinverse", "matrix_power", "dist", "pdist", "cdist", "householder_product", "inverse"}
# These speak of the memory itself.
ELSEWHERE = {"view", "as_strided", "as_strided_scatter"}


@pytest.mark.parametrize("name", [n for n in sorted(CASES) if n not in ELSEWHERE])
def test_layouts(name):
    for number, sample in enumerate(CASES[name]):
        expected, leaves = call(name, sample, ph.tensor)
        gs = gradients(expected, leaves, ph.tensor)
        for lay in LAYOUTS:
            what = f"sample {number}, {lay.__name__}"
            ys, xs = call(name, sample, lay)
            same(ys, expected, what)
            same(gradients(ys, xs, ph.tensor), gs, what + ", gradient")
        for lay in (transposed, step, reversed_):
            same(gradients(expected, leaves, lay), gs, f"sample {number}, {lay.__name__} incoming gradient")
        what = f"sample {number}, expanded incoming gradient"
        same(gradients(expected, leaves, expanded), gradients(expected, leaves, lambda g: ph.tensor(np.array(first_everywhere(g)))), what)
        if name.startswith("linalg.") or name in NO_EQUAL_ROWS:
            continue
        what = f"sample {number}, expanded"
        ys, xs = call(name, sample, expanded)
        expected, leaves = call(name, sample, lambda a: ph.tensor(np.array(a)), first_everywhere)
        same(ys, expected, what)
        same(gradients(ys, xs, ph.tensor), gradients(expected, leaves, ph.tensor), what + ", gradient")


@pytest.mark.parametrize("name", with_out())
def test_strided_out(name):
    f, samples = find(name), CASES.get(name)
    if not samples:
        pytest.fail(f"no sample of {name}")
    for sample in samples:
        rng = np.random.default_rng(7)
        if sample.kwargs or not all(isinstance(a, parity.T) for a in sample.args):
            continue
        args = [ph.tensor(a.array(rng)) for a in sample.args]
        expected = f(*args)
        n = expected.ndim
        whole = ph.full([2 * s for s in expected.shape], 1, dtype=expected.dtype)
        for out, untouched in ((whole[tuple(slice(None, None, 2) for _ in range(n))], whole[tuple(slice(1, None, 2) for _ in range(n))]),
                               (ph.zeros(tuple(reversed(expected.shape)), dtype=expected.dtype).permute(tuple(reversed(range(n)))), None)):
            assert f(*args, out=out).is_same(out)
            same([out], [expected], "out")
            assert n == 0 or untouched is None or bool((untouched == 1).all())
        if n and expected.shape[0] > 1:
            with pytest.raises((RuntimeError, ValueError)):
                f(*args, out=ph.zeros(expected.shape[1:], dtype=expected.dtype).expand(expected.shape))
            with pytest.raises((RuntimeError, ValueError)):
                f(*args, out=ph.zeros((expected.shape[0] + 1, *expected.shape[1:]), dtype=expected.dtype))
