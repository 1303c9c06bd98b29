"""What many tests share: both paths of drawing, a short check. What tests start as programs is no test."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from caffe_fillers.rng import kernel

if find_spec("hypothesis"):  # some of CI's jobs do without
    from hypothesis import HealthCheck, settings

    settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("unhurried")  # how fast this machine is, or how busy, is no property of the package

collect_ignore = ["clients", "pycaffe/scripts"]

QUICK = {
    "": "test_architecture.py test_contributing.py",
    "api": "test_kinds.py",
    "check": "test_check.py::test_structure_is_compared test_check.py::test_trained_weights_are_called_so",
    "cli": "test_grid.py",
    "distributions": "test_own.py",
    "execute": "test_execute.py::test_steps_can_be_asked_for_in_any_order",
    "fillers": "test_fillers.py",
    "formats": "test_caffemodel.py::test_protobuf_writes_the_same_bytes",
    "frameworks": "test_framework_nets.py",
    "layers": "test_layers.py",
    "libm": "test_libm.py",
    "passes": "test_passes.py",
    "planner": "test_given_blobs.py",
    "port": "test_one_name.py::test_both_layers_are_laid_out_and_named_in_the_code",
    "probe": "test_probe.py",
    "prototxt": "test_prototxt.py",
    "pycaffe": "test_net_spec.py",
    "recover": "test_recover.py::test_negated_values",
    "report": "test_report.py::test_one_value_has_no_histogram test_report.py::test_weights_are_checked",
    "rng": "test_rng_goldens.py",
    "schema": "test_schema.py",
    "signal": "test_signal.py::test_padding_is_not_connected test_signal.py::test_dropout_by_phase",
    "solver": "test_solver.py",
    "sources": "test_sources.py",
}
"""What `pytest -m quick` runs beside all doctests, by folder: modules, or single tests of slower ones."""


def pytest_configure(config: pytest.Config) -> None:
    """Let a test read the table."""
    config.stash["quick"] = QUICK


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `pytest -m quick` runs."""
    here = Path(__file__).parent
    chosen = {
        (here / folder).as_posix().rstrip("/") + f"/{each}"
        for folder, names in QUICK.items()
        for each in names.split()
    }
    for item in items:
        own = {item.path.as_posix(), f"{item.path.as_posix()}::{item.name.split('[')[0]}"}
        if (own & chosen or here not in item.path.parents) and not item.get_closest_marker("slow"):
            item.add_marker("quick")


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"], scope="module")
def both_paths(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test twice: by the compiled loops, and by numpy alone, also in processes that it starts."""
    if request.param and not kernel.is_built:
        pytest.skip("the compiled loops are not built here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "is_used", request.param)
        patch.setenv(kernel.PURE, "" if request.param else "1")
        yield
