"""The points table of a study: one line per family and x, columns named with their unit; and its arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from entrox.core.errors import InputError
from entrox.core.result import Quantity
from entrox.design.family import Family
from entrox.design.measures import MeasureRequest
from entrox.design.remarks import join_warnings
from entrox.design.sweep import SweepRows

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["TEXT_COLUMNS", "build_arrays", "build_points", "column_quantities", "warnings_of_points"]

TEXT_COLUMNS = ("family", "formula", "composition", "host", "warnings")
LEADING_COLUMNS = ("family", "formula", "composition", "x", "host")


def column_quantities(requests: Sequence[MeasureRequest]) -> dict[str, Quantity]:
    """Return the declared quantities by column, in the order of the measures; scalars and arrays.

    Raises
    ------
    InputError
        If two measures of the study return a quantity of the same name.
    """
    columns: dict[str, Quantity] = {}
    for request in requests:
        for declared in request.measure.quantities:
            if declared.name in columns or declared.name in (*LEADING_COLUMNS, "warnings"):
                raise InputError(
                    f"the measure {request.measure.name!r} returns {declared.name!r}, a name that is already taken in "
                    "this study. Leave out one of the two measures."
                )
            columns[declared.name] = declared
    return columns


def build_points(
    families: Sequence[Family],
    compositions: Sequence[Sequence[Composition]],
    rows: SweepRows,
    columns: Mapping[str, Quantity],
) -> pd.DataFrame:
    """Build the points table, ordered by family as in the study and by x.

    Parameters
    ----------
    families, compositions
        The families, and for each its compositions in the order of its x values.
    rows
        Rows of the sweep over all compositions, family after family.
    columns
        Declared quantities by column; arrays are left out of the table.

    Returns
    -------
    pandas.DataFrame
        Columns ``family, formula, composition, x, host``, the scalar quantities, ``warnings`` (joined by ``; ``).
        A missing value is NaN.
    """
    scalars = [name for name, declared in columns.items() if not declared.axes]
    points = iter(rows.points)
    records: list[dict[str, Any]] = []
    for family, members in zip(families, compositions, strict=True):
        for x, composition in zip(family.x, members, strict=True):
            values, warnings = _merge(next(points), composition)
            leading = dict(
                zip(LEADING_COLUMNS, (family.name, family.formula, composition.formula, x, family.host), strict=True)
            )
            measured = {name: np.nan if values[name] is None else float(values[name]) for name in scalars}
            records.append({**leading, **measured, "warnings": join_warnings(warnings)})
    return pd.DataFrame.from_records(records, columns=[*LEADING_COLUMNS, *scalars, "warnings"])


def _merge(point: Mapping[str, Any], composition: Composition) -> tuple[dict[str, Any], tuple[str, ...]]:
    values: dict[str, Any] = {}
    warnings = list(composition.warnings)
    for row in point.values():
        values.update(row.values)
        warnings += row.warnings
    return values, tuple(dict.fromkeys(warnings))


def warnings_of_points(compositions: Sequence[Sequence[Composition]], rows: SweepRows) -> tuple[tuple[str, ...], ...]:
    """Return the warnings of every point, each once, in the order of the points table."""
    members = (composition for family in compositions for composition in family)
    return tuple(_merge(point, composition)[1] for point, composition in zip(rows.points, members, strict=True))


def build_arrays(rows: SweepRows, columns: Mapping[str, Quantity]) -> dict[str, list[np.ndarray[Any, Any] | None]]:
    """Collect the array quantities, one entry per point in the order of the points table; None where there is none."""
    arrays: dict[str, list[np.ndarray[Any, Any] | None]] = {name: [] for name, item in columns.items() if item.axes}
    if not arrays:
        return arrays
    for point in rows.points:
        values = {name: value for row in point.values() for name, value in row.values.items()}
        for name, collected in arrays.items():
            collected.append(None if values[name] is None else np.asarray(values[name], dtype=float))
    return arrays
