"""What is unknown and changes weights is refused with its place; --lenient passes over it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.errors import NetError, PrototxtError, UsageError
from caffe_fillers.schema import NetParameter

INPUT = "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }\n"
CONVOLUTION = "convolution_param {{ num_output: 4 kernel_size: 3 {} }}"


def layer(kind: str, fields: str = "", name: str = "a") -> str:
    return f"layer {{ name: '{name}' type: '{kind}' bottom: 'x' top: '{name}' {fields} }}\n"


def load(text: str, **options: bool) -> cf.Net:
    return cf.load_net(io.BytesIO((INPUT + text).encode()), **options)  # type: ignore[arg-type]


MISSPELLED = [
    ("weight_filler { type: 'gaussian' sdt: 0.01 }", "sdt", "no field 'sdt' (did you mean 'std'?)"),
    ("weight_filler { type: 'gaussian' STD: 1 }", "STD", "no field 'STD' (did you mean 'std'?)"),
    ("weight_filler { variance_norm: FAN_AVG }", "FAN_AVG", "no value FAN_AVG (did you mean 'FAN_"),
    ("weight_filler { variance_norm: 7 }", "7", "no value 7; known: FAN_IN, FAN_OUT, AVERAGE"),
    ("weight_filler { typ: 'xavier' }", "typ", "(did you mean 'type'?)"),
    ("weights_filler { type: 'xavier' }", "weights_filler", "(did you mean 'weight_filler'?)"),
    ("weight_filer { type: 'xavier' }", "weight_filer", "(did you mean 'weight_filler'?)"),
    ("bias_fill { value: 1 }", "bias_fill", "(did you mean 'bias_filler'?)"),
    ("kernel_filler { value: 1 }", "kernel_filler", "no field 'kernel_filler'"),
]


@pytest.mark.parametrize(("filler", "wrong", "said"), MISSPELLED)
def test_a_misspelled_filler_is_refused_at_its_place(filler: str, wrong: str, said: str) -> None:
    text = layer("Convolution", "\n" + CONVOLUTION.format(filler))
    with pytest.raises(PrototxtError) as caught:
        load(text)
    first, line, _ = str(caught.value).splitlines()
    assert said in first and "--lenient" in first
    assert caught.value.line == 3
    assert line.strip()[caught.value.column - 1 :].startswith(wrong)
    assert load(text, lenient=True).plan.num_parameters == 112


@pytest.mark.parametrize(
    ("kind", "fields", "sign"),
    [
        ("MyConv", "my_conv_param { num_output: 4 kernel_size: 3 }", "num_output"),
        ("MyConv", "blobs_lr: 1 blobs_lr: 2", "blobs_lr"),
        ("MyConv", "foo { weight_init { type: 'xavier' } }", "'xavier', a filler's type"),
        ("MyConv", "foo { weight_initializer: 'xavier' }", "a filler's type"),
        ("ScaleInvariant", "scale_param { bias_term: true }", "scale_param"),
        ("Prelu2", "prelu_param { channel_shared: true }", "prelu_param"),
        ("BatchNormalization", "batch_norm_param { eps: 0.1 }", "batch_norm_param"),
        ("PReLu", "", "a name like that of PReLU"),
        ("Convolution", CONVOLUTION.format("filler_weight { type: 'xavier' }"), "field filler_weight"),
    ],
)
def test_signs_of_weights(kind: str, fields: str, sign: str) -> None:
    with pytest.raises(cf.CaffeFillersError) as caught:
        load(layer(kind, fields))
    assert sign in str(caught.value)
    assert "--lenient" in str(caught.value)
    assert load(layer(kind, fields), lenient=True)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Convolution", CONVOLUTION.format("weight_filler { type: 'xavier' } qqzz: 3 another: 3")),
        ("Convolution", CONVOLUTION.format("weight_filler { type: 'xavier' }") + " data_filter: 3"),
        ("MSRAx", ""),
        ("WarpedPooling", "pooling_param { kernel_size: 3 }"),
        ("SomeLoss", "loss_weight: 2 include { phase: TRAIN } some_param { margin: 1 }"),
    ],
)
def test_the_rest_is_noted(kind: str, fields: str) -> None:
    assert load(layer(kind, fields)).notes


def test_a_field_that_some_fork_has_is_none_of_these() -> None:
    load(layer("Convolution", CONVOLUTION.format("weight_filler { type: 'msra' alpha: 0.1 }")))


def test_a_layer_outside_of_the_phase_counts_for_its_text_alone() -> None:
    load(layer("Warp", "param { lr_mult: 1 } include { phase: TEST }"))
    with pytest.raises(PrototxtError):
        load(layer("Scale", "scale_param { filler { vlaue: 1 } } include { phase: TEST }"))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("Scale", "scale_parm { filler { value: 2 } }"),
        ("PReLU", "peculiar { q { filler < value: 2 > } }"),
        ("BatchNorm", "batch_param { scale_filler { type: 'xavier' } }"),
    ],
)
def test_a_field_with_a_filler_that_nothing_reads(kind: str, field: str) -> None:
    name = field.partition(" ")[0]
    with pytest.raises(NetError, match=rf"nothing reads its field {name}, which has a field \w*filler"):
        load(layer(kind, field))
    load(layer(kind, field), lenient=True)


SIGNS = {
    "weight_filler": "warp_param { weight_filler { type: 'xavier' } }",
    "offset_filler": "warp_param { inner { offset_filler { type: 'xavier' } } }",
    "param": "param { lr_mult: 1 }",
    "convolution_param": "convolution_param { num_output: 4 }",
    "inner_product_param": "inner_product_param { num_output: 4 }",
    "scale_param": "scale_param { filler { value: 2 } }",
    "blobs": "blobs { shape { dim: 1 } data: 2 }",
}


@pytest.mark.parametrize("kind", ["Warp", "Python"])
@pytest.mark.parametrize("sign", SIGNS)
def test_a_type_nobody_knows_that_plainly_has_weights(kind: str, sign: str) -> None:
    text = layer(kind, SIGNS[sign]) + layer("InnerProduct", "inner_product_param { num_output: 2 }", "ip")
    with pytest.raises(
        NetError, match=rf"<stdin>:2: layer 'a' \({kind}\): .* for it has .*{sign}.*--lenient"
    ):
        load(text)
    assert load(text, lenient=True).plan.num_parameters == 2 * 192 + 2


def test_a_field_of_a_filler_in_a_binary_net() -> None:
    net = NetParameter(layer=[{"name": "a", "type": "Parameter", "top": ["a"]}])
    net.layer[0].parameter_param.shape.dim.append(2)
    net.layer[0].scale_param.filler.MergeFromString(b"\x98\x06\x01")  # field 99
    with pytest.raises(NetError, match="a filler has a field of number 99"):
        cf.load_net(io.BytesIO(net.SerializeToString()))
    cf.load_net(io.BytesIO(net.SerializeToString()), lenient=True)


def test_strict_and_lenient_are_opposites() -> None:
    with pytest.raises(UsageError, match="opposites"):
        load(layer("ReLU"), strict=True, lenient=True)


def test_convert_writes_back_what_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(INPUT + layer("Convolution", CONVOLUTION.format("weights_filler { type: 'xavier' }")))
    assert main(["convert", str(path)]) == 0
    assert "weights_filler" in capsys.readouterr().out
    assert main(["convert", str(path), "--strict"]) == 2
    assert main([str(path), "--quiet", "-o", "-"]) == 2
    assert "weight_filler" in capsys.readouterr().err


def saved(folder: Path, text: str, name: str) -> str:
    """A net filled and saved, its file's name."""
    path = folder / name
    load(text).fill(seed=1).save(path)
    return str(path)


