"""The pages of docs/: their commands print what they show, and the site lists all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import ROOT, blocks, run, sessions

PAGES = sorted((ROOT / "docs").glob("*.md"))
CONSOLE = [page for page in PAGES if any(block.kind == "console" for block in blocks(page.read_text()))]


@pytest.mark.parametrize("page", CONSOLE, ids=lambda page: page.stem)
def test_commands_print_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(page.read_text()):
        if block.file:
            Path(block.file).write_text(block.body)
        if block.kind == "console":
            for command, shown in sessions(block.body):
                assert run(command) == shown, f"$ {command}"
        elif block.kind == "python":
            exec(block.body, {})


def test_the_tutorials_are_run() -> None:
    assert {"tutorial-port", "tutorial-legacy"} <= {page.stem for page in CONSOLE}


def test_the_site_lists_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.DOTALL | re.MULTILINE)
    listed = [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]
    assert sorted(listed) == sorted(page.stem for page in PAGES if page.stem != "index")
