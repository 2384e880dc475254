"""Vectors of one kind of cation columns, with their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.microscopy.vectors.cell_grid import cell_grid

__all__ = ["NEIGHBORS", "VECTOR_FLAGS", "DisplacementMap"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

VECTOR_FLAGS = ("ok", "edge", "member_flagged")
"""Words for ``flag``: edge has no complete cage and NaN; member_flagged keeps its number, and is in no statistics."""
NEIGHBORS = ((1, 0), (0, 1), (1, 1), (1, -1))
"""Cells whose vector shares columns with that of a cell, each pair once: along a1, along a2, and on the diagonals."""


@dataclass(frozen=True, kw_only=True)
class DisplacementMap(Result):
    """Displacements from the cage center to the cation, right-handed as displayed: +x right, +y up.

    Lengths are in px; ``scale_pm`` (pm per px) turns them into picometers, None where the pixel is unknown.
    ``members`` are the columns of the cage as rows of the fit, -1 where one is missing. ``shared_covariance_px2`` is
    the covariance of the noise of a vector with that of the vector in the cell next to it, in the order of
    ``NEIGHBORS``; zero where there is none. ``offset_covariance_px2`` is what row jitter or a filter adds at the
    offsets ``offset_cells``, one of R and -R.
    """

    site: str
    reference: str
    column: Ints = quantity("1", "row of the column in the fit", axes=("vector",))
    cell: Ints = quantity("1", "number along a1 and a2", axes=("vector", "axis"))
    position_px: Floats = quantity("px", "position of the column, x right and y down", axes=("vector", "component"))
    vector_px: Floats = quantity("px", "displacement, x right and y up", axes=("vector", "component"))
    covariance_px2: Floats = quantity("px^2", "covariance of the displacement", axes=("vector", "component", "other"))
    jitter_covariance_px2: Floats | None = quantity(
        "px^2", "part of the covariance from row jitter, not included above", axes=("vector", "component", "other"),
        default=None,
    )  # fmt: skip
    flag: Ints = quantity("1", "number of the flag in VECTOR_FLAGS", axes=("vector",))
    axes: Floats = quantity("1", "directions of a1 and a2 as displayed, rows", axes=("axis", "component"))
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)
    period_px: Floats = quantity("px", "lengths of a1 and a2", axes=("axis",))
    lattice_angle_deg: float = quantity("deg", "angle from a1 to a2", default=90.0)
    members: Ints | None = quantity("1", "columns of the cage; -1 missing", axes=("vector", "member"), default=None)
    shared_covariance_px2: Floats | None = quantity(
        "px^2", "covariance with the neighbors' noise", axes=("vector", "neighbor", "component", "other"), default=None
    )
    offset_cells: Ints | None = quantity(
        "cells", "steps of offset_covariance_px2", axes=("offset", "axis"), default=None
    )
    offset_covariance_px2: Floats | None = quantity(
        "px^2", "mean covariance of the noise of two vectors that many cells apart, besides shared columns",
        axes=("offset", "component", "other"), default=None,
    )  # fmt: skip
    subtracted: str = "nothing"
    warnings: tuple[str, ...] = ()

    @property
    def good(self) -> NDArray[np.bool_]:
        """Vectors that enter statistics."""
        return np.asarray(self.flag == 0)

    @property
    def n_good(self) -> int:
        """Number of vectors that enter statistics."""
        return int(self.good.sum())

    @property
    def along_axes_px(self) -> Floats:
        """Components along a1 and a2, shape ``(vector, 2)`` [px]."""
        return np.asarray(self.vector_px @ self.axes.T)

    @property
    def noise_covariance_px2(self) -> Floats:
        """Covariance of the displacements with everything known: that of the fit, plus the row jitter [px^2]."""
        if self.jitter_covariance_px2 is None:
            return np.asarray(self.covariance_px2)
        return np.asarray(self.covariance_px2 + self.jitter_covariance_px2)

    @property
    def cell_area_px2(self) -> float:
        """Area of a cell [px^2]."""
        return float(self.period_px.prod() * np.sin(np.radians(self.lattice_angle_deg)))

    def on_grid(self, values: Floats, *, flagged: bool = False) -> Floats:
        """Values of the vectors on the grid of cells.

        Parameters
        ----------
        values
            One entry per vector, shape ``(vector, ...)``.
        flagged
            Whether vectors with a flag are kept too.

        Returns
        -------
        ndarray
            Shape ``(p, q, ...)``, the first index along a1, the second along a2; NaN in gaps.

        Raises
        ------
        InputError
            If there is not one value per vector, or no vector is left.
        """
        array = np.asarray(values, dtype=float)
        if array.ndim < 1 or len(array) != len(self.cell):
            raise InputError(f"values must have one entry for each of {len(self.cell)} vectors; got {array.shape}.")
        used = np.asarray(np.isfinite(self.vector_px).all(axis=1)) if flagged else self.good
        return cell_grid(self.cell, used).spread(array)
