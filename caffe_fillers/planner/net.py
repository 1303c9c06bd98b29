"""The planned net: layers, the wires between them, parameter blobs, and all that draws. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from caffe_fillers.eras import Era
from caffe_fillers.layers import LayerType, Role
from caffe_fillers.notes import Note
from caffe_fillers.passes import era_of
from caffe_fillers.plan import Draw, Step
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape, count

Place: TypeAlias = tuple[int, int]
"""Place of a parameter blob: its layer's id, and its index in the layer."""


@dataclass(frozen=True)
class Wire:
    """A blob between layers, as one layer leaves it.

    A layer that works in place makes a new wire of the same name. `number`
    counts the wires of a net; `maker` is the id of the layer that has it as a
    top. `copied` is set on the tops of a Split: the wire that they copy.
    `assumed` says that the net does not tell the shape of this data.
    """

    number: int
    name: str
    shape: Shape | None
    maker: int
    copied: Wire | None = None
    assumed: bool = False

    @property
    def origin(self) -> Wire:
        """The wire that a Split copied, else the wire itself."""
        return self.copied or self


@dataclass(frozen=True)
class PlannedBlob:
    """A parameter blob as the net holds it when Caffe has built it.

    `step` is the index in `PlannedNet.steps` of what made its values: for a
    shared blob the owner's, although its own filler drew too. `owner` is the
    place of the blob whose values it shares; None where it has its own.
    """

    layer_id: int
    index: int
    shape: Shape
    step: int
    owner: Place | None = None

    @property
    def place(self) -> Place:
        """Its layer's id, and its index in the layer."""
        return self.layer_id, self.index

    @property
    def count(self) -> int:
        """Number of values."""
        return count(self.shape)


@dataclass(frozen=True)
class PlannedLayer:
    """A layer as Caffe has built it.

    `id` is its position in the net that Caffe builds. `parameter` is what
    Caffe saves of it, without blobs; `kind` its type's entry in the registry,
    the dialect's own where that differs. `bottoms` and `tops` are wires, a
    Split's copies among them; `steps` are the indices in `PlannedNet.steps`
    of what it draws.
    """

    id: int
    parameter: LayerParameter
    kind: LayerType
    bottoms: tuple[Wire, ...] = ()
    tops: tuple[Wire, ...] = ()
    blobs: tuple[PlannedBlob, ...] = ()
    steps: range = range(0)

    @property
    def name(self) -> str:
        """The layer's name, which other layers may have too."""
        return self.parameter.name

    @property
    def type(self) -> str:
        """The layer's type as the net writes it."""
        return self.parameter.type

    @property
    def inputs(self) -> tuple[Wire, ...]:
        """The bottoms, seen through Splits: each is a wire that a layer computes."""
        return tuple(wire.origin for wire in self.bottoms)

    @property
    def in_place(self) -> bool:
        """Whether every top overwrites a bottom."""
        return bool(self.tops) and [wire.name for wire in self.tops] == [wire.name for wire in self.bottoms]


@dataclass(frozen=True)
class PlannedNet:
    """A net as Caffe holds it once it is built, and what it drew on the way.

    `head` is what the net says beside its layers. `layers` are in Caffe's
    order, Splits included; `steps` is everything that takes words from the
    random stream, in order. An unknown shape of a wire is None, an unknown
    axis `shapes.UNKNOWN`.
    """

    head: NetParameter
    layers: tuple[PlannedLayer, ...]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The net's own name."""
        return self.head.name

    @property
    def era(self) -> Era:
        """Name of the era whose Caffe builds the net."""
        return era_of(self.head)

    @property
    def blobs(self) -> tuple[PlannedBlob, ...]:
        """Every parameter blob, in order."""
        return tuple(blob for layer in self.layers for blob in layer.blobs)

    @property
    def num_parameters(self) -> int:
        """Number of values in blobs that are not shared."""
        return sum(blob.count for blob in self.blobs if blob.owner is None)

    @cached_property
    def tops(self) -> Mapping[str, Shape | None]:
        """The shape of every blob between layers, by name: as its last maker leaves it."""
        return {wire.name: wire.shape for layer in self.layers for wire in layer.tops}

    @cached_property
    def parameter(self) -> NetParameter:
        """The net as Caffe saves it, without blobs: Splits and what layers changed of their own included."""
        net = NetParameter(layer=[layer.parameter for layer in self.layers])
        net.MergeFrom(self.head)
        return net

    def layer(self, layer_id: int) -> PlannedLayer:
        """Return the layer of that id."""
        return self._by_id[layer_id]

    def readers(self, wire: Wire) -> tuple[PlannedLayer, ...]:
        """Return the layers that read a wire, in order and each once, those after a Split included."""
        return self._readers.get(wire.number, ())

    def owner(self, blob: PlannedBlob) -> PlannedBlob:
        """Return the blob that owns the values: another one if it is shared, else the blob itself."""
        if blob.owner is None:
            return blob
        layer_id, index = blob.owner
        return self._by_id[layer_id].blobs[index]

    def label(self, layer_id: int) -> str:
        """Return a layer's name for messages, with its id if an earlier layer with blobs has that name."""
        return self._labels.get(layer_id, self.layer(layer_id).name)

    def without_repeats(self, taken: set[str]) -> PlannedNet:
        """Return the same net without the draws that `taken` names, to which its other draws are added."""
        steps = list(self.steps)
        for index, step in enumerate(steps):
            if isinstance(step, Draw) and step.once:
                steps[index] = replace(step, words=0) if step.once in taken else step
                taken.add(step.once)
        return replace(self, steps=tuple(steps))

    def only(self, names: set[str]) -> PlannedNet:
        """Return the net with layers of these names alone, which draw what they always draw.

        A blob whose owner is left out has its own values.
        """
        kept = [layer for layer in self.layers if layer.name in names]
        ids = {layer.id for layer in kept}
        return replace(self, layers=tuple(replace(layer, blobs=_own(layer.blobs, ids)) for layer in kept))

    @cached_property
    def _by_id(self) -> Mapping[int, PlannedLayer]:
        return {layer.id: layer for layer in self.layers}

    @cached_property
    def _readers(self) -> Mapping[int, tuple[PlannedLayer, ...]]:
        readers: dict[int, dict[int, PlannedLayer]] = {}
        for layer in self.layers:
            for wire in layer.bottoms if layer.kind.role is not Role.COPY else ():
                for number in (wire.number, wire.origin.number):
                    readers.setdefault(number, {})[layer.id] = layer
        return {number: tuple(layers.values()) for number, layers in readers.items()}

    @cached_property
    def _labels(self) -> Mapping[int, str]:
        labels: dict[int, str] = {}
        seen: set[str] = set()
        for layer in self.layers:
            if layer.blobs:
                labels[layer.id] = f"{layer.name}#{layer.id}" if layer.name in seen else layer.name
                seen.add(layer.name)
        return labels


def _own(blobs: tuple[PlannedBlob, ...], ids: set[int]) -> tuple[PlannedBlob, ...]:
    return tuple(
        replace(blob, owner=None) if blob.owner is not None and blob.owner[0] not in ids else blob
        for blob in blobs
    )
