# playhead.autograd beyond grad and backward: modes as decorators, checks, functions of one's own, products with Jacobians and Hessians, backward hooks.
import copy
import pickle
import sys

import numpy as np
import pytest
from conftest import close, error

import playhead as ph
from playhead import nn

A = ph.autograd
F = A.functional


def leaf(*shape, seed=0):
    return ph.tensor(np.random.default_rng(seed).uniform(0.5, 1.5, shape), dtype=ph.float64, requires_grad=True)


# --- modes -----------------------------------------------------------------------------------------------------------------------
def state():
    return ph.is_grad_enabled(), ph.is_inference_mode_enabled()


@pytest.mark.parametrize("mode, inside", [(lambda: ph.no_grad(), (False, False)), (lambda: ph.no_grad, (False, False)), (lambda: ph.set_grad_enabled(False), (False, False)),
                                          (lambda: ph.inference_mode(), (False, True)), (lambda: ph.inference_mode, (False, True))])
def test_generators_run_in_the_mode(mode, inside):
    @mode()
    def generate(n):
        got = []
        for i in range(n):
            assert state() == inside
            try:
                got.append((yield i))
            except KeyError:
                assert state() == inside
                got.append("thrown")
        return got

    assert generate.__name__ == "generate"
    g = generate(3)
    assert state() == (True, False)
    assert next(g) == 0 and state() == (True, False)
    assert g.send("a") == 1 and state() == (True, False)
    assert g.throw(KeyError()) == 2 and state() == (True, False)
    with pytest.raises(StopIteration) as end:
        g.send("b")
    assert end.value.value == ["a", "thrown", "b"] and state() == (True, False)


def test_a_generator_is_closed_and_fails_in_the_mode():
    seen = []

    @ph.no_grad()
    def generate():
        try:
            yield 1
        finally:
            seen.append(state())

    g = generate()
    next(g)
    g.close()
    assert seen == [(False, False)] and state() == (True, False)

    @ph.no_grad()
    def fails():
        yield 1
        raise LookupError("mine")

    with pytest.raises(LookupError, match="^mine$"):
        list(fails())
    assert state() == (True, False)
    with ph.no_grad():
        assert list(ph.enable_grad()(lambda: (yield state()))()) == [(True, False)] and state() == (False, False)


def test_a_decorator_changes_the_function_alone():
    @ph.set_grad_enabled(False)
    def f():
        return state()

    assert state() == (True, False) and f() == (False, False) and state() == (True, False)


# --- checks ----------------------------------------------------------------------------------------------------------------------
class Wrong(A.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x

    @staticmethod
    def backward(ctx, g):
        return g


def test_gradcheck_of_mixed_inputs():
    x = leaf(3)
    for check in (A.gradcheck, A.gradgradcheck):
        assert check(lambda x, p, name=None: x**p, (x, 2.0)) and check(lambda n, x, text: x * n, (3, x, "text")) and check(ph.sin, x)
    assert A.gradcheck(Wrong.apply, (x,), raise_exception=False) is False
    with pytest.raises(RuntimeError, match="^gradcheck: the gradient differs from finite differences"):
        A.gradcheck(Wrong.apply, (x,))

    def fails(x):
        raise RuntimeError("mine")

    error(RuntimeError, "mine", lambda: A.gradcheck(fails, (x,), raise_exception=False))
    error(ValueError, "gradcheck: needs an input that requires a gradient", lambda: A.gradcheck(ph.sin, (2.0,)))


def test_checkpoint_takes_what_pytorch_does():
    x = leaf(3)
    for reentrant in (True, False, None):
        g, = ph.grad(A.checkpoint(lambda x, n=1: (x * n).exp(), x, n=2, use_reentrant=reentrant).sum(), x)
        close(g, 2 * np.exp(2 * x.detach().numpy()))
    error(TypeError, "checkpoint: function must be callable; got int", lambda: A.checkpoint(3, x, n=2))


# --- functions of one's own --------------------------------------------------------------------------------------------------------
class Split(A.Function):
    @staticmethod
    def forward(x, n):
        return x**n, x * 2

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.n = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        assert len(output) == 2

    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1) + h * 2, None


def test_forward_and_setup_context():
    x = leaf(3)
    assert A.gradcheck(Split.apply, (x, 3)) and A.gradgradcheck(Split.apply, (x, 3))
    y, z = Split.apply(x, 3)
    assert y.grad_fn is not None and "Split" in str(y.grad_fn)
    close(ph.grad(z.sum(), x)[0], [2, 2, 2])  # nothing arrived for y: zeros


# --- functional --------------------------------------------------------------------------------------------------------------------
def f(x, y):
    return (x @ y).sin(), (x * x).sum(0)


def differences(f, xs, i, eps=1e-6):
    """d f / d xs[i], output.shape + input.shape."""
    base = xs[i].detach().numpy()
    out = []
    for at in np.ndindex(base.shape):
        ends = []
        for step in (eps, -eps):
            moved = base.copy()
            moved[at] += step
            ends.append(f(*[ph.asarray(moved) if j == i else x.detach() for j, x in enumerate(xs)]).detach().numpy())
        out.append((ends[0] - ends[1]) / (2 * eps))
    return np.stack(out, -1).reshape(out[0].shape + base.shape)


