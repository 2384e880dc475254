"""What every force field owes: forces and stress are derivatives of the energy, symmetries hold, nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from entrox.core import generator

__all__ = ["CONTRACT", "Precision", "shaken_titanate"]


@dataclass(frozen=True)
class Precision:
    """Step of finite differences, and what may be missing, relative to the largest force or stress.

    ``exact`` is for symmetries, which rounding alone may break.
    """

    step_angstrom: float
    strain: float
    relative: float
    exact: float
    n_checked: int = 6


def shaken_titanate(symbols: str = "BaTiO3", edge: float = 4.02) -> Atoms:
    """Return five atoms of a perovskite in a sheared cell, all of them moved."""
    rng = generator(7)
    corners = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    cell = edge * (np.eye(3) + 0.02 * rng.normal(size=(3, 3)))
    atoms = Atoms(symbols, scaled_positions=corners, cell=cell, pbc=True)
    atoms.positions += 0.08 * rng.normal(size=(5, 3))
    return atoms


def _asked(calculator: Calculator, atoms: Atoms) -> tuple[float, np.ndarray, np.ndarray]:
    work = atoms.copy()
    work.calc = calculator
    return float(work.get_potential_energy()), work.get_forces().copy(), work.get_stress().copy()


def forces_are_minus_the_gradient(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    _, forces, _ = _asked(calculator, atoms)
    scale, rng = np.abs(forces).max(), generator(1)
    for place in rng.choice(forces.size, precision.n_checked, replace=False):
        energies = []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.positions[np.unravel_index(place, forces.shape)] += sign * precision.step_angstrom
            energies.append(_asked(calculator, moved)[0])
        slope = (energies[0] - energies[1]) / (2 * precision.step_angstrom)
        assert abs(forces.flat[place] + slope) < precision.relative * scale


def stress_is_the_derivative_by_strain(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    """Tension positive; the components with shear too."""
    _, _, stress = _asked(calculator, atoms)
    pairs = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
    for component, (a, b) in enumerate(pairs):
        energies = []
        for sign in (1, -1):
            strain = np.zeros((3, 3))
            strain[a, b] += 0.5 * sign * precision.strain
            strain[b, a] += 0.5 * sign * precision.strain
            strained = atoms.copy()
            strained.set_cell(atoms.cell.array @ (np.eye(3) + strain), scale_atoms=True)
            energies.append(_asked(calculator, strained)[0])
        slope = (energies[0] - energies[1]) / (2 * precision.strain) / atoms.get_volume()
        assert abs(stress[component] - slope) < precision.relative * np.abs(stress).max()


def lattice_vectors_change_nothing(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    energy, forces, _ = _asked(calculator, atoms)
    moved = atoms.copy()
    moved.positions[1] += atoms.cell.array[0] - 2 * atoms.cell.array[2]
    moved.positions += [0.3, -0.7, 0.1]
    _same(_asked(calculator, moved)[:2], (energy, forces), precision)


def rotations_turn_forces_and_stress(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    energy, forces, stress = _asked(calculator, atoms)
    turn = np.linalg.qr(generator(3).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    turned = atoms.copy()
    turned.set_cell(atoms.cell.array @ turn, scale_atoms=False)
    turned.positions = atoms.positions @ turn
    found, found_forces, found_stress = _asked(calculator, turned)
    _same((found, found_forces), (energy, forces @ turn), precision)
    expected = turn.T @ stress[[0, 5, 4, 5, 1, 3, 4, 3, 2]].reshape(3, 3) @ turn
    found_matrix = found_stress[[0, 5, 4, 5, 1, 3, 4, 3, 2]].reshape(3, 3)
    assert np.abs(found_matrix - expected).max() < precision.exact * np.abs(stress).max()


def order_of_atoms_does_not_matter(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    energy, forces, _ = _asked(calculator, atoms)
    order = generator(4).permutation(len(atoms))
    _same(_asked(calculator, atoms[order])[:2], (energy, forces[order]), precision)


def repeated_cells_have_the_same_forces(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    energy, forces, _ = _asked(calculator, atoms)
    found, found_forces, _ = _asked(calculator, atoms.repeat((2, 1, 1)))
    _same((found / 2, found_forces), (energy, np.tile(forces, (2, 1))), precision)


def inputs_are_left_alone(calculator: Calculator, atoms: Atoms, precision: Precision) -> None:
    before = atoms.copy()
    work = atoms.copy()
    work.calc = calculator
    work.get_forces()
    assert np.array_equal(work.positions, before.positions)
    assert np.array_equal(work.cell.array, before.cell.array)
    assert np.array_equal(work.numbers, before.numbers)


def _same(found: tuple[float, np.ndarray], expected: tuple[float, np.ndarray], precision: Precision) -> None:
    assert abs(found[0] - expected[0]) < precision.exact * max(1.0, abs(expected[0]))
    assert np.abs(found[1] - expected[1]).max() < precision.exact * max(1.0, np.abs(expected[1]).max())


CONTRACT: tuple[Callable[[Calculator, Atoms, Precision], None], ...] = (
    forces_are_minus_the_gradient,
    stress_is_the_derivative_by_strain,
    lattice_vectors_change_nothing,
    rotations_turn_forces_and_stress,
    order_of_atoms_does_not_matter,
    repeated_cells_have_the_same_forces,
    inputs_are_left_alone,
)
