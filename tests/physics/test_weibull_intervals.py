"""Weibull statistics with censored values, exact intervals, scaling and alternatives, on samples of known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import chdtri

from entrox.core import InputError, generator
from entrox.core.weibull import fit_weibull, modulus_bias
from entrox.core.weibull_alternatives import compare_weibull
from entrox.core.weibull_pivots import draw_pivots, likely_weibull, size_factor

SETS = 2000


def samples(size, *key, sets=SETS):
    return np.sort(generator(21, *key).weibull(10.0, (sets, size)), axis=1)


@pytest.mark.parametrize(("size", "failures"), [(10, 10), (20, 20), (20, 12)])
def test_exact_intervals_cover_the_truth_in_95_of_100_of_2000_sets(size, failures):
    values = samples(size, size, failures)
    values[:, failures:] = values[:, failures - 1 : failures]
    moduli, scales = likely_weibull(values, failures)
    pivots = draw_pivots(size, generator(5, size), failures=failures)
    low, high = np.quantile(pivots.modulus, [0.025, 0.975])
    covered = ((moduli / high < 10.0) & (moduli / low > 10.0)).mean()
    assert 0.93 < covered < 0.97
    low, high = np.quantile(pivots.scale, [0.025, 0.975])
    covered = ((scales * np.exp(-high / moduli) < 1.0) & (scales * np.exp(-low / moduli) > 1.0)).mean()
    assert 0.93 < covered < 0.97


def test_the_lower_bound_of_a_percentile_is_below_it_in_95_of_100_sets():
    values = samples(15, 1)
    moduli, scales = likely_weibull(values)
    pivots = draw_pivots(15, generator(6))
    log_ratio = np.log(-np.log1p(-0.01))
    high = np.quantile(pivots.scale - pivots.modulus * log_ratio, 0.95)
    truth = np.exp(log_ratio / 10.0)
    assert 0.935 < (scales * np.exp(-high / moduli) < truth).mean() < 0.965
    fit = fit_weibull(values[0])
    assert pivots.strength_interval(fit, log_ratio, 0.90)[0] == pytest.approx(fit.scale * np.exp(-high / fit.modulus))


@pytest.mark.parametrize(("size", "bias"), [(10, 1.172), (20, 1.076), (50, 1.029)])
def test_the_shape_is_biased_upward_as_the_table_says(size, bias):
    drawn = draw_pivots(size, generator(7, size), draws=20_000).modulus
    assert drawn.mean() == pytest.approx(bias, abs=4.0 * drawn.std() / np.sqrt(20_000) + 0.001)
    assert modulus_bias(size, size) == pytest.approx(bias, abs=0.002)


@pytest.mark.parametrize(("size", "failures"), [(20, 12), (30, 10), (40, 30), (100, 20)])
def test_the_bias_of_a_censored_sample_is_removed(size, failures):
    drawn = draw_pivots(size, generator(8, size), failures=failures, draws=20_000).modulus
    assert drawn.mean() == pytest.approx(modulus_bias(size, failures), rel=0.01)


def test_profile_intervals_of_censored_samples_cover_the_truth():
    inside = []
    for values in samples(25, 2, sets=200):
        stop = 1.0
        fit = fit_weibull(np.minimum(values, stop), censored=values > stop)
        inside.append([fit.modulus_interval[0] < 10.0 < fit.modulus_interval[1],
                       fit.scale_interval[0] < 1.0 < fit.scale_interval[1]])  # fmt: skip
    assert (np.mean(inside, axis=0) > 0.90).all()
    assert (np.mean(inside, axis=0) < 0.99).all()


def test_many_fits_at_once_are_the_fits_one_by_one_and_those_of_scipy():
    from scipy.stats import weibull_min

    values = samples(30, 3, sets=5)
    moduli, scales = likely_weibull(values)
    for row, modulus, scale in zip(values, moduli, scales, strict=True):
        fit = fit_weibull(row)
        assert (modulus, scale) == pytest.approx((fit.modulus, fit.scale), rel=1e-8)
        shape, _, size = weibull_min.fit(row, floc=0.0)
        assert (shape, size) == pytest.approx((modulus, scale), rel=1e-3)


def test_ten_times_the_area_at_modulus_ten_takes_a_fifth_of_the_strength():
    assert size_factor(1.0, 10.0, 10.0) == pytest.approx(0.794328, abs=1e-6)
    small, large = samples(50, 4), generator(21, 5).weibull(10.0, (SETS, 50, 10)).min(axis=2)
    ratio = np.median(likely_weibull(np.sort(large, axis=1))[1]) / np.median(likely_weibull(small)[1])
    assert ratio == pytest.approx(0.794328, rel=0.01)


def test_a_straight_sample_is_straight_and_two_populations_are_not():
    pivots = draw_pivots(60, generator(9))
    from entrox.core.weibull_pivots import anderson_darling

    straight = samples(60, 6, sets=1)[0]
    fit = fit_weibull(straight)
    assert pivots.straightness(float(anderson_darling(straight, fit.modulus, fit.scale))) > 0.05
    assert compare_weibull(straight)[0].favored
    mixed = np.sort(np.concatenate([0.5 * samples(20, 7, sets=1)[0], samples(40, 8, sets=1)[0]]))
    fit = fit_weibull(mixed)
    assert pivots.straightness(float(anderson_darling(mixed, fit.modulus, fit.scale))) < 0.01
    favored = next(item for item in compare_weibull(mixed) if item.favored)
    assert favored.name == "two populations"
    assert sorted(favored.shares) == pytest.approx([1.0 / 3.0, 2.0 / 3.0], abs=0.05)


def test_a_strength_below_which_nothing_fails_is_seen():
    values = 1.0 + generator(10).weibull(1.5, 200)  # the smallest of them lies at 1.03
    favored = next(item for item in compare_weibull(values) if item.favored)
    assert favored.name == "three parameters"
    assert favored.location == pytest.approx(1.0, abs=0.03)


def test_too_few_failures_are_no_statistics():
    with pytest.raises(InputError, match="not censored; got 4"):
        fit_weibull(np.arange(1.0, 10.0), censored=[False] * 4 + [True] * 5)
    with pytest.raises(InputError, match="one entry for each"):
        fit_weibull(np.arange(1.0, 10.0), censored=[True])


@pytest.mark.parametrize(("size", "failures"), [(6, 6), (12, 8), (30, 30)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_at_the_ends_of_a_profile_interval_the_likelihood_has_dropped_by_half_of_chi_squared(
    size, failures, confidence
):
    values = 240.0 * np.sort(generator(30, size).weibull(7.0, size))
    values[failures:] = values[failures - 1]
    held = np.arange(size) >= failures
    fit = fit_weibull(values, censored=held, confidence=confidence)

    def likelihood(m, scale):
        logs = np.log(values[~held] / scale)
        return float(len(logs) * np.log(m / scale) + (m - 1.0) * logs.sum() - ((values / scale) ** m).sum())

    drop = likelihood(fit.modulus, fit.scale) - 0.5 * float(chdtri(1.0, 1.0 - confidence))
    for m in fit.modulus_interval:
        best = minimize_scalar(
            lambda u, m=m: -likelihood(m, np.exp(u)), bracket=(np.log(fit.scale), np.log(fit.scale) + 0.05)
        )
        assert -best.fun == pytest.approx(drop, abs=1e-7)
    for scale in fit.scale_interval:
        best = minimize_scalar(
            lambda u, s=scale: -likelihood(np.exp(u), s), bracket=(np.log(fit.modulus), np.log(fit.modulus) + 0.1)
        )
        assert -best.fun == pytest.approx(drop, abs=1e-7)
