"""The homogeneous part of a deformation: that of the cell, or of all atoms together where the cell is not closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.strain.paired_frames import PairedFrames

__all__ = ["AffinePart", "affine_part"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AffinePart(Result):
    """Gradient of the homogeneous deformation; ``source`` is ``"cell"`` or ``"all atoms"``."""

    gradient: Floats = quantity("1", "gradient of row vectors", axes=("row", "column"))
    source: str

    def along(self, axis: Floats) -> float:
        """Engineering strain along a unit vector fixed in space."""
        return float(axis @ self.gradient @ axis) - 1.0

    def poisson_ratio(self, axis: Floats) -> float | None:
        """Mean lateral contraction over the elongation along a unit vector; None without elongation."""
        elongation = self.along(axis)
        if abs(elongation) < 1e-12:
            return None
        lateral = 0.5 * (float(np.trace(self.gradient)) - 3.0 - elongation)
        return -lateral / elongation


def affine_part(frames: PairedFrames, moments: Floats | None = None) -> AffinePart:
    """Homogeneous part of the way between two frames.

    Parameters
    ----------
    frames
        The two frames.
    moments
        Sums over the pairs of every atom, shape ``(n, 20)``, as the kernel leaves them; needed for a cell with open
        directions, where all of them together determine one gradient by least squares.

    Raises
    ------
    InputError
        If the atoms do not determine one.
    """
    if frames.periodic.all():
        return AffinePart(gradient=frames.gradient, source="cell")
    if moments is None:
        raise InputError("a cell with open directions has no homogeneous strain of its own: pass the moments of pairs.")
    sums = moments.sum(axis=0)
    v = np.array([[sums[0], sums[3], sums[4]], [sums[3], sums[1], sums[5]], [sums[4], sums[5], sums[2]]])
    if np.linalg.matrix_rank(v) < 3:
        raise InputError("the atoms lie in a plane, or there are no pairs: they determine no homogeneous strain.")
    return AffinePart(gradient=frames.gradient + np.linalg.solve(v, sums[6:15].reshape(3, 3)), source="all atoms")
