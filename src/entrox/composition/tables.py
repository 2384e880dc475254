"""The tables that ship with the package: how they are read, what one value carries, what is said when one is missing.

Status letters: A read in a named public source; B recalled and confirmed by an independent value; C recalled only;
E estimated by us; U given by the user.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from entrox.core.errors import InputError, nearest_names

__all__ = ["VACANCY", "Datum", "check_element", "known_elements", "missing_value", "read_table"]

VACANCY = "Va"
"""Name of the vacancy as a species of a site."""


@dataclass(frozen=True)
class Datum:
    """One value from a table or an estimate, with where it comes from.

    Parameters
    ----------
    value, unit
        The number and its unit.
    status
        Status letter, see the head of this module.
    source
        Where the value was taken from.
    uncertainty
        Standard or stated uncertainty in the same unit; None where the source gives none.
    warnings
        What a reader must know before using the value.
    """

    value: float
    unit: str
    status: str
    source: str
    uncertainty: float | None = None
    warnings: tuple[str, ...] = ()


@cache
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a shipped table ``data/<name>.csv``."""
    text = files("entrox.composition").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def known_elements() -> frozenset[str]:
    """Return the symbols of all elements that a formula may contain."""
    return frozenset(row["element"] for row in read_table("atomic_masses"))


def check_element(symbol: str) -> str:
    """Return ``symbol`` if it is an element, else raise with the nearest symbols."""
    if symbol not in known_elements():
        raise InputError(f"{symbol!r} is not an element symbol; {nearest_names(symbol, known_elements())}")
    return symbol


def missing_value(what: str, symbol: str, known: Iterable[str], argument: str) -> InputError:
    """Return the error for a value that no table has: what is known, and how to pass one's own."""
    return InputError(
        f"There is no {what} for {symbol!r} in the tables of entrox. "
        f"Known: {', '.join(sorted(known))}. Pass your own value, for example {argument}."
    )
