"""The types that NVIDIA's Caffe writes into layers, read in its source."""

import io

import pytest

import caffe_fillers as cf

NET = """
default_forward_type: FLOAT16
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3] } } }
layer { name: "a" type: "ReLU" bottom: "data" top: "a" }
layer { name: "b" type: "ReLU" bottom: "data" top: "b" forward_type: FLOAT backward_math: DOUBLE }
"""


def types(layer: object) -> list[str]:
    names = ("forward_type", "forward_math", "backward_type", "backward_math")
    fields = layer.DESCRIPTOR.fields_by_name  # type: ignore[attr-defined]
    return [
        fields[name].enum_type.values_by_number[getattr(layer, name)].name if layer.HasField(name) else ""  # type: ignore[attr-defined]
        for name in names
    ]


@pytest.mark.parametrize("dialect", ["nvidia", "jacinto", "jacinto17"])
def test_each_layer_has_types_the_net_s_by_default(dialect: str) -> None:
    net = cf.load_net(io.BytesIO(NET.encode()), dialect=dialect)
    found = {layer.name: types(layer) for layer in net.parameter.layer}
    plain = ["FLOAT16", "FLOAT16", "FLOAT", "FLOAT"]
    assert found == {
        "data": plain,
        "data_data_0_split": plain,
        "a": plain,
        "b": ["FLOAT", "FLOAT", "FLOAT", "DOUBLE"],
    }


def test_other_forks_have_no_types() -> None:
    net = cf.load_net(io.BytesIO(NET.encode()), dialect="nvidia15")
    assert types(net.parameter.layer[1]) == [""] * 4
