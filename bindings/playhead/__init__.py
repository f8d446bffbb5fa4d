"""playhead: tensors with tape-based autograd.

The main namespace is that of the Python array API standard 2024.12, and PyTorch's where that has no name."""
from math import e as e, inf as inf, nan as nan, pi as pi

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

newaxis = None

# PyTorch's short names.
double, half, long, short = _core.float64, _core.float16, _core.int64, _core.int16
float, int = _core.float32, _core.int32  # noqa: A001
cfloat, cdouble = _core.complex64, _core.complex128
bool = _core.bool  # noqa: A001

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when first used
    from . import autograd as autograd, cuda as cuda, fft as fft, io as io, linalg as linalg, masked as masked, nn as nn
    from . import optim as optim, signal as signal, special as special
    from .io import load as load, save as save
_lazy = ("nn", "optim", "io", "linalg", "fft", "special", "signal", "masked", "autograd", "cuda")


def _imported(name: "str") -> "object":
    if name in _lazy:
        import importlib

        try:
            return importlib.import_module("playhead." + name)
        except ModuleNotFoundError as error:
            if error.name != "playhead." + name:
                raise
    if name in ("save", "load"):
        from . import io

        return getattr(io, name)
    raise AttributeError(f"module 'playhead' has no attribute '{name}'")


if not TYPE_CHECKING:
    __getattr__ = _imported


def __dir__() -> "list[str]":
    return sorted({name for name in globals() if name[0] != "_" or name[:2] == "__"} - {"TYPE_CHECKING"} | {*_lazy, "load", "save"})
