"""Recover the seeds of blobs that other frameworks drew from mt19937."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from caffe_fillers.distributions import Uniform, Values
from caffe_fillers.fans import MASTER
from caffe_fillers.frameworks.candidates import candidates
from caffe_fillers.frameworks.mxnet.stream import RandomState
from caffe_fillers.recover.anywhere import recover_torch
from caffe_fillers.recover.chain import VALUES
from caffe_fillers.recover.early import Observed, recover_seed
from caffe_fillers.recover.found import MXNET, PYTORCH, Found, Sample

_FARTHEST = 20_000
_NEAR = 0.9
"""The part of its bound that the largest of many values exceeds."""
_FEWEST, _FIRST = 128, 48
"""Values that a blob of MXNet's must have, and of its first lane those that are looked at."""
_INVERSE = pow(127, -1, 2**32)


def foreign_origins(samples: Sequence[Sample]) -> Iterator[Found]:
    """Yield the seeds of PyTorch's and MXNet's blobs."""
    found = list(_of_torch(_matrices(samples)))
    yield from found if found else _of_mxnet(samples)


def _of_torch(samples: Sequence[Sample]) -> Iterator[Found]:
    """Recover `torch.manual_seed` on a CPU from uniforms of a default or of `torch.nn.init`."""
    for sample in samples:
        for bound in _bounds(sample) if sample.fill.count >= VALUES else ():
            hit = recover_torch(bound, sample.values)
            if hit is not None:
                yield Found(hit.seed, "", hit.position, sample.step, sample.number, maker=PYTORCH)
                break


def _of_mxnet(samples: Sequence[Sample]) -> Iterator[Found]:
    matrices = _in_lanes(samples)
    for bound in _bounds(matrices[0]) if matrices else ():
        raised = Uniform(-bound, float(np.nextafter(np.float32(bound), np.float32(0))))
        first = recover_seed([Observed(0, raised, matrices[0].values[:_FIRST])])
        if first is not None:
            yield from of_mxnet_lane(samples, first)
            return


def of_mxnet_lane(samples: Sequence[Sample], first: int) -> Iterator[Found]:
    """Recover `mx.random.seed` on a CPU from uniforms of the first of 1,024 generators, which has that seed.

    It is 127 times the one that was given. Of a blob up to 64,000 values each generator makes 64 at most,
    which stand where those of Caffe with that seed would, but for a bound that is not raised.
    """
    seed = first * _INVERSE % 2**32
    state = RandomState(seed)
    for sample in _in_lanes(samples):
        drawn = state.uniform(-1.0, 1.0, (sample.fill.count,))
        if not any(_agrees(drawn, bound, sample) for bound in _bounds(sample)):
            return
        yield Found(seed, "", 0, sample.step, sample.number, maker=MXNET)


def _matrices(samples: Sequence[Sample]) -> list[Sample]:
    return [each for each in samples if len(each.fill.shape) > 1]


def _in_lanes(samples: Sequence[Sample]) -> list[Sample]:
    """Return the matrices and kernels; none if a single generator could fill the first of them.

    Such a blob is Caffe's as well as MXNet's, since every seed is 127 times another modulo 2**32.
    """
    matrices = _matrices(samples)
    return matrices if matrices and matrices[0].fill.count >= _FEWEST else []


def _agrees(drawn: Values, bound: float, sample: Sample) -> bool:
    """Return whether values are those from -1 to 1, scaled to a bound."""
    return bool(np.allclose(drawn * bound, sample.values, rtol=0, atol=1e-6 * bound))


def _bounds(sample: Sample) -> list[float]:
    """Yield common bounds that the values fill, the declared one first."""
    most = float(np.abs(sample.values[:_FARTHEST]).max())
    declared = sample.fill.distribution()
    others = [declared, *(each.distribution for each in candidates(sample.fill))]
    bounds = [each.high for each in others if isinstance(each, Uniform) and each.low == -each.high]
    bounds.append(MASTER.fans(sample.fill.shape)[0] ** -0.5)
    return [bound for bound in dict.fromkeys(bounds) if _NEAR * bound < most <= bound]
