"""NumPy's ufuncs on tensors. What has a name here is computed here, gradients included: np.sin(x), ndarray + x. The rest, and all that writes
to a given array (a += x), is NumPy's, on the tensors' memory."""
from __future__ import annotations

import numpy as np

from . import _core
from ._core import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_renamed = {"power": "pow", "left_shift": "bitwise_left_shift", "right_shift": "bitwise_right_shift", "invert": "bitwise_not", "absolute": "abs"}


def ufunc(f: Any, method: str, /, *inputs: Any, **options: Any) -> Any:
    """What f.method(*inputs, **options) gives."""
    ours = getattr(_core, _renamed.get(f.__name__, f.__name__), None)
    if ours is not None and method == "__call__" and not options and f.nout == 1:
        # NumPy's numbers that are Python's too are as weak as those.
        arrays = (np.ndarray, np.generic, list, tuple)
        return ours(*(_core.asarray(x) if isinstance(x, arrays) and not isinstance(x, (float, complex)) else x for x in inputs))
    if any(isinstance(x, Tensor) for x in options.get("out", ())):
        raise TypeError(f"{f.__name__}: out must be an array of NumPy; got Tensor. Use playhead's own op")
    return getattr(f, method)(*map(_of_numpy, inputs), **{k: _of_numpy(v) for k, v in options.items()})


def _of_numpy(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, Tensor) else x
