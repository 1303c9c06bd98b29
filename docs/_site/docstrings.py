"""Docstrings are plain text with `names` and doctests: nearly what Sphinx reads."""

from __future__ import annotations

import re
from typing import Any


def to_rst(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """A star or a bar in the text is itself, not markup."""
    lines[:] = [
        line if line.startswith((">>>", "...")) else re.sub(r"([*|])(?=\S)", r"\\\1", line) for line in lines
    ]
