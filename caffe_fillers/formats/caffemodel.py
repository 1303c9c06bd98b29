"""The binary NetParameter that Caffe saves: written as its blobs are drawn, read without copying them.

Protocol Buffers write fields in the order of their numbers and lengths
before contents; both are known from the shapes, so no blob is ever held.
"""

from __future__ import annotations

from itertools import takewhile
from typing import BinaryIO

from caffe_fillers.errors import FormatError
from caffe_fillers.formats.caffemodel_reader import read
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.layouts import frame
from caffe_fillers.formats.wire import MAX_BYTES, fields, prefix
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.schema.dialects import BVLC, for_file

_NET_LAYER = NetParameter.DESCRIPTOR.fields_by_name["layer"].number
_LAYER_BLOBS = LayerParameter.DESCRIPTOR.fields_by_name["blobs"].number


def write(file: BinaryIO, model: Model) -> None:
    """Write the bytes of `Net::ToProto`; a model that the format cannot hold is refused before."""
    head = _head(model)
    sizes = [_layer_size(layer) for layer in model.layers]
    total = len(head) + sum(len(prefix(_NET_LAYER, size)) + size for size in sizes)
    if total > MAX_BYTES:
        raise FormatError(
            f"the model needs {total:,} bytes and a caffemodel ends at {MAX_BYTES:,}: "
            "choose another format, such as --format safetensors or h5"
        )
    file.write(head)
    for layer, size in zip(model.layers, sizes, strict=True):
        file.write(prefix(_NET_LAYER, size))
        before, after = _around_blobs(layer.parameter)
        file.write(before)
        for blob in layer.blobs:
            _write_blob(file, blob, _dialect(layer.parameter))
        file.write(after)


def _head(model: Model) -> bytes:
    """All that the net says beside its layers; the numbers of these fields are below that of `layer`."""
    return for_file(model.net, _dialect(model.net)).SerializeToString()


def _write_blob(file: BinaryIO, blob: ModelBlob, dialect: str) -> None:
    around = frame(blob, dialect)
    file.write(prefix(_LAYER_BLOBS, around.size + 4 * blob.count) + around.before)
    for chunk in blob.chunks():
        file.write(chunk.astype("<f4", copy=False).data)
    file.write(around.after)


def _layer_size(layer: ModelLayer) -> int:
    parameter = sum(map(len, _around_blobs(layer.parameter)))
    return parameter + sum(_blob_field_size(blob, _dialect(layer.parameter)) for blob in layer.blobs)


def _blob_field_size(blob: ModelBlob, dialect: str) -> int:
    size = frame(blob, dialect).size + 4 * blob.count
    return len(prefix(_LAYER_BLOBS, size)) + size


def _dialect(message: NetParameter | LayerParameter) -> str:
    return message.text_extra.dialect or BVLC


def _around_blobs(parameter: LayerParameter) -> tuple[bytes, bytes]:
    """A layer's fields before `blobs`, and the others, as its dialect numbers them; unknown ones are last."""
    layer = for_file(parameter, _dialect(parameter)).SerializeToString()
    before = takewhile(lambda field: field.number < _LAYER_BLOBS, fields(memoryview(layer), "the layer"))
    place = sum(len(field.raw) for field in before)
    return layer[:place], layer[place:]


formats.add("caffemodel", Format("caffemodel", (".caffemodel", ".binaryproto"), write, read))
