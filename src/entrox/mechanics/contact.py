"""Whether a bent film meets itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["touches_itself"]

Floats = NDArray[np.float64]
NEIGHBORS = 5.0
"""Thicknesses along the film within which points are neighbors, not in contact; bent to 20 % they stay apart."""


def touches_itself(s: Floats, shape: Floats, thickness: float, points: int = 160) -> bool:
    """Return whether parts of the mid-line come closer than one thickness.

    Parameters
    ----------
    s
        Arc length [m], shape ``(n,)``.
    shape
        Mid-line [m], shape ``(n, 2)``.
    thickness
        [m].
    points
        Places along the film that are compared.

    Examples
    --------
    >>> s = np.linspace(0.0, 1.0, 50)
    >>> touches_itself(s, np.column_stack([s, 0 * s]), 0.01)
    False
    """
    place = np.linspace(s[0], s[-1], points)
    x, y = np.interp(place, s, shape[:, 0]), np.interp(place, s, shape[:, 1])
    # two segments that cross lie within half a step of a point; the step is added so that none is missed
    reach = thickness + 0.5 * (place[1] - place[0])
    far = np.abs(place[:, None] - place) > max(NEIGHBORS * thickness, 3.0 * reach)
    near = np.hypot(x[:, None] - x, y[:, None] - y) < reach
    return bool((far & near).any())
