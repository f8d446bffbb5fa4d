# Hard cases 3, 4 and 19: gradients of broadcast operands, derivatives of derivatives, and that nothing of them stays behind.
import gc
import itertools
import resource

import numpy as np
import pytest
from conftest import close, error

import playhead as ph

F = ph.nn.functional

SHAPES = [(), (1,), (5,), (1, 5), (4, 1), (4, 5), (3, 1, 5), (0, 5), (1, 0)]


def binary_rows():
    names = {}
    for module, name, signature, *_ in ph._core._registry():
        if module or "out=None" not in signature or not hasattr(ph, name) or getattr(ph, name) in names:
            continue
        try:
            lo, hi, arity, domain = ph._core._row(name)
        except KeyError:
            continue
        if arity == 2 and domain not in "IZ":
            names[getattr(ph, name)] = (name, lo, hi)
    return sorted(names.values())


BINARY = {name: (getattr(ph, name), lo, hi) for name, lo, hi in binary_rows()}
MORE = {
    "where": (lambda a, b: ph.where(a > 0, a, b), -2, 2),
    "div, floor": (lambda a, b: a * ph.div(a.detach(), b, rounding_mode="floor"), 0.5, 2),
    "clip": (lambda a, b: ph.clip(a, b, None), -2, 2),
    "mse_loss": (lambda a, b: F.mse_loss(*ph.broadcast_tensors(a, b), reduction="none"), -2, 2),
    "matmul of columns": (lambda a, b: (a[..., None] * b[..., None]).sum(-1), -2, 2),
}
TERNARY = {
    "lerp": ph.lerp, "addcmul": ph.addcmul, "addcdiv": lambda a, b, c: ph.addcdiv(a, b, c + 3), "clip": lambda a, b, c: ph.clip(a, b - 3, c + 3), "where": lambda a, b, c: ph.where(a > 0, b, c),
    "fused": lambda a, b, c: a * b + c,
}


def broadcast(shapes):
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def check(f, shapes, lo, hi):
    whole = broadcast(shapes)
    rng = np.random.default_rng(2)
    arrays = [rng.uniform(lo, hi, s) for s in shapes]
    xs = [ph.tensor(a, dtype=ph.float64, requires_grad=True) for a in arrays]
    if whole is None:
        with pytest.raises(ValueError):
            f(*xs)
        return
    y = f(*xs)
    assert y.shape == whole
    if not y.requires_grad:  # comparisons
        return
    g = ph.tensor(rng.uniform(-1, 1, whole), dtype=ph.float64)
    try:
        got = ph.grad(y, xs, g, allow_unused=True)
    except RuntimeError as e:
        assert "has no derivative" in str(e)
        return
    # The same on operands of the whole shape, whose gradients are then summed by hand.
    full = [ph.tensor(np.broadcast_to(a, whole).copy(), dtype=ph.float64, requires_grad=True) for a in arrays]
    for x, d, e in zip(xs, got, ph.grad(f(*full), full, g, allow_unused=True)):
        assert (d is None) == (e is None)
        if d is None:
            continue
        assert d.shape == x.shape and d.dtype == x.dtype
        lead = tuple(range(len(whole) - x.ndim))
        expected = np.asarray(e).sum(axis=lead)
        kept = tuple(i for i, n in enumerate(x.shape) if n == 1 and expected.shape[i] != 1)
        close(d, expected.sum(axis=kept, keepdims=True) if kept else expected, 1e-10, 1e-12)


@pytest.mark.parametrize("name", [*BINARY, *MORE])
def test_broadcast_gradients_of_two(name):
    f, lo, hi = BINARY.get(name) or MORE[name]
    for shapes in itertools.product(SHAPES, SHAPES):
        check(f, shapes, lo, hi)


@pytest.mark.parametrize("name", TERNARY)
def test_broadcast_gradients_of_three(name):
    for shapes in itertools.product(SHAPES, SHAPES, SHAPES):
        check(TERNARY[name], shapes, -2, 2)


@pytest.mark.parametrize("name", ["add", "mul", "div", "atan2", "hypot", "logaddexp", "pow"])
def test_gradcheck_of_broadcast_operands(name):
    f, lo, hi = BINARY[name] if name in BINARY else (getattr(ph, name), 0.5, 2)
    rng = np.random.default_rng(2)
    for a, b in itertools.product(SHAPES, SHAPES):
        if broadcast((a, b)) is not None:
            xs = [ph.tensor(rng.uniform(max(lo, 0.2), hi, s), dtype=ph.float64, requires_grad=True) for s in (a, b)]
            assert ph.autograd.gradcheck(f, xs) and ph.autograd.gradgradcheck(f, xs)


def test_mean_over_two_axes():
    x = ph.rand(2, 3, 4, requires_grad=True)
    ph.mean(x, dim=(1, 2)).sum().backward()
    close(x.grad, np.full((2, 3, 4), 1 / 12))


