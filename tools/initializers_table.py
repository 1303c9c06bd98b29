"""Write the tables of docs/initializers.md from the registry; --check only compares.

python tools/initializers_table.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from caffe_fillers import fillers
from caffe_fillers.fillers import Filler, filler_types
from caffe_fillers.frameworks.initializers import equivalent
from caffe_fillers.plan import Fill
from caffe_fillers.schema import ConvolutionParameter, InnerProductParameter, LayerParameter
from caffe_fillers.shapes import Shape

PAGE = Path(__file__).parent.parent / "docs" / "initializers.md"
FRAMEWORKS = {"torch": "torch", "keras": "Keras", "mxnet": "MXNet", "jax": "JAX, Flax", "tf1": "TensorFlow 1"}
CONVOLUTION: tuple[LayerParameter, Shape] = (LayerParameter(type="Convolution"), (64, 32, 3, 3))

FILLERS: dict[str, Filler] = {
    "`constant`": fillers.Constant(0.1),
    "`uniform`, `min: -0.1 max: 0.1`": fillers.Uniform(-0.1, 0.1),
    "`uniform`, `min: 0 max: 0.5`": fillers.Uniform(0.0, 0.5),
    "`uniform`, `min: 0.2 max: 0.5`": fillers.Uniform(0.2, 0.5),
    "`gaussian`, `std: 0.01`": fillers.Gaussian(std=0.01),
    "`gaussian`, `mean: 1 std: 0.01`": fillers.Gaussian(1.0, 0.01),
    "`gaussian`, `sparse: 16`": fillers.Gaussian(std=0.01, sparse=16),
    "`positive_unitball`": fillers.PositiveUnitball(),
    "`xavier`": fillers.Xavier(),
    "`xavier`, `FAN_OUT`": fillers.Xavier("FAN_OUT"),
    "`xavier`, `AVERAGE`": fillers.Xavier("AVERAGE"),
    "`msra`": fillers.MSRA(),
    "`msra`, `FAN_OUT`": fillers.MSRA("FAN_OUT"),
    "`msra`, `AVERAGE`": fillers.MSRA("AVERAGE"),
    "`msra`, `alpha: 0.25` (happynear)": filler_types.variants()["msra+alpha"](alpha=0.25),  # type: ignore[call-arg]
    "`msra`, `scale: 0.5` (Intel)": filler_types.variants()["msra+scale"](scale=0.5),  # type: ignore[call-arg]
    "`bilinear`": fillers.Bilinear(),
}


def _convolution(group: int) -> LayerParameter:
    return LayerParameter(type="Convolution", convolution_param=ConvolutionParameter(group=group))


LAYERS: dict[str, tuple[LayerParameter, Shape]] = {
    "Convolution": CONVOLUTION,
    "Convolution, `group: 4`": (_convolution(4), (64, 8, 3, 3)),
    "Convolution, depthwise": (_convolution(64), (64, 1, 3, 3)),
    "Convolution, depthwise, two outputs a channel": (_convolution(32), (64, 1, 3, 3)),
    "Deconvolution": (LayerParameter(type="Deconvolution"), (32, 64, 4, 4)),
    "InnerProduct": (LayerParameter(type="InnerProduct"), (10, 500)),
    "InnerProduct, `transpose: true`": (
        LayerParameter(type="InnerProduct", inner_product_param=InnerProductParameter(transpose=True)),
        (500, 10),
    ),
    "Embed": (LayerParameter(type="Embed"), (500, 10)),
    "LSTM, RNN": (LayerParameter(type="LSTM"), (400, 50)),
}


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _header(first: str) -> Iterator[str]:
    yield _row(first, *FRAMEWORKS.values())
    yield "|---" * (len(FRAMEWORKS) + 1) + "|"


def by_filler() -> Iterator[str]:
    """What each filler is called, on the weight of a plain convolution."""
    yield from _header("Caffe")
    layer, shape = CONVOLUTION
    for name, filler in FILLERS.items():
        cells = []
        for framework in FRAMEWORKS:
            found = equivalent(framework, Fill("conv", 0, shape, filler), layer)
            cells.append(f"`{_short(found.on('w'))}`{'' if found.exact else ' *'}")
        yield _row(name, *cells)


def _short(code: str) -> str:
    for prefix in ("nn.init.", "keras.initializers.", "mx.init.", "initializers.", "tf."):
        code = code.removeprefix(prefix)
    return code


def by_layer() -> Iterator[str]:
    """Whether a rule that counts fans may keep its mode."""
    yield from _header("xavier and msra of")
    for name, (layer, shape) in LAYERS.items():
        yield _row(name, *(_verdict(framework, layer, shape) for framework in FRAMEWORKS))


def _verdict(framework: str, layer: LayerParameter, shape: Shape) -> str:
    found = equivalent(framework, Fill("layer", 0, shape, fillers.Xavier()), layer)
    if not found.exact:
        return "numbers"
    return "fans exchanged" if found.comment else "same"


def page(text: str) -> str:
    """The page with its tables as they should be."""
    for name, lines in (("by filler", by_filler()), ("by layer", by_layer())):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = before + begin + "\n".join(lines) + "\n" + end + after
    return text


def main() -> int:
    """Write the page, or say that it is not as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        if text != page(text):
            print(f"{PAGE} is out of date: run python {__file__}")
            return 1
        return 0
    PAGE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
