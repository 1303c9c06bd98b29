"""Nets as found in public repositories: each one's outcome, from a table; what BVLC fills, byte for byte.

The nets themselves stay outside of this repository; without them the tests are skipped.
"""

import csv
import hashlib
import io
import json

import pytest
from paths import SHARED, TESTS

import caffe_fillers as cf
from caffe_fillers.errors import PrototxtError, UnknownShapeError
from caffe_fillers.formats.caffemodel import write
from caffe_fillers.shapes import parse_shape

ZOO = SHARED / "zoo"
TABLE = (TESTS / "zoo_outcomes.tsv").read_text()
OUTCOMES = list(csv.DictReader(TABLE.splitlines(), delimiter="\t"))
FILLED = 10_000_000  # parameters; larger nets are planned only, so that the suite stays fast

pytestmark = pytest.mark.skipif(not ZOO.is_dir(), reason="the zoo is not here")


def rows(kind: str) -> list[dict[str, str]]:
    known = {"template": "template", "": "fills"}
    return [row for row in OUTCOMES if known.get(row["shapes"], "asks") == kind]


def by_file(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows(kind), ids=lambda row: row["file"])


def check(net: cf.Net, row: dict[str, str]) -> None:
    assert net.plan.num_parameters == int(row["parameters"])
    dialects = [note.message.split()[1] for note in net.notes if note.message.startswith("dialect ")]
    assert (dialects or ["bvlc"]) == [row["dialect"]]
    if net.plan.num_parameters < FILLED:
        write(io.BytesIO(), net.model(1701))


@by_file("fills")
def test_it_fills(row: dict[str, str]) -> None:
    check(cf.load_net(ZOO / row["file"], phase=row["phase"]), row)


@by_file("asks")
def test_it_names_the_shapes_and_fills_with_them(row: dict[str, str]) -> None:
    with pytest.raises(UnknownShapeError) as caught:
        cf.load_net(ZOO / row["file"], phase=row["phase"])
    options = " ".join(f"--shape {option}" for option in row["shapes"].split())
    assert f"give it with {options} (" in str(caught.value)
    typed = row["shapes"].replace("H", "112").replace("W", "96")
    shapes = {name: parse_shape(shape) for name, _, shape in (each.partition("=") for each in typed.split())}
    check(cf.load_net(ZOO / row["file"], phase=row["phase"], shapes=shapes), row)


@by_file("template")
def test_a_template_is_refused_at_its_placeholder(row: dict[str, str]) -> None:
    """Their authors replace cls3x and its like by numbers before Caffe sees them."""
    with pytest.raises(
        PrototxtError, match=r":\d+:17: num_output: expected an integer.*\n +num_output: cls3x"
    ):
        cf.load_net(ZOO / row["file"], phase=row["phase"])


def golden() -> list[dict[str, object]]:
    if not ZOO.is_dir():
        return []
    entries = json.loads((ZOO / "zoo.json").read_text())
    return [
        each for each in entries if each["caffe"] == "fills it" and each["caffemodel"]["bytes"] < 4 * FILLED
    ]


@pytest.mark.parametrize("entry", golden(), ids=lambda entry: entry["file"])
def test_what_bvlc_fills_has_its_bytes(entry: dict[str, object]) -> None:
    file = io.BytesIO()
    net = cf.load_net(ZOO / str(entry["file"]), phase=str(entry["phase"]).lower())
    write(file, net.model(int(str(entry["seed"]))))
    assert hashlib.sha256(file.getvalue()).hexdigest() == entry["caffemodel"]["sha256"]  # type: ignore[index]


def test_every_net_of_the_zoo_is_in_the_table() -> None:
    entries = json.loads((ZOO / "zoo.json").read_text())
    assert sorted(row["file"] for row in OUTCOMES) == sorted(entry["file"] for entry in entries)
