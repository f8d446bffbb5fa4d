"""What x.size is: the array API's attribute and PyTorch's method in one."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import overload

    class Size(int):
        _shape: tuple[int, ...]

        @overload
        def __call__(self) -> tuple[int, ...]: ...
        @overload
        def __call__(self, dim: int) -> int: ...
        def __call__(self, dim: int | None = None) -> tuple[int, ...] | int: ...
else:

    class Size(int):
        """Number of elements; called, the shape, or the size of one dimension."""

        def __call__(self, dim=None):
            if dim is None:
                return self._shape
            try:
                return self._shape[dim]
            except IndexError:
                raise IndexError(f"size: dimension out of range; got dim={dim} for {len(self._shape)} dimensions") from None
            except TypeError:
                raise TypeError(f"size: dim must be an int; got {type(dim).__name__}") from None

        def __reduce__(self):
            return int, (int(self),)
