from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.scattering.run.chain import annealing_temperature, tuned_radii
from entrox.scattering.run.convergence import chain_health
from entrox.scattering.setup.rmc_settings import RmcSettings

SAMPLE = {"formula": "SrTiO3", "cells": (2, 2, 2), "lattice_a_angstrom": 3.9}


def noise(count, seed=0, memory=0.0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=count)
    for k in range(1, count):
        values[k] += memory * values[k - 1]
    return values


def test_a_settled_chain_is_converged():
    found = chain_health(1000.0 + noise(200), np.full(200, 400.0), 20)
    assert found.converged
    assert abs(found.slope) < 0.01
    assert found.autocorrelation_moves == pytest.approx(400.0, rel=0.5)


def test_a_falling_chain_is_not_converged_and_says_how_fast_it_falls():
    # two percent of the mean in ten moves per atom
    found = chain_health(1000.0 - 2.0 * np.arange(200) + noise(200), np.full(200, 400.0), 20)
    assert not found.converged
    assert found.slope == pytest.approx(-20.0 / 640.0, rel=0.05)
    assert "chi^2 changes by -3.1 %" in found.reason


def test_a_chain_with_long_memory_is_not_converged():
    found = chain_health(1e6 + noise(200, memory=0.99), np.full(200, 400.0), 20)
    assert not found.converged
    assert "autocorrelation times" in found.reason
    assert found.autocorrelation_moves > 5.0 * 400.0


def test_a_short_chain_is_not_converged():
    found = chain_health([3.0, 2.0, 1.0], [1, 1, 1], 1)
    assert (found.converged, found.slope) == (False, None)


def test_chi_squares_must_be_finite():
    with pytest.raises(InputError, match="costs"):
        chain_health([np.nan, 1.0], [1, 1], 0)


def test_steps_follow_the_acceptance():
    radii = np.array([0.08, 0.08, 0.08, 0.08])
    counters = np.array([[100, 100, 90], [100, 90, 10], [100, 100, 40], [10, 10, 9]])
    new, seen = tuned_radii(radii, counters, np.zeros((4, 3), dtype=int))
    assert new[0] == pytest.approx(0.08 * 1.4)
    assert new[1] == pytest.approx(0.08 / 1.4)
    # inside the band, and too few moves to tell
    assert new[2:].tolist() == [0.08, 0.08]
    assert seen[:, 0].tolist() == [100, 100, 100, 0]
    assert radii.tolist() == [0.08] * 4


def test_the_temperature_falls_by_equal_factors():
    settings = RmcSettings(sample=SAMPLE, annealing={"start_temperature": 16.0, "moves_per_atom": 4})
    assert [annealing_temperature(settings, k) for k in range(6)] == pytest.approx([16.0, 8.0, 4.0, 2.0, 1.0, 1.0])


def test_burn_in_is_half_of_the_run_at_most():
    settings = RmcSettings(sample=SAMPLE, run={"moves_per_atom": 10, "burn_in_moves_per_atom": 20})
    assert settings.sampling_start == 5
    assert settings.replaced(run={"moves_per_atom": 100}).sampling_start == 20
