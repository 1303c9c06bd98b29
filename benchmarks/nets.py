"""Prototxts to measure: well-known nets, and nets of any number of layers and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

VGG = Path(__file__).parent.parent / "examples" / "vgg16.prototxt"


def vgg(filler: str) -> str:
    """VGG-16 with all weights from one filler: 138,357,544 parameters."""
    return VGG.read_text().replace('"xavier"', f'"{filler}"')


def chain(layers: int, width: int = 8) -> str:
    """Inner products one after another, of width x width weights each."""
    return "".join((_input(1, width), *_inner_products(layers, width)))


def wide(parameters: int, width: int = 11_312) -> str:
    """As many inner products of 128 million weights as it takes."""
    return chain(
        max(round(parameters / width**2), 1), width if parameters >= width**2 else int(parameters**0.5)
    )


def _inner_products(layers: int, width: int) -> Iterator[str]:
    bottom = "data"
    for number in range(layers):
        yield _layer(
            f"ip{number}", "InnerProduct", [bottom], f"inner_product_param {{ num_output: {width} {XAVIER} }}"
        )
        bottom = f"ip{number}"


def resnet(blocks: tuple[int, ...] = (3, 8, 36, 3)) -> str:
    """ResNet-152, each convolution with batch norm and scale: 60 million parameters (He et al. 2015)."""
    text = [_input(1, 3, 224, 224), *_unit("conv1", "data", 64, 7, 2), _pool("pool1", "conv1", "MAX", 3, 2)]
    bottom = "pool1"
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for block in range(count):
            name, stride = f"res{stage + 2}_{block}", 2 if block == 0 and stage else 1
            shortcut = bottom
            if block == 0:
                shortcut = f"{name}_shortcut"
                text += _unit(shortcut, bottom, 4 * width, 1, stride)
            text += _unit(f"{name}_a", bottom, width, 1, stride)
            text += _unit(f"{name}_b", f"{name}_a", width, 3, 1)
            text += _unit(f"{name}_c", f"{name}_b", 4 * width, 1, 1)
            text += [
                _layer(name, "Eltwise", [shortcut, f"{name}_c"], ""),
                _in_place(f"{name}_relu", "ReLU", name),
            ]
            bottom = name
    text += [_pool("pool5", bottom, "AVE", 7, 1)]
    text += [_layer("fc", "InnerProduct", ["pool5"], f"inner_product_param {{ num_output: 1000 {XAVIER} }}")]
    return "".join(text)


def googlenet() -> str:
    """GoogLeNet without its auxiliary classifiers: 7 million parameters (Szegedy et al. 2014, table 1)."""
    text = [
        _input(1, 3, 224, 224),
        *_convolution("conv1", "data", 64, 7, 2),
        _pool("pool1", "conv1", "MAX", 3, 2),
    ]
    text += [*_convolution("conv2r", "pool1", 64, 1), *_convolution("conv2", "conv2r", 192, 3)]
    text += [_pool("pool2", "conv2", "MAX", 3, 2)]
    bottom = "pool2"
    for name, widths in _INCEPTIONS.items():
        branches = []
        for branch, kernels in enumerate(((1,), (1, 3), (1, 5), (1,))):
            last = bottom
            if branch == 3:
                last = f"{name}_pool"
                text.append(
                    _layer(last, "Pooling", [bottom], "pooling_param { kernel_size: 3 stride: 1 pad: 1 }")
                )
            for depth, kernel in enumerate(kernels):
                top = f"{name}_{branch}_{depth}"
                text += _convolution(top, last, widths[branch][depth], kernel)
                last = top
            branches.append(last)
        text.append(_layer(name, "Concat", branches, ""))
        bottom = name
        if name in ("3b", "4e"):
            bottom = f"{name}_max"
            text.append(_pool(bottom, name, "MAX", 3, 2))
    text.append(_pool("pool5", bottom, "AVE", 7, 1))
    text += [_layer("fc", "InnerProduct", ["pool5"], f"inner_product_param {{ num_output: 1000 {XAVIER} }}")]
    return "".join(text)


XAVIER = 'weight_filler { type: "xavier" }'
_INCEPTIONS = {
    "3a": ((64,), (96, 128), (16, 32), (32,)),
    "3b": ((128,), (128, 192), (32, 96), (64,)),
    "4a": ((192,), (96, 208), (16, 48), (64,)),
    "4b": ((160,), (112, 224), (24, 64), (64,)),
    "4c": ((128,), (128, 256), (24, 64), (64,)),
    "4d": ((112,), (144, 288), (32, 64), (64,)),
    "4e": ((256,), (160, 320), (32, 128), (128,)),
    "5a": ((256,), (160, 320), (32, 128), (128,)),
    "5b": ((384,), (192, 384), (48, 128), (128,)),
}


def _input(*shape: int) -> str:
    dims = " ".join(f"dim: {length}" for length in shape)
    return _layer("data", "Input", [], f"input_param {{ shape {{ {dims} }} }}")


def _layer(name: str, kind: str, bottoms: list[str], parameters: str) -> str:
    reads = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{kind}" {reads} top: "{name}" {parameters} }}\n'


def _in_place(name: str, kind: str, blob: str, parameters: str = "") -> str:
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "{blob}" top: "{blob}" {parameters} }}\n'


def _pool(name: str, bottom: str, kind: str, kernel: int, stride: int) -> str:
    return _layer(
        name, "Pooling", [bottom], f"pooling_param {{ pool: {kind} kernel_size: {kernel} stride: {stride} }}"
    )


def _convolution(
    name: str, bottom: str, outputs: int, kernel: int, stride: int = 1, bias: str = "true"
) -> list[str]:
    window = f"kernel_size: {kernel} stride: {stride} pad: {kernel // 2} bias_term: {bias}"
    parameters = f"convolution_param {{ num_output: {outputs} {window} {XAVIER} }}"
    return [_layer(name, "Convolution", [bottom], parameters), _in_place(f"{name}_relu", "ReLU", name)]


def _unit(name: str, bottom: str, outputs: int, kernel: int, stride: int) -> list[str]:
    convolution = _convolution(name, bottom, outputs, kernel, stride, bias="false")
    scale = _in_place(f"{name}_scale", "Scale", name, "scale_param { bias_term: true }")
    return [convolution[0], _in_place(f"{name}_bn", "BatchNorm", name), scale, convolution[1]]
