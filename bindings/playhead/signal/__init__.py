"""Signals: window functions. `stft` and `istft` are in the main namespace."""
from . import windows  # noqa: F401
