"""A planned net and a stream make a model, drawn piece by piece as its blobs are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.model import Model, model_of
from caffe_fillers.plan import Draw, Fill, Given, Step
from caffe_fillers.planner import PlannedNet
from caffe_fillers.rng import Stream


def execute(net: PlannedNet, stream: Stream, threads: int = 1) -> tuple[Model, Execution]:
    """The net's weights, drawn when they are read, and the execution that draws them.

    The stream moves as blobs are read; `Execution.finish` brings it to where
    Caffe's stands when the net is built. The values are the same with any
    number of `threads`.
    """
    execution = Execution(net, stream, threads)
    return model_of(net, execution.values), execution


def pass_over(step: Step, stream: Stream) -> None:
    """Move a stream past what a step draws: by a jump where it is certain how many words that takes."""
    if isinstance(step, Draw):
        stream.skip(step.words)
    elif isinstance(step, Fill):
        distribution = step.distribution()
        words = distribution.words(step.count, stream)
        if words is not None:
            stream.skip(words)
            return
        for _ in distribution.chunks(step.count, stream):
            pass


class Execution:
    """The steps of a net on one stream, each drawn in its turn and again whenever it is asked for.

    Steps that nobody asks for still draw, as a shared blob's filler does in
    Caffe, or are jumped over where it is certain how many words they take. Of
    every step the stream at its beginning is kept (2.5 kB each).
    """

    def __init__(self, net: PlannedNet, stream: Stream, threads: int = 1) -> None:
        self.stream = stream
        self.stream.threads = threads
        self._steps = net.steps
        self._begins: list[Stream] = []

    def values(self, step: int) -> Iterator[Values]:
        """The float32 values of the blob that a step makes."""
        if step < len(self._begins):
            yield from self._draw(step, self._begins[step].copy())
            return
        self._advance(step)
        self._begins.append(self.stream.copy())
        yield from self._draw(step, self.stream)

    def finish(self) -> Stream:
        """Draw what is left and return the stream, which stands where the net's construction ends."""
        self._advance(len(self._steps))
        return self.stream

    def _advance(self, step: int) -> None:
        while len(self._begins) < step:
            number = len(self._begins)
            self._begins.append(self.stream.copy())
            pass_over(self._steps[number], self.stream)

    def _draw(self, number: int, stream: Stream) -> Iterator[Values]:
        step = self._steps[number]
        if isinstance(step, Draw):
            stream.skip(step.words)
        elif isinstance(step, Given):
            yield np.frombuffer(step.values, "<f4")
        else:
            yield from step.distribution().chunks(step.count, stream)
