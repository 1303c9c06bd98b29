"""Forks: fields, numbers, layers and fillers; unknown types and fields; known traps; a layer of one's own."""

import ast
import io
import re

import numpy as np
import pytest
from paths import DOCS, PACKAGE

import caffe_fillers as cf
from caffe_fillers import prototxt
from caffe_fillers.errors import CaffeFillersError, UnknownNameError
from caffe_fillers.fillers import filler_types, from_parameter
from caffe_fillers.formats.caffemodel import write
from caffe_fillers.layers import layer_types
from caffe_fillers.schema import FillerParameter, NetParameter
from caffe_fillers.schema.dialects import DIALECTS, for_file, recognize, unknown_to
from caffe_fillers.schema.overlay import FORKS, fork_table, union_of
from caffe_fillers.schema.pool import file_descriptor, union_descriptor
from caffe_fillers.shapes import Shape

DOCS = DOCS / "forks.md"


def load(layers: str, **options: object) -> cf.Net:
    text = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 6, 8, 10] } } }\n'
    return cf.load_net(io.BytesIO((text + layers).encode()), **options)  # type: ignore[arg-type]


def layer(kind: str, rest: str = "", bottoms: str = 'bottom: "data"') -> str:
    return f'layer {{ name: "x" type: "{kind}" {bottoms} top: "top" {rest} }}'


TWO = 'bottom: "data" bottom: "data"'

# type, dialect, the rest of the layer, bottoms, shape of the top, blobs (shape and first value)
LAYERS: list[tuple[str, str | None, str, str, Shape | None, list[tuple[Shape, float]]]] = [
    ("BN", None, "bn_param { scale_filler { value: 1 } shift_filler { value: 0.5 } }", "", (2, 6, 8, 10),
     [((1, 6, 1, 1), 1), ((1, 6, 1, 1), 0.5)]),
    ("BN", "yjxiong", "bn_param { slope_filler { value: 1 } }", "", (2, 6, 8, 10),
     [((1, 6), 1), ((1, 6), 0), ((1, 6), 0), ((1, 6), 0)]),
    ("BN", "pspnet", "bn_param { slope_filler { value: 2 } frozen: true }", "", (2, 6, 8, 10),
     [((1, 6, 1, 1), 2), ((1, 6, 1, 1), 0), ((1, 6, 1, 1), 0), ((1, 6, 1, 1), 1)]),
    ("BN", "happynear", "bn_param { bias_filler { value: 2 } }", "", (2, 6, 8, 10),
     [((1, 6), 0), ((1, 6), 2), ((1, 6), 0), ((1, 6), 1)]),
    ("BatchNorm", "nvidia", "", "", (2, 6, 8, 10), [((6,), 0), ((6,), 0), ((1,), 1)]),
    ("BatchNorm", "nvidia", "batch_norm_param { scale_bias: true }", "", (2, 6, 8, 10),
     [((6,), 0), ((6,), 0), ((1,), 1), ((6,), 1), ((6,), 0)]),
    ("BatchNorm", None, "", "", (2, 6, 8, 10), [((6,), 0), ((6,), 0), ((1,), 0)]),
    ("Normalize", None, "norm_param { channel_shared: false }", "", (2, 6, 8, 10), [((6,), 1)]),
    ("Normalize", None, "norm_param { scale_filler { value: 20 } }", "", (2, 6, 8, 10), [((), 20)]),
    ("DepthwiseConvolution", None, "convolution_param { num_output: 6 group: 6 kernel_size: 3 }", "",
     (2, 6, 6, 8), [((6, 1, 3, 3), 0), ((6,), 0)]),
    ("MarginInnerProduct", None, "margin_inner_product_param { num_output: 3 }", TWO, (2, 3),
     [((3, 480), 0)]),
    ("InnerDistance", None, "inner_distance_param { num_output: 3 transpose: true }", "", (2, 3),
     [((480, 3), 0)]),
    ("Local", None, "local_param { num_output: 4 kernel_size: 3 }", "", (2, 4, 6, 8),
     [((4, 1, 54, 48), 0), ((1, 1, 4, 48), 0)]),
    ("ChannelScale", None, "channel_scale_param { global_scale: true }", TWO, (2, 6, 8, 10), [((1,), -1)]),
    ("CenterLoss", None, "center_loss_param { num_output: 5 }", TWO, (), [((5, 480), 0)]),
    ("Permute", None, "permute_param { order: [0, 2, 3, 1] }", "", (2, 8, 10, 6), []),
    ("PriorBox", None,
     "prior_box_param { min_size: 60 max_size: 100 aspect_ratio: 2 aspect_ratio: 1 flip: true }",
     TWO, (1, 2, 8 * 10 * 4 * 4), []),
    ("ROIPooling", None, "roi_pooling_param { pooled_h: 7 pooled_w: 6 }", TWO, (2, 6, 7, 6), []),
    ("Upsample", None, "upsample_param { scale: 2 pad_out_h: true }", "", (2, 6, 15, 20), []),
    ("Interp", None, "interp_param { zoom_factor: 8 }", "", (2, 6, 57, 73), []),
    ("Interp", None, "interp_param { shrink_factor: 2 zoom_factor: 3 pad_end: -1 }", "", (2, 6, 10, 13), []),
    ("ShuffleChannel", None, "shuffle_channel_param { group: 3 }", "", (2, 6, 8, 10), []),
    ("NobodysLayer", None, "", "", None, []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "dialect", "rest", "bottoms", "top", "blobs"), LAYERS)
