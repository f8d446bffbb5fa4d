"""Derivatives: grad, backward, functions with a backward of their own, modes."""
from __future__ import annotations

from .. import _core
from .._core import is_grad_enabled, is_inference_mode_enabled, to_dot  # noqa: F401

TYPE_CHECKING = False  # as typing's, which would cost an import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from typing_extensions import Self

    from .._core import Tensor

    from . import functional as functional

    F = TypeVar("F", bound=Callable[..., Any])


class _Mode:
    """A context manager that is a decorator too. A generator runs in it from yield to yield; its caller does not."""

    def __call__(self, function: F) -> F:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._again():  # type: ignore[attr-defined]
                return function(*args, **kwargs)

        def generate(*args: Any, **kwargs: Any) -> Any:
            generator: Any = function(*args, **kwargs)
            resume, value = generator.send, None
            while True:
                try:
                    with self._again():  # type: ignore[attr-defined]
                        item = resume(value)
                except StopIteration as end:
                    return end.value
                try:
                    resume, value = generator.send, (yield item)
                except GeneratorExit:
                    with self._again():  # type: ignore[attr-defined]
                        generator.close()
                    raise
                except BaseException as error:
                    resume, value = generator.throw, error

        is_generator = getattr(getattr(function, "__code__", None), "co_flags", 0) & 0x20  # inspect's, which would cost an import
        wrapped = generate if is_generator else call

        wrapped.__name__, wrapped.__doc__ = getattr(function, "__name__", "wrapped"), function.__doc__
        wrapped.__wrapped__ = function  # type: ignore[attr-defined]
        return wrapped  # type: ignore[return-value]

    def _again(self) -> Self:
        return type(self)()


class no_grad(_Mode):
    """Records nothing inside: `with ph.no_grad(): ...`, or as a decorator."""

    _on = False

    def __new__(cls, function: Any = None) -> Self:
        mode = super().__new__(cls)
        if function is not None and not callable(function):
            raise TypeError(f"{cls.__name__}: takes no argument; got {type(function).__name__}. Use set_grad_enabled(mode)")
        return mode if function is None else mode(function)  # @no_grad without parentheses

    def __enter__(self) -> Self:
        self._before = _core._set_grad_enabled(self._on)
        return self

    def __exit__(self, *error: object) -> None:
        _core._set_grad_enabled(self._before)


class enable_grad(no_grad):
    """Records again inside a no_grad."""

    _on = True


