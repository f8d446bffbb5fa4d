"""Modules, layers, losses and initial values, as in torch.nn. The layers are C++'s; they are made here, when this is first imported."""
from .. import _core
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, make_sequential
from .module import Buffer, Layer, Module, Parameter

_layers = _core._nn._init_nn(Layer, Parameter, Buffer)
Sequential = make_sequential(_layers.pop("Sequential"))
globals().update(_layers)


def _from_pretrained(cls, embeddings, freeze=True, padding_idx=None):
    """An Embedding whose table is given; trained only without `freeze`."""
    layer = cls(*embeddings.shape, padding_idx=padding_idx, dtype=embeddings.dtype)
    layer.weight = Parameter(embeddings, requires_grad=not freeze)
    return layer


_layers["Embedding"].from_pretrained = classmethod(_from_pretrained)

__all__ = ["Buffer", "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterDict", "ParameterList", "Sequential", *_layers]

from . import functional as functional, init as init, utils as utils  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:  # the layers' names are known only to the extension module
    from typing import Any

    def __getattr__(name: str) -> Any: ...
