"""Gradient clipping, and parameters as one vector."""
from __future__ import annotations

from ... import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._core import Tensor

_nn = _core._nn


def _tensors(parameters: Any) -> Any:
    return [parameters] if isinstance(parameters, _core.Tensor) else list(parameters)


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: Any = 2.0, error_if_nonfinite: Any = False, foreach: Any = None) -> Tensor:
    """Scales all gradients together so that their norm is at most max_norm. Returns the norm before."""
    return _core.asarray(_nn._clip_grad_norm_(_tensors(parameters), max_norm, norm_type, error_if_nonfinite))


def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Clamps every element of the gradients to [-clip_value, clip_value]."""
    _nn._clip_grad_value_(_tensors(parameters), clip_value)


def get_total_norm(tensors: Any, norm_type: Any = 2.0, error_if_nonfinite: Any = False, foreach: Any = None) -> Tensor:
    """The norm of all tensors together."""
    norms = _core.stack([_core._linalg.vector_norm(x, ord=norm_type) for x in _tensors(tensors)])
    total = _core._linalg.vector_norm(norms, ord=norm_type)
    if error_if_nonfinite and not _core.isfinite(total):
        raise RuntimeError(f"get_total_norm: the norm is not finite; got norm={total.item()}")
    return total


def parameters_to_vector(parameters: Any) -> Tensor:
    """All parameters, one after the other."""
    return _core.cat([p.reshape(-1) for p in _tensors(parameters)])


def vector_to_parameters(vec: Any, parameters: Any) -> None:
    """Copies a vector's values back into the parameters."""
    parameters = _tensors(parameters)
    total = sum(p.numel() for p in parameters)
    if not isinstance(vec, _core.Tensor) or vec.ndim != 1 or vec.numel() != total:
        raise ValueError(f"vector_to_parameters: vec must be a vector of as many elements as the parameters have ({total}); got {getattr(vec, 'shape', type(vec).__name__)}")
    at = 0
    for p in parameters:
        p.detach().copy_(vec.detach()[at : at + p.numel()].reshape(p.shape))
        at += p.numel()
