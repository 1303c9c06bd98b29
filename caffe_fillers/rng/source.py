"""Sources of words: numpy's MT19937, or a block at a time by the recurrence itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from caffe_fillers.rng.twister import MT19937, Twister, Words, temper, twist, untemper

Source: TypeAlias = Callable[[int], Words]
"""Gives as many of the next words as it is asked for, or more."""


def make_source(twister: Twister, words: Words) -> Source:
    """A source whose first n words are `words`.

    numpy's generator takes 3.1 ns a word where vector operations over lanes of
    blocks, jumped ahead and brought into order, took 2.9 to 3.5: it is the
    simpler one, and it leaves the interpreter to other threads for long.

    >>> from caffe_fillers.rng.twister import first_words
    >>> make_source(MT19937, first_words(MT19937, 5489))(2).tolist()
    [3499211612, 581869302]
    """
    state = untemper(twister, words)
    return _numpy_source(state) if twister == MT19937 else _block_source(twister, state)


def _numpy_source(state: Words) -> Source:
    generator = np.random.MT19937(0)
    generator.state = {"bit_generator": "MT19937", "state": {"key": state, "pos": 0}}
    integers = np.random.Generator(generator).integers
    return lambda size: integers(0, 2**32, size, np.uint32)


def _block_source(twister: Twister, state: Words) -> Source:
    rest = temper(twister, state)

    def draw(size: int) -> Words:
        nonlocal state, rest
        blocks = [rest]
        for _ in range(-(-(size - rest.size) // twister.n)):
            state = twist(twister, state)
            blocks.append(state)
        drawn = (
            np.concatenate((rest, temper(twister, np.concatenate(blocks[1:])))) if len(blocks) > 1 else rest
        )
        rest = drawn[size:]
        return drawn[:size]

    return draw
