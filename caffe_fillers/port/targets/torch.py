"""torch.nn: a module for each net, its state_dict from Caffe's blobs. Read at torch v2.5.1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import Initializer, number
from caffe_fillers.port import Arrays, Value, ops, vision_ops
from caffe_fillers.port.channels_last import exchanged
from caffe_fillers.port.code import TORCH_MODULE, class_name, filled, free_name, unless, wrapped
from caffe_fillers.port.graph import Graph, Layer
from caffe_fillers.port.initializers import drawing_function, drawn, parameter_name
from caffe_fillers.port.printing import Page, Site, aligned, helper, helper_names, module, returned, template
from caffe_fillers.port.reading import Node
from caffe_fillers.port.targets import Rules, Target, port_all, targets


def conv(op: ops.Conv, at: Site, x: str) -> str:
    """Weights lie as torch has them."""
    return at.apply(
        x,
        f"nn.{'ConvTranspose' if op.transposed else 'Conv'}{len(op.kernel)}d",
        *(op.inputs, op.outputs),
        kernel_size=op.kernel,
        stride=unless(1, op.stride),
        padding=unless(0, op.pad),
        dilation=unless(1, op.dilation),
        groups=unless(1, op.groups),
        bias=None if op.bias else False,
    )


def pool(op: ops.Pool, at: Site, x: str) -> str:
    """`ceil_mode` rounds as Caffe does, and an average counts the padding as Caffe counts it."""
    _check_windows(op, at.value)
    return at.apply(
        x,
        "MaskedMaxPool2d" if op.indices else f"nn.{'Avg' if op.average else 'Max'}Pool2d",
        kernel_size=op.kernel,
        stride=op.stride,
        padding=unless(0, op.pad),
        ceil_mode=op.ceil or None,
    )


def _check_windows(op: ops.Pool, value: Value) -> None:
    """Refuse padding above half a kernel, or a last window that only Caffe keeps: torch has neither."""
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


def dense(op: ops.Dense, at: Site, x: str) -> str:
    """Channels come before height and width in both."""
    rows = x if op.flatten is None else f"torch.flatten({x}, {op.flatten})"
    return at.apply(rows, "nn.Linear", op.inputs, op.outputs, bias=None if op.bias else False)


def embed(op: ops.Embed, at: Site, x: str) -> str:
    """Indices come as floats in Caffe."""
    index = x if op.bias else filled("{0}.long()", x)
    return at.apply(index, "BiasedEmbedding" if op.bias else "nn.Embedding", op.rows, op.width)


def dropout(op: ops.Dropout, at: Site, x: str) -> str:
    """In training alone, or always."""
    if op.always:
        return f"F.dropout{'2d' if op.channels else ''}({x}, {number(op.ratio)}, training=True)"
    return at.apply(x, "UnscaledDropout" if op.scales_later else "nn.Dropout", op.ratio)


def batch_norm(op: ops.BatchNorm, at: Site, x: str) -> str:
    """Write a batch norm; torch has a bias wherever it has a weight."""
    spatial = at.x.rank - 2
    if spatial not in (0, 1, 2, 3):
        raise UsageError(f"torch has batch norms of two to five axes, not {at.x.rank}")
    return at.apply(
        x,
        f"nn.BatchNorm{max(spatial, 1)}d",
        op.channels,
        eps=unless(1e-5, op.eps),
        momentum=1 - op.fraction,
        affine=None if op.weight else False,
    )


def reshape(op: ops.Reshape, at: Site, x: str) -> str:
    """Write a new shape; a string is an axis whose length stays, and code for the input is written once."""
    if not x.isidentifier():
        return _between(op, at.x.rank, x)
    dims = (f"{x}.shape[{dim}]" if isinstance(dim, str) else str(dim) for dim in op.dims)
    return f"{x}.reshape({', '.join(dims) or '()'})"


def _between(op: ops.Reshape, rank: int, x: str) -> str:
    """Write new lengths for the axes between the first ones and the last ones, which stay."""
    lengths = [index for index, dim in enumerate(op.dims) if isinstance(dim, int)]
    first, last = lengths[0], rank - (len(op.dims) - lengths[-1])
    kept = [*op.dims[:first], *op.dims[lengths[-1] + 1 :]]
    if kept != [str(axis) for axis in (*range(first), *range(last + 1, rank))]:
        raise UsageError("axes that stay between new ones are not ported")
    new = tuple(op.dims[first : lengths[-1] + 1])
    flat = filled(f"{{0}}.flatten({first}, {last})", x) if last > first else x
    return flat if len(new) == 1 else filled(f"{{0}}.unflatten({first}, {new})", flat)


def tile(op: vision_ops.Tile, at: Site, x: str) -> str:
    """Write the repetition of one axis."""
    repeats = ", ".join(str(op.tiles if axis == op.axis else 1) for axis in range(at.x.rank))
    return filled(f"{{0}}.repeat({repeats})", x)


def resize(op: vision_ops.Resize, at: Site, x: str) -> str:
    """Write a resize to a size that stands in the code."""
    manner = 'mode="bilinear", align_corners=True' if op.bilinear else 'mode="nearest"'
    return f"F.interpolate({x}, {(op.height, op.width)}, {manner})"


RULES = Rules(
    target="torch",
    rules={
        ops.Affine: module("Affine"),
        ops.Align: lambda op, at, y: aligned(op, at.x, y, range(op.rank)),
        vision_ops.ArgMax: helper("largest"),
        ops.BatchNorm: batch_norm,
        ops.Concat: template("torch.cat([{all}], {op.axis})"),
        ops.Conv: conv,
        vision_ops.Crop: helper("crop"),
        ops.Dense: dense,
        ops.Dropout: dropout,
        ops.Embed: embed,
        ops.Flatten: lambda op, at, x: (
            f"torch.flatten({x}, {op.start}{'' if op.end == at.x.rank - 1 else f', {op.end}'})"
        ),
        vision_ops.Flip: template("torch.flip({0}, {op.axes})"),
        ops.GlobalPool: lambda op, at, x: at.apply(
            x, "nn.AdaptiveAvgPool2d" if op.average else "nn.AdaptiveMaxPool2d", 1
        ),
        ops.LRN: lambda op, at, x: at.apply(
            x, "nn.LocalResponseNorm", op.size, alpha=op.alpha, beta=op.beta, k=unless(1.0, op.k)
        ),
        ops.LSTM: module("ContinuedLSTM"),
        ops.RNN: module("ContinuedRNN"),
        ops.MVN: helper("mean_variance"),
        ops.PReLU: lambda op, at, x: at.apply(x, "nn.PReLU", op.slopes),
        vision_ops.Permute: lambda op, at, x: f"{x}.permute({', '.join(map(str, op.order))})",
        ops.Pool: pool,
        ops.Reduce: lambda op, at, x: filled(
            f"{{0}}.{op.kind}({op.axes}{', keepdim=True' if op.keep else ''})", x
        ),
        ops.Reshape: reshape,
        vision_ops.Select: template("{0}[{1}.flatten() != 0]"),
        ops.Softmax: template("torch.softmax({0}, {op.axis})"),
        ops.Split: lambda op, at, x: f"torch.split({x}, {list(op.lengths)}, {op.axis})",
        vision_ops.Take: template("{0}[{1}.long()]"),
        ops.Tensor: lambda op, at: f"{at.layer('Blob', *map(str, op.lengths))}()",
        vision_ops.Tile: tile,
        vision_ops.Columns: helper("columns"),
        vision_ops.Cubic: helper("cubic_resize"),
        vision_ops.Detect: helper("detection_output"),
        vision_ops.Local: module("Local"),
        vision_ops.Margin: lambda op, at, *inputs: (
            module("MarginLinear")(op, at, *inputs) + ("" if op.factor else "[0]")
        ),
        vision_ops.Part: lambda op, at, x: f"{x}.narrow({op.axis}, {op.begin}, {op.end - op.begin})",
        vision_ops.Priors: module("PriorBoxes"),
        vision_ops.Propose: helper("proposals"),
        vision_ops.PsRoiPool: helper("ps_roi_pool"),
        vision_ops.Resize: resize,
        vision_ops.RoiPool: helper("roi_pool"),
        vision_ops.Unpool: helper("unpool"),
    },
    limits={
        ops.BatchNorm: "exact in eval(); in training Caffe's averages start without torch's first value",
        ops.Pool: "padding up to half a window",
        vision_ops.Unpool: "of values for one place the last in torch's order stays",
    },
    functions={
        "": "torch.{name}({all})",
        "clip": "torch.clamp({all})",
        "elu": "F.elu({0}, alpha={n[0]})",
        "leaky_relu": "F.leaky_relu({all})",
        "log_to": "torch.log({0}) / math.log({n[0]})",
        "relu": "F.relu({0})",
        "softplus": "F.softplus({0})",
        "threshold": "({0} > {n[0]}).to({0}.dtype)",
    },
)


def lay_out(value: Value, parameters: Arrays) -> Arrays:
    """Arrange blobs under the names of a state_dict; a dense weight is outputs x inputs."""
    op = value.op
    named = {parameter_name("torch", op, role): array for role, array in parameters.items()}
    match op:
        case ops.BatchNorm():
            return _statistics(named)
        case ops.Dense(transpose=True):
            named["weight"] = named["weight"].T
        case ops.PReLU():  # a slope for all channels is a vector of one, in Caffe a scalar
            named["weight"] = named["weight"].reshape(-1)
        case ops.LSTM():  # torch has two biases, Caffe one
            named = {name: exchanged(array) for name, array in named.items()}
            named["bias_hh_l0"] = np.zeros_like(named["bias_ih_l0"])
    return named


def _statistics(named: dict[str, Values]) -> Arrays:
    """Complete a batch norm's parameters: torch counts batches, and has a bias wherever it has a weight."""
    if "weight" in named and "bias" not in named:
        named["bias"] = np.zeros_like(named["weight"])
    order = ("weight", "bias", "running_mean", "running_var")
    counted = {"num_batches_tracked": np.zeros((), np.float32)}
    return {name: named[name] for name in order if name in named} | counted


