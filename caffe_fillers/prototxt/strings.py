r"""String literals: escapes to bytes, bytes to escapes."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    rb"\\(?:([abfnrtv\\'\"?])|([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})"
    rb"|u([0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?)|U([0-9a-fA-F]{8}))"
)
_CONTROL = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))
_NAMED = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"} | {ord(each): f"\\{each}" for each in "\"'\\"}


def unescape(text: str) -> bytes:
    """The bytes of a string literal's inside; an escape that does not exist is a `ValueError`.

    >>> unescape(r"a\\n\\x41\\101")
    b'a\\nAA'
    """
    raw = text.encode("utf-8", "surrogateescape")
    if b"\\" not in raw:
        return raw
    if b"\\" in _ESCAPE.sub(b"", raw):
        raise ValueError("this string has an escape that does not exist")
    return _ESCAPE.sub(_character, raw)


def _character(match: re.Match[bytes]) -> bytes:
    named, octal, hexadecimal, utf_16, utf_32 = match.groups()
    if named:
        return bytes([_CONTROL.get(named[0], named[0])])
    if octal or hexadecimal:
        number = int(octal, 8) if octal else int(hexadecimal, 16)
        if number > 0xFF:
            raise ValueError(f"the escape \\{octal.decode()} is more than a byte")
        return bytes([number])
    encoding = "utf-16-be" if utf_16 else "utf-32-be"
    units = bytes.fromhex((utf_16 or utf_32).decode().replace("\\u", ""))
    try:
        return units.decode(encoding).encode()
    except UnicodeDecodeError:
        raise ValueError(f"the escape {match.group().decode()} is no character") from None


def quote(value: str | bytes) -> str:
    r"""A string literal, escaped as protobuf's printer does; what is not ASCII becomes octal escapes.

    >>> print(quote('a "b"\n'))
    "a \"b\"\n"
    """
    raw = value.encode() if isinstance(value, str) else value
    body = (_NAMED.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)
    return f'"{"".join(body)}"'
