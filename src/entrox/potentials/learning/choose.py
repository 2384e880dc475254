"""From the judged runs of a generation to the frames that get labels: sieve, quotas, whole runs held out.

Units: angstrom, eV/angstrom, K.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import generator
from entrox.potentials.learning.convergence import CellCounts
from entrox.potentials.learning.descriptors import descriptor_length, environment_descriptor
from entrox.potentials.learning.explore import JudgedRun
from entrox.potentials.learning.journal_rows import NewFrame
from entrox.potentials.learning.learn_settings import SelectSettings
from entrox.potentials.learning.select import select_frames
from entrox.potentials.learning.sieve import Sieve, ionic_radii
from entrox.potentials.learning.start_frames import LearningCell
from entrox.potentials.student import Model, Student

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Chooser", "ChosenFrames", "build_sieves", "count_cells", "held_out_runs"]

Floats = NDArray[np.float64]

HELD_OUT_RUNS_KEY, SELECTION_KEY = 4, 5
"""First number of the random streams of the runs that are held out, and of the random part of a selection."""


@dataclass(frozen=True)
class ChosenFrames:
    """Frames to be labeled, and why the sieve took out others: one line for each."""

    frames: tuple[NewFrame, ...]
    sieved: tuple[str, ...]


def count_cells(judged: Sequence[JudgedRun]) -> tuple[CellCounts, ...]:
    """Counts of every composition and temperature over its runs."""
    cells: dict[tuple[str, float], list[JudgedRun]] = {}
    for run in judged:
        cells.setdefault((run.explored.run.composition, run.explored.run.protocol.temperature_k), []).append(run)
    return tuple(
        CellCounts(
            composition=composition,
            temperature_k=temperature,
            accurate=sum(run.accurate for run in runs),
            candidate=sum(run.candidate for run in runs),
            failed=sum(run.failed for run in runs),
        )
        for (composition, temperature), runs in cells.items()
    )


def held_out_runs(names: Sequence[str], share: float, seed: int, generation: int) -> frozenset[str]:
    """Draw the runs of a generation whose frames are never trained on: the share, rounded, but never all."""
    count = min(math.floor(share * len(names) + 0.5), len(names) - 1)
    drawn = generator(seed, HELD_OUT_RUNS_KEY, generation).permutation(len(names))[:count]
    return frozenset(names[index] for index in drawn)


def build_sieves(cells: Sequence[LearningCell], settings: SelectSettings) -> dict[str, Sieve]:
    """Sieve of each composition; volumes are held against the ideal crystal."""
    return {
        cell.formula: Sieve(
            radii_angstrom=ionic_radii(cell.composition),
            volume_per_atom_angstrom3=cell.atoms.get_volume() / len(cell.atoms),
            shortest_pair=settings.shortest_pair,
            volume_tolerance=settings.volume_tolerance,
            largest_force_ev_per_angstrom=settings.largest_force_ev_per_angstrom,
        )
        for cell in cells
    }


@dataclass(frozen=True)
class Chooser:
    """Chooses frames with the settings, sieves and models of a loop."""

    settings: SelectSettings
    sieves: Mapping[str, Sieve]
    elements: tuple[str, ...]
    student: Student
    models: Sequence[Model]

    def choose(
        self, judged: Sequence[JudgedRun], known: Sequence[Atoms], total: int, seed: int, generation: int
    ) -> ChosenFrames:
        """Choose the frames of a generation.

        Parameters
        ----------
        judged
            Its runs.
        known
            Frames that have labels.
        total
            Number of frames to choose, those held out included.
        seed, generation
            They fix every draw.
        """
        kept_back = held_out_runs([run.explored.run.name for run in judged], self.settings.held_out_share, seed,
                                  generation)  # fmt: skip
        known_rows = self._descriptors(known)
        sieved: list[str] = []
        chosen: list[NewFrame] = []
        for role in ("held_out", "training"):
            # what the runs that are held out do not need is left to the others
            quota = round(self.settings.held_out_share * total) if role == "held_out" else total - len(chosen)
            runs = [run for run in judged if (run.explored.run.name in kept_back) == (role == "held_out")]
            found = self._sieved_pairs([frame for run in runs for frame in _candidates(run, role)], sieved)
            rng = generator(seed, SELECTION_KEY, generation, int(role == "held_out"))
            rows = select_frames(
                [(frame.composition, frame.temperature_k) for frame in found],
                self._descriptors([frame.atoms for frame in found]), known_rows, quota,
                random_share=self.settings.random_share, min_distance=self.settings.min_distance, rng=rng,
            )  # fmt: skip
            chosen += [found[row] for row in rows]
        frames = tuple(self._sieved_forces(chosen, sieved))
        return ChosenFrames(frames, tuple(sieved))

    def _descriptors(self, frames: Sequence[Atoms]) -> Floats:
        rows = [environment_descriptor(atoms, self.elements) for atoms in frames]
        return np.array(rows) if rows else np.empty((0, descriptor_length(self.elements)))

    def _sieved_pairs(self, frames: Sequence[NewFrame], sieved: list[str]) -> list[NewFrame]:
        """Drop frames for their geometry: before the choice, since there are many and it costs little."""
        return [frame for frame in frames if self._passes(frame, np.zeros((len(frame.atoms), 3)), sieved)]

    def _sieved_forces(self, frames: Sequence[NewFrame], sieved: list[str]) -> list[NewFrame]:
        """Drop frames for the committee's mean forces: after the choice, since only the committee can tell them."""
        answers = self.student.evaluate(self.models, [frame.atoms for frame in frames]) if frames else []
        return [
            frame
            for frame, answer in zip(frames, answers, strict=True)
            if self._passes(frame, answer.forces_ev_per_angstrom.mean(axis=0), sieved)
        ]

    def _passes(self, frame: NewFrame, forces: Floats, sieved: list[str]) -> bool:
        objection = self.sieves[frame.composition].objection(frame.atoms, forces)
        if objection:
            sieved.append(f"{frame.parent}: {objection}")
        return not objection


def _candidates(run: JudgedRun, role: str) -> list[NewFrame]:
    made = run.explored.run
    return [
        NewFrame(
            atoms=atoms, composition=made.composition, role=role, parent=made.name,
            temperature_k=made.protocol.temperature_k, deviation=deviation,
        )
        for atoms, deviation in run.candidates
    ]  # fmt: skip
