"""A net's weights in memory, by layer and blob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from caffe_fillers.api.files import is_device, open_input, replace_file
from caffe_fillers.api.folders import replace_folder
from caffe_fillers.errors import FormatError, UnknownLayerError, UsageError
from caffe_fillers.formats import format_for, format_to_read, read_model
from caffe_fillers.formats.foreign import HEAD, refuse_foreign
from caffe_fillers.formats.named_blobs import blob_names
from caffe_fillers.formats.others import refuse_other_files
from caffe_fillers.model import Model, ModelBlob, ModelLayer, Place, same_bits
from caffe_fillers.resources import require_disk, require_memory
from caffe_fillers.schema import LayerParameter, NetParameter

if TYPE_CHECKING:
    from caffe_fillers.distributions import Values
    from caffe_fillers.formats.contract import Format, Tensors


class LayerBlobs(tuple["Values", ...]):
    """The blobs of a layer, whose values can be assigned: `blobs[0] = values`."""

    __slots__ = ()

    def __setitem__(self, index: int, values: ArrayLike) -> None:
        """Write values into a blob's own array, wherever it is shared; another shape is a `UsageError`."""
        blob = self[index]
        given = np.asarray(values)
        if given.shape not in ((), blob.shape):
            raise UsageError(f"blob {index} has shape {blob.shape}, and the values given {given.shape}")
        blob[...] = given


class Weights(Mapping[str, LayerBlobs]):
    """Blobs by layer name: `weights["conv1"][0]` is the weight, `[1]` the bias, float32 arrays.

    Values can be assigned, a blob at a time or all of a layer. A shared blob
    is the same array under each layer that shares it. Where layers have the
    same name the last one is found. Two are equal if they have the same layers
    with the same values, bit for bit. They can be pickled and copied.

    >>> from caffe_fillers import load_net
    >>> net = load_net("examples/lenet.prototxt")
    >>> weights, others = net.fill(seed=1701), net.fill(seed=1701)
    >>> weights == others
    True
    >>> weights["conv1"][1] = 0.5
    >>> weights["ip2"] = [array * 2 for array in others["ip2"]]
    >>> weights == others, weights["conv1"][1].max()
    (False, np.float32(0.5))
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, model: Model) -> None:
        self._loaded = model
        self._layers: list[list[Values]] = []
        for layer in model.layers:
            self._layers.append([])
            for blob in layer.blobs:
                array = self._array(*blob.owner).reshape(blob.shape) if blob.owner else blob.array()
                self._layers[-1].append(array)
        named = zip(model.layers, self._layers, strict=True)
        self._arrays = {layer.name: LayerBlobs(blobs) for layer, blobs in named if blobs}

    def _array(self, position: int, index: int) -> Values:
        return self._layers[position][index]

    def __getitem__(self, layer: str) -> LayerBlobs:
        if layer not in self._arrays:
            raise UnknownLayerError("layer", layer, self._arrays)
        return self._arrays[layer]

    def __setitem__(self, layer: str, arrays: Sequence[ArrayLike]) -> None:
        """Write values into all blobs of a layer; another number or shape is a `UsageError`."""
        blobs = self[layer]
        if len(arrays) != len(blobs):
            raise UsageError(f"layer {layer!r} has {len(blobs)} blobs, and {len(arrays)} arrays are given")
        for index, values in enumerate(arrays):
            blobs[index] = values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Weights):
            return NotImplemented
        own, others = self.flatten(), other.flatten()
        return own.keys() == others.keys() and all(same_bits(own[name], others[name]) for name in own)

    def __repr__(self) -> str:
        count = sum(map(len, self._layers))
        return f"<Weights: {len(self)} layers, {count} blobs, {self.num_parameters:,} parameters>"

    def __reduce__(self) -> tuple[Any, ...]:
        layers = [
            (layer.parameter.SerializeToString(), [blob.owner for blob in layer.blobs], arrays)
            for layer, arrays in zip(self._loaded.layers, self._layers, strict=True)
        ]
        return _weights_of, (self._loaded.net.SerializeToString(), layers)

    def flatten(self) -> dict[str, Values]:
        """Return all arrays by the names that npz and safetensors files give them, `layer/index`.

        >>> from caffe_fillers import load_net
        >>> list(load_net("examples/lenet.prototxt").fill(seed=1).flatten())[:3]
        ['conv1/0', 'conv1/1', 'conv2/0']
        """
        names = blob_names((layer.name, len(layer.blobs)) for layer in self._loaded.layers)
        return {
            name: array
            for layer, arrays in zip(names, self._layers, strict=True)
            for name, array in zip(layer, arrays, strict=True)
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __contains__(self, layer: object) -> bool:
        return layer in self._arrays

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def num_parameters(self) -> int:
        """Number of values in blobs that are not shared."""
        return self._loaded.num_parameters

    def save(
        self, path: str | Path, format: str | None = None, *, force: bool = False, sync: bool = False
    ) -> None:
        """Write a file, in the format of its extension or the one that is given.

        Values changed in place are written as they are now. The file appears
        whole or not at all; what cannot be written is a `FormatError`, and more
        than the disk has room for a `ResourceError`, unless `force` is given.
        `sync` waits until it is on the disk, so that a loss of power cannot
        leave a part of it under the name.
        """
        save_model(path, self.model(), format, force=force, sync=sync)

    def model(self) -> Model:
        """Return the weights as a model with their present values."""
        layers = []
        for layer, arrays in zip(self._loaded.layers, self._layers, strict=True):
            blobs = tuple(
                ModelBlob(blob.shape, partial(_one_chunk, array), blob.owner)
                for blob, array in zip(layer.blobs, arrays, strict=True)
            )
            layers.append(ModelLayer(layer.parameter, blobs))
        return Model(self._loaded.net, tuple(layers))


def _weights_of(head: bytes, layers: list[tuple[bytes, list[Place | None], list[Values]]]) -> Weights:
    """Restore weights from `__reduce__`: messages in binary, owners and arrays of blobs."""
    made = []
    for parameter, owners, arrays in layers:
        blobs = tuple(
            ModelBlob(shape=array.shape, chunks=partial(_one_chunk, array), owner=owner)
            for owner, array in zip(owners, arrays, strict=True)
        )
        made.append(ModelLayer(LayerParameter.FromString(parameter), blobs))
    return Weights(Model(NetParameter.FromString(head), tuple(made)))


@contextmanager
def open_model(path: str | Path, format: str | None = None) -> Iterator[Model]:
    """Open a weight file or folder of any format for the block: its blobs are read when asked for."""
    if Path(path).is_file():
        with open_input(path) as file:
            refuse_foreign(file.read(HEAD), str(path), _expected_format(path, format))
            file.seek(0)
            refuse_other_files(file, str(path))
    with ExitStack() as stack:
        if not Path(path).exists():
            stack.enter_context(open_input(path))  # says that there is none
        folder = format_to_read(str(path), format).folder
        source = Path(path) if folder else stack.enter_context(open_input(path))
        yield read_model(source, str(path), format)


def _expected_format(path: str | Path, name: str | None) -> Format | None:
    """Return the format that is given or that a file's name tells, if it tells one."""
    try:
        return format_to_read(str(path), name)
    except UsageError:
        return None


