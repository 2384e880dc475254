"""Types of domain walls by the angle between the mean directions of the domains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["WALL_ANGLES_DEG", "wall_type"]

WALL_ANGLES_DEG: Mapping[str, tuple[int, ...]] = {
    "T": (90, 180),
    "O": (60, 90, 120, 180),
    "R": (71, 109, 180),
    "<10>": (90, 180),
    "<11>": (90, 180),
}
"""Angles between two different directions of one family; those of R are rounded from 70.53 and 109.47."""


def wall_type(first: str, second: str, angle_deg: float) -> str:
    """Name of the wall between two domains.

    Parameters
    ----------
    first, second
        Classes of the domains: T, O, R, or <10> and <11> in an image.
    angle_deg
        Angle between their mean directions.

    Returns
    -------
    str
        ``"T 90"`` for two domains of one class, with the nearest angle that the class has; ``"R/T"`` otherwise.

    Examples
    --------
    >>> wall_type("R", "R", 73.0), wall_type("T", "R", 54.0)
    ('R 71', 'R/T')
    """
    if first != second or first not in WALL_ANGLES_DEG:
        return "/".join(sorted((first, second)))
    angles = np.array(WALL_ANGLES_DEG[first])
    return f"{first} {angles[np.abs(angles - angle_deg).argmin()]}"
