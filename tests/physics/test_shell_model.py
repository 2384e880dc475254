"""The core-shell model of BaTiO3: symmetric where the crystal is, polarizable where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose

from entrox.core import ConvergenceError, InputError
from entrox.potentials.teachers.shell_model import CORE_CHARGES_E, SHELL_CHARGES_E, shell_answer
from entrox.structure import build_perovskite


def test_ions_of_the_formula_are_neutral_together():
    assert_allclose((CORE_CHARGES_E + SHELL_CHARGES_E) @ [1, 1, 3], 0.0, atol=1e-12)


def test_cubic_crystal_has_no_forces_and_isotropic_stress():
    answer = shell_answer(build_perovskite("Ba", "Ti", (1, 1, 1), 3.99))
    assert_allclose(answer.forces_ev_per_angstrom, 0.0, atol=1e-8)
    stress = answer.stress_ev_per_angstrom3
    assert_allclose(stress[:3], stress[0], atol=1e-9)
    assert_allclose(stress[3:], 0.0, atol=1e-9)


def test_lattice_is_in_equilibrium_near_the_edge_of_the_oxide():
    def pressure(edge: float) -> float:
        return -float(shell_answer(build_perovskite("Ba", "Ti", (1, 1, 1), edge)).stress_ev_per_angstrom3[0])

    assert pressure(3.95) > 0.0 > pressure(4.05)


def test_titanium_off_its_center_with_the_oxygens_lowers_the_energy():
    """The ferroelectric mode, with displacements as published for BaTiO3, in a slightly wide cubic cell."""
    box = build_perovskite("Ba", "Ti", (1, 1, 1), 4.02)
    symbols = np.array(box.get_chemical_symbols())
    polar = box.copy()
    polar.positions[symbols == "Ti", 2] += 0.06
    polar.positions[symbols == "O", 2] -= 0.06
    assert shell_answer(polar).energy_ev < shell_answer(box).energy_ev


@pytest.mark.parametrize(
    ("atoms", "message"),
    [
        (Atoms("BaSnO3", positions=np.eye(5, 3), cell=4 * np.eye(3), pbc=True), "also has Sn"),
        (Atoms("BaTiO3", positions=np.eye(5, 3)), "periodic in all directions"),
        (Atoms("BaO2", positions=np.eye(3), cell=4 * np.eye(3), pbc=True), "must be neutral"),
    ],
)
def test_structure_outside_the_model_is_refused(atoms, message):
    with pytest.raises(InputError, match=message):
        shell_answer(atoms)


def test_ions_that_overlap_have_no_shells():
    box = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)
    box.positions[2] = box.positions[1] + [0.4, 0.0, 0.0]
    with pytest.raises(ConvergenceError, match="find no minimum"):
        shell_answer(box)
