"""Every recorded run of forks and old releases: the same file, byte for byte, and the same end of stream."""

import csv
import hashlib
import io

import numpy as np
import pytest
from paths import DOCS, FORKS

import caffe_fillers as cf
from caffe_fillers import rng
from caffe_fillers.api.reading import read_net
from caffe_fillers.execute import execute
from caffe_fillers.formats.caffemodel import write
from caffe_fillers.schema.dialects import BVLC, DIALECTS, candidates
from caffe_fillers.sources import database


def rows(name: str) -> list[dict[str, str]]:
    with (FORKS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


BUILDS = {row["build"]: row["options"].split() for row in rows("builds.tsv")}
RUNS = [pytest.param(row, id=f"{row['build']}-{row['net']}-{row['phase']}") for row in rows("goldens.tsv")]
UNDECIDED = {(row["net"], row["build"]): row["candidates"].split() for row in rows("undecided.tsv")}
NETS = sorted(
    {(row["build"], row["net"]) for row in rows("goldens.tsv") if "--dialect" in BUILDS[row["build"]]}
)


@pytest.fixture(scope="module", autouse=True)
def _records_are_read_once() -> object:
    """A process for each first record would take most of the time."""
    patch, read, first = pytest.MonkeyPatch(), {}, database._first

    def known(path: object, *backend: str) -> bytes | None:
        if path not in read:
            read[path] = first(path, *backend)  # type: ignore[arg-type]
        return read[path]  # type: ignore[no-any-return]

    patch.setattr(database, "_first", known)
    patch.chdir(FORKS)
    yield
    patch.undo()


@pytest.mark.parametrize("run", RUNS)
def test_the_file_is_the_builds(run: dict[str, str]) -> None:
    option, name = BUILDS[run["build"]]
    net = cf.load_net(f"{run['net']}.prototxt", phase=run["phase"], **{option.removeprefix("--"): name})
    model, execution = execute(net.plan, cf.Stream(int(run["seed"])))
    file = io.BytesIO()
    write(file, model)
    assert hashlib.sha256(file.getvalue()).hexdigest() == run["sha256"]
    uniforms = rng.uniform(execution.finish(), 2, np.float32(0), np.float32(1), np.float32)
    np.testing.assert_allclose(uniforms, list(map(float, run["next uniforms"].split())), rtol=1e-6)


@pytest.mark.parametrize(("build", "name"), NETS)
def test_a_net_is_recognized_or_cannot_be(build: str, name: str) -> None:
    """Each is of its own dialect, or known to fit others too; one that has what BVLC has alone is BVLC's."""
    fitting, own = candidates(read_net(f"{name}.prototxt").net), BUILDS[build][1]
    if fitting == [BVLC]:
        return
    assert own in fitting
    assert fitting[0] == own or UNDECIDED.get((name, build)) == fitting


def test_the_docs_say_how_each_dialect_is_known() -> None:
    """In the order in which dialects are tried, with the nets and runs of its build, or that it was read."""
    lines = [
        line.split(" | ") for line in (DOCS / "forks.md").read_text().splitlines() if line.startswith("| `")
    ]
    said = {line[0].strip("| `"): line[3].rstrip(" |") for line in lines if line[0].strip("| `") in DIALECTS}
    assert list(said) == list(DIALECTS)
    for dialect, proof in said.items():
        runs = [row["net"] for row in rows("goldens.tsv") if BUILDS[row["build"]] == ["--dialect", dialect]]
        assert proof.endswith(f"{len(set(runs))} nets, {len(runs)} runs" if runs else "reading"), dialect
