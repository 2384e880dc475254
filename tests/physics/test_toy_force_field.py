"""The toy force field: a bound cubic crystal with soft B sites, smooth at its cutoff."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose

from entrox.core import InputError
from entrox.potentials.teachers.toy import CUTOFF_ANGSTROM, toy_answer, toy_calculator
from entrox.structure import build_perovskite


def cubic(a_site: str, b_site: str, edge: float) -> Atoms:
    return build_perovskite(a_site, b_site, (1, 1, 1), edge)


def b_site_stiffness(a_site: str, b_site: str, edge: float) -> float:
    """Return the force constant of one B ion that moves alone, in a box of eight cells."""
    box = build_perovskite(a_site, b_site, (2, 2, 2), edge)
    index = box.get_chemical_symbols().index(b_site)
    box.positions[index, 2] += 1e-4
    return -toy_answer(box).forces_ev_per_angstrom[index, 2] / 1e-4


def test_cubic_crystal_has_no_force_and_is_bound_near_four_angstrom():
    edges = np.arange(3.8, 4.25, 0.01)
    energies = [toy_answer(cubic("Ba", "Ti", edge)).energy_ev for edge in edges]
    best = edges[int(np.argmin(energies))]
    assert 3.95 < best < 4.05
    assert min(energies) < -10.0
    assert_allclose(toy_answer(cubic("Ba", "Ti", best)).forces_ev_per_angstrom, 0.0, atol=1e-12)


def test_titanium_is_softer_than_tin():
    assert 0.0 < b_site_stiffness("Ba", "Ti", 4.0) < b_site_stiffness("Ba", "Sn", 4.0)


def test_shaken_crystal_falls_back_into_the_cubic_one():
    from ase.optimize import BFGS

    box = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    shaken = box.copy()
    shaken.rattle(0.1, seed=3)
    shaken.calc = toy_calculator()
    BFGS(shaken, logfile=None).run(fmax=1e-4, steps=200)
    assert_allclose(shaken.get_potential_energy(), toy_answer(box).energy_ev, atol=1e-6)


def test_energy_and_force_end_smoothly_at_the_cutoff():
    def pair(distance: float) -> tuple[float, float]:
        answer = toy_answer(Atoms("TiO", positions=[[0, 0, 0], [0, 0, distance]]))
        return answer.energy_ev, answer.forces_ev_per_angstrom[1, 2]

    near = 1e-3
    energy, force = pair(CUTOFF_ANGSTROM - near)
    assert energy != 0.0
    assert abs(energy) < near**2
    assert abs(force) < 10 * near**2
    assert pair(CUTOFF_ANGSTROM + near) == (0.0, 0.0)


def test_structure_without_periods_has_no_stress():
    assert toy_answer(Atoms("TiO", positions=[[0, 0, 0], [0, 0, 2.0]])).stress_ev_per_angstrom3 is None


def test_unknown_element_is_named():
    with pytest.raises(InputError, match="the structure also has Zr"):
        toy_answer(cubic("Ba", "Zr", 4.1))
