"""printoptions, the context manager; set_printoptions and get_printoptions are in the extension module."""
from __future__ import annotations

from . import _core

TYPE_CHECKING = False  # as typing's, which would cost an import
if TYPE_CHECKING:
    from typing import Any


class printoptions:  # noqa: N801
    """set_printoptions for the length of a with block; what is not given stays as it was."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    def __enter__(self) -> dict[str, Any]:
        self._before = _core.get_printoptions()
        _core.set_printoptions(**{"sci_mode": self._before["sci_mode"], **self._options})
        return _core.get_printoptions()  # type: ignore[no-any-return]

    def __exit__(self, *error: object) -> None:
        _core.set_printoptions(**self._before)
