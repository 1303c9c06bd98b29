"""What a data layer draws, release by release and day by day: a row of the history for each change."""

import io
from datetime import date, timedelta

import pytest
from paths import DOCS

import caffe_fillers as cf
from caffe_fillers.eras import FORKS, HISTORY, RELEASES, Change, find_era
from caffe_fillers.errors import FillerError, NetError, UnknownNameError, UsageError
from caffe_fillers.fillers import MSRA
from caffe_fillers.plan import Draw

LAYERS = {
    "Data": "data_param {{ source: 'db' batch_size: 2 {} }}",
    "ImageData": "image_data_param {{ source: 'list' batch_size: 2 {} }}",
    "WindowData": "window_data_param {{ source: 'windows' batch_size: 2 {} }}",
    "MemoryData": "memory_data_param {{ batch_size: 2 channels: 3 height: 8 width: 8 {} }}",
    "HDF5Data": "hdf5_data_param {{ source: 'list' batch_size: 2 {} }}",
    "DummyData": "dummy_data_param {{ shape {{ dim: 2 }} shape {{ dim: 2 }} {} }}",
}
PLAIN, MIRROR, CROP = "", "transform_param { mirror: true }", "transform_param { crop_size: 4 }"


def words(caffe: str, kind: str, transform: str = PLAIN, own: str = "", phase: str = "train") -> int:
    """The words that a data layer draws."""
    layer = f"layer {{ name: 'd' type: '{kind}' top: 'a' top: 'b' {transform} {LAYERS[kind].format(own)} }}"
    net = cf.load_net(io.BytesIO(layer.encode()), caffe=caffe, phase=phase)
    return sum(step.words for step in net.plan.steps if isinstance(step, Draw))


def columns() -> list[tuple[str, str, list[int]]]:
    """The rows of the table in docs/eras.md: the day, the merge, and words by column."""
    lines = (DOCS / "eras.md").read_text().splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("| from | merge | Data"))
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:] if line[:1] == "|"
    ]
    rows = [row for row in cells[2:] if len(row) == len(cells[0])]
    return [(day, merge, [int(number) for number in numbers]) for day, merge, *numbers in rows]


# The columns of that table: type, transformer, the layer's own parameter, phase.
COLUMNS = [
    ("Data", PLAIN, "", "train"),
    ("ImageData", PLAIN, "", "train"),
    ("ImageData", PLAIN, "shuffle: true", "train"),
    ("Data", MIRROR, "", "train"),
    ("Data", MIRROR, "", "test"),
    ("Data", CROP, "", "train"),
    ("Data", CROP, "", "test"),
    ("Data", PLAIN, "rand_skip: 5", "train"),
    ("ImageData", PLAIN, "rand_skip: 5", "train"),
    ("WindowData", CROP, "", "train"),
    ("MemoryData", CROP, "", "train"),
]
TABLE = columns()


@pytest.mark.parametrize(("day", "merge", "drawn"), TABLE, ids=[row[0] for row in TABLE])
def test_words_of_data_layers(day: str, merge: str, drawn: list[int]) -> None:
    """On the day of each row, and on the last before the next one."""
    days = [row[0] for row in TABLE]
    later = days[days.index(day) + 1 :]
    last = (date.fromisoformat(later[0]) - timedelta(1)).isoformat() if later else "master"
    for caffe in (day, last):
        assert [
            words(caffe, kind, transform, own, phase) for kind, transform, own, phase in COLUMNS
        ] == drawn, caffe
    assert any((str(each.since), each.commit) == (day, merge) for each in HISTORY)


def test_releases_lie_in_the_rows_of_the_table() -> None:
    drawn = {name: words(name, "Data") for name in RELEASES}
    assert drawn == {"rc": 0, "rc2": 0, "rc3": 2, "rc4": 1, "rc5": 1, "1.0": 1, "master": 1}


@pytest.mark.parametrize("caffe", RELEASES)
def test_layers_that_draw_nothing(caffe: str) -> None:
    """HDF5Data shuffles by the C library, DummyData fills constants alone before data passes."""
    assert words(caffe, "HDF5Data", own="shuffle: true") == 0
    assert words(caffe, "DummyData", own="data_filler { type: 'gaussian' }") == 0


def test_the_docs_name_every_change() -> None:
    text = (DOCS / "eras.md").read_text()
    assert all(f"| {change.since} | {change.commit} |" in text for change in HISTORY)


