"""A solver's net is looked for in the folders above the solver: Caffe's own name it from Caffe's root."""

from __future__ import annotations

from pathlib import Path

import pytest
from paths import LENET

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.errors import UsageError

NAME = "examples/mnist/lenet_train_test.prototxt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree as Caffe's."""
    folder = tmp_path / "caffe" / "examples" / "mnist"
    folder.mkdir(parents=True)
    (folder / "lenet_train_test.prototxt").write_bytes(LENET.read_bytes())
    (folder / "lenet_solver.prototxt").write_text(f'net: "{NAME}" random_seed: 7 base_lr: 0.01')
    return tmp_path / "caffe"


def test_it_is_found_from_caffes_root_with_a_note(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root / "examples" / "mnist")
    assert main(["lenet_solver.prototxt", "-o", "w.caffemodel"]) == 0
    assert (
        f"note: the solver names its net '{NAME}' from {root}, a folder above it" in capsys.readouterr().err
    )
    expected = cf.load_net(LENET).fill(seed=7)
    assert cf.load_weights("w.caffemodel")["conv1"][0].tobytes() == expected["conv1"][0].tobytes()


def test_what_the_net_names_is_found_from_there_too(root: Path) -> None:
    net = root / NAME
    data = 'layer { name: "d" type: "HDF5Data" top: "data" hdf5_data_param { '
    data += 'source: "examples/l.txt" batch_size: 2 } }'
    h5py = pytest.importorskip("h5py")
    with h5py.File(root / "examples" / "l.h5", "w") as file:
        file["data"] = [[1.0, 2.0, 3.0]] * 4
    (root / "examples" / "l.txt").write_text("examples/l.h5\n")
    net.write_text(data)
    assert cf.load_net(root / "examples/mnist/lenet_solver.prototxt").blob_shapes["data"] == (2, 3)


def test_here_and_beside_come_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert not [
        note for note in cf.load_net("examples/mnist/lenet_solver.prototxt").notes if "above" in note.message
    ]


def test_what_is_nowhere_is_said_to_be(root: Path) -> None:
    (root / NAME).unlink()
    with pytest.raises(
        UsageError, match="neither here nor beside the solver, nor does a folder above lead to it"
    ):
        cf.load_net(root / "examples/mnist/lenet_solver.prototxt")