X, Y = leaf(3, 2), leaf(2, seed=1)


def test_jacobian():
    J = F.jacobian(f, (X, Y))
    assert type(J) is tuple and [[tuple(p.shape) for p in row] for row in J] == [[(3, 3, 2), (3, 2)], [(2, 3, 2), (2, 2)]]
    for o in range(2):
        for i in range(2):
            close(J[o][i], differences(lambda *a: f(*a)[o], (X, Y), i), rtol=1e-6, atol=1e-8)
            assert not J[o][i].requires_grad
    one = F.jacobian(ph.exp, Y)
    assert type(one) is ph.Tensor
    close(one, np.diag(np.exp(Y.detach().numpy())))
    assert [tuple(p.shape) for p in F.jacobian(lambda x, y: x @ y, (X, Y))] == [(3, 3, 2), (3, 2)]
    assert [tuple(p.shape) for p in F.jacobian(lambda y: (y, y.sum()), Y)] == [(2, 2), (2,)]
    assert F.jacobian(lambda y: y[:0], Y).shape == (0, 2)
    close(F.jacobian(lambda y: ph.ones(3), Y), np.zeros((3, 2)))
    assert X.grad is None and Y.grad is None
    with ph.no_grad():
        close(F.jacobian(ph.exp, Y), one)


def test_products():
    u, v = (ph.asarray([1.0, -2.0, 0.5]).double(), ph.asarray([3.0, 1.0]).double()), (leaf(3, 2, seed=3).detach(), leaf(2, seed=4).detach())
    J = F.jacobian(f, (X, Y))
    outputs, products = F.vjp(f, (X, Y), u)
    for i in range(2):
        close(products[i], sum(np.tensordot(u[o].numpy(), J[o][i].numpy(), 1) for o in range(2)))
    for got, expected in zip(outputs, f(X, Y)):
        close(got, expected)
        assert not got.requires_grad
    outputs, products = F.jvp(f, (X, Y), v)
    assert type(products) is tuple and len(outputs) == 2
    for o in range(2):
        close(products[o], sum(np.tensordot(J[o][i].numpy(), v[i].numpy(), v[i].ndim) for i in range(2)))
    y, g = F.vjp(lambda y: (y * y).sum(), Y)  # one number: v may be left out
    assert type(y) is ph.Tensor
    close(g, 2 * Y)
    close(F.jvp(lambda t: t * Y.detach(), ph.tensor(2.0, dtype=ph.float64))[1], Y)
    close(F.jvp(lambda t: t * 2, Y, ph.ones(2, dtype=ph.float64))[1], [2, 2])  # linear in the input


def g(x, y):
    return ((x @ y) ** 3).sum() + (x * x * x).sum()


def test_hessian():
    H = F.hessian(g, (X, Y))
    assert [[tuple(p.shape) for p in row] for row in H] == [[(3, 2, 3, 2), (3, 2, 2)], [(2, 3, 2), (2, 2)]]
    for o in range(2):
        for i in range(2):
            close(H[o][i], differences(lambda *a: F.jacobian(g, a)[o], (X, Y), i), rtol=1e-6, atol=1e-7)
    one = F.hessian(lambda y: (y**3).sum(), Y)
    close(one, np.diag(6 * Y.detach().numpy()))
    close(F.hessian(lambda y: y.sum(), Y), np.zeros((2, 2)))
    v = (leaf(3, 2, seed=3).detach(), leaf(2, seed=4).detach())
    for product in (F.vhp, F.hvp):
        value, got = product(g, (X, Y), v)
        close(value, g(X, Y))
        for i in range(2):
            close(got[i], sum(np.tensordot(v[o].numpy(), H[o][i].numpy(), v[o].ndim) for o in range(2)))
    assert type(F.hvp(lambda y: (y**3).sum(), Y, Y.detach())[1]) is ph.Tensor
    assert F.hvp(lambda y: (y**3).sum().reshape(1), Y, Y.detach())[0].shape == (1,)  # as it was


def test_results_that_are_differentiated_again():
    close(ph.grad(F.jacobian(ph.exp, Y, create_graph=True).sum(), Y)[0], np.exp(Y.detach().numpy()))
    close(ph.grad(F.hessian(lambda y: (y**3).sum(), Y, create_graph=True).sum(), Y)[0], [6, 6])
    one = ph.ones(2, dtype=ph.float64)
    for product in (F.vjp, F.jvp):
        outputs, got = product(lambda y: y**3, Y, one, create_graph=True)
        close(ph.grad(got.sum(), Y)[0], 6 * Y)
        assert outputs.requires_grad
    for product in (F.vhp, F.hvp):
        close(ph.grad(product(lambda y: (y**3).sum(), Y, one, create_graph=True)[1].sum(), Y)[0], [6, 6])


