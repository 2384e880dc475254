"""What bending cycles do to the permittivity: change, robust slope per decade, verdict.

A change smaller than what another contact makes is no change, and a rise is called one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_all_positive, check_in_range, check_positive, check_shape
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity
from entrox.core.student import NORMAL_95

__all__ = ["CycleChange", "change_over_cycles", "robust_slope"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CycleChange(Result):
    """Relative change of a quantity over cycles."""

    cycles: Floats = quantity("1", "number of cycles", axes=("point",))
    change: Floats = quantity("1", "value over that before the first cycle, minus one", axes=("point",))
    largest: float = quantity("1", "largest change in size, with its sign")
    slope: float | None = quantity("1 per decade", "robust slope of the change; None for fewer than three points")
    slope_interval: tuple[float, float] | None = quantity("1 per decade", "its interval of 95 %")
    verdict: str


def robust_slope(x: ArrayLike, y: ArrayLike) -> tuple[float, tuple[float, float]]:
    """Median of the slopes of all pairs, with its interval of 95 %.

    Parameters
    ----------
    x, y
        Shape ``(n,)``, at least three different x.

    Notes
    -----
    Theil; the interval by Kendall's statistic: Sen, J. Am. Stat. Assoc. 63, 1379 (1968).

    Examples
    --------
    >>> robust_slope([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0, 99.0])[0]
    1.0
    """
    places = np.asarray(x, dtype=float)
    values = check_shape(y, places.shape, "y")
    first, second = np.triu_indices(len(places), 1)
    apart = places[first] != places[second]
    if len(np.unique(places)) < 3:
        raise InputError("a slope needs three different places.")
    first, second = first[apart], second[apart]
    slopes = np.sort((values[second] - values[first]) / (places[second] - places[first]))
    n = len(places)
    half = NORMAL_95 * np.sqrt(n * (n - 1.0) * (2.0 * n + 5.0) / 18.0)
    low = int(np.clip(np.floor(0.5 * (len(slopes) - half)), 0, len(slopes) - 1))
    high = int(np.clip(np.ceil(0.5 * (len(slopes) + half)), 0, len(slopes) - 1))
    return float(np.median(slopes)), (float(slopes[low]), float(slopes[high]))


def change_over_cycles(
    cycles: ArrayLike, values: ArrayLike, *, limit: float = 0.024, reproducibility: float = 0.0
) -> CycleChange:
    """Change against the value before the first cycle.

    Parameters
    ----------
    cycles, values
        Shape ``(n,)``; the smallest number of cycles must be 0.
    limit
        Largest change that counts as stable, as a fraction.
    reproducibility
        Change that a new contact makes; smaller ones are no change.
    """
    number = np.asarray(cycles, dtype=float).ravel()
    measured = check_shape(check_all_positive(values, "values"), number.shape, "values")
    check_positive(limit, "limit")
    check_in_range(reproducibility, "reproducibility", low=0.0)
    if len(number) < 2 or not np.isfinite(number).all() or number.min() != 0.0:
        raise InputError("cycles must hold 0, the state before bending, and at least one more number.")
    order = np.argsort(number, kind="stable")
    number, measured = number[order], measured[order]
    change = measured / float(measured[number == 0.0].mean()) - 1.0
    largest = float(change[int(np.argmax(np.abs(change)))])
    after = number > 0.0
    slope, interval = None, None
    if len(np.unique(number[after])) >= 3:
        slope, interval = robust_slope(np.log10(number[after]), change[after])
    if abs(largest) <= reproducibility:
        verdict = f"no change beyond the contacts ({100.0 * reproducibility:g} %)"
    elif abs(largest) <= limit:
        verdict = f"stable within {100.0 * limit:g} %"
    else:
        verdict = f"{'rises' if largest > 0.0 else 'falls'} by {100.0 * abs(largest):.2g} %"
    if largest > reproducibility and abs(largest) <= limit:
        verdict += "; the largest change is a rise"
    return CycleChange(
        cycles=number, change=change, largest=largest, slope=slope, slope_interval=interval, verdict=verdict
    )
