"""Data of the tests: files that come with them, and a larger collection that may be absent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
collect_ignore = ["conftest.py"]  # doctests are looked for in modules; two modules of one name cannot be imported


@pytest.fixture(scope="session")
def bundled_data() -> Path:
    """Return the folder of the files that come with the tests."""
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def external_data() -> Callable[[str], Path]:
    """Return a function that finds a file of the external collection, or skips the test.

    The collection lies in the folder named by ENTROX_DATA, else in ``../shared/data`` beside the source tree.
    """
    folder = Path(os.environ.get("ENTROX_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"{name} is not redistributable and not in {folder}; set ENTROX_DATA to the folder that has it")
        return path

    return find
