"""Modules, layers, losses and initial values, as in torch.nn. The layers are C++'s; they are made here, when this is first imported."""
from __future__ import annotations

from .. import _core
from . import functional as functional, init as init, utils as utils
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, make_sequential
from .layers import TripletMarginWithDistanceLoss, Unflatten
from .module import Buffer, Layer, Module, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._layers import *  # noqa: F403 (made by bindings/stubs.py)
    from .containers import Sequential as Sequential

_layers = _core._nn._init_nn(Layer, Parameter, Buffer)
if not TYPE_CHECKING:
    Sequential = make_sequential(_layers.pop("Sequential"))
globals().update(_layers)


def _from_pretrained(cls: Any, embeddings: Any, freeze: bool = True, padding_idx: Any = None) -> Any:
    """An Embedding whose table is given; trained only without `freeze`."""
    layer = cls(*embeddings.shape, padding_idx=padding_idx, dtype=embeddings.dtype)
    layer.weight = Parameter(embeddings, requires_grad=not freeze)
    return layer


_layers["Embedding"].from_pretrained = classmethod(_from_pretrained)

__all__ = ["Buffer", "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterDict", "ParameterList", "Sequential", "TripletMarginWithDistanceLoss",
           "Unflatten"]
__all__ += list(_layers)
