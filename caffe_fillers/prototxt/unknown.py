"""The text of a field that the schema does not have: read without knowing what it means, laid out anew."""

from __future__ import annotations

from textwrap import indent

from caffe_fillers.prototxt.strings import quote, unescape
from caffe_fillers.prototxt.tokens import Cursor, Token

MAX_DEPTH = 100  # what protobuf lets messages nest
CLOSING = {"{": "}", "<": ">"}


def field_text(cursor: Cursor, depth: int) -> str:
    """Pass over a field, whatever it is; its text without comments, as the writer would lay it out.

    >>> from caffe_fillers.prototxt.tokens import Source
    >>> print(field_text(Cursor(Source("crf<pos_w : 3 # why\\n  sizes:[1,2]> next: 1", "")), 0))
    crf {
      pos_w: 3
      sizes: [1, 2]
    }
    """
    name = cursor.next().text
    colon = cursor.take(":")
    if _at_message(cursor):
        return f"{name} {_message_text(cursor, depth)}"
    if cursor.take("["):
        return f"{name}: [{_list_text(cursor, depth)}]"
    if not colon:
        cursor.fail(f"expected a colon or a message after {name}")
    return f"{name}: {_scalar_text(cursor)}"


def _at_message(cursor: Cursor) -> bool:
    return cursor.token.kind == "mark" and cursor.token.text in CLOSING


def _message_text(cursor: Cursor, depth: int) -> str:
    if depth >= MAX_DEPTH:
        cursor.fail(f"messages are nested more than {MAX_DEPTH} deep")
    opening = cursor.next()
    fields = []
    while not cursor.take(CLOSING[opening.text]):
        if cursor.token.kind == "end":
            cursor.fail(f"the message that begins in line {cursor.line(opening)} is not closed")
        if cursor.token.kind != "name":
            cursor.fail("expected a field")
        fields.append(indent(field_text(cursor, depth + 1), "  ") + "\n")
        cursor.take(",", ";")
    return f"{{\n{''.join(fields)}}}"


def _list_text(cursor: Cursor, depth: int) -> str:
    items: list[str] = []
    while not cursor.take("]"):
        if items and not cursor.take(","):
            cursor.fail("expected , or ]")
        items.append(_message_text(cursor, depth) if _at_message(cursor) else _scalar_text(cursor))
    return ", ".join(items)


def _scalar_text(cursor: Cursor) -> str:
    sign = "-" if cursor.take("-") else ""
    if cursor.token.kind not in ("name", "number", "string"):
        cursor.fail("expected a value")
    words = [cursor.next()]
    while words[0].kind == "string" and cursor.token.kind == "string":
        words.append(cursor.next())
    return sign + " ".join(
        _string_text(cursor, each) if each.kind == "string" else each.text for each in words
    )


def _string_text(cursor: Cursor, token: Token) -> str:
    """A literal unchanged, but for what needs an escape: a tab, a byte that is not UTF-8."""
    try:
        raw = unescape(token.text[1:-1])
    except ValueError as error:
        cursor.fail(str(error), token)
    return token.text if token.text.isprintable() else quote(raw)
