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


def local_response_within(x, size, alpha, beta, k=1.0):
    """Response normalization over a square in each channel; padding counts as Caffe counts it."""
    squares = F.avg_pool2d(x * x, size, stride=1, padding=(size - 1) // 2)
    return x * (k + alpha * squares) ** -beta


def mean_variance(x, across=False, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, by channel or all channels at once."""
    axes = tuple(range(1 if across else 2, x.dim()))
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


def unpool(x, mask, height, width):
    """Zeros, but for the values of x at the places that the mask of a pooling has."""
    made = x.new_zeros(*x.shape[:2], height * width)
    made = made.scatter(2, mask.flatten(2).long(), x.flatten(2))
    return made.reshape(*x.shape[:2], height, width)


def cell_edges(start, length, cells, size):
    """Where each cell of a region begins and ends, within the image."""
    step = torch.arange(cells + 1, dtype=torch.float32) * (length / cells)
    begin = (step[:-1] + start).floor().long().clamp(0, size)
    return list(
        zip(begin.tolist(), (step[1:] + start).ceil().long().clamp(0, size).tolist())
    )


def rounded(x):
    """To the nearest whole number, halves away from zero, as C rounds."""
    return x.sign() * (x.abs() + 0.5).floor()


def roi_pool(x, regions, height, width, scale):
    """The maxima of the cells of each region, a row of item, x1, y1, x2, y2."""
    made = x.new_zeros(len(regions), x.shape[1], height, width)
    for number, (item, *corners) in enumerate(regions.reshape(len(regions), -1)):
        left, top, right, bottom = rounded(torch.stack(corners) * scale).tolist()
        rows = cell_edges(top, max(bottom - top + 1, 1), height, x.shape[2])
        columns = cell_edges(left, max(right - left + 1, 1), width, x.shape[3])
        for row, (y1, y2) in enumerate(rows):
            for column, (x1, x2) in enumerate(columns):
                if y1 < y2 and x1 < x2:
                    cell = x[int(item), :, y1:y2, x1:x2]
                    made[number, :, row, column] = cell.amax((1, 2))
    return made


def ps_roi_pool(x, regions, outputs, group, scale):
    """The averages of the cells of each region, every cell over channels of its own."""
    made = x.new_zeros(len(regions), outputs, group, group)
    maps = x.reshape(len(x), outputs, group, group, *x.shape[2:])
    for number, (item, *corners) in enumerate(regions.reshape(len(regions), -1)):
        left, top, right, bottom = rounded(torch.stack(corners)).tolist()
        left, top, right, bottom = (
            each * scale for each in (left, top, right + 1, bottom + 1)
        )
        rows = cell_edges(top, max(bottom - top, 0.1), group, x.shape[2])
        columns = cell_edges(left, max(right - left, 0.1), group, x.shape[3])
        for row, (y1, y2) in enumerate(rows):
            for column, (x1, x2) in enumerate(columns):
                if y1 < y2 and x1 < x2:
                    cell = maps[int(item), :, row, column, y1:y2, x1:x2]
                    made[number, :, row, column] = cell.mean((1, 2))
    return made


class PriorBoxes(nn.Module):
    """SSD's boxes over a grid: 1 x 2 x 4 times their number, corners and variances."""

    def __init__(self, grid, image, step, sizes, variance, offset=0.5, clip=False):
        super().__init__()
        y, x = torch.meshgrid(*map(torch.arange, grid), indexing="ij")
        centers = torch.stack([(x + offset) * step[0], (y + offset) * step[1]], -1)
        half = torch.tensor(sizes).double() / 2
        centers = centers.double()[:, :, None]
        boxes = torch.cat([centers - half, centers + half], -1)
        boxes = (boxes / torch.tensor([*image, *image])).float()
        boxes = boxes.clamp(0, 1) if clip else boxes
        variances = torch.tensor(variance).expand_as(boxes)
        both = torch.stack([boxes.flatten(), variances.flatten()])[None]
        self.register_buffer("boxes", both, persistent=False)

    def forward(self):
        return self.boxes


def decoded(locations, priors, code, encoded):
    """Corners of boxes from what SSD predicts relative to its priors."""
    boxes, variances = priors.reshape(2, -1, 1, 4)
    offsets = locations if encoded else locations * variances
    low, high = boxes.chunk(2, -1)
    size = high - low
    if code == "CORNER":
        return boxes + offsets
    if code == "CORNER_SIZE":
        return boxes + offsets * torch.cat([size, size], -1)
    shift, growth = offsets.chunk(2, -1)
    center, half = shift * size + (low + high) / 2, growth.exp() * size / 2
    return torch.cat([center - half, center + half], -1)


def suppressed(boxes, scores, threshold, overlap, eta, top_k):
    """Indices of boxes that no better one overlaps, the best first."""
    order = torch.argsort(scores, descending=True, stable=True)
    order = order[scores[order] > threshold]
    order = order[:top_k] if top_k > -1 else order
    kept = []
    sizes = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
    for index in order.tolist():
        if kept:
            low = torch.maximum(boxes[kept, :2], boxes[index, :2])
            high = torch.minimum(boxes[kept, 2:], boxes[index, 2:])
            common = (high - low).clamp(min=0).prod(1)
            if (common / (sizes[kept] + sizes[index] - common) > overlap).any():
                continue
        kept.append(index)
        overlap = overlap * eta if eta < 1 and overlap > 0.5 else overlap
    return kept


def detection_output(
    locations,
    confidences,
    priors,
    classes,
    code,
    overlap,
    background=0,
    encoded=False,
    shared=True,
    threshold=-float("inf"),
    eta=1.0,
    top_k=-1,
    keep=-1,
):
    """SSD's detections: a row of item, label, score and corners for each box."""
    items = len(locations)
    number = priors.shape[2] // 4
    boxes = locations.reshape(items, number, 1 if shared else classes, 4)
    scores = confidences.reshape(items, number, classes)
    rows = []
    for item in range(items):
        corners = decoded(boxes[item], priors, code, encoded)
        found = []
        for label in set(range(classes)) - {background}:
            own = corners[:, 0 if shared else label]
            score = scores[item, :, label]
            kept = suppressed(own, score, threshold, overlap, eta, top_k)
            found += [
                (score[index].item(), label, own[index].tolist()) for index in kept
            ]
        if -1 < keep < len(found):
            found = sorted(found, key=lambda row: -row[0])[:keep]
        found.sort(key=lambda row: row[1])
        rows += [[item, label, score, *box] for score, label, box in found]
    if not rows:
        rows = [[item, *[-1] * 6] for item in range(items)]
    return locations.new_tensor(rows)[None, None]
