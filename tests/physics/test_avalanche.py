"""The avalanche: what it conserves, repeats, and how it answers to its parameters."""

from dataclasses import replace

import numpy as np
import pytest

from entrox.breakdown import (
    AvalancheSettings,
    advance,
    build_sample,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    initial_state,
    network_conductivity,
    run_avalanche,
    stored_calibration,
    uniform_properties,
)
from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY
from entrox.core import InputError, generator

SETTINGS = AvalancheSettings(ramp_rate=stored_calibration().ramp_rate)
SAMPLE = build_sample(calibrated_plane())


def ramp(rng, sample=SAMPLE, settings=SETTINGS, **changes):
    values = dict(
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=16.0,
        bond_energy=5.85,
    )
    properties = uniform_properties(sample, **{**values, **changes})
    return run_avalanche(sample, calibrated_forms(), properties, calibrated_patterns(), settings, rng)


def case():
    properties = uniform_properties(
        SAMPLE,
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=16.0,
        bond_energy=5.85,
    )
    return SAMPLE, calibrated_forms(), properties, calibrated_patterns()


def test_same_seed_same_path():
    first, second = ramp(generator(5)), ramp(generator(5))
    assert np.array_equal(first.channel, second.channel)
    assert first.breakdown_field == second.breakdown_field


def test_other_seed_other_path():
    assert not np.array_equal(ramp(generator(5)).channel, ramp(generator(6)).channel)


def test_channel_is_connected_and_touches_both_electrodes():
    result = ramp(generator(7))
    bonds = SAMPLE.bonds[result.channel]
    reached = set(bonds[0].tolist())
    for pair in bonds[1:].tolist():
        # Each bond leads from the cluster to exactly one new ion.
        assert len(reached & set(pair)) == 1
        reached |= set(pair)
    sites = np.array(sorted(reached))
    assert SAMPLE.touches_bottom[sites].any()
    assert SAMPLE.touches_top[sites].any()


def test_channel_spans_only_with_its_last_bond():
    result = ramp(generator(7))
    sites = np.unique(SAMPLE.bonds[result.channel[:-1]])
    assert not (SAMPLE.touches_bottom[sites].any() and SAMPLE.touches_top[sites].any())


def test_one_bond_breaks_per_attempt_above_threshold():
    result = ramp(generator(7))
    assert np.allclose(np.diff(result.channel_field), SETTINGS.field_step, rtol=1e-9)
    assert result.breakdown_field - result.onset_field == pytest.approx(
        (len(result.channel) - 1) * SETTINGS.field_step, rel=1e-9
    )


def test_propagation_takes_a_few_to_some_tens_of_megavolt_per_meter():
    gaps = [(r.breakdown_field - r.onset_field) / 1e6 for r in (ramp(generator(1, k)) for k in range(40))]
    assert 10 < np.mean(gaps) < 40


def test_nucleus_lies_anywhere_along_the_field():
    rows = [SAMPLE.bond_cell[ramp(generator(2, k)).channel[0], 1] for k in range(150)]
    counts = np.histogram(rows, bins=[-1, 2, 5, 8, 11, 15])[0]
    assert counts.min() > 10


def test_breakdown_rises_with_ionization_energy_bond_energy_and_ramp_rate_and_falls_with_the_mean_free_path():
    def mean(**changes):
        return np.mean([ramp(generator(3, k), **changes).breakdown_field for k in range(8)])

    base = mean()
    assert mean(ionization_energy=6.0) > base
    assert mean(bond_energy=7.0) > base
    assert mean(mean_free_path=12.0) > base
    fast = replace(SETTINGS, ramp_rate=2 * SETTINGS.ramp_rate)
    assert np.mean([ramp(generator(3, k), settings=fast).breakdown_field for k in range(8)]) > base


def test_released_electrons_raise_the_energy_of_the_bonds_around_the_cluster():
    properties = uniform_properties(
        SAMPLE, ionization_energy=5.21, anion_ionization_energy=13.6, mean_free_path=16.0, bond_energy=5.85
    )
    arguments = SAMPLE, calibrated_forms(), properties, calibrated_patterns()
    with_release = initial_state(*arguments, SETTINGS, generator(1))
    without = initial_state(*arguments, replace(SETTINGS, released_electrons=0.0), generator(1))
    gain = with_release.bond_energies() - without.bond_energies()
    touching = np.isin(SAMPLE.bonds, SAMPLE.bonds[with_release.order[0]]).any(axis=1)
    touching[with_release.order[0]] = False
    # Overlapping fields of like ions cost the bonds beyond a little, less than any touching bond gains.
    assert gain[touching].min() > -gain[~touching].min() > 0


def test_released_electrons_are_conserved():
    properties = uniform_properties(
        SAMPLE, ionization_energy=5.21, anion_ionization_energy=13.6, mean_free_path=16.0, bond_energy=5.85
    )
    patterns = calibrated_patterns()
    state = initial_state(SAMPLE, calibrated_forms(), properties, patterns, SETTINGS, generator(1))
    plain = state.initial_seeds * np.exp(state.medium.growth * state.applied_field**2)
    extra = state.densities() - plain[: len(SAMPLE.positions)]
    width = np.where(
        SAMPLE.lattice.is_anion[SAMPLE.basis_site], patterns["anion"].cloud_width, patterns["cation"].cloud_width
    )
    assert (extra * 2 * np.pi * width**2).sum() == pytest.approx(2.0, rel=1e-6)


