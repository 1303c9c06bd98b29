"""What many tests share: both paths of drawing. Programs that tests start on their own are no tests."""

from collections.abc import Iterator

import pytest

from caffe_fillers.rng import kernel

collect_ignore = ["clients"]


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"], scope="module")
def both_paths(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test twice: by the compiled loops, and by numpy alone, also in processes that it starts."""
    if request.param and not kernel.is_built:
        pytest.skip("the compiled loops are not built here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "is_used", request.param)
        patch.setenv(kernel.PURE, "" if request.param else "1")
        yield
