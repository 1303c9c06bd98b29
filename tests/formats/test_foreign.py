"""Archives, pickles, web pages and pointers in the place of a net or of weights are called what they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
from pathlib import Path

import pytest
from paths import LENET

import caffe_fillers as cf
from caffe_fillers.errors import FormatError

SAVED = {"conv1": [0.0, 1.0]}


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(LENET, "lenet.prototxt")
    return file.getvalue()


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(LENET, "archive/data.pkl")
    return file.getvalue()


FILES = {
    "gzip": (gzip.compress(LENET.read_bytes()), "a gzip archive; gunzip it first"),
    "bzip2": (bz2.compress(LENET.read_bytes()), "a bzip2 archive; unpack it first"),
    "xz": (lzma.compress(LENET.read_bytes()), "an xz archive; unpack it first"),
    "tar": (_tar(), "a tar archive; unpack it first"),
    "zip": (_zip(), "a zip archive, as PyTorch and numpy save arrays"),
    **{
        f"pickle {protocol}": (pickle.dumps(SAVED, protocol), "a pickle of Python, which could run any code")
        for protocol in (0, 2, 3, 4, 5)
    },
    "lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2\nsize 243862414\n",
        "a pointer of Git LFS in the place of the file; `git lfs pull` fetches it",
    ),
    "html": (b"\n<!DOCTYPE html>\n<html lang='en'>", "a web page; fetch the file itself"),
    "html of old": (b"<HTML><HEAD>", "a web page; fetch the file itself"),
    "xml": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML, as a web server answers"),
    "404": (b"404: Not Found", "a web server's answer that there is no such file"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("extension", ["prototxt", "caffemodel", "h5", "safetensors", "pth"])
def test_it_is_called_what_it_is(kind: str, extension: str, tmp_path: Path) -> None:
    content, said = FILES[kind]
    path = tmp_path / f"file.{extension}"
    path.write_bytes(content)
    for read in (cf.load_net, cf.load_weights):
        with pytest.raises(FormatError) as caught:
            read(path)
        assert said in str(caught.value)
        assert str(caught.value).startswith(f"{path}: ")


def test_an_npz_is_a_zip_archive(tmp_path: Path) -> None:
    cf.load_net(LENET).fill(seed=1).save(tmp_path / "w.npz")
    (tmp_path / "w").write_bytes((tmp_path / "w.npz").read_bytes())
    assert cf.load_weights(tmp_path / "w", "npz").num_parameters == 431080
    with pytest.raises(FormatError, match="a zip archive"):
        cf.load_weights(tmp_path / "w")


@pytest.mark.parametrize("length", [640, 0x2D0480], ids=["as a pickle of protocol 2", "as one of protocol 4"])
def test_the_length_before_a_safetensors_header_may_be_any(length: int, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    header = b'{"a/0":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(length)
    content = length.to_bytes(8, "little") + header + bytes(4)
    assert content[:1] == b"\x80"
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    assert cf.load_weights(path).num_parameters == 1
