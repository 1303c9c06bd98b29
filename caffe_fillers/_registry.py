"""Register by decorator, find what a folder holds, list what is known."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Generic, TypeVar

from caffe_fillers.errors import UnknownNameError

T = TypeVar("T")
Registered = TypeVar("Registered")


class Registry(Generic[T]):
    """Names to values of one kind: layer rules, fillers, file formats.

    `package` is the folder whose modules register themselves on import; a
    look-up imports one after another, folders within it last, until the name
    is registered. Installed distributions add to it through the entry point group
    `caffe_fillers.<kind>`, spaces as underscores; they are asked for names
    that the package itself does not have.

    With a `mark` a name that has it, as `BN@segnet`, is a variant of the name
    before it: `variant` finds it, and nothing else does, for nobody writes it.
    `elsewhere` maps names that people bring from elsewhere to those that errors suggest.

    >>> colors = Registry[int]("color")
    >>> @colors.register("red")
    ... def red() -> None: ...
    >>> "red" in colors, colors.names()
    (True, ['red'])
    """

    def __init__(
        self,
        kind: str,
        package: str | None = None,
        mark: str = "\0",
        elsewhere: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.kind = kind
        self._mark = mark
        self._elsewhere = elsewhere
        self._modules = iter(()) if package is None else _modules(package)
        self._values: dict[str, T] = {}
        self._asked_others = False

    def register(self, *names: str) -> Callable[[Registered], Registered]:
        """A decorator that registers what it decorates; a name taken twice is a `ValueError`."""

        def decorate(value: Registered) -> Registered:
            for name in names:
                self.add(name, value)  # type: ignore[arg-type]
            return value

        return decorate

    def add(self, name: str, value: T) -> None:
        """Register one value under one name."""
        if name in self._values:
            raise ValueError(f"{self.kind} {name!r} is registered twice")
        self._values[name] = value

    def names(self) -> list[str]:
        """All registered names, sorted."""
        self._discover()
        self._ask_others()
        return sorted(name for name in self._values if self._mark not in name)

    def variant(self, name: str, which: str) -> T | None:
        """The variant of a name that the package itself registers; None where there is none.

        >>> colors = Registry[int]("color", mark="@")
        >>> colors.add("red", 1); colors.add("red@night", 2)
        >>> colors.variant("red", "night"), colors.names(), "red@night" in colors
        (2, ['red'], False)
        """
        self._discover()
        return self._values.get(f"{name}{self._mark}{which}") if self._mark not in name else None

    def variants(self) -> dict[str, T]:
        """All variants that the package itself registers, by name and mark and which."""
        self._discover()
        return {name: value for name, value in sorted(self._values.items()) if self._mark in name}

    def all(self) -> list[T]:
        """All registered values, in the order of their names."""
        return [self._values[name] for name in self.names()]

    def own(self) -> list[T]:
        """The values that the package itself registers."""
        self._discover()
        return list(self._values.values())

    def __getitem__(self, name: str) -> T:
        if name not in self:
            raise UnknownNameError(self.kind, name, self.names(), self._elsewhere.get(name))
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        self._discover(until=name)
        if name not in self._values:
            self._ask_others()
        return name in self._values and self._mark not in name

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _discover(self, until: str | None = None) -> None:
        """Import the modules that are left, up to the one that registers a name if one is given."""
        while until not in self._values and (module := next(self._modules, None)):
            import_module(module)

    def _ask_others(self) -> None:
        if self._asked_others:
            return
        self._asked_others = True
        from importlib.metadata import entry_points  # 20 ms

        for entry_point in entry_points(group=f"caffe_fillers.{self.kind.replace(' ', '_')}"):
            entry_point.load()


def _modules(package: str) -> Iterator[str]:
    """Yield the names of a folder's modules, then those of the folders within."""
    found = list(pkgutil.iter_modules(import_module(package).__path__, package + "."))
    yield from (each.name for each in found if not each.ispkg)
    for each in found:
        if each.ispkg:
            yield each.name
            yield from _modules(each.name)
