"""Optimizer: param_groups, state and their saving. Subclass it for an optimiser of your own."""
from __future__ import annotations

from collections import defaultdict

from .. import _core
from .._core import Tensor
from ..autograd import enable_grad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    Params: TypeAlias = Iterable[Tensor | tuple[str, Tensor] | dict[str, Any]]

required = object()


class Optimizer:
    """The base of optimisers:

    class SignSGD(optim.Optimizer):
        def __init__(self, params, lr=1e-3):
            super().__init__(params, {"lr": lr})

        @ph.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.sub_(group["lr"] * p.grad.sign())

    `params`: tensors, (name, tensor) pairs, or dicts of "params" and options of their own. `defaults`: the options of the others.
    self.state[p] is a dict that belongs to p and is saved."""

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(f"{type(self).__name__}: params must be a list of Tensors or of dicts; got one Tensor")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: Any = defaultdict(dict)
        if not hasattr(params, "__iter__"):
            hint = ". Pass net.parameters()" if hasattr(params, "parameters") or callable(params) else ""
            got = "None" if params is None else type(params).__name__
            raise TypeError(f"{type(self).__name__}: params must be a list of Tensors or of dicts; got {got}{hint}")
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(f"{type(self).__name__}: needs at least one parameter; got none. "
                             "A module does not see layers that lie in a plain list or dict: use nn.ModuleList or nn.ModuleDict")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """More parameters, with the options that the dict has besides "params"."""
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{name}: a group must be a dict with 'params'; got {type(param_group).__name__}")
        given = param_group["params"]
        if isinstance(given, (set, frozenset)):
            raise TypeError(f"{name}: params must be in an order; got a set")
        given = [given] if isinstance(given, Tensor) else list(given)
        params = [p[1] if isinstance(p, tuple) and len(p) == 2 else p for p in given]
        taken = {id(p) for g in self.param_groups for p in g["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: params must be Tensors; got {type(p).__name__}{'. Pass net.parameters()' if hasattr(p, 'parameters') else ''}")
            if not p.is_leaf:
                raise ValueError(f"{name}: can only update leaves; got the result of {p.grad_fn}")
            if id(p) in taken:
                raise ValueError(f"{name}: a parameter appears twice; got shape={p.shape}")
            taken.add(id(p))
        group = {**self.defaults, **param_group, "params": params}
        for option, value in group.items():
            if value is required:
                raise ValueError(f"{name}: {option} must be given for every group")
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients (or fills them with zeros)."""
        for group in self.param_groups:
            for p in group["params"]:
                if not set_to_none and p.grad is not None:
                    p.grad = _core.zeros_like(p.grad)
                elif p.requires_grad:
                    p.grad = None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters; `closure` computes the loss anew."""
        raise NotImplementedError(f"{type(self).__name__}: step is missing")

    def _states(self) -> Any:
        """What state_dict saves, by the parameter's number."""
        by_id = {id(p): state for p, state in self.state.items()}  # == of tensors is elementwise
        return {i: dict(by_id[id(p)]) for i, p in enumerate(self._params()) if id(p) in by_id}

    def _load_states(self, states: Any) -> None:
        params = self._params()
        self.state.clear()
        for i, state in states.items():
            p = params[i]
            self.state[p] = {k: _fit(v, p) if k != "step" else v for k, v in state.items()}

    def _params(self) -> list[Tensor]:
        return [p for g in self.param_groups for p in g["params"]]

    def state_dict(self) -> dict[str, Any]:
        """{"state": {number: {...}}, "param_groups": [{..., "params": [numbers]}]}, as in PyTorch."""
        groups, at = [], 0
        for g in self.param_groups:
            groups.append({**{k: v for k, v in g.items() if k != "params"}, "params": list(range(at, at + len(g["params"])))})
            at += len(g["params"])
        return {"state": self._states(), "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the state and the options of a state_dict."""
        name = type(self).__name__
        if not hasattr(state_dict, "keys") or not {"state", "param_groups"} <= set(state_dict.keys()):
            got = f"a dict with {sorted(map(str, state_dict.keys()))}" if hasattr(state_dict, "keys") else type(state_dict).__name__
            raise ValueError(f"{name}.load_state_dict: state_dict must be what state_dict() gives, with 'state' and 'param_groups'; got {got}")
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError(f"{name}.load_state_dict: numbers of groups must match; got {len(groups)}, expected {len(self.param_groups)}")
        for i, (mine, given) in enumerate(zip(self.param_groups, groups)):
            if len(mine["params"]) != len(given["params"]):
                raise ValueError(f"{name}.load_state_dict: numbers of parameters must match; got {len(given['params'])}, "
                                 f"expected {len(mine['params'])} in group {i}")
        order = {number: at for at, number in enumerate(n for g in groups for n in g["params"])}
        self._load_states({order[n]: s for n, s in state_dict["state"].items() if n in order})
        for mine, given in zip(self.param_groups, groups):
            mine.update({k: v for k, v in given.items() if k != "params"})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, g in enumerate(self.param_groups):
            lines += [f"Parameter Group {i}", *(f"    {k}: {v}" for k, v in sorted(g.items()) if k != "params")]
        return "\n".join([*lines, ")"])

    def __getstate__(self) -> Any:
        return {k: v for k, v in self.__dict__.items() if k != "_fused"}


def _fit(value: Any, p: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.to(p.device, p.dtype, copy=True) if value.dtype.is_floating_point else value.to(p.device, copy=True)


def evaluated(closure: Callable[[], Any] | None) -> Any:
    """closure()'s loss, with gradients."""
    if closure is None:
        return None
    with enable_grad():
        return closure()
