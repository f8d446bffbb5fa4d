"""Modules made of modules: Sequential (C++'s), and lists and dicts of modules and parameters."""
from __future__ import annotations

import operator
from collections import OrderedDict

from .module import Module, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, overload

    from typing_extensions import Self

    from .._core import Tensor
    from .module import Layer


class _Indexed:
    """What Sequential and ModuleList have in common: members called "0", "1", …."""

    if TYPE_CHECKING:
        _modules: dict[str, Module | None]

        @overload
        def __getitem__(self, i: int) -> Module: ...
        @overload
        def __getitem__(self, i: slice) -> Self: ...
        def __getitem__(self, i: int | slice) -> Module | Self: ...
        def __delitem__(self, i: int | slice) -> None: ...

    def _key(self, i: Any) -> int:
        n = len(self._modules)
        i = int(operator.index(i))
        if not -n <= i < n:
            raise IndexError(f"{type(self).__name__}: index is out of range; got index={i}, size={n}")
        return int(i % n)

    def _set_all(self, modules: Any) -> None:
        if not hasattr(modules, "__iter__"):
            name, hint = type(self).__name__, ""
            if isinstance(modules, Module):
                hint = f". Put it in a list: {name}([module])"
            raise TypeError(f"{name}: takes a list of modules; got {type(modules).__name__}{hint}")
        modules = list(modules)  # a generator is read once
        for m in modules:
            if not isinstance(m, Module):
                hint = ". Unpack it: Sequential(*modules)" if isinstance(m, (list, tuple)) else ". Make one: ReLU()" if isinstance(m, type) else ""
                raise TypeError(f"{type(self).__name__}: members must be modules; got {type(m).__name__}{hint}")
        self._modules = {str(i): m for i, m in enumerate(modules)}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(tuple(m for m in self._modules.values() if m is not None))

    def __contains__(self, module: object) -> bool:
        return any(m is module for m in self._modules.values())

    def __setitem__(self, i: int, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"{type(self).__name__}: members must be modules; got {type(module).__name__}")
        self._modules[list(self._modules)[self._key(i)]] = module

    def append(self, module: Module) -> Self:
        """Adds a module at the end."""
        self._set_all([*self, module])
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Adds modules at the end."""
        self._set_all([*self, *modules])
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Adds a module before the one at `index`."""
        modules = list(self)
        modules.insert(index, module)
        self._set_all(modules)
        return self

    def pop(self, index: int = -1) -> Module:
        """Takes a module out."""
        module = self[index]
        del self[index]
        return module

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, modules: Iterable[Module]) -> Self:
        kind: Any = type(self)
        return kind(*self, *modules) if isinstance(self, _sequential()) else kind([*self, *modules])  # type: ignore[no-any-return]


def _sequential() -> Any:
    from . import Sequential

    return Sequential


if TYPE_CHECKING:
    class Sequential(_Indexed, Layer):
        @overload
        def __init__(self, modules: Mapping[str, Module], /) -> None: ...
        @overload
        def __init__(self, *modules: Module) -> None: ...
        def __init__(self, *modules: Any) -> None: ...
        def forward(self, input: Tensor) -> Tensor: ...
        def __call__(self, input: Tensor) -> Tensor: ...


def make_sequential(base: Any) -> Any:
    class Sequential(_Indexed, base):  # type: ignore[misc]
        """Modules in a row, each of the result of the one before: Sequential(Linear(4, 16), Tanh(), Linear(16, 1)), or of an OrderedDict."""

        def __init__(self, *modules: Any) -> None:
            super().__init__()
            if len(modules) == 1 and isinstance(modules[0], dict):
                for name, module in modules[0].items():
                    self.add_module(name, module)
            else:
                self._set_all(modules)

        def __getitem__(self, i: Any) -> Any:
            if isinstance(i, slice):
                return type(self)(OrderedDict(list(self._modules.items())[i]))
            return list(self._modules.values())[self._key(i)]

        def __delitem__(self, i: Any) -> None:
            names = list(self._modules)
            for name in names[i] if isinstance(i, slice) else [names[self._key(i)]]:
                del self._modules[name]
            self._set_all(self) if all(n.isdigit() for n in names) else None

        def _set_all(self, modules: Any) -> None:
            named = [n for n in self._modules if not n.isdigit()]
            if named:  # names that were given stay
                modules = list(modules)
                old = {id(m): n for n, m in self._modules.items()}
                super()._set_all(modules)
                self._modules = {old.get(id(m), str(i)): m for i, m in enumerate(modules)}
            else:
                super()._set_all(modules)

    Sequential.__module__, Sequential.__qualname__ = "playhead.nn", "Sequential"
    return Sequential