def test_a_wrong_shape_is_an_error():
    class Wrong(ph.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return ph.ones(4, 3)

    x = ph.ones(3, requires_grad=True)
    error(RuntimeError, "Wrong: its backward returned a gradient of the wrong shape; got [4, 3], expected [3]", lambda: Wrong.apply(x).sum().backward())


# --- second order ----------------------------------------------------------------------------------------------------------------


def hessian(f, at):
    x = ph.tensor(at, dtype=ph.float64, requires_grad=True)
    (g,) = ph.grad(f(x), x, create_graph=True)
    return g, np.array([ph.grad(g[i], x, retain_graph=True)[0].tolist() for i in range(len(at))])


def test_hessian_of_a_product_with_zeros():
    g, h = hessian(ph.prod, [2.0, 3.0, 0.0, 0.0])
    assert g.tolist() == [0, 0, 0, 0]
    expected = np.zeros((4, 4))
    expected[2, 3] = expected[3, 2] = 6
    close(h, expected)


def test_gradient_penalty():
    ph.manual_seed(4)
    net = ph.nn.Sequential(ph.nn.Linear(3, 8), ph.nn.Tanh(), ph.nn.Linear(8, 1)).double()
    x = ph.rand(5, 3, dtype=ph.float64)

    def penalty():
        at = x.clone().requires_grad_()
        (g,) = ph.grad(net(at).sum(), at, create_graph=True)
        return ((ph.linalg.vector_norm(g, dim=1) - 1) ** 2).mean()

    penalty().backward()
    w, eps = net[0].weight, 1e-6
    for i, j in ((0, 0), (3, 1), (7, 2)):
        values = []
        for d in (eps, -eps):
            with ph.no_grad():
                w[i, j] += d
            values.append(penalty().item())
            with ph.no_grad():
                w[i, j] -= d
        np.testing.assert_allclose(w.grad[i, j].item(), (values[0] - values[1]) / (2 * eps), rtol=1e-6, atol=1e-9)


def test_residual_of_a_differential_equation():
    """u'' of a network by two passes, and the gradient of its square by a third."""
    ph.manual_seed(5)
    net = ph.nn.Sequential(ph.nn.Linear(1, 6), ph.nn.Tanh(), ph.nn.Linear(6, 1)).double()
    w, eps = net[0].weight, 1e-5

    def residual():
        x = ph.linspace(0, 1, 7, dtype=ph.float64).reshape(7, 1).requires_grad_()
        (du,) = ph.grad(net(x).sum(), x, create_graph=True)
        (ddu,) = ph.grad(du.sum(), x, create_graph=True)
        return ((ddu + net(x)) ** 2).mean()

    residual().backward()
    for i in range(6):
        values = []
        for d in (eps, -eps):
            with ph.no_grad():
                w[i, 0] += d
            values.append(residual().item())
            with ph.no_grad():
                w[i, 0] -= d
        np.testing.assert_allclose(w.grad[i, 0].item(), (values[0] - values[1]) / (2 * eps), rtol=1e-5, atol=1e-9)


class Keeps(ph.autograd.Function):
    """Saves what the tape does not know."""

    @staticmethod
    def forward(ctx, x):
        inside = x.exp()
        ctx.save_for_backward(inside)
        return inside * 1

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


def test_a_saved_intermediate_is_an_error_at_the_second_derivative():
    x = ph.tensor([1.0, 2.0], requires_grad=True)
    (g,) = ph.grad(Keeps.apply(x).sum(), x, create_graph=True)
    close(g, np.exp([1.0, 2.0]), 1e-6)
    error(RuntimeError, "Keeps: cannot be differentiated twice: its backward uses a saved tensor that is neither an input nor an output. Return it from forward as an output, "
          "or compute it again in backward", lambda: ph.grad(g.sum(), x))


# --- leaks --------------------------------------------------------------------------------------------------------------------------


class Saves(ph.autograd.Function):
    """Saves an input, an output and a view, and keeps things on ctx."""

    @staticmethod
    def forward(ctx, x, w):
        y = x * w
        ctx.save_for_backward(x, y, w[:2])
        ctx.extra = [x, w]
        return y, x[1:]

    @staticmethod
    def backward(ctx, g, h):
        x, y, view = ctx.saved_tensors
        if ctx.extra is None:
            raise ValueError("half way")
        return g * view[0] + 0 * y, g * x


def saves(w):
    y, z = Saves.apply(ph.ones(4), w)
    (y.sum() + z.sum()).backward()


def fails(w):
    y, _ = Saves.apply(ph.ones(4, requires_grad=True), w)
    y.register_hook(lambda g: 1 / 0)
    try:
        y.sum().backward()
    except ZeroDivisionError:
        pass


def twice(w):
    (g,) = ph.grad((w**3).sum(), w, create_graph=True)
    (g * g).sum().backward()


def views(w):
    x = w * 1
    x[1].mul_(2)
    x[1:3] = x[:2].detach()
    x.view(2, 2)[0] = 1
    x.sum().backward()


def numpys(w):
    (ph.asarray(np.ones(4, np.float32)) * w).sum().backward()
    np.from_dlpack(w.detach())


def segments(w):
    ph.autograd.checkpoint(lambda v: v.exp(), w).sum().backward()


def anomalies(w):
    with ph.autograd.detect_anomaly():
        try:
            (w * float("nan")).sum().backward()
        except RuntimeError:
            pass


def unused(w):
    """Graphs that are dropped without a pass."""
    y = (w * 2).exp()
    y.register_hook(lambda g: g)
    Saves.apply(y, w)


def memory():
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize(("f", "rounds"), [(saves, 100000), (fails, 10000), (twice, 10000), (views, 10000), (numpys, 10000), (segments, 10000), (anomalies, 300), (unused, 10000)],
                         ids=lambda v: getattr(v, "__name__", ""))
def test_memory_stays_flat(f, rounds):
    def run(n):
        for _ in range(n):
            w = ph.ones(4, requires_grad=True)
            f(w)

    run(rounds // 5)
    before, objects = memory(), len(gc.get_objects())
    run(rounds)
    assert memory() - before < 1 << 20 and len(gc.get_objects()) - objects < 100
