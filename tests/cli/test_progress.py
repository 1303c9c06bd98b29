"""The bar that a long fill shows."""

from __future__ import annotations

import io
import time

import pytest
from paths import LENET

import caffe_fillers as cf
from caffe_fillers.cli import progress


def test_a_long_fill_shows_a_bar_and_the_same_values(capsys: pytest.CaptureFixture[str]) -> None:
    net = cf.load_net(LENET)
    model = net.model(seed=1)
    shown = progress.with_progress(model, progress.LONG_FILL)
    for layer, expected in zip(shown.layers, model.layers, strict=True):
        for blob, other in zip(layer.blobs, expected.blobs, strict=True):
            assert blob.array().tobytes() == other.array().tobytes()
    captured = capsys.readouterr()
    assert captured.out == ""


def test_a_short_one_shows_none() -> None:
    model = cf.load_net(LENET).model(seed=1)
    assert progress.with_progress(model, progress.LONG_FILL - 1) is model


@pytest.mark.parametrize(("patience", "terminal"), [(0.0, True), (0.0, False), (60.0, True)])
def test_a_search_shows_a_bar_on_a_terminal_after_a_while(
    patience: float, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    with progress.search_bar() as show:
        show("solving for the state", 0.5)
        time.sleep(0.3)  # a stage may take long without a word
    assert ("solving for the state" in shown.getvalue()) == (terminal and not patience)
