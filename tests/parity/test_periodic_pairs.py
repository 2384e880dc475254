"""The pair search gives the pairs of ASE's neighbor list, in any cell, for atoms anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.testing import assert_allclose

from entrox.core import generator
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

CELLS = {
    "cubic": np.diag([4.0, 4.0, 4.0]),
    "long": np.diag([3.0, 9.0, 14.0]),
    "sheared": np.array([[4.0, 0.0, 0.0], [3.5, 4.0, 0.0], [-2.0, 3.0, 5.0]]),
    "left-handed": np.array([[0.0, 5.0, 0.3], [5.0, 0.2, 0.0], [0.1, 0.0, 5.0]]),
}


@pytest.mark.parametrize("pbc", [(True, True, True), (True, False, True), (False, False, False)])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("cutoff", [2.5, 7.0])
def test_pairs_are_those_of_the_neighbor_list_of_ase(cell, pbc, cutoff):
    positions = generator(1).uniform(-12.0, 12.0, (9, 3))
    atoms = Atoms("O9", positions=positions, cell=CELLS[cell], pbc=pbc)
    found = sorted_pairs(*periodic_pairs(positions, CELLS[cell], np.array(pbc), cutoff))
    expected = sorted_pairs(*neighbor_list("ijD", atoms, cutoff))
    assert len(found) == len(expected)
    assert_allclose(found, expected, atol=1e-10)


def sorted_pairs(first, second, vectors):
    rows = np.column_stack([first, second, np.round(vectors, 6)])
    order = np.lexsort(rows.T[::-1])
    return np.column_stack([first, second, vectors])[order]


def test_single_atom_sees_its_own_images():
    first, second, vectors = periodic_pairs(np.zeros((1, 3)), np.eye(3), np.ones(3, dtype=bool), 1.0)
    assert (first == 0).all()
    assert (second == 0).all()
    assert_allclose(np.linalg.norm(vectors, axis=1), np.ones(6))
