from __future__ import annotations

import numpy as np
import pytest

from entrox.core.errors import InputError, MissingExtraError
from entrox.design import collect_measures
from entrox.design.search import Archive, PlaneProjection, Screen, evolve, parse_search, screen_space
from entrox.design.search.evolution import check_pymoo

TEXT = """
[search]
title = "Genetic"
method = "nsga2"
population = 60
generations = 25

[space]
host = "BaTiO3"
denominator = 6
[space.dopants]
A = ["Sr", "Na", "Sm"]
B = ["Zr"]

[[objective]]
quantity = "breakdown_field_mv_per_m"

[[objective]]
quantity = "lattice_distortion"
direction = "minimize"

[[constraint]]
quantity = "tolerance_factor"
low = 0.96

[measures]
breakdown = {}
"""


def searched(text: str, dtype: type) -> tuple[Screen, Archive]:
    pytest.importorskip("pymoo", reason="the extra `search` is not installed")
    screen = Screen(parse_search(text), collect_measures())
    archive = Archive(len(screen.space.species), 2, np.random.default_rng(1), dtype=dtype)
    evolve(screen, archive, np.random.default_rng(2))
    return screen, archive


def test_the_genetic_search_finds_the_whole_pareto_set_of_a_small_space() -> None:
    screen, found = searched(TEXT, np.int16)
    everything = Archive(len(screen.space.species), 2, np.random.default_rng(1))
    screen_space(screen, everything)

    def points(archive: Archive) -> set[tuple[float, ...]]:
        return {tuple(row) for row in archive.front.objectives.round(9).tolist()}

    assert points(found) == points(everything)
    assert len(points(everything)) > 10
    assert found.count <= everything.count


def test_every_candidate_of_a_continuous_search_balances_to_rounding() -> None:
    text = TEXT.replace("denominator = 6", "continuous = true").replace("generations = 25", "generations = 6")
    screen, found = searched(text, np.float64)
    plane = PlaneProjection(screen.space, screen.low, screen.high)
    assert found.count > 100
    assert max(abs(plane.imbalance(row)) for row in found.sample.rows) <= 1e-12
    assert found.sample.rows.min() >= 0.0


def test_a_space_that_cannot_balance_is_refused() -> None:
    with pytest.raises(InputError, match="balances its charges"):
        searched(
            TEXT.replace('A = ["Sr", "Na", "Sm"]\nB = ["Zr"]', 'A = ["Na"]\n[space.limits]\nBa = [0, 0.5]'), np.int16
        )


def test_without_pymoo_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"entrox\[search\]"):
        check_pymoo()
