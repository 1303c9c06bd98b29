"""The cases that are kept from long runs: each ends in an answer or in an error of ours, in time."""

import pytest

from .guided import KEPT
from .targets import TARGETS
from .worker import judge


@pytest.mark.parametrize("target", TARGETS)
def test_kept_cases(target: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a net may name files
    cases = {path.name: judge(target, path.read_bytes()) for path in sorted((KEPT / target).iterdir())}
    assert cases
    assert {name: found for name, found in cases.items() if found} == {}
