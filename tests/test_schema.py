"""The schema: made by the tool from proto/caffe.proto, and in a pool that nothing else shares."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from caffe_fillers.schema import BlobProto, FillerParameter, LayerParameter, NetParameter, strip_private

ROOT = Path(__file__).parent.parent


def tool() -> ModuleType:
    pytest.importorskip("grpc_tools", reason="grpcio-tools makes the schema")
    spec = importlib.util.spec_from_file_location("generate_schema", ROOT / "tools" / "generate_schema.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_committed_is_what_the_tool_makes() -> None:
    for name, content in tool().generate().items():
        assert (ROOT / "caffe_fillers" / "schema" / name).read_bytes() == content, name


# pycaffe's import registers Caffe's own caffe.proto in the default pool; a message of the same name with
# other fields is the hardest case of that.
OTHER_CAFFE = """
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
message = file.message_type.add(name="NetParameter")
message.field.add(name="other", number=1, type=5, label=1)
pool = descriptor_pool.Default()
pool.AddSerializedFile(file.SerializeToString())
Other = message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.NetParameter"))
other = Other(other=7)
import io, caffe_fillers as cf
text = b"layer { name: 'p' type: 'Parameter' top: 'p' parameter_param { shape { dim: 2 } } }"
weights = cf.load_net(io.BytesIO(text)).fill(seed=1)
assert weights["p"][0].shape == (2,)
assert other.other == 7 and not hasattr(other, "layer")
print("fine")
"""


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_another_caffe_proto_in_the_default_pool(implementation: str) -> None:
    environment = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", OTHER_CAFFE], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout == "fine\n", done.stderr


def test_private_fields_are_stripped_at_every_depth() -> None:
    layer = LayerParameter(name="conv")
    layer.text_extra.line = 3
    layer.convolution_param.weight_filler.text_extra.unknown.append("alpha: 1")
    layer.param.add(name="w").text_extra.line = 4
    strip_private(layer)
    assert layer == LayerParameter(
        name="conv", convolution_param={"weight_filler": {}}, param=[{"name": "w"}]
    )


@pytest.mark.parametrize(
    ("message", "field", "number", "default"),
    [
        (NetParameter, "layer", 100, []),
        (LayerParameter, "blobs", 7, []),
        (FillerParameter, "type", 1, "constant"),
        (FillerParameter, "variance_norm", 8, 0),
        (BlobProto, "data", 5, []),
    ],
)
def test_numbers_and_defaults_are_caffes(message: type, field: str, number: int, default: object) -> None:
    assert message.DESCRIPTOR.fields_by_name[field].number == number  # type: ignore[attr-defined]
    assert getattr(message(), field) == default
