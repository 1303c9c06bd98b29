"""Layers and functions that printed Keras models need beyond Keras."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("caffe")
class BiasedEmbedding(layers.Layer):
    """A row for each index, and a bias on all of them, as Caffe's Embed has it."""

    def __init__(
        self,
        rows,
        width,
        embeddings_initializer="uniform",
        bias_initializer="zeros",
        **options,
    ):
        super().__init__(**options)
        self.rows, self.width = rows, width
        self.initializers = embeddings_initializer, bias_initializer

    def get_config(self):
        return {**super().get_config(), "rows": self.rows, "width": self.width}

    def build(self, shape):
        table, bias = map(keras.initializers.get, self.initializers)
        self.embeddings = self.add_weight(
            (self.rows, self.width), table, name="embeddings"
        )
        self.bias = self.add_weight((self.width,), bias, name="bias")

    def call(self, index):
        rows = ops.take(self.embeddings, ops.cast(index, "int32"), axis=0)
        return rows + self.bias


@keras.saving.register_keras_serializable("caffe")
class ContinuedLSTM(layers.Layer):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0."""

    def __init__(self, units, name=None, dtype=None, trainable=True, **initializers):
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self.cell = layers.LSTMCell(
            units, unit_forget_bias=False, name="cell", **initializers
        )

    def get_config(self):
        names = ("kernel", "recurrent", "bias")
        own = self.cell.get_config()
        kept = {f"{name}_initializer": own[f"{name}_initializer"] for name in names}
        return {**super().get_config(), "units": self.cell.units, **kept}

    def build(self, x_shape, cont_shape):
        self.cell.build((x_shape[1], x_shape[2]))

    def call(self, x, cont):
        hidden = cell = ops.zeros((x.shape[1], self.cell.units))
        outputs = []
        for step in range(x.shape[0]):
            goes_on = cont[step][:, None]
            state = [hidden * goes_on, cell * goes_on]
            _, (hidden, cell) = self.cell(x[step], state)
            outputs.append(hidden)
        return ops.stack(outputs)


@keras.saving.register_keras_serializable("caffe")
class Affine(layers.Layer):
    """A factor, a bias, or both, shaped as the last axes: Caffe's Scale and Bias."""

    def __init__(
        self,
        shape,
        scale=True,
        center=True,
        gamma_initializer="ones",
        beta_initializer="zeros",
        **options,
    ):
        super().__init__(**options)
        self.own = {"shape": shape, "scale": scale, "center": center}
        self.gamma = self.beta = None
        if scale:
            self.gamma = self.add_weight(shape, gamma_initializer, name="gamma")
        if center:
            self.beta = self.add_weight(shape, beta_initializer, name="beta")

    def get_config(self):
        return {**super().get_config(), **self.own}

    def call(self, x):
        if self.gamma is not None:
            x = x * self.gamma
        return x if self.beta is None else x + self.beta


def local_response(x, size, alpha, beta, k=1.0):
    """Response normalization over neighboring channels."""
    half, channels = size // 2, x.shape[-1]
    squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (half, half)])
    total = sum(squares[..., first : first + channels] for first in range(size))
    return x * (k + alpha / size * total) ** -beta


def mean_variance(x, axes, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, to which eps is added."""
    x = x - ops.mean(x, axes, keepdims=True)
    if not variance:
        return x
    squares = ops.mean(ops.square(x), axes, keepdims=True)
    # a square root of zero has no gradient
    root = ops.sqrt(ops.where(squares > 0, squares, 1.0))
    return x / (ops.where(squares > 0, root, 0.0) + eps)


@keras.saving.register_keras_serializable("caffe")
class GroupedConv2DTranspose(layers.Layer):
    """A transposed convolution each of whose outputs sees the inputs of one group."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides,
        groups,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **options,
    ):
        super().__init__(**options)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.groups, self.use_bias = groups, use_bias
        self.initializers = kernel_initializer, bias_initializer

    def get_config(self):
        names = ("filters", "kernel_size", "strides", "groups", "use_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def build(self, shape):
        kernel, bias = map(keras.initializers.get, self.initializers)
        kernel_shape = (*self.kernel_size, self.filters // self.groups, shape[-1])
        self.kernel = self.add_weight(kernel_shape, kernel, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), bias, name="bias")

    def call(self, x):
        inputs = ops.split(x, self.groups, axis=-1)
        kernels = ops.split(self.kernel, self.groups, axis=-1)
        parts = [
            ops.conv_transpose(each, kernel, self.strides, padding="valid")
            for each, kernel in zip(inputs, kernels)
        ]
        x = ops.concatenate(parts, axis=-1)
        return x + self.bias if self.use_bias else x


def edged(x, before, after, value):
    """An image with an edge of a value around it."""
    (top, left), (bottom, right) = before, after
    return ops.pad(
        x, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=value
    )


def average_pool(x, size, strides, padding, beyond):
    """Averages that count the padding, but not what windows see beyond it, as Caffe does."""
    (top, left), (bottom, right) = padding, beyond
    x = ops.pad(x, [(0, 0), (top, top), (left, left), (0, 0)])
    edge = [(0, 0), (0, bottom), (0, right), (0, 0)]
    counted = ops.average_pool(ops.pad(ops.ones_like(x), edge), size, strides)
    return ops.average_pool(ops.pad(x, edge), size, strides) / counted


def load(model, arrays):
    """Set all weights to the arrays of a file that caffe-fill --layout keras wrote."""
    unused = set(arrays) - {weight.path for weight in model.weights}
    if unused:
        raise ValueError(f"the model has no weights {sorted(unused)}")
    for weight in model.weights:
        weight.assign(arrays[weight.path])
    return model
