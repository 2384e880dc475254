"""Which tests share a process: those of one file, and all that compile the same kernels.

A family of kernels takes up to a minute to compile. Two processes that need it at the same time would both do that;
one that comes later finds it in the cache. ``--dist loadgroup`` of pytest-xdist would do as well, but it hands groups
over inside of the names of tests, and with pytest 9.2 they get lost without a word.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
FAMILIES = {
    "column fit": r"entrox\.microscopy\.(analysis|controls|fit|scan|simulation|strain|vectors)|(entrox |\")stem\b",
    "local entropy": r"local_entropy|neighborhood|order\.neighbors|entrox\.atomprobe|(entrox |\")atomprobe\b",
    "avalanche": r"entrox\.breakdown|(entrox |\")(breakdown|study)\b|design\.(ledger|run|sweep)",
    "reverse Monte Carlo": r"entrox\.scattering\.(engine|run)|rmc_cases|entrox rmc ",
    "perovskite order": r"order\.(lattice|report|displacement|phases|domains)|(entrox |\")polar\b",
}
"""Words in a test file, a script or a page that tell which kernels it compiles; the longest family first."""
LONG_FOLDERS = ("tests/docs", "tests/cli", "tests/physics", "tests/parity", "tests/gallery")
"""Folders of long tests, which are begun early: a long one that begins last keeps one process waiting."""


@functools.cache
def group_of(test: str) -> str:
    """Return the family whose kernels a test compiles, or else its file, its page or its room of the gallery."""
    file, _, name = test.partition("::")
    group, text = file, _read(ROOT / file)
    if file == "tests/docs/test_snippets.py" and (page := re.search(r"\[(.+\.md)\d*\]", name)):
        group, text = page[1], _read(*ROOT.glob(page[1]), *ROOT.glob(f"docs/**/{page[1]}"))
    elif file == "tests/gallery/test_gallery.py":
        body = text.partition(f"def {name.partition('[')[0]}(")[2].partition("\ndef ")[0]
        if script := re.search(r"\"((\w+)/plot_\w+\.py)\"", body):
            group, text = f"gallery/{script[2]}", _read(ROOT / "gallery" / script[1])
    elif file.startswith("tests/architecture"):
        return file
    return _family(text) or group


@functools.cache
def _family(text: str) -> str | None:
    """Return the first family that a text names; one file has many tests, and is searched once.

    What uses nearly all families, as the README does, belongs to none: it comes when their kernels are compiled.
    """
    named = [family for family, words in FAMILIES.items() if re.search(words, text)]
    return named[0] if 0 < len(named) <= 3 else None


@functools.cache
def _read(*files: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


def rank_of(test: str) -> tuple[int, int]:
    """Return where in the order of all tests one belongs: the families first, then the folders of long tests."""
    group, families = group_of(test), list(FAMILIES)
    folder = next((rank for rank, name in enumerate(LONG_FOLDERS) if test.startswith(name)), len(LONG_FOLDERS))
    return (families.index(group) if group in FAMILIES else len(families)), folder


class FamilyScheduling(LoadScopeScheduling):
    """Give each process whole groups, in the order of the tests."""

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
