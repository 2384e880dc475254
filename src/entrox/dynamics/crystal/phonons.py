r"""Lattice vibrations from forces of displaced atoms, and the modes that are unstable.

.. math:: D_{i\alpha, j\beta}(q) = \frac{1}{\sqrt{m_i m_j}} \sum_R \Phi_{i\alpha, j\beta}(R)\, e^{i q \cdot R},
    \qquad \Phi = -\frac{\partial F_j(R)}{\partial u_i}

by central differences in a supercell. Only wave vectors that are periodic in the supercell are answered: there the sum
is exact, whatever the range of the forces. The sum over all atoms vanishes by translation; it is imposed, and how far
it was violated is reported. Units: angstrom, eV/angstrom2, THz; an imaginary frequency is given as a negative number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, check_positive, check_shape, quantity
from entrox.core.units import TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = [
    "CUBIC_POINTS",
    "ForceConstants",
    "Phonons",
    "force_constants",
    "phonon_frequencies",
    "phonons",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DISPLACEMENT_ANGSTROM = 0.01
CUBIC_POINTS: Mapping[str, tuple[float, float, float]] = {
    "Gamma": (0.0, 0.0, 0.0), "X": (0.5, 0.0, 0.0), "M": (0.5, 0.5, 0.0), "R": (0.5, 0.5, 0.5),
}  # fmt: skip
"""Wave vectors of a simple cubic cell, in reciprocal cell vectors."""
UNSTABLE_BELOW_THZ = -0.1
"""Acoustic modes at Gamma scatter around zero by the noise of the forces; a mode below this is unstable."""


@dataclass(frozen=True, kw_only=True)
class ForceConstants(Result):
    """Force constants between the atoms of a cell and those of all cells of a supercell.

    ``values[i, a, n, j, b]`` couples direction a of atom i in the first cell to b of atom j in cell n.
    """

    values_ev_per_angstrom2: Floats = quantity(
        "eV/angstrom2", "force constants", axes=("atom", "direction", "cell", "other_atom", "other_direction")
    )
    cells: Ints = quantity("1", "cells in units of the cell vectors", axes=("cell", "vector"))
    masses_u: Floats = quantity("u", "masses", axes=("atom",))
    repeats: Ints = quantity("1", "cells of the supercell along the cell vectors", axes=("vector",))
    sum_rule_ev_per_angstrom2: float = quantity("eV/angstrom2", "largest violation of the acoustic sum as computed")


@dataclass(frozen=True, kw_only=True)
class Phonons(Result):
    """Frequencies at named wave vectors, in rising order; imaginary ones are negative."""

    names: tuple[str, ...]
    wave_vector: Floats = quantity("1", "wave vector in reciprocal cell vectors", axes=("point", "vector"))
    frequency_thz: Floats = quantity("THz", "frequency", axes=("point", "mode"))
    sum_rule_ev_per_angstrom2: float = quantity("eV/angstrom2", "largest violation of the acoustic sum as computed")

    def unstable_thz(self, below_thz: float = UNSTABLE_BELOW_THZ) -> dict[str, list[float]]:
        """Return the imaginary frequencies, as negative numbers, by wave vector [THz]."""
        found = {name: row[row < below_thz].tolist() for name, row in zip(self.names, self.frequency_thz, strict=True)}
        return {name: values for name, values in found.items() if values}


def phonons(
    atoms: Atoms,
    calculator: Calculator,
    repeats: tuple[int, int, int] = (2, 2, 2),
    points: Mapping[str, Sequence[float]] = CUBIC_POINTS,
    displacement_angstrom: float = DISPLACEMENT_ANGSTROM,
) -> Phonons:
    """Frequencies of a crystal at wave vectors that are periodic in a supercell.

    Parameters
    ----------
    atoms
        Primitive cell at rest; it is not changed.
    calculator
        Force field.
    repeats
        Cells of the supercell along the three cell vectors.
    points
        Wave vectors in reciprocal cell vectors by name; each component times its number of repeats is whole.
    displacement_angstrom
        Displacement in both directions.

    Raises
    ------
    InputError
        If the structure is not periodic, or a wave vector is not periodic in the supercell.
    """
    vectors = check_shape(list(points.values()), (len(points), 3), "points")
    _check_periodic(vectors, repeats)
    constants = force_constants(atoms, calculator, repeats, displacement_angstrom)
    return Phonons(
        names=tuple(points),
        wave_vector=vectors,
        frequency_thz=np.array([phonon_frequencies(constants, vector) for vector in vectors]),
        sum_rule_ev_per_angstrom2=constants.sum_rule_ev_per_angstrom2,
    )


def force_constants(
    atoms: Atoms,
    calculator: Calculator,
    repeats: tuple[int, int, int] = (2, 2, 2),
    displacement_angstrom: float = DISPLACEMENT_ANGSTROM,
) -> ForceConstants:
    """Force constants by central differences, symmetric and with vanishing acoustic sum; see :func:`phonons`."""
    if not atoms.pbc.all():
        raise InputError(f"phonons need a periodic structure; got pbc = {atoms.pbc.tolist()}.")
    size = [check_integer(n, f"repeats[{k}]", low=1) for k, n in enumerate(repeats)]
    step = check_positive(displacement_angstrom, "displacement_angstrom", "angstrom")
    cells = np.stack(np.meshgrid(*[np.arange(n) for n in size], indexing="ij"), axis=-1).reshape(-1, 3)
    supercell = atoms.repeat(tuple(size))
    n_atoms, n_cells = len(atoms), len(cells)
    values = np.empty((n_atoms, 3, n_cells, n_atoms, 3))
    for atom in range(n_atoms):
        for axis in range(3):
            forces = []
            for sign in (1.0, -1.0):
                moved = supercell.copy()
                moved.positions[atom, axis] += sign * step
                moved.calc = calculator
                forces.append(moved.get_forces())
            values[atom, axis] = ((forces[1] - forces[0]) / (2.0 * step)).reshape(n_cells, n_atoms, 3)
    violation = float(np.abs(values.sum(axis=(2, 3))).max())
    return ForceConstants(
        values_ev_per_angstrom2=_with_sum_rule(_symmetric(values, cells, size)),
        cells=cells,
        masses_u=atoms.get_masses(),
        repeats=np.array(size),
        sum_rule_ev_per_angstrom2=violation,
    )


def _symmetric(values: Floats, cells: Ints, size: Sequence[int]) -> Floats:
    """Average over the two ways to take a second derivative: (i in cell 0, j in n) and (j in cell 0, i in -n)."""
    opposite = np.ravel_multi_index(tuple(((-cells) % size).T), tuple(size))
    return 0.5 * (values + values[:, :, opposite].transpose(3, 4, 2, 0, 1))


def _with_sum_rule(values: Floats) -> Floats:
    """Let each atom's own constant balance those to all others."""
    balanced = values.copy()
    excess = values.sum(axis=(2, 3))
    for atom in range(len(values)):
        # the symmetric part only, so that the matrix stays symmetric
        balanced[atom, :, 0, atom] -= 0.5 * (excess[atom] + excess[atom].T)
    return balanced


