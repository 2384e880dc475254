"""Calibration of a deviation by true errors: planted slopes and ranks are found, and what says nothing is None."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from entrox.core import InputError, generator
from entrox.potentials.committee import TrustLevels
from entrox.potentials.validation.calibrate import calibrate


def test_a_planted_slope_is_found_and_carries_the_levels_into_real_units():
    deviation = np.linspace(0.05, 1.0, 20)
    found = calibrate(deviation, 2.5 * deviation, TrustLevels(0.1, 0.4))
    assert (found.slope, found.slope_error) == (pytest.approx(2.5), pytest.approx(0.0, abs=1e-12))
    assert found.rho == pytest.approx(1.0)
    assert found.median_ratio == pytest.approx(2.5)
    assert found.accurate_below_ev_per_angstrom == pytest.approx(0.25)
    assert found.failed_above_ev_per_angstrom == pytest.approx(1.0)


def test_ranks_are_those_of_spearman():
    rng = generator(1)
    deviation = rng.lognormal(size=50)
    error = deviation * rng.lognormal(sigma=0.5, size=50)
    found = calibrate(deviation, error)
    assert found.rho == pytest.approx(spearmanr(deviation, error).statistic)
    assert found.coverage == pytest.approx((error <= found.slope * deviation).mean())


def test_the_standard_error_is_the_scatter_of_the_slope():
    rng = generator(2)
    slopes, errors = [], []
    for _ in range(300):
        deviation = rng.uniform(0.1, 1.0, 30)
        found = calibrate(deviation, 2.0 * deviation + rng.uniform(-0.2, 0.2, 30))
        slopes.append(found.slope)
        errors.append(found.slope_error)
    assert np.std(slopes) == pytest.approx(np.mean(errors), rel=0.15)


def test_frames_that_are_not_finite_or_far_away_are_left_out_and_counted():
    found = calibrate([0.1, np.nan, 0.2, np.inf, 0.3, 9.0], [0.2, 1.0, 0.4, 1.0, 0.6, 1.0],
                      largest_deviation_ev_per_angstrom=1.5)  # fmt: skip
    assert found.n_left_out == 3
    assert found.slope == pytest.approx(2.0)


@pytest.mark.parametrize("values", [[], [0.2], [0.2, 0.2, 0.2]])
def test_too_few_or_equal_frames_have_no_rank(values):
    found = calibrate(values, values)
    assert found.rho is None
    assert (found.slope is None) == (len(values) == 0)


def test_a_committee_that_never_disagrees_has_no_slope():
    found = calibrate([0.0, 0.0], [0.1, 0.2])
    assert (found.slope, found.median_ratio, found.coverage, found.accurate_below_ev_per_angstrom) == (None,) * 4


def test_lengths_and_signs_are_checked():
    with pytest.raises(InputError, match="one shape"):
        calibrate([0.1, 0.2], [0.1])
    with pytest.raises(InputError, match=">= 0"):
        calibrate([-0.1], [0.1])
