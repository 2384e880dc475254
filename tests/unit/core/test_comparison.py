import numpy as np
import pytest
from scipy import stats

from entrox.core import InputError, generator
from entrox.core.comparison import compare_means, holm_p_values


def test_welch_test_agrees_with_the_textbook_formula():
    first, second = np.array([27.5, 21.0, 19.0, 23.6, 17.0, 17.9]), np.array([27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8])
    found = compare_means(first, second, generator(1))
    variance = first.var(ddof=1) / 6 + second.var(ddof=1) / 7
    t = (second.mean() - first.mean()) / np.sqrt(variance)
    freedom = variance**2 / ((first.var(ddof=1) / 6) ** 2 / 5 + (second.var(ddof=1) / 7) ** 2 / 6)
    assert found.difference == pytest.approx(second.mean() - first.mean())
    assert found.degrees_of_freedom == pytest.approx(freedom)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), freedom))
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    assert found.interval == pytest.approx((found.difference - half, found.difference + half))


def test_intervals_hold_the_true_difference_as_often_as_they_claim():
    rng, inside, false = generator(3), np.zeros(2), 0
    for _ in range(400):
        found = compare_means(rng.normal(10, 1, 12), rng.normal(10, 3, 20), rng, draws=400)
        inside += [low <= 0.0 <= high for low, high in (found.interval, found.bootstrap_interval)]
        false += found.is_significant
    assert inside[0] / 400 == pytest.approx(0.95, abs=0.035)
    # percentiles of a small sample are a little too narrow
    assert 0.89 < inside[1] / 400 < 0.98
    assert false / 400 == pytest.approx(0.05, abs=0.035)


def test_exchange_of_the_samples_changes_the_sign_alone():
    first, second = generator(1).normal(5, 1, 9), generator(2).normal(8, 2, 14)
    there, back = compare_means(first, second, generator(1)), compare_means(second, first, generator(1))
    assert back.difference == pytest.approx(-there.difference)
    assert back.p_value == pytest.approx(there.p_value)
    assert back.interval == pytest.approx(tuple(-end for end in reversed(there.interval)))
    assert there.relative_difference == pytest.approx(there.second_mean / there.first_mean - 1)
    assert there.relative_interval[0] < there.relative_difference < there.relative_interval[1]


def test_unit_of_the_samples_changes_no_significance():
    first, second = generator(1).normal(5, 1, 9), generator(2).normal(6, 2, 14)
    plain, scaled = (compare_means(first * u, second * u, generator(4)) for u in (1.0, 1e6))
    assert scaled.p_value == pytest.approx(plain.p_value)
    assert scaled.difference == pytest.approx(1e6 * plain.difference)


def test_samples_without_statistics_are_refused():
    with pytest.raises(InputError, match="three values"):
        compare_means([1.0, 2.0], [1.0, 2.0, 3.0], generator(1))
    with pytest.raises(InputError, match="exact"):
        compare_means([1.0] * 4, [2.0] * 4, generator(1))
    with pytest.raises(InputError, match="finite"):
        compare_means([1.0, np.nan, 2.0], [1.0, 2.0, 3.0], generator(1))


def test_holm_keeps_the_order_and_never_falls_below_the_single_p_value():
    p = generator(5).random(8)
    adjusted = holm_p_values(p)
    assert (adjusted >= p).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    assert adjusted.min() == pytest.approx(min(8 * p.min(), 1.0))
    assert holm_p_values([0.02]).tolist() == [0.02]
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        holm_p_values([0.5, 1.5])
