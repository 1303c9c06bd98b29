"""The report page without a browser: its numbers, its escaping, its policy, the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import LENET
from resnet import resnet

import caffe_fillers as cf
from caffe_fillers import distributions
from caffe_fillers.cli import main
from caffe_fillers.errors import MissingExtraError
from caffe_fillers.report.expected import expected_counts
from caffe_fillers.report.filters import filter_image
from caffe_fillers.report.graph import fold
from caffe_fillers.report.summary import summarize

for module in ("jinja2", "vl_convert", "pygraphviz", "PIL"):
    pytest.importorskip(module, reason="the extra 'report' is not installed")

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\\\"'{{7*7}}"
HOSTILE_NET = f"""
name: "<b>{HOSTILE.replace(chr(92), chr(92) * 2).replace('"', chr(92) + '"')}"
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 1 dim: 3 dim: 8 dim: 8 }} }} }}
layer {{ name: "HOSTILE" type: "Convolution" bottom: "x" top: "HOSTILE"
  convolution_param {{ num_output: 4 kernel_size: 3 weight_filler {{ type: "xavier" std: 1 }} }} }}
""".replace('"HOSTILE"', '"' + HOSTILE.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'") + '"')

SAMPLED = {
    "uniform": distributions.Uniform(-0.25, 0.5),
    "normal": distributions.Normal(1.0, 0.1),
    "sparse": distributions.SparseNormal(distributions.Normal(0.0, 1.0), 0.25),
}


class Elements(HTMLParser):
    """Tags with their attributes, the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in self.raw:
            self.raw[self.cdata_elem][-1] += data


@pytest.fixture(scope="module")
def page() -> str:
    return cf.load_net(LENET).report(seed=1701)


def hostile() -> cf.Net:
    return cf.load_net(io.BytesIO(HOSTILE_NET.encode()))


def data_in(page: str) -> dict[str, Any]:
    """What the page's scripts make charts, tables, the graph and the layers' details of."""
    return json.loads(Elements(page).raw["script"][0])


def pieces(page: str) -> str:
    """The HTML that the scripts put into the page."""
    data = data_in(page)
    rows = [row["html"] for row in data["blobs"]]
    return "".join(
        [*rows, *data["rows"]["signal"], *data["rows"]["different"], data["graph"], *data["layers"].values()]
    )


def in_pieces(values: np.ndarray) -> object:
    return lambda: iter(np.array_split(values, 7))


@pytest.mark.parametrize("name", SAMPLED)
def test_a_summary_is_numpys(name: str) -> None:
    distribution = SAMPLED[name]
    values = distribution.sample((30_000,), cf.Stream(3))
    found = summarize(in_pieces(values), distribution)
    wide = values.astype(np.float64)
    assert (found.size, found.zeros) == (values.size, np.count_nonzero(values == 0))
    assert (found.least, found.greatest) == (wide.min(), wide.max())
    assert found.mean == pytest.approx(wide.mean(), rel=1e-12, abs=1e-12)
    assert found.std == pytest.approx(wide.std(), rel=1e-10)
    counted = wide[wide != 0] if name == "sparse" else wide
    assert found.histogram is not None
    assert list(found.histogram.counts) == np.histogram(counted, found.histogram.edges)[0].tolist()


@pytest.mark.parametrize("name", SAMPLED)
def test_what_a_distribution_lets_expect_is_found(name: str) -> None:
    distribution = SAMPLED[name]
    values = distribution.sample((200_000,), cf.Stream(4))
    found = summarize(in_pieces(values), distribution)
    expected = np.array(expected_counts(distribution, found.histogram, found.size))
    counts = np.array(found.histogram.counts)
    large = expected > 10
    chi_squared = ((counts - expected)[large] ** 2 / expected[large]).sum()
    assert chi_squared < large.sum() + 5 * np.sqrt(2 * large.sum())
    assert expected.sum() == pytest.approx(counts.sum(), rel=0.01)


