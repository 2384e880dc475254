"""CP2K as a teacher, on a coarse mesh: one force against the energies around it, symmetry, an unconverged field."""

from __future__ import annotations

import shutil

import pytest
from ase import Atoms
from numpy.testing import assert_allclose

from entrox.potentials.label import Label
from entrox.potentials.teachers.cp2k import PROGRAMS, Cp2kSettings
from entrox.potentials.teachers.teacher import CalculatorTeacher, cp2k_teacher
from entrox.structure import build_perovskite

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not any(map(shutil.which, PROGRAMS)), reason="cp2k is not installed: apt install cp2k"),
]

SPACING_OF_GAMMA = 10.0
SHIFTS = (0.18, 0.22)


def oxide(shift: float = 0.0) -> Atoms:
    """Return BaTiO3 of five atoms with titanium moved along z, where a single k point pulls it on."""
    found = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)
    atoms = Atoms(found.symbols, positions=found.positions, cell=found.cell, pbc=True)
    atoms.positions[1, 2] += shift
    return atoms


def teacher(**changes: float) -> CalculatorTeacher:
    quick = {"cutoff_ry": 200.0, "relative_cutoff_ry": 30.0, "eps_scf": 1e-5, **changes}
    return cp2k_teacher(Cp2kSettings(k_spacing_per_angstrom=SPACING_OF_GAMMA, **quick))


@pytest.fixture(scope="module")
def labels() -> list[Label]:
    """Return labels of the oxide with its oxygen at two places."""
    found = [teacher().label(oxide(shift)) for shift in SHIFTS]
    teacher().end()
    return found


def test_forces_at_two_places_are_minus_the_slope_of_the_energy_between_them(labels):
    slope = (labels[1].energy_ev - labels[0].energy_ev) / (SHIFTS[1] - SHIFTS[0])
    force = sum(label.forces_ev_per_angstrom[1, 2] for label in labels) / 2
    assert [label.state for label in labels] == ["done", "done"]
    assert_allclose(force, -slope, rtol=0.02)


def test_forces_balance_and_virial_is_symmetric(labels):
    forces, virial = labels[0].forces_ev_per_angstrom, labels[0].virial_ev
    assert abs(forces.sum(axis=0)).max() < 0.02 * abs(forces).max()
    assert_allclose(virial, virial.T, atol=1e-12)


def test_field_that_runs_out_of_iterations_is_an_unconverged_label():
    label = teacher(max_scf=2).label(oxide(0.1))
    assert label.state == "unconverged"


def test_settings_belong_to_the_fingerprint():
    assert teacher().fingerprint() != teacher(cutoff_ry=350.0).fingerprint()
