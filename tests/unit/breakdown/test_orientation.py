"""Turning a crystal changes neither distances nor coordinations."""

import numpy as np
import pytest
from ase.build import bulk, make_supercell
from ase.spacegroup import crystal

from entrox.breakdown import crystal_of_atoms, planes_of_atoms
from entrox.breakdown.orientation import turned_crystal
from entrox.core import InputError

CRYSTALS = {
    "fluorite": crystal(["Hf", "O"], [(0, 0, 0), (0.25,) * 3], spacegroup=225, cellpar=[5.1] * 3 + [90] * 3),
    "rutile": crystal(
        ["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, 90, 90, 90]
    ),
    "corundum": crystal(
        ["Al", "O"], [(0, 0, 0.352), (0.306, 0, 0.25)], spacegroup=167, cellpar=[4.759, 4.759, 12.991, 90, 90, 120]
    ),
    "perovskite": crystal(
        ["Ba", "Ti", "O"],
        [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)],
        spacegroup=221,
        cellpar=[4] * 3 + [90] * 3,
    ),
    "rock salt, primitive": bulk("MgO", "rocksalt", a=4.21),
}
PLANES = [(1, 1, 1), (1, 1, 0), (2, 1, 0), (1, -1, 2), (0, 0, 2)]


def bond_lengths(lattice):
    return np.sort(np.linalg.norm(lattice.bond_vectors, axis=1))


@pytest.mark.parametrize("name", CRYSTALS)
@pytest.mark.parametrize("miller", PLANES)
def test_turned_crystals_keep_all_their_bonds(name, miller):
    atoms = CRYSTALS[name]
    assert np.allclose(bond_lengths(crystal_of_atoms(atoms, miller)), bond_lengths(crystal_of_atoms(atoms)), atol=1e-8)


@pytest.mark.parametrize("miller", PLANES)
def test_turned_cell_has_the_volume_of_the_crystal_and_lies_in_its_plane(miller):
    atoms = CRYSTALS["corundum"]
    turned = turned_crystal(atoms, miller)
    assert np.linalg.det(turned.cell) == pytest.approx(atoms.cell.volume)
    assert np.allclose(turned.cell[:2, 2], 0.0)
    assert turned.cell[0, 1] == 0.0
    # The next plane of the family is one spacing d = 1 / |h| away.
    reduced = np.array(miller) / np.gcd.reduce(np.abs(miller))
    assert turned.cell[2, 2] == pytest.approx(1.0 / np.linalg.norm(atoms.cell.reciprocal().T @ reduced))


@pytest.mark.parametrize("name", ["fluorite", "perovskite", "rock salt, primitive"])
@pytest.mark.parametrize("miller", [(1, 1, 0), (2, 1, 0)])
def test_bonds_in_a_plane_are_bonds_of_the_crystal(name, miller):
    known = np.unique(bond_lengths(crystal_of_atoms(CRYSTALS[name])).round(6))
    try:
        planes = planes_of_atoms(CRYSTALS[name], miller)
    except InputError:
        pytest.skip("this plane holds one kind of ion only")
    for plane in planes:
        assert bond_lengths(plane).min() >= known.min() - 1e-6


def test_atoms_rattled_across_the_border_of_the_cell_stay_in_their_layer():
    atoms = make_supercell(CRYSTALS["perovskite"], 2 * np.eye(3))
    atoms.positions += np.random.default_rng(4).normal(scale=0.03, size=atoms.positions.shape)
    for plane in planes_of_atoms(atoms, (1, 1, 1), layer_tolerance=0.5, reach=1.2):
        lengths = bond_lengths(plane)
        assert lengths.min() > 2.6
        assert len(lengths) == pytest.approx(6 * (~plane.is_anion).sum(), abs=2)


@pytest.mark.parametrize("miller", [(0, 0, 0), (1, 0), (0.5, 0, 1)])
def test_impossible_indices_are_refused(miller):
    with pytest.raises(InputError, match="miller"):
        turned_crystal(CRYSTALS["perovskite"], miller)
