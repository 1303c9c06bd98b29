"""Prototxt to messages, driven by their descriptors.

All that `google::protobuf::TextFormat` reads is read, by its rules (protobuf 3.21, which Caffe's goldens were
recorded with). Beyond it, a field or an enum value that the schema does not have is kept as text in the
message's `text_extra`, since forks of Caffe added hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from caffe_fillers.errors import suggestion
from caffe_fillers.prototxt.scalars import Scalar, UnknownEnumValueError, scalar, text_of
from caffe_fillers.prototxt.strings import unescape
from caffe_fillers.prototxt.tokens import Cursor, Source, Token
from caffe_fillers.prototxt.tolerance import LENIENT_HINT, Tolerance, changes_weights
from caffe_fillers.prototxt.unknown import CLOSING, MAX_DEPTH, field_text
from caffe_fillers.schema.extras import FIELD as EXTRA
from caffe_fillers.schema.extras import PRIVATE, is_repeated

MessageType = TypeVar("MessageType", bound=Message)

_SUGGESTIONS = 50
"""How many unknown fields get the nearest known name and what they change: finding it takes milliseconds."""


@dataclass(frozen=True)
class UnknownField:
    """A field or enum value that the schema lacks: where it came first, how often it came.

    `changes_weights` is set where a filler is meant, or another field that decides the weights.
    """

    message: str
    name: str
    problem: str
    line: int
    column: int
    count: int = 1
    changes_weights: bool = False


@dataclass(frozen=True)
class Document(Generic[MessageType]):
    """A message that was read, and what was unknown in it."""

    message: MessageType
    unknown: tuple[UnknownField, ...]


def parse(
    text: str,
    message_type: Callable[[], MessageType],
    *,
    path: str = "<string>",
    tolerance: Tolerance = Tolerance.LENIENT,
) -> Document[MessageType]:
    """Read a message of a type; `tolerance` says which unknown fields are errors.

    Errors are `PrototxtError` with path, line, column, the line itself and
    the nearest name that is known.

    >>> from caffe_fillers.schema import NetParameter
    >>> parse('name: "lenet" layer { type: "ReLU" }', NetParameter).message.layer[0].type
    'ReLU'
    >>> document = parse("layer { type: 'Data' shuffel: true }", NetParameter)
    >>> document.unknown[0].problem, document.message.layer[0].text_extra.unknown[0]
    ("LayerParameter has no field 'shuffel'", 'shuffel: true')
    """
    reader = _Reader(Cursor(Source(text, path)), tolerance)
    message = message_type()
    reader.read_message(message, reader.cursor.token, "", 0)
    return Document(message, tuple(reader.unknown.values()))


class _UnfitError(Exception):
    """A value that its field cannot hold: why, and the word to show."""

    def __init__(self, why: object, token: Token) -> None:
        super().__init__(why)
        self.why, self.token = why, token


class _Reader:
    def __init__(self, cursor: Cursor, tolerance: Tolerance) -> None:
        self.cursor, self.tolerance = cursor, tolerance
        self.unknown: dict[tuple[str, str], UnknownField] = {}

    def read_message(self, message: Any, begin: Token, closing: str, depth: int) -> None:
        """Fields up to the closing mark, or to the end of the text where there is none."""
        cursor = self.cursor
        extra = getattr(message, EXTRA)
        extra.line, extra.column = cursor.source.place(begin.offset)
        while not cursor.take(closing):
            if cursor.token.kind == "name":
                self.read_field(message, depth)
                cursor.take(",", ";")
            elif cursor.token.kind == "end" and not closing:
                break
            else:
                cursor.fail(_no_name(cursor.token, message, closing))
        if not message.IsInitialized():
            missing = " and ".join(message.FindInitializationErrors())
            cursor.fail(f"{message.DESCRIPTOR.name} needs {missing}", begin)

    def read_field(self, message: Message, depth: int) -> None:
        """A field; kept as text if it or its value is unknown, or if it is a fork's and does not fit."""
        cursor, start = self.cursor, self.cursor.token.offset
        name = cursor.next()
        field: Any = message.DESCRIPTOR.fields_by_name.get(name.text)
        if field is None or field.name == EXTRA:
            near = len(self.unknown) < _SUGGESTIONS
            self.note(message, name.text, name, lambda: _no_field(message, name.text, near=near))
        else:
            try:
                self.read_value(message, field, name, depth)
                return
            except _UnfitError as unfit:
                value = unfit.why.text if isinstance(unfit.why, UnknownEnumValueError) else ""
                if not value and field.number < PRIVATE:
                    cursor.fail(str(unfit.why), unfit.token)
                self.note(message, value or name.text, unfit.token, unfit.__str__)
        cursor.go(start)
        extra: Any = getattr(message, EXTRA)
        extra.unknown.append(field_text(cursor, depth))

    def read_value(self, message: Message, field: FieldDescriptor, name: Token, depth: int) -> None:
        """Read what follows the name of a known field; on a misfit the message is unchanged."""
        if not is_repeated(field) and message.HasField(field.name):
            raise _UnfitError(f"{field.name} is given twice; {message.DESCRIPTOR.name} takes one", name)
        colon = self.cursor.take(":")
        if field.message_type is not None:
            self.read_messages(message, field, name, depth)
        elif colon:
            self.read_scalars(message, field)
        else:
            raise _UnfitError(f"expected a colon after {field.name}", self.cursor.token)

    def read_messages(self, message: Message, field: FieldDescriptor, name: Token, depth: int) -> None:
        cursor, target = self.cursor, getattr(message, field.name)
        if depth >= MAX_DEPTH:
            cursor.fail(f"messages are nested more than {MAX_DEPTH} deep", name)
        for number in self.items(field):
            opening = cursor.token
            if opening.kind != "mark" or opening.text not in CLOSING:
                problem = f"expected {{ after {field.name}: it is a message"
                if number:
                    cursor.fail(problem)
                raise _UnfitError(problem, opening)
            child = target.add() if is_repeated(field) else target
            child.SetInParent()
            cursor.next()
            self.read_message(child, opening if number else name, CLOSING[opening.text], depth + 1)

    def read_scalars(self, message: Message, field: FieldDescriptor) -> None:
        values = [self.read_scalar(field) for _ in self.items(field)]
        if is_repeated(field):
            getattr(message, field.name).extend(values)
        else:
            setattr(message, field.name, values[0])

    def items(self, field: FieldDescriptor) -> Iterator[int]:
        """Stop before each value of a field: one, or for a repeated field as many as the brackets hold."""
        cursor = self.cursor
        if not (is_repeated(field) and cursor.take("[")):
            yield 0
        elif not cursor.take("]"):
            yield 0
            for number in count(1):
                if not cursor.take(","):
                    break
                yield number
            if not cursor.take("]"):
                cursor.fail("expected , or ]")

    def read_scalar(self, field: FieldDescriptor) -> Scalar:
        cursor, begin = self.cursor, self.cursor.token
        negative = cursor.take("-")
        token = cursor.token
        if token.kind not in ("name", "number", "string"):
            raise _UnfitError(f"{field.name}: expected a value", token)
        cursor.next()
        try:
            value = scalar(field, token, negative)
            if not isinstance(value, bytes):
                return value
            literals = [value]
            while cursor.token.kind == "string":  # adjacent literals are one
                token = cursor.next()
                literals.append(unescape(token.text[1:-1]))
            return text_of(field, b"".join(literals))
        except UnknownEnumValueError as error:
            raise _UnfitError(error, begin) from None
        except ValueError as error:
            raise _UnfitError(f"{field.name}: {error}", begin) from None

    def note(self, message: Message, name: str, token: Token, problem: Callable[[], str]) -> None:
        """Note something unknown, or refuse it, as tolerance has it."""
        if self.tolerance is Tolerance.STRICT:
            self.cursor.fail(problem(), token)
        key = (message.DESCRIPTOR.name, name)
        if self.tolerance is Tolerance.CAREFUL and changes_weights(message.DESCRIPTOR, name):
            self.cursor.fail(f"{problem()}; {LENIENT_HINT}", token)
        if key not in self.unknown:
            self.unknown[key] = UnknownField(
                *key,
                problem(),
                *self.cursor.source.place(token.offset),
                count=0,
                changes_weights=len(self.unknown) < _SUGGESTIONS
                and changes_weights(message.DESCRIPTOR, name),
            )
        self.unknown[key] = replace(self.unknown[key], count=self.unknown[key].count + 1)


def _no_field(message: Message, name: str, *, near: bool) -> str:
    descriptor: Any = message.DESCRIPTOR
    known = [each for each in descriptor.fields_by_name if each != EXTRA] if near else []
    return f"{descriptor.name} has no field {name!r}{suggestion(name, known)}"


def _no_name(token: Token, message: Any, closing: str) -> str:
    """Say what is wrong where neither a field begins nor the message ends."""
    name, line = message.DESCRIPTOR.name, message.text_extra.line
    if token.kind == "end":
        return f"{name}, which begins in line {line}, is not closed: a {closing} is missing"
    if token.kind == "mark" and token.text in CLOSING.values():
        if closing:
            return f"{name}, which begins in line {line}, ends with {closing}, not with {token.text}"
        return f"this {token.text} closes nothing"
    if token.text == "[":
        return "extensions and Any messages have no place in Caffe's files"
    return f"expected a field of {name}"
