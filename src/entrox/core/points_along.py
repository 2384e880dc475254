"""Values that are known at some points along a variable, taken between them, never beyond."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["value_along"]

ROUNDING = 1e-9
"""A place this far beyond an end still counts as the end."""


def value_along(
    place: float, points: Sequence[float], values: Sequence[float], errors: Sequence[float] | None = None
) -> tuple[float, float] | None:
    """Value and standard error at a place, linear between two points.

    Parameters
    ----------
    place
        Where the value is wanted.
    points
        Where values are known, rising.
    values
        The values.
    errors
        Their standard errors, independent of one another; zero if not given.

    Returns
    -------
    tuple of float, or None
        Value and error; None beyond the points.

    Notes
    -----
    The two points have errors of their own, so that the middle between them has the smaller one.

    Examples
    --------
    >>> value_along(0.25, [0.0, 0.5], [1.0, 3.0], [0.3, 0.4])
    (2.0, 0.25)
    >>> value_along(0.6, [0.0, 0.5], [1.0, 3.0]) is None
    True
    """
    errors = [0.0] * len(values) if errors is None else errors
    if not points[0] - ROUNDING <= place <= points[-1] + ROUNDING:
        return None
    right = min(max(bisect_left(points, place), 1), len(points) - 1)
    if right == 0:
        return float(values[0]), float(errors[0])
    left = right - 1
    share = min(max((place - points[left]) / (points[right] - points[left]), 0.0), 1.0)
    value = (1.0 - share) * values[left] + share * values[right]
    return float(value), math.hypot((1.0 - share) * errors[left], share * errors[right])
