"""Pooling of images."""

from __future__ import annotations

from caffe_fillers.port import readings
from caffe_fillers.port.calls import call
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.readings import Pool
from caffe_fillers.port.tf1.target import tf1_layer
from caffe_fillers.port.tf1.windows import edges

_AVERAGE = '''\
def average_pool(x, size, stride, pad, beyond):
    """Averages that count the padding, but not what windows see beyond it, as Caffe does."""
    (top, left), (bottom, right) = pad, beyond
    x = tf.pad(x, [[0, 0], [top, top], [left, left], [0, 0]])
    edge = [[0, 0], [0, bottom], [0, right], [0, 0]]
    counted = tf.nn.avg_pool(tf.pad(tf.ones_like(x), edge), size, stride, "VALID")
    return tf.nn.avg_pool(tf.pad(x, edge), size, stride, "VALID") / counted
'''


@tf1_layer("Pooling", limits=readings.POOLING_LIMITS)
def pooling(node: Node) -> Code:
    """Windows over the edge: `SAME` where TensorFlow has the same ones, else the edge stands in the code."""
    pool = readings.pool(node)
    if pool.everything:
        return Code(f"tf.reduce_{'mean' if pool.average else 'max'}({{0}}, [1, 2], keepdims=True)")
    kind = "avg" if pool.average else "max"
    if not max(*pool.before, *pool.after):
        return Code(_windows(kind, "{0}", pool, "VALID"))
    if _is_same(node, pool):
        return Code(_windows(kind, "{0}", pool, "SAME"))
    if pool.average and max(pool.beyond):
        words = ", ".join(map(str, (pool.size, pool.stride, pool.before, pool.beyond)))
        return Code(f"average_pool({{0}}, {words})", helper=_AVERAGE)
    value = "" if pool.average else ', constant_values=float("-inf")'
    padded = f"tf.pad({{0}}, {edges(pool.before, pool.after)}{value})"
    return Code(_windows(kind, padded, pool, "VALID"))


def _windows(kind: str, given: str, pool: Pool, padding: str) -> str:
    return call(f"tf.nn.{kind}_pool", given, ksize=pool.size, strides=pool.stride, padding=f'"{padding}"')


def _is_same(node: Node, pool: Pool) -> bool:
    """Whether `SAME` has these windows: as few as cover the image, its edges even, the odd one behind.

    An average leaves out what it sees over the edge, which Caffe counts as far as it is padding.
    """
    bottom, top = node.bottoms[0], node.tops[0]
    if bottom is None or top is None or (pool.average and max(pool.before)):
        return False
    lengths = zip(bottom[2:], top[2:], pool.stride, pool.before, pool.after, strict=True)
    return all(
        outputs == -(-length // stride) and before == (before + after) // 2
        for length, outputs, stride, before, after in lengths
    )
