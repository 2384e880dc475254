"""Wells of a cubic perovskite: symmetry of the displacements, relaxed against rigid, and conservation of energy."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.dynamics.crystal.energy_drift import energy_drift, run_energy_drift
from entrox.dynamics.potential import CalculatorPotential
from entrox.potentials.teachers.toy import toy_answer, toy_calculator
from entrox.potentials.validation.crystal_checks import check_crystal
from entrox.potentials.validation.wells import scan_wells, shifted_energy, symmetric_displacements
from entrox.structure.perovskite import build_perovskite


@pytest.mark.parametrize(("direction", "count"), [((0, 0, 1), 3), ((1, 1, 1), 3), ((1, 1, 0), 4)])
def test_allowed_displacements_are_those_of_the_polar_space_groups(direction, count):
    # P4mm, R3m and Amm2 have 4, 4 and 5 free coordinates; one of each is the common shift
    allowed = symmetric_displacements(build_perovskite("Ba", "Ti", (1, 1, 1), 4.0), np.array(direction))
    assert len(allowed) == count
    assert allowed @ allowed.T == pytest.approx(np.eye(count), abs=1e-12)
    assert np.abs(allowed.reshape(-1, 5, 3).sum(axis=1)).max() < 1e-12


def test_forces_of_a_symmetric_displacement_stay_symmetric():
    cubic = build_perovskite("Ba", "Ti", (1, 1, 1), 4.05)
    for direction in ((0, 0, 1), (1, 1, 0), (1, 1, 1)):
        allowed = symmetric_displacements(cubic, np.array(direction))
        moved = cubic.copy()
        moved.positions += (0.1 * generator(1).normal(size=len(allowed)) @ allowed).reshape(-1, 3)
        forces = toy_answer(moved).forces_ev_per_angstrom.ravel()
        assert forces == pytest.approx(allowed.T @ (allowed @ forces), abs=1e-9)


def test_wells_open_with_the_edge_and_are_deepest_along_the_diagonal():
    found = scan_wells("Ba", "Ti", toy_calculator(), [4.0, 4.15, 4.2, 4.25])
    depth = dict(zip(found.directions, found.energy_mev, strict=True))
    shift = dict(zip(found.directions, found.shift_angstrom, strict=True))
    for name in found.directions:
        assert depth[name][0] == pytest.approx(0.0, abs=1e-3)
        assert (np.diff(depth[name]) < 0).all()
        assert (np.diff(shift[name]) > 0).all()
    assert (depth["111"][1:] < depth["110"][1:]).all()
    assert (depth["110"][1:] < depth["001"][1:]).all()
    # an edge at which Ti is off center leaves the larger Sn in the middle
    tin = scan_wells("Ba", "Sn", toy_calculator(), [4.15])
    assert tin.energy_mev == pytest.approx(np.zeros((3, 1)), abs=1e-2)


def test_relaxed_oxygen_deepens_what_a_scan_of_the_rigid_cage_shows():
    relaxed = scan_wells("Ba", "Ti", toy_calculator(), [4.2], ["001"])
    rigid = [shifted_energy("Ba", "Ti", toy_calculator(), 4.2, "001", shift) for shift in np.linspace(0.0, 0.4, 21)]
    assert rigid[0] == 0.0
    assert relaxed.energy_mev[0, 0] < min(rigid) - 1.0


def test_a_well_is_a_place_without_forces():
    edge = 4.2
    coarse, fine = (
        scan_wells("Ba", "Ti", toy_calculator(), [edge], ["111"], force_tolerance_ev_per_angstrom=tolerance)
        for tolerance in (1e-2, 1e-5)
    )
    assert fine.energy_mev[0, 0] <= coarse.energy_mev[0, 0] + 1e-9
    assert fine.energy_mev[0, 0] == pytest.approx(coarse.energy_mev[0, 0], abs=0.5)


def test_directions_and_edges_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="directions must be some of"):
        scan_wells("Ba", "Ti", toy_calculator(), [4.0], ["100"])
    with pytest.raises(InputError, match="edges_angstrom"):
        scan_wells("Ba", "Ti", toy_calculator(), [-4.0])


def test_a_planted_drift_is_found_with_its_error():
    times = np.linspace(0.0, 2.0, 400)
    energies = -50.0 + 40 * 0.003e-3 * times + generator(2).normal(0, 1e-5, 400)
    found = energy_drift(times, energies, 40)
    assert found.drift_mev_per_atom_ps == pytest.approx(0.003, abs=3 * found.error_mev_per_atom_ps)
    assert found.fluctuation_mev_per_atom == pytest.approx(1000 * 1e-5 / 40, rel=0.1)
    assert found.length_ps == pytest.approx(2.0)


def test_smooth_forces_conserve_the_energy_and_a_longer_step_does_it_less_well():
    box = build_perovskite("Ba", "Sn", (2, 2, 2), 4.05)
    before = box.positions.copy()
    short, long = (
        run_energy_drift(box, toy_calculator(), generator(1), timestep_fs=step, n_steps=round(100 / step))
        for step in (1.0, 4.0)
    )
    # 1e-4 eV/atom/ps is the limit for a time step of 1 fs
    assert abs(short.drift_mev_per_atom_ps) < 0.1
    # velocity Verlet fluctuates with the square of its step
    assert 8.0 < long.fluctuation_mev_per_atom / short.fluctuation_mev_per_atom < 32.0
    assert np.array_equal(box.positions, before)


def test_all_checks_of_a_crystal_come_in_one():
    toy = CalculatorPotential("entrox.potentials.teachers.toy:toy_calculator")
    found = check_crystal("Ba", "Ti", toy, generator(1), edges_angstrom=[4.0, 4.1])
    assert found.formula == "BaTiO3"
    assert found.edge_angstrom == pytest.approx(found.equation_of_state.edge_angstrom())
    assert found.wells.energy_mev.shape == (3, 2)
    assert "Gamma" in found.phonons.names
    assert abs(found.drift.drift_mev_per_atom_ps) < 0.5
