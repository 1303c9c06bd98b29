"""jax.nn.initializers, on kernels as Flax keeps them.

`_compute_fans` is TensorFlow's count but wants two axes; normal in
variance_scaling is not truncated, he_normal is; uniform begins at zero, normal
has mean zero (jax/_src/nn/initializers.py, v0.4.35). Flax keeps a grouped or
depthwise kernel as height x width x inputs/group x outputs, and with
transpose_kernel, which is Caffe's deconvolution, the outputs before the inputs.
"""

from __future__ import annotations

from caffe_fillers import distributions, fillers
from caffe_fillers.fans import Fans, VarianceNorm
from caffe_fillers.frameworks.initializers.contract import (
    Framework,
    Initializer,
    Scaling,
    Tensor,
    bilinear_numbers,
    frameworks,
    number,
)
from caffe_fillers.frameworks.initializers.layouts import channels_last, fans_last
from caffe_fillers.frameworks.initializers.tensorflow import MODES
from caffe_fillers.plan import Fill
from caffe_fillers.shapes import Shape

_IMPORTS = ("from jax.nn import initializers",)
_JAX = ("import jax", "import jax.numpy as jnp")

_UNIFORM = '''\
def uniform_between(low, high):
    """Uniform values from low to high."""

    def init(key, shape, dtype=jnp.float32):
        return jax.random.uniform(key, shape, dtype, low, high)

    return init
'''
_NORMAL = '''\
def normal_about(mean, std):
    """Normal values about a mean."""

    def init(key, shape, dtype=jnp.float32):
        return mean + std * jax.random.normal(key, shape, dtype)

    return init
'''
_SPARSE = '''\
def sparse_normal(mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""

    def init(key, shape, dtype=jnp.float32):
        first, second = jax.random.split(key)
        values = mean + std * jax.random.normal(first, shape, dtype)
        return jnp.where(jax.random.bernoulli(second, keep, shape), values, 0)

    return init
'''
_UNITBALL = '''\
def positive_unitball(*outputs):
    """Uniform values, divided by their sum over all axes but the outputs'."""

    def init(key, shape, dtype=jnp.float32):
        values = jax.random.uniform(key, shape, dtype)
        others = tuple(axis for axis in range(len(shape)) if axis not in outputs)
        return values / values.sum(axis=others, keepdims=True)

    return init
'''
_BILINEAR = '''\
def bilinear(factor, center):
    """Bilinear interpolation in every kernel, by a factor, about a center in units of it."""

    def init(key, shape, dtype=jnp.float32):
        weight = 1 - abs(jnp.arange(shape[0]) / factor - center)
        kernel = jnp.outer(weight, weight)[:, :, jnp.newaxis, jnp.newaxis]
        return jnp.broadcast_to(kernel, shape).astype(dtype)

    return init
'''

_NAMED = {
    (VarianceNorm.FAN_IN, True, 1.0): "lecun_uniform()",
    (VarianceNorm.AVERAGE, True, 1.0): "glorot_uniform()",
    (VarianceNorm.FAN_IN, True, 2.0): "he_uniform()",
}


def _fans(shape: Shape) -> Fans | None:
    return fans_last(shape) if len(shape) >= 2 else None


def _scaled(scaling: Scaling) -> Initializer:
    distribution = "uniform" if scaling.uniform else "normal"
    mode = MODES[scaling.mode]
    general = f'variance_scaling({number(scaling.gain)}, "{mode}", "{distribution}")'
    truncated = scaling.mode is VarianceNorm.FAN_IN and scaling.gain == 2 and not scaling.uniform
    comment = "he_normal is truncated, msra is not" if truncated else ""
    return _jax(_NAMED.get((scaling.mode, scaling.uniform, scaling.gain), general), comment)


def _jax(call: str, comment: str = "") -> Initializer:
    return Initializer(f"initializers.{call}", True, comment, _IMPORTS)


def _constant(distribution: distributions.Constant, fill: Fill, tensor: Tensor) -> Initializer:
    named = {0.0: "zeros", 1.0: "ones"}
    return _jax(named.get(distribution.value, f"constant({number(distribution.value)})"))


def _uniform(distribution: distributions.Uniform, fill: Fill, tensor: Tensor) -> Initializer:
    if distribution.low == 0:
        return _jax(f"uniform({number(distribution.high)})")
    code = f"uniform_between({number(distribution.low)}, {number(distribution.high)})"
    return Initializer(code, False, "initializers.uniform begins at zero", _JAX, _UNIFORM)


def _normal(distribution: distributions.Normal, fill: Fill, tensor: Tensor) -> Initializer:
    if distribution.mean == 0:
        return _jax(f"normal({number(distribution.std)})")
    code = f"normal_about({number(distribution.mean)}, {number(distribution.std)})"
    return Initializer(code, False, "initializers.normal has mean zero", _JAX, _NORMAL)


def _sparse(distribution: distributions.SparseNormal, fill: Fill, tensor: Tensor) -> Initializer:
    numbers = ", ".join(map(number, (distribution.normal.mean, distribution.normal.std, distribution.keep)))
    return Initializer(f"sparse_normal({numbers})", False, "JAX has no sparse initializer", _JAX, _SPARSE)


def _unit_sum(distribution: distributions.UnitSum, fill: Fill, tensor: Tensor) -> Initializer:
    outputs = ", ".join(map(str, tensor.outputs))
    comment = "JAX has no initializer whose rows sum to 1"
    return Initializer(f"positive_unitball({outputs})", False, comment, _JAX, _UNITBALL)


def _bilinear(distribution: distributions.Exact, fill: Fill, tensor: Tensor) -> Initializer:
    code = f"bilinear({bilinear_numbers(fill)})"
    return Initializer(code, False, "JAX has no bilinear initializer", _JAX, _BILINEAR)


frameworks.add(
    "jax",
    Framework(
        channels_last,
        _fans,
        _scaled,
        {
            distributions.Constant: _constant,
            distributions.Uniform: _uniform,
            distributions.Normal: _normal,
            distributions.SparseNormal: _sparse,
            distributions.UnitSum: _unit_sum,
            fillers.Bilinear: _bilinear,
        },
    ),
)
