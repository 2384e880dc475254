"""The best composition of each family, and which of its neighbours cannot be told apart from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entrox.core.errors import InputError

__all__ = ["BestPoint", "best_points"]

BREAKDOWN_FIELD = "breakdown_field_mv_per_m"
INTERVAL = ("breakdown_field_low_mv_per_m", "breakdown_field_high_mv_per_m")


@dataclass(frozen=True)
class BestPoint:
    """Maximum of a quantity within one family.

    Parameters
    ----------
    family, composition, x
        Where the maximum lies; x dimensionless.
    quantity
        Column of the points table.
    value, low, high
        The maximum and its interval, in the unit of the column; the interval is None where none was computed.
    x_low, x_high
        Ends of the unbroken run of grid points around ``x`` whose intervals overlap that of the maximum: the best
        composition lies between them as far as the intervals tell.
    host_value
        Value of the unsubstituted host, None if the family does not contain it.
    at_edge
        True where the maximum is the first or last point of the family: a wider range of x may hold a better one.
    """

    family: str
    composition: str
    x: float
    quantity: str
    value: float
    low: float | None
    high: float | None
    x_low: float
    x_high: float
    host_value: float | None
    at_edge: bool


def best_points(
    points: pd.DataFrame,
    quantity: str = BREAKDOWN_FIELD,
    *,
    interval: tuple[str, str] | None = INTERVAL,
) -> tuple[BestPoint, ...]:
    """Find the point of largest ``quantity`` in each family.

    Parameters
    ----------
    points
        The points table of a study.
    quantity
        Column to maximize.
    interval
        Columns with the lower and upper end of the interval of ``quantity``; None if there are none.

    Returns
    -------
    tuple of BestPoint
        One per family with at least one value, in the order of the table.

    Notes
    -----
    Overlap of intervals is a cautious test: part of the uncertainty, that of the calibration, moves all points of a
    family together and does not blur their order.
    """
    if quantity not in points.columns:
        raise InputError(f"the points table has no column {quantity!r}; it has {', '.join(map(str, points.columns))}.")
    ends = interval if interval is not None and set(interval) <= set(points.columns) else None
    found = []
    for _, group in points.groupby("family", sort=False):
        members = group.sort_values("x", kind="stable")
        if members[quantity].notna().any():
            found.append(_best_of(members, quantity, ends))
    return tuple(found)


def _best_of(members: pd.DataFrame, quantity: str, ends: tuple[str, str] | None) -> BestPoint:
    values = members[quantity].to_numpy(dtype=float)
    x = members["x"].to_numpy(dtype=float)
    best = int(np.nanargmax(values))
    low = members[ends[0]].to_numpy(dtype=float) if ends else values
    high = members[ends[1]].to_numpy(dtype=float) if ends else values
    first, last = _run_around(best, high >= low[best])
    host = members[(members["x"] == 0.0)]
    host_value = float(host[quantity].iloc[0]) if len(host) else math.nan
    return BestPoint(
        family=str(members["family"].iloc[best]),
        composition=str(members["composition"].iloc[best]),
        x=float(x[best]),
        quantity=quantity,
        value=float(values[best]),
        low=_known(low[best]) if ends else None,
        high=_known(high[best]) if ends else None,
        x_low=float(x[first]),
        x_high=float(x[last]),
        host_value=_known(host_value),
        at_edge=best in (0, len(x) - 1),
    )


def _run_around(index: int, accepted: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the ends of the unbroken run of accepted entries that contains ``index``."""
    first = last = index
    while first > 0 and accepted[first - 1]:
        first -= 1
    while last < len(accepted) - 1 and accepted[last + 1]:
        last += 1
    return first, last


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
