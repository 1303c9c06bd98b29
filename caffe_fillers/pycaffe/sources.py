"""Forward passes of data layers: Input and DummyData as in Caffe; others are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from caffe_fillers.errors import UsageError
from caffe_fillers.fillers import Constant, Filler, from_parameter
from caffe_fillers.planner import PlannedLayer
from caffe_fillers.pycaffe.blobs import Blob
from caffe_fillers.pycaffe.process import stream

Source: TypeAlias = Callable[[Mapping[str, Blob]], None]


def source_of(layer: PlannedLayer) -> Source:
    """What gives a data layer's tops their values in a pass; a type that reads data is a `UsageError`."""
    if layer.kind.name not in _SOURCES:
        tops = " and ".join(f"net.blobs[{wire.name!r}].data" for wire in layer.tops)
        raise UsageError(
            f"layer {layer.name!r} ({layer.type}) would read data: give {tops} values, then begin after it "
            "with forward(start=...)"
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
