"""The distributions against Boost itself, compiled here: parameters at random, values by their bytes."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from paths import TESTS

from caffe_fillers import rng

pytestmark = pytest.mark.usefixtures("both_paths")

HEADERS = Path("/usr/include/boost")
SOURCE = TESTS / "boost_harness" / "draw.cpp"
REALS = {"f": np.float32, "d": np.float64}
GENERATORS = {"32": "mt19937", "64": "mt19937_64"}


@dataclass(frozen=True)
class Request:
    generator: str
    distribution: str
    real: str
    seed: int
    count: int
    first: float
    second: float

    def line(self) -> str:
        kinds = f"{self.generator} {self.distribution} {self.real}"
        return f"{kinds} {self.seed} {self.count} {self.first.hex()} {self.second.hex()}\n"

    def ours(self, boost: str) -> bytes:
        dtype = REALS[self.real]
        stream = rng.Stream(self.seed, boost, GENERATORS[self.generator])
        first, second = dtype(self.first), dtype(self.second)
        if self.distribution == "u":
            values = rng.uniform(stream, self.count, first, second, dtype)
        elif self.distribution == "n":
            values = rng.normal(stream, self.count, first, second, dtype)
        else:
            values = rng.bernoulli(stream, self.count, first, dtype).astype(dtype)
        return values.tobytes() + stream.words(1).astype(np.uint64).tobytes()


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Request]], list[bytes]]:
    compiler = shutil.which("g++")
    if compiler is None or not HEADERS.is_dir():
        pytest.skip("needs g++ and Boost's headers (Debian: g++ and libboost-dev)")
    program = tmp_path_factory.mktemp("boost") / "draw"
    # No contraction: Caffe's packages are built for processors without fused multiply-add.
    subprocess.run([compiler, "-O2", "-ffp-contract=off", "-o", program, SOURCE], check=True)

    def run(requests: list[Request]) -> list[bytes]:
        lines = "".join(request.line() for request in requests)
        finished = subprocess.run(
            [program], input=lines.encode(), capture_output=True, check=True, timeout=120
        )
        output = finished.stdout
        answers = []
        for request in requests:
            size = request.count * np.dtype(REALS[request.real]).itemsize + 8
            answers.append(output[:size])
            output = output[size:]
        assert not output
        return answers

    return run


@pytest.fixture(scope="module")
def release() -> str:
    version = (HEADERS / "version.hpp").read_text().split('BOOST_LIB_VERSION "')[1].split('"')[0]
    return version.replace("_", ".")


def uniform_bounds(choice: random.Random, dtype: type[np.floating]) -> tuple[float, float]:
    """Usual ones, narrow ones where every second word is drawn again, and the ends of the range."""
    greatest, tiny = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    middle = dtype(choice.uniform(-10, 10))
    above = middle
    for _ in range(choice.randrange(4)):
        above = np.nextafter(above, dtype(np.inf))
    bound = float(dtype(choice.uniform(0, 1)))
    intervals = [
        *[(-bound, bound), (0.0, 1.0), (float(middle), float(above)), (0.0, choice.randrange(9) * tiny)],
        *[(-greatest, greatest), (-greatest * bound, greatest), (-0.0, 0.0), (-greatest, -greatest)],
    ]
    return choice.choice(intervals)


def request(choice: random.Random, distribution: str) -> Request:
    real = choice.choice("fd")
    dtype = REALS[real]
    generator = choice.choice(["32", "32", "64"])
    seed = choice.choice([0, 1, 2**32 - 1, choice.randrange(2**32)])
    count = choice.choice([0, 1, 2, 3, choice.randrange(1000), choice.randrange(200_000)])
    first, second = {
        "u": lambda: uniform_bounds(choice, dtype),
        "n": lambda: (float(dtype(choice.uniform(-3, 3))), float(dtype(10 ** choice.uniform(-6, 3)))),
        "b": lambda: (float(dtype(choice.choice([0.0, 1.0, 1e-6, choice.random()]))), 0.0),
    }[distribution]()
    return Request(generator, distribution, real, seed, count, first, second)


@pytest.mark.parametrize("distribution", "unb")
def test_bytes_and_next_word(
    draw: Callable[[list[Request]], list[bytes]], release: str, distribution: str
) -> None:
    choice = random.Random(f"caffe {distribution}")
    requests = [request(choice, distribution) for _ in range(60)]
    for asked, answer in zip(requests, draw(requests), strict=True):
        assert asked.ours(release) == answer, asked