def test_shapes_and_first_values(
    kind: str,
    dialect: str | None,
    rest: str,
    bottoms: str,
    top: Shape | None,
    blobs: list[tuple[Shape, float]],
) -> None:
    net = load(layer(kind, rest, bottoms or 'bottom: "data"'), dialect=dialect)
    assert net.blob_shapes["top"] == top
    values = net.fill(1)["x"] if blobs else []
    assert [(blob.shape, blob.ravel()[0]) for blob in values] == blobs


def test_an_unknown_type_is_noted_and_passed() -> None:
    net = load('layer { name: "x" type: "Permutee" bottom: "data" top: "data" }')
    assert net.blob_shapes["data"] == (2, 6, 8, 10)
    assert "'Permutee' (did you mean 'Permute'?): passed, without weights" in net.notes[-1].message
    with pytest.raises(CaffeFillersError, match="unknown layer type 'Permutee'"):
        load(layer("Permutee"), strict=True)


@pytest.mark.parametrize("fork", FORKS)
def test_fields_go_to_files_under_the_forks_numbers(fork: str) -> None:
    """Every parameter of a layer that a fork adds, set and written, and found again by its number alone."""
    for field in fork_table(fork).messages.get("LayerParameter", []):
        net = NetParameter()
        parameter = net.layer.add()
        if field.type in ("int32", "uint32", "float", "bool", "string"):
            continue
        if field.repeated or field.type.endswith(("Type", "Precision", "BatchNormOrder")):
            continue
        getattr(parameter, field.name).SetInParent()
        written = for_file(parameter, fork)
        assert [each.number for each, _ in written.ListFields()] == [field.number]


def test_a_dialect_is_recognized_by_its_fields() -> None:
    text = "layer { upsample_param { scale: 2 } bn_param { bn_mode: INFERENCE } convolution_param { %s } }"
    for extra, dialect in (("", "segnet"), ("dilation: 2", "enet")):
        net = prototxt.parse(text % extra, NetParameter).message
        assert (recognize(net), unknown_to(net, dialect)) == (dialect, [])
    with pytest.raises(UnknownNameError, match="unknown dialect 'sdd'"):
        load(layer("BN"), dialect="sdd")


