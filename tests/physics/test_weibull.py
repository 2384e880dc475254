"""Weibull statistics on samples of known truth."""

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.core.weibull import fit_weibull, median_ranks


def sample(modulus, scale, size, *key):
    return scale * generator(11, *key).weibull(modulus, size)


def test_large_sample_gives_back_modulus_and_scale():
    fit = fit_weibull(sample(12.0, 500.0, 20_000))
    assert fit.modulus == pytest.approx(12.0, rel=0.02)
    assert fit.scale == pytest.approx(500.0, rel=0.002)


def test_fit_solves_the_likelihood_equations():
    values = sample(8.0, 3.0, 30)
    fit = fit_weibull(values)
    z = (values / fit.scale) ** fit.modulus
    assert z.mean() == pytest.approx(1.0, rel=1e-9)
    assert (np.log(values) * (z - 1)).mean() == pytest.approx(1.0 / fit.modulus, rel=1e-6)


def test_fit_scales_with_the_unit():
    values = sample(8.0, 3.0, 30)
    small, large = fit_weibull(values), fit_weibull(1e6 * values)
    assert large.modulus == pytest.approx(small.modulus, rel=1e-9)
    assert large.scale == pytest.approx(1e6 * small.scale, rel=1e-9)
    assert large.scale_interval[0] == pytest.approx(1e6 * small.scale_interval[0], rel=1e-6)


@pytest.mark.parametrize("size", [10, 20, 50])
def test_unbiased_modulus_has_the_right_mean(size):
    fits = [fit_weibull(sample(5.0, 1.0, size, size, k)) for k in range(400)]
    mean = np.mean([fit.modulus_unbiased for fit in fits])
    error = np.std([fit.modulus_unbiased for fit in fits]) / np.sqrt(len(fits))
    assert abs(mean - 5.0) < 3 * error + 0.01 * 5.0


def test_intervals_cover_the_truth_as_often_as_they_say():
    covered = np.zeros(2)
    for k in range(300):
        fit = fit_weibull(sample(10.0, 2.0, 32, k))
        covered += [
            fit.modulus_interval[0] < 10.0 < fit.modulus_interval[1],
            fit.scale_interval[0] < 2.0 < fit.scale_interval[1],
        ]
    assert (covered / 300 > 0.91).all()
    assert (covered / 300 < 0.985).all()


def test_median_ranks_are_symmetric():
    ranks = median_ranks(9)
    assert np.allclose(ranks + ranks[::-1], 1.0)


@pytest.mark.parametrize(
    ("values", "message"), [([1.0] * 4, "at least 5"), ([1.0] * 5, "no Weibull modulus"), ([1, 2, 3, 4, -1], "> 0")]
)
def test_samples_without_an_answer_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        fit_weibull(values)
