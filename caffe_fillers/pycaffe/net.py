"""pycaffe's Net without its backward pass: built, filled, changed, copied, saved, computed forward."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from caffe_fillers.api.loading import load_net
from caffe_fillers.api.net import Net as FillableNet
from caffe_fillers.api.weights import save_model
from caffe_fillers.errors import UnknownNameError, UsageError, few
from caffe_fillers.execute import execute
from caffe_fillers.layers import Role
from caffe_fillers.planner import PlannedNet, Wire
from caffe_fillers.pycaffe.batches import batches
from caffe_fillers.pycaffe.blobs import Array, Blob
from caffe_fillers.pycaffe.forward import Engine, Range
from caffe_fillers.pycaffe.parameters import NetLayer, copy_file, current_model, filled_layers
from caffe_fillers.pycaffe.process import reading, stream
from caffe_fillers.pycaffe.sources import InputArrays, fill_constants, input_arrays
from caffe_fillers.pycaffe.unavailable import refuse
from caffe_fillers.resources import require_memory
from caffe_fillers.schema import TEST, TRAIN
from caffe_fillers.shapes import Shape, is_known

_PHASES = {int(TRAIN): "train", int(TEST): "test"}


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
            os.fspath(network_file),
            phase=_PHASES[number],
            level=level,
            stages=tuple(stages or ()),
            **reading().keywords(),
        )
        self._build(loaded.plan, lambda shapes: loaded.with_shapes(shapes).plan)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def of_solver(cls, loaded: FillableNet, test: int | None = None) -> Net:
        """The training net of a solver, or the test net of a number."""

        def plan(net: FillableNet) -> PlannedNet:
            return net.plan if test is None else net.test_plans[test]

        net = cls.__new__(cls)
        net._build(plan(loaded), lambda shapes: plan(loaded.with_shapes(shapes)))
        return net

    def _build(self, plan: PlannedNet, plan_again: Callable[[Mapping[str, Shape]], PlannedNet]) -> None:
        require_memory(4 * plan.num_parameters, "the weights in memory take")
        self._plan, self._plan_again, self._engine = plan, plan_again, Engine()
        self._arrays: InputArrays | None = None
        model, execution = execute(plan, stream())
        self._layers = filled_layers(model)
        execution.finish()
        self._blobs = OrderedDict[str, Blob]()
        for layer in plan.layers:
            for wire in layer.tops:
                copied = self._blobs[wire.copied.name] if wire.copied else None
                self._blobs.setdefault(wire.name, Blob(_shape(wire.shape), copied=copied))
            if layer.kind.role is Role.DATA:
                fill_constants(layer, self._blobs)

    def __repr__(self) -> str:
        count = f"{len(self._layers)} layers, {self._plan.num_parameters:,} parameters"
        return f"<caffe.Net {self._plan.name!r}: {count}>"

    @property
    def blobs(self) -> OrderedDict[str, Blob]:
        """The blobs between layers by name, zeros until they get values; without axes where unknown."""
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
        return [wire.name for layer in self._plan.layers if layer.kind.net_input for wire in layer.tops]

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
        copy_file(self._plan, self._layers, Path(weights), lenient=reading().lenient)

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
        save_model(Path(filename), current_model(self._plan, self._layers), "caffemodel", force=True)

    def save_hdf5(self, filename: str | os.PathLike[str]) -> None:
        """Write the weights as HDF5, as Caffe lays it out."""
        save_model(Path(filename), current_model(self._plan, self._layers), "h5", force=True)

    def load_hdf5(self, filename: str | os.PathLike[str]) -> None:
        """Copy the weights of an HDF5 file, as `copy_from` does."""
        self.copy_from(filename)

    def clear_param_diffs(self) -> None:
        """Set the gradients of all parameters to zero."""
        for layer in self._layers:
            for blob in layer.blobs:
                blob.diff[...] = 0

    def reshape(self) -> None:
        """Work out all shapes anew from those of the data, which `blobs[name].reshape` changed."""
        known = {wire.name for wire in self._data() if wire.shape is not None or self._blobs[wire.name].shape}
        given = {name: self._blobs[name].shape for name in known}
        plan = self._plan_again(given)
        before = [blob.shape for blob in self._plan.blobs]
        if [blob.shape for blob in plan.blobs] != before:
            raise UsageError(f"with inputs of {given} weights would need other shapes; no layer allows that")
        self._plan = plan
        for name, shape in plan.tops.items():
            if self._blobs[name].shape != _shape(shape):
                self._blobs[name].reshape(*_shape(shape))

    def _data(self) -> list[Wire]:
        """Return what data layers make, as the net was built."""
        return [wire for layer in self._plan.layers if layer.kind.role is Role.DATA for wire in layer.tops]

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **inputs: ArrayLike,
    ) -> dict[str, Array]:
        """Compute the net, or its layers from `start` to `end`, and return the values of its outputs.

        Inputs are taken as they stand in `net.blobs`, or given by name.
        `blobs` names more blobs to return. Every blob has afterwards what
        Caffe leaves in it. What cannot be computed as Caffe does is a
        `UsageError`; without the extra `forward` it is a `MissingExtraError`.
        """
        first = 0 if start is None else self._position(start)
        last = len(self._layers) - 1 if end is None else self._position(end)
        results = [*(self.outputs if end is None else self.top_names[end]), *(blobs or ())]
        for name in results:
            self._blob(name)
        if inputs:
            self._take(inputs)
        if any(self._blobs[wire.name].shape != _shape(wire.shape) for wire in self._data()):
            self.reshape()
        self._engine.run(
            plan=self._plan,
            parameters=[layer.blobs for layer in self._layers],
            blobs=self._blobs,
            chosen=Range(first, last),
            arrays=self._arrays,
        )
        return {name: self._blobs[name].data for name in results}

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Give a MemoryData layer, which must be the first, the items that passes take in turn.

        Both are float32 arrays of a multiple of the batch size; labels have
        one axis, or three more of length 1. Others are a `UsageError`.
        """
        self._arrays = input_arrays(self._plan.layers[0], np.asarray(data), np.asarray(labels))

    def forward_all(self, blobs: Sequence[str] | None = None, **inputs: ArrayLike) -> dict[str, Array]:
        """Compute the net on any number of items, a batch at a time; see `forward`."""
        arrays = {name: np.asarray(values) for name, values in inputs.items()}
        if not arrays:
            raise UsageError("forward_all wants inputs by name, such as forward_all(data=images)")
        made: dict[str, list[Array]] = {}
        for batch in batches(arrays, next(iter(self._blobs.values())).shape[0]):
            for name, values in self.forward(blobs, None, None, **batch).items():
                made.setdefault(name, []).extend(np.atleast_1d(values.copy()))
        count = len(next(iter(arrays.values())))
        return {name: np.asarray(values[:count]) for name, values in made.items()}

    def _position(self, layer: str) -> int:
        if layer not in self._layer_names:
            raise UnknownNameError("layer", layer, self._layer_names)
        return self._layer_names.index(layer)

    def _blob(self, name: str) -> Blob:
        if name not in self._blobs:
            raise UnknownNameError("blob", name, self._blobs)
        return self._blobs[name]

    def _take(self, inputs: Mapping[str, ArrayLike]) -> None:
        """Give the inputs their values: all of them, in batches of the net's size."""
        if set(inputs) != set(self.inputs):
            raise UsageError(f"give all inputs of the net, {few(self.inputs)}, not {few(list(inputs))}")
        for name, values in inputs.items():
            array, blob = np.asarray(values), self._blob(name)
            if array.shape[:1] != blob.shape[:1]:
                raise UsageError(
                    f"input {name!r} has shape {array.shape} and its blob {blob.shape}: give as many items, "
                    f"call net.blobs[{name!r}].reshape first, or use forward_all"
                )
            blob.data[...] = array

    def backward(self, *arguments: Any, **keywords: Any) -> Any:
        """Not done: a `NotCaffeError`."""
        refuse("Net.backward")

    def forward_backward_all(self, *arguments: Any, **keywords: Any) -> Any:
        """Not done: a `NotCaffeError`."""
        refuse("Net.forward_backward_all")


def _shape(shape: Shape | None) -> Shape:
    """A blob's shape; one that is not known is that of a blob that was never shaped."""
    return shape if shape is not None and is_known(shape) else ()