def test_values_of_enums_get_the_forks_numbers() -> None:
    net = prototxt.parse("layer { eltwise_param { operation: STOCHASTIC_SUM } }", NetParameter).message
    assert recognize(net) == "yjxiong"
    assert for_file(net.layer[0], "yjxiong").eltwise_param.operation == 3  # type: ignore[attr-defined]


def test_what_a_dialect_has_not_is_noted_and_left_out() -> None:
    net = load(layer("Permute", "permute_param { order: 1 }"), dialect="segnet")
    assert any("segnet has no" in note.message and "permute_param" in note.message for note in net.notes)
    file = io.BytesIO()
    write(file, net.model(1))
    assert b"Permute" in file.getvalue()


FILLERS = [
    ("type: 'msra' scale: 0.5", "type: 'msra'", 0.5),
    ("type: 'msra' alpha: 1", "type: 'msra'", np.sqrt(0.5)),
    ("type: 'xavierstatic'", "type: 'xavier'", 1.0),
    ("type: 'gaussianstatic' std: 2", "type: 'gaussian' std: 2", 1.0),
]


@pytest.mark.parametrize(("text", "plain", "factor"), FILLERS)
def test_fillers_that_vary_a_plain_one(text: str, plain: str, factor: float) -> None:
    values, expected = (
        from_parameter(prototxt.parse(each, FillerParameter).message).fill((16, 8), cf.Stream(3))
        for each in (text, plain)
    )
    np.testing.assert_allclose(values, expected * factor, rtol=3e-7)


def test_gaussian_unitball_and_identity() -> None:
    rows = cf.fill((5, 7), "gaussian_unitball", seed=1)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    plain = cf.fill((5, 7), "gaussian", seed=1)
    np.testing.assert_allclose(rows, plain / np.linalg.norm(plain, axis=1, keepdims=True), rtol=1e-6)
    for shape in ((3, 3), (2, 5), (5, 2)):
        assert cf.fill(shape, "identity", seed=1).tolist() == np.eye(*shape).tolist()
    kernels = cf.fill((3, 3, 2, 1), "identity", seed=1)
    assert kernels.ravel().tolist() == [*np.eye(3).ravel(), *np.zeros(9)]
    with pytest.raises(CaffeFillersError, match="outputs and inputs"):
        cf.fill((3,), "identity", seed=1)


def test_diagonal_and_bicubic() -> None:
    """By hand from filler.hpp of FlowNet 2 and of caffe_rtpose."""
    kernels = cf.fill((3, 2, 2, 1), "diagonal", diag_val=[5, 3], seed=1)
    assert kernels[..., 0].tolist() == [[[2.5, 2.5], [0, 0]], [[0, 0], [1.5, 1.5]], [[0, 0], [0, 0]]]
    assert cf.fill((2, 2), "diagonal", seed=1).tolist() == np.eye(2).tolist()
    row = cf.fill((1, 1, 8, 8), "bicubic", seed=1)[0, 0] / np.float32(0.8671875)
    np.testing.assert_allclose(
        row[3], [-0.0703125, 0.2265625, 0.8671875, 0.8671875, 0.2265625, -0.0703125, -0.0234375, 0]
    )
    with pytest.raises(CaffeFillersError, match="square kernel"):
        cf.fill((1, 1, 8, 4), "bicubic", seed=1)


