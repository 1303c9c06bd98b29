"""Values of enums that forks added to BVLC's layers: `operation: SORT`, `pool: LOWRES`, `engine: MKLDNN`.

Every room knows such a value or leaves the layer out in words; none meets a key that it lacks.
"""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from layer_rows import ROWS, Row, net_of

import caffe_fillers as cf
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.port.reading import readers
from caffe_fillers.prototxt import parse
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.extras import PRIVATE, is_repeated, strip_hidden

PORTED = set(readers)
BOTTOMS_UNKNOWN = {"unknown", "scalar"}


def first_rows() -> list[Row]:
    """The first row of each type with bottoms, all of them known."""
    rows: dict[str, Row] = {}
    for row in ROWS:
        unknown = "?" in row.bottoms or BOTTOMS_UNKNOWN & set(row.bottoms.split())
        if row.bottoms and not row.error and not unknown:
            rows.setdefault(row.type, row)
    return list(rows.values())


def net_with(row: Row) -> NetParameter:
    net = net_of(row.type, row.bottoms, row.body, row.num_tops or len(row.tops.split()))
    strip_hidden(net)
    return net


def values_of_forks(row: Row) -> Iterator[tuple[str, str]]:
    """Yield a path and a value for each value of a fork's that the layer's messages can hold."""
    layer: Any = net_with(row).layer[-1]
    for parameter in layer.DESCRIPTOR.fields:
        if parameter.message_type is None or is_repeated(parameter):
            continue
        if parameter.name.replace("_", "") == f"{row.type.lower()}param" or layer.HasField(parameter.name):
            for field in parameter.message_type.fields:
                for value in field.enum_type.values if field.enum_type else ():
                    if value.number >= PRIVATE:
                        yield f"{parameter.name}.{field.name}", value.name


def with_value(row: Row, path: str, value: str) -> cf.Net:
    net = net_with(row)
    parameter, field = path.split(".")
    message = getattr(net.layer[-1], parameter)
    message.MergeFrom(parse(f"{field}: {value}", type(message)).message)
    strip_hidden(net)
    return cf.load_net(io.BytesIO(str(net).encode()))


CASES = [
    pytest.param(row, path, value, id=f"{row.type} {path} {value}")
    for row in first_rows()
    for path, value in values_of_forks(row)
]


@pytest.mark.parametrize(("row", "path", "value"), CASES)
def test_every_room_takes_it_or_refuses_in_words(row: Row, path: str, value: str) -> None:
    try:
        net = with_value(row, path, value)
    except CaffeFillersError:
        return
    net.signal()
    try:
        net.port("torch")
    except CaffeFillersError as refusal:
        of_value, of_type = "fork's field" in str(refusal), row.type not in PORTED
        assert of_type or (of_value and not path.endswith(".engine")), refusal


def test_there_are_cases() -> None:
    assert len(CASES) > 50