def test_values_outside_their_distribution_are_all_counted() -> None:
    values = np.float32([-3, 0.1, 0.2, 7])
    found = summarize(in_pieces(values), distributions.Uniform(0.0, 1.0))
    assert (found.histogram.low, found.histogram.high, sum(found.histogram.counts)) == (-3.0, 7.0, 4)


def test_what_is_not_finite_is_counted_apart() -> None:
    found = summarize(in_pieces(np.float32([np.nan, np.inf, 1, 2])), distributions.Uniform(0.0, 1.0))
    assert (found.size, found.finite, found.mean, sum(found.histogram.counts)) == (4, 2, 1.5, 2)
    assert summarize(in_pieces(np.float32([np.nan])), None).mean is None


def test_one_value_has_no_histogram() -> None:
    assert summarize(in_pieces(np.full(9, 0.1, np.float32)), distributions.Constant(0.1)).histogram is None


def test_histograms_of_the_page_are_those_of_the_weights(page: str) -> None:
    weights = cf.load_net(LENET).fill(seed=1701)
    histograms = data_in(page)["histograms"]
    assert sorted(histograms) == ["histogram-1-0", "histogram-3-0", "histogram-5-0", "histogram-7-0"]
    for key, layer in (("histogram-1-0", "conv1"), ("histogram-5-0", "ip1")):
        found = histograms[key]
        edges = np.linspace(found["low"], found["high"], len(found["counts"]) + 1)
        assert found["counts"] == np.histogram(weights[layer][0].astype(float), edges)[0].tolist()
        assert sum(found["expected"]) == pytest.approx(weights[layer][0].size, rel=1e-3)
        assert [mark["what"] for mark in found["marks"]] == ["bound", "bound"]


def test_charts_are_those_of_the_analysis(page: str) -> None:
    signal = cf.load_net(LENET).signal()
    rows = {(row["layer"], row["of"]): row["value"] for row in data_in(page)["profiles"]["deviation"]["rows"]}
    assert rows["conv2", "activations"] == pytest.approx(signal["conv2"].tops[0].std, rel=1e-5)
    assert rows["conv2", "gradients"] == pytest.approx(signal["conv2"].tops[0].gradient_std, rel=1e-5)


@pytest.mark.parametrize("source", [LENET, "hostile"])
def test_the_same_input_gives_the_same_bytes(source: object) -> None:
    net = hostile() if source == "hostile" else cf.load_net(source)
    assert net.report(seed=5, threads=2) == net.report(seed=5)


def test_only_the_pages_own_scripts_may_run_and_nothing_is_fetched(page: str) -> None:
    elements = Elements(page)
    policy = next(
        attributes["content"]
        for tag, attributes in elements.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    runnable = [*elements.raw["script"][1:], *elements.raw["style"]]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in runnable]
    assert len(hashes) == 8
    assert sorted(hashes) == sorted(re.findall(r"'sha256-([^']+)'", policy))
    for tag, attributes in [*elements.tags, *Elements(pieces(page)).tags]:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)


def test_names_of_strangers_stay_text() -> None:
    page = hostile().report(seed=1)
    tags = Elements(page).tags + Elements(pieces(page)).tags
    assert not any("onerror" in attributes for _, attributes in tags)
    assert [tag for tag, _ in tags].count("script") == 8
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL)[0]
    assert [row["keys"][0] for row in data_in(page)["blobs"]] == [HOSTILE] * 2


def test_ids_are_there_once_and_links_lead_somewhere(page: str) -> None:
    tags = Elements(page).tags + Elements(pieces(page)).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for tag, attributes in tags if tag == "a"}
    assert {link[1:] for link in links} <= set(ids)


def test_weights_are_checked(tmp_path: Path) -> None:
    net = cf.load_net(LENET)
    weights = net.fill(seed=7)
    weights.save(tmp_path / "right.caffemodel")
    weights["conv2"][0][...] *= 3
    weights.save(tmp_path / "wrong.caffemodel")
    right, wrong = (net.report(tmp_path / f"{name}.caffemodel") for name in ("right", "wrong"))
    assert "Seed: 7 (recovered from the values)" in right
    assert pieces(right).count('class="status exact"') == 2 * 8
    assert [cell["verdict"] for cell in data_in(right)["blobs"]] == ["exact"] * 8
    assert "These weights are not what the net declares." in wrong
    assert "conv2[0]</a></th><td>U(-0.0774597, 0.0774597)</td>" in pieces(wrong)


