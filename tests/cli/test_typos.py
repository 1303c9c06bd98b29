"""What is misspelled is named where it makes a net fail: fields, layer types, blobs of given shapes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.errors import NetError, PrototxtError, UnknownShapeError, UsageError

INPUT = "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }\n"
DATA = "layer { name: 'd' type: 'Data' top: 'x' top: 'y' data_param { source: 'gone' batch_size: 4 } }\n"


def layer(kind: str, fields: str, name: str = "a", bottom: str = "x") -> str:
    return f"layer {{ name: '{name}' type: '{kind}' bottom: '{bottom}' top: '{name}' {fields} }}\n"


def load(text: str, **options: object) -> cf.Net:
    return cf.load_net(io.BytesIO(text.encode()), **options)  # type: ignore[arg-type]


def convolution(fields: str) -> str:
    return INPUT + layer("Convolution", f"convolution_param {{ {fields} }}")


def brings(kind: str, fields: str) -> str:
    """A net whose data layer has these fields."""
    data = f"layer {{ name: 'd' type: '{kind}' top: 'x' top: 'y' {fields} }}\n"
    return data + layer("ReLU", "", "r")


FAILING = {
    "kernal_size": (convolution("num_output: 4 kernal_size: 5"), "kernel_size"),
    "num_outputs": (convolution("num_outputs: 4 kernel_size: 5"), "num_output"),
    "innerproduct_param": (
        INPUT + layer("InnerProduct", "innerproduct_param { num_output: 3 }"),
        "inner_product_param",
    ),
    "botom": (
        INPUT + "layer { name: 'r' type: 'ReLU' botom: 'x' top: 'r' }",
        "bottom",
    ),
    "Convolutoin": (
        convolution("num_output: 4 kernel_size: 3").replace("Convolution", "Convolutoin")
        + layer("InnerProduct", "inner_product_param { num_output: 3 }", "b", "a"),
        "Convolution",
    ),
}


@pytest.mark.parametrize("typo", FAILING)
@pytest.mark.parametrize("lenient", [False, True])
def test_the_typo_is_named(typo: str, lenient: bool) -> None:
    text, meant = FAILING[typo]
    with pytest.raises((NetError, PrototxtError), match=rf"(?s)'{typo}' \(did you mean '{meant}'\?\)"):
        load(text, lenient=lenient)


CONVOLUTION = "num_output: 4 kernel_size: 3 weight_filler { type: 'xavier' }"
INNER_PRODUCT = layer("InnerProduct", "inner_product_param { num_output: 3 }", "b", "a")
MISSPELLED = {
    "groups": convolution(f"{CONVOLUTION} groups: 2"),
    "bias_terms": convolution(f"{CONVOLUTION} bias_terms: false"),
    "biasterm": convolution(f"{CONVOLUTION} biasterm: false"),
    "strid": convolution(f"{CONVOLUTION} strid: 2") + INNER_PRODUCT,
    "Pad": convolution(f"{CONVOLUTION} Pad: 2") + INNER_PRODUCT,
    "stirde": convolution(CONVOLUTION)
    + layer("Pooling", "pooling_param { kernel_size: 2 stirde: 2 }", "p", "a")
    + layer("InnerProduct", "inner_product_param { num_output: 3 }", "b", "p"),
    "transposed": INPUT + layer("InnerProduct", "inner_product_param { num_output: 3 transposed: true }"),
    "axs": INPUT + layer("InnerProduct", "inner_product_param { num_output: 3 axs: 2 }"),
    "bias_trem": INPUT + layer("Scale", "scale_param { bias_trem: true }"),
    "TRIAN": INPUT + layer("ReLU", "include { phase: TRIAN }"),
    "stag": INPUT + layer("ReLU", "include { stag: 'a' }"),
    "includ": INPUT + layer("ReLU", "includ { phase: TEST }"),
    "excludes": INPUT + layer("ReLU", "excludes { phase: TRAIN }"),
    "nam": convolution(CONVOLUTION).replace("convolution_param", "param { nam: 'w' } convolution_param"),
    "params": convolution(CONVOLUTION).replace("convolution_param", "params { name: 'w' } convolution_param"),
    "blob": convolution(CONVOLUTION).replace("convolution_param", "blob { data: 1 } convolution_param"),
    "lyer": INPUT + layer("ReLU", "").replace("layer", "lyer"),
    "Layer": INPUT + layer("ReLU", "").replace("layer", "Layer"),
    "miror": brings("Data", "transform_param { miror: true } data_param { batch_size: 4 }"),
    "crop_sz": brings("Data", "transform_param { crop_sz: 4 } data_param { batch_size: 4 }"),
    "transforms_param": brings("Data", "transforms_param { mirror: true } data_param { batch_size: 4 }"),
    "shufle": brings("ImageData", "image_data_param { shufle: true batch_size: 4 }"),
    "randskip": brings("ImageData", "image_data_param { randskip: 3 batch_size: 4 }"),
}


@pytest.mark.parametrize("typo", MISSPELLED)
def test_a_misspelled_field_that_decides_the_weights_is_an_error(typo: str) -> None:
    """Caffe refuses all of these; read without them the net would get other numbers."""
    with pytest.raises(PrototxtError, match=rf"{typo}.*; it changes the weights; .*--lenient"):
        load(MISSPELLED[typo])
    assert load(MISSPELLED[typo], lenient=True).notes


@pytest.mark.parametrize(
    "fields",
    ["cudnn_mode: FAST", "engin: CAFFE", "sparsity: 0.5", "visualize: true", "pad_mode: 'reflect'"],
)
def test_a_field_that_decides_nothing_is_kept_and_noted(fields: str) -> None:
    notes = [note.message for note in load(convolution(f"{CONVOLUTION} {fields}")).notes]
    assert any(f"has no field {fields.split(':', maxsplit=1)[0]!r}" in note for note in notes)


@pytest.mark.parametrize(
    "value", ["init: 'xavier'", "w_init: MSRA", "kernel_initializer: 'he_normal'", "kind: 'xavier'"]
)
def test_a_value_that_names_a_filler_is_an_error(value: str) -> None:
    name = value.split(":", maxsplit=1)[0]
    with pytest.raises(NetError, match=f"nothing reads its field {name}, .*--lenient"):
        load(convolution(f"num_output: 4 kernel_size: 3 {value}"))


@pytest.mark.parametrize("kind", ["FancyConv", "convlstm", "BiGRU", "InnerProductSparse"])
def test_an_unknown_type_that_is_named_as_one_with_weights_is_an_error(kind: str) -> None:
    with pytest.raises(NetError, match=f"unknown layer type '{kind}'.*in its name.*--lenient"):
        load(INPUT + layer(kind, ""))


def test_an_unknown_shape_stays_one() -> None:
    with pytest.raises(UnknownShapeError) as caught:
        load(
            INPUT
            + layer("Warpe", "")
            + layer("InnerProduct", "inner_product_param { num_output: 3 }", "b", "a")
        )
    assert set(caught.value.origins) == {"a"}


def test_typos_come_before_what_is_merely_unknown_and_are_few() -> None:
    strange = " ".join(f"qqzz{index}: 1" for index in range(9))
    with pytest.raises(NetError) as caught:
        load(convolution(f"{strange} num_output: 4 kernal_size: 3"), lenient=True)
    first, *notes = str(caught.value).splitlines()
    assert "kernel_size" in first
    assert "did you mean 'kernel_size'" in notes[0]
    assert len(notes) == 6
    assert notes[-1].strip() == "and 5 more that are unknown"


def test_a_net_that_is_known_gets_no_notes() -> None:
    with pytest.raises(NetError) as caught:
        load(convolution("num_output: 4"))
    assert "note" not in str(caught.value)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({"dta": (1, 3, 8, 8)}, "no layer of the net"),
        ({"X": (1, 3, 8, 8)}, "did you mean 'x'?"),
        ({"x": (1, 3, 8, 8), "z": (1,)}, "is given for 'z'"),
    ],
)
def test_a_shape_of_no_blob_is_refused(shapes: dict[str, tuple[int, ...]], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(DATA, shapes=shapes)
    assert said in str(caught.value)


def test_a_blob_of_a_test_net_alone_may_have_a_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.prototxt").write_text(INPUT)
    Path("test.prototxt").write_text(DATA.replace("'x'", "'t'"))
    Path("s.prototxt").write_text(
        "train_net: 'train.prototxt' test_net: 'test.prototxt' test_iter: 1 test_interval: 1"
    )
    assert main(["plan", "s.prototxt", "--shape", "t=1,3,4,4"]) == 0
    assert main(["plan", "s.prototxt", "--shape", "u=1,3,4,4"]) == 2


HDF5 = "layer { name: 'd' type: 'HDF5Data' top: 'x' top: 'y' hdf5_data_param { source: 'no' batch_size: 4 } }"
ANNOTATED = DATA.replace("'Data'", "'AnnotatedData'")
SHAPE = (4, 3, 8, 8)


@pytest.mark.parametrize(
    ("text", "shapes", "notes"),
    [
        (DATA, {}, 1),
        (DATA, {"y": (4,)}, 1),
        (DATA, {"x": SHAPE}, 0),
        (HDF5, {"x": SHAPE}, 1),
        (HDF5, {"x": SHAPE, "y": (4,)}, 0),
        (ANNOTATED, {}, 1),
        (ANNOTATED, {"x": SHAPE}, 0),
        ("layer { name: 'i' type: 'Input' top: 'x' }", {}, 1),
        ("layer { name: 'i' type: 'Input' top: 'x' }", {"x": SHAPE}, 0),
    ],
)
def test_what_is_given_is_not_said_to_be_assumed(
    text: str, shapes: dict[str, tuple[int, ...]], notes: int
) -> None:
    net = load(text, shapes=shapes)
    assert len([note for note in net.notes if "dialect" not in note.message]) == notes


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("type: 'gaussian' std: inf", "the gaussian filler has std inf"),
        ("type: 'gaussian' mean: nan", "the gaussian filler has mean nan"),
        ("type: 'uniform' min: -inf max: inf", "the uniform filler has min -inf"),
        ("type: 'uniform' min: 0 max: inf", "the uniform filler has max inf"),
        ("type: 'msra' scale: inf", "filler has scale inf"),
        ("type: 'msra+alpha'", "unknown filler type 'msra+alpha'"),
        ("type: 'xavierr'", "did you mean 'xavier'?"),
    ],
)
def test_a_filler_that_cannot_be_names_its_layer(fields: str, said: str) -> None:
    with pytest.raises(NetError) as caught:
        load(convolution(f"num_output: 4 kernel_size: 3 weight_filler {{ {fields} }}"))
    assert "<stdin>:2: layer 'a' (Convolution): " in str(caught.value)
    assert said in str(caught.value)
    assert "+alpha," not in str(caught.value)


def test_a_dialects_own_type_is_no_name() -> None:
    assert "unknown layer type 'BN@enet'" in load(INPUT + layer("BN@enet", "")).notes[0].message
    with pytest.raises(NetError) as caught:
        load(INPUT + layer("BN@enet", ""), strict=True)
    assert "BN@segnet" not in str(caught.value)