def load_weights(path: str | Path, format: str | None = None, *, force: bool = False) -> Weights:
    """Load the weights of a file of any format into memory.

    A broken file is a `FormatError`; more than is free of memory is a
    `ResourceError`, unless `force` is given.
    """
    with open_model(path, format) as model:
        if not force:
            require_memory(model.num_bytes, "the weights in memory take")
        return Weights(model)


def _one_chunk(array: Values) -> Iterator[Values]:
    yield array.ravel()


def save_tensors(
    path: str | Path,
    tensors: Tensors,
    format: str | None = None,
    *,
    force: bool = False,
    sync: bool = False,
) -> None:
    """Write arrays of any names, such as a layout of another framework, whole or not at all.

    `sync` is that of `save_model`.
    """
    file_format = format_for(str(path), format)
    write_tensors = file_format.write_tensors
    if write_tensors is None:
        raise UsageError(
            f"a layout of another framework goes into safetensors or npz, not {file_format.name}"
        )
    if not force and not is_device(Path(path)):
        require_disk(sum(4 * blob.count for _, blob in tensors), Path(path).parent)
    with replace_file(Path(path), sync=sync) as file:
        write_tensors(file, tensors)


def save_model(
    path: str | Path,
    model: Model,
    format: str | None = None,
    *,
    force: bool = False,
    sync: bool = False,
) -> None:
    """Write a model as its blobs are drawn, whole or not at all.

    `sync` waits until the file is on the disk; without, a loss of power may
    leave an empty or partial file under its name. Without `force` the disk
    must have room for it before anything is drawn, and Caffe must be able to read it.
    """
    file_format = format_for(str(path), format)
    if not force and (doubt := file_format.doubt(model)):
        raise FormatError(
            f"{path}: {doubt}; choose another format, or write it all the same with --force (force=True)"
        )
    if not force and not is_device(Path(path)):
        require_disk(model.num_bytes, Path(path).parent)
    replace = replace_folder if file_format.folder else replace_file
    with replace(Path(path), sync=sync) as target:
        file_format.write(target, model)