@pytest.mark.parametrize("kind, message, call", [
    (TypeError, "jacobian: func must be callable; got int", lambda: F.jacobian(3, Y)),
    (TypeError, "jacobian: inputs must be a Tensor or a tuple of Tensors; got list", lambda: F.jacobian(ph.exp, [1.0])),
    (TypeError, "vjp: outputs of func must be a Tensor or a tuple of Tensors; got NoneType", lambda: F.vjp(lambda y: None, Y)),
    (ValueError, "vjp: v must be given unless the output is one number", lambda: F.vjp(ph.exp, Y)),
    (ValueError, "jvp: v must be given unless the inputs are one number", lambda: F.jvp(ph.exp, Y)),
    (ValueError, "hvp: v must have the shapes of the inputs; got [(3,)], expected [(2,)]", lambda: F.hvp(ph.sum, Y, ph.ones(3))),
    (ValueError, "hessian: func must return one number; got shape=(2,)", lambda: F.hessian(ph.exp, Y)),
    (RuntimeError, "jacobian: the result does not depend on input 1, and strict=True", lambda: F.jacobian(lambda x, y: x, (Y, Y), strict=True)),
    (ValueError, "jacobian: strategy must be 'reverse-mode'; got 'forward-mode'", lambda: F.jacobian(ph.exp, Y, strategy="forward-mode")),
], ids=str)
def test_wrong_calls(kind, message, call):
    error(kind, message, call)


# --- hooks of modules ----------------------------------------------------------------------------------------------------------------
def test_full_backward_hooks():
    layer, x = nn.Linear(3, 2), ph.ones(4, 3, requires_grad=True)
    seen = []
    after = layer.register_full_backward_hook(lambda m, gi, go: seen.append((m, gi, go)))
    before = layer.register_full_backward_pre_hook(lambda m, go: seen.append((m, go)))
    y = layer(x)
    y.sum().backward()
    (m, go), (n, gi, go_again) = seen
    assert m is layer and n is layer and len(gi) == 1 and len(go) == 1 and go_again is go
    close(go[0], np.ones((4, 2)))
    close(gi[0], x.grad)
    close(layer.bias.grad, [4, 4])
    seen.clear()
    layer(x.detach()).sum().backward()  # no input wants a gradient
    assert [len(s) for s in seen] == [2, 3] and seen[1][1] == (None,)
    with ph.no_grad():
        layer(x)
    after.remove()
    before.remove()
    seen.clear()
    layer(x).sum().backward()
    assert not seen


def double(module, grad_input, grad_output):
    return tuple(g * 2 for g in grad_input)


def test_backward_hooks_change_gradients():
    layer, x = nn.Tanh(), leaf(3)
    plain, = ph.grad(layer(x).sum(), x)
    layer.register_full_backward_hook(double)
    layer.register_full_backward_pre_hook(lambda m, go: (go[0] * 3,), prepend=True)
    close(ph.grad(layer(x).sum(), x)[0], 6 * plain)
    first, = ph.grad(layer(x).sum(), x, create_graph=True)
    # Second derivatives reach the input through the module again, and so its hook.
    close(ph.grad(first.sum(), x)[0], 12 * np.asarray(F.hessian(lambda x: x.tanh().sum(), x)).sum(0))
    twin = nn.Tanh()
    twin.register_full_backward_hook(double)
    for other in (copy.deepcopy(twin), pickle.loads(pickle.dumps(twin))):
        close(ph.grad(other(x).sum(), x)[0], 2 * plain)
    wrong = nn.Tanh()
    wrong.register_full_backward_hook(lambda m, gi, go: 5)
    error(TypeError, "Tanh: a backward hook must return None or as many gradients as it was given; got int", lambda: wrong(x).sum().backward())
    error(TypeError, "Tanh: a hook must be callable; got int", lambda: wrong.register_full_backward_hook(5))


def test_backward_hooks_of_several_tensors():
    class Two(nn.Module):
        def forward(self, a, n, b):
            return [a * n, n, a + b]

    two, a, b = Two(), leaf(2), leaf(2, seed=1).detach()
    sizes = []
    two.register_full_backward_hook(lambda m, gi, go: sizes.append(([g is not None for g in gi], [g is not None for g in go])))
    out = two(a, 3, b)
    assert type(out) is list and out[1] == 3
    (out[0] + out[2]).sum().backward()
    assert sizes == [([True, False, False], [True, False, True])]
    close(a.grad, [4, 4])


def test_pre_hooks_are_named():
    layer = nn.Linear(3, 2)

    def five(module, args):
        return 5

    handle = layer.register_forward_pre_hook(five)
    with pytest.raises(TypeError, match="^Linear: input must be a Tensor; got int. Convert it: ph.asarray") as caught:
        layer(ph.ones(1, 3))
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == ["Linear: these arguments are what the forward pre-hook 'five' returned"]
    handle.remove()
    layer.register_forward_pre_hook(lambda m, args, kwargs: 5, with_kwargs=True)
    error(TypeError, "Linear: a forward pre-hook with kwargs must return None or (args, kwargs); got int", lambda: layer(ph.ones(1, 3)))