RESERVED = TORCH_MODULE | helper_names("torch") | {"F", "math", "nn", "self", "torch"}


def print_graph(graph: Graph) -> str:
    """Print a file with the net as a module and a function that draws its parameters."""
    page, name = Page(graph, RULES), class_name(graph.net.name, RESERVED)
    modules, lines = dict[str, str](), list[str]()
    tensors = list[tuple[str, Initializer]]()

    def make(node: Node, constructor: str, words: list[str]) -> str:
        attribute = free_name(node.name, modules)
        modules[attribute] = f"{constructor}({', '.join(words)})"
        return f"self.{attribute}"

    def work(layer: Layer) -> None:
        lines.append(f"        {', '.join(layer.node.outputs)} = {page.codes(layer, make)}")
        for role, initializer in drawn("torch", graph, layer):
            tensors.append((f"net.{_parameter(layer, role)}", initializer))
            page.print_helper(initializer)

    port_all("torch", graph, work)
    made = (f"self.{attribute} = {code}" for attribute, code in modules.items())
    text = [f"class {name}(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    text += [f"        {line}" for line in (*made, *_shared(graph))]
    text += ["", f"    def forward(self, {', '.join(graph.arguments)}):", *lines]
    text += [f"        {returned(graph)}", ""]
    return page.text(["\n".join(wrapped(text)), drawing_function(tensors)], _IMPORTS)


_IMPORTS = {"F": "import torch.nn.functional as F", "nn": "from torch import nn"} | {
    name: f"import {name}" for name in ("math", "torch")
}


def _parameter(layer: Layer, role: str) -> str:
    """A parameter of the printed module."""
    return f"{layer.node.name}.{parameter_name('torch', layer.settings, role)}"


def _shared(graph: Graph) -> Iterator[str]:
    """Yield the assignments of parameters that belong to another layer."""
    for layer in graph.layers:
        for blob, role in zip(layer.node.parameters, layer.settings.roles, strict=False):
            found = graph.owner(blob)
            if found is None or role == "factor":  # a batch norm's, by which its sums are divided
                continue
            owner, place = found
            if getattr(layer.settings, "transpose", False) != getattr(owner.settings, "transpose", False):
                raise UsageError(
                    f"layer {layer.node.label!r} would keep its weight transposed, "
                    f"layer {owner.node.label!r} not"
                )
            theirs = _parameter(owner, owner.settings.roles[place])
            yield f"self.{_parameter(layer, role)} = self.{theirs}"


targets.add("torch", Target("torch", RULES, print_graph, lay_out, RESERVED, separator=".", repeats=True))
