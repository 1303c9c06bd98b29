"""A net's own name in printed code."""

from __future__ import annotations

import re

_STRANGE = re.compile(r"[^\w .,+/()-]")  # what a stranger could end the printed docstring with


def docstring(title: str) -> str:
    """The printed file's docstring.

    >>> docstring("Le'Net")[3:-3]
    'Le_Net, carried over from Caffe by caffe-fill.'
    """
    return f'"""{_STRANGE.sub("_", title) or "A net"}, carried over from Caffe by caffe-fill."""'


def quoted(name: str) -> str:
    """An identifier as a string."""
    return f'"{name}"'
