"""A net's report: its own values or somebody's weights, looked at and written down as one page."""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_fillers.api.seeds import check_seed, fresh_seed
from caffe_fillers.api.weights import open_model
from caffe_fillers.check import check_model, match
from caffe_fillers.report import Origin, collect, render, require_packages, seeded, vega_bundle
from caffe_fillers.rng import BOOST

if TYPE_CHECKING:
    from caffe_fillers.api.net import Net
    from caffe_fillers.check import CheckResult
    from caffe_fillers.model import Model, ModelBlob
    from caffe_fillers.planner import Place


def checked_report(
    net: Net,
    weights: str | Path | None = None,
    other: str | Path | None = None,
    *,
    seed: int | None = None,
    boost: str | None = None,
    threads: int = 1,
    command: str = "",
) -> tuple[str, CheckResult | None]:
    """Return the page as text, see `Net.report`, and the result of the weights' check if there are any.

    With `other` the weights are compared with those of a second file. `command`
    is the line to show for making it again.
    """
    require_packages()
    seed = net.seed if seed is None else seed
    if seed is None and weights is None:
        seed = fresh_seed()
    if seed is not None:
        check_seed(seed)
    origin = Origin(
        command
        or _command(seed, [each for each in (weights, other) if each is not None], boost, net.era.name),
        seed=seed,
        weights=None if weights is None else str(weights),
        other=None if other is None else str(other),
        boost=boost or BOOST,
        caffe=net.era.name,
    )
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        vega = pool.submit(vega_bundle)  # beside the drawing: it takes as long as a large net
        check: CheckResult | None = None
        against: dict[Place, ModelBlob] = {}
        if weights is None:
            stored = seeded(net.plan, net.model(seed, boost=boost, threads=threads))
        else:
            model = stack.enter_context(open_model(weights))
            check = check_model(net.plan, model, seed=seed, boost=boost, others=net.in_other_eras)
            stored = _matched(net, model)
        if other is not None:
            against = _matched(net, stack.enter_context(open_model(other)))
        content = collect(net.plan, net.notes, stored, origin, check, against)
        return render(content, vega.result()), check


def _matched(net: Net, model: Model) -> dict[Place, ModelBlob]:
    """Return the blobs of a file that are the net's, in its shapes."""
    matched, _ = match(net.plan, model)
    return {blob.place: found for blob, found in matched}


def _command(seed: int | None, weights: list[str | Path], boost: str | None, caffe: str) -> str:
    words = ["caffe-fill", "report", "NET", *map(str, weights)]
    words += [] if seed is None else ["--seed", str(seed)]
    words += [] if boost is None else ["--boost", boost]
    words += [] if caffe == "master" else ["--caffe", caffe]
    return shlex.join(words)
