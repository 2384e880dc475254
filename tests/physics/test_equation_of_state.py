"""Equation of state: exact for its own formula, as ASE fits it, and honest where there is no minimum."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.eos import EquationOfState as AseEquationOfState

from entrox.core import ConvergenceError, InputError, generator
from entrox.core.units import GIGAPASCAL_PER_EV_PER_ANGSTROM3
from entrox.dynamics.crystal.equation_of_state import birch_murnaghan, equation_of_state, fit_birch_murnaghan
from entrox.potentials.teachers.toy import toy_calculator
from entrox.structure.perovskite import build_perovskite

VOLUMES = np.linspace(56.0, 72.0, 9)


@pytest.mark.parametrize("slope", [3.5, 4.0, 6.0])
def test_energies_of_the_equation_give_its_parameters_back(slope):
    energies = birch_murnaghan(VOLUMES, -42.0, 64.0, 1.1, slope)
    found = fit_birch_murnaghan(VOLUMES, energies)
    assert found.equilibrium_volume_angstrom3 == pytest.approx(64.0, rel=1e-8)
    assert found.equilibrium_energy_ev == pytest.approx(-42.0, abs=1e-9)
    assert found.bulk_modulus_gpa == pytest.approx(1.1 * GIGAPASCAL_PER_EV_PER_ANGSTROM3, rel=1e-6)
    assert found.bulk_modulus_slope == pytest.approx(slope, rel=1e-5)
    assert found.residual_mev < 1e-6
    assert not found.extrapolated
    assert found.edge_angstrom() == pytest.approx(4.0)


def test_the_modulus_is_the_second_derivative_of_the_energy():
    step = 0.01
    energies = birch_murnaghan([64.0 - step, 64.0, 64.0 + step], -1.0, 64.0, 1.2, 4.5)
    assert 64.0 * (energies[0] - 2 * energies[1] + energies[2]) / step**2 == pytest.approx(1.2, rel=1e-4)


def test_a_noisy_curve_is_fitted_as_ase_does():
    energies = birch_murnaghan(VOLUMES, -42.0, 63.0, 1.0, 4.5) + generator(1).normal(0, 1e-3, VOLUMES.size)
    found = fit_birch_murnaghan(VOLUMES, energies)
    volume, energy, modulus = AseEquationOfState(VOLUMES, energies, eos="birchmurnaghan").fit()
    assert found.equilibrium_volume_angstrom3 == pytest.approx(volume, rel=1e-5)
    assert found.equilibrium_energy_ev == pytest.approx(energy, abs=1e-6)
    assert found.bulk_modulus_gpa == pytest.approx(modulus * GIGAPASCAL_PER_EV_PER_ANGSTROM3, rel=1e-3)
    assert 0.1 < found.residual_mev < 2.0


def test_a_minimum_outside_the_volumes_is_called_extrapolated():
    far = np.linspace(66.0, 76.0, 7)
    assert fit_birch_murnaghan(far, birch_murnaghan(far, 0.0, 64.0, 1.0, 4.0)).extrapolated


@pytest.mark.parametrize(
    ("volumes", "energies", "error", "message"),
    [([60, 61, 62, 63], [0, 1, 2, 3], InputError, "at least 5 volumes"),
     (np.linspace(50, 70, 6), -(np.linspace(-1, 1, 6) ** 2), ConvergenceError, "no minimum"),
     ([60, 61, -62, 63, 64], np.zeros(5), InputError, "volume_angstrom3"),
     (np.linspace(50, 70, 6), [np.nan] * 6, InputError, "energy_ev")],
)  # fmt: skip
def test_curves_without_an_answer_are_refused(volumes, energies, error, message):
    with pytest.raises(error, match=message):
        fit_birch_murnaghan(volumes, energies)


def test_a_lennard_jones_crystal_has_its_known_edge_and_modulus():
    calculator = LennardJones(sigma=1.0, epsilon=1.0, rc=9.0)
    found = equation_of_state(bulk("Ar", "fcc", a=1.55), calculator, np.linspace(-0.02, 0.02, 9))
    # lattice sums of the fcc crystal: a = 2^(2/3) (A12/A6)^(1/6) with A12 = 12.13188, A6 = 14.45392
    assert found.edge_angstrom() * 4 ** (1 / 3) == pytest.approx(
        np.sqrt(2) * (2 * 12.13188 / 14.45392) ** (1 / 6), rel=1e-3
    )
    # B = 2 sqrt(2) 4 eps A12^(-5/2) ... = 75.2 eps / sigma^3 (Kittel)
    assert found.bulk_modulus_gpa / GIGAPASCAL_PER_EV_PER_ANGSTROM3 == pytest.approx(75.2, rel=0.02)


def test_structures_are_not_changed_and_need_periods():
    box = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)
    before = box.cell.array.copy(), box.positions.copy()
    found = equation_of_state(box, toy_calculator())
    assert np.array_equal(box.cell.array, before[0])
    assert np.array_equal(box.positions, before[1])
    assert 3.8 < found.edge_angstrom() < 4.2
    box.pbc = False
    with pytest.raises(InputError, match="periodic"):
        equation_of_state(box, toy_calculator())
