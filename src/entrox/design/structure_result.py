"""What was found at one structure of a study, how it is written and read back.

Values are kept by the names that the measures declare: numbers, texts, and one-dimensional arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entrox.core.result import Quantity, Result, quantity
from entrox.design.remarks import join_warnings

__all__ = ["StructureResult", "read_structures", "structure_quantities", "structures_table"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StructureResult(Result):
    """One structure: where it belongs, whether its atoms fit, and what its measures found.

    Parameters
    ----------
    name, kind, files
        As in its table; names of files without folders.
    family, composition
        Name of the family, and formula of its composition at x.
    measures
        What was asked.
    counted, expected
        Share of each element among the cations, counted and at x.
    difference_of
        Element of the largest difference.
    values
        By name of the quantity; a measure that failed leaves none.
    failed
        Why, by name of the measure.
    warnings
        What the measures had to say.
    """

    name: str
    family: str
    kind: str
    files: tuple[str, ...]
    composition: str
    measures: tuple[str, ...]
    x: float = quantity("1", "substitution x, as given")
    counted: dict[str, float] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)
    n_cations: float = quantity("1", "cations counted")
    difference: float = quantity("1", "largest difference of a share of the cations")
    difference_of: str
    tolerance: float = quantity("1", "largest accepted difference")
    nearest_x: float = quantity("1", "x whose cations lie nearest")
    foreign: float | None = quantity("1", "share of atoms that the family has not; None for frames")
    values: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def number(self, name: str) -> float:
        """Return a value as a number, NaN where there is none."""
        value = self.values.get(name)
        return math.nan if value is None or isinstance(value, str) else float(value)

    def array(self, name: str) -> Floats:
        """Return a value as an array, empty where there is none."""
        value = self.values.get(name)
        return np.array([] if value is None else value, dtype=float)

    def text(self, name: str) -> str:
        """Return a value as text, empty where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


def structure_quantities(measures: Iterable[Any]) -> dict[str, Quantity]:
    """Return the declared quantities of measures by name, in their order."""
    return {declared.name: declared for measure in measures for declared in measure.quantities}


def structures_table(structures: Sequence[StructureResult], declared: Mapping[str, Quantity]) -> pd.DataFrame:
    """Return one line per structure; arrays are left out."""
    scalars = [name for name, item in declared.items() if not item.axes]
    records = [
        {
            "structure": item.name, "family": item.family, "composition": item.composition, "x": item.x,
            "kind": item.kind, "difference": item.difference, "difference_of": item.difference_of,
            "nearest_x": item.nearest_x, **{name: item.values.get(name) for name in scalars},
            "failed": join_warnings(f"{name}: {why}" for name, why in item.failed.items()),
            "warnings": join_warnings(item.warnings),
        }
        for item in structures
    ]  # fmt: skip
    return pd.DataFrame.from_records(records)


def read_structures(content: Iterable[Mapping[str, Any]]) -> tuple[StructureResult, ...]:
    """Return structures from their entries in ``result.json``."""
    return tuple(_read(item) for item in content)


def _read(item: Mapping[str, Any]) -> StructureResult:
    given = {name: item[name] for name in (entry.name for entry in fields(StructureResult))}
    values = {
        name: np.array([math.nan if part is None else part for part in value], dtype=float)
        if isinstance(value, list)
        else value
        for name, value in given["values"].items()
    }
    tuples = {name: tuple(given[name]) for name in ("files", "measures", "warnings")}
    return StructureResult(**{**given, **tuples, "values": values})
