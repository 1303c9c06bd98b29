"""A net as inference runs it: fed by Input layers, without losses, every top with a name of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from caffe_fillers.errors import UsageError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.model import Model
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape, format_shape, is_known
from caffe_fillers.signal.contract import signal_rules

_DATA = ("Input", "HDF5Data", "Data", "ImageData", "WindowData", "MemoryData", "DummyData")
_LABELS_FROM = ("Data", "ImageData", "WindowData", "MemoryData")  # whose second top holds labels
_NO_OUTPUT = ("Accuracy", "Silence", "HDF5Output")


@dataclass(frozen=True)
class Feed:
    """An input of the net for one of its blobs: mean and deviation of what is fed, None for the probe's."""

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
        """The model without the layers that are not run."""
        names = {layer.name for layer in self.net.layer}
        return replace(model, layers=tuple(layer for layer in model.layers if layer.name in names))


def deploy(parameter: NetParameter, tops: dict[str, Shape | None], items: int) -> Deployed:
    """The part of a net that inference runs, with `items` in a batch.

    Data layers become inputs; labels, losses and all that needs what is not
    there are left out. An input of unknown shape is a `UsageError`.
    """
    net, feeds, outputs = NetParameter(name=parameter.name), [], []
    current: dict[str, str] = {}
    for layer in parameter.layer:
        if layer.type in _DATA:
            made = _feeds(layer, tops, items)
            feeds += made
            for feed in made:
                current[feed.blob] = feed.name
                entry = net.layer.add(name=feed.name, type="Input", top=[feed.name])
                entry.input_param.shape.add(dim=feed.shape)
            continue
        if _left_out(layer, current):
            for top in layer.top:
                current.pop(top, None)
            continue
        net.layer.append(_renamed(layer, current))
        outputs.append(layer.name)
    return Deployed(net, tuple(feeds), tuple(outputs))


def _left_out(layer: LayerParameter, current: dict[str, str]) -> bool:
    is_loss = layer.type in signal_rules and signal_rules[layer.type].loss
    return is_loss or layer.type in _NO_OUTPUT or any(name not in current for name in layer.bottom)


def _renamed(layer: LayerParameter, current: dict[str, str]) -> LayerParameter:
    """Nothing works in place: what an engine has overwritten cannot be measured.

    The first top has the layer's name: OpenCV calls some layers by one, some by the other.
    """
    entry = LayerParameter()
    entry.CopyFrom(layer)
    for field in ("include", "exclude", "phase", "param", "loss_weight", "propagate_down", "blobs"):
        entry.ClearField(field)
    entry.bottom[:] = [current[name] for name in layer.bottom]
    entry.top[:] = [f"{layer.name}:{index}" if index else layer.name for index in range(len(layer.top))]
    current.update(zip(layer.top, entry.top, strict=True))
    return entry


def _feeds(layer: LayerParameter, tops: dict[str, Shape | None], items: int) -> list[Feed]:
    used = layer.top[:1] if layer.type in _LABELS_FROM else layer.top
    fillers = layer.dummy_data_param.data_filler if layer.type == "DummyData" else ()
    feeds = []
    for index, name in enumerate(used):
        shape = tops[name]
        if shape is not None and len(shape) == 1:
            continue  # labels
        if shape is None or not shape or not is_known(shape[1:]):
            raise UsageError(
                f"the probe needs the shape of {name!r}, which is {format_shape(shape)}: give --shape"
            )
        distribution = (
            from_parameter(fillers[index if len(fillers) > 1 else 0]).distribution(shape) if fillers else None
        )
        moments = (None, None) if distribution is None else (distribution.mean, distribution.std)
        feeds.append(Feed(f"{layer.name}:{name}", name, (items, *shape[1:]), *moments))
    return feeds
