"""Reductions, scans and normalisations in which only what a mask marks counts: PyTorch's torch.masked."""
from . import _core

globals().update({name: f for name, f in vars(_core._masked).items() if name[0] != "_"})
