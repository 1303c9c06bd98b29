"""Prototxt to messages, driven by their descriptors.

All that `google::protobuf::TextFormat` reads is read. Beyond it, a field or
an enum value that the schema does not have is kept as text in the message's
`text_extra`, since forks of Caffe added hundreds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, NoReturn, TypeVar, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from caffe_fillers.errors import PrototxtError, suggestion
from caffe_fillers.prototxt.scalars import Scalar, UnknownEnumValueError, scalar
from caffe_fillers.prototxt.tokens import Source, Token
from caffe_fillers.schema.extras import FIELD as EXTRA

MAX_DEPTH = 100  # what protobuf allows a message to nest

_CLOSING = {"{": "}", "<": ">"}
MessageType = TypeVar("MessageType", bound=Message)


@dataclass(frozen=True)
class UnknownField:
    """A field or enum value that the schema lacks: where it came first, how often it came."""

    message: str
    name: str
    problem: str
    line: int
    column: int
    count: int = 1


@dataclass(frozen=True)
class Document(Generic[MessageType]):
    """A message that was read, and what was unknown in it."""

    message: MessageType
    unknown: tuple[UnknownField, ...]


def decode(data: bytes, path: str) -> str:
    """The text of a file; what is not UTF-8 is a `PrototxtError` with its place."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise PrototxtError("the text is not valid UTF-8", path, line, column) from None


def parse(
    text: str, message_type: Callable[[], MessageType], *, path: str = "<string>", strict: bool = False
) -> Document[MessageType]:
    """Read a message of a type; with `strict` an unknown field is an error.

    Errors are `PrototxtError` with path, line, column, the line itself and
    the nearest name that is known.

    >>> from caffe_fillers.schema import NetParameter
    >>> parse('name: "lenet" layer { type: "ReLU" }', NetParameter).message.layer[0].type
    'ReLU'
    """
    reader = _Reader(Source(text, path), strict)
    message = message_type()
    reader.read_fields(message, "", 0)
    return Document(message, tuple(reader.unknown.values()))


def top_fields(text: str, path: str = "<string>") -> set[str]:
    """The names of the fields that a text has at its top level, whatever message it is of.

    >>> sorted(top_fields("net: 'lenet.prototxt' test_state { level: 2 }"))
    ['net', 'test_state']
    """
    names, depth, previous = set(), 0, ""
    for token in Source(text, path).tokens():
        if token.kind == "mark":
            depth += (token.text in "{<[") - (token.text in "}>]")
        elif token.kind == "name" and depth == 0 and previous != ":":
            names.add(token.text)
        previous = token.text
    return names


