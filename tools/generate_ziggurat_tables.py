"""Make caffe_fillers/rng/ziggurat.json: the layer tables of Boost's normal and exponential ziggurats.

They follow from the method's defining equations (Marsaglia and Tsang, The ziggurat method for generating
random variables, Journal of Statistical Software 5(8), 2000): n layers of equal area V under a falling
density f with f(0) = 1, the lowest one holding the tail beyond R. Solved here to 50 digits and rounded to
double, they equal the constants that Boost carries; y[0] is 0 there and never read. Needs mpmath.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import mpmath as mp

TABLES = Path(__file__).resolve().parent.parent / "caffe_fillers" / "rng" / "ziggurat.json"
Function = Callable[[mp.mpf], mp.mpf]
mp.mp.dps = 50


def layers(
    n: int, f: Function, inverse: Function, tail: Function, low: int, high: int
) -> dict[str, list[str]]:
    """The n + 1 corners (x, y) of the layers, from the tail's up to (0, 1), as hexadecimal doubles."""

    def corners(start: mp.mpf) -> tuple[list[mp.mpf], list[mp.mpf]]:
        area = start * f(start) + tail(start)
        x, y = [area / f(start), start], [mp.mpf(0), f(start)]
        while len(x) < n:
            y.append(y[-1] + area / x[-1])
            if y[-1] >= 1:
                break
            x.append(inverse(y[-1]))
        return x, y

    def too_high(start: mp.mpf) -> bool:
        x, y = corners(start)
        return len(x) < n or y[-1] + (x[1] * y[1] + tail(x[1])) / x[-1] > 1

    below, above = mp.mpf(low), mp.mpf(high)
    while above - below > mp.mpf(10) ** -45:
        middle = (below + above) / 2
        below, above = (middle, above) if too_high(middle) else (below, middle)
    x, y = corners(above)
    return {
        "x": [float(value).hex() for value in [*x, mp.mpf(0)]],
        "y": [float(value).hex() for value in [*y, mp.mpf(1)]],
    }


def tables() -> dict[str, dict[str, list[str]]]:
    """Both ziggurats: 128 layers for the normal density, 256 for the exponential one."""
    return {
        "normal": layers(
            128,
            lambda x: mp.exp(-x * x / 2),
            lambda y: mp.sqrt(-2 * mp.log(y)),
            lambda start: mp.sqrt(mp.pi / 2) * mp.erfc(start / mp.sqrt(2)),
            3,
            4,
        ),
        "exponential": layers(
            256, lambda x: mp.exp(-x), lambda y: -mp.log(y), lambda start: mp.exp(-start), 7, 8
        ),
    }


if __name__ == "__main__":
    TABLES.write_text(json.dumps(tables(), indent=0) + "\n")
    print(f"wrote {TABLES.name}")
