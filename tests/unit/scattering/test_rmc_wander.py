"""Distances of atoms from their sites along a run: what still spreads has not settled."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.scattering.run.wander import site_variance, wander_reasons


def settled(rounds, elements, seed=0):
    return 0.005 + 1e-4 * np.random.default_rng(seed).normal(size=(rounds, elements))


def test_a_shift_of_the_whole_box_is_no_distance_from_the_sites():
    rng = np.random.default_rng(1)
    sites = 4.0 * rng.random((300, 3))
    away = rng.normal(0.0, 0.1, (300, 3))
    numbers = np.repeat([0, 1], 150)
    still = site_variance(sites + away, sites, numbers, 2)
    moved = site_variance(sites + away + [1.0, -2.0, 0.5], sites, numbers, 2)
    np.testing.assert_allclose(moved, still, rtol=1e-9)
    assert still == pytest.approx([0.01, 0.01], rel=0.15)


def test_elements_without_atoms_have_no_distance():
    assert site_variance([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]], [1], 3).tolist() == [0.0, 0.0, 0.0]


def test_settled_elements_give_no_reason():
    assert wander_reasons(settled(200, 3), ("O", "Sn", "Ti"), 40) == ()


def test_an_element_that_spreads_under_a_settled_chi2_is_named():
    values = settled(200, 3)
    values[:, 1] *= 1.0 + 0.004 * np.arange(200)
    (reason,) = wander_reasons(values, ("O", "Sn", "Ti"), 40)
    assert "of Sn" in reason
    assert "+2" in reason


def test_growth_within_its_noise_is_no_reason():
    """A few atoms scatter: a slope of two percent with an error as large says nothing."""
    rng = np.random.default_rng(3)
    walk = np.empty(100)
    walk[0] = 0.0
    for k in range(1, 100):
        walk[k] = 0.9 * walk[k - 1] + rng.normal(0.0, 0.05)
    assert wander_reasons((0.005 * (1.0 + walk))[:, None], ("Ca",), 10) == ()


def test_short_samplings_are_not_judged():
    assert wander_reasons(0.001 * np.arange(30.0)[:, None], ("Ti",), 20) == ()
