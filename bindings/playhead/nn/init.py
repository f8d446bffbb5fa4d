"""Initial values of parameters: each function fills a tensor in place, unrecorded, from the default generator, and returns it."""
from .. import _core

globals().update({name: f for name, f in vars(_core._init).items() if name[0] != "_"})
