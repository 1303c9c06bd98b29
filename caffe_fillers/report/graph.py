"""Draw the net: layers that work in place share a box; Graphviz lays out boxes and lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caffe_fillers.layers import Role
from caffe_fillers.planner import PlannedLayer, PlannedNet
from caffe_fillers.report.ranks import line_pieces, rows

WIDTH, HEIGHT = 236, 46
"""Sizes of a box, in CSS pixels."""

_MAX_PIECES = 4000  # of lines that Graphviz is given; it took 5 s for 2,118 in a random graph of 400 boxes
_POINTS = 72  # Graphviz wants sizes in inches and answers in points


@dataclass(frozen=True)
class Box:
    """A layer, and the numbers of those that work in place on what it makes; `x` and `y` are its middle."""

    layers: tuple[int, ...]
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Drawing:
    """Boxes and the lines between them, as paths of an SVG of `width` by `height`."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: float
    height: float
    box_width: float = WIDTH
    box_height: float = HEIGHT


def draw(net: PlannedNet) -> Drawing:
    """Lay a net out, its inputs at the top, its outputs at the bottom; texts are not measured."""
    groups, edges = fold(net)
    if line_pieces(len(groups), edges) > _MAX_PIECES:
        return _by_rank(groups, edges)
    return _by_graphviz(groups, edges) if groups else Drawing((), (), 0.0, 0.0)


def _by_rank(groups: list[tuple[int, ...]], edges: list[tuple[int, int]]) -> Drawing:
    """Lay boxes out in rows, joined by straight lines."""
    middles = rows(len(groups), edges, WIDTH, HEIGHT)
    boxes = tuple(Box(layers, *middle) for layers, middle in zip(groups, middles, strict=True))
    lines = tuple(
        f"M{boxes[first].x:.1f},{boxes[first].y + HEIGHT / 2:.1f}"
        f"L{boxes[second].x:.1f},{boxes[second].y - HEIGHT / 2:.1f}"
        for first, second in edges
    )
    right, bottom = max(box.x for box in boxes), max(box.y for box in boxes)
    return Drawing(boxes, lines, right + WIDTH / 2, bottom + HEIGHT / 2)


def _by_graphviz(groups: list[tuple[int, ...]], edges: list[tuple[int, int]]) -> Drawing:
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=False)
    graph.graph_attr.update(nodesep="0.25", ranksep="0.35")
    graph.node_attr.update(
        shape="box",
        fixedsize="true",
        label="",
        width=f"{WIDTH / _POINTS:.4f}",
        height=f"{HEIGHT / _POINTS:.4f}",
    )
    graph.add_nodes_from(map(str, range(len(groups))))
    for number, (first, second) in enumerate(edges):
        graph.add_edge(str(first), str(second), key=str(number))
    graph.layout(prog="dot")
    width, height = map(float, graph.graph_attr["bb"].split(",")[2:])
    boxes = []
    for number, layers in enumerate(groups):
        x, y = map(float, graph.get_node(str(number)).attr["pos"].split(","))
        boxes.append(Box(layers, round(x, 1), round(height - y, 1)))
    lines = tuple(_path(edge.attr["pos"], height) for edge in graph.edges())
    return Drawing(tuple(boxes), lines, width, height)


def fold(net: PlannedNet) -> tuple[list[tuple[int, ...]], list[tuple[int, int]]]:
    """Return the groups of layers, by id, that are one box, and the pairs of groups between which blobs go.

    What works in place belongs to what made the blob; Splits, which nobody wrote, are passed through.
    """
    groups: list[list[int]] = []
    edges: dict[tuple[int, int], None] = {}
    group_of: dict[int, int] = {}
    for layer in net.layers:
        if layer.kind.role is Role.COPY:
            continue
        makers = [group_of[wire.maker] for wire in layer.inputs]
        if _in_place(layer):
            groups[makers[0]].append(layer.id)
            group_of[layer.id] = makers[0]
            continue
        group_of[layer.id] = len(groups)
        edges.update(dict.fromkeys((maker, len(groups)) for maker in makers))
        groups.append([layer.id])
    return [tuple(group) for group in groups], list(edges)


def first_layers(net: PlannedNet) -> Iterator[int]:
    """Return the ids of layers that read nothing but tops of layers without bottoms."""
    inputs: set[int] = set()
    for layer in net.layers:
        fed = all(wire.maker in inputs for wire in layer.inputs)
        if not layer.bottoms or (fed and _in_place(layer)):
            inputs.add(layer.id)
        elif fed and layer.kind.role is not Role.COPY:
            yield layer.id


def _in_place(layer: PlannedLayer) -> bool:
    return layer.in_place and len(layer.tops) == 1


def _path(position: str, height: float) -> str:
    """Convert Graphviz's `e,x,y x,y ...`, an end and control points of Bézier curves, to an SVG path."""
    end, points = "", []
    for word in position.replace("\\\n", "").split():
        if word.startswith("e,"):
            end = _point(word[2:], height)
        else:
            points.append(_point(word, height))
    return f"M{points[0]}C{' '.join(points[1:])}" + (f"L{end}" if end else "")


def _point(text: str, height: float) -> str:
    x, y = map(float, text.split(","))
    return f"{x:.1f},{height - y:.1f}"
