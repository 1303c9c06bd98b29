"""Modules and functions that printed torch code needs for detection."""

import torch
from torch import nn


def cubic_weights(length, size, margin):
    """Weights of each pixel along an axis: a row for each pixel of the result."""
    inner = length - 2 * margin
    place = (torch.arange(size) - (size / inner / 2 - 0.5)) * (inner / size)
    first = (place + 1e-5).long().clamp(min=0)
    t = place - first
    after = (first + 1).clamp(max=inner - 1)
    near = (first - 1).clamp(min=0), first, after, (after + 1).clamp(max=inner - 1)
    weights = (
        -0.5 * t**3 + t**2 - 0.5 * t,
        1.5 * t**3 - 2.5 * t**2 + 1,
        -1.5 * t**3 + 2 * t**2 + 0.5 * t,
        0.5 * t**3 - 0.5 * t**2,
    )
    made = torch.zeros(size, length)
    for index, weight in zip(near, weights):
        made.scatter_add_(1, index[:, None] + margin, weight[:, None])
    return made


def cubic_resize(x, height, width, margins):
    """An image without its margins, of another size by Keys's cubic, as caffe_rtpose has it."""
    rows = cubic_weights(x.shape[2], height, margins[0]).to(x)
    return rows @ x @ cubic_weights(x.shape[3], width, margins[1]).to(x).T


class MarginLinear(nn.Module):
    """SphereFace's product: the label's angle is `margin` times as wide, the more so the longer it trains."""

    def __init__(self, inputs, outputs, margin, base, gamma, power, least, iteration=0):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.margin, self.iteration = margin, iteration
        self.base, self.gamma, self.power, self.least = base, gamma, power, least

    def forward(self, x, label):
        self.iteration += 1
        factor = self.base * (1 + self.gamma * self.iteration) ** -self.power
        factor = max(factor, self.least)
        x, label = x.flatten(1), label.flatten()[:, None].long()
        made = x @ nn.functional.normalize(self.weight, eps=0).T
        norm = x.norm(dim=1, keepdim=True)
        cos = wide = made.gather(1, label) / norm
        if self.margin == 2:
            wide = 2 * cos.sign() * cos**2 - 1
        elif self.margin == 3:
            sign = (cos.abs() - 0.5).sign()
            wide = sign * (4 * cos**3 - 3 * cos) + cos.sign() * (1 + sign) - 2
        elif self.margin == 4:
            sign = cos.sign() * (2 * cos**2 - 1).sign()
            wide = sign * (8 * cos**4 - 8 * cos**2 + 1) + 2 * cos.sign() + sign - 3
        own = norm * (wide + factor * cos) / (1 + factor)
        return made.scatter(1, label, own), x.new_tensor([factor])


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
    kept: list[int] = []
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


def proposals(scores, offsets, info, anchors, stride, least, overlap, top_k, keep):
    """The regions of py-faster-rcnn's ProposalLayer: a row of 0 and corners for each box."""
    height, width = scores.shape[2:]
    y, x = torch.meshgrid(*map(torch.arange, (height, width)), indexing="ij")
    shifts = torch.stack([x, y, x, y], -1).reshape(-1, 1, 4) * stride
    boxes = (shifts + torch.tensor(anchors)).reshape(-1, 4)
    offsets = offsets.permute(0, 2, 3, 1).reshape(-1, 4)
    scores = scores[:, len(anchors) :].permute(0, 2, 3, 1).flatten()
    size = boxes[:, 2:] - boxes[:, :2] + 1
    center = offsets[:, :2] * size + boxes[:, :2] + size / 2
    half = offsets[:, 2:].exp() * size / 2
    limit = (info.flatten()[[1, 0]] - 1).clamp(min=0)
    low, high = (
        torch.minimum(each.clamp(min=0), limit)
        for each in (center - half, center + half)
    )
    large = (high - low + 1 >= least * info.flatten()[2]).all(1)
    low, high, scores = low[large], high[large], scores[large]
    # areas count both end points, as those of pixels do
    ends = torch.cat([low, high + 1], 1)
    kept = suppressed(ends, scores, -float("inf"), overlap, 1.0, top_k)[:keep]
    made = torch.cat([low, high], 1)[kept]
    return torch.cat([made.new_zeros(len(kept), 1), made], 1)
