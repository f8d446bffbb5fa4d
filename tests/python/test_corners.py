# Hard cases 6, 7, 8, 9 and 12: tensors without elements (each op beside PyTorch: ./dev parity), tensors without dimensions, NaN and infinities at every position, kinks, the accuracy of sums.
import pickle

import numpy as np
import pytest
from conftest import close

import playhead as ph

F = ph.nn.functional

# --- 0-d ----------------------------------------------------------------------------------------------------------------------

REDUCTIONS = {"sum": 3, "prod": 3, "mean": 3, "amax": 3, "amin": 3, "max": 3, "min": 3, "logsumexp": 3, "nansum": 3, "nanmean": 3, "all": True, "any": True, "argmax": 0, "argmin": 0,
              "norm": 3, "count_nonzero": 1, "median": 3, "quantile": 3, "std": 0, "var": 0}
ARGUMENTS = {"quantile": {"q": 0.5}, "std": {"correction": 0}, "var": {"correction": 0}}


def first(y):
    return y[0] if isinstance(y, tuple) else y


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("keep", [False, True])
def test_reductions_of_0d(name, keep):
    x, f = ph.tensor(3.0, requires_grad=name not in ("all", "any", "argmax", "argmin", "count_nonzero")), getattr(ph, name)
    for dim in (0, -1):
        y = first(f(x, dim=dim, keepdim=keep, **ARGUMENTS.get(name, {})))
        assert y.shape == () and y.item() == REDUCTIONS[name]
        if y.requires_grad:
            (g,) = ph.grad(y, x)
            assert g.shape == () and g.item() == (0 if name in ("std", "var") else 1)
    for dim in (1, -2):
        with pytest.raises(IndexError):
            f(x, dim=dim, keepdim=keep, **ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "sort", "argsort", "softmax", "log_softmax", "flip", "roll", "unique"])
def test_scans_and_sorts_of_0d(name):
    x = ph.tensor(3.0)
    args = {"roll": (1,), "unique": ()}.get(name, (0,))
    y = first(getattr(ph, name)(x, *args))
    assert y.shape == ((1,) if name == "unique" else ())
    assert y.item() == {"softmax": 1, "log_softmax": 0, "argsort": 0}.get(name, 3)


def test_0d_is_no_sequence():
    x = ph.tensor(3.0)
    for wrong in (lambda: x[0], lambda: x[-1], lambda: x[0:1], lambda: x.select(0, 0), lambda: ph.unbind(x), lambda: ph.split(x, 1), lambda: ph.cat([x, x])):
        with pytest.raises((IndexError, ValueError)):
            wrong()
    for wrong in (lambda: len(x), lambda: list(x)):
        with pytest.raises(TypeError):
            wrong()
    assert x[()].shape == () and x[...].shape == () and x[None].shape == (1,) and x[True].shape == (1,) and x[False].shape == (0,)
    x[...] = 4
    x[()] = x + 1
    assert x.item() == 5


@pytest.mark.parametrize("dtype", ["bool", "int64", "float16", "float32", "complex128"])
def test_0d_keeps_its_shape(dtype, tmp_path):
    x = ph.ones((), dtype=getattr(ph, dtype))
    assert np.asarray(x).shape == np.from_dlpack(x).shape == () and ph.asarray(np.asarray(x)).shape == () and ph.from_dlpack(x).shape == ()
    assert pickle.loads(pickle.dumps(x)).shape == () and ph.tensor(x.tolist()).shape == () and memoryview(x).shape == ()
    if not dtype.startswith("complex"):
        ph.io.save_safetensors({"x": x}, tmp_path / "x")
        back = ph.io.load_safetensors(tmp_path / "x")["x"]
        assert back.shape == () and back.dtype == x.dtype and bool(back == x)


# --- nothing ----------------------------------------------------------------------------------------------------------------------


def test_products_reductions_and_layers_of_nothing():
    assert (ph.ones(3, 0) @ ph.ones(0, 4)).tolist() == ph.zeros(3, 4).tolist()
    x = ph.ones(0, 5)
    assert x.sum().item() == 0 and x.prod().item() == 1 and bool(x.mean().isnan()) and x.all().item() is True and x.any().item() is False
    for f in (ph.amax, ph.amin, ph.max, ph.min, ph.argmax, ph.argmin):
        with pytest.raises((ValueError, IndexError)):
            f(x)
        with pytest.raises((ValueError, IndexError)):
            f(x, dim=0)
        assert first(f(x, dim=1)).shape == (0,)
    layer = ph.nn.Linear(0, 100)
    layer(ph.ones(7, 0)).sum().backward()
    assert layer.weight.grad.shape == (100, 0) and layer.bias.grad.tolist() == [7] * 100
    layer = ph.nn.Linear(100, 3)
    layer(ph.ones(0, 100)).sum().backward()
    assert not layer.weight.grad.any() and layer.weight.grad.shape == (3, 100) and layer.bias.grad.tolist() == [0] * 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
