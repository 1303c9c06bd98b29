"""The Plan: everything that draws from the random stream, in Caffe's order. Data only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from caffe_fillers.distributions import Distribution
from caffe_fillers.fans import MASTER, Convention
from caffe_fillers.fillers import Filler
from caffe_fillers.notes import Note
from caffe_fillers.shapes import Shape, count

Occurrence: TypeAlias = tuple[str, int]
"""A layer's name, and how many layers of that name come before: Caffe lets several have one."""


def occurrences(names: Iterable[str]) -> list[Occurrence]:
    """What tells layers apart, by their names in order.

    >>> occurrences(["c", "d", "c"])
    [('c', 0), ('d', 0), ('c', 1)]
    """
    seen, found = Counter[str](), list[Occurrence]()
    for name in names:
        found.append((name, seen[name]))
        seen[name] += 1
    return found


@dataclass(frozen=True)
class Fill:
    """One filler call on one parameter blob.

    `legacy_shape` is the shape that Caffe gave the blob before 2015 where it
    was another (inner product weights were 1x1xNxK): old conventions compute
    fans from it. `convention` is how the Caffe that fills it computes.
    """

    layer: str
    index: int
    shape: Shape
    filler: Filler
    legacy_shape: Shape | None = None
    convention: Convention = field(default=MASTER, repr=False)

    @property
    def count(self) -> int:
        """Number of values."""
        return count(self.shape)

    @property
    def counted_shape(self) -> Shape:
        """The shape that fans are counted on."""
        return self.legacy_shape if self.convention.legacy_blobs and self.legacy_shape else self.shape

    def distribution(self) -> Distribution:
        """What Caffe draws the blob's float32 values from."""
        return self.filler.distribution(self.counted_shape, np.float32, self.convention)


@dataclass(frozen=True)
class Draw:
    """Words that something other than a filler takes from the stream while Caffe builds the net.

    `once` names what takes them a single time, whichever layers ask for it.
    """

    words: int
    why: str
    layer: str = ""
    once: str = ""


@dataclass(frozen=True)
class Given:
    """Values that the prototxt itself carries in a layer's `blobs`; nothing is drawn."""

    layer: str
    index: int
    shape: Shape
    values: bytes = field(repr=False)
    """float32, little-endian, in C order."""


@dataclass(frozen=True)
class PlannedBlob:
    """A parameter blob as the net holds it when Caffe has built it.

    `step` is the index in `Plan.steps` of what made its values: for a shared
    blob the owner's, although its own filler drew too.
    """

    layer_id: int
    layer: str
    layer_type: str
    index: int
    shape: Shape
    step: int
    owner: tuple[str, int] | None = None
    """Layer and blob index of the owner where the blob is shared by name."""

    @property
    def count(self) -> int:
        """Number of values."""
        return count(self.shape)


@dataclass(frozen=True)
class Plan:
    """What is drawn, in order, and which blobs keep it.

    `tops` maps every blob of the net to its shape; an unknown shape is None,
    an unknown axis `shapes.UNKNOWN`.
    """

    steps: tuple[Fill | Draw | Given, ...]
    blobs: tuple[PlannedBlob, ...]
    tops: Mapping[str, Shape | None]
    notes: tuple[Note, ...] = ()

    @property
    def num_parameters(self) -> int:
        """Number of values in blobs that are not shared."""
        return sum(blob.count for blob in self.blobs if blob.owner is None)

    def owner(self, blob: PlannedBlob) -> tuple[str, int] | None:
        """The owner of a shared blob, if its name says which it is: Caffe lets layers have one name."""
        return None if blob.owner is None or blob.owner[0] in self._names_of_several else blob.owner

    @cached_property
    def layers_with_blobs(self) -> Mapping[Occurrence, tuple[PlannedBlob, ...]]:
        """Their blobs by name, and by how many layers of that name come before."""
        layers: dict[int, list[PlannedBlob]] = {}
        for blob in self.blobs:
            layers.setdefault(blob.layer_id, []).append(blob)
        keys = occurrences(blobs[0].layer for blobs in layers.values())
        return dict(zip(keys, map(tuple, layers.values()), strict=True))

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """By id, names of layers for people: where one came before, with the id behind it, as in files."""
        return {
            blobs[0].layer_id: f"{name}#{blobs[0].layer_id}" if before else name
            for (name, before), blobs in self.layers_with_blobs.items()
        }

    def without_repeats(self, taken: set[str]) -> Plan:
        """The same plan, in which nothing draws again: what `taken` names, to which the rest is added."""
        steps = list(self.steps)
        for index, step in enumerate(steps):
            if isinstance(step, Draw) and step.once:
                steps[index] = replace(step, words=0) if step.once in taken else step
                taken.add(step.once)
        return replace(self, steps=tuple(steps))

    @cached_property
    def _names_of_several(self) -> set[str]:
        layers = {blob.layer_id: blob.layer for blob in self.blobs}
        return {name for name, number in Counter(layers.values()).items() if number > 1}
