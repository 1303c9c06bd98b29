"""A net as inference runs it: fed by Input layers, without losses, every top with a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from caffe_fillers.errors import UsageError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers import Role
from caffe_fillers.model import Model
from caffe_fillers.planner import PlannedLayer, PlannedNet, Wire
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape, format_shape, is_known


@dataclass(frozen=True)
class Feed:
    """An input of the net for one of its blobs: mean and std of what is fed, None for the probe's."""

    name: str
    blob: str
    shape: Shape
    mean: float | None = None
    std: float | None = None


@dataclass(frozen=True)
class Deployed:
    """`net` has the layers that are run; `outputs` maps their names to their first tops."""

    net: NetParameter
    feeds: tuple[Feed, ...]
    outputs: tuple[str, ...]

    def weights(self, model: Model) -> Model:
        """The model without the layers that are not run, each with its own values."""
        names = {layer.name for layer in self.net.layer}
        layers = (
            replace(layer, blobs=tuple(replace(blob, owner=None) for blob in layer.blobs))
            for layer in model.layers
            if layer.name in names
        )
        return replace(model, layers=tuple(layers))


def deploy(planned: PlannedNet, items: int) -> Deployed:
    """The part of a net that inference runs, with `items` in a batch.

    Data layers become inputs; labels, losses and all that needs what is not
    there are left out. An input of unknown shape is a `UsageError`.
    """
    net, feeds, outputs = NetParameter(name=planned.name), [], []
    names: dict[Wire, str] = {}
    for layer in planned.layers:
        if layer.kind.role is Role.DATA:
            for wire, feed in _feeds(layer, items):
                feeds.append(feed)
                names[wire] = feed.name
                entry = net.layer.add(name=feed.name, type="Input", top=[feed.name])
                entry.input_param.shape.add(dim=feed.shape)
        elif layer.kind.role not in (Role.LOSS, Role.MEASURE) and all(map(names.__contains__, layer.bottoms)):
            net.layer.append(_renamed(layer, names))
            outputs.append(layer.name)
    return Deployed(net, tuple(feeds), tuple(outputs))


def _renamed(layer: PlannedLayer, names: dict[Wire, str]) -> LayerParameter:
    """Nothing works in place: what an engine has overwritten cannot be measured.

    The first top has the layer's name: OpenCV calls some layers by one, some by the other.
    """
    entry = LayerParameter()
    entry.CopyFrom(layer.parameter)
    for field in ("include", "exclude", "phase", "param", "loss_weight", "propagate_down", "blobs"):
        entry.ClearField(field)
    entry.bottom[:] = [names[wire] for wire in layer.bottoms]
    entry.top[:] = [f"{layer.name}:{index}" if index else layer.name for index in range(len(layer.tops))]
    names.update(zip(layer.tops, entry.top, strict=True))
    return entry


def _feeds(layer: PlannedLayer, items: int) -> Iterator[tuple[Wire, Feed]]:
    """The layer's tops but for labels, each with what is fed for it."""
    fillers = layer.parameter.dummy_data_param.data_filler
    for index, wire in enumerate(layer.tops[:1] if layer.kind.labeled else layer.tops):
        shape = wire.shape
        if shape is not None and len(shape) == 1:
            continue  # labels
        if shape is None or not shape or not is_known(shape[1:]):
            raise UsageError(
                f"the probe needs the shape of {wire.name!r}, which is {format_shape(shape)}: give --shape"
            )
        moments: tuple[float, float] | tuple[None, None] = (None, None)
        if fillers:
            filler = from_parameter(fillers[index if len(fillers) > 1 else 0])
            moments = filler.distribution(shape).mean, filler.distribution(shape).std
        yield wire, Feed(f"{layer.name}:{wire.name}", wire.name, (items, *shape[1:]), *moments)
