"""Fourier transforms: the array API's extension `fft`, and torch.fft where that has no name."""
from . import _core

globals().update({name: f for name, f in vars(_core._fft).items() if name[0] != "_"})
