"""Values of scalar fields, from words and to words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from caffe_fillers.errors import suggestion
from caffe_fillers.prototxt.tokens import Token

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_BOOLEANS = {"true": True, "t": True, "True": True, "1": True}
_BOOLEANS |= {"false": False, "f": False, "False": False, "0": False}
_SPECIAL = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}
_ESCAPE = re.compile(
    rb"\\(?:([abfnrtv\\'\"?])|([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))"
)
_CONTROL = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))

Scalar = int | float | bool | str | bytes


class UnknownEnumValueError(ValueError):
    """An enum has no such value; a fork's may have."""


def scalar(field: FieldDescriptor, token: Token, negative: bool) -> Scalar:
    """The value of a field; what does not fit is a `ValueError` whose text says why.

    Enum values come as names or numbers, as old prototxts have them.
    """
    if field.cpp_type in _INTEGERS:
        return _integer(token, negative, *_INTEGERS[field.cpp_type])
    return _READERS[field.cpp_type](field, token, negative)


def _integer(token: Token, negative: bool, least: int, most: int) -> int:
    try:
        value = int(token.text, 16 if token.text[:2] in ("0x", "0X") else 8 if token.text[:1] == "0" else 10)
    except ValueError:
        raise ValueError("expected an integer") from None
    value = -value if negative else value
    if not least <= value <= most:
        raise ValueError(f"{value} is outside {least} to {most}")
    return value


def _real(field: FieldDescriptor, token: Token, negative: bool) -> float:
    text = token.text.lower()
    if text in _SPECIAL:
        value = _SPECIAL[text]
    elif token.kind == "number":
        value = float(int(text, 16)) if text.startswith("0x") else float(text.removesuffix("f"))
    else:
        raise ValueError("expected a number")
    value = -value if negative else value
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        with np.errstate(over="ignore"):
            return float(np.float32(value))
    return value


def _boolean(field: FieldDescriptor, token: Token, negative: bool) -> bool:
    if negative or token.text not in _BOOLEANS:
        raise ValueError("expected true or false")
    return _BOOLEANS[token.text]


def _enum(field: FieldDescriptor, token: Token, negative: bool) -> int:
    enum = _enum_of(field)
    values = enum.values_by_name
    if token.kind == "name" and token.text in values:
        return int(values[token.text].number)
    if token.kind == "number":
        number = _integer(token, negative, *_INTEGERS[FieldDescriptor.CPPTYPE_INT32])
        if number in enum.values_by_number:
            return number
    elif token.kind != "name":
        raise ValueError(f"expected one of {', '.join(values)}")
    raise UnknownEnumValueError(
        f"{enum.name} has no value {token.text}{suggestion(token.text, values)}; known: {', '.join(values)}"
    )


def _enum_of(field: FieldDescriptor) -> EnumDescriptor:
    assert field.enum_type is not None
    return field.enum_type


def _string(field: FieldDescriptor, token: Token, negative: bool) -> Scalar:
    if token.kind != "string":
        raise ValueError("expected a string in quotes")
    raw = unescape(token.text[1:-1])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return raw
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError("this string is not valid UTF-8") from None


_READERS: dict[int, Callable[[FieldDescriptor, Token, bool], Scalar]] = {
    FieldDescriptor.CPPTYPE_FLOAT: _real,
    FieldDescriptor.CPPTYPE_DOUBLE: _real,
    FieldDescriptor.CPPTYPE_BOOL: _boolean,
    FieldDescriptor.CPPTYPE_ENUM: _enum,
    FieldDescriptor.CPPTYPE_STRING: _string,
}


def unescape(text: str) -> bytes:
    """The bytes of a string literal's inside.

    >>> unescape(r"a\\n\\x41\\101")
    b'a\\nAA'
    """
    raw = text.encode("utf-8", "surrogateescape")
    plain = _ESCAPE.sub(b"", raw)
    if b"\\" in plain:
        raise ValueError("this string has an escape that does not exist")
    return _ESCAPE.sub(_character, raw)


def _character(match: re.Match[bytes]) -> bytes:
    control, octal, hexadecimal, *unicode = match.groups()
    if control:
        return bytes([_CONTROL.get(control[0], control[0])])
    if octal or hexadecimal:
        number = int(octal, 8) if octal else int(hexadecimal, 16)
        if number > 0xFF:
            raise ValueError(f"the escape \\{octal.decode()} is more than a byte")
        return bytes([number])
    number = int(unicode[0] or unicode[1], 16)
    if number > 0x10FFFF:
        raise ValueError("this string has an escape beyond Unicode")
    return chr(number).encode("utf-8", "surrogatepass")


def format_scalar(field: FieldDescriptor, value: Scalar) -> str:
    """A value as prototxt text; floats in the shortest form that gives the same float again."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        known = _enum_of(field).values_by_number.get(int(value))
        return str(known.name if known else value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, bytes)):
        return quote(value)
    if isinstance(value, float):
        short = np.float32(value) if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT else value
        text = repr(float(str(short)))
        return text.removesuffix(".0")
    return str(value)


def quote(value: str | bytes) -> str:
    r"""A string literal; bytes beyond ASCII as octal escapes.

    >>> quote('a"b\n')
    '"a\\"b\\n"'
    """
    raw = value.encode() if isinstance(value, str) else value
    names = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("\\"): "\\\\"}
    body = "".join(names.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)
    return f'"{body}"'
