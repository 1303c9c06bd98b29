"""A net's own name in printed code."""

from __future__ import annotations

import re
from collections.abc import Collection

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


def class_name(title: str, reserved: Collection[str] = ()) -> str:
    """A class's name for a net; one that is reserved gets the word Net behind it.

    >>> class_name("small res-net"), class_name("3D"), class_name("Affine", {"Affine"})
    ('SmallResNet', 'Net3D', 'AffineNet')
    """
    words = re.findall(r"[A-Za-z0-9]+", title)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name[:1].isalpha():
        return f"Net{name}"
    return f"{name}Net" if name in reserved else name
