"""Benchmarks of the search: rate of the screen, of the enumeration alone, and of the repair (asv)."""

from __future__ import annotations

import time

import numpy as np

from entrox.design import build_space, collect_measures
from entrox.design.search import Archive, BalancedCompositions, GridRepair, Screen, example_search, parse_search
from entrox.design.search.screen import screen_space

COARSER = 10


class ScreenRate:
    """Screen of the example on a coarser grid with the threshold law; the target is 50,000 candidates per second."""

    timeout = 300

    def setup(self) -> None:
        text = example_search().replace("denominator = 16", f"denominator = {COARSER}")
        self.screen = Screen(parse_search(text), collect_measures())
        self._screen()

    def _screen(self) -> tuple[int, Archive]:
        archive = Archive(len(self.screen.space.species), 2, np.random.default_rng(1))
        return screen_space(self.screen, archive), archive

    def time_screen(self) -> None:
        self._screen()

    def peakmem_screen(self) -> None:
        self._screen()

    def track_candidates_per_second(self) -> float:
        start = time.process_time()
        count, _ = self._screen()
        return count / (time.process_time() - start)

    track_candidates_per_second.unit = "candidates/s of one processor"  # type: ignore[attr-defined]

    def track_error_of_count(self) -> int:
        """Screened against the closed count: must be 0."""
        limits = self.screen.low, self.screen.high
        return self._screen()[0] - BalancedCompositions(self.screen.space, *limits).count()


class BalancedEnumeration:
    """Balanced compositions alone, beside the charge filter over all compositions of the same space."""

    params = ("matched charges", "filter")
    param_names = ("way",)
    timeout = 300

    def setup(self, way: str) -> None:
        dopants = {"A": ["Sr", "Ca", "Na", "Sm"], "B": ["Zr", "Sc", "Ta"]}
        self.space = build_space("BaTiO3", dopants, denominator=14)

    def _count(self, way: str) -> int:
        blocks = BalancedCompositions(self.space).blocks() if way == "matched charges" else self.space.blocks()
        return sum(len(block) for block in blocks)

    def track_balanced_per_second(self, way: str) -> float:
        start = time.process_time()
        found = self._count(way)
        return found / (time.process_time() - start)

    track_balanced_per_second.unit = "candidates/s of one processor"  # type: ignore[attr-defined]


class Repair:
    """Repair of random candidates to exact charge balance, as the genetic search does it."""

    def setup(self) -> None:
        space = build_space("BaTiO3", {"A": ["Sr", "Ca", "Na", "Sm"], "B": ["Zr", "Hf", "Sn", "Sc", "Ta"]})
        columns = len(space.species)
        self.repair = GridRepair(space, np.zeros(columns), np.ones(columns))
        self.wanted = np.random.default_rng(1).random((100, columns))

    def time_hundred_candidates(self) -> None:
        for row in self.wanted:
            self.repair.repair(row)
