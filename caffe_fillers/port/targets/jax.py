"""JAX: plain functions of parameters and arrays, without a library of layers. Read at jax v0.4.35."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import number
from caffe_fillers.port import channels_last, ops
from caffe_fillers.port.code import call, operation, quoted, wrapped
from caffe_fillers.port.graph import Graph, Layer
from caffe_fillers.port.initializers import drawn, parameter_name
from caffe_fillers.port.printing import Page, Site, helper_names, returned
from caffe_fillers.port.reading import Node
from caffe_fillers.port.targets import Rules, Target, layer_owners, port_all, shapes, targets


def conv(op: ops.Conv, at: Site, x: str) -> str:
    """Write a convolution with Caffe's padding, whatever it is."""
    channels_last.check_image(op)
    name = "deconv" if op.transposed else "conv"
    return call(name, x, at.layer(""), **at.options(name))


def pool(op: ops.Pool, at: Site, x: str) -> str:
    """Write a pooling; an edge that the last windows reach over stands in the code."""
    if op.indices:
        raise UsageError("the mask of a pooling is not ported")
    after, beyond = op.edges(at.value)
    edges = [op.pad, beyond if op.average else after]
    words = [op.kernel, op.stride, *(edges if max(map(max, edges)) else [])]
    return call("average_pool" if op.average else "max_pool", x, *map(str, words))


def dense(op: ops.Dense, at: Site, x: str) -> str:
    """Write a product; an image is flattened with channels last, as are the weight's rows."""
    given = f"{x}.reshape(len({x}), -1)" if channels_last.check_dense(op, at.x) else x
    return f"dense({given}, {at.layer('')})"


def embed(op: ops.Embed, at: Site, x: str) -> str:
    """Write a lookup of rows by indices, which are floats in Caffe."""
    channels_last.check_embed(at.x)
    return f"embed({x}, {at.layer('')})"


def lstm(op: ops.LSTM, at: Site, x: str, cont: str, *more: str) -> str:
    """Write an LSTM as a scan over the steps."""
    channels_last.check_lstm(op, at.x)
    return f"lstm({at.layer('')}, {x}, {cont})"


def dropout(op: ops.Dropout, at: Site, x: str) -> str:
    """Write dropout as Caffe computes it in the phase TEST."""
    if op.always:
        raise UsageError("dropout in inference, by sample_weights_test, is not ported")
    return operation("*", number(1 - op.ratio), x) if op.scales_later else x


RULES = Rules(
    target="jax",
    rules=channels_last.RULES
    | {
        ops.Affine: lambda op, at, x: f"affine({x}, {at.layer('')})",
        ops.BatchNorm: lambda op, at, x: (
            f"batch_norm({x}, {at.layer('')}, {number(op.eps)}{channels_last.axis_word(at.x, 1)})"
        ),
        ops.Conv: conv,
        ops.Dense: dense,
        ops.Dropout: dropout,
        ops.Embed: embed,
        ops.GlobalPool: lambda op, at, x: f"{x}.{'mean' if op.average else 'max'}((1, 2), keepdims=True)",
        ops.LSTM: lstm,
        ops.PReLU: lambda op, at, x: f"prelu({x}, {at.layer('')})",
        ops.Pool: pool,
        ops.Tensor: lambda op, at: f'{at.layer("")}["weight"]',
    },
    limits=channels_last.LIMITS
    | {
        ops.BatchNorm: "inference alone, by its statistics",
        ops.Dropout: "inference alone, where it does nothing",
    },
    functions={
        "": "jnp.{name}({all})",
        "flatten": "{0}.reshape(len({1}), -1)",
        "reshape": "{0}.reshape(len({3}), {2})",
        "transpose": "{0}.transpose(0, {1})",
        "permute": "{0}.transpose({1})",
        "softmax": "jax.nn.softmax({0}{1})",
        **dict.fromkeys(("elu", "leaky_relu", "relu", "sigmoid", "softplus"), "jax.nn.{name}({all})"),
        "as_float": "{0}.astype(jnp.float32)",
        "take": "{0}[{1}.astype(int)]",
        "log_to": "jnp.log({0}) / math.log({n[0]})",
        "threshold": "({0} > {n[0]}).astype(jnp.float32)",
    },
)
RESERVED = helper_names("jax") | frozenset(
    """
    apply bilinear float init initializers jax jnp keys lax len math normal_about params positive_unitball
    sparse_normal uniform_between
    """.split()  # noqa: SIM905 - as long as the file otherwise
)
"""Names that the printed file calls."""

lay_out = partial(channels_last.lay_out, depthwise=False)


def print_graph(graph: Graph) -> str:
    """Print a file with functions that compute the net, draw its parameters, and load them."""
    shared, page = layer_owners(graph, lay_out), Page(graph, RULES)
    entries, lines = list[str](), list[str]()

    def make(node: Node, constructor: str, words: list[str]) -> str:
        return f"params[{quoted(shared.get(node.name, node.name))}]"

    def work(layer: Layer) -> None:
        made, code = ", ".join(layer.node.outputs), page.codes(layer, make)
        if made != code:
            lines.append(f"    {made} = {code}")
        if layer.node.name not in shared:
            entries.extend(_entries(page, layer))

    port_all("jax", graph, work)
    apply = [f"def apply(params, {', '.join(graph.arguments)}):"]
    apply += ['    """The net\'s outputs; images are num x height x width x channels."""', *lines]
    apply += [f"    {returned(graph)}"]
    parts = ["\n".join(wrapped(each)) + "\n" for each in (_init(entries), apply)]
    needed = {"math": "import math", "jax": "import jax", "lax": "from jax import lax"}
    needed["initializers"] = "from jax.nn import initializers"
    return page.text(parts, needed, ["import jax.numpy as jnp"])


def _entries(page: Page, layer: Layer) -> Iterator[str]:
    """Yield a layer's parameters: drawn, or the initial values of statistics."""
    kept = shapes(layer, lay_out)
    if not kept:
        return
    found = {
        parameter_name("keras", layer.settings, role): initializer
        for role, initializer in drawn("jax", page.graph, layer)
    }
    yield f"        {quoted(layer.node.name)}: {{"
    for name, shape in kept.items():
        made = f"jnp.{'ones' if name == 'moving_variance' else 'zeros'}({shape})"
        if name in found:
            yield from page.comments(found[name], "            ")
            made = f"{found[name].code or 'initializers.zeros'}(next(keys), {shape})"
        yield f"            {quoted(name)}: {made},"
    yield "        },"


def _init(entries: list[str]) -> Iterator[str]:
    """Yield the function that draws the parameters."""
    yield "def init(key):"
    yield '    """Parameters by layer, drawn as the prototxt declares them."""'
    number = sum("next(keys)" in line for line in entries)
    if number:
        yield f"    keys = iter(jax.random.split(key, {number}))"
    yield from ["    return {", *entries, "    }"] if entries else ["    return {}"]


targets.add("jax", Target("jax", RULES, print_graph, lay_out, RESERVED))