TRAPS = [
    ("Convolution", "convolution_param { num_output: 4 kernel_size: 1 }", "no weight_filler"),
    ("InnerProduct", "inner_product_param { num_output: 4 weight_filler { value: 1 } }", "units are equal"),
    ("Deconvolution", "convolution_param { num_output: 6 kernel_size: 4 weight_filler { type: 'bilinear' } }",
     "bilinear without group"),
    ("Deconvolution", "convolution_param { num_output: 6 kernel_size: 4 weight_filler { type: 'msra' } }",
     "say variance_norm: FAN_OUT"),
    ("InnerProduct", "inner_product_param { num_output: 4 transpose: true weight_filler { type: 'xavier' } }",
     "a transposed InnerProduct"),
    ("Embed", "embed_param { num_output: 4 input_dim: 9 weight_filler { type: 'xavier' } }", "on Embed"),
    ("Convolution", "convolution_param { num_output: 6 kernel_size: 1 group: 2 weight_filler { type: 'msra' "
     "variance_norm: AVERAGE } }", "not divided by group"),
    ("Convolution",
     "convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: 'xavier' std: 0.1 } }",
     "std is set on a filler of type xavier"),
    ("Convolution", "convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: 'gaussian' "
     "variance_norm: FAN_OUT } }", "variance_norm is set on a filler of type gaussian"),
    ("Softmax", "inner_product_param { weight_filler {} }", "inner_product_param.weight_filler fills"),
    ("Softmax", "dummy_data_param { data_filler {} }", "dummy_data_param.data_filler fills nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rest", "message"), TRAPS)
def test_a_trap_is_told_once(kind: str, rest: str, message: str) -> None:
    twice = layer(kind, rest) + layer(kind, rest).replace('"x"', '"y"').replace('"top"', '"other"')
    assert [message in note.message and "2 layers" in note.message for note in load(twice).notes] == [True]


def test_a_sound_net_has_no_traps() -> None:
    sound = "weight_filler { type: 'msra' } bias_filler { value: 0.1 }"
    assert (
        load(layer("Convolution", f"convolution_param {{ num_output: 4 kernel_size: 1 {sound} }}")).notes
        == ()
    )


def test_the_committed_union_is_that_of_the_tables() -> None:
    assert union_descriptor() == union_of(file_descriptor())


def registered(folder: str) -> set[str]:
    """The names that the decorators of a folder's modules register."""
    names = set()
    for path in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", ()):
                if isinstance(decorator, ast.Call):
                    words = (each for argument in decorator.args for each in ast.walk(argument))
                    names |= {each.value for each in words if isinstance(each, ast.Constant)}
    return names


def test_the_docs_name_every_dialect_fork_layer_and_filler() -> None:
    text = DOCS.read_text()
    standard = {"constant", "uniform", "gaussian", "positive_unitball", "xavier", "msra", "bilinear"}
    fillers = (registered("fillers") | {f"{name}static" for name in standard - {"constant"}}) - standard
    assert fillers <= {*filler_types, *filler_types.variants()}
    assert registered("layers/forks") <= {*layer_types, *layer_types.variants()}
    for name in (*registered("layers/forks"), *fillers, *DIALECTS):
        assert f"`{name.replace('@', '` in `').replace('+', '` with `')}`" in text, name


def test_the_layer_and_the_filler_of_the_docs_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for registry in (layer_types, filler_types):
        registry.names()
        monkeypatch.setattr(registry, "_values", dict(registry._values))
    code = DOCS.read_text().partition("```python\n")[2].partition("```")[0]
    exec(code, {"__name__": "mine"})
    net = load(layer("Gate", "scale_param { filler { type: 'half_normal' std: 3 } }"))
    assert net.blob_shapes["top"] == (2, 6, 8, 10)
    expected = cf.fill((6,), "gaussian", std=1.5, seed=4)
    assert net.fill(4)["x"][0].tobytes() == expected.tobytes()


TENS, ONES = (
    {3: "thirty", 4: "forty"},
    ("", "-one", "-two", "-three", "-four", "-five", "-six", "-seven", "-eight"),
)


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md", "docs/forks.md"])
def test_the_number_of_forks_is_that_of_the_dialects(path: str) -> None:
    number = TENS[len(FORKS) // 10] + ONES[len(FORKS) % 10]
    text = (DOCS.parents[1] / path).read_text()
    said = set(re.findall(rf"\b(?:{'|'.join(TENS.values())})[-\w]*", text))
    assert said == {number}
