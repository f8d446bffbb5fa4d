"""SGD, Adam and AdamW: C++'s, which update all parameters of a group in one pass."""
from __future__ import annotations

from .. import _core
from .optimizer import Optimizer, evaluated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .optimizer import Params

_nn = _core._nn


class _Fused(Optimizer):
    """One C++ optimiser for each group; the group's dict is read at every step."""

    _kind = ""

    def __init__(self, params: Params, defaults: Any) -> None:
        self._fused: list[Any] = []
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        super().add_param_group(param_group)
        try:
            self._fused.append(_nn._fused(self._kind, self.param_groups[-1]))
        except Exception:
            self.param_groups.pop()
            raise

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None if closure is None else evaluated(closure)
        step = _nn._fused_step
        for fused, group in zip(self._fused, self.param_groups):
            step(fused, group)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        if not set_to_none:
            return super().zero_grad(False)
        for fused, group in zip(self._fused, self.param_groups):
            _nn._fused_zero_grad(fused, group)

    @property
    def state(self) -> Any:
        """{parameter: {"step": …, "exp_avg": …}}: the tensors are the optimiser's own."""
        params, states = self._params(), self._states()
        return {params[i]: s for i, s in states.items()}

    @state.setter
    def state(self, value: Any) -> Any:
        if value:
            raise AttributeError(f"{type(self).__name__}: state is set by load_state_dict")

    def _states(self) -> Any:
        all_states: dict[int, dict[str, Any]] = {}
        at = 0
        for fused, group in zip(self._fused, self.param_groups):
            for name, x in _nn._fused_state(fused).items():
                number, _, slot = name.rpartition(".")
                if number:
                    all_states.setdefault(at + int(number), {})[slot] = x
            at += len(group["params"])
        return all_states

    def _load_states(self, states: Any) -> None:
        at = 0
        for fused, group in zip(self._fused, self.param_groups):
            n, flat, most = len(group["params"]), {}, 0
            for number, state in states.items():
                if not at <= number < at + n:
                    continue
                for slot, x in state.items():
                    if slot == "step":
                        most = max(most, int(x))
                        x = _core.asarray(int(x), dtype=_core.int64)
                    if x is not None:
                        flat[f"{number - at}.{slot}"] = x
            _nn._fused_load(fused, group, {"step": _core.asarray(most, dtype=_core.int64), **flat})
            at += n

    def state_dict(self, flat: Any = False) -> dict[str, Any]:
        """As in PyTorch; with `flat`, names and tensors only, as C++ has them and save_safetensors takes them."""
        if not flat:
            return super().state_dict()
        if len(self._fused) == 1:
            state: dict[str, Any] = _nn._fused_state(self._fused[0])
            return state
        steps = [int(_nn._fused_state(f)["step"]) for f in self._fused]
        return {"step": _core.asarray(max(steps), dtype=_core.int64), **{f"{i}.{k}": x for i, s in self._states().items() for k, x in s.items()}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes a state_dict, of either form; options come only with PyTorch's."""
        if not hasattr(state_dict, "keys") or "param_groups" in state_dict or "step" not in state_dict:
            return super().load_state_dict(state_dict)
        if len(self._fused) == 1:
            _nn._fused_load(self._fused[0], self.param_groups[0], dict(state_dict))
            return
        states: dict[int, dict[str, Any]] = {}
        for name, x in state_dict.items():
            number, _, slot = name.rpartition(".")
            if number:
                states.setdefault(int(number), {})[slot] = x
        self._load_states(states)

    def __getstate__(self) -> Any:
        return {"saved": self.state_dict(), "attributes": {k: v for k, v in self.__dict__.items() if k != "_fused"}}

    def __setstate__(self, state: Any) -> Any:
        self.__dict__.update(state["attributes"])
        self._fused = [_nn._fused(self._kind, g) for g in self.param_groups]
        self.load_state_dict(state["saved"])


def _refuse(name: str, **options: Any) -> Any:
    for option, value in options.items():
        if value:
            raise ValueError(f"{name}: {option} is not supported; got {option}={value}")


class SGD(_Fused):
    """g += weight_decay p;  v = momentum v + (1 - dampening) g (v = g at the first step);  p -= lr (nesterov ? g + momentum v : v).

    foreach, fused and differentiable are there for PyTorch's sake: one pass over all parameters is all there is."""

    _kind = "SGD"

    def __init__(self, params: Params, lr: float = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0, nesterov: bool = False, *,
                 maximize: bool = False, foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None) -> None:
        _refuse("SGD", maximize=maximize, differentiable=differentiable)
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov})


class Adam(_Fused):
    """m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  p -= lr m/(1 - b1^t) / (sqrt(v/(1 - b2^t)) + eps).
    Weight decay is added to the gradient. (Kingma & Ba 2015)"""

    _kind = "Adam"

    def __init__(self, params: Params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None) -> None:
        _refuse(self._kind, amsgrad=amsgrad, maximize=maximize, differentiable=differentiable)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})


class AdamW(Adam):
    """Adam whose weight decay acts on the parameter itself: p *= 1 - lr weight_decay. (Loshchilov & Hutter 2019)"""

    _kind = "AdamW"

    def __init__(self, params: Params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, differentiable=differentiable)
