"""Measure where the time of a fill goes: `--profile`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from caffe_fillers.distributions import Values
    from caffe_fillers.model import Model, ModelBlob

_SLOWEST = 5


@dataclass
class Profile:
    """Seconds by stage and by blob, of which drawing is a part of writing."""

    stages: dict[str, float] = field(default_factory=dict)
    blobs: dict[tuple[str, int, int], float] = field(default_factory=dict)
    """By layer, index of the blob, and number of values."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block."""
        begin = time.perf_counter()
        yield
        self.stages[name] = time.perf_counter() - begin

    def watched(self, model: Model) -> Model:
        """Return the same model, whose blobs are timed as they are drawn."""

        def timed(layer: str, index: int, blob: ModelBlob) -> Iterator[Values]:
            spent, chunks = 0.0, blob.chunks()
            while True:
                begin = time.perf_counter()
                chunk = next(chunks, None)
                spent += time.perf_counter() - begin
                if chunk is None:
                    break
                yield chunk
            self.blobs[layer, index, blob.count] = spent

        layers = [
            replace(
                layer,
                blobs=tuple(
                    replace(blob, chunks=partial(timed, layer.name, index, blob))
                    for index, blob in enumerate(layer.blobs)
                ),
            )
            for layer in model.layers
        ]
        return replace(model, layers=tuple(layers))

    def print(self, file: TextIO) -> None:
        """Print a line for each stage, then for the blobs that took longest."""
        drawing = sum(self.blobs.values())
        writing = self.stages["draw and write"] - drawing
        stages = {"read and plan": self.stages["read and plan"], "draw": drawing, "write": writing}
        total = sum(stages.values())
        print("where the time went, without Python's start:", file=file)
        for name, seconds in stages.items():
            print(f"  {name:<16}{seconds:8.3f} s {seconds / total:6.1%}", file=file)
        for (layer, index, count), seconds in sorted(self.blobs.items(), key=lambda item: -item[1])[
            :_SLOWEST
        ]:
            each = f", {seconds / count * 1e9:.1f} ns each" if count else ""
            print(f"  {layer} blob {index}: {seconds:.3f} s for {count:,} values{each}", file=file)
