from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from entrox.core.errors import InputError
from entrox.design.search import kendall_tau, ranks
from entrox.design.search.drawn import SEEDS, draw_values
from entrox.design.search.energy_density import energy_density_bound
from entrox.design.search.ranking import rank_agreement, repeatability, source_effects


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_kendall_is_that_of_scipy_also_with_equal_values() -> None:
    for levels in (4, 10_000):
        first, second = rng(levels).integers(levels, size=(6, 30)), rng(levels + 1).integers(levels, size=30)
        expected = [stats.kendalltau(row, second).statistic for row in first]
        np.testing.assert_allclose(kendall_tau(first, second), expected, atol=1e-12)


def test_ranks_undo_the_order() -> None:
    values = rng().normal(size=(3, 20))
    assert (np.take_along_axis(values, np.argsort(ranks(values), axis=-1), axis=-1)[:, :-1] > -np.inf).all()
    assert (ranks(values) == 21 - stats.rankdata(values, axis=-1)).all()


def test_the_scatter_of_seeds_is_the_standard_error_of_the_mean() -> None:
    samples = rng().normal(100.0, 8.0, size=(40, 16))
    drawn = draw_values(samples.mean(axis=1), rng(2), 4000, samples=samples)
    expected = samples.std(axis=1, ddof=1) / np.sqrt(16)
    np.testing.assert_allclose(drawn.values().std(axis=0), expected, rtol=0.08)
    np.testing.assert_allclose(drawn.values().mean(axis=0), drawn.nominal, rtol=0.002)


def test_an_error_that_all_share_leaves_every_rank_as_it_is() -> None:
    nominal = rng().uniform(100.0, 200.0, size=30)
    factors = np.repeat(rng(2).normal(1.0, 0.2, size=(500, 1)), 30, axis=1)
    effect = source_effects(draw_values(nominal, rng(3), 500, shared={"common": factors}))[0]
    assert effect.common == pytest.approx(0.2, rel=0.15)
    assert effect.own == pytest.approx(0.0, abs=1e-12)
    assert (effect.spearman, effect.spearman_low, effect.rank_half_width, effect.kept_of_best) == (1.0, 1.0, 0.0, 1.0)


def test_an_error_of_each_candidate_shuffles_what_lies_within_it() -> None:
    nominal = np.linspace(100.0, 101.0, 30)
    factors = rng(2).normal(1.0, 0.05, size=(500, 30))
    effect = source_effects(draw_values(nominal, rng(3), 500, shared={"own": factors}))[0]
    assert effect.own == pytest.approx(0.05, rel=0.1)
    assert effect.common < 0.005
    assert effect.spearman < 0.3
    assert effect.rank_half_width > 10


def test_of_a_minimized_quantity_the_smallest_leads() -> None:
    drawn = draw_values(-np.array([3.0, 1.0, 2.0]), rng(), 50)
    assert ranks(drawn.nominal).tolist() == [3, 1, 2]


def test_a_screen_that_is_right_keeps_the_whole_ranking() -> None:
    samples = np.sort(rng().uniform(100.0, 500.0, size=60))[:, None] + rng(2).normal(0.0, 0.01, size=(60, 8))
    mean = samples.mean(axis=1)
    found = rank_agreement("all", 0.9 * mean, draw_values(mean, rng(3), 200, samples=samples), SEEDS, rng(4), samples)
    assert (found.spearman, found.kendall) == (1.0, 1.0)
    assert [overlap.shared for overlap in found.overlaps] == [10, 20, 50]
    assert found.ratio == pytest.approx(1 / 0.9)
    assert found.repeatability == pytest.approx(1.0, abs=1e-3)


def test_a_screen_that_knows_nothing_shares_the_best_by_chance() -> None:
    nominal = rng(7).uniform(100.0, 200.0, size=400)
    found = rank_agreement("all", rng(8).uniform(size=400), draw_values(nominal, rng(3), 100), SEEDS, rng(4))
    assert abs(found.spearman or 0.0) < 4 / np.sqrt(400)
    assert [overlap.by_chance for overlap in found.overlaps] == [0.25, 1.0, 6.25]
    assert found.overlaps[-1].shared < 15


def test_too_few_candidates_have_no_agreement() -> None:
    found = rank_agreement("few", np.arange(3.0), draw_values(np.arange(3.0), rng(), 50), SEEDS, rng())
    assert (found.n, found.spearman, found.overlaps) == (3, None, ())


def test_repeatability_is_the_correlation_with_a_fresh_run() -> None:
    truth = rng(1).normal(0.0, 1.0, size=2000)
    samples = truth[:, None] + rng(2).normal(0.0, 2.0, size=(2000, 8))
    fresh = truth + rng(3).normal(0.0, 2.0 / np.sqrt(8), size=2000)
    assert repeatability(samples[:400], rng(4), 10) == pytest.approx(
        stats.spearmanr(samples.mean(axis=1), fresh).statistic, abs=0.06
    )


def test_factors_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="must have shape"):
        draw_values(np.ones(3), rng(), 10, shared={"common": np.ones((10, 2))})


def test_the_energy_density_is_that_of_a_linear_dielectric() -> None:
    # one joule per cubic centimeter: 475 kV/m in a material of relative permittivity 1 million
    assert energy_density_bound(0.4753, 1.0e6) == pytest.approx(1.0, rel=1e-3)
    with pytest.raises(InputError, match="permittivity"):
        energy_density_bound(1.0, 0.0)
