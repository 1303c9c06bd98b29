"""What the recording scripts share: how a tensor is boiled down, and how a golden file is written.

Runs under whatever Python a framework needs, 3.7 at least.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

Rows = Iterator

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "goldens"


def digest(values: np.ndarray) -> str:
    """The first 16 hex digits of the SHA-256 of the values' bytes, little-endian, C order."""
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


def head(values: np.ndarray) -> list:
    """The bit patterns of the first three values, in hex."""
    flat = np.ascontiguousarray(values).ravel()[:3]
    return [f"{bits:x}" for bits in flat.view(f"u{flat.dtype.itemsize}").tolist()]


def write(name: str, packages: dict, sections: dict) -> None:
    """One golden file: a header that says what made it, then each section's rows, a line each."""
    header = {
        "made by": "tools/" + Path(sys.argv[0]).name,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "C library": os.confstr("CS_GNU_LIBC_VERSION"),
    }
    header.update(packages)
    parts = ['"header": ' + json.dumps(header)]
    for section, rows in sections.items():
        lines = ",\n".join(json.dumps(row) for row in rows)
        parts.append(f'"{section}": [\n{lines}\n]')
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_text("{\n" + ",\n".join(parts) + "\n}\n")