class _Reader:
    def __init__(self, source: Source, strict: bool) -> None:
        self.source, self.strict = source, strict
        self.unknown: dict[tuple[str, str], UnknownField] = {}
        self._tokens = source.tokens()
        self.token = next(self._tokens)

    def next(self) -> Token:
        """Take the word at hand and go on to the following."""
        taken = self.token
        if taken.kind != "end":
            self.token = next(self._tokens)
        return taken

    def take(self, *marks: str) -> bool:
        """Take a mark if it is there."""
        if self.token.kind == "mark" and self.token.text in marks:
            self.next()
            return True
        return False

    def fail(self, problem: str, token: Token | None = None) -> NoReturn:
        """Raise the error of a problem at a word, by default the one at hand."""
        self.source.fail(problem, (token or self.token).offset)

    def read_fields(self, message: Message, closing: str, depth: int) -> None:
        """Fields up to the closing mark, or to the end of the text."""
        extra: Any = getattr(message, EXTRA, None)
        if extra is not None:
            extra.line, extra.column = self.source.place(self.token.offset if not depth else self._opened)
        while not (closing and self.take(closing)):
            if self.token.kind == "end":
                if not closing:
                    return
                self.fail(f"the text ends inside {message.DESCRIPTOR.name}: a {closing} is missing")
            self.read_field(message, depth)
            self.take(",", ";")

    def read_field(self, message: Message, depth: int) -> None:
        name = self.next()
        if name.kind != "name":
            self.fail(f"expected a field of {message.DESCRIPTOR.name}", name)
        descriptor: Any = message.DESCRIPTOR
        field = descriptor.fields_by_name.get(name.text)
        if field is None or field.name == EXTRA:
            self.note_unknown(descriptor, name)
            self.skip_value(depth)
            self.keep(message, name)
        elif field.message_type is not None:
            self.take(":")
            self.read_messages(message, field, name, depth)
        else:
            if not self.take(":"):
                self.fail(f"expected a colon after {name.text}")
            self.read_scalars(message, field, name)

    def read_messages(self, message: Message, field: FieldDescriptor, name: Token, depth: int) -> None:
        if depth >= MAX_DEPTH:
            self.fail(f"messages are nested more than {MAX_DEPTH} deep", name)
        repeated = _is_repeated(field)
        many = repeated and self.take("[")
        if many and self.take("]"):
            return
        while True:
            if not repeated and message.HasField(field.name):
                self.fail(f"{field.name} is given twice; {message.DESCRIPTOR.name} takes one", name)
            target = getattr(message, field.name)
            child = target.add() if repeated else target
            if not repeated:
                child.SetInParent()
            opening = self.next()
            if opening.text not in _CLOSING or opening.kind != "mark":
                self.fail(f"expected {{ after {name.text}: it is a message", opening)
            self._opened = name.offset
            self.read_fields(child, _CLOSING[opening.text], depth + 1)
            if not many or not self.take(","):
                break
        if many and not self.take("]"):
            self.fail("expected , or ]")

    def read_scalars(self, message: Message, field: FieldDescriptor, name: Token) -> None:
        repeated = _is_repeated(field)
        if not repeated and message.HasField(field.name):
            self.fail(f"{field.name} is given twice; {message.DESCRIPTOR.name} takes one", name)
        values: list[Scalar] = []
        many = repeated and self.take("[")
        if many and self.take("]"):
            return
        while True:
            start = self.token
            try:
                values.append(self.read_scalar(field))
            except UnknownEnumValueError as error:
                self.note_unknown(cast("Descriptor", message.DESCRIPTOR), start, str(error))
                self.keep(message, name)
            except ValueError as error:
                self.fail(f"{field.name}: {error}", start)
            if not many or not self.take(","):
                break
        if many and not self.take("]"):
            self.fail("expected , or ]")
        if repeated:
            getattr(message, field.name).extend(values)
        elif values:
            setattr(message, field.name, values[0])

    def read_scalar(self, field: FieldDescriptor) -> Scalar:
        negative = self.take("-")
        token = self.next()
        if token.kind in ("mark", "end"):
            raise ValueError("expected a value")
        value = scalar(field, token, negative)
        while token.kind == "string" and self.token.kind == "string":
            value += scalar(field, self.next(), False)  # type: ignore[operator]  # adjacent literals are one
        return value

    def skip_value(self, depth: int) -> None:
        """Pass over the value of an unknown field, whatever it is."""
        colon = self.take(":")
        opening = self.token
        if depth >= MAX_DEPTH:
            self.fail(f"messages are nested more than {MAX_DEPTH} deep")
        if self.take("["):
            while not self.take("]"):
                self.skip_value_of_list(depth)
        elif opening.kind == "mark" and opening.text in _CLOSING:
            self.next()
            while not self.take(_CLOSING[opening.text]):
                if self.next().kind != "name":
                    self.fail("expected a field", opening)
                self.skip_value(depth + 1)
                self.take(",", ";")
        elif not colon:
            self.fail("expected a colon or a message")
        else:
            self.skip_scalar()

    def skip_value_of_list(self, depth: int) -> None:
        if self.token.text in _CLOSING:
            self.skip_value(depth + 1)
        else:
            self.skip_scalar()
        if not self.take(",") and self.token.text != "]":
            self.fail("expected , or ]")

    def skip_scalar(self) -> None:
        self.take("-")
        token = self.next()
        if token.kind in ("mark", "end"):
            self.fail("expected a value", token)
        while token.kind == "string" and self.token.kind == "string":
            self.next()

    def keep(self, message: Message, name: Token) -> None:
        """Keep the text from a field's name to here; all on one line, for comments are gone then."""
        extra: Any = getattr(message, EXTRA)
        extra.unknown.append(self.source.verbatim(name.offset, self.token.offset))

    def note_unknown(self, descriptor: Descriptor, token: Token, problem: str = "") -> None:
        if not problem:
            near = suggestion(token.text, [name for name in descriptor.fields_by_name if name != EXTRA])
            problem = f"{descriptor.name} has no field {token.text!r}{near}"
        if self.strict:
            self.fail(problem, token)
        key = (descriptor.name, token.text)
        line, column = self.source.place(token.offset)
        seen = self.unknown.get(key, UnknownField(*key, problem, line, column, 0))
        self.unknown[key] = replace(seen, count=seen.count + 1)


def _is_repeated(field: FieldDescriptor) -> bool:
    # protobuf renamed the property in 6.31 and warns about the old one since.
    repeated = getattr(field, "is_repeated", None)
    if repeated is None:
        repeated = getattr(field, "label") == FieldDescriptor.LABEL_REPEATED  # noqa: B009  (gone from the types)
    return bool(repeated)
