"""Modules made of modules: Sequential (C++'s), and lists and dicts of modules and parameters."""
from __future__ import annotations

import operator
from collections import OrderedDict

from .module import Module, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Indexed:
    """What Sequential and ModuleList have in common: members called "0", "1", …."""

    def _key(self, i: Any) -> Any:
        n = len(self._modules)
        i = operator.index(i)
        if not -n <= i < n:
            raise IndexError(f"{type(self).__name__}: index is out of range; got index={i}, size={n}")
        return i % n

    def _set_all(self, modules: Any) -> Any:
        modules = list(modules)  # a generator is read once
        for m in modules:
            if not isinstance(m, Module):
                raise TypeError(f"{type(self).__name__}: members must be modules; got {type(m).__name__}")
        self._modules = {str(i): m for i, m in enumerate(modules)}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Any:
        return iter(tuple(self._modules.values()))

    def __contains__(self, module: Any) -> bool:
        return any(m is module for m in self._modules.values())

    def __setitem__(self, i: Any, module: Any) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"{type(self).__name__}: members must be modules; got {type(module).__name__}")
        self._modules[list(self._modules)[self._key(i)]] = module

    def append(self, module: Any) -> Any:
        """Adds a module at the end."""
        self._set_all([*self, module])
        return self

    def extend(self, modules: Any) -> Any:
        """Adds modules at the end."""
        self._set_all([*self, *modules])
        return self

    def insert(self, index: Any, module: Any) -> Any:
        """Adds a module before the one at `index`."""
        modules = list(self)
        modules.insert(index, module)
        self._set_all(modules)
        return self

    def pop(self, index: Any = -1) -> Any:
        """Takes a module out."""
        module = self[index]
        del self[index]
        return module

    def __iadd__(self, modules: Any) -> Any:
        return self.extend(modules)

    def __add__(self, modules: Any) -> Any:
        return type(self)(*self, *modules) if isinstance(self, _sequential()) else type(self)([*self, *modules])


def _sequential() -> Any:
    from . import Sequential

    return Sequential


def make_sequential(base: Any) -> Any:
    class Sequential(_Indexed, base):
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

        def _set_all(self, modules: Any) -> Any:
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

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self._set_all(modules if modules is not None else ())

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(list(self)[i])
        return self._modules[str(self._key(i))]

    def __delitem__(self, i: Any) -> None:
        modules = list(self)
        del modules[i if isinstance(i, slice) else self._key(i)]
        self._set_all(modules)


class ModuleDict(Module):
    """A dict of modules, for a forward of your own."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, name: str) -> Any:
        return self._modules[name]

    def __setitem__(self, name: str, module: Any) -> None:
        self._modules.pop(name, None)
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Any:
        return iter(self._modules)

    def __contains__(self, name: str) -> bool:
        return name in self._modules

    def update(self, modules: Any) -> Any:
        """Adds the modules of a dict, or of pairs."""
        for name, module in modules.items() if hasattr(modules, "items") else modules:
            self[name] = module

    def clear(self) -> Any:
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

    def __init__(self, values: Any = None) -> None:
        super().__init__()
        self.extend(values if values is not None else ())

    def _key(self, i: Any) -> Any:
        n = len(self._parameters)
        i = operator.index(i)
        if not -n <= i < n:
            raise IndexError(f"ParameterList: index is out of range; got index={i}, size={n}")
        return str(i % n)

    def append(self, value: Any) -> Any:
        """Adds a parameter at the end."""
        self.register_parameter(str(len(self._parameters)), value if isinstance(value, Parameter) else Parameter(value))
        return self

    def extend(self, values: Any) -> Any:
        """Adds parameters at the end."""
        for v in values:
            self.append(v)
        return self

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(list(self)[i])
        return self._parameters[self._key(i)]

    def __setitem__(self, i: Any, value: Any) -> None:
        setattr(self, self._key(i), value if isinstance(value, Parameter) else Parameter(value))

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Any:
        return iter(tuple(self._parameters.values()))

    def __iadd__(self, values: Any) -> Any:
        return self.extend(values)

    def extra_repr(self) -> str:
        return "\n".join(f"({i}): Parameter of {p.shape}, {p.dtype}" for i, p in self._parameters.items())


class ParameterDict(Module):
    """A dict of parameters. Tensors become parameters."""

    def __init__(self, values: Any = None) -> None:
        super().__init__()
        for name, v in (values or {}).items():
            self[name] = v

    def __getitem__(self, name: str) -> Any:
        return self._parameters[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._parameters.pop(name, None)
        self.register_parameter(name, value if isinstance(value, Parameter) else Parameter(value))

    def __delitem__(self, name: str) -> None:
        del self._parameters[name]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Any:
        return iter(self._parameters)

    def __contains__(self, name: str) -> bool:
        return name in self._parameters

    def keys(self) -> Any:
        return self._parameters.keys()

    def values(self) -> Any:
        return self._parameters.values()

    def items(self) -> Any:
        return self._parameters.items()

    def extra_repr(self) -> str:
        return "\n".join(f"({n}): Parameter of {p.shape}, {p.dtype}" for n, p in self._parameters.items())
