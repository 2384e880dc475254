"""Tests that run DeePMD-kit, LAMMPS or CHGNet: only where asked for, since they load gigabytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REASON = "needs the engines of the extra potentials: make test-engines (sets ENTROX_ENGINES=1)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder unless ENTROX_ENGINES is set."""
    if os.environ.get("ENTROX_ENGINES") == "1":
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=REASON))
