"""A net's weights as prototxt: what protobuf's text format prints of a caffemodel, value by value.

For people, for diffs, and for tools that read text alone: some twenty bytes a
value, a caffemodel has four. Fields stand in the order of their numbers, so a
layer's blobs stand between its `param` and what follows; shared blobs are
written wherever they are used, as Caffe does.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from caffe_fillers import prototxt
from caffe_fillers.distributions import Values
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.net_text import comments
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.schema import BlobProto, LayerParameter

_LAYER_BLOBS = LayerParameter.DESCRIPTOR.fields_by_name["blobs"].number
_DATA = b"    data: "
_PIECE = 1 << 16  # values whose text is held at a time
_PLAIN = (1e-3, 1e6)  # between these every release of numpy writes a number without an exponent


def write(file: BinaryIO, model: Model) -> None:
    """Write the net as text, each value in the fewest digits that give its float32 again.

    That a value is no number survives, which of all those it is does not.
    """
    file.write((comments(model) + prototxt.write(model.net)).encode())
    for layer in model.layers:
        before, after = _around_blobs(layer.parameter)
        file.write(b"layer {\n" + before)
        for blob in layer.blobs:
            _write_blob(file, blob)
        file.write(after + b"}\n")


def read(file: BinaryIO) -> Model:
    """Read a net whose layers hold blobs, as text."""
    from caffe_fillers.formats import text_reader  # the expressions take 5 ms

    return text_reader.read(file)


def _around_blobs(parameter: LayerParameter) -> tuple[bytes, bytes]:
    """A layer's fields with numbers below that of `blobs`, and the others."""
    before, after = LayerParameter(), LayerParameter()
    before.CopyFrom(parameter)
    after.CopyFrom(parameter)
    for descriptor, _ in parameter.ListFields():
        (after if descriptor.number < _LAYER_BLOBS else before).ClearField(descriptor.name)
    return _indented(before), _indented(after)


def _indented(parameter: LayerParameter) -> bytes:
    return "".join(f"  {line}\n" for line in prototxt.write(parameter).splitlines()).encode()


def _write_blob(file: BinaryIO, blob: ModelBlob) -> None:
    file.write(b"  blobs {\n")
    for chunk in blob.chunks():
        for start in range(0, chunk.size, _PIECE):
            texts = digits(chunk[start : start + _PIECE])
            file.write(_DATA + (b"\n" + _DATA).join(texts) + b"\n")
    shape = BlobProto()
    shape.shape.dim.extend(blob.shape)
    if blob.shape:
        file.write("".join(f"    {line}\n" for line in prototxt.write(shape).splitlines()).encode())
    file.write(b"  }\n")


def digits(values: Values) -> list[bytes]:
    """Each float32 in the fewest digits that give it again; without a point where it is whole.

    A reader goes through float64; where the fewest digits lie so near to the
    middle of two float32 that this matters, nine are written.

    >>> digits(np.array([0.1, 1e8, -1e-05, np.nan], np.float32))
    [b'0.1', b'100000000', b'-1e-05', b'nan']
    """
    texts = values.astype("S24")
    size = np.abs(values)
    with np.errstate(invalid="ignore"):  # of a signaling nan
        whole = values == np.rint(values)
    other = np.flatnonzero(~((size >= _PLAIN[0]) & (size < _PLAIN[1])) | whole)
    texts[other] = [repr(float(text)).removesuffix(".0") for text in texts[other].tolist()]
    with np.errstate(over="ignore"):
        again = texts.astype(np.float64).astype(np.float32)
    lost = np.flatnonzero((again != values) & ~np.isnan(values))
    texts[lost] = [f"{value:.9g}" for value in values[lost].tolist()]
    listed: list[bytes] = texts.tolist()
    return listed


formats.add(
    "prototxt",
    Format(
        "prototxt",
        (".caffemodel.prototxt", ".caffemodel.txt"),
        write,
        read,
        also_reads=(".prototxt",),
    ),
)
