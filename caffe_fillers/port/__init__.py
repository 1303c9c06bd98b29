"""Port a Caffe net to other frameworks: its code, its initializers, the layout of its weights.

A layer is read as values: trees of operations that every framework has, with all numbers resolved. Axes are
Caffe's. A target turns each operation into its own code or graph nodes; what an operation cannot say is
refused when the layer is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.shapes import Shape, is_known

INFINITY = float("inf")

Arrays: TypeAlias = "Mapping[str, NDArray[np.float32]]"


class Op:
    """An operation; `learned` are the roles of the layer's blobs that it uses, in the caffemodel's order."""

    learned: ClassVar[tuple[str, ...]] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the layer's blobs."""
        return self.learned

    @property
    def results(self) -> int:
        """Number of its results."""
        return 1

    def assigned(self, arrays: Sequence[NDArray[np.float32]]) -> Arrays:
        """Return the layer's blobs by role."""
        return dict(zip(self.roles, arrays, strict=False))


Operand = TypeVar("Operand", bound="Arithmetic")


class Arithmetic:
    """The operators + - * / ** with one another and with numbers, all of them by `combined`."""

    def combined(self: Operand, symbol: str, left: Operand | float, right: Operand | float) -> Operand:
        """Apply an operator to two operands; at most one of them is a number."""
        raise NotImplementedError

    def __add__(self: Operand, other: Operand | float) -> Operand:
        return self.combined("+", self, other)

    def __radd__(self: Operand, other: float) -> Operand:
        return self.combined("+", other, self)

    def __sub__(self: Operand, other: Operand | float) -> Operand:
        return self.combined("-", self, other)

    def __mul__(self: Operand, other: Operand | float) -> Operand:
        return self.combined("*", self, other)

    def __rmul__(self: Operand, other: float) -> Operand:
        return self.combined("*", other, self)

    def __truediv__(self: Operand, other: Operand | float) -> Operand:
        return self.combined("/", self, other)

    def __pow__(self: Operand, exponent: float) -> Operand:
        return self.combined("**", self, exponent)

    def __rpow__(self: Operand, base: float) -> Operand:
        return self.combined("**", base, self)


@dataclass(frozen=True)
class Value(Arithmetic):
    """The result of an operation on other values.

    `shape` is that of the (first) result, None where it is unknown.

    >>> x = Value(Input(0), shape=(2, 3))
    >>> (1.0 + 0.5 * x).shape
    (2, 3)
    """

    op: Op
    inputs: tuple[Value, ...] = ()
    shape: Shape | None = None

    @property
    def rank(self) -> int:
        """Number of axes; a `UsageError` where it is unknown."""
        if self.shape is None:
            raise UsageError("the shape of its bottom is not known; give it with --shape")
        return len(self.shape)

    @property
    def known(self) -> Shape:
        """Return the shape, whose axes after the first must be known."""
        if self.shape is None or not is_known(self.shape[1:]):
            raise UsageError("the shape of its bottom must be known; give it with --shape")
        return self.shape

    @property
    def image(self) -> tuple[int, int, int, int]:
        """The shape of an image, known after its first axis; a `UsageError` for what is none, or is empty."""
        if self.rank != 4 or 0 in self.known:
            raise UsageError("only images are ported, of four axes and with values")
        num, channels, height, width = self.known
        return num, channels, height, width

    def combined(self, symbol: str, left: Value | float, right: Value | float) -> Value:
        """Return the value of an operator, with the shape of the operand of more axes."""
        values = [
            each if isinstance(each, Value) else Value(Number(float(each)), shape=())
            for each in (left, right)
        ]
        shapes = [each.shape for each in values if not isinstance(each.op, Number)]
        shape = None if None in shapes else max((each for each in shapes if each is not None), key=len)
        return Value(Binary(symbol), tuple(values), shape)

    def walk(self) -> Iterator[Value]:
        """Yield the value itself and all values that it is made of."""
        yield self
        for value in self.inputs:
            yield from value.walk()


def function(name: str, x: Value, *numbers: float) -> Value:
    """Apply a function to each value by itself; targets have a table of these.

    >>> function("relu", Value(Input(0), shape=(2, 3))).op
    Function(name='relu', numbers=())
    """
    return Value(Function(name, tuple(map(float, numbers))), (x,), x.shape)


def maximum(left: Value, right: Value) -> Value:
    """Return the larger of two values."""
    return Value(Function("maximum", ()), (left, right), left.shape)


@dataclass(frozen=True)
class Input(Op):
    """The layer's bottom of that index."""

    index: int


@dataclass(frozen=True)
class Number(Op):
    """A number."""

    value: float


@dataclass(frozen=True)
class Binary(Op):
    """One of + - * / ** of two values."""

    symbol: str


@dataclass(frozen=True)
class Function(Op):
    """A function of each value by itself, with its numbers."""

    name: str
    numbers: tuple[float, ...]


Tops: TypeAlias = "Value | tuple[Value, ...]"
"""One value for all tops, which has a result for each, or a value for each top."""
