"""Field enhancement by the conducting cluster: the potential, its cost-free update, and the growth that it makes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse.linalg import spsolve

from entrox.breakdown import (
    AvalancheModel,
    advance,
    build_sample,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    default_settings,
    initial_state,
    run_avalanche,
    run_ensemble,
    uniform_properties,
)
from entrox.breakdown.alloy import given_parameters
from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY
from entrox.breakdown.enhancement import network_laplacian, undisturbed_laplace
from entrox.core import InputError, generator

SETTINGS = replace(default_settings(), enhancement=True)


def start(plane="AO", cells=(15, 15), seed=1):
    sample = build_sample(calibrated_plane(plane), cells)
    properties = uniform_properties(
        sample,
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=16.0,
        bond_energy=5.85,
    )
    arguments = sample, calibrated_forms(plane), properties, calibrated_patterns(), SETTINGS, generator(seed)
    return sample, arguments


def direct_potential(sample, broken, contrast=1e9):
    conductance = np.ones(len(sample.bonds))
    conductance[broken] = contrast
    matrix = network_laplacian(sample, conductance).tocsr()
    potential = np.where(sample.touches_top, 1.0, 0.0)
    free = np.flatnonzero(~(sample.touches_bottom | sample.touches_top))
    potential[free] = spsolve(matrix[free][:, free].tocsc(), -matrix[free] @ potential)
    return potential


@pytest.mark.parametrize("plane", ["AO", "BO2"])
@pytest.mark.parametrize("attempts", [1, 10, 50])
def test_updated_potential_equals_a_direct_solution(plane, attempts):
    sample, arguments = start(plane)
    state = initial_state(*arguments)
    advance(state, SETTINGS, attempts)
    assert np.abs(state.laplace.potential - direct_potential(sample, state.order)).max() < 1e-6


def test_undisturbed_potential_is_linear_and_its_field_uniform():
    sample = build_sample(calibrated_plane(), (5, 9))
    laplace = undisturbed_laplace(sample)
    height = sample.positions[:, 1]
    assert np.allclose(laplace.bare, (height - height.min()) / np.ptp(height))
    assert (laplace.factor == 1.0).all()


def test_a_cluster_shields_its_inside_and_enhances_the_field_at_its_ends():
    sample, arguments = start()
    state = initial_state(*arguments)
    advance(state, SETTINGS, 40)
    inside = np.array(
        [
            site
            for site in np.flatnonzero(state.front.conducting)
            if state.front.conducting[sample.bonds[(sample.bonds == site).any(axis=1)]].all()
        ]
    )
    assert state.laplace.factor.max() > 1.5
    cations = inside[state.laplace.is_cation[inside]]
    assert (state.laplace.factor[cations] < 1e-6).all()


def test_enhancement_lowers_the_breakdown_field_not_the_onset():
    point = given_parameters(5.21, 16.0, 5.85)
    plain = run_ensemble(point, generator(1), seeds=12)
    enhanced = run_ensemble(point, generator(1), seeds=12, model=AvalancheModel(enhancement=True))
    assert enhanced.onset_field == plain.onset_field
    assert enhanced.mean < plain.mean
    assert len(enhanced.first.channel) < len(plain.first.channel)


def test_large_exponent_grows_a_straight_channel():
    _, arguments = start(cells=(21, 21))
    straight = run_avalanche(*arguments[:4], replace(SETTINGS, exponent=20.0), generator(3))
    branched = run_avalanche(*arguments[:4], replace(SETTINGS, exponent=1.0), generator(3))
    # 41 steps of half a cell are the shortest way from electrode to electrode.
    assert len(straight.channel) <= 41 + 6
    assert len(branched.channel) > 1.5 * len(straight.channel)


def test_refreshing_energies_less_often_hardly_moves_the_field():
    _, arguments = start()

    def mean(refresh):
        settings = replace(SETTINGS, refresh_attempts=refresh)
        return np.mean([run_avalanche(*arguments[:4], settings, generator(5, k)).breakdown_field for k in range(10)])

    assert mean(8) == pytest.approx(mean(1), rel=2e-3)


def test_same_seed_same_path_with_enhancement():
    _, arguments = start()
    first, second = (run_avalanche(*arguments[:5], generator(9)) for _ in range(2))
    assert np.array_equal(first.channel, second.channel)


def test_advancing_in_pieces_equals_one_run():
    _, arguments = start()
    whole = run_avalanche(*arguments[:5], generator(9))
    state = initial_state(*arguments[:5], generator(9))
    while not state.spans:
        advance(state, SETTINGS, 5)
    assert np.array_equal(state.order, whole.channel)
    assert state.applied_field == whole.breakdown_field


def test_recording_the_conductivity_changes_no_number():
    _, arguments = start()
    plain = run_avalanche(*arguments[:5], generator(9))
    recorded = run_avalanche(*arguments[:4], replace(SETTINGS, conductivity_states=10), generator(9))
    assert np.array_equal(plain.channel, recorded.channel)


def test_enhancement_with_another_damage_law_is_refused():
    with pytest.raises(InputError, match="default damage law"):
        replace(SETTINGS, damage_linear=0.1)


def test_bonds_that_connect_no_electrodes_are_refused():
    lattice = calibrated_plane()
    one = replace(lattice, bonds=lattice.bonds[:1], bond_shifts=np.zeros((1, 2), dtype=np.int64))
    with pytest.raises(InputError, match="do not connect the electrodes"):
        undisturbed_laplace(build_sample(one, (3, 3)))
