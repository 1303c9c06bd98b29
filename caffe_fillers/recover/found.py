"""A seed that was found, and where in its stream."""

from __future__ import annotations

from dataclasses import dataclass

from caffe_fillers.rng.twister import MT19937


@dataclass(frozen=True)
class Found:
    """Value number `value` of a blob comes from output number `position` after `seed`.

    `treatment` says what was done to the values since they were drawn, if anything, `generator` which
    generator it is and `maker` whose way of making values of outputs.
    """

    seed: int
    position: int
    value: int = 0
    treatment: str = ""
    generator: str = MT19937.name
    maker: str = "Caffe"
