from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from entrox.core.errors import InputError
from entrox.design import SiteGrid, Space, build_space
from entrox.design.search import BalancedCompositions, GridRepair, PlaneProjection
from entrox.design.search.balanced import whole_charges

SPACES = {
    "two sites": build_space("BaTiO3", {"A": ["Sr", "Na", "Sm"], "B": ["Zr", "Sc", "Ta"]}, denominator=6),
    "one site": build_space("BaTiO3", {"A": ["Sr", "Na", "Sm"]}, denominator=7),
    "three sites": Space(
        (
            SiteGrid("A", ("Ba", "La"), (2, 3)),
            SiteGrid("B", ("Ti", "Sc"), (4, 3), Fraction(1)),
            SiteGrid("X", ("O", "Va"), (-2, 0), Fraction(3)),
        ),
        4,
    ),
}


@pytest.mark.parametrize("name", SPACES)
def test_balanced_compositions_are_those_that_the_charge_filter_leaves(name: str) -> None:
    space = SPACES[name]
    candidates = BalancedCompositions(space)
    found = [tuple(row) for block in candidates.blocks(50) for row in block]
    expected = {tuple(row) for block in space.blocks() for row in block}
    assert len(found) == candidates.count() == len(expected)
    assert set(found) == expected


def test_limits_take_away_what_lies_outside_of_them_and_nothing_else() -> None:
    space = SPACES["two sites"]
    low, high = np.zeros(8), np.ones(8)
    low[0], high[3] = 1 / 3, 0.2  # Ba at least a third, Sm at most a fifth
    within = np.concatenate(list(BalancedCompositions(space, low, high).blocks()))
    everything = np.concatenate(list(space.blocks()))
    assert len(within) == int(((everything[:, 0] >= 2) & (everything[:, 3] <= 1)).sum())


def test_a_space_that_cannot_balance_has_no_balanced_composition() -> None:
    space = Space((SiteGrid("A", ("La", "Nd"), (3, 3)),), 4, Fraction(-2))
    assert BalancedCompositions(space).count() == 0
    assert list(BalancedCompositions(space).blocks()) == []


def test_a_site_of_too_many_rows_is_refused_with_a_remedy() -> None:
    wide = SiteGrid("A", tuple(f"X{number}" for number in range(9)), (2,) * 9)
    with pytest.raises(InputError, match="coarser grid"):
        BalancedCompositions(Space((wide,), 60))


@pytest.mark.parametrize("name", SPACES)
def test_repair_balances_any_candidate_on_the_grid(name: str) -> None:
    space = SPACES[name]
    columns = len(space.species)
    repair, rng = GridRepair(space, np.zeros(columns), np.ones(columns)), np.random.default_rng(1)
    weights, target = whole_charges(space)
    for _ in range(100):
        counts = repair.repair(rng.random(columns))
        assert counts is not None
        assert int(counts @ np.concatenate(weights)) == target
        assert counts.min() >= 0
        assert counts.sum() == space.denominator * len(space.sites)


def test_repair_leaves_a_balanced_candidate_as_it_is() -> None:
    space = SPACES["two sites"]
    repair = GridRepair(space, np.zeros(8), np.ones(8))
    for row in np.concatenate(list(space.blocks()))[::40]:
        found = repair.repair(row / space.denominator)
        assert found is not None
        assert found.tolist() == row.tolist()


def test_repair_keeps_the_limits_and_refuses_limits_that_leave_nothing() -> None:
    space = SPACES["two sites"]
    low, high = np.zeros(8), np.ones(8)
    low[0], high[6] = 0.5, 1 / 6
    repair, rng = GridRepair(space, low, high), np.random.default_rng(2)
    for _ in range(50):
        counts = repair.repair(rng.random(8))
        assert counts is not None
        assert counts[0] >= 3
        assert counts[6] <= 1
    with pytest.raises(InputError, match="limits leave no composition for site A"):
        GridRepair(space, np.full(8, 0.5), np.ones(8))


def test_repair_finds_nothing_where_nothing_balances() -> None:
    space = Space((SiteGrid("A", ("La", "Nd"), (3, 3)),), 4, Fraction(-2))
    assert GridRepair(space, np.zeros(2), np.ones(2)).repair([0.5, 0.5]) is None


def test_projection_balances_real_candidates_to_rounding_and_is_at_rest_on_the_plane() -> None:
    space = SPACES["two sites"]
    plane, rng = PlaneProjection(space, np.zeros(8), np.ones(8)), np.random.default_rng(3)
    found = 0
    for _ in range(200):
        point = plane.project(np.concatenate([rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4))]))
        if point is None:
            continue
        found += 1
        assert abs(plane.imbalance(point)) <= 1e-12
        assert np.abs(point[:4].sum() - 1.0) <= 1e-12
        assert point.min() >= 0.0
        again = plane.project(point)
        assert again is not None
        assert np.abs(again - point).max() < 1e-12
    assert found > 190
