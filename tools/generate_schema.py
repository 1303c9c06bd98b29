"""Make caffe_fillers/schema's descriptors and type stub from proto/caffe.proto and the forks' tables.

Run `python tools/generate_schema.py` after a change to either; it needs grpcio-tools. What it makes is
committed, so that an installation needs no compiler and a start no time; a test compares the two.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caffe_fillers.schema.extras import add_extras  # noqa: E402
from caffe_fillers.schema.overlay import union_of  # noqa: E402
from caffe_fillers.schema.pool import DESCRIPTOR_FILE, UNION_FILE  # noqa: E402

HEADER = """\
# Made by tools/generate_schema.py: do not edit.
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import Any as _Any, ClassVar as _ClassVar, Optional as _Optional, Union as _Union

from google.protobuf import message as _message
from google.protobuf.internal import containers as _containers, enum_type_wrapper as _enum_type_wrapper
"""


def generate() -> dict[str, bytes]:
    """The generated files, by their name in caffe_fillers/schema."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _protoc(
            f"-I{ROOT / 'proto'}",
            f"--descriptor_set_out={folder / 'set'}",
            str(ROOT / "proto" / "caffe.proto"),
        )
        descriptors = descriptor_pb2.FileDescriptorSet.FromString((folder / "set").read_bytes())
        descriptor = descriptors.file[0].SerializeToString(deterministic=True)
        union = union_of(descriptors.file[0]).SerializeToString(deterministic=True)
        add_extras(descriptors.file[0])
        (folder / "set").write_bytes(descriptors.SerializeToString(deterministic=True))
        _protoc(f"--descriptor_set_in={folder / 'set'}", f"--pyi_out={folder}", "caffe.proto")
        stub = _strict((folder / "caffe_pb2.pyi").read_text())
    return {DESCRIPTOR_FILE: descriptor, UNION_FILE: union, "messages.pyi": stub.encode()}


def _strict(stub: str) -> str:
    """The stub with the type arguments that a strict type checker asks for, the same from every protoc.

    The imports and the optional bools are what protoc's releases disagree about.
    """
    body = stub.partition("DESCRIPTOR: _descriptor.FileDescriptor\n")[2]
    body = body.replace("_Mapping]", "_Mapping[str, _Any]]").replace(
        ": bool = ...", ": _Optional[bool] = ..."
    )
    return HEADER + body


def _protoc(*arguments: str) -> None:
    if protoc.main(["protoc", *arguments]) != 0:
        raise SystemExit("protoc failed; its message is above")


if __name__ == "__main__":
    for name, content in generate().items():
        (ROOT / "caffe_fillers" / "schema" / name).write_bytes(content)
        print(f"wrote caffe_fillers/schema/{name}, {len(content):,} bytes")
