"""Derivatives: grad, backward, functions with a backward of their own, modes."""
from . import _core
from ._core import is_grad_enabled, is_inference_mode_enabled, to_dot  # noqa: F401


class _Mode:
    """A context manager that is a decorator too."""

    def __call__(self, function):
        def wrapped(*args, **kwargs):
            with self._again():
                return function(*args, **kwargs)

        wrapped.__name__, wrapped.__doc__ = getattr(function, "__name__", "wrapped"), function.__doc__
        wrapped.__wrapped__ = function
        return wrapped

    def _again(self):
        return type(self)()


class no_grad(_Mode):
    """Records nothing inside: `with ph.no_grad(): ...`, or as a decorator."""

    _on = False

    def __enter__(self):
        self._before = _core._set_grad_enabled(self._on)
        return self

    def __exit__(self, *error):
        _core._set_grad_enabled(self._before)


class enable_grad(no_grad):
    """Records again inside a no_grad."""

    _on = True


class set_grad_enabled(_Mode):
    """Records or not, at once; as a context manager, until it ends."""

    def __init__(self, mode):
        self._on = bool(mode)
        self._before = _core._set_grad_enabled(self._on)

    def _again(self):
        return type(self)(self._on)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        _core._set_grad_enabled(self._before)


class inference_mode(_Mode):
    """Like no_grad, and tensors made inside can never be recorded later."""

    def __init__(self, mode=True):
        self._mode = bool(mode)

    def _again(self):
        return type(self)(self._mode)

    def __enter__(self):
        if self._mode:
            _core._enter_inference()
        return self

    def __exit__(self, *error):
        if self._mode:
            _core._leave_inference()


class detect_anomaly(_Mode):
    """Names the forward op, and the line it was called from, behind the first NaN of a backward pass. Slow; for debugging."""

    def __enter__(self):
        self._before = _core._set_anomaly_enabled(True)
        return self

    def __exit__(self, *error):
        _core._set_anomaly_enabled(self._before)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=False):
    """d(sum of outputs * grad_outputs) / d(inputs) as a tuple, leaving every leaf's gradient alone. Unused inputs are an error,
    or None with `allow_unused`."""
    return _core._grad(outputs, inputs, grad_outputs, bool(retain_graph), bool(create_graph), bool(allow_unused))


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False):
    """Adds the gradients of all leaves behind `tensors` to their `grad`."""
    _core._backward(tensors, grad_tensors, bool(retain_graph), bool(create_graph))


def gradcheck(function, inputs, *, eps=1e-6, rtol=1e-5, atol=1e-6):
    """Compares the gradients of function(*inputs) with finite differences; True, or a RuntimeError that shows the first mismatch.
    Inputs are float64 or complex128."""
    return _core._gradcheck(function, inputs, eps, rtol, atol, False)


def gradgradcheck(function, inputs, *, eps=1e-6, rtol=1e-5, atol=1e-6):
    """The same for second derivatives."""
    return _core._gradcheck(function, inputs, eps, rtol, atol, True)


def checkpoint(function, *args):
    """function(*args), keeping only the arguments: what its ops would save is computed again in the backward pass."""
    return _core._checkpoint(function, args)


class FunctionCtx:
    """What a Function keeps from forward to backward; any attribute may be set."""

    def __init__(self):
        self._to_save = ()
        self._constant = ()
        self.saved_tensors = None
        self.needs_input_grad = ()

    def save_for_backward(self, *tensors):
        """Tensors that backward finds in `saved_tensors`: inputs or outputs. Others work for a first derivative only."""
        self._to_save = tensors

    def mark_non_differentiable(self, *tensors):
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

    @staticmethod
    def forward(ctx, *args):
        raise NotImplementedError("Function: forward is missing")

    @staticmethod
    def backward(ctx, *gradients):
        raise NotImplementedError("Function: backward is missing")

    @classmethod
    def apply(cls, *args):
        return _core._apply(cls, args)


class RemovableHandle:
    """Removes its hook when asked to, or at the end of a with block."""

    def __init__(self, handle):
        self._handle = handle

    def remove(self):
        _core._remove_hook(self._handle)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()
