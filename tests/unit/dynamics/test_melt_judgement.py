"""What judges a melt: order of reflections, displacement, voids, volumes; and the lines over the cooling rate."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from scipy import stats

from entrox.core import ConvergenceError, InputError
from entrox.dynamics import (
    CrystalMemory,
    QuenchResult,
    QuenchSettings,
    fit_stress_free_volume,
    largest_empty_sphere,
)
from entrox.dynamics.glass.melting import MeltCheck, cation_mask, mean_square_displacements
from entrox.dynamics.glass.quench_ensemble import gathered
from entrox.dynamics.glass.quench_result import QuenchHistory
from entrox.order import order_limit, reflection_order, strongest_reflections
from entrox.structure import build_bismuth_titanate


def test_random_phases_have_the_mean_order_of_the_closed_form_and_cross_the_limit_once_in_a_thousand():
    rng = np.random.default_rng(1)
    order = reflection_order(rng.random((28, 3)), rng.integers(1, 400, (20_000, 3)))
    assert order.mean() == pytest.approx(np.sqrt(np.pi / (4 * 28)), rel=0.02)
    crossed = int((order > order_limit(28)).sum())
    # fewer than a thousandth, since 28 phases are not quite a Gaussian sum
    assert stats.binom(20_000, 1e-3).sf(crossed - 1) > 0.01
    assert crossed > 2


def test_limits_of_28_and_252_cations_are_those_of_the_published_cells():
    assert order_limit(28) == pytest.approx(0.50, abs=0.005)
    assert order_limit(252) == pytest.approx(0.166, abs=0.001)


def test_strongest_reflections_of_the_aurivillius_cell_are_real_and_not_twice_there():
    crystal = build_bismuth_titanate()
    places = crystal.get_scaled_positions()[cation_mask(crystal)]
    found = strongest_reflections(places, crystal.cell.array)
    assert found.shape == (10, 3)
    order = reflection_order(places, found)
    assert (np.diff(order) <= 1e-9).all()
    assert order[:7] == pytest.approx([1.0] * 2 + [0.938] * 4 + [0.773], abs=1e-3)
    assert len({tuple(sorted([tuple(h), tuple(-h)])) for h in found}) == 10
    spacing = 1 / np.linalg.norm(found @ np.linalg.inv(crystal.cell.array).T, axis=1)
    assert spacing.min() >= 2.0


def test_a_shifted_and_thermally_moved_crystal_is_remembered_and_a_random_one_is_not():
    crystal = build_bismuth_titanate()
    memory, rng = CrystalMemory(crystal), np.random.default_rng(2)
    assert memory.was_crystal
    moved = crystal.copy()
    moved.positions += (3.0, -2.0, 1.0)
    moved.positions += rng.normal(0.0, 0.15, moved.positions.shape)
    check = memory.compared(moved)
    assert check.n_cations == 28
    # the common shift is no displacement
    assert check.cation_msd == pytest.approx(3 * 0.15**2, rel=0.5)
    assert not check.melted
    random = crystal.copy()
    random.positions = rng.random((76, 3)) @ crystal.cell.array
    lost = memory.compared(random)
    assert lost.disordered
    assert lost.melted == (lost.cation_msd > lost.msd_limit)
    assert lost.anion_msd > 10.0


def test_both_the_displacement_and_the_order_must_say_melted():
    common = {
        "msd_limit": 10.0, "anion_msd": None, "indices": [[1, 0, 0]], "start_order": [1.0], "order_limit": 0.5,
        "n_cations": 28,
    }  # fmt: skip
    assert MeltCheck(cation_msd=11.0, order=[0.4], **common).melted
    assert not MeltCheck(cation_msd=9.0, order=[0.4], **common).melted
    assert not MeltCheck(cation_msd=11.0, order=[0.6], **common).melted


def test_displacements_in_a_swollen_cell_count_from_places_carried_along():
    first = bulk("Cu", cubic=True).repeat(2)
    later = first.copy()
    later.set_cell(first.cell.array * 1.1, scale_atoms=True)
    assert mean_square_displacements(first, later) == pytest.approx(np.zeros(32), abs=1e-20)


def test_cations_are_what_is_no_anion_and_all_atoms_of_an_element():
    assert cation_mask(Atoms("BiTiO3")).tolist() == [True, True, False, False, False]
    assert cation_mask(Atoms("O3")).all()


def test_the_hole_of_face_centered_cubic_is_its_octahedral_site():
    assert largest_empty_sphere(bulk("Cu", a=3.6, cubic=True)) == pytest.approx(1.8)
    torn = bulk("Cu", a=3.6, cubic=True).repeat(3)
    middle = np.argmin(np.linalg.norm(torn.positions - 3.6 * 1.5, axis=1))
    del torn[int(middle)]
    # the nearest neighbors of the vacancy
    assert largest_empty_sphere(torn) == pytest.approx(3.6 / np.sqrt(2), rel=1e-9)
    flat = bulk("Cu", a=3.6, cubic=True).repeat((1, 1, 4))
    assert largest_empty_sphere(flat) == pytest.approx(1.8)


def test_the_volume_at_a_pressure_of_a_known_law_is_found_with_its_modulus():
    volumes = np.array([900.0, 950.0, 1000.0, 1050.0, 1100.0])
    u = np.log(volumes / 1030.0)
    found = fit_stress_free_volume(volumes, -60.0 * u + 80.0 * u**2)
    assert found.solution_angstrom3 == pytest.approx(1030.0, rel=1e-9)
    assert found.bulk_modulus_gpa == pytest.approx(60.0, rel=1e-9)
    assert not found.extrapolated
    assert fit_stress_free_volume(volumes, -60.0 * np.log(volumes / 1200.0)).extrapolated
    with pytest.raises(ConvergenceError, match="do not fall"):
        fit_stress_free_volume(volumes, 60.0 * u)
    with pytest.raises(InputError, match="at least 5 volumes"):
        fit_stress_free_volume(volumes[:4], u[:4])


def _member(seed, rate, energy, verdict="glass"):
    empty = np.zeros(0)
    history = QuenchHistory(
        time_ps=empty, temperature_k=empty, energy_ev_per_atom=empty, pressure_gpa=empty, volume_angstrom3=empty,
        frame_time_ps=empty, cation_msd=empty, anion_msd=empty, largest_order=empty, phase_names=(), phase_end_ps=empty,
    )  # fmt: skip
    return QuenchResult(
        verdict=verdict, atoms=bulk("Cu"), seed=seed, rate_k_per_ps=rate, potential="none", energy_ev_per_atom=energy,
        crystal_energy_ev_per_atom=-5.0, relaxed=True, density_g_per_cm3=8.0, volume_angstrom3=11.0,
        empty_sphere_angstrom=1.8, history=history, cpu_s=0.0, n_steps=1, melt_diffusivities={},
    )  # fmt: skip


def _ensemble(seeds=6, scatter=0.003):
    rng = np.random.default_rng(4)
    melts = rng.normal(0.0, scatter, seeds)
    return [
        _member(seed, rate, -5.0 + 0.2 + 0.01 * np.log10(rate) + melts[seed] + rng.normal(0, 1e-4))
        for seed in range(seeds)
        for rate in (10.0, 100.0, 1000.0)
    ]


def test_the_energy_is_extrapolated_over_the_logarithm_of_the_rate_with_the_error_of_the_melts():
    found = gathered(_ensemble(), 1e-12, np.random.default_rng(1))
    line = found.extrapolated
    assert line.slope == pytest.approx(0.01, abs=2e-4)
    assert line.decades == pytest.approx(13.0)
    assert line.value == pytest.approx(0.2 - 0.12, abs=4 * line.error)
    # six melts that scatter together: rows taken as independent would give less
    assert line.error > 0.6 * 0.003 / np.sqrt(6)
    assert found.difference.value == pytest.approx(0.21, abs=4 * found.difference.error)
    assert found.difference.n_melts == 6


def test_members_that_remember_the_crystal_give_no_energy_of_a_glass():
    members = [replace(member, verdict="crystal memory") for member in _ensemble(4)]
    found = gathered(members, 1e-12, np.random.default_rng(1))
    assert found.verdict == "crystal memory"
    assert found.difference.value is None
    assert found.extrapolated is None
    one = gathered([*members, _member(9, 10.0, -4.7)], 1e-12, np.random.default_rng(1))
    assert one.difference.value == pytest.approx(0.3)
    assert one.difference.error is None


def test_one_rate_cannot_be_extrapolated():
    members = [_member(seed, 10.0, -4.8 + 0.001 * seed) for seed in range(5)]
    found = gathered(members, 1e-12, np.random.default_rng(1))
    assert found.extrapolated is None
    assert found.difference.error == pytest.approx(np.std([0.001 * s for s in range(5)], ddof=1) / np.sqrt(5))


def test_a_protocol_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="must lie above"):
        QuenchSettings(melt_temperature_k=300.0, end_temperature_k=400.0)
    with pytest.raises(ValueError, match="at least melt_ps"):
        QuenchSettings(melt_ps=3.0, longest_melt_ps=2.0)
