from __future__ import annotations

import numpy as np
import pytest

from entrox.core.errors import InputError
from entrox.design.search import Archive, evenly_spread, pareto_mask


def by_definition(values: np.ndarray) -> np.ndarray:
    """Return whether no other point is at least as good in all objectives and better in one."""
    no_worse = (values[None] >= values[:, None]).all(axis=2)
    better = (values[None] > values[:, None]).any(axis=2)
    return ~(no_worse & better).any(axis=1)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_the_pareto_set_is_what_its_definition_says_also_with_equal_values(objectives: int) -> None:
    rng = np.random.default_rng(objectives)
    for levels in (3, 1000):
        values = rng.integers(levels, size=(120, objectives)).astype(float)
        assert (pareto_mask(values) == by_definition(values)).all()


def test_the_pareto_set_does_not_depend_on_the_order_of_the_points() -> None:
    rng = np.random.default_rng(5)
    values, order = rng.normal(size=(200, 2)), rng.permutation(200)
    assert (pareto_mask(values[order]) == pareto_mask(values)[order]).all()


def test_values_that_are_not_finite_have_no_pareto_set() -> None:
    with pytest.raises(InputError, match="finite"):
        pareto_mask([[1.0, np.nan]])


def test_an_even_spread_keeps_the_best_in_each_objective_and_leaves_no_gap() -> None:
    angle = np.linspace(0.0, np.pi / 2, 200)
    values = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    chosen = evenly_spread(values, 11)
    assert {0, 199} <= set(chosen.tolist())
    assert len(chosen) == 11
    assert np.diff(chosen).max() <= 2 * np.diff(chosen).min() + 1


def test_copies_of_a_point_do_not_stop_an_even_spread() -> None:
    assert len(set(evenly_spread(np.zeros((5, 2)), 3).tolist())) == 3


def filled_archive(values: np.ndarray, block: int) -> Archive:
    archive = Archive(1, values.shape[1], np.random.default_rng(1), leaders=7, sample=50)
    for start in range(0, len(values), block):
        part = values[start : start + block]
        archive.add(np.arange(start, start + len(part))[:, None].astype(np.int16), part)
    return archive


@pytest.mark.parametrize("block", [1, 17, 1000])
def test_what_an_archive_keeps_does_not_depend_on_the_blocks(block: int) -> None:
    values = np.random.default_rng(2).normal(size=(400, 2))
    archive = filled_archive(values, block)
    assert sorted(archive.front.rows[:, 0]) == np.flatnonzero(pareto_mask(values)).tolist()
    assert archive.leaders.rows[:, 0].tolist() == np.argsort(-values[:, 0])[:7].tolist()
    assert archive.count == 400
    assert len(archive.sample) == 50


def test_the_sample_of_an_archive_is_drawn_from_all_candidates_alike() -> None:
    values = np.arange(3000.0)[:, None]
    drawn = filled_archive(values, 100).sample.rows[:, 0]
    # the mean of 50 of 0..2999 drawn at random has the standard deviation 122
    assert abs(drawn.mean() - 1499.5) < 4 * 122
    assert len(set(drawn.tolist())) == 50