class set_grad_enabled(_Mode):
    """Records or not, at once; as a context manager, until it ends."""

    def __init__(self, mode: bool):
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled: mode must be a bool; got {type(mode).__name__}")
        self._on = mode
        self._before = _core._set_grad_enabled(self._on)

    def __call__(self, function: F) -> F:
        _core._set_grad_enabled(self._before)  # a decorator's mode is the function's alone
        return super().__call__(function)

    def _again(self) -> Self:
        return type(self)(self._on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        _core._set_grad_enabled(self._before)


class inference_mode(_Mode):
    """Like no_grad, and tensors made inside can never be recorded later."""

    def __new__(cls, mode: Any = True) -> Self:
        return cls()(mode) if callable(mode) else super().__new__(cls)  # @inference_mode without parentheses

    def __init__(self, mode: bool = True):
        self._mode = bool(mode)

    def _again(self) -> Self:
        return type(self)(self._mode)

    def __enter__(self) -> Self:
        if self._mode:
            _core._enter_inference()
        return self

    def __exit__(self, *error: object) -> None:
        if self._mode:
            _core._leave_inference()


class detect_anomaly(_Mode):
    """Makes the error of a failing backward pass show the lines that the op was called from in the forward one. A gradient that is NaN is
    an error too, if `check_nan`. Slow; for debugging."""

    def __init__(self, check_nan: bool = True):
        self._check_nan = bool(check_nan)

    def _again(self) -> Self:
        return type(self)(self._check_nan)

    def __enter__(self) -> Self:
        self._before = _core._set_anomaly(True, self._check_nan)
        return self

    def __exit__(self, *error: object) -> None:
        _core._set_anomaly(*self._before)


class set_detect_anomaly(_Mode):
    """detect_anomaly on or off, at once; as a context manager, until it ends."""

    def __init__(self, mode: bool, check_nan: bool = True):
        self._mode = bool(mode), bool(check_nan)
        self._before = _core._set_anomaly(*self._mode)

    def _again(self) -> Self:
        return type(self)(*self._mode)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        _core._set_anomaly(*self._before)


def _call_site() -> str:
    """The stack of this thread's Python, as a traceback has it, for anomaly mode."""
    import sys
    import traceback

    frame = sys._getframe().f_back
    while frame and frame.f_back and frame.f_globals.get("__name__", "").startswith("playhead."):
        frame = frame.f_back  # the last line is the user's own
    return "\n" + "".join(traceback.format_stack(frame)).rstrip() if frame else ""


def grad(outputs: Tensor | Sequence[Tensor], inputs: Tensor | Sequence[Tensor], grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
         retain_graph: bool | None = None, create_graph: bool = False, allow_unused: bool = False,
         materialize_grads: bool = False) -> tuple[Tensor, ...]:
    """d(sum of outputs * grad_outputs) / d(inputs) as a tuple, leaving every leaf's gradient alone. Unused inputs are an error,
    None with `allow_unused`, or zeros with `materialize_grads`."""
    inputs = (inputs,) if isinstance(inputs, _core.Tensor) else tuple(inputs) if hasattr(inputs, "__iter__") else inputs
    gradients = _core._grad(outputs, inputs, grad_outputs, bool(retain_graph), bool(create_graph), bool(allow_unused or materialize_grads))
    if materialize_grads:
        return tuple(_core.zeros_like(x) if g is None else g for g, x in zip(gradients, inputs))
    return gradients  # type: ignore[no-any-return]


def backward(tensors: Tensor | Sequence[Tensor], grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
             retain_graph: bool | None = None, create_graph: bool = False) -> None:
    """Adds the gradients of all leaves behind `tensors` to their `grad`."""
    _core._backward(tensors, grad_tensors, bool(retain_graph), bool(create_graph))


def gradcheck(function: Callable[..., Any], inputs: Tensor | Sequence[Any], *, eps: float = 1e-6, rtol: float = 1e-5,
              atol: float = 1e-6, raise_exception: bool = True) -> bool:
    """Compares the gradients of function(*inputs) with finite differences; True, or a RuntimeError that shows the first mismatch (False
    without `raise_exception`). Inputs that require a gradient are float64 or complex128; others are only passed on."""
    return _checked(function, inputs, (eps, rtol, atol, False), raise_exception)


def gradgradcheck(function: Callable[..., Any], inputs: Tensor | Sequence[Any], *, eps: float = 1e-6, rtol: float = 1e-5,
                  atol: float = 1e-6, raise_exception: bool = True) -> bool:
    """The same for second derivatives."""
    return _checked(function, inputs, (eps, rtol, atol, True), raise_exception)


def _checked(function: Any, inputs: Any, options: Any, raise_exception: bool) -> bool:
    whole = [inputs] if isinstance(inputs, _core.Tensor) or not hasattr(inputs, "__iter__") else list(inputs)
    at = [i for i, x in enumerate(whole) if isinstance(x, _core.Tensor)]

    def of_tensors(*tensors: Tensor) -> Any:
        args = list(whole)
        for i, x in zip(at, tensors):
            args[i] = x
        return function(*args)

    try:
        return _core._gradcheck(of_tensors if callable(function) else function, [whole[i] for i in at], *options)
    except RuntimeError as error:
        if raise_exception or not str(error).startswith(("gradcheck: the gradient", "gradgradcheck: the gradient")):
            raise
        return False


def checkpoint(function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None, **kwargs: Any) -> Any:
    """function(*args, **kwargs), keeping only the arguments: what its ops would save is computed again in the backward pass, with the
    random numbers of the first time. `use_reentrant` is accepted and changes nothing: there is one way, which gives the function's
    parameters their gradients and works with grad, as PyTorch's use_reentrant=False."""
    if kwargs and callable(function):
        plain = function

        def function(*args: Any) -> Any:
            return plain(*args, **kwargs)

    return _core._checkpoint(function, args)


class FunctionCtx:
    """What a Function keeps from forward to backward; any attribute may be set."""

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]

    def __init__(self) -> None:
        self._to_save: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()
        self.saved_tensors = None  # type: ignore[assignment]
        self.needs_input_grad = ()

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Tensors that backward finds in `saved_tensors`: inputs or outputs. Others work for a first derivative only."""
        self._to_save = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Outputs that carry no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Accepted, and changes nothing: backward finds zeros where no gradient arrived, never None."""


class Function:
    """An op with a derivative of your own:

    class Cube(ph.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * g * x**2

    y = Cube.apply(x)

    backward gets one gradient per output and returns one per argument of forward, None where there is none; written in ops, it can be
    differentiated again. With a setup_context(ctx, inputs, output), forward takes no ctx."""

    def __init__(self, *args: Any) -> None:
        raise TypeError(f"{type(self).__name__}: is not made but applied. Call {type(self).__name__}.apply(...)")

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        raise NotImplementedError("Function: forward is missing")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        raise NotImplementedError("Function: setup_context is missing")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise NotImplementedError("Function: backward is missing")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """forward(ctx, *args), recorded with this backward."""
        return _core._apply(cls if cls.setup_context is Function.setup_context else _Joined(cls), args)


class _Joined:
    """A Function with a setup_context as one without."""

    def __init__(self, function: type[Function]) -> None:
        self.__name__, self._function, self.backward = function.__name__, function, function.backward

    def forward(self, ctx: Any, *args: Any) -> Any:
        output = self._function.forward(*args)
        self._function.setup_context(ctx, args, output)
        return output


class RemovableHandle:
    """Removes its hook when asked to, or at the end of a with block."""

    def __init__(self, handle: Any):
        self._handle = handle

    def remove(self) -> None:
        _core._remove_hook(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def __getattr__(name: str) -> Any:
    if name == "functional":
        import importlib

        return importlib.import_module("playhead.autograd.functional")
    raise AttributeError(f"module 'playhead.autograd' has no attribute '{name}'")
