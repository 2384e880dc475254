from __future__ import annotations

import pytest

from entrox.core.errors import FormatError, InputError
from entrox.design import collect_measures
from entrox.design.search import Screen, example_search, parse_search

TEXT = """\
[search]
title = "Small search"

[space]
host = "BaTiO3"
denominator = 6
[space.dopants]
A = ["Sr", "Na", "Sm"]

[[objective]]
quantity = "breakdown_field_mv_per_m"

[[objective]]
quantity = "lattice_distortion"
direction = "minimize"

[measures]
breakdown = { seeds = 4 }
"""


FIELD = '"breakdown_field_mv_per_m"'


def refused(old: str, new: str, kind: type[Exception] = InputError) -> str:
    assert old in TEXT
    with pytest.raises(kind) as caught:
        parse_search(TEXT.replace(old, new, 1), path="my.toml")
    return str(caught.value)


def test_the_example_is_a_search_file() -> None:
    search = parse_search(example_search())
    assert len(search.compare) == 5
    assert search.search.method == "exhaustive"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("title", "titel", ("line 2", "unknown key 'titel'", "did you mean title")),
        ("[measures]", "[mesures]", ("line 17", "unknown key 'mesures'", "measures")),
        ("seeds = 4", "sedes = 4", ("line 18", "breakdown.sedes", "seeds")),
        ("breakdown = {", "brakdown = {", ("line 18", "unknown measure 'brakdown'", "breakdown")),
        (FIELD, '"breakdown_feld"', ("line 11", "unknown quantity", "breakdown_field_mv_per_m")),
        (FIELD, '"barrier_ev"', ("line 11", "belongs to the measure 'nucleation'", "[measures]")),
        (FIELD, '"breakdown_fields_mv_per_m"', ("line 11", "is an array")),
        ('"minimize"', '"smallest"', ("line 15", "'maximize' or 'minimize'", "smallest")),
        (FIELD, '"lattice_distortion"', ("lattice_distortion is an objective twice",)),
        (FIELD, '"energy_density_bound_j_per_cm3"', ("line 11", "give permittivity in [search]")),
        ('host = "BaTiO3"', 'host = "BaTiXx3"', ("line 4", "Xx")),
        ("denominator = 6", "denominator = 6\ncontinuous = true", ("line 4", "either denominator")),
        ("denominator = 6", "continuous = true", ("nsga2",)),
        ("A = [", "C = [", ("no site 'C'",)),
        ("[[objective]]", "[space.limits]\nSrr = [0, 1]\n[[objective]]", ("limits names 'Srr'", "Sr")),
        ("[[objective]]", "[space.limits]\nSr = [0.5, 0.2]\n[[objective]]", ("Sr needs [low, high]",)),
        ("[[objective]]", "[space.substitution]\nB = [0, 0.2]\n[[objective]]", ("substitution names 'B'",)),
        ("[measures]", '[[constraint]]\nquantity = "bartel_tau"\n[measures]', ("line 17", "low, high or both")),
        ("[measures]", '[[constraint]]\nquantity = "bartel_tao"\nlow = 1\n[measures]', ("line 18", "bartel_tau")),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_a_remedy(old: str, new: str, parts: tuple[str, ...]) -> None:
    message = refused(old, new)
    for part in parts:
        assert part in message


def test_a_published_formula_that_cannot_be_read_is_named_with_its_line() -> None:
    compare = '[[compare]]\nname = "a"\nformula = "Ba(1-xSrxTiO3"\nx = 0.2\n[measures]'
    assert "line 19" in refused("[measures]", compare, FormatError)


def test_a_species_on_two_sites_is_refused() -> None:
    assert "Sr stands on two sites" in refused('A = ["Sr", "Na", "Sm"]', 'A = ["Sr"]\nB = ["Sr"]')


def test_a_search_without_an_objective_to_screen_by_is_refused() -> None:
    text = TEXT.replace(FIELD, '"weibull_modulus"')
    objectives = text.index('[[objective]]\nquantity = "lattice_distortion"')
    search = parse_search(text[:objectives] + text[text.index("[measures]") :])
    with pytest.raises(InputError, match="no objective has a fast form"):
        Screen(search, collect_measures())


def test_what_replaces_the_host_limits_the_host() -> None:
    limits = "[space.substitution]\nA = [0.25, 0.5]\n[space.limits]\nSm = [0, 0.1]\n[measures]"
    screen = Screen(parse_search(TEXT.replace("[measures]", limits)), collect_measures())
    columns = [name for _, name in screen.space.species]
    assert (screen.low[columns.index("Ba")], screen.high[columns.index("Ba")]) == (0.5, 0.75)
    assert screen.high[columns.index("Sm")] == 0.1
