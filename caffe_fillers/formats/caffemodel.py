"""The binary NetParameter that Caffe saves: written as its blobs are drawn, read without copying them.

Protocol Buffers write fields in the order of their numbers and lengths
before contents; both are known from the shapes, so no blob is ever held.
What the file holds is that of the model's era: `Net::ToProto`,
`Layer::ToProto` and `Blob::ToProto` of its day.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import BinaryIO

from caffe_fillers.eras import Era
from caffe_fillers.errors import FormatError
from caffe_fillers.formats.caffemodel_reader import read
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.layouts import Frame, frame
from caffe_fillers.formats.wire import MAX_BYTES, fields, prefix
from caffe_fillers.layers import layer_type
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.passes import era_of, to_v1
from caffe_fillers.schema import LayerParameter, NetParameter, V1LayerParameter
from caffe_fillers.schema.dialects import BVLC, for_file


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a net's layers and of a layer's blobs."""

    layer: int
    blobs: int


def _numbers(layers: str, layer: type[LayerParameter | V1LayerParameter]) -> _Numbers:
    return _Numbers(
        layer=NetParameter.DESCRIPTOR.fields_by_name[layers].number,
        blobs=layer.DESCRIPTOR.fields_by_name["blobs"].number,
    )


_V1, _V2 = _numbers("layers", V1LayerParameter), _numbers("layer", LayerParameter)


def write(file: BinaryIO, model: Model) -> None:
    """Write the bytes of `Net::ToProto`; a model that the format cannot hold is refused before."""
    era = era_of(model.net)
    numbers = _V1 if era.v1_layers else _V2
    before, after = _around(_head(model, era), numbers.layer)
    layers = [_Layer.of(layer, era, numbers) for layer in _saved_layers(model, era)]
    sizes = [layer.size for layer in layers]
    total = len(before) + len(after) + sum(len(prefix(numbers.layer, size)) + size for size in sizes)
    if total > MAX_BYTES:
        raise FormatError(
            f"the model needs {total:,} bytes and a caffemodel ends at {MAX_BYTES:,}: "
            "choose another format, such as --format safetensors or h5"
        )
    file.write(before)
    for layer, size in zip(layers, sizes, strict=True):
        file.write(prefix(numbers.layer, size) + layer.before)
        for blob in layer.blobs:
            blob.write(file)
        file.write(layer.after)
    file.write(after)


def _head(model: Model, era: Era) -> bytes:
    """Return the net's fields beside its layers, with names of inputs from before these were a layer."""
    net = NetParameter()
    net.CopyFrom(model.net)
    if not era.input_layer:
        net.input.extend(top for layer in model.layers if _is_input(layer) for top in layer.parameter.top)
    return for_file(net, net.text_extra.dialect or BVLC).SerializeToString()


def _saved_layers(model: Model, era: Era) -> list[ModelLayer]:
    return [layer for layer in model.layers if era.input_layer or not _is_input(layer)]


def _is_input(layer: ModelLayer) -> bool:
    kind = layer_type(layer.parameter)
    return kind is not None and kind.net_input


def _around(message: bytes, number: int) -> tuple[bytes, bytes]:
    """Return the fields of a message before a number, and the others."""
    before = takewhile(lambda field: field.number < number, fields(memoryview(message), "the model"))
    place = sum(len(field.raw) for field in before)
    return message[:place], message[place:]


@dataclass(frozen=True)
class _Blob:
    """A blob as a field of a layer."""

    blob: ModelBlob
    number: int
    frame: Frame

    @property
    def head(self) -> bytes:
        """Tag and length of the field."""
        return prefix(self.number, self.frame.size + 4 * self.blob.count)

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return len(self.head) + self.frame.size + 4 * self.blob.count

    def write(self, file: BinaryIO) -> None:
        """Write the field, its values as they are drawn."""
        file.write(self.head + self.frame.before)
        for chunk in self.blob.chunks():
            file.write(chunk.astype("<f4", copy=False).data)
        file.write(self.frame.after)


@dataclass(frozen=True)
class _Layer:
    """A layer's blobs, and its fields before and after them; unknown ones are last."""

    before: bytes
    blobs: tuple[_Blob, ...]
    after: bytes

    @classmethod
    def of(cls, layer: ModelLayer, era: Era, numbers: _Numbers) -> _Layer:
        """Return the layer as its dialect and era number its fields."""
        parameter = layer.parameter
        old = to_v1(parameter) if era.v1_layers else parameter
        message = for_file(old, parameter.text_extra.dialect or BVLC)
        before, after = _around(message.SerializeToString(), numbers.blobs)
        blobs = tuple(_Blob(blob, numbers.blobs, frame(blob, era)) for blob in layer.blobs)
        return cls(before, blobs, after)

    @property
    def size(self) -> int:
        """Bytes of its content."""
        return len(self.before) + sum(blob.size for blob in self.blobs) + len(self.after)


formats.add("caffemodel", Format("caffemodel", (".caffemodel", ".binaryproto"), write, read))
