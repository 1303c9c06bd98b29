# ruff: noqa: E501  (a file a line)
"""Make tests/bad: small files, each broken in one way. Run it, then read what changed.

Their messages, NAME.txt beside NAME.EXT, are written by hand; `...` in one stands for words of a library.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from caffe_fillers.formats.wire import prefix
from caffe_fillers.schema import LayerParameter, NetParameter

FOLDER = Path(__file__).parent.parent / "tests" / "bad"
INPUT = "layer { name: 'in' type: 'Input' top: 'in' input_param { shape { dim: [1, 2] } } }\n"


def net_of_dims(dims: str) -> str:
    return f"layer {{ name: 'p' type: 'Parameter' top: 'p' parameter_param {{ shape {{ {dims} }} }} }}\n"


def v0(fields: str) -> str:
    return f"layers {{ layer {{ name: 'd' type: 'images' source: 'list' batchsize: 1 {fields} }} top: 'd' top: 'l' }}\n"


TEXTS = {
    "bottom_never_made": INPUT + "layer { name: 'r' type: 'ReLU' bottom: 'inn' top: 'r' }\n",
    "cycle": "layer { name: 'a' type: 'ReLU' bottom: 'y' top: 'x' }\nlayer { name: 'b' type: 'ReLU' bottom: 'x' top: 'y' }\n",
    "dim_beyond_int64": net_of_dims("dim: 9223372036854775808"),
    "dim_negative": net_of_dims("dim: -1"),
    "dim_of_int64": net_of_dims("dim: 9223372036854775807"),
    "dim_zero": net_of_dims("dim: 2 dim: 0"),
    "dims_beyond_int32": net_of_dims("dim: 65536 dim: 32768"),
    "dims_too_many": net_of_dims("dim: 1 " * 33),
    "escape_sequences": INPUT + "layer { name: '\\033[2J' type: 'ReLU' bottom: 'no\\033[1m' top: 'r' }\n",
    "num_output_beyond_int32": INPUT
    + "layer { name: 'i' type: 'InnerProduct' bottom: 'in' top: 'i' inner_product_param { num_output: 4294967295 } }\n",
    "num_output_zero": INPUT
    + "layer { name: 'i' type: 'InnerProduct' bottom: 'in' top: 'i' inner_product_param { num_output: 0 } }\n",
    "nested_too_deep": "fork { " * 101 + "}" * 101 + "\n",
    "parameters_nested_too_deep": "layer { convolution_param { of { of " + "{ of " * 100 + "} " * 103,
    "reads_itself": "layer { name: 'r' type: 'ReLU' bottom: 'r' top: 'r' }\n",
    "solver_of_itself": "net: 'solver_of_itself.prototxt'\n",
    "tops_beyond_the_rule": INPUT
    + "layer { type: 'ChannelScale' bottom: 'in' bottom: 'in' top: 'a' top: 'b' }\n",
    "two_makers_of_a_top": INPUT + INPUT.replace("'in' type", "'again' type"),
    "v0_negative": v0("new_width: -2 new_height: 2"),
}


def layer_of(content: bytes, **fields: object) -> bytes:
    """A net of one layer, with raw bytes behind its fields."""
    layer = LayerParameter(name="ip", type="InnerProduct", **fields).SerializeToString() + content
    return NetParameter(name="net").SerializeToString() + prefix(100, len(layer)) + layer


def blob_of(shape: bytes, values: bytes = b"\0\0\x80?\0\0\x80?") -> bytes:
    blob = prefix(5, len(values)) + values + prefix(7, len(shape)) + shape
    return prefix(7, len(blob)) + blob


WHOLE = layer_of(blob_of(b"\n\x01\x02"))
MINUS_ONE, INT64 = b"\n\x0a" + b"\xff" * 9 + b"\x01", b"\n\x12" + (b"\xff" * 8 + b"\x7f") * 2
GROUPS = 200
CAFFEMODELS = {
    "caffemodel_bit_flipped": WHOLE[:5] + bytes([WHOLE[5] ^ 4]) + WHOLE[6:],
    "caffemodel_cut_short": WHOLE[:-4],
    "caffemodel_dim_negative": layer_of(blob_of(MINUS_ONE)),
    "caffemodel_dims_beyond_int64": layer_of(blob_of(INT64)),
    "caffemodel_dim_zero": layer_of(blob_of(b"\n\x01\0")),
    "caffemodel_groups_too_deep": layer_of(b"\x0b" * GROUPS + b"\x0c" * GROUPS),
    "caffemodel_length_beyond_file": b"\n\x03net" + b"\xa2\x06\xff\xff\xff\xff\x07",
    "caffemodel_name_not_utf_8": b"\n\x03n\xfft" + WHOLE[5:],
    "caffemodel_number_without_end": b"\n\x03net" + b"\xff" * 11,
    "caffemodel_of_text": b"name: 'net'\n",
    "caffemodel_required_field_missing": layer_of(b"\xa2\x09\x05\x0d\0\0\0\0"),
    "caffemodel_ragged": layer_of(blob_of(b"\n\x01\x02", b"\0" * 7)),
}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def array(values: object, pickled: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values), allow_pickle=pickled)
    return file.getvalue()


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text.encode()


def overlapping() -> bytes:
    """Two names in the directory at the end, of which the second is where the first is."""
    data = zipped({"a/0.npy": array(np.zeros(2, "f4")), "b/0.npy": array(np.zeros(2, "f4"))})
    second = data.rindex(b"PK\x01\x02")
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def long_text() -> bytes:
    """A note that says it is 4 GB long: the size stands in the directory, 24 bytes behind its mark."""
    data = bytearray(zipped({"caffe_fillers.net.npy": b"\0" * 99}, zipfile.ZIP_DEFLATED))
    start = data.rindex(b"PK\x01\x02")
    data[start + 24 : start + 28] = b"\xfe\xff\xff\xff"
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(zipped({"a/0.npy": array(np.zeros(2, "f4"))}))
    data[data.index(b"\x93NUMPY") + 128] ^= 1
    return bytes(data)


ZEROS = array(np.zeros(2, "f4"))
BIG = header("{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 32767)}\n")
NPZS = {
    "npz_array_larger_than_its_member": zipped({"a/0.npy": BIG}, zipfile.ZIP_DEFLATED),
    "npz_damaged": damaged(),
    "npz_header_too_deep": zipped({"a/0.npy": header("-" * 9000 + "1")}),
    "npz_members_overlap": overlapping(),
    "npz_note_too_long": long_text(),
    "npz_of_strings": zipped({"a/0.npy": array(["a"])}),
    "npz_pickle": zipped({"a/0.npy": array([{}], pickled=True)}),
    "npz_without_an_index": zipped({"conv.npy": ZEROS}),
    "npz_with_another_member": zipped({"a/0.npy": ZEROS, "setup.py": b""}),
    "npz_that_is_none": b"PK\x03\x04",
}


def tensors(text: str | dict[str, object], values: bytes = b"\0" * 8) -> bytes:
    content = (text if isinstance(text, str) else json.dumps(text)).encode()
    return len(content).to_bytes(8, "little") + content + values


def entry(shape: list[object], *offsets: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": list(offsets)}


SAFETENSORS = {
    "safetensors_dim_negative": tensors({"a/0": entry([-2], 0, 8)}),
    "safetensors_dim_of_real": tensors({"a/0": entry([2.0], 0, 8)}),
    "safetensors_dims_beyond_int64": tensors({"a/0": entry([2**62, 4, 2], 0, 8)}),
    "safetensors_gap": tensors({"a/0": entry([1], 4, 8)}),
    "safetensors_header_beyond_file": b"\xff" * 7 + b"\x7f{}",
    "safetensors_header_too_deep": tensors("[" * 100_000),
    "safetensors_metadata_of_numbers": tensors({"__metadata__": 1}, b""),
    "safetensors_name_twice": tensors('{"a/0": {}, "a/0": {}}'),
    "safetensors_overlap": tensors({"a/0": entry([2], 0, 8), "b/0": entry([1], 4, 8)}),
}


def hdf5(build: Callable[[h5py.File], object]) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", track_order=False) as root:
        build(root)
    return file.getvalue()


def virtual(root: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("../secret.h5", "values", (2,))
    root.require_group("data/a").create_virtual_dataset("0", layout)


def cyclic(root: h5py.File) -> None:
    data = root.create_group("data")
    data["again"] = data


def looping(root: h5py.File) -> None:
    group = root.require_group("data/a")
    group["0"], group["1"] = h5py.SoftLink("/data/a/1"), h5py.SoftLink("/data/a/0")


def external_storage(root: h5py.File) -> None:
    root.require_group("data/a").create_dataset("0", (2,), "f4", external=[("/etc/passwd", 0, 8)])


def external_link(root: h5py.File) -> None:
    root.require_group("data/a")["0"] = h5py.ExternalLink("../secret.h5", "/values")


def external_data(root: h5py.File) -> None:
    root["data"] = h5py.ExternalLink("../secret.h5", "/data")


def external_note(root: h5py.File) -> None:
    root.require_group("data")
    root["caffe_fillers.net"] = h5py.ExternalLink("../secret.h5", "/note")


def huge(root: h5py.File) -> None:
    root.require_group("data/a").create_dataset("0", (2**62, 2), "f4", chunks=(1, 1))


def one_huge_piece(root: h5py.File) -> None:
    root.require_group("data/a").create_dataset("0", (2**30,), "f4", chunks=(2**29,), compression="gzip")


def integers(root: h5py.File) -> None:
    root.require_group("data/a")["0"] = np.arange(2)


HDF5S = {
    "h5_cut_short": hdf5(integers)[:600],
    "h5_dims_beyond_int64": hdf5(huge),
    "h5_external_data": hdf5(external_data),
    "h5_external_link": hdf5(external_link),
    "h5_external_note": hdf5(external_note),
    "h5_external_storage": hdf5(external_storage),
    "h5_group_in_itself": hdf5(cyclic),
    "h5_of_integers": hdf5(integers),
    "h5_one_huge_piece": hdf5(one_huge_piece),
    "h5_soft_links_in_a_loop": hdf5(looping),
    "h5_that_is_none": b"\x89HDF",
    "h5_virtual_storage": hdf5(virtual),
    "h5_without_data": hdf5(lambda root: root.create_group("conv1")),
}
BINARY_NETS = {
    "net_of_a_picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "net_cut_short": WHOLE[:-4],
    "net_with_nul": b"name: 'n\0t'\n",
    "net_of_nuls": b"\0" * 8,
    "net_empty": b"",
    "net_name_not_utf_8": CAFFEMODELS["caffemodel_name_not_utf_8"],
    "net_text_not_utf_8": b"name: 'n\xfft'\n",
}
ALL = [
    ("prototxt", {name: text.encode() for name, text in TEXTS.items()} | BINARY_NETS),
    ("caffemodel", CAFFEMODELS),
    ("npz", NPZS),
    ("safetensors", SAFETENSORS),
    ("h5", HDF5S),
]

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for ending, files in ALL:
        for name, content in files.items():
            (FOLDER / f"{name}.{ending}").write_bytes(content)
