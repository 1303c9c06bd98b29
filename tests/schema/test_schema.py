"""The schema: that it is BVLC's, that it is what the tool makes, that it lives beside another Caffe."""

import ast
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from paths import ROOT

from caffe_fillers import schema
from caffe_fillers.schema import BlobProto, LayerParameter, NetParameter, strip_private
from caffe_fillers.schema.pool import file_descriptor, union_descriptor

FOLDER = ROOT / "caffe_fillers" / "schema"

# SHA-256 of the sorted `facts` of BVLC/caffe's own src/caffe/proto/caffe.proto at 9b8915401, as protoc 3.21
# compiled it: 63 messages, 423 fields, 111 values of 26 enums.
BVLC_FACTS = "0a2e47597344d6f56835c6c20c8e73000700901594dde4310668036451702ddb"


def facts(file: descriptor_pb2.FileDescriptorProto) -> Iterator[str]:
    """A line for each field and each enum value: all that the wire and a default depend on."""
    yield from values(file.enum_type, file.package)
    pending = [(message, file.package) for message in file.message_type]
    while pending:
        message, scope = pending.pop()
        path = f"{scope}.{message.name}"
        yield path
        for field in message.field:
            kind = (field.number, field.type, field.type_name, field.label, field.default_value)
            yield f"{path}.{field.name} {kind} packed={field.options.packed}"
        yield from values(message.enum_type, path)
        pending += [(nested, path) for nested in message.nested_type]


def values(enums: Any, scope: str) -> Iterator[str]:
    for enum in enums:
        yield from (f"{scope}.{enum.name}.{value.name} {value.number}" for value in enum.value)


def test_every_name_number_type_and_default_is_bvlcs() -> None:
    lines = sorted(facts(file_descriptor()))
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == BVLC_FACTS


@pytest.mark.parametrize("name", ["caffe.desc", "union.desc", "messages.pyi"])
def test_what_is_committed_is_what_the_tool_makes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("grpc_tools.protoc", reason="grpcio-tools is not installed")
    monkeypatch.syspath_prepend(ROOT / "tools")
    import generate_schema

    assert (FOLDER / name).read_bytes() == generate_schema.generate()[name], "run tools/generate_schema.py"


def test_the_stub_has_what_is_there() -> None:
    stub = ast.parse((FOLDER / "messages.pyi").read_text())
    classes = [node for node in stub.body if isinstance(node, ast.ClassDef)]
    stated = {node.name for node in classes} | {
        node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)
    }
    assert stated == {name for name in dir(schema.messages) if name[0].isupper()} - {"MESSAGE"}
    for node in classes:
        inner = {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
        stated_of = getattr(schema, node.name)
        there = stated_of() if isinstance(stated_of, type) else stated_of
        assert [each for each in inner if not hasattr(there, each)] == []


BESIDE = """
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

def register_another():
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
    field = file.message_type.add(name="NetParameter").field.add(name="other", number=1, type=5, label=1)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.NetParameter"))

{first}
{second}
from caffe_fillers import prototxt
net = prototxt.parse("name: 'lenet' layer {{ type: 'ReLU' fork: 1 }}", NetParameter).message
print(prototxt.write(net).split(), Another(other=3).SerializeToString(), Another is NetParameter)
"""
OURS, THEIRS = "from caffe_fillers.schema import NetParameter", "Another = register_another()"


@pytest.mark.parametrize("implementation", ["upb", "python"])
@pytest.mark.parametrize("order", [(OURS, THEIRS), (THEIRS, OURS)], ids=["ours_first", "theirs_first"])
def test_another_caffe_in_the_same_process(order: tuple[str, str], implementation: str) -> None:
    """As `import caffe` does, which puts its own caffe.proto into protobuf's default pool."""
    script = BESIDE.format(first=order[0], second=order[1])
    environment = os.environ | {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    expected = ["name:", '"lenet"', "layer", "{", "type:", '"ReLU"', "fork:", "1", "}"]
    assert (done.stdout, done.stderr) == (f"{expected} {bytes([8, 3])} False\n", "")


def test_every_message_carries_the_hidden_field() -> None:
    pending = list(union_descriptor().message_type)
    while pending:
        message = pending.pop()
        numbers = {field.name: field.number for field in message.field}
        assert message.name == "TextExtra" or numbers["text_extra"] == 536870911
        pending += message.nested_type


def test_a_stripped_message_is_bvlcs_alone() -> None:
    def fill(layer: Any) -> None:
        layer.name = "conv1"
        layer.pooling_param.pool = 1
        layer.param.add().lr_mult = 2

    plain, full = LayerParameter(), LayerParameter()
    fill(plain)
    fill(full)
    full.text_extra.unknown.append("fork: 1")
    full.param[0].text_extra.line = 3
    full.pooling_param.text_extra.line = 2
    full.permute_param.order.append(1)
    full.convolution_param.weight_filler.text_extra.line = 4
    plain.convolution_param.weight_filler.SetInParent()
    strip_private(full)
    assert full.SerializeToString(deterministic=True) == plain.SerializeToString(deterministic=True)
    full.eltwise_param.operation = 100_000  # a fork's
    strip_private(full)
    assert not full.eltwise_param.HasField("operation")


def test_stripping_does_not_walk_over_the_weights() -> None:
    """Or saving a large net would take minutes."""
    net = NetParameter(layer=[{"blobs": [BlobProto(data=[0.0] * 10_000_000)]}])
    began = time.perf_counter()
    strip_private(net)
    assert time.perf_counter() - began < 0.2
