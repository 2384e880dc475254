"""Ewald's sum against Madelung's constants, and its independence of how it is split."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from numpy.testing import assert_allclose

from entrox.core import InputError, generator
from entrox.potentials.teachers.ewald import COULOMB_EV_ANGSTROM, EwaldSplit, coulomb_energy, reciprocal_part

MADELUNG = {"rocksalt": ("NaCl", 1.747564594633), "cesiumchloride": ("CsCl", 1.762674773070),
            "zincblende": ("ZnS", 1.638055053388)}  # fmt: skip
"""Constants for unit charges and the nearest distance; Tosi, Solid State Phys. 16, 1 (1964)."""
NEAREST = {"rocksalt": 0.5, "cesiumchloride": np.sqrt(3) / 2, "zincblende": np.sqrt(3) / 4}


@pytest.mark.parametrize("structure", MADELUNG)
@pytest.mark.parametrize("cutoff", [6.0, 9.0])
def test_ionic_crystal_has_its_madelung_constant(structure, cutoff):
    name, constant = MADELUNG[structure]
    crystal = bulk(name, structure, a=4.3)
    energy = coulomb_energy(crystal.positions, [1.0, -1.0], crystal.cell.array, cutoff)
    assert_allclose(-energy * NEAREST[structure] * 4.3 / COULOMB_EV_ANGSTROM, constant, rtol=1e-9)


def test_energy_of_a_sheared_cell_does_not_depend_on_the_split():
    rng = generator(5)
    cell = 6.0 * np.eye(3) + rng.normal(size=(3, 3))
    positions, charges = rng.uniform(size=(6, 3)) @ cell, rng.normal(size=6)
    charges -= charges.mean()
    energies = [coulomb_energy(positions, charges, cell, cutoff) for cutoff in (5.0, 8.0, 13.0)]
    assert_allclose(energies, energies[0], rtol=0, atol=1e-8)


def test_gradient_of_the_reciprocal_part_is_its_derivative():
    rng = generator(6)
    cell = np.diag([5.0, 6.0, 7.0])
    positions, charges = rng.uniform(size=(4, 3)) @ cell, np.array([1.0, -2.0, 0.5, 0.5])
    split = EwaldSplit.of_cell(cell, 6.0)
    _, gradient, _ = reciprocal_part(positions, charges, split, 210.0)
    for place in np.ndindex(4, 3):
        energies = []
        for sign in (1, -1):
            moved = positions.copy()
            moved[place] += sign * 1e-5
            energies.append(reciprocal_part(moved, charges, split, 210.0)[0])
        assert_allclose(gradient[place], (energies[0] - energies[1]) / 2e-5, atol=1e-6)


def test_charged_cell_is_refused():
    with pytest.raises(InputError, match=r"must be neutral; got a charge of \+1 e"):
        coulomb_energy([[0, 0, 0]], [1.0], np.eye(3))
