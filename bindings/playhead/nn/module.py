"""Module, Parameter and Buffer. The dicts, attributes and call of a module are compiled (bindings/nn_module.cpp); the rest is here."""
from __future__ import annotations

import copy

from .. import _core
from .._core import Tensor
from .hooks import BackwardHook, HookHandle, call_with_hooks

_nn = _core._nn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from typing_extensions import Self

    class _Base:
        """What is compiled: bindings/nn_module.cpp."""

        training: bool
        _parameters: dict[str, Parameter | None]
        _buffers: dict[str, Tensor | None]
        _modules: dict[str, Module | None]
        _non_persistent_buffers_set: set[str]
        _forward_hooks: Any
        _forward_pre_hooks: Any
        forward: Callable[..., Any]

        def __init__(self) -> None: ...
        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
        def __getattr__(self, name: str) -> Any: ...
else:
    _Base = _nn._Module


class Parameter(Tensor):
    """A tensor that is trained: a leaf that requires a gradient. As an attribute of a module it belongs to its parameters."""

    if TYPE_CHECKING:
        def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None: ...

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Self:
        if data is None:
            data = _core.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: data must be a Tensor; got {type(data).__name__}. Convert it: ph.tensor(data)")
        x: Self = _nn._wrap_as(cls, data.detach())
        try:
            x.requires_grad_(requires_grad)
        except TypeError:
            raise TypeError(f"Parameter: data must be floating or complex; got dtype={data.dtype.name}. Pass requires_grad=False") from None
        return x

    __hash__ = object.__hash__  # stays when the module moves to another device or dtype

    def __deepcopy__(self, memo: Any) -> Any:
        twin = _nn._wrap_as(type(self), self.detach().clone()).requires_grad_(self.requires_grad)
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.detach(), self.requires_grad), self.__dict__

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not trained; saved with it if persistent."""

    persistent = True
    __hash__ = object.__hash__

    if TYPE_CHECKING:
        def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None: ...

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Self:
        if data is None:
            data = _core.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Buffer: data must be a Tensor; got {type(data).__name__}. Convert it: ph.tensor(data)")
        buffer: Self = _nn._wrap_as(cls, data.detach())
        buffer.persistent = persistent
        return buffer

    def __deepcopy__(self, memo: Any) -> Any:
        twin = _nn._wrap_as(type(self), self.detach().clone())
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.detach(), False), self.__dict__

    def __repr__(self) -> str:
        return "Buffer containing:\n" + super().__repr__()


def _rebuild(cls: Any, data: Any, requires_grad: bool) -> Any:
    x = _nn._wrap_as(cls, data)
    return x.requires_grad_() if requires_grad else x


class LoadResult(tuple):  # type: ignore[type-arg]
    """What load_state_dict did: missing_keys and unexpected_keys."""

    __slots__ = ()

    def __new__(cls, missing_keys: list[str], unexpected_keys: list[str]) -> Self:
        return tuple.__new__(cls, (missing_keys, unexpected_keys))

    missing_keys = property(lambda self: self[0])
    unexpected_keys = property(lambda self: self[1])

    def __repr__(self) -> str:
        if not self[0] and not self[1]:
            return "<All keys matched successfully>"
        return f"LoadResult(missing_keys={self[0]}, unexpected_keys={self[1]})"


class Module(_Base):
    """The base of models and of their parts:

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = nn.Linear(784, 128), nn.Linear(128, 10)

        def forward(self, x):
            return self.out(self.hidden(x).relu())

    Attributes that are Parameters, Buffers and Modules are found by parameters(), state_dict() and the like."""

    # --- members ---------------------------------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a Parameter (or None, for one that is left out)."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: param must be an nn.Parameter or None; got {type(param).__name__}. Wrap it: nn.Parameter(...)")
        self._register(name, param, self._parameters)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that is part of the state but not trained; `persistent`: whether it is saved."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: tensor must be a Tensor or None; got {type(tensor).__name__}")
        self._register(name, tensor, self._buffers)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Adds a module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"register_module: module must be an nn.Module or None; got {type(module).__name__}")
        self._register(name, module, self._modules)

    add_module = register_module

    def _register(self, name: str, value: Any, into: Any) -> Any:
        if not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: a member's name must be a str; got {type(name).__name__}")
        if not name or "." in name:
            raise ValueError(f"{type(self).__name__}: a member's name must not be empty or contain a dot; got '{name}'")
        if name not in into and hasattr(self, name):
            raise KeyError(f"{type(self).__name__}: there is an attribute '{name}' already")
        into[name] = value

    # --- walks -----------------------------------------------------------------------------------------------------------

    def named_modules(self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """(name, module) of this module and all below, parents first, each once."""
        if memo is None:
            memo = set()
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the modules right below, each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules right below, each once."""
        return (module for _, module in self.named_children())

    def _named(self, which: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for at, module in self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]:
            for name, x in getattr(module, which).items():
                if x is None or id(x) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(x))
                yield f"{at}.{name}" if at else name, x

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """(name, parameter), each once, even if it has several names."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """What an optimiser is given: each parameter once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """(name, buffer), each once."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Each buffer once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module called "a.b.c"."""
        module: Module = self
        for name in target.split(".") if target else ():
            below = module._modules.get(name)
            if below is None:
                raise AttributeError(f"{type(module).__name__} has no module '{name}'")
            module = below
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter called "a.b.weight"."""
        at, _, name = target.rpartition(".")
        module = self.get_submodule(at)
        parameter = module._parameters.get(name)
        if parameter is None:
            raise AttributeError(f"{type(module).__name__} has no parameter '{name}'")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer called "a.b.running_mean"."""
        at, _, name = target.rpartition(".")
        module = self.get_submodule(at)
        buffer = module._buffers.get(name)
        if buffer is None:
            raise AttributeError(f"{type(module).__name__} has no buffer '{name}'")
        return buffer

    # --- state -----------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """Names and tensors of all parameters and persistent buffers; the tensors are the module's own memory."""
        state: dict[str, Tensor] = _nn._module_state_dict(self)
        return state

    def load_state_dict(self, state_dict: Any, strict: bool = True) -> LoadResult:
        """Copies values in. Names and shapes are checked before anything is changed; without `strict`, names may differ."""
        if not hasattr(state_dict, "keys"):
            hint = ". Pass ph.load(path)" if isinstance(state_dict, str) or hasattr(state_dict, "__fspath__") else ""
            hint = ". Pass its state_dict()" if isinstance(state_dict, Module) else hint
            raise TypeError(f"load_state_dict: state_dict must be a dict from str to Tensor; got {type(state_dict).__name__}{hint}")
        state = dict(state_dict)
        _nn._module_load_state_dict(self, state, strict)
        mine: Any = () if strict else self.state_dict()
        return LoadResult([k for k in mine if k not in state], [] if strict else [k for k in state if k not in mine])

    def to(self, *args: Any, device: Any = None, dtype: Any = None, non_blocking: bool = False) -> Self:
        """Converts parameters and buffers; a dtype only those that are floating. Optimisers follow."""
        for a in args:
            if isinstance(a, Tensor):
                device, dtype = a.device, a.dtype
            elif isinstance(a, (_core.dtype, type)) or (isinstance(a, str) and hasattr(_core, a)):  # "float64"
                dtype = a
            elif isinstance(a, str) and not a.startswith(("cpu", "cuda")):
                raise ValueError(f"to: needs a dtype such as 'float32' or a device such as 'cuda:0'; got {a!r}")
            elif a is not None and not isinstance(a, bool):
                device = a
        _nn._to(self, device, dtype)
        return self

    def float(self) -> Self:
        """to(float32)."""
        return self.to(_core.float32)

    def double(self) -> Self:
        """to(float64)."""
        return self.to(_core.float64)

    def half(self) -> Self:
        """to(float16)."""
        return self.to(_core.float16)

    def bfloat16(self) -> Self:
        """to(bfloat16)."""
        return self.to(_core.bfloat16)

    def cpu(self) -> Self:
        """to("cpu")."""
        return self.to("cpu")

    def cuda(self, device: Any = 0) -> Self:
        """to("cuda")."""
        return self.to(f"cuda:{device}" if isinstance(device, int) else device)

    def train(self, mode: bool = True) -> Self:
        """Sets `training` here and below."""
        if not isinstance(mode, bool):
            raise TypeError(f"train: mode must be a bool; got {type(mode).__name__}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """train(False)."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Whether the parameters are to be trained."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients of all parameters (or fills them with zeros)."""
        for p in self.parameters():
            _zero_grad(p, set_to_none)

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Calls fn(module) for every module below, then for this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def extra_repr(self) -> str:
        """What stands between the parentheses of repr; for subclasses to define."""
        return ""

    # --- hooks -----------------------------------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False) -> HookHandle:
        """hook(module, args) before each forward; what it returns, unless None, takes the place of the arguments."""
        return self._hook("_forward_pre_hooks", hook, prepend, with_kwargs)

    def register_forward_hook(self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False) -> HookHandle:
        """hook(module, args, output) after each forward; what it returns, unless None, takes the place of the output."""
        return self._hook("_forward_hooks", hook, prepend, with_kwargs)

    def register_full_backward_pre_hook(self, hook: Any, prepend: bool = False) -> HookHandle:
        """hook(module, grad_output) before each backward pass through the module; what it returns, unless None, takes their place."""
        return self._hook("_forward_hooks", hook, prepend, False, lambda hook: BackwardHook(hook, True))

    def register_full_backward_hook(self, hook: Any, prepend: bool = False) -> HookHandle:
        """hook(module, grad_input, grad_output) when the gradients of the positional inputs are known (None for those that want none); what
        it returns, unless None, takes the place of grad_input."""
        return self._hook("_forward_hooks", hook, prepend, False, lambda hook: BackwardHook(hook, False))

    def _hook(self, which: str, hook: Any, prepend: bool, with_kwargs: bool, kind: Callable[[Any], Any] | None = None) -> HookHandle:
        if not callable(hook):
            raise TypeError(f"{type(self).__name__}: a hook must be callable; got {type(hook).__name__}")
        handle = HookHandle(self, which)
        old = getattr(self, which) or {}
        new = {handle.key: (kind(hook) if kind else hook, with_kwargs)}
        setattr(self, which, {**new, **old} if prepend else {**old, **new})
        return handle

    _call_with_hooks = call_with_hooks

    # --- Python's protocols --------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        inner = []
        for name, module in self._modules.items():
            inner.append(f"({name}): " + repr(module).replace("\n", "\n  "))
        extra = self.extra_repr()
        if not inner:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(extra.splitlines() + inner) + "\n)"

    def _get_name(self) -> str:
        return type(self).__name__

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def __getstate__(self) -> Any:
        state: dict[str, Any] = {
            "attributes": dict(self.__dict__),
            "parameters": dict(self._parameters),
            "buffers": dict(self._buffers),
            "modules": dict(self._modules),
            "transient": set(self._non_persistent_buffers_set),
            "before": self._forward_pre_hooks,
            "after": self._forward_hooks,
            "training": self.training,
        }
        return state

    def __setstate__(self, state: Any) -> Any:
        object.__getattribute__(self, "__dict__").update(state["attributes"])
        self._parameters, self._buffers, self._modules = state["parameters"], state["buffers"], state["modules"]
        self._non_persistent_buffers_set.update(state["transient"])
        if state["before"]:
            self._forward_pre_hooks = state["before"]
        if state["after"]:
            self._forward_hooks = state["after"]
        self.training = state["training"]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _new, (type(self),), self.__getstate__()

    def __deepcopy__(self, memo: Any) -> Any:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        _nn._copy_native(twin, self)
        Module.__setstate__(twin, copy.deepcopy(Module.__getstate__(self), memo))
        return twin

    def __copy__(self) -> Any:
        twin = type(self).__new__(type(self))
        _nn._copy_native(twin, self)
        Module.__setstate__(twin, Module.__getstate__(self))
        return twin


def _new(cls: Any) -> Any:
    return cls.__new__(cls)


def _zero_grad(p: Any, set_to_none: bool) -> Any:
    if set_to_none:
        if p.requires_grad:
            p.grad = None
    elif p.grad is not None:
        p.grad = _core.zeros_like(p.grad)


def _sharing_copy(module: Any) -> Any:
    """Another module object all the way down, whose parameters and buffers are the same memory (C++'s copy)."""
    memo: dict[int, Any] = {}
    for m in module.modules():
        for x in (*m._parameters.values(), *m._buffers.values()):
            if x is not None:
                memo[id(x)] = x if type(x) is Tensor else _nn._wrap_as(type(x), x)
    return copy.deepcopy(module, memo)


class Layer(Module):
    """A module written in C++."""

    _signature: str
    _shown: str
    _names: tuple[str, ...]

    def extra_repr(self) -> str:
        parts = []
        defaults = _defaults(type(self)._signature)
        for item in filter(None, type(self)._shown.split(", ")):
            name = item.strip("=?")
            value = getattr(self, name)
            if name == "bias":
                value = value is not None
            if name == "padding" and isinstance(value, int) and isinstance(getattr(self, "kernel_size", None), tuple):
                value = (value,) * len(self.kernel_size)
            default = defaults.get(name)
            if item[-1] == "?" and (value == default or (isinstance(value, tuple) and value == (default,) * len(value))):
                continue
            parts.append(repr(value) if item[0] == "=" else f"{name}={value!r}")
        return ", ".join(parts)

    def _arguments(self) -> Any:
        values = []
        for name in self._names:
            value = getattr(self, name, None)
            values.append(value is not None if name == "bias" and isinstance(value, (Tensor, type(None))) else value)
        return tuple(values)

    def __getstate__(self) -> Any:
        return {**super().__getstate__(), "arguments": self._arguments()}

    def __setstate__(self, state: Any) -> Any:
        arguments = state.pop("arguments", None)
        if arguments is not None:
            _nn._remake(self, arguments)
        super().__setstate__(state)


def _defaults(signature: str) -> dict[str, Any]:
    found = {}
    for piece in signature.split(", "):
        name, _, value = piece.partition("=")
        if value:
            found[name] = eval(value, {"inf": float("inf")})  # noqa: S307 (our own text)
    return found