class ModuleList(_Indexed, Module):
    """A list of modules, for a forward of your own."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self._set_all(modules if modules is not None else ())

    if not TYPE_CHECKING:
        def __getitem__(self, i):
            if isinstance(i, slice):
                return type(self)(list(self)[i])
            return self._modules[str(self._key(i))]

    def __delitem__(self, i: int | slice) -> None:
        modules = list(self)
        del modules[i if isinstance(i, slice) else self._key(i)]
        self._set_all(modules)


class ModuleDict(Module):
    """A dict of modules, for a forward of your own."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, name: str) -> Module:
        module = self._modules[name]
        assert module is not None
        return module

    def __setitem__(self, name: str, module: Module) -> None:
        self._modules.pop(name, None)
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def update(self, modules: Any) -> None:
        """Adds the modules of a dict, or of pairs."""
        for name, module in modules.items() if hasattr(modules, "items") else modules:
            self[name] = module

    def clear(self) -> None:
        """Takes all out."""
        self._modules.clear()

    def pop(self, name: str) -> Any:
        """Takes one out."""
        return self._modules.pop(name)

    def keys(self) -> Any:
        return self._modules.keys()

    def values(self) -> Any:
        return self._modules.values()

    def items(self) -> Any:
        return self._modules.items()


class ParameterList(Module):
    """A list of parameters. Tensors become parameters."""

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        self.extend(values if values is not None else ())

    def _key(self, i: Any) -> str:
        n = len(self._parameters)
        i = operator.index(i)
        if not -n <= i < n:
            raise IndexError(f"ParameterList: index is out of range; got index={i}, size={n}")
        return str(i % n)

    def append(self, value: Tensor) -> Self:
        """Adds a parameter at the end."""
        self.register_parameter(str(len(self._parameters)), value if isinstance(value, Parameter) else Parameter(value))
        return self

    def extend(self, values: Iterable[Tensor]) -> Self:
        """Adds parameters at the end."""
        for v in values:
            self.append(v)
        return self

    if TYPE_CHECKING:
        @overload
        def __getitem__(self, i: int) -> Parameter: ...
        @overload
        def __getitem__(self, i: slice) -> Self: ...

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(list(self)[i])
        return self._parameters[self._key(i)]

    def __setitem__(self, i: int, value: Tensor) -> None:
        setattr(self, self._key(i), value if isinstance(value, Parameter) else Parameter(value))

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(tuple(p for p in self._parameters.values() if p is not None))

    def __iadd__(self, values: Iterable[Tensor]) -> Self:
        return self.extend(values)

    def extra_repr(self) -> str:
        return "\n".join(f"({i}): Parameter of {p.shape}, {p.dtype}" for i, p in self._parameters.items() if p is not None)


class ParameterDict(Module):
    """A dict of parameters. Tensors become parameters."""

    def __init__(self, values: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        if values is not None and not hasattr(values, "items"):
            raise TypeError(f"ParameterDict: needs a dict of names to parameters; got {type(values).__name__}")
        for name, v in (values or {}).items():
            self[name] = v

    def __getitem__(self, name: str) -> Parameter:
        parameter = self._parameters[name]
        assert parameter is not None
        return parameter

    def __setitem__(self, name: str, value: Tensor) -> None:
        self._parameters.pop(name, None)
        self.register_parameter(name, value if isinstance(value, Parameter) else Parameter(value))

    def __delitem__(self, name: str) -> None:
        del self._parameters[name]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    def keys(self) -> Any:
        return self._parameters.keys()

    def values(self) -> Any:
        return self._parameters.values()

    def items(self) -> Any:
        return self._parameters.items()

    def extra_repr(self) -> str:
        return "\n".join(f"({n}): Parameter of {p.shape}, {p.dtype}" for n, p in self._parameters.items() if p is not None)
