"""torch: operations of detection, segmentation and the layers that move values."""

from __future__ import annotations

from caffe_fillers.port import values, vision_ops
from caffe_fillers.port.code import call, literal, unless
from caffe_fillers.port.printing import Site
from caffe_fillers.port.targets.torch import torch

RULES = torch
"""All of torch's rules, these among them."""


@torch(vision_ops.Tensor)
def tensor(op: vision_ops.Tensor, at: Site) -> str:
    """A module that returns its parameter."""
    return f"{at.layer(at.helper('Blob'), *map(str, op.lengths))}()"


@torch(vision_ops.Permute)
def permute(op: vision_ops.Permute, at: Site, x: str) -> str:
    """Axes in another order."""
    return f"{x}.permute({', '.join(map(str, op.order))})"


@torch(vision_ops.Flip)
def flip(op: vision_ops.Flip, at: Site, x: str) -> str:
    """Some axes reversed."""
    return f"torch.flip({x}, {op.axes})"


@torch(vision_ops.ArgMax)
def arg_max(op: vision_ops.ArgMax, at: Site, x: str) -> str:
    """Indices are of the values' own type, as in Caffe."""
    found = f"torch.topk({x}, {op.top_k}, {op.axis})"
    return f"{found}.values" if op.values else f"{found}.indices.to({x}.dtype)"


@torch(vision_ops.Take)
def take(op: vision_ops.Take, at: Site, x: str, index: str) -> str:
    """By an index of whole numbers."""
    return f"{x}[{index}.long()]"


@torch(vision_ops.Select)
def select(op: vision_ops.Select, at: Site, x: str, selector: str) -> str:
    """By a mask."""
    return f"{x}[{selector}.flatten() != 0]"


@torch(vision_ops.Resize)
def resize(op: vision_ops.Resize, at: Site, x: str) -> str:
    """To a size that stands in the code."""
    manner = 'mode="bilinear", align_corners=True' if op.bilinear else 'mode="nearest"'
    return f"F.interpolate({x}, {(op.height, op.width)}, {manner})"


@torch(vision_ops.Unpool, limits="of values for one place the last in torch's order stays")
def unpool(op: vision_ops.Unpool, at: Site, x: str, mask: str) -> str:
    """To places that a mask has."""
    return f"{at.helper('unpool')}({x}, {mask}, {op.height}, {op.width})"


@torch(vision_ops.RoiPool)
def roi_pool(op: vision_ops.RoiPool, at: Site, x: str, regions: str) -> str:
    """By a function."""
    return call(at.helper("roi_pool"), x, regions, op.height, op.width, op.scale)


@torch(vision_ops.PsRoiPool)
def ps_roi_pool(op: vision_ops.PsRoiPool, at: Site, x: str, regions: str) -> str:
    """By a function."""
    return call(at.helper("ps_roi_pool"), x, regions, op.outputs, op.group, op.scale)


@torch(vision_ops.Priors)
def priors(op: vision_ops.Priors, at: Site) -> str:
    """A module that computes them once."""
    module = at.layer(
        at.helper("PriorBoxes"),
        grid=str(op.grid),
        image=str(op.image),
        step=f"({', '.join(map(literal, op.step))})",
        sizes=f"[{', '.join(f'({literal(width)}, {literal(height)})' for width, height in op.sizes)}]",
        variance=f"[{', '.join(map(literal, op.variance))}]",
        offset=unless(0.5, op.offset),
        clip=unless(False, op.clip),
    )
    return f"{module}()"


@torch(vision_ops.Detect)
def detect(op: vision_ops.Detect, at: Site, *inputs: str) -> str:
    """By a function, a box after another."""
    return call(
        at.helper("detection_output"),
        *inputs,
        classes=op.classes,
        background=unless(0, op.background),
        code=f'"{op.code}"',
        encoded=unless(False, op.encoded),
        shared=unless(True, op.shared),
        threshold=None if op.threshold == -values.INFINITY else op.threshold,
        overlap=op.overlap,
        eta=unless(1.0, op.eta),
        top_k=unless(-1, op.top_k),
        keep=unless(-1, op.keep),
    )
