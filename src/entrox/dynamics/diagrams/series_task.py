"""One run of a series: how its box is built and its velocities drawn, from nothing but the seed and what the run is.

Units: angstrom, K.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from entrox.composition import parse_formula
from entrox.core import check_in_range, generator
from entrox.dynamics.diagrams.ramps import ROW_K
from entrox.dynamics.engine import Engine
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import MdProtocol
from entrox.order.polarization.born_charges import Charges
from entrox.structure.arrangements import build_arrangements
from entrox.structure.perovskite import SETTINGS

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["SeriesBox", "SeriesTask", "Shape", "starting_box", "work_key"]

Shape = tuple[int, int, int]
LARGEST_SEED = 2**31 - 1
"""Engines outside Python take a positive 32-bit number."""


@dataclass(frozen=True, kw_only=True)
class SeriesBox:
    """How the box of a composition is built.

    Parameters
    ----------
    shape, setting
        Units of the setting along its vectors, as for :func:`entrox.structure.build_perovskite`.
    method, rounding
        Occupation of shared sites, as for :func:`entrox.structure.occupy_sites`.
    lattice_angstrom
        Pseudo-cubic edge at the start; Vegard's rule if None.
    polar_start_angstrom
        Displacement of B along [111] in the starting box of a run that heats. A cold box that starts at the ideal
        sites may freeze into domains; one that cools orders by itself and starts at the ideal sites.
    """

    shape: Shape
    setting: str = "cubic"
    method: str = "random"
    rounding: str = "error"
    lattice_angstrom: float | None = None
    polar_start_angstrom: float = 0.1

    def __post_init__(self) -> None:
        check_in_range(self.polar_start_angstrom, "polar_start_angstrom", low=0.0, high=0.5, unit="angstrom")

    @property
    def matrix(self) -> list[list[int]]:
        """Cell vectors in pseudo-cubic edges."""
        rows: list[list[int]] = (np.diag(self.shape) @ np.array(SETTINGS[self.setting])).tolist()
        return rows


@dataclass(frozen=True, kw_only=True)
class SeriesTask:
    """One run of a series; all of it travels to another process."""

    formula: str
    box: SeriesBox
    arrangement: int
    direction: str
    protocol: MdProtocol
    model: int
    potential: Potential
    engine: Engine
    seed: int
    folder: Path
    resume: bool = True
    charges: Charges | None = None
    row_k: float = ROW_K

    @property
    def box_key(self) -> tuple[int, ...]:
        """Key of the random stream that places the cations: the same for both directions and all models."""
        return work_key(self.formula, *self.box.shape, self.box.setting, self.arrangement)

    @property
    def velocity_seed(self) -> int:
        """Seed of the velocities; models share it, so that they differ by their forces alone."""
        key = work_key(self.formula, *self.box.shape, self.box.setting, self.arrangement, self.direction)
        return int(generator(self.seed, *key).integers(1, LARGEST_SEED))


def starting_box(task: SeriesTask) -> Atoms:
    """Box with which a task starts."""
    box = task.box
    (atoms,) = build_arrangements(
        parse_formula(task.formula).at(),
        box.shape,
        1,
        box.method,
        rng=generator(task.seed, *task.box_key),
        lattice_angstrom=box.lattice_angstrom,
        rounding=box.rounding,
        setting=box.setting,
    )
    stages = task.protocol.stages()
    if stages[-1].end_k > stages[0].start_k:
        axes = np.linalg.solve(np.array(box.matrix, dtype=float), atoms.cell.array)
        diagonal = (axes / np.linalg.norm(axes, axis=1, keepdims=True)).sum(axis=0)
        atoms.positions[atoms.arrays["site"] == "B"] += box.polar_start_angstrom / np.sqrt(3.0) * diagonal
    return atoms


def work_key(*parts: str | int) -> tuple[int, ...]:
    """Key of a random stream from what a piece of work is: four whole numbers."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return tuple(int.from_bytes(digest[4 * k : 4 * k + 4], "big") for k in range(4))
