"""Equations over GF(2): the only solution, by the compiled loop and by numpy."""

from __future__ import annotations

import numpy as np
import pytest

from caffe_fillers.recover.elimination import Bits, Matrix, packed_columns, solve
from caffe_fillers.rng import kernel

SIZES = (1, 63, 64, 65, 127, 500, 4500)


def system(unknowns: int, equations: int) -> tuple[Matrix, Bits]:
    """Random equations that a solution fulfills, packed, and the solution."""
    generator = np.random.default_rng(unknowns)
    left = generator.integers(0, 2, (equations, unknowns), np.uint8)
    solution = generator.integers(0, 2, unknowns, np.uint8)
    right = (left.astype(np.float32) @ solution % 2).astype(np.uint8)
    whole = np.zeros((equations, packed_columns(unknowns) * 64), np.uint8)
    whole[:, :unknowns], whole[:, unknowns] = left, right
    return np.packbits(whole, axis=1, bitorder="little").view(np.uint64), solution


@pytest.fixture(params=["numpy", "compiled"], autouse=True)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "compiled" and not kernel.is_built:
        pytest.skip("the compiled loops are not built here")
    monkeypatch.setattr(kernel, "is_used", request.param == "compiled")


@pytest.mark.parametrize("unknowns", SIZES)
def test_the_only_solution(unknowns: int) -> None:
    rows, solution = system(unknowns, unknowns + 60)
    found = solve(rows, unknowns)
    assert found is not None
    assert np.array_equal(found, solution)


@pytest.mark.parametrize("unknowns", SIZES)
def test_a_contradiction_has_no_solution(unknowns: int) -> None:
    rows, _ = system(unknowns, unknowns + 60)
    rows[-1, unknowns // 64] ^= np.uint64(1 << unknowns % 64)
    assert solve(rows, unknowns) is None


@pytest.mark.parametrize("unknowns", SIZES)
def test_too_few_equations_have_many_solutions(unknowns: int) -> None:
    rows, _ = system(unknowns, unknowns - 1)
    assert solve(rows, unknowns) is None
    assert solve(np.concatenate((rows, rows[:40])), unknowns) is None
