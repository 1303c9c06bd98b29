"""The search by linear algebra, up to a minute for a foreign model, is left to the tests marked slow."""

from __future__ import annotations

import pytest

from caffe_fillers.check import checker


@pytest.fixture(autouse=True)
def without_linear_algebra(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(checker, "moved_origin", lambda *_: None)
