"""Hooks of modules: their handles, the calls around forward, and those that see gradients."""
from __future__ import annotations

from .. import _core
from .._core import Tensor
from ..autograd import Function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class HookHandle:
    """Removes its hook when asked to, or at the end of a with block."""

    _count = 0

    def __init__(self, module: Any, which: Any) -> None:
        HookHandle._count += 1
        self.key, self._module, self._which = HookHandle._count, module, which

    def remove(self) -> None:
        hooks = dict(getattr(self._module, self._which) or {})
        hooks.pop(self.key, None)
        setattr(self._module, self._which, hooks)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


class BackwardHook:
    """A hook of the backward pass. It lies among the forward hooks, so that modules with hooks are found by these alone."""

    def __init__(self, hook: Any, before: bool) -> None:
        self.hook, self.before = hook, before


def call_with_hooks(module: Any, args: Any, kwargs: Any) -> Any:
    name = type(module).__name__
    given = None  # the pre-hook that gave the arguments
    for hook, with_kwargs in tuple((module._forward_pre_hooks or {}).values()):
        result = hook(module, args, kwargs) if with_kwargs else hook(module, args)
        if result is None:
            continue
        if with_kwargs:
            if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[0], tuple) or not isinstance(result[1], dict):
                raise TypeError(f"{name}: a forward pre-hook with kwargs must return None or (args, kwargs); got {type(result).__name__}")
            args, kwargs = result
        else:
            args = result if isinstance(result, tuple) else (result,)
        given = hook
    after = tuple((module._forward_hooks or {}).values())
    watched = _Watched(module, [h for h, _ in after if isinstance(h, BackwardHook)], len(args)) if _core.is_grad_enabled() else None
    if watched and watched.hooks:
        args = watched.enter(args)
    try:
        output = module.forward(*args, **kwargs)
    except Exception as error:
        if given is not None and hasattr(error, "add_note"):
            error.add_note(f"{name}: these arguments are what the forward pre-hook {getattr(given, '__name__', given)!r} returned")
        raise
    if watched and watched.hooks:
        output = watched.leave(output)
    for hook, with_kwargs in after:
        if isinstance(hook, BackwardHook):
            continue
        result = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
        if result is not None:
            output = result
    return output


class _Watch(Function):
    """The identity, whose backward gives `see` the gradients and goes on with what that returns."""

    @staticmethod
    def forward(ctx: Any, see: Any, *xs: Tensor) -> Any:
        ctx.see = see
        return xs

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return None, *ctx.see(gradients)


class _Watched:
    """One call of a module whose gradients are seen by hooks: those of its outputs first, then those of its inputs."""

    def __init__(self, module: Any, hooks: Any, count: int) -> None:
        self.module, self.hooks, self.count = module, hooks, count
        self.at: list[int] = []      # which inputs want a gradient
        self.grad_output: Any = ()   # of the pass that runs

    def enter(self, args: Any) -> Any:
        self.at = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
        return self._watch(args, self.at, self._input) if self.at else args

    def leave(self, output: Any) -> Any:
        items = (output,) if isinstance(output, Tensor) else output
        at = [i for i, y in enumerate(items) if isinstance(y, Tensor) and y.requires_grad] if isinstance(items, (tuple, list)) else []
        if not at:
            return output
        self.outputs = len(items), at
        items = self._watch(items, at, self._output)
        if isinstance(output, Tensor):
            return items[0]
        return output._make(items) if hasattr(output, "_make") else type(output)(items)

    def _watch(self, items: Any, at: Any, see: Any) -> Any:
        items = list(items)
        for i, x in zip(at, _Watch.apply(see, *(items[i] for i in at))):
            items[i] = x
        return tuple(items)

    def _output(self, gradients: Any) -> Any:
        size, at = self.outputs
        grad_output: Any = self._spread(gradients, at, size)
        for h in self.hooks:
            if h.before:
                grad_output = self._taken(h.hook(self.module, grad_output), grad_output)
        if self.at:
            self.grad_output = grad_output
        else:
            self._call((None,) * self.count, grad_output)
        return [grad_output[i] for i in at]

    def _input(self, gradients: Any) -> Any:
        grad_input = self._call(self._spread(gradients, self.at, self.count), self.grad_output)
        self.grad_output = ()
        return [grad_input[i] for i in self.at]

    def _call(self, grad_input: Any, grad_output: Any) -> Any:
        for h in self.hooks:
            if not h.before:
                grad_input = self._taken(h.hook(self.module, grad_input, grad_output), grad_input)
        return grad_input

    def _taken(self, result: Any, gradients: Any) -> Any:
        """What a hook gave instead of the gradients, if anything."""
        if result is None:
            return gradients
        result = (result,) if isinstance(result, Tensor) else result
        if not isinstance(result, tuple) or len(result) != len(gradients):
            got = f"{len(result)} of {len(gradients)}" if isinstance(result, tuple) else type(result).__name__
            raise TypeError(f"{type(self.module).__name__}: a backward hook must return None or as many gradients as it was given; got {got}")
        return result

    @staticmethod
    def _spread(gradients: Any, at: Any, size: int) -> Any:
        whole = [None] * size
        for i, g in zip(at, gradients):
            whole[i] = g
        return tuple(whole)
