"""Data of the tests: files that come with them, and a larger collection that may be absent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_families import FamilyScheduling, rank_of

ROOT = Path(__file__).parents[1]
LONG = {
    "physics/test_rmc_round_trips.py", "physics/test_rmc_sampling.py",
    "unit/scattering/test_rmc_run.py", "unit/scattering/test_rmc_terms.py", "unit/plots/test_rmc_figures.py",
    "cli/test_cli_rmc.py", "physics/test_toy_learning.py",
}  # fmt: skip
"""Tests of reverse Monte Carlo, whose kernels take minutes to compile, and of large statistics: `make test-long`."""
os.environ.setdefault("ENTROX_FIGURE_DPI", "100")  # most tests look at no figure: a ninth of the dots to draw
collect_ignore = ["conftest.py"]  # doctests are looked for in modules; two modules of one name cannot be imported


@pytest.fixture(scope="session")
def external_data() -> Callable[[str], Path]:
    """Return a function that finds a file: among those that come with the tests, else in a larger collection.

    The collection lies in the folder named by ENTROX_DATA, else in ``../shared/data`` beside the source tree; a test
    whose file is in neither is skipped.
    """
    folder = Path(os.environ.get("ENTROX_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        bundled = ROOT / "tests" / "data" / name
        path = bundled if bundled.exists() else folder / name
        if not path.exists():
            pytest.skip(f"{name} does not come with the tests and is not in {folder}; set ENTROX_DATA to its folder")
        return path

    return find


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole families of kernels to one process each."""
    return FamilyScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long tests out unless they are asked for; put those of the same kernels beside one another."""
    items.sort(key=lambda item: rank_of(item.nodeid))
    skip = pytest.mark.skip(reason="long: make test-long (sets ENTROX_LONG=1)")
    for item in items:
        inside = item.path.is_relative_to(ROOT / "tests")
        of_long_file = inside and item.path.relative_to(ROOT / "tests").as_posix() in LONG
        if (of_long_file or item.get_closest_marker("long")) and os.environ.get("ENTROX_LONG") != "1":
            item.add_marker(skip)
