"""Values of scalar fields, from words and to words."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from caffe_fillers.errors import suggestion
from caffe_fillers.prototxt.strings import quote, unescape
from caffe_fillers.prototxt.tokens import Token
from caffe_fillers.schema.extras import PRIVATE

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_BOOLEAN = re.compile("(true|True|t|0*1|0[xX]0*1)|(false|False|f|0+|0[xX]0+)")
_SPECIAL = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}
_OCTAL_OR_HEXADECIMAL = re.compile("0[0-9xX]")
_LISTED_VALUES = 10
_SINGLE = struct.Struct("<f")
_LARGEST_SINGLE = _SINGLE.unpack(b"\xff\xff\x7f\x7f")[0]
_ROUNDS_TO_LARGEST = 3.4028235677973366e38  # halfway to what would be the next float

Scalar = int | float | bool | str | bytes


class UnknownEnumValueError(ValueError):
    """An enum has no such value; a fork's may have."""

    def __init__(self, enum: EnumDescriptor, text: str) -> None:
        super().__init__(enum, text)
        self.enum, self.text = enum, text

    def __str__(self) -> str:
        known = [name for name, value in self.enum.values_by_name.items() if value.number < PRIVATE]
        names = f"; known: {', '.join(known)}" if len(known) <= _LISTED_VALUES else ""
        near = suggestion(self.text, self.enum.values_by_name)
        return f"{self.enum.name} has no value {self.text}{near}{names}"


def scalar(field: FieldDescriptor, token: Token, negative: bool) -> Scalar:
    """The value of a field; what does not fit is a `ValueError` whose text says why.

    The rules are those of google/protobuf/text_format.cc, 3.21. Enum values come as names or as numbers,
    and old prototxts have both.
    """
    if field.cpp_type in _INTEGERS:
        return _integer(token, negative, *_INTEGERS[field.cpp_type])
    return _READERS[field.cpp_type](field, token, negative)


def _integer(token: Token, negative: bool, least: int, most: int) -> int:
    text = token.text
    try:
        value = int(text, 16 if text[:2] in ("0x", "0X") else 8 if text[:1] == "0" else 10)
    except ValueError:
        if text[:1] == "0" and text.isdecimal():
            raise ValueError("a number that begins with 0 is octal") from None
        value = None
    value = -value if value and negative else value
    if value is None or not least <= value <= most or (negative and least == 0):
        raise ValueError(f"expected an integer from {least} to {most}")
    return value


def _real(field: FieldDescriptor, token: Token, negative: bool) -> float:
    text = token.text.lower()
    if text in _SPECIAL:
        value = _SPECIAL[text]
    elif token.kind == "number" and not _OCTAL_OR_HEXADECIMAL.match(text):
        value = float(text.removesuffix("f"))
    else:
        raise ValueError("expected a decimal number")
    value = -value if negative else value
    return _single(value) if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT else value


def _single(value: float) -> float:
    """A double rounded to a float; too large a one becomes infinite."""
    try:
        rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    except OverflowError:
        rounded = math.copysign(_LARGEST_SINGLE if abs(value) == _ROUNDS_TO_LARGEST else math.inf, value)
    return rounded


def _boolean(field: FieldDescriptor, token: Token, negative: bool) -> bool:
    match = _BOOLEAN.fullmatch(token.text)
    if negative or not match:
        raise ValueError("expected true or false")
    return bool(match[1])


def _enum(field: FieldDescriptor, token: Token, negative: bool) -> int:
    enum = _enum_of(field)
    if token.kind == "name" and not negative and token.text in enum.values_by_name:
        return int(enum.values_by_name[token.text].number)
    if token.kind == "number":
        number = _integer(token, negative, *_INTEGERS[FieldDescriptor.CPPTYPE_INT32])
        if number in enum.values_by_number and number < PRIVATE:
            return number
        raise UnknownEnumValueError(enum, str(number))
    if token.kind != "name" or negative:
        raise ValueError(f"expected a value of {enum.name}, without quotes")
    raise UnknownEnumValueError(enum, token.text)


def _enum_of(field: FieldDescriptor) -> EnumDescriptor:
    assert field.enum_type is not None
    return field.enum_type


def _string(field: FieldDescriptor, token: Token, negative: bool) -> bytes:
    if token.kind != "string" or negative:
        raise ValueError("expected a string in quotes")
    return unescape(token.text[1:-1])


_READERS: dict[int, Callable[[FieldDescriptor, Token, bool], Scalar]] = {
    FieldDescriptor.CPPTYPE_FLOAT: _real,
    FieldDescriptor.CPPTYPE_DOUBLE: _real,
    FieldDescriptor.CPPTYPE_BOOL: _boolean,
    FieldDescriptor.CPPTYPE_ENUM: _enum,
    FieldDescriptor.CPPTYPE_STRING: _string,
}


def text_of(field: FieldDescriptor, value: bytes) -> str | bytes:
    """A string's bytes as its field holds them, of all its adjacent literals together."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError("this string is not valid UTF-8") from None


def format_scalar(field: FieldDescriptor, value: Scalar) -> str:
    """A value as prototxt text; a number with a point gives the same float again."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        known = _enum_of(field).values_by_number.get(int(value))
        return str(known.name if known else value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, bytes)):
        return quote(value)
    if isinstance(value, float):
        return _digits(value, field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT)
    return str(value)


def _digits(value: float, single: bool) -> str:
    """Format as protobuf's SimpleFtoa and SimpleDtoa: few digits where these suffice, else all."""
    few, all_ = (6, 9) if single else (15, 17)
    text = f"{value:.{few}g}"
    exact = (_single(float(text)) if single else float(text)) == value
    return text if exact else f"{value:.{all_}g}"
