"""torch.nn: a module for each net, its state_dict from Caffe's blobs. Read at torch v2.5.1."""

from __future__ import annotations

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import number
from caffe_fillers.port import axes, ops, values
from caffe_fillers.port.code import applied, call, unless
from caffe_fillers.port.contract import Rules
from caffe_fillers.port.printing import Site, named_numbers
from caffe_fillers.port.values import Arrays, Value

torch = Rules("torch")

_FUNCTIONS = {
    "abs": "torch.abs({0})",
    "clip": "torch.clamp({0}, {n0}, {n1})",
    "elu": "F.elu({0}, alpha={n0})",
    "exp": "torch.exp({0})",
    "leaky_relu": "F.leaky_relu({0}, {n0})",
    "log": "torch.log({0})",
    "log_to": "torch.log({0}) / math.log({n0})",
    "maximum": "torch.maximum({0}, {1})",
    "relu": "F.relu({0})",
    "sigmoid": "torch.sigmoid({0})",
    "softplus": "F.softplus({0})",
    "sqrt": "torch.sqrt({0})",
    "square": "{0}.square()",
    "tanh": "torch.tanh({0})",
    "threshold": "({0} > {n0}).to({0}.dtype)",
}


@torch(values.Binary, values.Function)
def function(name: str, *numbers: str) -> str:
    """A template for a function of each value."""
    return named_numbers(_FUNCTIONS, name, numbers)


@torch(ops.Conv)
def conv(op: ops.Conv, at: Site, x: str) -> str:
    """Weights lie as torch has them."""
    module = at.layer(
        f"nn.{'ConvTranspose' if op.transposed else 'Conv'}{len(op.kernel)}d",
        *(op.inputs, op.outputs),
        kernel_size=op.kernel,
        stride=unless(1, op.stride),
        padding=unless(0, op.pad),
        dilation=unless(1, op.dilation),
        groups=unless(1, op.groups),
        bias=None if op.bias else False,
    )
    return f"{module}({x})"


@torch(ops.GlobalPool)
def global_pool(op: ops.GlobalPool, at: Site, x: str) -> str:
    """To one value for each channel."""
    return f"{at.layer(f'nn.Adaptive{_kind(op.average)}Pool2d', 1)}({x})"


def _kind(average: bool) -> str:
    return "Avg" if average else "Max"


@torch(ops.Pool, limits="padding up to half a window")
def pool(op: ops.Pool, at: Site, x: str) -> str:
    """`ceil_mode` rounds as Caffe does, and an average counts the padding as Caffe counts it."""
    _check_window(op, at.value)
    module = at.layer(
        at.helper("MaskedMaxPool2d") if op.indices else f"nn.{_kind(op.average)}Pool2d",
        kernel_size=op.kernel,
        stride=op.stride,
        padding=unless(0, op.pad),
        ceil_mode=op.ceil or None,
    )
    return f"{module}({x})"


def _check_window(op: ops.Pool, value: Value) -> None:
    """Padding is half a kernel at most in torch, which drops a last window that Caffe may keep."""
    if any(2 * pad > kernel for pad, kernel in zip(op.pad, op.kernel, strict=True)):
        raise UsageError(f"it pads by {op.pad}, torch by half of the kernel {op.kernel} at most")
    if value.shape is None or value.inputs[0].shape is None:
        return
    lengths = value.inputs[0].shape[2:], value.shape[2:], op.kernel, op.stride, op.pad
    for length, outputs, kernel, stride, pad in zip(*lengths, strict=True):
        given = (length + 2 * pad - kernel + (stride - 1 if op.ceil else 0)) // stride + 1
        if op.ceil and (given - 1) * stride >= length + pad:
            given -= 1
        if length >= 0 and given != outputs:
            raise UsageError(f"Caffe gives {outputs} windows along an axis of {length}, torch {given}")


@torch(ops.Dense)
def dense(op: ops.Dense, at: Site, x: str) -> str:
    """Channels come before height and width in both."""
    module = at.layer("nn.Linear", op.inputs, op.outputs, bias=None if op.bias else False)
    given = x if op.flatten is None else f"torch.flatten({x}, {op.flatten})"
    return f"{module}({given})"


@torch(ops.Embed)
def embed(op: ops.Embed, at: Site, x: str) -> str:
    """Indices come as floats in Caffe."""
    if not op.bias:
        return f"{at.layer('nn.Embedding', op.rows, op.width)}({x}.long())"
    return f"{at.layer(at.helper('BiasedEmbedding'), op.rows, op.width)}({x})"


@torch(ops.LSTM)
def lstm(op: ops.LSTM, at: Site, x: str, cont: str) -> str:
    """Torch's own cell, restarted where a sequence begins."""
    return f"{at.layer(at.helper('ContinuedLSTM'), op.inputs, op.outputs)}({x}, {cont})"


@torch(ops.PReLU)
def prelu(op: ops.PReLU, at: Site, x: str) -> str:
    """A slope for each channel, or one for all."""
    return f"{at.layer('nn.PReLU', op.slopes)}({x})"


@torch(ops.Dropout)
def dropout(op: ops.Dropout, at: Site, x: str) -> str:
    """In training alone, or always."""
    if op.always:
        return f"F.dropout({x}, {number(op.ratio)}, training=True)"
    return f"{at.layer(at.helper('UnscaledDropout') if op.scales_later else 'nn.Dropout', op.ratio)}({x})"


