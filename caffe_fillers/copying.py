"""Weights of another model copied in by layer name: `Net::CopyTrainedLayersFrom`, src/caffe/net.cpp."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from caffe_fillers.errors import NetError
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.shapes import Shape, format_shape

Place = tuple[int, int]  # index of the layer, index of the blob


@dataclass(frozen=True)
class Copied:
    """A model after copying, the file each copied blob came from, and source layers that found no place."""

    model: Model
    origins: dict[Place, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def copy_weights(target: Model, source: Model, name: str) -> Copied:
    """Copy the blobs of `source` into layers of the same name; `name` is the source's in errors.

    Of layers with one name the first is the target. Number and shapes of the
    blobs must agree, for old files up to leading axes of length 1. A copy into
    a shared blob shows in all layers that share it.
    """
    first = {layer.name: index for index, layer in reversed(list(enumerate(target.layers)))}
    owners = _owners(target)
    copies: dict[Place, ModelBlob] = {}
    ignored = [layer.name for layer in source.layers if layer.name not in first]
    for layer in source.layers:
        if layer.name in first:
            layer_id = first[layer.name]
            _check(target.layers[layer_id], layer, name)
            for index, blob in enumerate(layer.blobs):
                copies[owners[layer_id, index]] = blob
    layers, origins = [], {}
    for layer_id, layer in enumerate(target.layers):
        blobs = []
        for index, blob in enumerate(layer.blobs):
            copy = copies.get(owners[layer_id, index])
            if copy is not None:
                origins[layer_id, index] = name
            blobs.append(blob if copy is None else replace(blob, chunks=copy.chunks))
        layers.append(replace(layer, blobs=tuple(blobs)))
    return Copied(replace(target, layers=tuple(layers)), origins, tuple(ignored))


def _owners(model: Model) -> dict[Place, Place]:
    """For each blob the place of the one that holds its values."""
    places: dict[tuple[str, int], Place] = {}
    owners: dict[Place, Place] = {}
    for layer_id, layer in enumerate(model.layers):
        for index, blob in enumerate(layer.blobs):
            places.setdefault((layer.name, index), (layer_id, index))
            owners[layer_id, index] = places[blob.owner] if blob.owner else (layer_id, index)
    return owners


def _check(target: ModelLayer, source: ModelLayer, name: str) -> None:
    if len(target.blobs) != len(source.blobs):
        raise NetError(
            f"{name}: layer {source.name!r} has {len(source.blobs)} blobs, the net's has {len(target.blobs)}"
        )
    for index, (to, given) in enumerate(zip(target.blobs, source.blobs, strict=True)):
        if not _fits(to.shape, given):
            raise NetError(
                f"{name}: blob {index} of layer {source.name!r} has shape {format_shape(given.shape)}, the "
                f"net's has {format_shape(to.shape)}; rename the layer to learn it from scratch"
            )


def _fits(shape: Shape, blob: ModelBlob) -> bool:
    """`Blob::ShapeEquals`: the four axes of an old file may begin with ones that the net does not have."""
    if blob.four_axes and len(shape) <= 4:
        return (1,) * (4 - len(shape)) + shape == blob.shape
    return shape == blob.shape
