"""Convert the seeds that a user sets to a place in the Philox sequence.

Sources: tensorflow/python/framework/random_seed.py, tensorflow/core/util/
guarded_philox_random.cc and tensorflow/core/kernels/stateless_random_ops.cc
(TensorFlow 2.21); CPython's Lib/random.py and Modules/_randommodule.c.
"""

from __future__ import annotations

import numpy as np

from caffe_fillers.frameworks.tensorflow.philox import Philox

DEFAULT_GRAPH_SEED = 87654321
LARGEST_SEED = 2**31 - 1

_RESERVED_BLOCKS = 256
"""A stateful operation passes over this many blocks for each value that it has given."""

_SCRAMBLE_KEY = 0x02461E293EC8F720
_WORD_BITS = 32


def operation_seeds(graph_seed: int | None, op_seed: int) -> tuple[int, int]:
    """The two seeds that a stateful operation gets; TensorFlow's `get_seed`.

    >>> operation_seeds(None, 1), operation_seeds(0, 0), operation_seeds(-1, 2**31)
    ((87654321, 1), (0, 2147483647), (2147483646, 1))
    """
    if graph_seed is None:
        return DEFAULT_GRAPH_SEED, op_seed % LARGEST_SEED
    seeds = graph_seed % LARGEST_SEED, op_seed % LARGEST_SEED
    # Two zeros would ask the kernel for seeds of its own.
    return (0, LARGEST_SEED) if seeds == (0, 0) else seeds


def stateful(seeds: tuple[int, int], values_before: int = 0) -> Philox:
    """Return where an operation with these seeds draws, once it has given that many values."""
    key, high = seeds
    return Philox(key, high << 64).skip(values_before * _RESERVED_BLOCKS)


def stateless(seed: int, nonce: int = 0) -> Philox:
    """Return where `tf.random.stateless_*` draws for the seed pair [seed, nonce], two integers of 64 bits."""
    counter = (seed % (1 << 64)) | (nonce % (1 << 64)) << 64
    words = [int(word) for word in Philox(_SCRAMBLE_KEY, counter).blocks(np.zeros(1, np.uint64))[0]]
    key, high = (words[place] | words[place + 1] << _WORD_BITS for place in (0, 2))
    return Philox(key, high << 64)


class PythonRandom:
    """The whole numbers of Python's `random.Random(seed)`, which TensorFlow and Keras take seeds from.

    >>> generator = PythonRandom(7)
    >>> [generator.randint(1, 10**9) for _ in range(3)]
    [347712783, 161973070, 423938500]
    """

    def __init__(self, seed: int) -> None:
        magnitude = abs(seed)
        shifts = range(0, max(magnitude.bit_length(), 1), _WORD_BITS)
        # A list, for numpy seeds from an array of one word otherwise than from a longer one.
        self._words = np.random.RandomState([magnitude >> shift & 0xFFFFFFFF for shift in shifts])

    def randint(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included; at most 32 bits apart."""
        width = high - low + 1
        while True:
            word = int.from_bytes(self._words.bytes(_WORD_BITS // 8), "little")
            number = word >> (_WORD_BITS - width.bit_length())
            if number < width:
                return low + number
