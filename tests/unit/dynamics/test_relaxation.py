"""Relaxed structures: at rest, at the pressure that was asked for, and honest about the search."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose

from entrox.core import InputError
from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR
from entrox.dynamics.crystal.relax import relax
from entrox.dynamics.potential import CalculatorPotential
from entrox.dynamics.protocols import Minimize
from spring_crystal import BULK_MODULUS, EDGE, crystal

SPRINGS = CalculatorPotential("spring_crystal:spring_calculator")


def shaken() -> Atoms:
    atoms = crystal()
    atoms.rattle(0.1, seed=1)
    return atoms


def test_shaken_crystal_relaxes_to_springs_at_rest():
    start = shaken()
    before = start.copy()
    found = relax(start, SPRINGS, Minimize(force_tolerance_ev_per_angstrom=1e-5))
    assert found.converged
    assert found.energy_ev == pytest.approx(0.0, abs=1e-8)
    assert found.largest_force_ev_per_angstrom < 1e-5
    assert found.largest_stress_ev_per_angstrom3 is None
    assert start == before


def test_pressure_shrinks_the_cell_by_the_bulk_modulus():
    pressure_bar = 2000.0
    protocol = Minimize(relax_cell=True, pressure_bar=pressure_bar, force_tolerance_ev_per_angstrom=1e-5)
    found = relax(crystal(), SPRINGS, protocol)
    strain = found.atoms.get_volume() / (2 * EDGE) ** 3 - 1.0
    assert found.converged
    assert_allclose(strain, -pressure_bar * EV_PER_ANGSTROM3_PER_BAR / BULK_MODULUS, rtol=0.01)


def test_search_that_is_too_short_says_so():
    found = relax(shaken(), SPRINGS, Minimize(max_steps=1, force_tolerance_ev_per_angstrom=1e-8))
    assert not found.converged
    assert np.isfinite(found.energy_ev)


def test_cell_without_periods_cannot_be_relaxed():
    with pytest.raises(InputError, match="periodic in all directions"):
        relax(Atoms("Ar2", positions=[[0, 0, 0], [0, 0, 3]]), SPRINGS, Minimize(relax_cell=True))
