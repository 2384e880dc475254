"""Data of the tests: files that come with them, and a larger collection that may be absent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONG = {
    "physics/test_rmc_books.py", "physics/test_rmc_round_trips.py", "physics/test_rmc_sampling.py",
    "unit/scattering/test_rmc_run.py", "unit/scattering/test_rmc_terms.py", "unit/plots/test_rmc_figures.py",
    "cli/test_cli_rmc.py",
}  # fmt: skip
"""Tests of reverse Monte Carlo: its kernels take minutes to compile; `make test-long` runs them."""
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long tests out unless they are asked for."""
    if os.environ.get("ENTROX_LONG") == "1":
        return
    skip = pytest.mark.skip(reason="long: make test-long (sets ENTROX_LONG=1)")
    for item in items:
        inside = item.path.is_relative_to(ROOT / "tests")
        if inside and item.path.relative_to(ROOT / "tests").as_posix() in LONG:
            item.add_marker(skip)
