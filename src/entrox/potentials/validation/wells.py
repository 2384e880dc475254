"""Energy that a cubic perovskite gains by shifting its ions along [001], [110] or [111] in a cell of fixed edge.

All ions relax, but only along the displacements that the direction allows: the symmetry of the start is kept, so that a
shallow well does not run into a deeper one. Scans that move only the B ion show no well where there is one.
Units: angstrom, eV/angstrom; depths in meV per formula unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, InputError, Result, check_all_positive, check_positive, quantity

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["WELL_DIRECTIONS", "WellScan", "scan_wells", "shifted_energy", "symmetric_displacements"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WELL_DIRECTIONS: Mapping[str, tuple[int, int, int]] = {"001": (0, 0, 1), "110": (1, 1, 0), "111": (1, 1, 1)}
START_B_ANGSTROM, START_X_ANGSTROM = 0.08, -0.05
FORCE_TOLERANCE = 1e-3
MOST_STEPS = 500
MEV_PER_EV = 1000.0


@dataclass(frozen=True, kw_only=True)
class WellScan(Result):
    """Depth of the wells against the edge of the cell; zero where the cubic arrangement is the lowest.

    ``shift_angstrom`` is that of the B ion from the center of its six X neighbors.
    """

    directions: tuple[str, ...]
    edge_angstrom: Floats = quantity("angstrom", "edge of the cubic cell", axes=("edge",))
    energy_mev: Floats = quantity("meV", "energy per formula unit over the cubic one", axes=("direction", "edge"))
    shift_angstrom: Floats = quantity("angstrom", "shift of B from its cage", axes=("direction", "edge"))


def scan_wells(
    a_site: str,
    b_site: str,
    calculator: Calculator,
    edges_angstrom: Sequence[float],
    directions: Sequence[str] = tuple(WELL_DIRECTIONS),
    *,
    force_tolerance_ev_per_angstrom: float = FORCE_TOLERANCE,
) -> WellScan:
    """Depths of the wells of ABO3 in cells of five atoms.

    Parameters
    ----------
    a_site, b_site
        Elements.
    calculator
        Force field.
    edges_angstrom
        Edges of the cubic cells.
    directions
        Some of ``001``, ``110`` and ``111``.
    force_tolerance_ev_per_angstrom
        Largest force at the end of a relaxation.

    Raises
    ------
    InputError
        If a direction is unknown or an edge is not positive.
    ConvergenceError
        If a relaxation does not come to its end.
    """
    edges = check_all_positive(np.atleast_1d(edges_angstrom), "edges_angstrom", "angstrom")
    if unknown := [name for name in directions if name not in WELL_DIRECTIONS]:
        raise InputError(f"directions must be some of {', '.join(WELL_DIRECTIONS)}; got {', '.join(unknown)}.")
    tolerance = check_positive(force_tolerance_ev_per_angstrom, "force_tolerance_ev_per_angstrom", "eV/angstrom")
    energy, shift = np.empty((2, len(directions), len(edges)))
    for column, edge in enumerate(edges):
        cubic = _cubic(a_site, b_site, float(edge))
        cubic.calc = calculator
        reference = cubic.get_potential_energy()
        for row, name in enumerate(directions):
            relaxed = _relaxed(cubic, np.array(WELL_DIRECTIONS[name]), calculator, tolerance)
            energy[row, column] = MEV_PER_EV * (relaxed.get_potential_energy() - reference)
            moved = relaxed.positions - cubic.positions
            shift[row, column] = np.linalg.norm(moved[1] - moved[2:].mean(axis=0))
    return WellScan(directions=tuple(directions), edge_angstrom=edges, energy_mev=energy, shift_angstrom=shift)


def shifted_energy(
    a_site: str, b_site: str, calculator: Calculator, edge_angstrom: float, direction: str, shift_angstrom: float
) -> float:
    """Energy over the cubic cell when only the B ion moves along a direction [meV per formula unit]."""
    cubic = _cubic(a_site, b_site, check_positive(edge_angstrom, "edge_angstrom", "angstrom"))
    cubic.calc = calculator
    reference = cubic.get_potential_energy()
    axis = np.array(WELL_DIRECTIONS[direction], dtype=float)
    cubic.positions[1] += shift_angstrom * axis / np.linalg.norm(axis)
    return float(MEV_PER_EV * (cubic.get_potential_energy() - reference))


def _cubic(a_site: str, b_site: str, edge: float) -> Atoms:
    """Return A, B, and the three X in one cell."""
    from entrox.structure.perovskite import build_perovskite

    cell: Atoms = build_perovskite(a_site, b_site, (1, 1, 1), edge)
    return cell


def _relaxed(cubic: Atoms, direction: Ints, calculator: Calculator, tolerance: float) -> Atoms:
    """Relax the ions from a start that is shifted along the direction, keeping its symmetry."""
    from ase.optimize import BFGS

    atoms: Atoms = cubic.copy()
    axis = direction / np.linalg.norm(direction)
    start = np.zeros((len(atoms), 3))
    start[1], start[2:] = START_B_ANGSTROM * axis, START_X_ANGSTROM * axis
    allowed = symmetric_displacements(cubic, direction)
    atoms.positions += (allowed.T @ (allowed @ start.ravel())).reshape(-1, 3)
    atoms.set_constraint(_Subspace(allowed))
    atoms.calc = calculator
    # steps by forces alone: the energies of a float32 model are too coarse for a line search
    if not BFGS(atoms, logfile=None, maxstep=0.05).run(fmax=tolerance, steps=MOST_STEPS):
        raise ConvergenceError(
            f"the ions along {direction.tolist()} did not relax to {tolerance:g} eV/angstrom in {MOST_STEPS} steps.",
            atoms,
        )
    return atoms


def symmetric_displacements(cubic: Atoms, direction: Ints) -> Floats:
    """Orthonormal displacements of all ions that keep the symmetry of a shift along a direction.

    Those of the ideal cell that every rotation or reflection of the cube which maps the direction onto itself leaves as
    they are, without the common shift of all ions.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_allowed, 3 n_atoms)``.
    """
    edge = cubic.cell.lengths()[0]
    n_atoms = len(cubic)
    center = cubic.positions[1]
    average = np.zeros((3 * n_atoms, 3 * n_atoms))
    group = [turn for turn in _cube_operations() if np.array_equal(turn @ direction, direction)]
    for turn in group:
        images = (cubic.positions - center) @ turn.T + center
        separation = (images[:, None] - cubic.positions[None]) / edge
        same = np.abs(separation - np.round(separation)).max(axis=2) < 1e-6
        average += np.kron(same.T.astype(float), turn)
    projector = average / len(group)
    for axis in np.eye(3):
        common = np.tile(axis, n_atoms) / np.sqrt(n_atoms)
        projector = projector @ (np.eye(3 * n_atoms) - np.outer(common, common))
    vectors, values, _ = np.linalg.svd(projector)
    return np.asarray(vectors[:, values > 0.5].T)


def _cube_operations() -> list[Ints]:
    """Return the 48 rotations and reflections of a cube."""
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            matrix = np.zeros((3, 3), dtype=np.int64)
            matrix[np.arange(3), order] = signs
            found.append(matrix)
    return found


class _Subspace:
    """Constraint of ASE: positions move, and forces act, only along given displacements."""

    def __init__(self, allowed: Floats) -> None:
        self.projector = allowed.T @ allowed

    def adjust_positions(self, atoms: Atoms, new: Any) -> None:
        """Project the move."""
        move = (new - atoms.positions).ravel()
        new[:] = atoms.positions + (self.projector @ move).reshape(-1, 3)

    def adjust_forces(self, atoms: Atoms, forces: Any) -> None:
        """Project the forces."""
        forces[:] = (self.projector @ forces.ravel()).reshape(-1, 3)

    def get_removed_dof(self, atoms: Atoms) -> int:
        """Return how many directions are fixed."""
        return len(self.projector) - round(float(np.trace(self.projector)))
