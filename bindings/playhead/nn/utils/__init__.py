"""Gradient clipping, and parameters as one vector."""
from __future__ import annotations

from ... import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..._core import Tensor

_nn = _core._nn


def _tensors(parameters: Any, op: str) -> list[Tensor]:
    if isinstance(parameters, _core.Tensor):
        return [parameters]
    if not hasattr(parameters, "__iter__"):
        got, hint = "None" if parameters is None else type(parameters).__name__, ". Pass net.parameters()" if hasattr(parameters, "parameters") or callable(parameters) else ""
        raise TypeError(f"{op}: parameters must be Tensors; got {got}{hint}")
    return list(parameters)


def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                    foreach: bool | None = None) -> Tensor:
    """Scales all gradients together so that their norm is at most max_norm. Returns the norm before."""
    return _core.asarray(_nn._clip_grad_norm_(_tensors(parameters, "clip_grad_norm_"), max_norm, norm_type, error_if_nonfinite))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clamps every element of the gradients to [-clip_value, clip_value]."""
    _nn._clip_grad_value_(_tensors(parameters, "clip_grad_value_"), clip_value)


def get_total_norm(tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """The norm of all tensors together."""
    norms = _core.stack([_core._linalg.vector_norm(x, ord=norm_type) for x in _tensors(tensors, "get_total_norm")])
    total: Tensor = _core._linalg.vector_norm(norms, ord=norm_type)
    if error_if_nonfinite and not _core.isfinite(total):
        raise RuntimeError(f"get_total_norm: the norm is not finite; got norm={total.item()}")
    return total


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, one after the other."""
    return _core.cat([p.reshape(-1) for p in _tensors(parameters, "parameters_to_vector")])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copies a vector's values back into the parameters."""
    parameters = _tensors(parameters, "vector_to_parameters")
    total = sum(p.numel() for p in parameters)
    if not isinstance(vec, _core.Tensor) or vec.ndim != 1 or vec.numel() != total:
        raise ValueError(f"vector_to_parameters: vec must be a vector of as many elements as the parameters have ({total}); got {getattr(vec, 'shape', type(vec).__name__)}")
    at = 0
    for p in parameters:
        p.detach().copy_(vec.detach()[at : at + p.numel()].reshape(p.shape))
        at += p.numel()