def test_weights_of_another_net_say_what_is_missing(tmp_path: Path) -> None:
    hostile().fill(seed=1).save(tmp_path / "other.caffemodel")
    assert "layer &#39;conv1&#39; is missing" in cf.load_net(LENET).report(tmp_path / "other.caffemodel")


def test_the_command_makes_the_very_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(LENET), "--seed", "1701", "-o", "a.html"]) == 0
    page = Path("a.html").read_bytes()
    shown = re.search(rb"<pre[^>]*><code>caffe-fill (.*?)</code>", page)
    assert main([*shown[1].decode().split(), "--quiet"]) == 0
    assert Path("lenet.html").read_bytes() == page


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(MissingExtraError, match=r"caffe-fillers\[report\]"):
        cf.load_net(LENET).report(seed=1)


def test_what_works_in_place_shares_a_box_and_splits_are_lines() -> None:
    net = cf.load_net(io.BytesIO(resnet(50).encode())).plan
    groups, edges = fold(net)
    names = [[net.layer(layer_id).name for layer_id in group] for group in groups]
    assert ["conv1", "conv1_bn", "conv1_scale", "conv1_relu"] in names
    assert not any(layer.startswith("pool1_pool1_0_split") for group in names for layer in group)
    place = {group[0]: number for number, group in enumerate(names)}
    assert (place["pool1"], place["res2_1_branch1"]) in edges
    assert (place["pool1"], place["res2_1_branch2a"]) in edges
    assert len(groups) == 1 + 53 + 16 + 4


def test_first_filters_are_shown_as_a_camera_sees() -> None:
    from PIL import Image

    weights = np.zeros((2, 3, 2, 2), np.float32)
    weights[0, 0], weights[1, 2] = 1.0, -0.5  # blue first, red last
    image = filter_image(weights)
    picture = Image.open(io.BytesIO(base64.b64decode(image.uri.partition(",")[2])))
    assert picture.size == (image.width, image.height) == (5, 2)
    assert [picture.getpixel(at) for at in ((0, 0), (3, 0), (2, 0))] == [
        (128, 128, 255, 255),
        (64, 128, 128, 255),
        (0, 0, 0, 0),
    ]


def test_resnet_152_is_a_page_of_a_few_megabytes() -> None:
    net = cf.load_net(io.BytesIO(resnet(152).encode()))
    page = net.report(seed=1, threads=2)
    assert len(page) < 4_000_000
    assert len(data_in(page)["histograms"]) == 156
    assert pieces(page).count('<a href="#layer-') > 932


@pytest.mark.parametrize(
    ("net", "code", "said"),
    [
        (LENET.read_text(), 0, "passed"),
        (LENET.read_text().replace("xavier", "msra"), 1, "the weights are not what the net declares"),
    ],
    ids=["right", "wrong"],
)
def test_the_verdict_is_told_as_check_tells_it(
    net: str,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    cf.load_net(LENET).fill(seed=1).save("w.caffemodel")
    Path("net.prototxt").write_text(net)
    assert main(["report", "net.prototxt", "w.caffemodel"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == said
    assert Path("net.html").is_file()
    assert main(["check", "net.prototxt", "w.caffemodel"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == said


@pytest.mark.parametrize("options", [["--boost", "1.54"], ["--caffe", "rc"]], ids=" ".join)
def test_the_check_of_a_page_is_that_of_the_command(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = LENET.read_text().replace('"xavier"', '"gaussian" std: 0.1', 1)
    Path("net.prototxt").write_text(net)
    assert main(["net.prototxt", "--seed", "1", "-o", "w.caffemodel", *options]) == 0
    for given in ([], options):
        words = ["net.prototxt", "w.caffemodel", *given]
        assert main(["report", *words]) == main(["check", *words])
