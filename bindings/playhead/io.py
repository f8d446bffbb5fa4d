"""Files: safetensors, the format in which weights travel between libraries, and from C++ to Python and back."""
from __future__ import annotations

from . import _core
from ._core import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_nn = _core._nn


class Tensors(dict[str, Tensor]):
    """Names and tensors of a file, and its metadata."""

    metadata: dict[str, str]

    def __init__(self, tensors: Any, metadata: Any) -> None:
        super().__init__(tensors)
        self.metadata = metadata


def save_safetensors(tensors: Any, path: Any, metadata: Any = None) -> None:
    """Writes a dict of tensors (a state_dict) to a file, atomically: a crash leaves the old file or the new one. `metadata`: dict from
    str to str. Tied tensors are stored once and tied again by load_safetensors."""
    try:
        _nn._save_safetensors(tensors, path, metadata)
    except OSError as error:
        raise _named(error, path) from None


def load_safetensors(path: Any, device: Any = None) -> Tensors:
    """All tensors of a file, or of bytes, as a dict; `.metadata` has the rest. The file is checked before anything is allocated."""
    try:
        tensors, metadata = _nn._safetensors_from_bytes(path) if isinstance(path, bytes) else _nn._load_safetensors(path)
    except OSError as error:
        raise _named(error, path) from None
    if device is not None:
        tensors = {name: x.to(device) for name, x in tensors.items()}
    return Tensors(tensors, metadata)


def _named(error: OSError, path: Any) -> OSError:
    """The error with its number and file, which make it a FileNotFoundError, an IsADirectoryError, …."""
    import errno
    import os

    text = str(error)
    number = errno.EISDIR if os.path.isdir(path) else next((n for n in errno.errorcode if text.endswith(f"({os.strerror(n)})")), None)
    return error if number is None else OSError(number, f"{text.partition('; ')[0]} ({os.strerror(number)})", os.fspath(path))


def safetensors_bytes(tensors: Any, metadata: Any = None) -> bytes:
    """What save_safetensors would write, as bytes."""
    return bytes(_nn._safetensors_bytes(tensors, metadata))


def save(tensors: Any, path: Any, metadata: Any = None) -> None:
    """save_safetensors; an nn.Module or an optimiser gives its state_dict."""
    if hasattr(tensors, "param_groups"):
        tensors = tensors.state_dict(flat=True)
    elif hasattr(tensors, "state_dict"):
        tensors = tensors.state_dict()
    save_safetensors(tensors, path, metadata)


def load(path: Any, device: Any = None) -> Tensors:
    """load_safetensors."""
    return load_safetensors(path, device)
