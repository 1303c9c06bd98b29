"""What a data layer draws, release by release and day by day: a row of the history for each change."""

import io
from datetime import timedelta

import pytest

import caffe_fillers as cf
from caffe_fillers.eras import FORKS, HISTORY, RELEASES, find_era
from caffe_fillers.errors import UnknownNameError, UsageError
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


# release or day; words of Data, of ImageData with a shuffle, of Data that mirrors in TRAIN and in TEST, of
# Data that crops in TRAIN and in TEST, of Data with rand_skip
DRAWN = [
    ("rc", 0, 1, 2, 0, 2, 0, 1),
    ("2015-02-18", 0, 1, 2, 0, 2, 0, 1),
    ("2015-02-19", 0, 1, 2, 2, 2, 0, 1),
    ("rc2", 0, 1, 2, 2, 2, 0, 1),
    ("2015-08-12", 0, 1, 2, 2, 2, 0, 1),
    ("2015-08-13", 2, 2, 4, 4, 4, 2, 2),
    ("rc3", 2, 2, 4, 4, 4, 2, 2),
    ("2017-01-16", 2, 2, 4, 4, 4, 2, 2),
    ("2017-01-17", 1, 2, 3, 3, 3, 1, 1),
    ("rc4", 1, 2, 3, 3, 3, 1, 1),
    ("1.0", 1, 2, 3, 3, 3, 1, 1),
    ("master", 1, 2, 3, 3, 3, 1, 1),
]


@pytest.mark.parametrize(
    ("caffe", "plain", "shuffled", "mirror", "mirror_test", "crop", "crop_test", "skip"), DRAWN
)
def test_words_of_data_layers(
    caffe: str,
    plain: int,
    shuffled: int,
    mirror: int,
    mirror_test: int,
    crop: int,
    crop_test: int,
    skip: int,
) -> None:
    assert words(caffe, "Data") == plain
    assert words(caffe, "ImageData", own="shuffle: true") == shuffled
    assert words(caffe, "Data", MIRROR) == mirror
    assert words(caffe, "Data", MIRROR, phase="test") == mirror_test
    assert words(caffe, "Data", CROP) == crop
    assert words(caffe, "Data", CROP, phase="test") == crop_test
    assert words(caffe, "Data", own="rand_skip: 5") == skip


@pytest.mark.parametrize("caffe", RELEASES)
def test_layers_whose_draws_never_changed(caffe: str) -> None:
    """Beside the thread's word: MemoryData has no thread, the others' data draw by the C library or later."""
    thread = find_era(caffe).thread_words
    assert words(caffe, "ImageData", own="rand_skip: 5") == 1 + thread
    assert words(caffe, "WindowData", CROP) == 3 + thread
    assert words(caffe, "MemoryData", CROP) == 1
    assert words(caffe, "HDF5Data", own="shuffle: true") == 0
    assert words(caffe, "DummyData", own="data_filler { type: 'gaussian' }") == 0


@pytest.mark.parametrize("change", HISTORY, ids=lambda change: str(change.since))
def test_a_change_holds_from_its_day_on(change: object) -> None:
    since, facts = change.since, change.facts  # type: ignore[attr-defined]
    era = find_era(since.isoformat())
    assert {name: getattr(era, name) for name in facts} == facts
    if since > HISTORY[0].since:
        before = find_era((since - timedelta(1)).isoformat())
        assert all(getattr(before, name) != value for name, value in facts.items())


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
