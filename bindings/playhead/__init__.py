"""playhead: tensors with tape-based autograd.

The main namespace is that of the Python array API standard 2024.12, and PyTorch's where that has no name."""
from . import _core
from ._core import *  # noqa: F403
from ._info import __array_namespace_info__ as __array_namespace_info__
from ._printing import printoptions as printoptions
from .autograd import (  # noqa: F401
    detect_anomaly as detect_anomaly, enable_grad as enable_grad, grad as grad,
    inference_mode as inference_mode, no_grad as no_grad, set_grad_enabled as set_grad_enabled,
)

__version__ = _core.__version__
__array_api_version__ = "2024.12"

e = 2.718281828459045
pi = 3.141592653589793
inf = float("inf")
nan = float("nan")
newaxis = None

# PyTorch's short names.
float, double, half = _core.float32, _core.float64, _core.float16  # noqa: A001
int, long, short = _core.int32, _core.int64, _core.int16  # noqa: A001
cfloat, cdouble = _core.complex64, _core.complex128
builtins_bool, bool = bool, _core.bool  # noqa: A001

_lazy = ("nn", "optim", "io", "linalg", "fft", "special", "signal", "masked", "autograd")


def __getattr__(name: "str"):  # type: ignore[no-untyped-def]
    if name in _lazy:
        import importlib

        try:
            return importlib.import_module("playhead." + name)
        except ModuleNotFoundError as error:
            if error.name != "playhead." + name:
                raise
    raise AttributeError(f"module 'playhead' has no attribute '{name}'")


def __dir__() -> "list[str]":
    return sorted({*globals(), *_lazy})
