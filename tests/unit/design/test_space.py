import itertools
import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.core.errors import InputError
from entrox.design import SiteGrid, Space, build_space
from entrox.design import space as space_module

A_SITE = SiteGrid("A", ("Ba", "Na", "Sm"), (2, 1, 3))
B_SITE = SiteGrid("B", ("Ti", "Sc", "Ta"), (4, 3, 5))


def enumerate_all(space: Space, **options: object) -> np.ndarray:
    blocks = list(space.blocks(**options))  # type: ignore[arg-type]
    return np.concatenate(blocks) if blocks else np.empty((0, len(space.species)), dtype=np.int16)


def brute_force(space: Space) -> set[tuple[int, ...]]:
    ranges = [range(space.denominator + 1)] * len(space.species)
    sizes = [len(site.species) for site in space.sites]
    found = set()
    for counts in itertools.product(*ranges):
        parts = np.split(np.array(counts), np.cumsum(sizes)[:-1])
        if all(part.sum() == space.denominator for part in parts):
            found.add(counts)
    return found


def total_charge(space: Space, counts: tuple[int, ...]) -> Fraction:
    charges = [site.multiplicity * charge for site in space.sites for charge in site.charges]
    return space.other_charge + sum(
        (Fraction(int(n), space.denominator) * q for n, q in zip(counts, charges, strict=True)), Fraction(0)
    )


@given(species=st.integers(1, 5), denominator=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_one_site_has_as_many_rows_as_stars_and_bars(species: int, denominator: int) -> None:
    space = Space((SiteGrid("A", tuple("ABCDE"[:species]), (0,) * species),), denominator)
    rows = enumerate_all(space, balanced=False)
    assert len(rows) == space.count() == math.comb(denominator + species - 1, species - 1)
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert (rows.sum(axis=1) == denominator).all()
    assert (rows >= 0).all()


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("tabulated", [True, False])
def test_charge_filter_agrees_with_brute_force(size: int, tabulated: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not tabulated:
        monkeypatch.setattr(space_module, "TABLE_ROWS", 0)
    space = Space((A_SITE, B_SITE), 4, Fraction(-6))
    everything = brute_force(space)
    balanced = {counts for counts in everything if total_charge(space, counts) == 0}
    assert len(everything) == space.count()
    rows = enumerate_all(space, size=size)
    assert {tuple(int(n) for n in row) for row in rows} == balanced
    assert len(rows) == len(balanced)


def test_charges_of_thirds_balance_exactly() -> None:
    space = Space((SiteGrid("A", ("La", "Va"), (3, 0)),), 3, Fraction(-2))
    assert enumerate_all(space).tolist() == [[2, 1]]


def test_multiplicity_enters_the_charge() -> None:
    double = SiteGrid("B", ("Ti", "Sc"), (4, 3), Fraction(2))
    assert enumerate_all(Space((double,), 2, Fraction(-7))).tolist() == [[1, 1]]


def test_memory_does_not_grow_with_the_space() -> None:
    wide = SiteGrid("A", tuple(f"E{n}" for n in range(8)), (2, 1, 3, 3, 2, 1, 3, 2))
    space = Space((wide,), 12, Fraction(-2))
    next(space.blocks(size=1000))
    tracemalloc.start()
    total = sum(len(block) for block in space.blocks(size=4096))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < total < space.count()
    assert peak < 40e6


def test_a_space_too_large_to_number_is_refused_with_its_size() -> None:
    wide = SiteGrid("A", tuple(f"E{n}" for n in range(40)), (0,) * 40)
    with pytest.raises(InputError, match="candidates, more than can be numbered"):
        next(Space((wide, SiteGrid("B", wide.species, wide.charges)), 24).blocks())


@pytest.mark.parametrize(
    "make",
    [
        lambda: SiteGrid("A", (), ()),
        lambda: SiteGrid("A", ("Ba", "Ba"), (2, 2)),
        lambda: SiteGrid("A", ("Ba",), (2, 2)),
        lambda: SiteGrid("A", ("Ba",), (2,), Fraction(0)),
        lambda: Space((A_SITE,), 0),
        lambda: Space(()),
    ],
)
def test_an_impossible_space_is_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]


def test_the_space_of_a_host_gives_charge_balanced_compositions() -> None:
    space = build_space("BaTiO3", {"A": ["Na", "Sm"], "B": ["Zr"]}, denominator=6)
    assert space.species == (("A", "Ba"), ("A", "Na"), ("A", "Sm"), ("B", "Ti"), ("B", "Zr"))
    rows = enumerate_all(space)
    assert [0, 6, 0, 6, 0] not in rows.tolist()
    counts = [2, 2, 2, 3, 3]
    assert counts in rows.tolist()
    composition = space.composition(counts)
    assert composition.amounts["Na"] == Fraction(1, 3)
    assert composition.sites["A"].fractions["Sm"] == Fraction(1, 3)
    assert composition.amounts["O"] == 3


def test_an_unknown_site_names_those_there_are() -> None:
    with pytest.raises(InputError, match="no site 'C'"):
        build_space("BaTiO3", {"C": ["Na"]})
