"""Products with Jacobians and Hessians, and these themselves, of functions of tensors; as in torch.autograd.functional."""
from __future__ import annotations

from .. import _core
from .._core import Tensor
from . import enable_grad, grad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), v @ J), where J is the Jacobian. `v` is shaped like the output; it may be left out if that is one number."""
    with enable_grad():
        xs, ys, shown = _run("vjp", func, inputs, create_graph)
        gs = _derivatives("vjp", ys, xs, _direction("vjp", v, ys, "output"), create_graph, strict)
        return shown(ys), _like(inputs, gs, create_graph)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), J @ v), where J is the Jacobian: the derivative along v, which is shaped like the inputs; it may be left out if
    they are one number."""
    with enable_grad():
        xs, ys, shown = _run("jvp", func, inputs, create_graph)
        v = _direction("jvp", v, xs, "inputs")
        # u @ J is linear in u. Its derivative by u, along v, is J @ v.
        us = [_core.zeros_like(y).requires_grad_() for y in ys]
        products = _derivatives("jvp", ys, xs, us, True, strict)
        return shown(ys), shown(_derivatives("jvp", products, us, v, create_graph, False))


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode") -> Any:
    """The derivative of every element of the output by every element of the inputs, of shape output.shape + input.shape; a tuple where
    the output or the inputs are one (outputs first). One backward pass per element of the output; `vectorize` changes nothing."""
    if strategy != "reverse-mode":
        raise ValueError(f"jacobian: strategy must be 'reverse-mode'; got {strategy!r}")
    with enable_grad():
        xs, ys, shown = _run("jacobian", func, inputs, create_graph)
        whole = []
        for y in ys:
            rows: list[list[Tensor]] = [[] for _ in xs]
            for k in range(y.numel()):
                one = _core.zeros(y.numel(), dtype=y.dtype, device=y.device)
                one[k] = 1
                for row, g in zip(rows, _derivatives("jacobian", [y], xs, [one.reshape(y.shape)], create_graph, strict, True)):
                    row.append(g)
            parts = [_core.stack(row).reshape(y.shape + x.shape) if row else _core.zeros(y.shape + x.shape, dtype=x.dtype, device=x.device)
                     for row, x in zip(rows, xs)]
            whole.append(_like(inputs, parts, create_graph))
        return shown(whole)


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """The second derivatives of a function whose output is one number, of shape input.shape + input.shape; a tuple of tuples where the
    inputs are a tuple."""
    def gradient(*xs: Tensor) -> Any:
        return jacobian(lambda *args: _number("hessian", func(*args)).reshape(()), xs if isinstance(inputs, tuple) else xs[0], True, strict)

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), v @ H), where H is the Hessian of a function whose output is one number. `v` is shaped like the inputs."""
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), H @ v): vhp's, since H is symmetric."""
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(op: str, func: Any, inputs: Any, v: Any, create_graph: bool, strict: bool) -> tuple[Any, Any]:
    with enable_grad():
        xs, ys, shown = _run(op, lambda *args: _number(op, func(*args)), inputs, create_graph)
        v = _direction(op, v, xs, "inputs")
        gs = _derivatives(op, ys, xs, [None], True, strict)
        return shown(ys), _like(inputs, _derivatives(op, gs, xs, v, create_graph, strict), create_graph)


def _run(op: str, func: Any, inputs: Any, create_graph: bool) -> tuple[list[Tensor], list[Tensor], Callable[[Sequence[Any]], Any]]:
    """The inputs as roots of a tape of their own, the outputs, and what gives a result the outputs' form."""
    if not callable(func):
        raise TypeError(f"{op}: func must be callable; got {type(func).__name__}")
    xs = []
    for x in _tensors(op, "inputs", inputs):
        # With create_graph what the inputs were made of is behind the result too.
        xs.append(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_())
    result = func(*xs)
    ys = _tensors(op, "outputs of func", result)
    return xs, ys, lambda values: _like(result, values, create_graph)


def _tensors(op: str, what: str, given: Any) -> list[Tensor]:
    for x in given if isinstance(given, tuple) else (given,):
        if not isinstance(x, Tensor):
            raise TypeError(f"{op}: {what} must be a Tensor or a tuple of Tensors; got {type(x).__name__}")
    return list(given) if isinstance(given, tuple) else [given]


def _number(op: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise TypeError(f"{op}: func must return one Tensor; got {type(y).__name__}")
    if y.numel() != 1:
        raise ValueError(f"{op}: func must return one number; got shape={y.shape}")
    return y


def _direction(op: str, v: Any, like: list[Tensor], what: str) -> list[Tensor]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise ValueError(f"{op}: v must be given unless the {what} is one number" if what == "output" else
                             f"{op}: v must be given unless the {what} are one number")
        return [_core.ones_like(like[0].detach())]
    vs = _tensors(op, "v", v)
    if [x.shape for x in vs] != [x.shape for x in like]:
        raise ValueError(f"{op}: v must have the shapes of the {what}; got {[tuple(x.shape) for x in vs]}, expected {[tuple(x.shape) for x in like]}")
    return vs


def _derivatives(op: str, ys: list[Tensor], xs: list[Tensor], vs: Sequence[Any], create_graph: bool, strict: bool, again: bool = False) -> list[Tensor]:
    """v @ J, with zeros for inputs that no output depends on; with `strict` that is an error."""
    used = [(y, v) for y, v in zip(ys, vs) if y.requires_grad]
    gs: Sequence[Any] = [None] * len(xs)
    if used:
        gs = grad([y for y, _ in used], xs, [v for _, v in used], retain_graph=again or create_graph, create_graph=create_graph, allow_unused=True)
    for i, g in enumerate(gs):
        if strict and g is None:
            raise RuntimeError(f"{op}: the result does not depend on input {i}, and strict=True")
    return [_core.zeros_like(x.detach()) if g is None else g for g, x in zip(gs, xs)]


def _like(given: Any, values: Sequence[Any], create_graph: bool) -> Any:
    """The values as a tuple if `given` is one; without a tape unless it was asked for."""
    kept = tuple(x.detach() if isinstance(x, Tensor) and not create_graph else x for x in values)
    return kept if isinstance(given, tuple) else kept[0]
