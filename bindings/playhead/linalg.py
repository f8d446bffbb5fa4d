"""Linear algebra: the array API's extension `linalg`, and torch.linalg where that has no name."""
from . import _core
from ._core import tensordot  # noqa: F401

globals().update({name: f for name, f in vars(_core._linalg).items() if name[0] != "_"})
