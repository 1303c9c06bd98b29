"""A model as blobs with names, and two texts that say what the names leave out.

Formats that hold arrays by name (HDF5, npz, safetensors) share this: the
blob `index` of `layer` is called `layer/index`, and the net without its
blobs travels beside them, so that nothing is lost on the way back. A blob
that shares another's values is not stored a second time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from caffe_fillers.errors import CaffeFillersError, FormatError
from caffe_fillers.formats.net_text import net_text, read_net_text
from caffe_fillers.model import Model, ModelBlob, ModelLayer, Place
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import as_shape

NET, BLOBS = "caffe_fillers.net", "caffe_fillers.blobs"
MAX_TEXT = 100_000_000  # the limit of the package safetensors for its header, which holds both
_SMALL_TEXT, _MAX_RATIO = 1 << 16, 100
"""A text above the first size may be this many times its compressed size; real nets reach 26."""
_NAME = re.compile(r"(?P<layer>.+)[/.](?P<index>\d{1,4})")


def stored(model: Model) -> Iterator[tuple[str, ModelBlob]]:
    """The blobs that a file must hold, by name; layers of one name are numbered."""
    all_names = blob_names((layer.name, len(layer.blobs)) for layer in model.layers)
    for layer, names in zip(model.layers, all_names, strict=True):
        for name, blob in zip(names, layer.blobs, strict=True):
            if model.owner_name(blob) is None:
                yield name, blob


def texts(model: Model) -> dict[str, str]:
    """The net as prototxt, and for every blob its shape, owner and age as JSON."""
    blobs = [
        [[list(blob.shape), model.owner_name(blob), blob.four_axes] for blob in each.blobs]
        for each in model.layers
    ]
    return {NET: net_text(model), BLOBS: json.dumps(blobs, separators=(",", ":"))}


def check_text_size(name: str, size: int, *, stored: int) -> None:
    """Refuse a text of `size` bytes that is too long, or that `stored` bytes inflate to out of proportion.

    >>> check_text_size("the net", 1_000_000, stored=2_000)
    Traceback (most recent call last):
    ...
    caffe_fillers.errors.FormatError: the net has 1,000,000 bytes, compressed to 2,000: this is a zip bomb
    """
    if size > MAX_TEXT:
        raise FormatError(f"{name} is longer than {MAX_TEXT:,} bytes")
    if size > _SMALL_TEXT + _MAX_RATIO * stored:
        raise FormatError(f"{name} has {size:,} bytes, compressed to {stored:,}: this is a zip bomb")


def restore(blobs: Mapping[str, ModelBlob], notes: Mapping[str, str]) -> Model:
    """The model that `stored` and `texts` came from, or what the names alone tell of a foreign file."""
    if NET not in notes or BLOBS not in notes:
        return _foreign(blobs)
    try:
        net = read_net_text(notes[NET])
        described = json.loads(notes[BLOBS])
        parameters = tuple(net.layer)
        net.ClearField("layer")
        return Model(net, tuple(_restored(parameters, described, blobs)))
    except (ValueError, TypeError, RecursionError, CaffeFillersError) as error:
        raise FormatError(f"what the file says of its net does not hold: {error}") from error


def _restored(
    parameters: Sequence[LayerParameter], described: Any, blobs: Mapping[str, ModelBlob]
) -> Iterator[ModelLayer]:
    """The layers with values from the file; a shared blob finds its owner among those before it."""
    known: dict[tuple[str, int], tuple[Place, ModelBlob]] = {}
    names = blob_names([(layer.name, len(each)) for layer, each in zip(parameters, described, strict=True)])
    for position, (parameter, each, own) in enumerate(zip(parameters, described, names, strict=True)):
        made = []
        for index, (name, (shape, owner, four_axes)) in enumerate(zip(own, each, strict=True)):
            place, found = None, blobs.get(name)
            if owner is not None:
                place, found = known.get(_owner(owner), (None, None))
            blob = ModelBlob(as_shape(tuple(shape)), lambda: iter(()), place, bool(four_axes))
            if found is None or found.count != blob.count:
                raise FormatError(f"the blob {name!r} is missing, or of another size than its net says")
            made.append(replace(blob, chunks=found.chunks))
            known[parameter.name, index] = (position, index), made[-1]
        yield ModelLayer(parameter, tuple(made))


def _owner(described: Any) -> tuple[str, int]:
    name, index = described
    return str(name), int(index)


def blob_names(layers: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    """Name the blobs of layers, given the name and the number of blobs of each; every name is unique.

    >>> list(blob_names([("conv1", 2), ("relu1", 0), ("conv1", 1)]))
    [['conv1/0', 'conv1/1'], [], ['conv1#2/0']]
    """
    seen: set[str] = set()
    for position, (layer, blobs) in enumerate(layers):
        name = f"{layer}#{position}" if layer in seen else layer
        seen.add(name)
        yield [f"{name}/{index}" for index in range(blobs)]


def _foreign(blobs: Mapping[str, ModelBlob]) -> Model:
    """Layers in the order in which the file first names them, typeless, their blobs by index."""
    layers: dict[str, dict[int, ModelBlob]] = {}
    for name, blob in blobs.items():
        match = _NAME.fullmatch(name)
        if match is None:
            raise FormatError(f"the array {name!r} has no name such as conv1/0 or conv1.0: layer and index")
        layers.setdefault(match["layer"], {})[int(match["index"])] = blob
    for name, indexed in layers.items():
        if sorted(indexed) != list(range(len(indexed))):
            raise FormatError(f"the layer {name!r} has blobs {sorted(indexed)}: some are missing")
    return Model(
        NetParameter(),
        tuple(
            ModelLayer(LayerParameter(name=name), tuple(indexed[index] for index in sorted(indexed)))
            for name, indexed in layers.items()
        ),
    )
