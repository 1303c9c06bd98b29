"""What printed torch modules need beyond torch."""

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

    def __init__(self, shape, axis=1, weight=True, bias=True):
        super().__init__()
        self.axis, self.shape = axis, shape
        self.weight = nn.Parameter(torch.ones(shape)) if weight else None
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(self, x):
        shape = (*self.shape, *[1] * (x.dim() - self.axis - len(self.shape)))
        if self.weight is not None:
            x = x * self.weight.reshape(shape)
        return x if self.bias is None else x + self.bias.reshape(shape)


def aligned(operand, x, axis):
    """A tensor with axes of length 1 behind, so that its first axis meets `axis` of x."""
    return operand.reshape(*operand.shape, *[1] * (x.dim() - axis - operand.dim()))


def local_response_within(x, size, alpha, beta, k=1.0):
    """Response normalisation over a square in each channel; padding counts as Caffe counts it."""
    squares = F.avg_pool2d(x * x, size, stride=1, padding=(size - 1) // 2)
    return x * (k + alpha * squares) ** -beta


def mean_variance(x, across_channels=False, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, by channel or all channels at once."""
    axes = tuple(range(1 if across_channels else 2, x.dim()))
    x = x - x.mean(axes, keepdim=True)
    return x / ((x * x).mean(axes, keepdim=True).sqrt() + eps) if variance else x


class ContinuedLSTM(nn.LSTM):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0, as Caffe's is."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        # Caffe has one bias, not two
        nn.init.zeros_(self.bias_hh_l0).requires_grad_(False)

    def forward(self, x, cont):
        state = x.new_zeros(2, 1, x.shape[1], self.hidden_size)
        outputs = []
        for step, goes_on in zip(torch.flatten(x, 2), cont):
            hidden, cell = state * goes_on[:, None]
            output, state = super().forward(step[None], (hidden, cell))
            state = torch.stack(state)
            outputs.append(output)
        return torch.cat(outputs)


@torch.no_grad()
def sparse_normal_(tensor, mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""
    return tensor.normal_(mean, std).mul_(torch.full_like(tensor, keep).bernoulli())


@torch.no_grad()
def positive_unitball_(tensor, axis=0):
    """Uniform values, divided by their sum over all axes but one."""
    others = [other for other in range(tensor.dim()) if other != axis]
    tensor.uniform_(0.0, 1.0)
    return tensor.div_(tensor.sum(others, keepdim=True) if others else tensor.clone())


@torch.no_grad()
def bilinear_(tensor):
    """Bilinear interpolation in every kernel."""
    size = tensor.shape[-1]
    factor = (size + 1) // 2
    weight = 1 - (torch.arange(size) / factor - (size - 1) / (2 * factor)).abs()
    return tensor.copy_(torch.outer(weight, weight).expand_as(tensor))
