"""Damage of three kinds: to bytes, to the words of a prototxt, to the fields of a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from caffe_fillers.layers import layer_types
from caffe_fillers.schema import LayerParameter, NetParameter

BOUNDS = [2**7, 2**8, 2**15, 2**16, 2**31, 2**32, 2**63, 2**64]
INTEGERS = [
    *range(-3, 20),
    *(sign * bound + off for bound in BOUNDS for off in (-1, 0, 1) for sign in (1, -1)),
]
REALS = ["nan", "inf", "-inf", "1e400", "-0.0", "1e-46", "3.5e38", "0.1", "1."]
_WORD = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z_]\w*|[-+.\w]+|\s+|.", re.DOTALL)


def damage_bytes(random: Random, data: bytes, other: bytes) -> bytes:
    """A few changes at random places; `other` is another file to take pieces from."""
    content = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(content) + 1)
        end = min(len(content), at + random.choice((1, 1, 2, 4, 8, 64, 1024)))
        match random.randrange(9):
            case 0 if at < len(content):
                content[at] ^= 1 << random.randrange(8)
            case 1 if at < len(content):
                content[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
            case 2:
                del content[at:end]
            case 3:
                content[at:at] = content[at:end] * random.choice((1, 1, 2, 50))
            case 4:
                size = random.choice((1, 2, 4, 8))
                number = random.choice(INTEGERS) % 256**size
                content[at : at + size] = number.to_bytes(size, random.choice(("little", "big")))
            case 5:
                del content[at:]
            case 6 if other:
                start = random.randrange(len(other))
                content[at:end] = other[start : start + random.choice((1, 4, 16, 256))]
            case 7:
                content[at:at] = random.randbytes(random.choice((1, 2, 10)))
            case _:
                content[at:at] = b"\xff" * random.choice((1, 5, 9)) + b"\x01"
    return bytes(content)


def damage_words(random: Random, data: bytes, other: bytes) -> bytes:
    """The same on words: numbers become other numbers, names other names, whole messages move."""
    words, others = _WORD.findall(data), _WORD.findall(other)
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        at = random.randrange(len(words) + 1)
        end = min(len(words), at + random.choice((1, 1, 2, 5, 30)))
        match random.randrange(8):
            case 0:
                del words[at:end]
            case 1:
                words[at:at] = words[at:end] * random.choice((1, 2, 20))
            case 2 if at < len(words):
                words[at] = _other_word(random, words[at], others)
            case 3:
                words[at:end] = reversed(words[at:end])
            case 4:
                words.insert(
                    at, random.choice((b"{", b"}", b"[", b"]", b"<", b">", b":", b",", b"'", b'"', b"#"))
                )
            case 5 if others:
                start = random.randrange(len(others))
                words[at:at] = others[start : start + random.choice((1, 5, 30))]
            case 6:
                words[at:at] = [b"layer{"] * random.choice((1, 3, 120))
            case _:
                words[at:at] = [
                    random.choice((b"\0", b"\xff", b"\xc3", b"\\", b"\\777", b"\xed\xa0\x80", b"\x1b[2J"))
                ]
    return b"".join(words)


def _other_word(random: Random, word: bytes, others: list[bytes]) -> bytes:
    if word[:1].isdigit() or random.random() < 0.2:
        return random.choice(
            (str(random.choice(INTEGERS)), random.choice(REALS), "0x7fffffff", "017")
        ).encode()
    same = [each for each in others if each[:1].isalpha() == word[:1].isalpha() and not each.isspace()]
    return random.choice(same or [b"x"])


def damage_message(random: Random, net: NetParameter) -> None:
    """Change fields of a net in place: values that hardly anybody writes, blobs' names in wrong places."""
    names = [name for layer in net.layer for name in (*layer.top, *layer.bottom)] or ["data"]
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        messages = list(_messages(net))
        message = random.choice(messages)
        if net.layer and random.random() < 0.4:
            message = random.choice(net.layer)
        if isinstance(message, LayerParameter) and random.random() < 0.4:
            _damage_layer(random, message, names)
        elif isinstance(message, NetParameter) and net.layer and random.random() < 0.5:
            net.layer.add().CopyFrom(random.choice(net.layer))
        else:
            _set_a_field(random, message, names)


def _messages(message: Message) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None and field.name != "text_extra":
            for each in [value] if isinstance(value, Message) else value:
                yield from _messages(each)


def _damage_layer(random: Random, layer: Any, names: list[str]) -> None:
    match random.randrange(5):
        case 0:
            layer.type = random.choice(layer_types.names())
        case 1:
            layer.bottom.append(random.choice(names))
        case 2:
            layer.top.append(random.choice((*names, "new")))
        case 3 if layer.bottom:
            layer.bottom[random.randrange(len(layer.bottom))] = random.choice(names)
        case _:
            del (layer.top if random.random() < 0.5 else layer.bottom)[:1]


def _set_a_field(random: Random, message: Any, names: list[str]) -> None:
    fields = [each for each in message.DESCRIPTOR.fields if each.name != "text_extra"]
    present = [each for each, _ in message.ListFields() if each.name != "text_extra"]
    field = random.choice(present if present and random.random() < 0.5 else fields or [None])
    if field is None:
        return
    if random.random() < 0.15:
        message.ClearField(field.name)
        return
    repeated = not hasattr(type(getattr(message, field.name)), "DESCRIPTOR") and hasattr(
        getattr(message, field.name), "append"
    )
    if field.message_type is not None:
        getattr(message, field.name).add() if repeated else getattr(message, field.name).SetInParent()
        return
    value = _value(random, field, names)
    if not repeated:
        setattr(message, field.name, value)
    elif len(getattr(message, field.name)) and random.random() < 0.6:
        values = getattr(message, field.name)
        values[random.randrange(len(values))] = value
    else:
        getattr(message, field.name).extend([value] * random.choice((1, 1, 2, 4, 40)))


_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64),
}


def _value(random: Random, field: Any, names: list[str]) -> Any:
    if field.cpp_type in _RANGES:
        least, beyond = _RANGES[field.cpp_type]
        return random.choice([each for each in INTEGERS if least <= each < beyond])
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return random.choice(list(field.enum_type.values_by_number))
    if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return random.choice([*map(float, REALS), 0.0, 0.5, -1.0, 2.0])
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return random.random() < 0.5
    if field.type == FieldDescriptor.TYPE_BYTES:
        return random.randbytes(random.choice((0, 3, 20)))
    fillers = ("constant", "xavier", "msra", "gaussian", "uniform", "bilinear", "positive_unitball")
    return random.choice((*names, *fillers, "", "é", "a/b", "\0", "[/x]", "x" * 300, layer_types.names()[0]))
