"""The second run: the measures themselves on the chosen candidates and on published compositions, as a table.

The table carries what a reader must know of every row: whether it is extrapolated, the status of its data, warnings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entrox.core.result import Quantity
from entrox.design.points import column_quantities
from entrox.design.remarks import join_warnings
from entrox.design.search.energy_density import ENERGY_DENSITY, energy_density_bound
from entrox.design.search.screen import Screen
from entrox.design.sweep import SweepRows

if TYPE_CHECKING:
    from entrox.composition import Composition
    from entrox.design.measures import MeasureRequest

__all__ = ["SecondRun", "data_status", "read_second_run", "second_run_columns"]

Floats = NDArray[np.float64]
EXTRAPOLATED = "extrapolated"
FIELD = "breakdown_field_mv_per_m"
PERMITTIVITY = "relative_permittivity"
STATUS_ORDER = "UABEC"
"""From the best to the worst: given by the user, read, confirmed, estimated by us, recalled only."""
_STATUS = re.compile(r"\bhas status ([UABEC])\b")


@dataclass(frozen=True)
class SecondRun:
    """Results of the measures, one row per composition.

    Parameters
    ----------
    table
        ``composition``, every scalar quantity (NaN where there is none), ``extrapolated``, ``data_status``,
        ``warnings``.
    samples
        Repetitions by quantity, shape ``(n, repetitions)``; NaN where there are none.
    warnings
        Warnings of every composition one by one.
    """

    table: pd.DataFrame
    samples: Mapping[str, Floats]
    warnings: tuple[tuple[str, ...], ...]

    def values(self, name: str) -> Floats:
        """Return a column as numbers."""
        return self.table[name].to_numpy(dtype=float)


def second_run_columns(requests: Sequence[MeasureRequest], screen: Screen) -> dict[str, Quantity]:
    """Return the declared scalar quantities by column, the bound of the energy density included where there is one."""
    columns = {name: item for name, item in column_quantities(requests).items() if not item.axes}
    if FIELD in columns and (screen.search.search.permittivity is not None or PERMITTIVITY in columns):
        columns[ENERGY_DENSITY.name] = ENERGY_DENSITY
    return columns


def read_second_run(
    compositions: Sequence[Composition],
    rows: SweepRows,
    columns: Mapping[str, Quantity],
    screen: Screen,
) -> SecondRun:
    """Collect the rows of a sweep.

    Parameters
    ----------
    compositions
        What was evaluated.
    rows
        Their rows, in the same order.
    columns
        Quantities of the table.
    screen
        Knows which quantities are means over repetitions.
    """
    records, warnings = [], []
    arrays: dict[str, list[Any]] = {name: [] for name in columns if screen.samples_of(name) is not None}
    for composition, point in zip(compositions, rows.points, strict=True):
        values: dict[str, Any] = {}
        notes = list(composition.warnings)
        for row in point.values():
            values.update(row.values)
            notes += row.warnings
        known = {name: np.nan if values.get(name) is None else float(values[name]) for name in columns}
        if ENERGY_DENSITY.name in columns:
            relative = values.get(PERMITTIVITY) or screen.search.search.permittivity
            bound = np.nan if relative is None else float(energy_density_bound(known[FIELD], relative))
            known[ENERGY_DENSITY.name] = bound
        for name, collected in arrays.items():
            collected.append(values.get(str(screen.samples_of(name))))
        notes = list(dict.fromkeys(notes))
        warnings.append(tuple(notes))
        records.append({
            "composition": composition.formula, **known,
            "extrapolated": any(text.startswith(EXTRAPOLATED) for text in notes),
            "data_status": data_status(notes),
            "warnings": join_warnings(notes),
        })  # fmt: skip
    names = ["composition", *columns, "extrapolated", "data_status", "warnings"]
    table = pd.DataFrame.from_records(records, columns=names)
    return SecondRun(table, {name: _stacked(items) for name, items in arrays.items()}, tuple(warnings))


def _stacked(items: Sequence[Any]) -> Floats:
    length = max((len(item) for item in items if item is not None), default=0)
    rows = [np.full(length, np.nan) if item is None else np.asarray(item, dtype=float) for item in items]
    return np.array(rows).reshape(len(items), length)


def data_status(warnings: Sequence[str]) -> str:
    """Return the worst status letter of the data behind a row that its warnings name; ``A-B`` if they name none.

    Examples
    --------
    >>> data_status(["bond energy of Sm-O (5.939 eV) has status C: a starting value, not checked"])
    'C'
    """
    letters = [letter for text in warnings for letter in _STATUS.findall(text)]
    return max(letters, key=STATUS_ORDER.index, default="A-B")
