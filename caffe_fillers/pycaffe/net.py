"""pycaffe's Net without its passes: built, filled, changed, copied, shared, saved."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_fillers.api.files import SourceFolders
from caffe_fillers.api.net import Net as FillableNet
from caffe_fillers.api.net import load_net
from caffe_fillers.api.weights import open_model, save_model
from caffe_fillers.copying import copy_weights
from caffe_fillers.errors import UsageError
from caffe_fillers.execute import execute
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.planner import PlannedNet
from caffe_fillers.pycaffe.blobs import Array, Blob
from caffe_fillers.pycaffe.process import stream
from caffe_fillers.pycaffe.unavailable import refuse
from caffe_fillers.resources import require_memory
from caffe_fillers.schema import TEST, TRAIN
from caffe_fillers.shapes import Shape, is_known

if TYPE_CHECKING:
    from caffe_fillers.rng import Stream

_PHASES = {int(TRAIN): "train", int(TEST): "test"}
_INPUT = "Input"


@dataclass(frozen=True)
class NetLayer:
    """A layer as `net.layers` lists it: its type and its parameter blobs."""

    type: str
    blobs: list[Blob]


class Net:
    """A net whose weights have been drawn from the process's generator, as Caffe draws them.

    `Net(file, phase, weights=..., level=..., stages=...)`, or as older
    scripts have it `Net(file, weights, phase)`. Relative names inside are
    tried against the current folder, then the file's. Errors are
    `CaffeFillersError`.

    >>> from caffe_fillers.pycaffe import TEST, Net, set_random_seed
    >>> set_random_seed(1701)
    >>> net = Net("examples/lenet.prototxt", TEST)
    >>> net.params["conv1"][0].data.shape, net.blobs["pool1"].shape
    ((20, 1, 5, 5), (64, 20, 12, 12))
    >>> net.params["conv1"][1].data[...] = 0.5
    """

    def __init__(
        self,
        network_file: str | os.PathLike[str],
        phase: int | str | os.PathLike[str],
        *legacy_phase: int,
        level: int = 0,
        stages: Sequence[str] | None = None,
        weights: str | os.PathLike[str] | None = None,
    ) -> None:
        if legacy_phase:
            (number,), weights = legacy_phase, os.fspath(phase)  # type: ignore[arg-type]
        else:
            number = phase  # type: ignore[assignment]
        if number not in _PHASES:
            raise UsageError(f"phase {number!r} is neither caffe.TRAIN nor caffe.TEST")
        loaded = load_net(
            os.fspath(network_file), phase=_PHASES[number], level=level, stages=tuple(stages or ())
        )
        self._build(loaded.plan, loaded.folders, stream())
        self._loader = partial(
            load_net,
            os.fspath(network_file),
            phase=_PHASES[number],
            level=level,
            stages=tuple(stages or ()),
        )
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def of_plan(cls, loaded: FillableNet, plan: PlannedNet) -> Net:
        """A net that a solver builds: one of the plans that were read with it."""
        net = cls.__new__(cls)
        net._build(plan, loaded.folders, stream())
        return net

    def _build(self, plan: PlannedNet, folders: SourceFolders, used: Stream) -> None:
        require_memory(4 * plan.num_parameters, "the weights in memory take")
        self._plan, self._folders = plan, folders
        model, execution = execute(plan, used)
        self._layers: list[NetLayer] = []
        for layer in model.layers:
            self._layers.append(NetLayer(type=layer.parameter.type, blobs=[]))
            for blob in layer.blobs:  # one may share another of its own layer
                self._layers[-1].blobs.append(Blob(blob.shape, self._values(blob)))
        execution.finish()
        self._blobs = OrderedDict(
            (name, Blob(shape)) for name, shape in plan.tops.items() if shape is not None and is_known(shape)
        )
        self._unknown = {name for name in plan.tops if name not in self._blobs}

    def _values(self, blob: ModelBlob) -> Array:
        if blob.owner is None:
            return blob.array()
        position, index = blob.owner
        return self._layers[position].blobs[index].data.reshape(blob.shape)

    @property
    def blobs(self) -> OrderedDict[str, Blob]:
        """The blobs between layers by name, as zeros; those whose shape is unknown are left out."""
        return self._blobs

    @property
    def params(self) -> OrderedDict[str, list[Blob]]:
        """The parameter blobs of each layer that has any, by its name."""
        named = zip(self._layer_names, self._layers, strict=True)
        return OrderedDict((name, layer.blobs) for name, layer in named if layer.blobs)

    @property
    def layers(self) -> list[NetLayer]:
        """All layers in order, Splits included."""
        return self._layers

    @property
    def layer_dict(self) -> OrderedDict[str, NetLayer]:
        """All layers by name."""
        return OrderedDict(zip(self._layer_names, self._layers, strict=True))

    @property
    def _layer_names(self) -> list[str]:
        return [layer.name for layer in self._plan.layers]

    @property
    def _blob_names(self) -> list[str]:
        return list(self._plan.tops)

    @property
    def bottom_names(self) -> OrderedDict[str, list[str]]:
        """The bottoms of each layer."""
        return OrderedDict((layer.name, [wire.name for wire in layer.bottoms]) for layer in self._plan.layers)

    @property
    def top_names(self) -> OrderedDict[str, list[str]]:
        """The tops of each layer."""
        return OrderedDict((layer.name, [wire.name for wire in layer.tops]) for layer in self._plan.layers)

    @property
    def inputs(self) -> list[str]:
        """The tops of Input layers: what `forward` would be given."""
        return [wire.name for layer in self._plan.layers if layer.type == _INPUT for wire in layer.tops]

    @property
    def outputs(self) -> list[str]:
        """The blobs that no layer reads, sorted as Caffe has them (`available_blobs`, net.cpp)."""
        available: set[str] = set()
        for layer in self._plan.layers:
            available.difference_update(wire.name for wire in layer.bottoms)
            available.update(wire.name for wire in layer.tops)
        return sorted(available)

    def copy_from(self, weights: str | os.PathLike[str]) -> None:
        """Copy the weights of a file into the layers of the same names; the file's name may end anyhow."""
        path = Path(weights)
        with open_model(path, _format_of(path)) as source:
            copied = copy_weights(self._model(), source, str(path))
            for place in copied.origins:
                position, index = place
                self._layers[position].blobs[index].data[...] = (
                    copied.model.layers[position].blobs[index].array()
                )

    def share_with(self, other: Net) -> None:
        """Have the values of another net's layers of the same names: what changes there changes here."""
        mine = dict(zip(reversed(self._layer_names), reversed(self._layers), strict=True))
        for name, layer in zip(other._layer_names, other._layers, strict=True):
            if name in mine and layer.blobs:
                if len(mine[name].blobs) != len(layer.blobs):
                    raise UsageError(f"layer {name!r} has another number of blobs in the other net")
                for blob, shared in zip(mine[name].blobs, layer.blobs, strict=True):
                    blob.share(shared)

    def save(self, filename: str | os.PathLike[str]) -> None:
        """Write the caffemodel that Caffe would write, whole or not at all, under any name."""
        save_model(Path(filename), self._model(), "caffemodel", force=True)

    def save_hdf5(self, filename: str | os.PathLike[str]) -> None:
        """Write the weights as HDF5, as Caffe lays it out."""
        save_model(Path(filename), self._model(), "h5", force=True)

    def load_hdf5(self, filename: str | os.PathLike[str]) -> None:
        """Copy the weights of an HDF5 file, as `copy_from` does."""
        self.copy_from(filename)

    def _model(self) -> Model:
        """The net and its values as they are now."""
        positions = {layer.id: position for position, layer in enumerate(self._plan.layers)}
        layers = []
        for planned, layer in zip(self._plan.layers, self._layers, strict=True):
            blobs = tuple(
                ModelBlob(
                    shape=blob.shape,
                    chunks=partial(_one_chunk, blob),
                    owner=each.owner and (positions[each.owner[0]], each.owner[1]),
                )
                for each, blob in zip(planned.blobs, layer.blobs, strict=True)
            )
            layers.append(ModelLayer(parameter=planned.parameter, blobs=blobs))
        return Model(net=self._plan.head, layers=tuple(layers))

    def reshape(self) -> None:
        """Work out all shapes anew from those of the inputs, which `blobs[name].reshape` changed."""
        given: dict[str, Shape] = {name: self._blobs[name].shape for name in self.inputs}
        plan = self._loader(shapes=given).plan
        before = [blob.shape for blob in self._plan.blobs]
        if [blob.shape for blob in plan.blobs] != before:
            raise UsageError(f"with inputs of {given} weights would need other shapes; no layer allows that")
        self._plan = plan
        for name, shape in plan.tops.items():
            if shape is not None and is_known(shape) and self._blobs[name].shape != shape:
                self._blobs[name].reshape(*shape)

    def forward(self, *arguments: Any, **keywords: Any) -> Any:
        """Not done: a `NotCaffeError`."""
        refuse("Net.forward")

    def backward(self, *arguments: Any, **keywords: Any) -> Any:
        """Not done: a `NotCaffeError`."""
        refuse("Net.backward")


def _one_chunk(blob: Blob) -> Any:
    yield np.ascontiguousarray(blob.data, np.float32).reshape(-1)


def _format_of(path: Path) -> str:
    """The format of a weight file by its first bytes: HDF5, else a caffemodel, as Caffe takes either."""
    try:
        with path.open("rb") as file:
            return "h5" if file.read(8) == b"\x89HDF\r\n\x1a\n" else "caffemodel"
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
