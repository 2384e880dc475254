"""Data of the tests: files that come with them, and a larger collection that may be absent."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONG = {
    "physics/test_rmc_books.py", "physics/test_rmc_round_trips.py", "physics/test_rmc_sampling.py",
    "unit/scattering/test_rmc_run.py", "unit/scattering/test_rmc_terms.py", "unit/plots/test_rmc_figures.py",
    "cli/test_cli_rmc.py", "physics/test_known_truth.py", "physics/test_row_jitter.py", "physics/test_split_halves.py",
    "physics/test_null_and_gain.py", "physics/test_toy_learning.py", "parity/test_reference_solver.py",
    "unit/potentials/test_learning_killed.py",
}  # fmt: skip
"""Tests of reverse Monte Carlo, whose kernels take minutes to compile, and of large statistics: `make test-long`."""
KERNELS = {
    "column fit": r"entrox\.microscopy\.(analysis|controls|fit|scan|simulation|strain|vectors)|\"stem\", \"",
    "local entropy": r"local_entropy|neighborhood|order\.neighbors|entrox\.atomprobe|\"atomprobe\", \"",
    "perovskite order": r"order\.(lattice|report|displacement|phases|domains)|\"polar\", ",
}
"""Tests of one family, by a word in their file, run in one process: otherwise each would compile the same kernels."""
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


@functools.cache
def _kernels_of_file(path: Path) -> str:
    """Return the name of the kernels that the tests of a file compile, or the file itself."""
    if path.is_relative_to(ROOT / "tests" / "architecture"):
        return str(path)
    text = path.read_text(encoding="utf-8")
    return next((name for name, words in KERNELS.items() if re.search(words, text)), str(path))


def _group_of(item: pytest.Item) -> str:
    """Return which tests an item shares its process with; scripts of the gallery belong to their room."""
    if item.path.name != "test_gallery.py" or not isinstance(item, pytest.Function):
        return _kernels_of_file(item.path)
    scripts = [text for text in item.function.__code__.co_consts if isinstance(text, str) and text.endswith(".py")]
    return f"gallery of {scripts[0].split('/')[0]}" if scripts else str(item.path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long tests out unless they are asked for; keep tests of the same kernels in one process."""
    skip = pytest.mark.skip(reason="long: make test-long (sets ENTROX_LONG=1)")
    for item in items:
        inside = item.path.is_relative_to(ROOT / "tests")
        item.add_marker(pytest.mark.xdist_group(_group_of(item)))
        of_long_file = inside and item.path.relative_to(ROOT / "tests").as_posix() in LONG
        if (of_long_file or item.get_closest_marker("long")) and os.environ.get("ENTROX_LONG") != "1":
            item.add_marker(skip)
