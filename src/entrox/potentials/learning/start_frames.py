"""The compositions of a learning loop, the cells that stand for them, and its starting frames. Lengths in angstrom.

A starting frame is the ideal crystal, strained, with its cations moved against the oxygens along one direction, and
every atom shaken: what a student must have seen before it can be let loose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.composition import Composition, exact_fraction, parse_formula
from entrox.core import InputError, generator
from entrox.potentials.learning.learn_settings import CompositionSettings, StartSettings
from entrox.structure import build_arrangements

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LearningCell", "build_cells", "compositions_of", "start_frame", "start_frames"]

CELL_KEY, HELD_OUT_KEY, FRAME_KEY = 0, 1, 2
"""First number of the random streams of arrangements and frames; those of exploration and training follow."""
A_SITE_SHARE = 0.5
"""Movement of the A cations in the polar mode, in terms of that of the B cations."""


@dataclass(frozen=True)
class LearningCell:
    """A box of one composition with its species in one arrangement.

    ``name`` is unique in a loop; ``atoms`` is the ideal crystal with its array ``site``.
    """

    name: str
    composition: Composition
    atoms: Atoms

    @property
    def formula(self) -> str:
        """Formula of the composition."""
        return self.composition.formula


def compositions_of(table: CompositionSettings) -> list[Composition]:
    """Compositions of one table of a recipe: every pair of x and y, or the pairs as they stand side by side."""
    formula = parse_formula(table.formula)
    given = {"x": table.x, "y": table.y}
    for name, values in given.items():
        if bool(values) != (name in formula.variables):
            state = "has no" if values else "needs values of"
            raise InputError(f"the formula {table.formula} {state} {name}.")
    axes = [[exact_fraction(value, name) for value in given[name]] for name in formula.variables]
    if table.pairs and len({len(axis) for axis in axes}) > 1:
        raise InputError(f"pairs = true needs as many x as y; got {' and '.join(str(len(axis)) for axis in axes)}.")
    points: list[tuple[Fraction, ...]] = list(zip(*axes, strict=True)) if table.pairs else list(product(*axes))
    return [formula.at(**_named(formula.variables, point)) for point in points or [()]]


def _named(names: Sequence[str], point: Sequence[Fraction]) -> dict[str, Any]:
    return dict(zip(names, point, strict=True))


def build_cells(
    tables: Sequence[CompositionSettings], seed: int, *, held_out: bool = False
) -> tuple[LearningCell, ...]:
    """Build the boxes of all compositions in all their arrangements; a composition may stand in several tables.

    Parameters
    ----------
    tables
        Tables of the recipe.
    seed
        Seed of the arrangements.
    held_out
        Build other arrangements of the same compositions, for frames that are never trained on.
    """
    purpose, mark = (HELD_OUT_KEY, "!") if held_out else (CELL_KEY, "#")
    cells: list[LearningCell] = []
    for number, table in enumerate(tables):
        for index, composition in enumerate(compositions_of(table)):
            boxes = build_arrangements(
                composition, table.shape, table.arrangements, table.method, rng=generator(seed, purpose, number, index),
                lattice_angstrom=table.lattice_angstrom, setting=table.setting, rounding=table.rounding,
            )  # fmt: skip
            for atoms in boxes:
                earlier = sum(cell.formula == composition.formula for cell in cells)
                cells.append(LearningCell(f"{composition.formula}{mark}{earlier + 1}", composition, atoms))
    return tuple(cells)


def start_frames(
    cells: Sequence[LearningCell], settings: StartSettings, count: int, seed: int, generation: int = 0,
    *, held_out: bool = False,
) -> list[tuple[LearningCell, Atoms]]:  # fmt: skip
    """``count`` starting frames, dealt out to the cells in turn; each generation and those held out have their own."""
    dealt = [cells[number % len(cells)] for number in range(count)]
    return [
        (cell, start_frame(cell.atoms, settings, generator(seed, FRAME_KEY, int(held_out), generation, number)))
        for number, cell in enumerate(dealt)
    ]


def start_frame(ideal: Atoms, settings: StartSettings, rng: np.random.Generator) -> Atoms:
    """Strain, polarize and shake an ideal crystal.

    Parameters
    ----------
    ideal
        Crystal with the array ``site`` (A, B or X).
    settings
        Largest component of the strain; largest amplitude of the polar mode, in which B moves by the amplitude and A by
        half of it in one direction; range of the standard deviation of the shaking of each coordinate.
    rng
        Draws all of them.
    """
    atoms: Atoms = ideal.copy()
    strain = rng.uniform(-settings.strain, settings.strain, (3, 3))
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + 0.5 * (strain + strain.T)), scale_atoms=True)
    direction = rng.normal(size=3)
    amplitude = rng.uniform(0.0, settings.polar_angstrom) / np.linalg.norm(direction)
    share = {"A": A_SITE_SHARE, "B": 1.0, "X": 0.0}
    atoms.positions += amplitude * np.outer([share[site] for site in ideal.get_array("site")], direction)
    low, high = settings.rattle_angstrom
    atoms.positions += rng.normal(scale=rng.uniform(low, high), size=atoms.positions.shape)
    return atoms
