"""Prototxt of residual nets with bottlenecks as He et al. (2015, table 1) have them: large nets for tests."""

from __future__ import annotations

from collections.abc import Iterator

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def resnet(depth: int, filler: str = "msra") -> str:
    """The text of a net of 50, 101 or 152 layers."""
    return "\n".join(_lines(depth, filler)) + "\n"


def deep(pairs: int) -> str:
    """The text of a net of so many convolutions, each with an activation in place."""
    lines = ['layer { name: "data" type: "Input" top: "x0" input_param { shape { dim: [1, 4, 8, 8] } } }']
    for number in range(1, pairs + 1):
        ends = f'bottom: "x{number - 1}" top: "x{number}"'
        filler = 'num_output: 4 kernel_size: 1 weight_filler { type: "msra" }'
        lines += [
            f'layer {{ name: "conv{number}" type: "Convolution" {ends} convolution_param {{ {filler} }} }}',
            f'layer {{ name: "relu{number}" type: "ReLU" bottom: "x{number}" top: "x{number}" }}',
        ]
    return "\n".join(lines)


def _lines(depth: int, filler: str) -> Iterator[str]:
    yield f'name: "ResNet-{depth}"'
    yield (
        'layer { name: "data" type: "Input" top: "data"'
        " input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } } }"
    )
    yield from _convolution("conv1", "data", 64, 7, 2, filler, relu=True)
    yield (
        'layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"'
        " pooling_param { kernel_size: 3 stride: 2 } }"
    )
    bottom = "pool1"
    for stage, blocks in enumerate(BLOCKS[depth]):
        for block in range(blocks):
            name = f"res{stage + 2}_{block + 1}"
            yield from _bottleneck(
                name, bottom, 64 << stage, 1 + (stage > 0 and block == 0), block == 0, filler
            )
            bottom = name
    yield (
        f'layer {{ name: "pool5" type: "Pooling" bottom: "{bottom}" top: "pool5"'
        " pooling_param { pool: AVE global_pooling: true } }"
    )
    yield (
        'layer { name: "fc1000" type: "InnerProduct" bottom: "pool5" top: "fc1000"'
        f' inner_product_param {{ num_output: 1000 weight_filler {{ type: "{filler}" }} }} }}'
    )
    yield 'layer { name: "prob" type: "Softmax" bottom: "fc1000" top: "prob" }'


def _bottleneck(
    name: str, bottom: str, width: int, stride: int, projected: bool, filler: str
) -> Iterator[str]:
    shortcut = bottom
    if projected:
        shortcut = f"{name}_branch1"
        yield from _convolution(shortcut, bottom, 4 * width, 1, stride, filler, relu=False)
    yield from _convolution(f"{name}_branch2a", bottom, width, 1, stride, filler, relu=True)
    yield from _convolution(f"{name}_branch2b", f"{name}_branch2a", width, 3, 1, filler, relu=True)
    yield from _convolution(f"{name}_branch2c", f"{name}_branch2b", 4 * width, 1, 1, filler, relu=False)
    bottoms = f'bottom: "{shortcut}" bottom: "{name}_branch2c"'
    yield f'layer {{ name: "{name}" type: "Eltwise" {bottoms} top: "{name}" }}'
    yield f'layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}'


def _convolution(
    name: str, bottom: str, outputs: int, kernel: int, stride: int, filler: str, *, relu: bool
) -> Iterator[str]:
    yield (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" convolution_param {{'
        f" num_output: {outputs} kernel_size: {kernel} stride: {stride} pad: {kernel // 2} bias_term: false"
        f' weight_filler {{ type: "{filler}" }} }} }}'
    )
    yield f'layer {{ name: "{name}_bn" type: "BatchNorm" bottom: "{name}" top: "{name}" }}'
    yield (
        f'layer {{ name: "{name}_scale" type: "Scale" bottom: "{name}" top: "{name}"'
        " scale_param { bias_term: true } }"
    )
    if relu:
        yield f'layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}'