@torch(
    ops.BatchNorm, limits="exact in eval(); in training Caffe's averages start without torch's first value"
)
def batch_norm(op: ops.BatchNorm, at: Site, x: str) -> str:
    """Torch has a bias wherever it has a weight."""
    spatial = at.x.rank - 2
    if spatial not in (0, 1, 2, 3):
        raise UsageError(f"torch has batch norms of two to five axes, not {at.x.rank}")
    module = at.layer(
        f"nn.BatchNorm{max(spatial, 1)}d",
        op.channels,
        eps=unless(1e-5, op.eps),
        momentum=1 - op.fraction,
        affine=None if op.weight else False,
    )
    return f"{module}({x})"


@torch(ops.Affine)
def affine(op: ops.Affine, at: Site, x: str) -> str:
    """Parameters for every index of some axes."""
    module = at.layer(
        at.helper("Affine"),
        str(op.lengths),
        axis=unless(1, op.axis),
        weight=None if op.weight else False,
        bias=None if op.bias == op.weight or not op.weight else False,
    )
    return f"{module}({x})"


@torch(ops.LRN)
def lrn(op: ops.LRN, at: Site, x: str) -> str:
    """torch, too, divides alpha by the size."""
    numbers = {"alpha": op.alpha, "beta": op.beta, "k": unless(1.0, op.k)}
    if op.within:
        return call(at.helper("local_response_within"), x, op.size, **numbers)
    return f"{at.layer('nn.LocalResponseNorm', op.size, **numbers)}({x})"


@torch(ops.MVN)
def mvn(op: ops.MVN, at: Site, x: str) -> str:
    """Over the spatial axes, or all but the first."""
    return call(
        at.helper("mean_variance"),
        x,
        across_channels=unless(False, op.across),
        variance=unless(True, op.variance),
        eps=unless(1e-9, op.eps),
    )


@torch(ops.Softmax)
def softmax(op: ops.Softmax, at: Site, x: str) -> str:
    """Along one axis."""
    return f"torch.softmax({x}, {op.axis})"


@torch(ops.Concat)
def concat(op: ops.Concat, at: Site, *inputs: str) -> str:
    """Along one axis."""
    return f"torch.cat([{', '.join(inputs)}], {op.axis})"


@torch(ops.Split)
def split(op: ops.Split, at: Site, x: str) -> str:
    """By lengths."""
    return f"torch.split({x}, {list(op.lengths)}, {op.axis})"


@torch(ops.Flatten)
def flatten(op: ops.Flatten, at: Site, x: str) -> str:
    """Axes from one to another."""
    end = "" if op.end == at.x.rank - 1 else f", {op.end}"
    return f"torch.flatten({x}, {op.start}{end})"


@torch(ops.Reshape)
def reshape(op: ops.Reshape, at: Site, x: str) -> str:
    """A string is an axis whose length stays."""
    dims = (f"{x}.shape[{dim}]" if isinstance(dim, str) else str(dim) for dim in op.dims)
    return f"{x}.reshape({', '.join(dims)})"


@torch(ops.Crop)
def crop(op: ops.Crop, at: Site, x: str, like: str) -> str:
    """To the lengths of another tensor."""
    offsets = op.offsets if len(set(op.offsets)) > 1 else op.offsets[:1]
    return f"{at.helper('crop')}({x}, {like}, {op.axis}, {list(offsets)})"


@torch(ops.Tile)
def tile(op: ops.Tile, at: Site, x: str) -> str:
    """One axis."""
    repeats = [op.tiles if axis == op.axis else 1 for axis in range(at.x.rank)]
    return f"{x}.repeat({', '.join(map(str, repeats))})"


@torch(ops.Reduce)
def reduce(op: ops.Reduce, at: Site, x: str) -> str:
    """Over some axes."""
    keep = ", keepdim=True" if op.keep else ""
    return applied(f"{{0}}.{op.kind}({op.axes}{keep})", x)


@torch(ops.Align)
def align(op: ops.Align, at: Site, x: str) -> str:
    """By indexing with None."""
    return f"{x}[{aligned_index(op, at.x.rank)}]"


def aligned_index(op: ops.Align, rank: int) -> str:
    """The index that puts axes of length 1 around an array's own."""
    own = range(op.axis, op.axis + rank)
    return ", ".join(":" if axis in own else "None" for axis in range(op.rank))


NAMES: dict[type[values.Op], dict[str, str]] = {
    ops.BatchNorm: {"mean": "running_mean", "variance": "running_var"},
    ops.LSTM: {"weight": "weight_ih_l0", "bias": "bias_ih_l0", "recurrent_weight": "weight_hh_l0"},
}


def lay_out(value: Value, parameters: Arrays) -> Arrays:
    """Blobs under the names of a state_dict; a dense weight is outputs x inputs."""
    op, names = value.op, NAMES.get(type(value.op), {})
    named = {names.get(role, role): array for role, array in parameters.items()}
    match op:
        case ops.BatchNorm():
            return _statistics(named)
        case ops.Dense(transpose=True):
            named["weight"] = named["weight"].T
        case ops.PReLU():  # a slope for all channels is a vector of one, in Caffe a scalar
            named["weight"] = named["weight"].reshape(-1)
        case ops.LSTM():  # torch has two biases, Caffe one
            named = {name: axes.exchanged(array) for name, array in named.items()}
            named["weight_ih_l0"] = named["weight_ih_l0"].reshape(4 * op.outputs, -1)
            named["bias_hh_l0"] = np.zeros_like(named["bias_ih_l0"])
    return named


def _statistics(named: dict[str, Values]) -> Arrays:
    """Torch counts batches, and has a bias wherever it has a weight."""
    if "weight" in named and "bias" not in named:
        named["bias"] = np.zeros_like(named["weight"])
    order = ("weight", "bias", "running_mean", "running_var")
    counted = {"num_batches_tracked": np.zeros((), np.float32)}
    return {name: named[name] for name in order if name in named} | counted