@pytest.mark.parametrize("change", HISTORY, ids=lambda change: str(change.since))
def test_a_change_holds_from_its_day_on(change: Change) -> None:
    era = find_era(change.since.isoformat())
    assert {name: getattr(era, name) for name in change.facts} == change.facts
    assert {name: getattr(era.convention, name) for name in change.convention} == change.convention
    if change.since > HISTORY[0].since:
        before = find_era((change.since - timedelta(1)).isoformat())
        assert all(getattr(before, name) != value for name, value in change.facts.items())
        assert all(getattr(before.convention, name) != value for name, value in change.convention.items())


@pytest.mark.parametrize("name", ["2015-4-30", "2015-02-30", "30.4.2015", "2015/04/30", "20150430", "2015"])
def test_days_are_written_in_one_way(name: str) -> None:
    with pytest.raises(UsageError, match=r"--caffe .*: there is no such day; write it as YYYY-MM-DD"):
        find_era(name)


@pytest.mark.parametrize("name", ["rc2", "2015-04-30", "lisa"])
def test_what_is_lacking_names_the_caffe_that_was_given(name: str) -> None:
    with pytest.raises(FillerError, match=f"Caffe {name} has no msra filler, which came on 2015-05-26"):
        MSRA().distribution((2, 3), convention=find_era(name).convention)


def test_a_reader_is_shared_by_layers_of_one_name_and_source() -> None:
    layer = "layer {{ name: '{}' type: 'Data' top: '{}' data_param {{ source: 'db' batch_size: 2 }} }}"
    for second, drawn in (("d", 3), ("e", 4)):
        text = layer.format("d", "a") + layer.format(second, "b")
        steps = cf.load_net(io.BytesIO(text.encode()), caffe="rc3").plan.steps
        assert sum(step.words for step in steps if isinstance(step, Draw)) == drawn


@pytest.mark.parametrize("name", FORKS)
def test_a_fork_is_an_era(name: str) -> None:
    assert find_era(name).name == find_era(name).convention.name == name


def test_a_dialect_implies_its_era_and_a_release_wins_over_it() -> None:
    text = b"layer { name: 'd' type: 'Data' top: 'a' data_param { source: 'db' batch_size: 2 } }"
    eras = [
        cf.load_net(io.BytesIO(text), dialect=dialect, caffe=caffe).era.reader_words
        for dialect, caffe in (("ssd", None), ("ssd", "1.0"), (None, None), (None, "rc3"))
    ]
    assert eras == [1, 0, 0, 1]


@pytest.mark.parametrize(("name", "error"), [("rc9", UnknownNameError), ("2013-12-31", UsageError)])
def test_what_is_no_era(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        find_era(name)


def test_segnets_images_draw_along() -> None:
    layer = "layer {{ name: 'd' type: 'DenseImageData' top: 'a' top: 'b' "
    layer += "dense_image_data_param {{ source: 's' {} }} }}"
    for own, told in (("", False), ("mirror: true", True), ("crop_height: 4 crop_width: 4", True)):
        net = cf.load_net(io.BytesIO(layer.format(own).encode()), dialect="segnet")
        assert any("not determined by its seed" in note.message for note in net.notes) == told


def test_a_net_of_several_dialects_is_told_so() -> None:
    text = b"input: 'x' input_shape { dim: [2, 3, 4, 4] } "
    text += b"layer { name: 'n' type: 'Normalize' bottom: 'x' top: 'y' }"
    notes = [note.message for note in cf.load_net(io.BytesIO(text)).notes]
    assert any("yjxiong would change" in note and "the layer Normalize" in note for note in notes)
    assert not any(
        "would change" in note.message for note in cf.load_net(io.BytesIO(text), dialect="ssd").notes
    )


@pytest.mark.parametrize(
    ("dialect", "filled"), [("intel", True), ("c3d11", True), ("bvlc", False), ("ssd", False)]
)
def test_prelu_of_five_axes(dialect: str, filled: bool) -> None:
    """intel/caffe 44d536385 prelu_layer.cpp:54 reads shape(1), C3D 1.1 has accessors for five axes."""
    text = (
        b"layer { name: 'x' type: 'DummyData' top: 'x' dummy_data_param { shape { dim: [2, 3, 4, 5, 6] } } }"
    )
    text += b"layer { name: 'p' type: 'PReLU' bottom: 'x' top: 'y' }"
    if filled:
        assert cf.load_net(io.BytesIO(text), dialect=dialect).fill(1)["p"][0].shape == (3,)
    else:
        with pytest.raises(NetError, match="5 axes"):
            cf.load_net(io.BytesIO(text), dialect=dialect)