def phonon_frequencies(constants: ForceConstants, wave_vector: ArrayLike) -> Floats:
    """Frequencies at one wave vector [THz], rising, imaginary ones negative, shape ``(3 n_atoms,)``."""
    vector = check_shape(wave_vector, (3,), "wave_vector")
    _check_periodic(vector[None], constants.repeats)
    phases = np.exp(2j * np.pi * (constants.cells @ vector))
    n_modes = 3 * len(constants.masses_u)
    matrix = np.einsum("n,ianjb->iajb", phases, constants.values_ev_per_angstrom2).reshape(n_modes, n_modes)
    weight = np.repeat(constants.masses_u, 3) ** -0.5
    squares = np.linalg.eigvalsh(0.5 * (matrix + matrix.conj().T) * np.outer(weight, weight))
    return np.asarray(np.sign(squares) * np.sqrt(np.abs(squares)) * TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U)


def _check_periodic(vectors: Floats, repeats: ArrayLike) -> None:
    turns = vectors * np.asarray(repeats)
    wrong = np.abs(turns - np.round(turns)).max(axis=1) > 1e-9
    if wrong.any():
        raise InputError(
            f"the wave vector {vectors[wrong][0].tolist()} is not periodic in a supercell of "
            f"{np.asarray(repeats).tolist()} cells: each component times the repeats must be whole. Give more repeats."
        )
