"""What the array API standard lets a library say of itself."""
from __future__ import annotations

from . import _core

_dtypes = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64", "complex128")


class __array_namespace_info__:  # noqa: N801
    """Capabilities, devices and dtypes, as the array API standard asks for them."""

    def capabilities(self) -> dict[str, bool | None]:
        """Boolean indexing and shapes that depend on data work; dimensions are not limited in number."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": None}

    def default_device(self) -> _core.device:
        """Where factories put tensors that name no device."""
        return _core.device(str(_core.get_default_device()))

    def devices(self) -> list[_core.device]:
        """All that a tensor may be on."""
        return [_core.device("cpu")]

    def default_dtypes(self, *, device: object = None) -> dict[str, _core.dtype]:
        """What factories and asarray choose."""
        real = _core.get_default_dtype()
        return {"real floating": real, "complex floating": _core.complex128 if real == _core.float64 else _core.complex64,
                "integral": _core.int64, "indexing": _core.int64}

    def dtypes(self, *, device: object = None, kind: str | tuple[str, ...] | None = None) -> dict[str, _core.dtype]:
        """The standard's dtypes by name, of one kind or of a tuple of kinds."""
        every = {name: getattr(_core, name) for name in _dtypes}
        return every if kind is None else {name: t for name, t in every.items() if _core.isdtype(t, kind)}
