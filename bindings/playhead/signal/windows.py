"""Window functions, as in torch.signal.windows."""
from .. import _core

globals().update({name: f for name, f in vars(_core._signal_windows).items() if name[0] != "_"})
