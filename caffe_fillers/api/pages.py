"""A net's report: its own values or somebody's weights, looked at and written down as one page."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_fillers import fans
from caffe_fillers.api.seeds import fresh_seed
from caffe_fillers.api.weights import open_model
from caffe_fillers.check import check_model
from caffe_fillers.check.structure import match
from caffe_fillers.report import Origin, collect, render
from caffe_fillers.report.content import BlobKey, seeded
from caffe_fillers.report.page import require_packages
from caffe_fillers.rng import BOOST

if TYPE_CHECKING:
    from caffe_fillers.api.net import Net
    from caffe_fillers.check import CheckResult
    from caffe_fillers.model import ModelBlob


def make_report(
    net: Net,
    weights: str | Path | None = None,
    *,
    seed: int | None = None,
    boost: str | None = None,
    caffe: str = "master",
    threads: int = 1,
    command: str = "",
) -> str:
    """The page as text; see `Net.report`. `command` is the line to show for making it again."""
    require_packages()
    seed = net.seed if seed is None else seed
    if seed is None and weights is None:
        seed = fresh_seed()
    with ExitStack() as stack:
        check: CheckResult | None = None
        if weights is None:
            stored = seeded(net.plan, net.model(seed, boost=boost, caffe=caffe, threads=threads))
        else:
            model = stack.enter_context(open_model(weights))
            check = check_model(net.plan, model, seed=seed, boost=boost or BOOST)
            matched, _ = match(net.plan, model)
            stored = {(blob.layer_id, blob.index): found for blob, found in matched}
        origin = Origin(
            command or _command(seed, weights, boost, caffe),
            *(seed, "" if weights is None else str(weights), boost or BOOST, caffe),
        )
        return _page(net, stored, origin, check)


def _page(net: Net, stored: dict[BlobKey, ModelBlob], origin: Origin, check: CheckResult | None) -> str:
    convention = fans.convention(origin.caffe)
    content = collect(
        *(net.parameter, net.plan, net.notes, stored, net.signal(), origin, convention, check),
    )
    return render(content)


def _command(seed: int | None, weights: str | Path | None, boost: str | None, caffe: str) -> str:
    words = ["caffe-fill", "report", "NET", *([] if weights is None else [str(weights)])]
    words += [] if seed is None else ["--seed", str(seed)]
    words += [] if boost is None else ["--boost", boost]
    words += [] if caffe == "master" else ["--caffe", caffe]
    return shlex.join(words)