def test_what_numpy_has_of_nothing(shape):
    a, x = np.ones(shape), ph.ones(shape, dtype=ph.float64, requires_grad=True)
    for axis in (None, *range(-len(shape), len(shape))):
        for name in ("sum", "prod", "mean", "all", "any", "max", "min", "argmax", "argmin", "var", "cumsum", "cumprod", "sort", "flip", "diff"):
            if axis is None and name in ("cumsum", "cumprod", "sort", "flip", "diff"):
                continue
            try:
                expected = getattr(np, name)(a, axis=axis)
            except (ValueError, IndexError):
                with pytest.raises((ValueError, IndexError)):
                    getattr(ph, name)(x, axis=axis)
                continue
            y = first(getattr(ph, name)(x, axis=axis))
            close(y, expected)
            if y.requires_grad:
                (g,) = ph.grad(y, x, ph.ones_like(y))
                assert g.shape == shape


def test_pieces_of_nothing():
    assert [c.shape for c in ph.chunk(ph.ones(3, 0, 5), 3, dim=1)] == [(3, 0, 5)] * 3
    assert ph.im2col(ph.ones(1, 0, 4, 5), 2).shape == (1, 0, 12)
    x = ph.ones(1, 0, 6, requires_grad=True)
    y = ph.fold(x, (3, 4), 2)
    assert y.shape == (1, 0, 3, 4) and ph.grad(y.sum(), x)[0].shape == (1, 0, 6)
    attention = ph.nn.MultiheadAttention(4, 2)
    y, w = attention(ph.ones(2, 3, 4), ph.ones(0, 3, 4), ph.ones(0, 3, 4))
    assert y.shape == (2, 3, 4) and w.shape == (3, 2, 0)


@pytest.mark.parametrize("make", ["Conv1d(3, 4, 2)", "Conv2d(3, 4, 2)", "Conv3d(3, 4, 2)", "ConvTranspose2d(3, 4, 2)", "BatchNorm2d(3)", "GroupNorm(3, 3)", "InstanceNorm2d(3)", "MaxPool2d(2)",
                                  "AvgPool2d(2)", "AdaptiveAvgPool2d(1)", "LayerNorm(4)", "Flatten()", "PixelShuffle(1)", "Upsample(scale_factor=2)"])
def test_modules_on_a_batch_of_none(make):
    size = (3,) + (4,) * (1 if "1d" in make else 3 if "3d" in make else 2)
    layer = eval("ph.nn." + make).eval()
    x = ph.ones(0, *size, requires_grad=True)
    y = layer(x)
    assert y.shape == (0, *layer(ph.ones(1, *size)).shape[1:])
    y.sum().backward()
    assert x.grad.shape == x.shape
    for p in layer.parameters():
        assert p.grad is None or not p.grad.any()


# --- NaN and infinities ----------------------------------------------------------------------------------------------------------
# Row i of a square matrix has the value at position i; the same rows one by one, as vectors of their own, must give the same.

LENGTHS = range(1, 68)
BASE = np.random.default_rng(3).uniform(-1, 1, 70)
SPREADS = {  # NaN anywhere makes it NaN
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "amax": np.max, "amin": np.min, "max": np.max, "min": np.min, "var": lambda a, axis: np.var(a, axis), "logsumexp": None, "norm": None,
    "std": lambda a, axis: np.std(a, axis), "median": None, "vector_norm_1": None, "quantile": None,
}


def with_value(n, value, dtype):
    a = np.tile(BASE[:n], (n, 1))
    a[np.arange(n), np.arange(n)] = value
    return a.astype(dtype)


def reduce(name, x, dim):
    if name == "vector_norm_1":
        return ph.linalg.vector_norm(x, 1, dim=dim)
    if name in ("var", "std"):
        return getattr(ph, name)(x, dim=dim, correction=0)
    if name == "quantile":
        return ph.quantile(x, 0.5, dim=dim)
    return first(getattr(ph, name)(x, dim=dim))


