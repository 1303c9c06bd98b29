"""What a terminal is shown: colors where they are wanted, tables that fit it, nothing lost without a word."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from paths import CORPUS, LENET
from test_grid import Terminal

import caffe_fillers as cf
from caffe_fillers.check import BlobVerdict, CheckResult, Finding, Kind, Mismatch, Status
from caffe_fillers.check.findings import Ground, Problem, Provenance
from caffe_fillers.cli import main
from caffe_fillers.cli.verdicts import print_check

ESCAPE = "\x1b["


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    cf.load_net(LENET).fill(seed=1).save("w.caffemodel")


def shown(words: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What a command writes to a terminal."""
    streams = {"stdout": Terminal(), "stderr": Terminal()}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    main(words)
    return streams["stdout"].getvalue(), streams["stderr"].getvalue()


def test_verdicts_notes_and_errors_are_colored(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = shown(["check", str(LENET), "w.caffemodel"], monkeypatch)
    assert "\x1b[32mexact" in out
    assert out.endswith("\x1b[32mpassed\x1b[0m\n")
    terminal = Terminal()
    print_check(result(2), terminal)
    assert "\x1b[1;31mdifferent\x1b[0m" in terminal.getvalue()
    assert "\x1b[1;31mthe weights are not what the net declares" in terminal.getvalue()
    _, err = shown(["plan", str(CORPUS / "all_fillers.prototxt")], monkeypatch)
    assert err.startswith("\x1b[33mnote: \x1b[0mlayer ")
    _, err = shown(["plan", "gone.prototxt"], monkeypatch)
    assert err == "\x1b[1;31mcaffe-fill: \x1b[0mcannot read gone.prototxt: No such file or directory\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colors_where_they_are_not_wanted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    for words in (
        ["check", str(LENET), "w.caffemodel"],
        ["plan", str(LENET)],
        ["plan", "gone"],
    ):
        assert ESCAPE not in "".join(shown(words, monkeypatch))


def test_no_colors_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["check", str(LENET), "w.caffemodel"],
        ["plan", str(LENET), "--gains"],
        ["plan", "gone"],
    ):
        main(words)
        assert ESCAPE not in "".join(capsys.readouterr())


@pytest.mark.parametrize("words", [["plan", str(LENET)], ["plan", str(LENET), "--gains"], ["check"]])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_line_ends_with_a_blank(
    words: list[str],
    terminal: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = words if words[0] == "plan" else ["check", str(LENET), "w.caffemodel"]
    if terminal:
        text = shown(words, monkeypatch)[0]
    else:
        main(words)
        text = capsys.readouterr().out
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("words", [["plan", str(LENET)], ["plan", str(LENET), "--gains"]])
@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_columns_that_have_no_room_are_named(
    words: list[str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def header(columns: int) -> tuple[list[str], str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        text = re.sub(r"\x1b\[[0-9;]*m", "", shown(words, monkeypatch)[0])
        gone = re.search(r"^\(left out for want of room: (.*)\)$", text, re.MULTILINE)
        return re.split(r"\s{2,}", text.splitlines()[0].strip()), gone[1] if gone else ""

    every, nothing = header(300)
    columns, gone = header(width)
    assert nothing == ""
    assert sorted(every) == sorted([*columns, *gone.split(", ")] if gone else columns)


def result(number: int) -> CheckResult:
    test = {"largest": 0.24, "declared_largest": 0.0612372, "ratio": 3.847088}
    trained = {"filler": "xavier FAN_IN", "declared": "U(-0.0612372, 0.0612372)"}
    shown = {"mean": 0.1, "std": 0.2, "kurtosis": 3.0}
    verdicts = [
        BlobVerdict(
            layer=f"conv{place}",
            index=0,
            status=Status.EXACT if place % 4 == 3 else Status.DIFFERENT,
            declared="U(-0.0612372, 0.0612372)",
            ground=Finding(Ground.TESTED, test),
            mismatch=None if place % 4 == 3 else Mismatch(Kind.TRAINED, trained | shown),
        )
        for place in range(number)
    ]
    return CheckResult(
        verdicts=tuple(verdicts),
        problems=(Finding.of(Problem.MISSING, layer="x"),) * number,
        provenance=Finding(Provenance.NOT_FOUND),
    )


@pytest.mark.parametrize(
    ("number", "says"), [(2, "largest"), (14, "the evidence is left out"), (200, "by kind")]
)
def test_a_check_fits_a_screen(number: int, says: str) -> None:
    terminal = Terminal()
    print_check(result(number), terminal)
    lines = terminal.lines()
    assert says in "\n".join(lines)
    table = [line for line in lines if "is missing" not in line]
    assert len(table) <= 23
    if number == 200:
        assert [line.split()[:3] for line in lines if "conv" in line] == [
            ["different", "trained", "150"],
            ["exact", "50", "conv3[0]"],
        ]


def test_a_pipe_has_a_row_for_each_blob(capsys: pytest.CaptureFixture[str]) -> None:
    print_check(result(200), sys.stdout)
    printed = capsys.readouterr().out
    assert printed.count("\nconv") == 200
    assert printed.count("is missing") == 200
