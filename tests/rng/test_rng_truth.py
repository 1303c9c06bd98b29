"""The vectorized streams and distributions beside the scalar ones: every bit, and the stream's end."""

from __future__ import annotations

import itertools
import platform

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalar_boost import Draw, mersenne, recurrence

from caffe_fillers import rng
from caffe_fillers.rng import attempts, reals, ziggurat
from caffe_fillers.rng.generators import make_generator
from caffe_fillers.rng.twister import untemper

pytestmark = pytest.mark.usefixtures("both_paths")

GENERATORS = {32: "mt19937", 64: "mt19937_64"}
RELEASES = {rng.Family.BOX_MULLER: "1.54", rng.Family.ZIGGURAT_1_56: "1.58", rng.Family.ZIGGURAT_1_64: "1.74"}

needs_glibc = pytest.mark.skipif(
    platform.libc_ver() < ("glibc", "2.28"),
    reason="the scalar truth calls the C library, which is another here",
)


def both(
    bits: int, listed: list[int], dtype: type[np.floating], family: rng.Family
) -> tuple[rng.Stream, Draw]:
    """A stream that gives listed words first, and then what follows from these and others up to n."""
    stream = rng.Stream(1701, RELEASES[family], GENERATORS[bits])
    words = np.array([*listed, *stream.words(stream.twister.n).tolist()], stream.twister.dtype)
    words = words[: stream.twister.n]
    stream._generator, stream.position = make_generator(stream.twister, words), 0
    following = recurrence(bits, untemper(stream.twister, words).tolist())
    return stream, Draw(itertools.chain(words.tolist(), following), bits, dtype, family)


def same_end(stream: rng.Stream, draw: Draw) -> bool:
    return stream.position == draw.taken and stream.words(3).tolist() == [draw.word() for _ in range(3)]


@st.composite
def rare_words(draw: st.DrawFn, bits: int) -> list[int]:
    """Words that lead into the tail, into wedges, to the upper bound: all that a stream seldom shows."""
    top = 2**bits - 1
    word = st.one_of(
        st.integers(0, top),
        st.builds(
            lambda high, low: top - (high << 8) & ~0xFF & top | low,
            st.integers(0, 2**18),
            st.sampled_from([0, 0, 0, 1, 2, 7]),
        ),
        st.integers(top - 200, top),
        st.integers(0, 300),
    )
    return draw(st.lists(word, max_size=120))


class TestStream:
    @pytest.mark.parametrize("bits", GENERATORS)
    @pytest.mark.parametrize("seed", [0, 1701, 2**32 - 1, 2**32 + 5, 2**64 - 1])
    def test_words(self, bits: int, seed: int) -> None:
        expected = list(itertools.islice(mersenne(bits, seed), 2000))
        stream = rng.Stream(seed, generator=GENERATORS[bits])
        assert stream.words(1).tolist() + stream.words(1999).tolist() == expected


@needs_glibc
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bits", GENERATORS)
class TestDistributions:
    @pytest.mark.parametrize("family", rng.Family)
    @settings(max_examples=40, derandomize=True)
    @given(data=st.data(), size=st.integers(0, 90), block=st.sampled_from([2, 16, reals.BLOCK]))
    def test_normal(
        self,
        data: st.DataObject,
        size: int,
        block: int,
        family: rng.Family,
        bits: int,
        dtype: type[np.floating],
    ) -> None:
        stream, draw = both(bits, data.draw(rare_words(bits)), dtype, family)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ziggurat, "_BLOCK", block)
            patch.setattr(ziggurat, "BLOCK", block)
            patch.setattr(attempts, "_PIECE", block)
            values = rng.normal(stream, size, dtype(0.5), dtype(0.1), dtype)
            expected = [draw.normal(dtype(0.5), dtype(0.1)) for _ in range(size)]
        assert values.tobytes() == np.array(expected, dtype).tobytes()
        assert same_end(stream, draw)

    @pytest.mark.parametrize("family", [rng.Family.ZIGGURAT_1_56, rng.Family.ZIGGURAT_1_64])
    def test_an_attempt_longer_than_what_was_drawn(
        self, family: rng.Family, bits: int, dtype: type[np.floating]
    ) -> None:
        """A wedge's uniform that has to be drawn again hundreds of times."""
        top = 2**bits - 1
        listed = [top ^ 0xFC, *[top] * (300 if bits == 64 or dtype is np.float32 else 1)]
        stream, draw = both(bits, listed, dtype, family)
        values = rng.normal(stream, 3, dtype(0), dtype(1), dtype)
        assert values.tolist() == [draw.normal(dtype(0), dtype(1)) for _ in range(3)]
        assert same_end(stream, draw)

    @settings(max_examples=40, derandomize=True)
    @given(data=st.data(), size=st.integers(0, 90))
    def test_uniform(self, data: st.DataObject, size: int, bits: int, dtype: type[np.floating]) -> None:
        stream, draw = both(bits, data.draw(rare_words(bits)), dtype, rng.Family.ZIGGURAT_1_64)
        real = st.floats(width=np.finfo(dtype).bits, allow_nan=False, allow_infinity=False)
        low, high = sorted(data.draw(st.one_of(st.tuples(real, real), real.map(lambda x: (x, x)))))
        if low == np.finfo(dtype).max:
            return
        upper = np.nextafter(dtype(high), np.finfo(dtype).max)
        values = rng.uniform(stream, size, dtype(low), dtype(high), dtype)
        expected = [draw.uniform_real(dtype(low), upper) for _ in range(size)]
        assert values.tobytes() == np.array(expected, dtype).tobytes()
        assert same_end(stream, draw)

    @settings(max_examples=40, derandomize=True)
    @given(data=st.data(), size=st.integers(0, 90), p=st.floats(0, 1, width=32))
    def test_bernoulli(
        self, data: st.DataObject, size: int, p: float, bits: int, dtype: type[np.floating]
    ) -> None:
        stream, draw = both(bits, data.draw(rare_words(bits)), dtype, rng.Family.ZIGGURAT_1_64)
        drawn = rng.bernoulli(stream, size, dtype(p), dtype)
        assert drawn.tolist() == [draw.bernoulli(dtype(p)) for _ in range(size)]
        assert same_end(stream, draw)