@pytest.mark.parametrize("name", SPREADS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_spreads_through_reductions(name, dtype):
    if name == "quantile" and dtype == "float16":
        dtype = "float32"
    for n in LENGTHS:
        x = ph.tensor(with_value(n, np.nan, dtype))
        for y in (reduce(name, x, 1), reduce(name, x.T.contiguous(), 0), reduce(name, x.T, 0)):
            assert bool(y.isnan().all()), n
        assert all(bool(reduce(name, x[i].clone(), 0).isnan()) for i in range(n)), n


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "amin", "var", "logsumexp", "norm", "cumsum", "cumprod", "cummax", "cummin", "softmax", "argmax", "argmin", "sort", "minimum", "maximum",
                                  "fmin", "fmax", "clamp", "relu", "nansum", "logcumsumexp", "median"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_values_are_where_numpy_has_them(name, value, dtype):
    def numpys(a):
        if name in ("sum", "mean", "prod", "var", "cumsum", "cumprod", "argmax", "argmin", "sort", "nansum"):
            return getattr(np, name)(a, axis=1)
        if name in ("minimum", "maximum", "fmin", "fmax"):
            return getattr(np, name)(a, a[:, ::-1])
        if name in ("cummax", "cummin"):
            return (np.maximum if name == "cummax" else np.minimum).accumulate(a, axis=1)
        if name == "logcumsumexp":
            return np.logaddexp.accumulate(a, axis=1)
        if name == "median":  # the lower of the two in the middle
            s = np.sort(a, axis=1)
            return np.where(np.isnan(a).any(1), np.nan, s[:, (a.shape[1] - 1) // 2])
        return {"amax": lambda: a.max(1), "amin": lambda: a.min(1), "logsumexp": lambda: np.logaddexp.reduce(a, axis=1), "norm": lambda: np.sqrt((a * a).sum(1)),
                "softmax": lambda: np.exp(a - a.max(1, keepdims=True)) / np.exp(a - a.max(1, keepdims=True)).sum(1, keepdims=True),
                "clamp": lambda: np.clip(a, -0.5, 0.5), "relu": lambda: np.maximum(a, 0)}[name]()

    def ours(x):
        if name in ("minimum", "maximum", "fmin", "fmax"):
            return getattr(ph, name)(x, ph.flip(x, (1,)))
        if name == "clamp":
            return x.clamp(-0.5, 0.5)
        if name == "relu":
            return ph.relu(x)
        if name == "var":
            return ph.var(x, dim=1, correction=0)
        return first(getattr(ph, name)(x, dim=1))

    for n in LENGTHS:
        a = with_value(n, value, dtype)
        with np.errstate(all="ignore"):
            expected = numpys(a)
        got = ours(ph.tensor(a))
        close(got, expected, 1e-4 if dtype == "float32" else 1e-9, 1e-5 if dtype == "float32" else 1e-11)
        scalar = [np.asarray(ours(ph.tensor(a[i : i + 1]))) for i in range(0, n, 7)]  # a row alone
        for i, row in zip(range(0, n, 7), scalar):
            np.testing.assert_array_equal(np.isnan(row[0]), np.isnan(np.asarray(got)[i]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("largest", [True, False])
def test_topk_takes_nan_as_the_largest(dtype, largest):
    for n in LENGTHS:
        a = with_value(n, np.nan, dtype)
        values, places = ph.topk(ph.tensor(a), min(3, n), dim=1, largest=largest)
        ordered = np.sort(a, axis=1)
        expected = ordered[:, ::-1][:, : min(3, n)] if largest else ordered[:, : min(3, n)]
        close(values, expected)
        close(ph.take_along_dim(ph.tensor(a), places, dim=1), expected)


def test_pooling_passes_nan_on():
    for n in LENGTHS:
        a = with_value(n, np.nan, "float32")
        for k in {1, 2, 3, n}:
            if k > n:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(a, k, axis=1)
            close(F.max_pool1d(ph.tensor(a)[:, None], k, stride=1)[:, 0], windows.max(-1))
            close(F.avg_pool1d(ph.tensor(a)[:, None], k, stride=1)[:, 0], windows.mean(-1), 1e-5, 1e-6)


def test_matmul_does_not_read_what_it_writes():
    for n in (1, 3, 16, 67):
        a, b = ph.rand(n, n), ph.rand(n, n)
        spoiled = ph.full((n, n), float("nan"))
        close(ph.addmm(spoiled, a, b, beta=0), a @ b, 1e-5)
        close(ph.baddbmm(spoiled[None], a[None], b[None], beta=0)[0], a @ b, 1e-5)
        close(ph.addmv(spoiled[0], a, b[0], beta=0), a @ b[0], 1e-5)
        del spoiled  # its memory is the next to be used
        assert not bool((a @ b).isnan().any())
    a = ph.tensor([[float("nan"), 1], [0, 1]])
    assert ph.isnan(a @ ph.zeros(2, 2)).tolist() == [[True, True], [False, False]]


# --- kinks ------------------------------------------------------------------------------------------------------------------------

inf, nan = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("f", "at", "value", "gradient"),
    [
        (lambda x: ph.linalg.vector_norm(x), [0.0, 0.0], 0, [0, 0]),
        (lambda x: ph.linalg.vector_norm(x, 3), [0.0, 0.0], 0, [0, 0]),
        (lambda x: ph.linalg.vector_norm(x, 1), [0.0, 0.0], 0, [0, 0]),
        (lambda x: ph.linalg.vector_norm(x, inf), [0.0, 0.0], 0, None),
        (lambda x: ph.linalg.matrix_norm(x[None]), [0.0, 0.0], 0, [0, 0]),
        (lambda x: F.normalize(x, dim=0).sum(), [0.0, 0.0], 0, None),
        (lambda x: F.cosine_similarity(x, x * 0, dim=0), [0.0, 0.0], 0, [0, 0]),
        (lambda x: F.pairwise_distance(x[None], x[None].detach()).sum(), [0.0, 1.0], None, None),
        (lambda x: ph.cdist(x[:, None], x[:, None]).sum(), [1.0, 1.0], 0, [0, 0]),
        (lambda x: x.abs().sum(), [0.0, -0.0], 0, [0, 0]),
        (lambda x: ph.relu(x).sum(), [0.0, -0.0], 0, [0, 0]),
        (lambda x: (x**0).sum(), [0.0, 2.0], 2, [0, 0]),
        (lambda x: (x**1).sum(), [0.0, 2.0], 2, [1, 1]),
        (lambda x: (x**2).sum(), [0.0, 2.0], 4, [0, 4]),
        (lambda x: (x**3).sum(), [0.0, -1.0], -1, [0, 3]),
        (lambda x: ph.pow(0, x).sum(), [1.0, 2.0], 0, [0, 0]),
        (lambda x: x.sqrt().sum(), [0.0, 4.0], 2, [inf, 0.25]),
        (lambda x: ph.hypot(x, x * 0).sum(), [0.0, 3.0], 3, [0, 1]),
        (lambda x: ph.xlogy(x, x).sum(), [0.0, 1.0], 0, None),
        (lambda x: ph.xlogy(x * 0, x).sum(), [0.0, 1.0], 0, None),
        (lambda x: ph.sinc(x).sum(), [0.0, 1.0], 1, [0, -1]),
        (lambda x: ph.logsumexp(x, 0), [-inf, -inf], -inf, [0, 0]),
        (lambda x: ph.logsumexp(x, 0), [-inf, 0.0], 0, [0, 1]),
        (lambda x: ph.logsumexp(x, 0), [inf, 0.0], inf, None),
        (lambda x: ph.logaddexp(x[0], x[1]), [-inf, -inf], -inf, None),
        (lambda x: ph.logaddexp(x[0], x[1]), [-inf, 1.0], 1, [0, 1]),
        (lambda x: ph.softmax(x, 0)[1], [-inf, 0.0], 1, [0, 0]),
        (lambda x: ph.log_softmax(x, 0)[1], [-inf, 0.0], 0, [0, 0]),
        (lambda x: ph.logcumsumexp(x, 0)[1], [-inf, 0.0], 0, [0, 1]),
        (lambda x: ph.prod(x), [0.0, 3.0], 0, [3, 0]),
        (lambda x: ph.cumprod(x, 0).sum(), [0.0, 3.0], 0, [4, 0]),
        (lambda x: ph.std(x, correction=0), [1.0, 1.0], 0, [0, 0]),
        (lambda x: F.huber_loss(x, x * 0, reduction="sum"), [0.0, 1.0], 0.5, [0, 1]),
        (lambda x: F.softplus(x).sum(), [800.0, -800.0], 800, [1, 0]),
        (lambda x: F.logsigmoid(x).sum(), [800.0, -800.0], -800, [0, 1]),
        (lambda x: ph.sigmoid(x).sum(), [800.0, -800.0], 1, [0, 0]),
        (lambda x: ph.tanh(x).sum(), [800.0, -inf], 0, [0, 0]),
        (lambda x: F.binary_cross_entropy_with_logits(x, ph.tensor([1.0, 0.0], dtype=ph.float64), reduction="sum"), [800.0, -800.0], 0, [0, 0]),
        (lambda x: F.binary_cross_entropy(x, ph.tensor([0.0, 1.0], dtype=ph.float64), reduction="sum"), [0.0, 1.0], 0, None),
        (lambda x: F.silu(x).sum(), [800.0, -800.0], 800, [1, 0]),
        (lambda x: F.gelu(x).sum(), [800.0, -800.0], 800, [1, 0]),
        (lambda x: ph.atan2(x[0], x[1]), [0.0, 1.0], 0, [1, 0]),
        (lambda x: ph.var(x, correction=0), [1.0, 1.0], 0, [0, 0]),
        (lambda x: F.kl_div(x * 0, x, reduction="sum"), [0.0, 1.0], 0, None),
        (lambda x: ph.where(x > 0, x, 0.0).sum(), [0.0, 1.0], 1, [0, 1]),
        (lambda x: ph.logit(x).sum() * 0 + x.sum(), [0.5, 0.25], 0.75, [1, 1]),
        (lambda x: ph.special.entr(x).sum(), [0.0, 1.0], 0, [inf, -1]),
    ],
)
def test_kinks(f, at, value, gradient):
    x = ph.tensor(at, dtype=ph.float64, requires_grad=True)
    y = f(x)
    if value is not None:
        assert y.item() == value or abs(y.item() - value) < 1e-12
    (g,) = ph.grad(y, x, create_graph=True)
    assert not bool(g.isnan().any())
    if gradient is not None:
        np.testing.assert_allclose(g.tolist(), gradient, atol=1e-12)


def test_a_dead_branch_of_where_is_multiplied_by_zero():
    """As PyTorch: 0 * inf of the branch that was not taken is NaN. The remedy is a safe argument inside."""
    x = ph.tensor([0.0, 4.0], requires_grad=True)
    (g,) = ph.grad(ph.where(x > 0, x.sqrt(), 0.0).sum(), x)
    assert bool(g[0].isnan()) and g[1] == 0.25
    (g,) = ph.grad(ph.where(x > 0, ph.where(x > 0, x, 1.0).sqrt(), 0.0).sum(), x)
    assert g.tolist() == [0, 0.25]


# --- the accuracy of sums, float32 -----------------------------------------------------------------------------------------------


def test_sums_of_many():
    assert ph.ones(2**28, dtype=ph.uint8).sum().item() == 2**28
    assert ph.ones(1).expand(2**28).sum().item() == 2**28
    assert ph.ones(2**26).sum().item() == 2**26
    close(ph.tensor([0.1]).expand(10**8).sum() / 1e7, 1.0000000149011612, 1e-6)
    assert ph.ones(2 * 10**7, 2).mean(dim=0).tolist() == [1, 1]
    x = ph.empty(10485760, 2).uniform_(250, 320)
    exact = np.asarray(x).mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(x.mean(dim=0).tolist(), exact, rtol=1e-6)
    np.testing.assert_allclose(x.mean(dim=0).tolist(), 285, rtol=1e-3)


def test_variance_far_from_zero():
    x = ph.randn(10**6) + 1e4
    exact = np.asarray(x).astype(np.float64)
    np.testing.assert_allclose(ph.var(x).item(), exact.var(), rtol=1e-4)
    np.testing.assert_allclose(ph.var(x.reshape(1000, 1000), dim=0, correction=1).tolist(), exact.reshape(1000, 1000).var(axis=0, ddof=1), rtol=1e-3)
    np.testing.assert_allclose(ph.std(x.reshape(1000, 1000), dim=1, correction=1).tolist(), exact.reshape(1000, 1000).std(axis=1, ddof=1), rtol=1e-3)


def test_a_view_changed_in_place_by_a_recorded_op_shows_its_history():
    base, p = ph.ones(3, 4), ph.tensor(2.0, requires_grad=True)
    for view in (base.T, base[..., ::2], base[1]):
        view.mul_(p)
        assert view.grad_fn is not None and "grad_fn=<" in repr(view)


def test_what_takes_any_number_of_arguments_takes_them_by_name_too():
    assert ph.broadcast_shapes(shapes=((2, 1), (3,))) == (2, 3)
    for wrong in (None, ph.ones(2), 3.5):
        with pytest.raises((TypeError, ValueError)):
            ph.broadcast_shapes(shapes=wrong)


def test_dirac_of_nothing_ends():
    assert ph.nn.init.dirac_(ph.ones(0, 2, 5), groups=2**31 - 1).shape == (0, 2, 5)
