"""Least squares, its health, and its bootstrap."""

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.core.linear_fit import bootstrap_linear, fit_linear

X = np.linspace(0.0, 1.0, 40)
COLUMNS = np.stack([X, np.ones_like(X)], axis=1)


def test_exact_line_is_found_with_no_residual():
    fit = fit_linear(COLUMNS, 3.0 * X - 2.0)
    assert fit.coefficients == pytest.approx([3.0, -2.0])
    assert fit.r_squared == pytest.approx(1.0)
    assert (fit.rank, np.abs(fit.residuals).max() < 1e-12) == (2, True)


def test_standard_errors_and_bootstrap_agree_with_the_scatter_of_repeated_fits():
    noise = generator(1).normal(0.0, 0.3, (400, len(X)))
    slopes = [fit_linear(COLUMNS, 3.0 * X + row).coefficients[0] for row in noise]
    fit = fit_linear(COLUMNS, 3.0 * X + noise[0])
    assert fit.standard_errors[0] == pytest.approx(np.std(slopes), rel=0.25)
    boot = bootstrap_linear(COLUMNS, 3.0 * X + noise[0], generator(2))
    assert boot[:, 0].std() == pytest.approx(np.std(slopes), rel=0.25)


def test_interval_covers_the_truth_as_often_as_it_says():
    rng = generator(3)
    covered = 0
    for _ in range(200):
        target = 3.0 * X + rng.normal(0.0, 0.3, len(X))
        low, high = percentile_interval(bootstrap_linear(COLUMNS, target, rng, 300))[0]
        covered += low <= 3.0 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_condition_does_not_depend_on_units_of_the_columns():
    assert fit_linear(COLUMNS * [1e9, 1.0], X).condition == pytest.approx(fit_linear(COLUMNS, X).condition)


def test_columns_that_do_not_vary_independently_are_refused():
    with pytest.raises(InputError, match="vary independently"):
        fit_linear(np.ones((5, 2)), np.arange(5.0))
    with pytest.raises(InputError, match="more points"):
        fit_linear(COLUMNS[:2], X[:2])


def test_bootstrap_leaves_out_samples_of_one_point():
    columns = np.stack([[0.0, 1.0, 2.0], np.ones(3)], axis=1)
    boot = bootstrap_linear(columns, [0.0, 1.0, 2.0], generator(4), 500)
    assert 400 < len(boot) < 500  # one in nine samples of three holds one point only
    assert boot[:, 0] == pytest.approx(1.0)


def test_every_bootstrap_sample_has_the_size_of_the_data():
    counts = resampling_counts(generator(5), 7, 100)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.mean() == pytest.approx(1.0)
