"""The fast solver against the plain continuum solver."""

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
    run_avalanche,
    run_reference,
    stored_calibration,
    uniform_properties,
)
from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY, PERMITTIVITY
from entrox.breakdown.reference import build_grid, continuum_bond_energies
from entrox.core import InputError, generator

LONG = pytest.mark.long
SETTINGS = AvalancheSettings(ramp_rate=stored_calibration().ramp_rate)


def case(plane="AO", cells=(4, 4), path=16.0):
    sample = build_sample(calibrated_plane(plane), cells)
    properties = uniform_properties(
        sample,
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=path,
        bond_energy=5.85,
    )
    return sample, properties


@pytest.mark.parametrize(
    ("plane", "grid_step"),
    [("AO", 0.1), ("BO2", 0.1), pytest.param("AO", 0.05, marks=LONG), pytest.param("BO2", 0.05, marks=LONG)],
)
def test_energy_of_every_bond_agrees_to_one_percent(plane, grid_step):
    sample, properties = case(plane)
    state = initial_state(sample, calibrated_forms(plane), properties, calibrated_patterns(), SETTINGS, generator(1))
    advance(state, SETTINGS, 3)
    bulk = state.bulk_densities()
    energies = continuum_bond_energies(
        sample, build_grid(sample, grid_step), state.densities(), bulk, calibrated_patterns(), PERMITTIVITY
    )
    assert np.abs(energies / state.bond_energies() - 1.0).max() < 0.01


def test_reference_energies_converge_with_second_order():
    sample, properties = case(cells=(2, 2))
    state = initial_state(sample, calibrated_forms(), properties, calibrated_patterns(), SETTINGS, generator(1))
    densities, bulk = state.initial_seeds[:-2], state.initial_seeds[-2:]
    steps, energies = np.array([0.2, 0.1, 0.05]), []
    for step in steps:
        grid = build_grid(sample, step)
        energies.append(
            continuum_bond_energies(sample, grid, densities, bulk, calibrated_patterns(), PERMITTIVITY).mean()
        )
    order = np.log2((energies[0] - energies[1]) / (energies[1] - energies[2]))
    assert order == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("path", "cells"), [(16.0, (2, 3)), pytest.param(16.0, (4, 4), marks=LONG), pytest.param(4.0, (4, 4), marks=LONG)]
)
def test_onset_and_channel_agree(path, cells):
    sample, properties = case(path=path, cells=cells)
    slow = run_reference(sample, properties, calibrated_patterns(), SETTINGS, generator(1), permittivity=PERMITTIVITY)
    fast = run_avalanche(sample, calibrated_forms(), properties, calibrated_patterns(), SETTINGS, generator(1))
    assert slow.onset_field == pytest.approx(fast.onset_field, rel=0.005)
    assert slow.breakdown_field == pytest.approx(fast.breakdown_field, rel=0.005)
    assert np.array_equal(slow.channel, fast.channel)
    assert slow.poisson_solves > len(slow.channel)


def test_reference_stops_at_the_maximum_field():
    from dataclasses import replace

    sample, properties = case(cells=(2, 2))
    arguments = sample, properties, calibrated_patterns()
    early = run_reference(*arguments, replace(SETTINGS, maximum_field=100e6), generator(1), permittivity=PERMITTIVITY)
    assert early.onset_field is None
    assert early.breakdown_field is None


def test_reference_refuses_what_it_does_not_know():
    from dataclasses import replace

    sample, properties = case()
    with pytest.raises(InputError, match="A = B = 0"):
        run_reference(
            sample,
            properties,
            calibrated_patterns(),
            replace(SETTINGS, damage_linear=0.1),
            generator(1),
            permittivity=PERMITTIVITY,
        )
