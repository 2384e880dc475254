"""Benchmarks of the room design: overhead of sweep and store per point, rate of enumeration (asv)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from entrox.composition import parse_formula
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.design import SiteGrid, Space, Store, open_executor, request_measures, run_sweep

POINTS = 2000


def no_work(composition: Any, settings: MeasureSettings, rng: np.random.Generator) -> Mapping[str, Any]:
    return {"value": 1.0, "values": np.zeros(32)}


NO_WORK = Measure(
    "no_work",
    "a measure that costs nothing, so that only the overhead is left",
    (Quantity("value", "1", "a number"), Quantity("values", "1", "an array", ("seed",))),
    MeasureSettings,
    no_work,
)


class SweepOverhead:
    """Sweep and store of points that cost nothing to compute; the target is below 1 ms per point."""

    params = (1, 2)
    param_names = ("workers",)
    timeout = 120

    def setup(self, workers: int) -> None:
        formula = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")
        self.compositions = [formula.at(Fraction(number, 3 * POINTS)) for number in range(POINTS)]
        self.requests = request_measures({"no_work": {}}, {"no_work": NO_WORK})
        self.folder = tempfile.TemporaryDirectory()
        self.context = open_executor(workers)
        self.executor = self.context.__enter__()
        self._sweep("warm.sqlite", count=50)

    def teardown(self, workers: int) -> None:
        self.context.__exit__(None, None, None)
        self.folder.cleanup()

    def _sweep(self, name: str, count: int = POINTS) -> float:
        path = Path(self.folder.name) / name
        path.unlink(missing_ok=True)
        start = time.perf_counter()
        with Store(path) as store:
            run_sweep(self.compositions[:count], self.requests, store, executor=self.executor)
        return time.perf_counter() - start

    def track_overhead_ms_per_point(self, workers: int) -> float:
        return 1e3 * min(self._sweep(f"{number}.sqlite") for number in range(3)) / POINTS

    track_overhead_ms_per_point.unit = "ms"  # type: ignore[attr-defined]

    def track_resume_ms_per_point(self, workers: int) -> float:
        path = Path(self.folder.name) / "done.sqlite"
        with Store(path) as store:
            run_sweep(self.compositions, self.requests, store, executor=self.executor)
            start = time.perf_counter()
            run_sweep(self.compositions, self.requests, store, executor=self.executor)
            return 1e3 * (time.perf_counter() - start) / POINTS

    track_resume_ms_per_point.unit = "ms"  # type: ignore[attr-defined]


class Enumeration:
    """All compositions on a grid of 1/24 with exact charge filter; the target is 10^6 candidates in less than 10 s."""

    params = ("two tabulated sites", "one streamed site")
    param_names = ("space",)

    def setup(self, space: str) -> None:
        if space == "two tabulated sites":
            first = SiteGrid("A", ("Ba", "Sr", "Na", "Sm"), (2, 2, 1, 3))
            self.space = Space((first, SiteGrid("B", ("Ti", "Zr", "Hf"), (4, 4, 4))), 24, Fraction(-6))
        else:
            wide = SiteGrid("A", ("Ba", "Sr", "Ca", "Na", "K", "La", "Nd", "Sm"), (2, 2, 2, 1, 1, 3, 3, 3))
            self.space = Space((wide,), 24, Fraction(-2))

    def time_balanced(self, space: str) -> None:
        for _ in self.space.blocks():
            pass

    def peakmem_balanced(self, space: str) -> None:
        for _ in self.space.blocks():
            pass

    def track_candidates_per_second(self, space: str) -> float:
        start = time.perf_counter()
        found = sum(len(block) for block in self.space.blocks())
        elapsed = time.perf_counter() - start
        assert found > 0
        return self.space.count() / elapsed

    track_candidates_per_second.unit = "candidates/s"  # type: ignore[attr-defined]

    def track_error_of_count(self, space: str) -> int:
        """Enumerated without filter against the closed form: must be 0."""
        return sum(len(block) for block in self.space.blocks(balanced=False)) - self.space.count()
