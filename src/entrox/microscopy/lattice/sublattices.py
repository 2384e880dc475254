"""Which column is which: sublattices, cells and cages of a perovskite seen along [001] or [110].

Geometry alone gives the two interpenetrating sets; which of them is A is decided by intensity, by name, or by the user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["FEWEST_CAGES", "SITES", "Sublattices", "angle_between_deg"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_CAGES = 50
"""Complete cages that statistics and domains need."""
SITES = ("A", "B", "O")
"""Names of the numbers in ``site``; -1 is a column without a place."""


@dataclass(frozen=True, kw_only=True)
class Sublattices(Result):
    """Columns with their kind, cell and cage.

    a1 is the lattice axis nearest to +x (within 45 degrees), a2 is 90 degrees further, counter-clockwise as displayed.
    Column (i, j) of B lies half a step along a1 and a2 from A (i, j) in [001] view; in [110] view half a step along c
    only. ``cage`` numbers the columns of the other cation around each cation, always in the same order
    ([001]: -a1-a2, +a1-a2, -a1+a2, +a1+a2; [110]: -c, +c); -1 where one is missing, and for oxygen.
    """

    position_px: Floats = quantity("px", "position of the column, x right and y down", axes=("column", "component"))
    site: Ints = quantity("1", "0 A, 1 B, 2 O, -1 none", axes=("column",))
    cell: Ints = quantity("1", "number along a1 and a2", axes=("column", "axis"))
    cage: Ints = quantity("1", "columns of the cage; -1 missing", axes=("column", "member"))
    collision: NDArray[np.bool_] = quantity("1", "another column claims the same place", axes=("column",))
    saturated: NDArray[np.bool_] = quantity("1", "column with saturated pixels", axes=("column",))
    basis_px: Floats = quantity("px", "a1 and a2 of one cation, x right and y down", axes=("axis", "component"))
    zone_axis: str
    n_gaps: int = quantity("1", "places inside the crystal without a column", default=0)
    contrast: float | None = quantity("1", "mean intensity difference of A and B over the pooled scatter", default=None)
    decision: dict[str, Any] = field(default_factory=dict)
    """``method`` ("intensity", "geometry", "user"), ``ambiguous``, ``expected_ratio`` (both choices) ..."""
    dark: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def axes(self) -> Floats:
        """Orthonormal directions of a1 and a2 as displayed (y up), rows; nearest to the true ones."""
        shown = self.basis_px * np.array([1.0, -1.0])
        u, _, v = np.linalg.svd(shown / np.linalg.norm(shown, axis=1, keepdims=True))
        return np.asarray(u @ v)


def angle_between_deg(basis: Floats) -> float:
    """Angle from the first row to the second, counter-clockwise where y is up [deg].

    Examples
    --------
    >>> angle_between_deg(np.array([[2.0, 0.0], [0.0, 3.0]]))
    90.0
    """
    cross = basis[0, 0] * basis[1, 1] - basis[0, 1] * basis[1, 0]
    return float(np.degrees(np.arctan2(cross, basis[0] @ basis[1])))
