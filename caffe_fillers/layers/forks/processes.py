"""Layers of several processes as one process has them: yjxiong/caffe 9831a2b4d."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, layer
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, differ


@layer("Gather", "Scatter", bottoms=(1, None), tops=(1, None), same_number=True)
def gather(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The blobs of all processes, or each one's share of them: gather_layer.cpp, scatter_layer.cpp."""
    return Setup(bottoms)


@layer("BatchReduction")
def batch_reduction(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """An axis reduced, to one value or to one for each level of a pyramid: batch_reduction_layer.cpp."""
    param, shape = fork_param(parameter, "batch_reduction_param"), bottoms[0]
    axis = canonical_axis(param.reduction_param.axis, len(shape))
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    levels = list(param.level) or [1]
    fork_param(saved, "batch_reduction_param").level[:] = levels
    if param.pos and len(levels) > 1:
        raise NetError(f"pos takes one level, and it has {len(levels)}")
    if param.pos and axis + 2 > len(shape):
        raise NetError(f"pos reduces two axes, and none follows axis {axis}")
    pyramid: Shape = ()
    if levels != [1]:
        pyramid, cells = (len(levels),), sum(level**2 for level in levels)
        if differ(shape[axis], cells):
            raise NetError(
                f"its levels {levels} have {cells} cells, but axis {axis} of its bottom has {shape[axis]}"
            )
    return Setup(((*shape[:axis], *pyramid, *shape[axis + (2 if param.pos else 1) :]),), saved=saved)
