"""American spelling in the package, its pages and its messages, as numpy, torch and Keras have it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from paths import PACKAGE, ROOT

BRITISH = re.compile(
    r"(initial|normal|serial|recogn|summar|vector|quant|organ|general|special|minim|maxim|random|standard)"
    r"is(e|ed|es|er|ers|ing|ation|ations)\b|colou?r(?<=our)|\bcentre|\banalys(e|ed|ing)\b|neighbour|behaviour"
    r"|labelled(?!by)|\bgrey|misspelt|licence|artefact|catalogue|judgement",
    re.IGNORECASE,
)

FILES = sorted(
    path
    for path in (
        *PACKAGE.rglob("*.py"),
        *PACKAGE.rglob("*.jinja"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("*.md"),
    )
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_spelling(path: Path) -> None:
    text = path.read_text("utf-8")
    found = [(text.count("\n", 0, match.start()) + 1, match[0]) for match in BRITISH.finditer(text)]
    assert found == []