def test_advancing_in_pieces_equals_one_run():
    properties = uniform_properties(
        SAMPLE,
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=16.0,
        bond_energy=5.85,
    )
    state = initial_state(SAMPLE, calibrated_forms(), properties, calibrated_patterns(), SETTINGS, generator(9))
    while not state.spans:
        advance(state, SETTINGS, 7)
    whole = ramp(generator(9))
    assert np.array_equal(state.order, whole.channel)
    assert state.applied_field == whole.breakdown_field


def test_large_exponent_follows_the_strongest_bond():
    # With one bond class weakened the front prefers it, the more so the larger xi.
    weak = np.full(len(SAMPLE.bonds), 5.85)
    weak[SAMPLE.basis_bond == 3] = 5.0
    properties = replace(
        uniform_properties(
            SAMPLE, ionization_energy=5.21, anion_ionization_energy=13.6, mean_free_path=16.0, bond_energy=5.85
        ),
        bond_energy=weak,
    )

    def share(exponent):
        settings = replace(SETTINGS, exponent=exponent)
        counts = np.zeros(2)
        for k in range(6):
            result = run_avalanche(
                SAMPLE, calibrated_forms(), properties, calibrated_patterns(), settings, generator(4, k)
            )
            counts += [(SAMPLE.basis_bond[result.channel] == 3).sum(), len(result.channel)]
        return counts[0] / counts[1]

    assert share(30.0) > share(1.0)


def test_healing_slows_the_front():
    slow = replace(SETTINGS, damage_linear=0.5)
    ours, healed = ramp(generator(1)), ramp(generator(1), settings=slow)
    assert len(healed.channel_field) > 1
    assert np.diff(healed.channel_field).mean() > np.diff(ours.channel_field).mean()


def test_ramp_that_ends_too_early_says_so():
    result = ramp(generator(1), settings=replace(SETTINGS, maximum_field=100e6))
    assert result.breakdown_field is None
    assert result.onset_field is None
    assert "maximum field" in result.reason
    stopped = ramp(generator(1), settings=replace(SETTINGS, maximum_field=560e6))
    assert stopped.onset_field is not None
    assert stopped.breakdown_field is None
    assert "did not span" in stopped.reason


def test_conductivity_jumps_when_the_channel_spans():
    result = ramp(generator(1), settings=replace(SETTINGS, conductivity_states=12))
    assert (np.diff(result.conductivity) >= -1e-12).all()
    assert result.conductivity[-1] > 100 * result.conductivity[-2]
    assert result.max_bond_energy[0] < 5.85 <= result.max_bond_energy[-1]


def test_largest_bond_energy_rises_without_a_jump_at_the_onset():
    result = ramp(generator(1), settings=replace(SETTINGS, conductivity_states=60))
    assert (np.diff(result.max_bond_energy) > 0).all()
    after = np.flatnonzero(result.applied_field >= result.onset_field)[:2]
    # Each broken bond hands out two electrons: a percent or two, not a fifth. The states are four bonds apart.
    assert result.max_bond_energy[after[0]] == pytest.approx(5.85, rel=0.02)
    assert result.max_bond_energy[after[1]] == pytest.approx(result.max_bond_energy[after[0]], rel=0.08)


def test_damage_that_feeds_itself_breaks_bonds_without_being_chosen_again():
    fed = replace(SETTINGS, damage_quadratic=6.0, damage_linear=4.5)
    weak = replace(SETTINGS, damage_quadratic=0.0, damage_linear=4.5)
    state = initial_state(*case(), fed, generator(1))
    advance(state, fed, 300)
    damage = state.front.damage
    leaving = state.front.conducting[SAMPLE.bonds].sum(axis=1) == 1
    # Nothing that leads out of the cluster stays beyond its breaking point.
    assert (damage[leaving] < 1.0).all()
    healed = initial_state(*case(), weak, generator(1))
    advance(healed, weak, 300)
    assert state.n_broken > healed.n_broken


def test_way_from_onset_to_breakdown_grows_faster_than_the_sample():
    def gap(cells):
        sample = build_sample(calibrated_plane(), (cells, cells))
        results = [ramp(generator(8, k), sample=sample) for k in range(16)]
        return np.mean([r.breakdown_field - r.onset_field for r in results])

    # A walk: about the square of the length. The 15 cells of the calibration are part of the model.
    exponent = np.log(gap(30) / gap(10)) / np.log(3.0)
    assert exponent == pytest.approx(1.9, abs=0.35)


def test_conductivity_of_a_fully_broken_sample_is_one():
    density = np.ones(len(SAMPLE.positions))
    assert network_conductivity(SAMPLE, np.arange(len(SAMPLE.bonds)), density) == pytest.approx(1.0)


def test_a_bond_broken_before_any_field_is_refused():
    with pytest.raises(InputError, match="before any field"):
        ramp(generator(1), bond_energy=1e-3)


@pytest.mark.parametrize("name", ["ionization_energy", "mean_free_path", "bond_energy"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_nonpositive_parameters_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=name):
        ramp(generator(1), **{name: value})


@pytest.mark.parametrize("name", ["ramp_rate", "attempt_rate", "maximum_field"])
def test_nonpositive_settings_are_refused_by_name(name):
    with pytest.raises(InputError, match=name):
        replace(SETTINGS, **{name: 0.0})


def test_results_are_read_only():
    result = ramp(generator(1))
    with pytest.raises(ValueError, match="read-only"):
        result.channel[0] = 1
