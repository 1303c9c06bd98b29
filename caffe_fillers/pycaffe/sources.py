"""Forward passes of data layers: Input, DummyData and MemoryData as in Caffe; others are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.fillers import Constant, Filler, from_parameter
from caffe_fillers.planner import PlannedLayer
from caffe_fillers.pycaffe.blobs import Array, Blob
from caffe_fillers.pycaffe.process import stream

Source: TypeAlias = Callable[[Mapping[str, Blob]], None]


@dataclass
class InputArrays:
    """The items of a MemoryData layer and their labels, which passes take in turn, from `position` on."""

    data: Array
    labels: Array
    position: int = 0

    def take(self, layer: PlannedLayer, blobs: Mapping[str, Blob]) -> None:
        """Give the tops the next batch: `MemoryDataLayer::Forward_cpu`."""
        size = layer.parameter.memory_data_param.batch_size
        for wire, values in zip(layer.tops, (self.data, self.labels), strict=True):
            blob = blobs[wire.name]
            blob.data[...] = values[self.position : self.position + size].reshape(blob.shape)
        self.position = (self.position + size) % len(self.data)


def input_arrays(layer: PlannedLayer, data: NDArray[Any], labels: NDArray[Any]) -> InputArrays:
    """Return arrays for a net's first layer, checked as `Net_SetInputArrays` does, _caffe.cpp."""
    if layer.kind.name != "MemoryData":
        raise UsageError(
            f"set_input_arrays wants a MemoryData layer first, and {layer.name!r} is {layer.type}"
        )
    param = layer.parameter.memory_data_param
    item = (param.channels, param.height, param.width)
    column = labels[:, None, None, None] if labels.ndim == 1 else labels
    for what, array, shape in (("data", data, item), ("labels", column, (1, 1, 1))):
        if array.ndim != 4 or array.shape[1:] != shape or array.dtype != np.float32:
            raise UsageError(
                f"set_input_arrays wants {what} as float32 of shape (items, {', '.join(map(str, shape))}), "
                f"not {array.dtype} of shape {array.shape}"
            )
    if not len(data) or len(data) % param.batch_size or len(data) != len(labels):
        raise UsageError(
            f"{len(data)} items and {len(labels)} labels: give as many of each, a multiple of the batch size "
            f"{param.batch_size}"
        )
    return InputArrays(data=data, labels=labels)


def source_of(layer: PlannedLayer, arrays: InputArrays | None = None) -> Source:
    """Return what gives a data layer's tops their values in a pass; a type that reads data is a `UsageError`.

    `arrays` are those that were set for the net's first layer.
    """
    if arrays is not None and layer.id == 0:
        return lambda blobs: arrays.take(layer, blobs)
    if layer.kind.name not in _SOURCES:
        tops = " and ".join(f"net.blobs[{wire.name!r}].data" for wire in layer.tops)
        how = "call net.set_input_arrays(data, labels), or " if layer.kind.name == "MemoryData" else ""
        raise UsageError(
            f"layer {layer.name!r} ({layer.type}) would read data: {how}give {tops} values, then begin after "
            "it with forward(start=...)"
        )
    return lambda blobs: _SOURCES[layer.kind.name](layer, blobs)


def _keep(layer: PlannedLayer, blobs: Mapping[str, Blob]) -> None:
    """Leave the blobs the values that they were given."""


def _draw(layer: PlannedLayer, blobs: Mapping[str, Blob]) -> None:
    """Draw what is not constant from the generator of the process: `DummyDataLayer::Forward_cpu`."""
    for name, filler in _fillers(layer):
        if not isinstance(filler, Constant):
            blobs[name].data[...] = filler.fill(blobs[name].shape, stream())


_SOURCES = {"Input": _keep, "DummyData": _draw}


def fill_constants(layer: PlannedLayer, blobs: Mapping[str, Blob]) -> None:
    """Fill the constant tops of a DummyData layer, once, as `DummyDataLayer::LayerSetUp` does."""
    for name, filler in _fillers(layer):
        if isinstance(filler, Constant):
            blobs[name].data[...] = filler.fill(blobs[name].shape, stream())


def _fillers(layer: PlannedLayer) -> Iterator[tuple[str, Filler]]:
    """The tops of a DummyData layer with their fillers: one is that of all tops, and none is zeros."""
    fillers = [from_parameter(each) for each in layer.parameter.dummy_data_param.data_filler]
    for number, wire in enumerate(layer.tops if fillers else ()):
        yield wire.name, fillers[number if len(fillers) > 1 else 0]
