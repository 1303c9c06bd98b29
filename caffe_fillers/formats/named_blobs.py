"""A model as blobs with names, and two texts that say what the names leave out.

Formats that hold arrays by name (HDF5, npz, safetensors) share this: the
blob `index` of `layer` is called `layer/index`, and the net without its
blobs travels beside them, so that nothing is lost on the way back. A blob
that shares another's values is not stored a second time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from caffe_fillers.errors import CaffeFillersError, FormatError
from caffe_fillers.formats.net_text import net_text, read_net_text
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import as_shape

NET, BLOBS = "caffe_fillers.net", "caffe_fillers.blobs"
MAX_TEXT = 100_000_000  # the limit of the package safetensors for its header, which holds both
_SMALL_TEXT, _MAX_RATIO = 1 << 16, 100
"""A text above the first size may be this many times its compressed size; real nets reach 26."""
_NAME = re.compile(r"(?P<layer>.+)[/.](?P<index>\d{1,4})")


def stored(model: Model) -> Iterator[tuple[str, ModelBlob]]:
    """The blobs that a file must hold, by name; layers of one name are told apart by their position."""
    for layer, names in zip(model.layers, _names(model.layers), strict=True):
        for name, blob in zip(names, layer.blobs, strict=True):
            if blob.owner is None:
                yield name, blob


def texts(model: Model) -> dict[str, str]:
    """The net as prototxt, and for every blob its shape, owner and age as JSON."""
    blobs = [[[list(blob.shape), blob.owner, blob.four_axes] for blob in each.blobs] for each in model.layers]
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
        empty = [
            ModelLayer(parameter, tuple(_described(*blob) for blob in each))
            for parameter, each in zip(parameters, described, strict=True)
        ]
        return Model(net, tuple(_filled(empty, blobs)))
    except (ValueError, TypeError, RecursionError, CaffeFillersError) as error:
        raise FormatError(f"what the file says of its net does not hold: {error}") from error


def _described(shape: Iterable[int], owner: tuple[str, int] | None, four_axes: bool) -> ModelBlob:
    owned_by = None if owner is None else (str(owner[0]), int(owner[1]))
    return ModelBlob(as_shape(tuple(shape)), lambda: iter(()), owned_by, bool(four_axes))


def _filled(layers: list[ModelLayer], blobs: Mapping[str, ModelBlob]) -> Iterator[ModelLayer]:
    """The layers with values from the file; a shared blob finds its owner among those before it."""
    known: dict[tuple[str, int], ModelBlob] = {}
    for layer, names in zip(layers, _names(layers), strict=True):
        for index, (name, blob) in enumerate(zip(names, layer.blobs, strict=True)):
            found = blobs.get(name) if blob.owner is None else known.get(blob.owner)
            if found is None or found.count != blob.count:
                raise FormatError(f"the blob {name!r} is missing, or of another size than its net says")
            known[layer.name, index] = replace(blob, chunks=found.chunks)
        yield replace(layer, blobs=tuple(known[layer.name, index] for index in range(len(layer.blobs))))


def _names(layers: Iterable[ModelLayer]) -> Iterator[list[str]]:
    seen: set[str] = set()
    for position, layer in enumerate(layers):
        name = f"{layer.name}#{position}" if layer.name in seen else layer.name
        seen.add(name)
        yield [f"{name}/{index}" for index in range(len(layer.blobs))]


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
