"""A learning loop at work: what it has, where it computes, what the journal says of it. Units: eV/angstrom, s."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from entrox.core import EntroxError
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS
from entrox.potentials.committee import TrustLevels
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.learn_parts import LearningParts
from entrox.potentials.learning.learn_result import GenerationReport
from entrox.potentials.learning.learn_settings import LearnSettings
from entrox.potentials.learning.start_frames import LearningCell
from entrox.potentials.student import Model

__all__ = ["CHOSEN", "FINISHED", "TRAINED", "Loop", "TimeOverError"]

CHOSEN, TRAINED, FINISHED = "chosen", "trained", "finished"
"""Stages of a generation whose end the journal keeps; labels keep themselves."""
SECONDS_PER_HOUR = 3600.0


class TimeOverError(EntroxError):
    """The hours that a loop may take are over; everything until now is in the journal."""


@dataclass
class Loop:
    """A loop at work: its recipe, journal, parts, and where it computes."""

    settings: LearnSettings
    folder: Path
    journal: Journal
    parts: LearningParts
    cells: Sequence[LearningCell]
    executor: Executor
    progress: Callable[[str, int, int], None] | None
    started: float = field(default_factory=time.monotonic)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the teacher."""
        return self.parts.teacher.fingerprint()

    @property
    def longest_ps(self) -> float:
        """Length that the runs shall come to, as a whole number of steps [ps]."""
        explore_settings = self.settings.explore
        n_steps = round(explore_settings.longest_ps * FEMTOSECONDS_PER_PS / explore_settings.timestep_fs)
        return n_steps * explore_settings.timestep_fs / FEMTOSECONDS_PER_PS

    def levels(self, generation: int) -> TrustLevels:
        """Trust levels of a generation."""
        trust = self.settings.trust
        return TrustLevels(trust.sigma_low_ev_per_angstrom, trust.sigma_high(generation))

    def models(self, generation: int) -> tuple[Model, ...]:
        """Models of a generation that has been trained."""
        return tuple(
            Model(**{**record, "path": self.folder / path, "sha256": sha256, "type_map": tuple(record["type_map"])})
            for path, sha256, record in self.journal.models(generation)
        )

    def quarantined(self) -> tuple[str, ...]:
        """Frames without a label, with the reason."""
        found = self.journal.failures(self.fingerprint)
        return tuple(f"frame {number}: {state}: {reason}" for number, state, reason in found)

    def remarks(self, reports: Sequence[GenerationReport]) -> tuple[str, ...]:
        """What a reader must know of this run of the loop."""
        trust = self.settings.trust
        raised = [report.generation for report in reports[1:] if report.generation <= trust.early_generations]
        remarks = []
        if raised and trust.early_sigma_high_ev_per_angstrom is not None:
            remarks.append(
                f"Up to generation {raised[-1]} frames counted as failed from "
                f"{trust.early_sigma_high_ev_per_angstrom:g} eV/angstrom on instead of "
                f"{trust.sigma_high_ev_per_angstrom:g}."
            )
        slopes = [report.calibration.slope for report in reports if report.calibration.slope is not None]
        if slopes:
            slope = slopes[-1]
            low, high = (slope * level for level in (trust.sigma_low_ev_per_angstrom, trust.sigma_high_ev_per_angstrom))
            judged = [item.calibration.deviation_ev_per_angstrom for item in reports]
            smallest = min(float(values.min()) for values in judged if len(values))
            beyond = smallest > 1.5 * trust.sigma_low_ev_per_angstrom
            remarks.append(
                f"The largest error of a force is about {slope:.2g} times the deviation: the trust levels stand for "
                f"errors of {low:.2g} and {high:.2g} eV/angstrom"
                + (f"; the lower one is extrapolated, deviations of labels begin at {smallest:.2g}." if beyond else ".")
            )
        unlabeled = sum(report.unlabeled for report in reports)
        if unlabeled:
            remarks.append(f"{unlabeled} frames have no label; they are listed with their reasons.")
        return tuple(remarks)

    def advance(self, part: str, done: int, total: int) -> None:
        """Show how far a stage is, and stop if the hours are over."""
        if self.progress is not None:
            self.progress(part, done, total)
        hours = self.settings.stop.max_hours
        if hours is not None and time.monotonic() - self.started > SECONDS_PER_HOUR * hours:
            raise TimeOverError(f"the {hours:g} h of the recipe are over; run again to go on.")
