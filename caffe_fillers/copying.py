"""Weights of another model copied in by layer name: `Net::CopyTrainedLayersFrom`, src/caffe/net.cpp."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from caffe_fillers.errors import NetError, few
from caffe_fillers.layers import layer_type
from caffe_fillers.model import Model, ModelBlob, ModelLayer, Place
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, format_shape


@dataclass(frozen=True)
class Copied:
    """A model after copying, the file each copied blob came from, and source layers that found no place."""

    model: Model
    origins: dict[Place, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def copy_weights(target: Model, source: Model, name: str, *, lenient: bool = False) -> Copied:
    """Copy the blobs of `source` into layers of the same name; `name` is the source's in errors.

    Of layers with one name the first is the target. Number and shapes of the
    blobs must agree, for old files up to leading axes of length 1. A copy into
    a shared blob shows in all layers that share it. A source of whose blobs
    none finds a place is a `NetError`. For `lenient` see `refuse_opaque_blobs`.
    """
    if not lenient:
        refuse_opaque_blobs((layer.parameter for layer in target.layers if not layer.blobs), source, name)
    first = {
        layer.name: index
        for index, layer in reversed(list(enumerate(target.layers)))
        if layer.blobs or not _is_opaque(layer.parameter)
    }
    copies: dict[Place, ModelBlob] = {}
    ignored = [layer.name for layer in source.layers if layer.blobs and layer.name not in first]
    for layer in source.layers:
        if layer.name in first:
            layer_id = first[layer.name]
            _check(target.layers[layer_id], layer, name)
            for index, blob in enumerate(layer.blobs):
                copies[target.layers[layer_id].blobs[index].owner or (layer_id, index)] = blob
    if ignored and not copies:
        raise NetError(
            f"{name}: none of its {len(ignored)} layers with weights is in the net ({few(ignored)}); the "
            f"net's are {few([layer.name for layer in target.layers if layer.blobs])}"
        )
    layers, origins = [], {}
    for layer_id, layer in enumerate(target.layers):
        blobs = []
        for index, blob in enumerate(layer.blobs):
            copy = copies.get(blob.owner or (layer_id, index))
            if copy is not None:
                origins[layer_id, index] = name
            blobs.append(blob if copy is None else replace(blob, chunks=copy.chunks))
        layers.append(replace(layer, blobs=tuple(blobs)))
    return Copied(replace(target, layers=tuple(layers)), origins, tuple(ignored))


def refuse_opaque_blobs(layers: Iterable[LayerParameter], source: Model, name: str) -> None:
    """Refuse weights for a layer of a type nobody knows: they prove that the net draws more than is planned.

    Who is lenient passes over both, the layer and its weights.
    """
    stored = {layer.name: len(layer.blobs) for layer in source.layers if layer.blobs}
    for layer in layers:
        if layer.name in stored and _is_opaque(layer):
            raise NetError(
                f"{name}: layer {layer.name!r} has {stored[layer.name]} blobs, and {layer.type!r} is "
                "a layer type of which nothing is known: every value drawn after it may be another; register "
                "a rule for the type (docs/forks.md), or pass over the layer with --lenient (lenient=True)"
            )


def _is_opaque(layer: LayerParameter) -> bool:
    kind = layer_type(layer)
    return kind is None or kind.opaque


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
