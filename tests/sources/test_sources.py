"""Data layers and their files: shapes, the words they draw, and what is said when a file is missing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import caffe_fillers as cf
from caffe_fillers.plan import Draw
from caffe_fillers.schema import Datum
from caffe_fillers.shapes import UNKNOWN

lmdb = pytest.importorskip("lmdb")
image_module = pytest.importorskip("PIL.Image")
h5py = pytest.importorskip("h5py")


def image_bytes(width: int, height: int, mode: str) -> bytes:
    buffer = io.BytesIO()
    image_module.new(mode, (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file of each kind: images of 9 wide and 7 high."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gray.png").write_bytes(image_bytes(9, 7, "L"))
    (tmp_path / "color.png").write_bytes(image_bytes(9, 7, "RGB"))
    (tmp_path / "gray.txt").write_text("gray.png 3\ncolor.png 1\n")
    (tmp_path / "color.txt").write_text("color.png 1\n")
    (tmp_path / "windows.txt").write_text(
        "# 0\ncolor.png\n3\n7\n9\n1\n1 0.9 0 0 4 4\n# 1\ngray.png\n1\n7\n9\n0\n"
    )
    with h5py.File("data.h5", "w") as file:
        file["data"], file["label"] = [[[1.0, 2.0]]] * 5, [0.0] * 5
    (tmp_path / "h5.txt").write_text("data.h5\n")
    for name, datum in {
        "raw": Datum(channels=2, height=7, width=9, data=bytes(126)),
        "encoded": Datum(encoded=True, data=image_bytes(9, 7, "L")),
    }.items():
        with lmdb.open(name) as environment, environment.begin(write=True) as transaction:
            transaction.put(b"0", datum.SerializeToString())
    return tmp_path


def load(layer: str, phase: str = "train") -> cf.Net:
    return cf.load_net(io.BytesIO(f"layer {{ name: 'd' top: 'data' {layer} }}".encode()), phase=phase)


LABEL = "top: 'label'"
IMAGES = f"type: 'ImageData' {LABEL} image_data_param {{ batch_size: 4 source:"
DATA = "type: 'Data' data_param { batch_size: 4 backend: LMDB source:"
WINDOWS = f"type: 'WindowData' {LABEL} window_data_param {{ batch_size: 4 source:"

# The layer, the top's shape, and the words that Caffe's generator gives while the layer is built.
ROWS = [
    (f"{DATA} 'raw' }}", (4, 2, 7, 9), 1),
    (f"{DATA} 'encoded' }}", (4, 1, 7, 9), 1),
    (f"{DATA} 'encoded' }} transform_param {{ force_color: true }}", (4, 3, 7, 9), 1),
    (f"{DATA} 'raw' }} transform_param {{ crop_size: 5 }}", (4, 2, 5, 5), 3),
    (f"{DATA} 'raw' }} transform_param {{ mirror: true }}", (4, 2, 7, 9), 3),
    (f"{DATA} 'raw' rand_skip: 5 }}", (4, 2, 7, 9), 1),
    (f"{IMAGES} 'gray.txt' }}", (4, 3, 7, 9), 1),
    (f"{IMAGES} 'gray.txt' is_color: false }}", (4, 1, 7, 9), 1),
    (f"{IMAGES} 'color.txt' new_height: 5 new_width: 6 }}", (4, 3, 5, 6), 1),
    (f"{IMAGES} 'color.txt' shuffle: true rand_skip: 3 }}", (4, 3, 7, 9), 3),
    (
        f"{IMAGES} 'gray.txt' shuffle: true }} transform_param {{ mirror: true crop_size: 4 }}",
        (4, 3, 4, 4),
        4,
    ),
    (f"{WINDOWS} 'windows.txt' }} transform_param {{ crop_size: 6 }}", (4, 1, 6, 6), 4),
    ("type: 'HDF5Data' hdf5_data_param { batch_size: 4 source: 'h5.txt' shuffle: true }", (4, 1, 2), 0),
]


@pytest.mark.parametrize(("layer", "shape", "words"), ROWS, ids=[row[0][6:60] for row in ROWS])
@pytest.mark.usefixtures("folder")
def test_shapes_and_words(layer: str, shape: tuple[int, ...], words: int) -> None:
    net = load(layer)
    assert net.blob_shapes["data"] == shape
    assert sum(step.words for step in net.plan.steps if isinstance(step, Draw)) == words
    assert not net.notes


def test_leveldb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plyvel = pytest.importorskip("plyvel", reason="plyvel has no wheel for every Python")
    monkeypatch.chdir(tmp_path)
    database = plyvel.DB("level", create_if_missing=True)
    database.put(b"0", Datum(channels=2, height=7, width=9, data=bytes(126)).SerializeToString())
    database.close()
    assert load("type: 'Data' data_param { batch_size: 4 source: 'level' }").blob_shapes["data"] == (
        4,
        2,
        7,
        9,
    )
    Path("empty").mkdir()
    with pytest.raises(cf.CaffeFillersError, match="LevelDB"):
        load("type: 'Data' data_param { batch_size: 4 source: 'empty' }")


@pytest.mark.usefixtures("folder")
def test_a_crop_is_not_random_in_the_test_phase() -> None:
    net = load(f"{DATA} 'raw' }} transform_param {{ crop_size: 5 }}", "test")
    assert sum(step.words for step in net.plan.steps if isinstance(step, Draw)) == 1


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (f"{DATA} 'gone' }}", (4, 3, UNKNOWN, UNKNOWN)),
        (f"{DATA} 'gone' }} transform_param {{ crop_size: 227 }}", (4, 3, 227, 227)),
        ("type: 'Data' data_param { batch_size: 4 source: 'gone' }", (4, 3, UNKNOWN, UNKNOWN)),
        (f"{WINDOWS} 'gone' }} transform_param {{ crop_size: 6 }}", (4, UNKNOWN, 6, 6)),
        ("type: 'HDF5Data' hdf5_data_param { batch_size: 4 source: 'gone' }", None),
    ],
)
def test_what_is_assumed_without_the_file_is_said(layer: str, shape: tuple[int, ...] | None) -> None:
    net = load(layer)
    assert net.blob_shapes["data"] == shape
    assert "--shape" in net.notes[0].message


@pytest.mark.parametrize(
    ("name", "content", "layer", "said"),
    [
        ("list.txt", "", f"{IMAGES} 'list.txt' }}", "empty"),
        ("list.txt", "list.txt 1", f"{IMAGES} 'list.txt' }}", "no image that can be read"),
        (
            "h5.txt",
            "h5.txt",
            "type: 'HDF5Data' hdf5_data_param { batch_size: 4 source: 'h5.txt' }",
            "no HDF5 file",
        ),
        (
            "w.txt",
            "hello",
            f"{WINDOWS} 'w.txt' }} transform_param {{ crop_size: 6 }}",
            "begins with no image",
        ),
        ("db/data.mdb", "hello", f"{DATA} 'db' }}", "no LMDB"),
    ],
)
def test_a_broken_file_is_named(
    name: str, content: str, layer: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(content)
    with pytest.raises(cf.CaffeFillersError, match=said):
        load(layer)
