"""What a figure of a study draws, taken from its points table: families in x order, intervals, calibrated stretches.

Selection and geometry only; nothing is computed that the table does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entrox.core import InputError, Quantity, nearest_names
from entrox.design import BestPoint, StudyResult
from entrox.design.remarks import remarks_of
from entrox.plots.labels import formula_html, formula_mathtext, plain_mathtext
from entrox.plots.style import FamilyStyle, family_style

__all__ = [
    "BREAKDOWN_FIELD",
    "DISTORTION",
    "ENTROPY",
    "EXTRAPOLATED",
    "FamilyCurve",
    "band_quadrilaterals",
    "best_of_family",
    "breakdown_families",
    "check_column",
    "family_curves",
    "has_values",
    "host_row",
    "interval_columns",
    "quantity_of",
    "spread_column",
    "stretches",
]

Floats = NDArray[np.float64]
BREAKDOWN_FIELD = "breakdown_field_mv_per_m"
ENTROPY = "entropy_per_formula_unit_r"
DISTORTION = "lattice_distortion"
EXTRAPOLATED = "extrapolated"
"""Warnings that start with this word say that a point lies outside the calibrated range."""
X = Quantity("x", "1", "substitution x")


@dataclass(frozen=True, eq=False)
class FamilyCurve:
    """Points of one family in the order of x.

    Parameters
    ----------
    name
        Name of the family.
    style
        Its color and marker.
    points
        Its lines of the points table, ordered by x.
    outside
        Whether each point lies outside the calibrated range of a model, shape ``(n_points,)``.
    """

    name: str
    style: FamilyStyle
    points: pd.DataFrame
    outside: NDArray[np.bool_]

    @property
    def formula(self) -> str:
        """Formula in x."""
        return str(self.points["formula"].iloc[0])

    @property
    def mathtext(self) -> str:
        """Name for matplotlib, with subscripts where it is the formula."""
        return formula_mathtext(self.name) if self.name == self.formula else plain_mathtext(self.name)

    @property
    def html(self) -> str:
        """Name as escaped HTML, with subscripts where it is the formula."""
        return formula_html(self.name) if self.name == self.formula else escape(self.name)

    def values(self, column: str) -> Floats:
        """Return one column, shape ``(n_points,)``."""
        return self.points[column].to_numpy(dtype=float)


def family_curves(result: StudyResult, quantity: str = BREAKDOWN_FIELD) -> list[FamilyCurve]:
    """Return the families of a study in its order, each ordered by x.

    Parameters
    ----------
    result
        The study.
    quantity
        What is drawn; descriptors of a composition are exact everywhere, whatever the range of a model, and so are
        quantities of measures that rest on numbers of the user.

    Notes
    -----
    x is the path along a family: the entropy is not one-to-one in x, and curves against it turn back.
    """
    exact = quantity == "x" or quantity in _never_extrapolated()
    curves = []
    for index, (name, group) in enumerate(result.points.groupby("family", sort=False)):
        points = group.sort_values("x", kind="stable")
        outside = np.array([not exact and _is_outside(str(text)) for text in points["warnings"]], dtype=bool)
        curves.append(FamilyCurve(str(name), family_style(index), points, outside))
    return curves


@cache
def _never_extrapolated() -> frozenset[str]:
    from entrox.composition.measures import MEASURES as COMPOSITION
    from entrox.mechanics.measures import MEASURES as MECHANICS
    from entrox.thermo.measures import MEASURES as THERMO

    measures = (*COMPOSITION, *THERMO, *MECHANICS)
    return frozenset(declared.name for measure in measures for declared in measure.quantities)


def _is_outside(warnings: str) -> bool:
    return any(text.startswith(EXTRAPOLATED) for text in remarks_of(warnings))


def quantity_of(result: StudyResult, column: str) -> Quantity:
    """Return the declaration of a column of the points table; ``x`` is known as well."""
    check_column(result, column)
    return X if column == "x" else result.columns[column]


def check_column(result: StudyResult, column: str) -> str:
    """Check that the points table holds the numeric ``column``, and return it."""
    known = ["x", *(name for name, declared in result.columns.items() if not declared.axes)]
    if column not in known:
        raise InputError(
            f"the study has no quantity {column!r}; {nearest_names(column, known)} "
            "Add the measure that computes it to the [measures] table of the study."
        )
    return column


def has_values(result: StudyResult, *columns: str) -> bool:
    """Tell whether the points table holds at least one number in each of ``columns``."""
    return all(name in result.points.columns and result.points[name].notna().any() for name in columns)


def interval_columns(name: str, columns: Sequence[str]) -> tuple[str, str] | None:
    """Return the columns with the lower and the upper end of the interval of ``name``, None if there are none.

    Examples
    --------
    >>> interval_columns("field_mv_per_m", ["field_mv_per_m", "field_low_mv_per_m", "field_high_mv_per_m"])
    ('field_low_mv_per_m', 'field_high_mv_per_m')
    """
    low = [column for column in columns if _without(column, "low") == name]
    high = [column for column in columns if _without(column, "high") == name]
    return (low[0], high[0]) if low and high else None


def spread_column(name: str, columns: Sequence[str]) -> str | None:
    """Return the column with the standard deviation of ``name``, None if there is none.

    Examples
    --------
    >>> spread_column("field_mv_per_m", ["field_mv_per_m", "field_std_mv_per_m"])
    'field_std_mv_per_m'
    """
    return next((column for column in columns if _without(column, "std") == name), None)


def _without(column: str, word: str) -> str | None:
    """Return the name of a column without one of its words; None where it does not hold the word."""
    words = column.split("_")
    if word not in words:
        return None
    words.remove(word)
    return "_".join(words)


def band_quadrilaterals(x: Floats, low: Floats, high: Floats) -> list[Floats]:
    """Return a band along a path that may turn back in x, as quadrilaterals of one orientation.

    Parameters
    ----------
    x, low, high
        Path and the ends of the interval, shape ``(n_points,)``; an entry with NaN interrupts the band.

    Returns
    -------
    list of arrays
        Each of shape ``(4, 2)``. One orientation, so that overlapping pieces fill, never cancel.
    """
    pieces = []
    for i in range(len(x) - 1):
        j = i + 1
        corners = np.array([[x[i], low[i]], [x[j], low[j]], [x[j], high[j]], [x[i], high[i]]])
        if np.isfinite(corners).all():
            pieces.append(corners if x[j] >= x[i] else corners[::-1])
    return pieces


def stretches(outside: NDArray[np.bool_]) -> Iterator[tuple[slice, bool]]:
    """Yield the unbroken stretches of a curve with whether each is extrapolated; neighbors share their end point.

    A piece between two points counts as extrapolated where one of them is.
    """
    piece = outside[:-1] | outside[1:]
    start = 0
    for stop in range(1, len(piece) + 1):
        if stop == len(piece) or piece[stop] != piece[start]:
            yield slice(start, stop + 1), bool(piece[start])
            start = stop


def best_of_family(result: StudyResult, family: str, column: str = BREAKDOWN_FIELD) -> BestPoint | None:
    """Return the best point of a family, None if the study has none for ``column``."""
    found = [best for best in result.best if best.family == family and best.quantity == column]
    return found[0] if found else None


def breakdown_families(result: StudyResult) -> list[tuple[FamilyCurve, BestPoint]]:
    """Return the families that have a largest breakdown field, with it."""
    pairs = [(curve, best_of_family(result, curve.name)) for curve in family_curves(result)]
    return [(curve, best) for curve, best in pairs if best is not None]


def host_row(result: StudyResult) -> pd.Series | None:
    """Return the first line of the table whose composition is the host itself, None if no family contains it."""
    from entrox.composition import parse_formula

    hosts = {text: parse_formula(text).at().formula for text in result.points["host"].unique()}
    rows = result.points[result.points["composition"] == result.points["host"].map(hosts)]
    return None if rows.empty else rows.iloc[0]
