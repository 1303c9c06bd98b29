"""Samples that seeds are searched in, and streams that are found: plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.plan import Fill
from caffe_fillers.rng import BOOST
from caffe_fillers.rng.twister import MT19937

RELEASES = (BOOST, "1.58", "1.54")
"""Of Boost, one for each of its normal distributions."""

CAFFE, PYTORCH, MXNET = "Caffe", "PyTorch", "MXNet"

Progress = Callable[[str, float], None]
"""Called with what is being tried and the share of it that is done."""


def no_progress(text: str, share: float) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Sample:
    """The stored values of a blob, flat and in C order, that step number `step` of a plan should have drawn.

    `number` is the caller's own for the blob; of a shared blob its owner alone is a sample.
    """

    number: int
    step: int
    fill: Fill
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """Value number `value` of a blob comes from output number `position` after `seed`.

    `treatment` says what was done to the values since they were drawn, if anything, `generator` which
    generator it is and `maker` whose way of making values of outputs.
    """

    seed: int
    position: int
    value: int = 0
    treatment: str = ""
    generator: str = MT19937.name
    maker: str = CAFFE


@dataclass(frozen=True)
class Found:
    """A stream that made a model, or a part of it.

    Step number `first_step` of the plan begins at output number `offset` after `seed`. `release` of Boost
    made the values, `assumption` says what was done to them since, if anything (`negated`, `rounded to
    float16`), `number` is that of the sample they were found in. `is_tried` marks a seed that was not
    computed but tried. `maker` is whose way of drawing it is, Caffe's, `PYTORCH`'s or `MXNET`'s.
    """

    seed: int
    release: str
    offset: int = 0
    first_step: int = 0
    number: int = -1
    assumption: str = ""
    is_tried: bool = False
    generator: str = MT19937.name
    maker: str = CAFFE
