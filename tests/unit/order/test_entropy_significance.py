from __future__ import annotations

import numpy as np
import pytest

from entrox.core import generator
from entrox.order.local_entropy.maximal_unit import crossing_length
from entrox.order.local_entropy.significance import significance


def test_p_counts_the_relabelings_that_deviate_as_much_and_is_never_zero() -> None:
    relabeled = np.array([[0.0, 0.1], [1.0, -0.2], [-2.0, 0.3], [0.5, 0.0]])
    found = significance(np.array([-1.5, 9.0]), np.zeros(2), np.ones(2), relabeled, "two-sided", 0.05)
    assert found.p.tolist() == [2 / 5, 1 / 5]
    assert found.family_p == 1 / 5
    assert found.p_adjusted.tolist() == [2 / 5, 1 / 5]
    assert found.z.tolist() == [-1.5, 9.0]


def test_one_sided_alternatives_look_one_way() -> None:
    relabeled = generator(1).standard_normal((999, 3))
    low = significance(np.full(3, -3.0), np.zeros(3), np.ones(3), relabeled, "segregation", 0.05)
    high = significance(np.full(3, -3.0), np.zeros(3), np.ones(3), relabeled, "ordering", 0.05)
    assert low.family_p < 0.02
    assert high.family_p == 1.0


def test_adjusted_p_values_never_fall_below_the_single_ones_nor_rise_with_the_deviation() -> None:
    rng = generator(2)
    relabeled = rng.standard_normal((499, 6)) + rng.standard_normal((499, 1))
    found = significance(rng.standard_normal(6) * 2, np.zeros(6), np.full(6, 1.4), relabeled, "two-sided", 0.05)
    order = np.argsort(-np.abs(found.z))
    assert (np.diff(found.p_adjusted[order]) >= 0).all()
    assert (found.p_adjusted >= found.p).all()
    assert found.p_adjusted.min() == found.family_p


@pytest.mark.parametrize("exact", [True, False])
def test_the_family_keeps_its_level_with_few_relabelings_of_many_statistics(exact: bool) -> None:
    rng = generator(3)
    found = 0
    for _ in range(1_500):
        values = rng.standard_normal((100, 30))
        mean = np.zeros(30) if exact else values[1:].mean(axis=0)
        sd = values[1:].std(axis=0, ddof=1)
        found += significance(values[0], mean, sd, values[1:], "two-sided", 0.05, exact).family_p <= 0.05
    assert abs(found / 1_500 - 0.05) < 3.0 * np.sqrt(0.05 * 0.95 / 1_500)


def test_equal_statistics_count_as_ties_in_spite_of_rounding() -> None:
    relabeled = np.full((19, 1), 0.1 + 0.2)
    found = significance(np.array([0.3]), np.zeros(1), np.ones(1), relabeled, "two-sided", 0.05)
    assert found.family_p == 1.0


def test_the_crossing_lies_on_the_exponential_between_two_sizes() -> None:
    size = np.array([1.0, 2.0, 3.0, 4.0])
    decay = np.exp(-size)
    assert crossing_length(size, decay, float(np.exp(-2.7))) == pytest.approx(2.7)
    assert crossing_length(size, decay, 1.0) == 1.0
    assert crossing_length(size, decay, 0.001) == np.inf
    assert crossing_length(size, np.array([0.03, 0.01, -0.01, 0.0]), 0.005) == pytest.approx(2.25)


def test_a_dip_below_the_tolerance_does_not_count_before_the_last_rise() -> None:
    size = np.array([1.0, 2.0, 3.0, 4.0])
    assert crossing_length(size, np.array([0.03, 0.001, 0.02, 0.005]), 0.01) == pytest.approx(3.5)


@pytest.mark.parametrize(("excess", "unit"), [([0.0363, 0.0196, 0.0103, 0.0063], 3.55)])
def test_the_published_decay_crosses_where_it_should(excess: list[float], unit: float) -> None:
    assert crossing_length(np.array([2.0, 3.0, 4.0, 5.0]), np.array(excess), 0.01 * 1.37413) == pytest.approx(
        unit, abs=0.01
    )


def test_a_size_without_limit_counts_as_above_and_the_unit_is_at_most_the_next_size() -> None:
    assert crossing_length(np.array([1.0, 2.0, 3.0]), np.array([0.001, np.inf, 0.001]), 0.01) == 3.0
