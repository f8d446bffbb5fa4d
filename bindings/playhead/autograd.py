"""Derivatives: grad, backward, functions with a backward of their own, modes."""
from __future__ import annotations

from . import _core
from ._core import is_grad_enabled, is_inference_mode_enabled, to_dot  # noqa: F401

TYPE_CHECKING = False  # as typing's, which would cost an import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from typing_extensions import Self

    from ._core import Tensor

    F = TypeVar("F", bound=Callable[..., Any])


class _Mode:
    """A context manager that is a decorator too."""

    def __call__(self, function: F) -> F:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._again():  # type: ignore[attr-defined]
                return function(*args, **kwargs)

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

    def _again(self) -> Self:
        return type(self)(self._on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        _core._set_grad_enabled(self._before)


class inference_mode(_Mode):
    """Like no_grad, and tensors made inside can never be recorded later."""

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
              atol: float = 1e-6) -> bool:
    """Compares the gradients of function(*inputs) with finite differences; True, or a RuntimeError that shows the first mismatch.
    Inputs are float64 or complex128."""
    return _core._gradcheck(function, inputs, eps, rtol, atol, False)


def gradgradcheck(function: Callable[..., Any], inputs: Tensor | Sequence[Any], *, eps: float = 1e-6, rtol: float = 1e-5,
                  atol: float = 1e-6) -> bool:
    """The same for second derivatives."""
    return _core._gradcheck(function, inputs, eps, rtol, atol, True)


def checkpoint(function: Callable[..., Any], *args: Any) -> Any:
    """function(*args), keeping only the arguments: what its ops would save is computed again in the backward pass."""
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
    differentiated again."""

    def __init__(self, *args: Any) -> None:
        raise TypeError(f"{type(self).__name__}: is not made but applied. Call {type(self).__name__}.apply(...)")

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        raise NotImplementedError("Function: forward is missing")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise NotImplementedError("Function: backward is missing")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """forward(ctx, *args), recorded with this backward."""
        return _core._apply(cls, args)


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
