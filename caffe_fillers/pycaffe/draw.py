"""Draw a net's layers and blobs as a graph with Graphviz, as pycaffe's `draw` does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_fillers.api.files import replace_file
from caffe_fillers.errors import MissingExtraError
from caffe_fillers.schema import LayerParameter, NetParameter

if TYPE_CHECKING:
    import pygraphviz

_RAW = "raw"  # the graph itself, in Graphviz's language
_BLOB = {"shape": "octagon", "style": "filled", "fillcolor": "#e4e4e4"}
_LAYER = {"shape": "box", "style": "filled", "fillcolor": "#8fb4ea"}
_COLORS = {
    "Convolution": "#f08a80",
    "Deconvolution": "#f08a80",
    "InnerProduct": "#cfa0ec",
    "Pooling": "#f5b860",
}
_IN_PLACE = "#a5dca0"
_PARAMS = {
    "Convolution": "convolution_param",
    "Data": "data_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
    "Pooling": "pooling_param",
}


def draw_net(
    caffe_net: NetParameter,
    rankdir: str,
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
) -> bytes:
    """Return a picture of a net in the format `ext`: png, svg, pdf or another of Graphviz's.

    `rankdir` is the direction, such as TB or LR; with a `phase` only its
    layers are drawn; `display_lrm` shows lr_mult. Without pygraphviz this is a
    `MissingExtraError`.
    """
    graph = _graph(caffe_net, rankdir, phase, display_lrm)
    if ext == _RAW:
        return str(graph.to_string()).encode()
    made: bytes = graph.draw(format=ext, prog="dot")
    return made


def draw_net_to_file(
    caffe_net: NetParameter,
    filename: str | os.PathLike[str],
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Write a picture in the format that the name ends with; `.raw` is Graphviz's own language."""
    path = Path(filename)
    made = draw_net(caffe_net, rankdir, path.suffix.removeprefix("."), phase, display_lrm)
    with replace_file(path) as file:
        file.write(made)


def _graph(net: NetParameter, rankdir: str, phase: int | None, display_lrm: bool) -> pygraphviz.AGraph:
    try:
        import pygraphviz
    except ImportError:
        raise MissingExtraError("pygraphviz", "report") from None

    graph = pygraphviz.AGraph(directed=True, strict=False, name=net.name or "Net", rankdir=rankdir)
    for number, layer in enumerate(net.layer):
        if phase is not None and not _is_in(layer, phase):
            continue
        own = f"layer {number}"
        graph.add_node(own, label=_label(layer, display_lrm), **_LAYER | {"fillcolor": _color(layer)})
        for blob in {*layer.bottom, *layer.top}:
            graph.add_node(f"blob {blob}", label=blob, **_BLOB)
        for blob in layer.bottom:
            graph.add_edge(f"blob {blob}", own)
        for blob in layer.top:
            graph.add_edge(own, f"blob {blob}", label=_outputs(layer))
    return graph


def _is_in(layer: LayerParameter, phase: int) -> bool:
    """Return whether the rules of a layer let it into a phase, levels and stages left aside."""
    included = not layer.include or any(rule.phase == phase for rule in layer.include)
    return included and all(rule.phase != phase for rule in layer.exclude)


def _color(layer: LayerParameter) -> str:
    in_place = list(layer.bottom) == list(layer.top)
    return _IN_PLACE if in_place else _COLORS.get(layer.type, _LAYER["fillcolor"])


def _label(layer: LayerParameter, display_lrm: bool) -> str:
    return "\n".join([layer.name, *_described(layer, display_lrm)])


def _described(layer: LayerParameter, display_lrm: bool) -> Iterator[str]:
    """Yield the lines of a layer's box after its name."""
    param = _param(layer)
    fields = param.DESCRIPTOR.fields_by_name
    yield f"({layer.type} {param.PoolMethod.Name(param.pool)})" if "pool" in fields else f"({layer.type})"
    if "kernel_size" in fields:
        kernel = _first(param.kernel_size, param.kernel_h)
        yield f"kernel size: {kernel}, stride: {_first(param.stride, 1)}, pad: {_first(param.pad, 0)}"
    if display_lrm and "num_output" in fields:
        rates = [*(each.lr_mult for each in layer.param), 1.0, 1.0]
        yield f"lr mult: {rates[0]:.1f}, {rates[1]:.1f}"


def _param(layer: LayerParameter) -> Any:
    """Return the message with a layer's sizes; one without them for types that have none to show."""
    return getattr(layer, _PARAMS[layer.type]) if layer.type in _PARAMS else layer


def _first(lengths: int | Iterable[int], default: int) -> int:
    """Return the first of a convolution's lengths, or the only one that pooling has."""
    return lengths if isinstance(lengths, int) else next(iter(lengths), default)


def _outputs(layer: LayerParameter) -> str:
    """Return what stands at a layer's lines: its number of outputs, or its batch size."""
    param = _param(layer)
    if "batch_size" in param.DESCRIPTOR.fields_by_name:
        return f"Batch {param.batch_size}"
    return str(param.num_output) if "num_output" in param.DESCRIPTOR.fields_by_name else ""
