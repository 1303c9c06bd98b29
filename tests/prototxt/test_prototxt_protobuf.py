"""The reader and the writer of prototxt against protobuf's own: C++ (protoc) and Python (text_format)."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import text_format
from google.protobuf.message import Message
from paths import TESTS

from caffe_fillers import prototxt
from caffe_fillers.schema import NetParameter, SolverParameter, strip_private

HERE = TESTS
VALID = [path for path in sorted((HERE / "prototxt" / "valid").glob("*.prototxt")) if path.stem != "bytes"]
INVALID = sorted((HERE / "prototxt" / "invalid").glob("*.prototxt"))
CORPUS = [path for path in sorted((HERE / "corpus").glob("*.prototxt")) if not path.stem.startswith("solver")]
ZOO = sorted((HERE.parent.parent / "shared" / "zoo").glob("*.p*t*"))

# Where this reader and protobuf 3.21, which Caffe's goldens were recorded with, part on purpose.
READ_HERE_ONLY = {"byte_order_mark": "editors write one"}
READ_THERE_ONLY = {
    "escape_beyond_unicode": "protobuf leaves the escape's letters",
    "escape_of_half_a_pair": "protobuf makes invalid UTF-8 of it",
    "escape_of_more_than_a_byte": "protobuf drops the ninth bit",
    "required": "protoc only warns, Caffe's parser refuses",
    "string_not_utf_8": "a message in Python cannot hold it",
}

# One process for all files: protoc reads from file descriptor 0 and writes to 1.
PROTOC = """
import os, sys
from grpc_tools import protoc
option, proto, scratch, *paths = sys.argv[1:]
out = os.open(scratch, os.O_RDWR | os.O_CREAT)
os.dup2(out, 1)
for path in paths:
    os.ftruncate(out, 0)
    os.lseek(out, 0, os.SEEK_SET)
    os.dup2(os.open(path, os.O_RDONLY), 0)
    failed = protoc.main(["protoc", "-I" + proto, f"--{option}=caffe.NetParameter", "caffe.proto"])
    os.write(2, b"\\nverdict %d %s\\n" % (failed, open(scratch, "rb").read().hex().encode()))
"""


def protoc(option: str, paths: list[Path], folder: Path) -> list[bytes | None]:
    """What `protoc --encode` or `--decode` makes of each file, None where it refuses.

    It reads text with the very class that Caffe uses, google::protobuf::TextFormat.
    """
    pytest.importorskip("grpc_tools.protoc", reason="grpcio-tools is not installed")
    command = [sys.executable, "-c", PROTOC, option, HERE.parent / "proto", folder / "scratch", *paths]
    output = subprocess.run(command, capture_output=True, check=True).stderr.decode(errors="replace")
    verdicts = [line.split(" ") for line in output.splitlines() if line.startswith("verdict ")]
    assert len(verdicts) == len(paths)
    return [None if failed == "1" else bytes.fromhex(found) for _, failed, found in verdicts]


def read(path: Path) -> prototxt.Document[NetParameter]:
    return prototxt.parse(prototxt.decode(path.read_bytes(), path.name), NetParameter, path=path.name)


def clear_extras(message: Message) -> None:
    message.ClearField("text_extra")
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in [value] if isinstance(value, Message) else value:
                clear_extras(each)


def test_texts_read_as_protoc_reads_them(tmp_path: Path) -> None:
    paths = [*VALID, *CORPUS]
    for path, encoded in zip(paths, protoc("encode", paths, tmp_path), strict=True):
        document = read(path)
        knows_forks = document.unknown or path.stem == "misfits_of_forks"
        if path.stem in READ_HERE_ONLY:
            continue
        strip_private(document.message)
        expected = None if knows_forks else document.message.SerializeToString(deterministic=True)
        assert encoded == expected, path.stem


def test_protoc_refuses_what_is_refused_here(tmp_path: Path) -> None:
    encoded = protoc("encode", INVALID, tmp_path)
    read_there = {path.stem for path, found in zip(INVALID, encoded, strict=True) if found is not None}
    assert read_there <= READ_THERE_ONLY.keys()


def test_texts_are_written_as_protoc_writes_them(tmp_path: Path) -> None:
    messages = [read(path).message for path in [*VALID, *CORPUS] if not read(path).unknown]
    paths = [tmp_path / f"{number}.bin" for number in range(len(messages))]
    for path, message in zip(paths, messages, strict=True):
        strip_private(message)
        path.write_bytes(message.SerializeToString())
    for message, decoded in zip(messages, protoc("decode", paths, tmp_path), strict=True):
        assert decoded is not None
        assert prototxt.write(message) == decoded.decode()


@pytest.mark.parametrize("path", [*CORPUS, *ZOO], ids=lambda path: path.stem)
def test_real_nets_read_as_text_format_reads_them(path: Path) -> None:
    """Python's parser has the forks' schema too, so it reads most of the zoo."""
    text = prototxt.decode(path.read_bytes(), path.name)
    try:
        expected = text_format.Parse(text, NetParameter())
    except text_format.ParseError:
        pytest.skip("text_format does not read it, for a field that no known fork has or a template")
    document = read(path)
    clear_extras(document.message)
    assert document.message == expected
    assert not document.unknown
    assert text_format.Parse(prototxt.write(document.message), NetParameter()) == expected


@pytest.mark.parametrize(
    "path", sorted((HERE / "corpus").glob("solver*.prototxt")), ids=lambda path: path.stem
)
def test_solvers_read_as_text_format_reads_them(path: Path) -> None:
    solver = prototxt.parse(path.read_text(), SolverParameter).message
    clear_extras(solver)
    assert solver == text_format.Parse(path.read_text(), SolverParameter())
