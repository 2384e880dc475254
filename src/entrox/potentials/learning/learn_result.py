"""What a learning loop found: a report of each generation, and whether it has converged.

Units: eV/angstrom, meV/atom, K, ps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrox.core import Result, quantity
from entrox.potentials.learning.convergence import CellCounts, GenerationEvidence
from entrox.potentials.student import Model
from entrox.potentials.validation.calibrate import Calibration

__all__ = ["GenerationReport", "LearnResult"]


@dataclass(frozen=True, kw_only=True)
class GenerationReport(Result):
    """One generation: exploration with the models before it, new labels, training.

    Generation 0 explores nothing. ``calibration`` is that of its new labels before they were trained on. The errors of
    the held-out forces are root mean squares over the committee, of the new models and of those before, on the same
    frames: all that are held out by now.
    """

    generation: int = quantity("1", "generation")
    accurate: int = quantity("1", "accurate frames")
    candidate: int = quantity("1", "candidate frames")
    failed: int = quantity("1", "failed frames")
    cells: tuple[CellCounts, ...]
    length_ps: float = quantity("ps", "length of the runs")
    life_ps: float = quantity("ps", "median life of the runs")
    warmth: float | None = quantity("1", "median temperature of the runs over the one that was set")
    sigma_high_ev_per_angstrom: float = quantity("eV/angstrom", "deviation from which on a frame is failed")
    sieved: int = quantity("1", "candidates that are no state of the material")
    queued: int = quantity("1", "labels that were asked for")
    labeled: int = quantity("1", "labels that are done")
    unlabeled: int = quantity("1", "labels that are unconverged or quarantined")
    calibration: Calibration
    n_training: int = quantity("1", "frames that the models were trained on")
    n_held_out: int = quantity("1", "frames held out")
    force_rmse_ev_per_angstrom: float | None = quantity("eV/angstrom", "error of the held-out forces")
    force_rmse_before_ev_per_angstrom: float | None = quantity("eV/angstrom", "the same of the models before")
    relative_force_error: float | None = quantity("1", "error of the held-out forces over their root mean square")

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> GenerationReport:
        """Read back what ``to_dict`` gave."""
        cells = tuple(CellCounts(**cell) for cell in record["cells"])
        return cls(**{**record, "cells": cells, "calibration": Calibration(**record["calibration"])})

    def evidence(self, longest_ps: float) -> GenerationEvidence:
        """Return what the rule of convergence looks at."""
        return GenerationEvidence(
            generation=self.generation,
            cells=self.cells,
            life_ps=self.life_ps,
            length_ps=self.length_ps,
            longest_ps=longest_ps,
            warmth=0.0 if self.warmth is None else self.warmth,
            n_labels=self.queued,
            n_labels_without=self.unlabeled,
            force_rmse=self.force_rmse_ev_per_angstrom,
            force_rmse_before=self.force_rmse_before_ev_per_angstrom,
        )


@dataclass(frozen=True, kw_only=True)
class LearnResult(Result):
    """Result of a learning loop.

    ``reasons`` say why it has not converged, or why it stopped before its end; ``quarantined`` lists frames that no
    teacher could label, with the reason; ``warnings`` are what a reader of the numbers must know.
    """

    title: str
    folder: Path
    teacher: str
    student: str
    sigma_low_ev_per_angstrom: float = quantity("eV/angstrom", "deviation below which a frame is accurate")
    generations: tuple[GenerationReport, ...]
    models: tuple[Model, ...]
    quarantined: tuple[str, ...]
    converged: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def last(self) -> GenerationReport | None:
        """Report of the last finished generation, None if there is none."""
        return self.generations[-1] if self.generations else None

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the last generation, and all generations, as plain data."""
        reports = [_plain(report) for report in self.generations]
        return {
            **(reports[-1] if reports else {}),
            "converged": self.converged,
            "reasons": list(self.reasons),
            "quarantined": list(self.quarantined),
            "sigma_low_ev_per_angstrom": self.sigma_low_ev_per_angstrom,
            "teacher": self.teacher,
            "student": self.student,
            "models": [str(model.path) for model in self.models],
            "generations": reports,
            "warnings": list(self.warnings),
        }


def _plain(report: GenerationReport) -> dict[str, Any]:
    content = report.to_dict()
    content["per_cell"] = [
        {**dataclasses.asdict(cell), "accurate_lower_bound": cell.accurate_lower_bound} for cell in report.cells
    ]
    del content["cells"]
    for name in ("deviation_ev_per_angstrom", "true_error_ev_per_angstrom"):
        del content["calibration"][name]
    return content
