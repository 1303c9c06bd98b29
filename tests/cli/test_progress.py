"""The bar that a long fill shows."""

from __future__ import annotations

import io

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


def test_seeds_that_are_tried_move_a_bar_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.trying_seeds(10) as move:
        move(4)
        move(6)
    assert capsys.readouterr() == ("", "")


def test_the_bar_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with progress.trying_seeds(10) as move:
        move(10)
    assert "trying seeds" in shown.getvalue()
