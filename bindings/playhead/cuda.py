"""CUDA devices. Everything may be asked where there is none: is_available() is False then, and why_unavailable() says why."""
from . import _core

globals().update({name: f for name, f in vars(_core._cuda).items() if name[0] != "_"})
