"""Every vector of an image, with its error: what a comparison of two images resamples, block by block.

Vectors lie along the lattice axes of the picture. Lengths in pm, positions in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.displacement.block_table import folded_angle_deg

__all__ = ["MOST_VECTORS", "VectorTable", "mean_covariance"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_VECTORS = 40_000
"""Reports of larger pictures keep their histograms only: the file would be large and the errors are small anyway."""


@dataclass(frozen=True, kw_only=True)
class VectorTable(Result):
    """Vectors of one kind of column, one row for each place that has one.

    ``label`` is the number of the class in ``CLASSES[2]``; ``flag`` is 0 for vectors that enter statistics. Blocks are
    parts of the picture, as wide as two correlation lengths where it is large enough. Noise is shared by neighbors:
    ``noise_products_pm2`` is the mean product of the noise of two vectors that far apart.
    """

    site: str
    slab: Ints = quantity("1", "number of the slab", axes=("vector",))
    cell: Ints = quantity("1", "number along the two axes", axes=("vector", "axis"))
    vector_pm: Floats = quantity("pm", "displacement along the lattice axes", axes=("vector", "component"))
    covariance_pm2: Floats | None = quantity(
        "pm^2", "covariance of the displacement", axes=("vector", "component", "other"), default=None
    )
    position_angstrom: Floats | None = quantity(
        "angstrom", "position of the column, x right and y up", axes=("vector", "component"), default=None
    )
    label: Ints = quantity("1", "number of the class", axes=("vector",))
    flip_probability: Floats | None = quantity(
        "1", "probability that noise moved it to another class", axes=("vector",), default=None
    )
    flag: Ints = quantity("1", "0 for a vector that enters statistics", axes=("vector",))
    block: Ints = quantity("1", "part of the picture", axes=("vector",))
    noise_offsets: Ints | None = quantity("cells", "offset of neighbors", axes=("offset", "axis"), default=None)
    noise_products_pm2: Floats | None = quantity(
        "pm^2", "mean product of the noise of neighbors", axes=("offset",), default=None
    )
    closed: bool = False
    """Whether the picture closes on itself, as that of a simulated box."""
    significance: float | None = quantity(
        "1", "standard errors below which a vector is weak; None where nobody chose", default=None
    )
    min_domain_cells: int | None = quantity("1", "fewest cells of a domain; None where nobody chose", default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("slab", "cell", "label", "flag", "block", "noise_offsets"):
            if (value := getattr(self, name)) is not None:
                whole = np.array(value, dtype=np.int64)
                whole.setflags(write=False)
                object.__setattr__(self, name, whole)
        if not len(self.vector_pm) or not len(self.slab) == len(self.cell) == len(self.vector_pm) == len(self.block):
            raise InputError("a table of vectors needs at least one, and as many numbers of cells and blocks.")

    @property
    def good(self) -> NDArray[np.bool_]:
        """Vectors that enter statistics."""
        return np.asarray((self.flag == 0) & np.isfinite(self.vector_pm).all(axis=1))

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return int(self.block.max()) + 1

    def grid(self, values: Floats | None = None) -> Floats:
        """Values of the vectors that enter statistics on the grid of cells, NaN elsewhere.

        Parameters
        ----------
        values
            One entry for each vector, shape ``(vector, ...)``; the vectors if None.

        Returns
        -------
        ndarray
            Shape ``(slab, right, up, ...)``.
        """
        filled = np.asarray(self.vector_pm if values is None else values, dtype=float)
        start = self.cell.min(axis=0)
        shape = self.cell.max(axis=0) - start + 1
        grid = np.full((int(self.slab.max()) + 1, int(shape[0]), int(shape[1]), *filled.shape[1:]), np.nan)
        place = (self.slab, *(self.cell - start).T)
        grid[place] = np.where(self.good.reshape(-1, *[1] * (filled.ndim - 1)), filled, np.nan)
        return grid

    @property
    def folded_deg(self) -> Floats:
        """Angle of each vector to the nearer lattice axis, 0 to 45."""
        return folded_angle_deg(self.vector_pm)


def mean_covariance(table: VectorTable) -> Floats:
    """Mean covariance of the vectors that enter statistics, shape ``(2, 2)`` [pm^2]; zero where none is known."""
    if table.covariance_pm2 is None:
        return np.zeros((2, 2))
    return np.asarray(table.covariance_pm2[table.good].mean(axis=0))
