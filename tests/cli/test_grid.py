"""Tables on narrow terminals: columns go in their order, only distributions fold, no word is broken."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from paths import CORPUS, LENET

import caffe_fillers as cf
from caffe_fillers.cli import tables
from caffe_fillers.cli.signals import print_signal


class Terminal(io.StringIO):
    """A stream that says that somebody looks."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", self.getvalue()).splitlines()]


def shown(path: Path, width: int, monkeypatch: pytest.MonkeyPatch, *, gains: bool = True) -> list[str]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    net, terminal = cf.load_net(path), Terminal()
    tables.print_plan(net, terminal, report=net.signal() if gains else None)
    return terminal.lines()


@pytest.mark.parametrize(
    ("width", "gone"),
    [
        (200, ()),
        (110, ("density",)),
        (99, ("density", "back")),
        (92, ("density", "back", "gain")),
        (86, ("density", "back", "gain", "fan out")),
        (77, ("density", "back", "gain")),  # folded
        (60, ("density", "back", "gain", "fan out")),  # folded, and over the edge
    ],
)
def test_columns_go_in_their_order(
    width: int, gone: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    header = shown(LENET, width, monkeypatch)[0]
    for name in ("layer", "blob", "shape", "filler", "fan in", "distribution", "parameters"):
        assert name in header
    assert tuple(name for name in ("density", "back", "gain", "fan out") if name not in header) == gone


@pytest.mark.parametrize("name", ["small_inception", "all_fillers", "recurrent", "siamese", "v1_net"])
@pytest.mark.parametrize("width", [20, 80, 100, 160])
def test_no_word_is_broken(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = CORPUS / f"{name}.prototxt"
    words = {word for line in shown(path, 500, monkeypatch) for word in line.split()}
    lines = [line for line in shown(path, width, monkeypatch) if "left out" not in line]
    assert {word for line in lines for word in line.split()} <= words
    longest = max(map(len, lines[:-1]))
    assert longest <= max(width, 90)


def test_a_pipe_has_any_width() -> None:
    net, pipe = cf.load_net(LENET), io.StringIO()
    tables.print_plan(net, pipe, report=net.signal())
    lines = pipe.getvalue().splitlines()
    assert len(lines) == len(net.plan.blobs) + 2
    assert "density" in lines[0]


def test_signals_fit_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()
    print_signal(cf.load_net(LENET).signal(), terminal)
    assert "type" not in terminal.lines()[0]
    assert max(map(len, terminal.lines())) <= 60
