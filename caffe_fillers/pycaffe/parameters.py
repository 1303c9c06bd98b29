"""The parameter blobs of a net's layers: as a model, and copied in from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from caffe_fillers.api.weights import open_model
from caffe_fillers.copying import copy_weights
from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.planner import PlannedNet
from caffe_fillers.pycaffe.blobs import Array, Blob


@dataclass(frozen=True)
class NetLayer:
    """A layer as `net.layers` lists it: its type and its parameter blobs."""

    type: str
    blobs: list[Blob]


def filled_layers(model: Model) -> list[NetLayer]:
    """Layers with the values of a model; a blob that shares those of another has its array."""
    layers: list[NetLayer] = []
    for layer in model.layers:
        layers.append(NetLayer(type=layer.parameter.type, blobs=[]))
        for blob in layer.blobs:  # one may share another of its own layer
            if blob.owner is None:
                values = blob.array()
            else:
                position, index = blob.owner
                values = layers[position].blobs[index].data.reshape(blob.shape)
            layers[-1].blobs.append(Blob(blob.shape, values))
    return layers


def current_model(plan: PlannedNet, layers: Sequence[NetLayer]) -> Model:
    """The model of a net whose layers have these blobs, with the values that they have when it is read."""
    positions = {layer.id: position for position, layer in enumerate(plan.layers)}
    made = []
    for planned, layer in zip(plan.layers, layers, strict=True):
        blobs = tuple(
            ModelBlob(
                shape=blob.shape,
                chunks=partial(_one_chunk, blob),
                owner=each.owner and (positions[each.owner[0]], each.owner[1]),
            )
            for each, blob in zip(planned.blobs, layer.blobs, strict=True)
        )
        made.append(ModelLayer(parameter=planned.parameter, blobs=blobs))
    return Model(net=plan.head, layers=tuple(made))


def copy_file(plan: PlannedNet, layers: Sequence[NetLayer], path: Path, *, lenient: bool) -> None:
    """Copy the weights of a file into the layers of the same names; the file's name may end anyhow."""
    with open_model(path, _format_of(path)) as source:
        copied = copy_weights(current_model(plan, layers), source, str(path), lenient=lenient)
        for position, index in copied.origins:
            values = copied.model.layers[position].blobs[index].array()
            layers[position].blobs[index].data[...] = values


def _one_chunk(blob: Blob) -> Iterator[Array]:
    yield np.ascontiguousarray(blob.data, np.float32).reshape(-1)


def _format_of(path: Path) -> str:
    """The format of a weight file by its first bytes: HDF5, else a caffemodel, as Caffe takes either."""
    try:
        with path.open("rb") as file:
            return "h5" if file.read(8) == b"\x89HDF\r\n\x1a\n" else "caffemodel"
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
