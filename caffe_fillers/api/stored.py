"""Load the net that a weight file holds beside its blobs, with shapes that only its weights tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_fillers.api.files import SourceFolders
from caffe_fillers.api.fitting import shapes_from_weights, sizes_from_weights
from caffe_fillers.api.loading import load_net
from caffe_fillers.api.reading import Origin
from caffe_fillers.errors import UnknownShapeError, UsageError
from caffe_fillers.formats.net_text import net_text
from caffe_fillers.schema import LayerParameter, NetParameter

if TYPE_CHECKING:
    from caffe_fillers.api.net import Net
    from caffe_fillers.api.reading import Source
    from caffe_fillers.model import Model
    from caffe_fillers.shapes import Shape


def load_net_of(model: Model, path: str, **options: Any) -> tuple[Net, Mapping[str, Shape]]:
    """Plan the net in a model's file; return it and the shapes from its weights; `options` are `load_net`'s.

    Files of Caffes without an Input layer have the names of the net's inputs alone.
    A file that does not say what its layers are is a `UsageError`.
    """
    _require_types(model)
    net = NetParameter()
    net.CopyFrom(model.net)
    if net.input and not (net.input_shape or net.input_dim):
        net.layer.append(LayerParameter(name="input", type="Input", top=net.input))
        net.ClearField("input")
    net.layer.extend(layer.parameter for layer in model.layers)
    read = Origin(net, path, SourceFolders((Path(), Path(path).parent)))
    return _fitting(lambda more: load_net(read, **_with_shapes(options, more)), model)


def load_net_for(source: Source, model: Model, **options: Any) -> tuple[Net, Mapping[str, Shape]]:
    """Load a net to hold a model's weights; return it and the shapes that only these tell.

    `options` are those of `load_net`.
    """
    return _fitting(lambda more: load_net(source, **_with_shapes(options, more)), model)


def text_of_net_in(model: Model) -> str:
    """Return the net that a model's file holds, as prototxt without blobs.

    A file that does not say what its layers are is a `UsageError`.
    """
    _require_types(model)
    return net_text(model)


def _fitting(load: Callable[[Mapping[str, Shape]], Net], model: Model) -> tuple[Net, Mapping[str, Shape]]:
    """Return the net of `load` with shapes that only the weights tell, and these shapes."""
    try:
        net = load({})
        shapes = shapes_from_weights(net.plan, model)
    except UnknownShapeError as error:
        shapes = shapes_from_weights(error.trials[0], model, error.origins) if error.trials else {}
        if not shapes:
            raise
        try:
            return load(shapes), shapes
        except UnknownShapeError:
            shapes = sizes_from_weights(lambda more: load(more).plan, model, shapes)
            if not shapes:
                raise
        return load(shapes), shapes
    return (load(shapes) if shapes else net), shapes


def _with_shapes(options: Mapping[str, Any], more: Mapping[str, Shape]) -> dict[str, Any]:
    return {**options, "shapes": {**(options.get("shapes") or {}), **more}}


def _require_types(model: Model) -> None:
    untyped = [layer.name for layer in model.layers if not layer.parameter.type]
    if untyped:
        raise UsageError(
            f"the file holds no net: it does not say what its layer {untyped[0]!r} is; give the net"
        )
