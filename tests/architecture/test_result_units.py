from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import entrox
from entrox.core import Quantity, Result
from entrox.design import collect_measures, list_ledger
from entrox.design.ledger import _collect_rows

NUMBER = re.compile(r"\b(float|int|Floats|Ints|NDArray)\b")
ENDINGS = {
    "MV/m": "_mv_per_m",
    "eV": "_ev",
    "angstrom": "_angstrom",
    "R": "_r",
    "R/atom": "_r",
    "g/mol": "_g_per_mol",
    "g/cm3": "_g_per_cm3",
    "%": "_percent",
    "J/m3": "_j_per_m3",
    "kT": "_kt",
}


def results() -> list[type[Result]]:
    """Return every result class of the package."""
    for module in pkgutil.walk_packages(entrox.__path__, "entrox."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(parent: type[Result]) -> Iterator[type[Result]]:
        for child in parent.__subclasses__():
            yield child
            yield from below(child)

    return sorted((item for item in below(Result) if item.__module__.startswith("entrox.")), key=lambda c: c.__name__)


def test_every_quantity_of_a_result_has_a_unit_and_a_meaning() -> None:
    found = results()
    assert len(found) >= 6
    bare = [f"{item.__name__}.{q.name}" for item in found for q in item.quantities() if not (q.unit and q.description)]
    assert bare == []


def test_every_number_of_a_result_is_declared_as_a_quantity() -> None:
    undeclared = []
    for item in results():
        declared = {quantity.name for quantity in item.quantities()}
        for field in dataclasses.fields(item):
            kind = str(field.type)
            if field.name not in declared and NUMBER.search(kind) and not kind.startswith(("dict", "Mapping")):
                undeclared.append(f"{item.__name__}.{field.name}: {kind}")
    assert undeclared == []


def measure_quantities() -> list[tuple[str, Quantity]]:
    return [(name, declared) for name, measure in collect_measures().items() for declared in measure.quantities]


@pytest.mark.parametrize(("measure", "declared"), measure_quantities(), ids=lambda item: getattr(item, "name", item))
def test_the_name_of_a_column_ends_in_its_unit(measure: str, declared: Quantity) -> None:
    assert declared.unit
    assert declared.description
    if declared.unit != "1":
        assert declared.name.endswith(ENDINGS.get(declared.unit, "")), f"{declared.name} [{declared.unit}]"


def test_every_row_of_the_ledger_says_what_it_is_in_which_unit_and_from_where() -> None:
    rows = _collect_rows()
    assert set(rows) <= set(list_ledger())
    for row in rows.values():
        assert row.quantity
        assert row.unit
        assert row.source
        assert row.tolerance > 0
        assert row.id.split(".")[0] == row.room
