"""Modules and functions that printed torch code needs beyond torch."""

import math

import torch.nn.functional as F

import torch
from torch import nn


class BiasedEmbedding(nn.Embedding):
    """A row for each index, and a bias on all of them, as Caffe's Embed has it."""

    def __init__(self, rows, width):
        super().__init__(rows, width)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, index):
        return super().forward(index.long()) + self.bias


def crop(x, like, axis, offsets):
    """The part of x that is as long as `like` from an axis on, cut off at `offsets`."""
    for number, dim in enumerate(range(axis, x.dim())):
        offset = offsets[number] if len(offsets) > 1 else offsets[0]
        x = x.narrow(dim, offset, like.shape[dim])
    return x


class Affine(nn.Module):
    """A factor, a bias, or both for every index of some axes: Caffe's Scale and Bias."""

    def __init__(self, lengths, axis=1, weight=True, bias=False):
        super().__init__()
        self.axis, self.lengths = axis, lengths
        self.weight = nn.Parameter(torch.ones(lengths)) if weight else None
        self.bias = nn.Parameter(torch.zeros(lengths)) if bias else None

    def forward(self, x):
        shape = (*self.lengths, *[1] * (x.dim() - self.axis - len(self.lengths)))
        if self.weight is not None:
            x = x * self.weight.reshape(shape)
        return x if self.bias is None else x + self.bias.reshape(shape)


def mean_variance(x, across=False, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, by channel or all channels at once."""
    axes = tuple(range(1 if across else 2, x.dim()))
    x = x - x.mean(axes, keepdim=True)
    # the norm of zeros has a gradient, unlike a square root of zero
    norm = torch.linalg.vector_norm(x, dim=axes, keepdim=True)
    return x / (norm / math.prod(x.shape[axes[0] :]) ** 0.5 + eps) if variance else x


class ContinuedLSTM(nn.LSTM):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0, as Caffe's is."""

    def __init__(self, inputs, outputs, static=0):
        super().__init__(inputs, outputs)
        # Caffe has one bias, not two
        nn.init.zeros_(self.bias_hh_l0).requires_grad_(False)
        shape = (4 * outputs, static)
        self.static_weight = nn.Parameter(torch.zeros(shape)) if static else None

    def forward(self, x, cont, *more):
        gates = F.linear(x.flatten(2), self.weight_ih_l0, self.bias_ih_l0)
        if self.static_weight is not None:
            static, more = more[0], more[1:]
            gates = gates + F.linear(static.flatten(1), self.static_weight)
        zeros = x.new_zeros(x.shape[1], self.hidden_size)
        hidden, cell = (state[0] for state in more) if more else (zeros, zeros)
        outputs = []
        for step, goes_on in zip(gates, cont[:, :, None]):
            own = F.linear(hidden * goes_on, self.weight_hh_l0)
            i, f, g, o = (step + own).chunk(4, 1)
            cell = f.sigmoid() * (cell * goes_on) + i.sigmoid() * g.tanh()
            hidden = o.sigmoid() * cell.tanh()
            outputs.append(hidden)
        made = torch.stack(outputs)
        return (made, hidden[None], cell[None]) if more else made


class ContinuedRNN(nn.Module):
    """Caffe's RNN over time x stream x input, whose state is cleared where `cont` is 0."""

    def __init__(self, inputs, outputs, static=0):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        shape = (outputs, static)
        self.static_weight = nn.Parameter(torch.zeros(shape)) if static else None
        self.recurrent_weight = nn.Parameter(torch.zeros(outputs, outputs))
        self.output_weight = nn.Parameter(torch.zeros(outputs, outputs))
        self.output_bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x, cont, *more):
        inputs = F.linear(x.flatten(2), self.weight, self.bias)
        if self.static_weight is not None:
            static, more = more[0], more[1:]
            inputs = inputs + F.linear(static.flatten(1), self.static_weight)
        hidden = more[0][0] if more else x.new_zeros(x.shape[1], len(self.bias))
        outputs = []
        for step, goes_on in zip(inputs, cont[:, :, None]):
            own = F.linear(hidden * goes_on, self.recurrent_weight)
            hidden = (step + own).tanh()
            outputs.append(hidden)
        made = F.linear(torch.stack(outputs), self.output_weight, self.output_bias)
        made = made.tanh()
        return (made, hidden[None]) if more else made


def columns(x, kernel, stride, pad, dilation):
    """The values of each window as channels, as Caffe's im2col has them."""
    made = F.unfold(x, kernel, dilation, pad, stride)
    sizes = zip(x.shape[2:], kernel, stride, pad, dilation)
    size = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes]
    return made.unflatten(2, size)


class Local(nn.Module):
    """A product of the channels of each place with a matrix of its own."""

    def __init__(self, inputs, outputs, size, bias=True):
        super().__init__()
        self.size, area = size, size[0] * size[1]
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, area))
        self.bias = nn.Parameter(torch.zeros(outputs, area)) if bias else None

    def forward(self, x):
        x = torch.einsum("nip,oip->nop", x.flatten(2), self.weight)
        x = x if self.bias is None else x + self.bias
        return x.unflatten(2, self.size)


class MaskedMaxPool2d(nn.MaxPool2d):
    """Maxima, and where each was: row by row in its image, as Caffe's mask has it."""

    def __init__(self, **options):
        super().__init__(return_indices=True, **options)

    def forward(self, x):
        made, indices = super().forward(x)
        return made, indices.to(x.dtype)


class UnscaledDropout(nn.Dropout):
    """Dropout that does not scale while training, but multiplies in inference."""

    def forward(self, x):
        kept = 1 - self.p
        return super().forward(x) * kept if self.training else x * kept


class Blob(nn.Module):
    """A parameter by itself: Caffe's Parameter layer."""

    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self):
        return self.weight


def largest(x, axis, top_k=1, values=False):
    """The largest values, or their indices, of the values' own type as in Caffe."""
    found = torch.topk(x, top_k, axis)
    return found.values if values else found.indices.to(x.dtype)


def unpool(x, mask, height, width):
    """Zeros, but for the values of x at the places that the mask of a pooling has."""
    made = x.new_zeros(*x.shape[:2], height * width)
    made = made.scatter(2, mask.flatten(2).long(), x.flatten(2))
    return made.reshape(*x.shape[:2], height, width)