def product(name: str) -> str:
    return layer("InnerProduct", "inner_product_param { num_output: 2 }", name)


@pytest.mark.parametrize("command", ["fill", "check"])
def test_blobs_in_a_file_prove_weights(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    old = saved(tmp_path, product("a") + product("b"), "old.caffemodel")
    Path("net.prototxt").write_text(INPUT + layer("Warp") + product("b"))
    words = ["check", "net.prototxt", old] if command == "check" else ["net.prototxt", "--weights", old]
    assert main(words) == 2
    assert "layer 'a' has 2 blobs, and 'Warp' is a layer type of which nothing" in capsys.readouterr().err
    assert main([*words, "--lenient"]) == (1 if command == "check" else 0)


@pytest.mark.parametrize("number", [1, 9])
def test_weights_of_another_net_are_an_error_and_a_rest_is_counted(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    others = "".join(product(f"o{index}") for index in range(number))
    Path("net.prototxt").write_text(INPUT + product("a"))
    assert main(["net.prototxt", "--weights", saved(tmp_path, others, "no.caffemodel"), "-o", "x.npz"]) == 2
    said = capsys.readouterr().err
    assert f"none of its {number} layers with weights is in the net ('o0'" in said and said.count("\n") == 1
    assert not Path("x.npz").exists()
    assert main(["net.prototxt", "--weights", saved(tmp_path, others + product("a"), "yes.caffemodel")]) == 0
    said = capsys.readouterr().err
    assert f"note: {number} layer" in said and said.count("found no place") == 1
