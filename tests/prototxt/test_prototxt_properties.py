"""What holds for every message and every text: what is written reads back; damage ends in our error."""

from collections.abc import MutableSequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import TESTS

from caffe_fillers import prototxt
from caffe_fillers.errors import PrototxtError
from caffe_fillers.schema import Datum, NetParameter, SolverParameter

HERE = TESTS
SETTINGS = settings(max_examples=200, derandomize=True)

UNKNOWN = ["fork: 1", "fork: \"a\\tb\" 'c'", "fork {\n}", "fork {\n  a: -inf\n  b {\n    c: [1, X]\n  }\n}"]
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32, allow_nan=False),
    FieldDescriptor.TYPE_DOUBLE: st.floats(allow_nan=False),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_STRING: st.text(max_size=8),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=8),
}
TEXTS = [
    path.read_text("utf-8", "surrogateescape") for path in sorted(HERE.glob("prototxt/valid/*.prototxt"))
]
TEXTS += [path.read_text()[:2000] for path in sorted(HERE.glob("corpus/s*.prototxt"))]
PIECES = st.sampled_from(
    [*"{}<>[]:,;-\"'\\#\n\0.0", "layer", " name ", "inf", "0x", "\udcff", "é", "phase: 3"]
)


@st.composite
def messages(draw: st.DrawFn, kind: type[Message], depth: int = 3) -> Any:
    """A message with some fields of its kind, forks' too, and with unknown ones."""
    message: Any = kind()
    fields = [each for each in message.DESCRIPTOR.fields if each.name != "text_extra"]
    for field in draw(st.lists(st.sampled_from(fields), max_size=3, unique_by=lambda each: each.name)):
        value = getattr(message, field.name)
        many = isinstance(value, MutableSequence)
        if field.message_type is None and many:
            value.extend(draw(st.lists(scalars(field), max_size=2)))
        elif field.message_type is None:
            setattr(message, field.name, draw(scalars(field)))
        elif depth:
            for _ in range(draw(st.integers(0, 2)) if many else 1):
                target = value.add() if many else value
                target.CopyFrom(draw(messages(type(target), depth - 1)))
                target.SetInParent()
    for name in message.FindInitializationErrors():
        setattr(message, name, 0)
    if unknown := draw(st.lists(st.sampled_from(UNKNOWN), max_size=2)):
        message.text_extra.unknown.extend(unknown)
    return message


def scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    return SCALARS[field.type]


def without_places(message: Message) -> Message:
    """The message itself, with nothing but unknown text in `text_extra`."""
    extra: Any = message.text_extra  # type: ignore[attr-defined]
    extra.ClearField("line")
    extra.ClearField("column")
    if not extra.unknown:
        message.ClearField("text_extra")
    for field, value in message.ListFields():
        if field.message_type is not None and field.name != "text_extra":
            for each in [value] if isinstance(value, Message) else value:
                without_places(each)
    return message


@SETTINGS
@given(st.one_of(messages(NetParameter), messages(SolverParameter), messages(Datum)))
def test_what_is_written_reads_back(message: Message) -> None:
    text = prototxt.write(message)
    read = prototxt.parse(text, type(message)).message
    assert without_places(read) == message
    assert prototxt.write(read) == text


@SETTINGS
@given(
    st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3), PIECES), max_size=4)
)
def test_damage_ends_in_our_error_or_in_a_message(text: str, damages: list[tuple[int, int, str]]) -> None:
    for offset, deleted, inserted in damages:
        text = text[:offset] + inserted + text[offset + deleted :]
    try:
        document = prototxt.parse(text, NetParameter)
    except PrototxtError as error:
        str(error).encode()  # it can be printed
        assert error.line <= text.count("\n") + 1
    else:
        written = prototxt.write(document.message)
        assert prototxt.write(prototxt.parse(written, NetParameter).message) == written
