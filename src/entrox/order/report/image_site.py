"""One kind of column of an image as the report sees it: classes, correlation, domains, blocks and the table of vectors.

Vectors lie along the lattice axes of the picture, on the grid of the columns. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.order.correlation.correlation import Correlation, correlation
from entrox.order.displacement.block_table import BlockTable, block_counts, table_of_counts
from entrox.order.domains import find_domains
from entrox.order.phases.phases import class_labels, weak_vectors
from entrox.order.phases.projected_classes import projected_classes
from entrox.order.phases.vector_field import noise_matrices, vector_field
from entrox.order.report.polar_assembly import domain_row, grid_blocks
from entrox.order.report.polar_report import DomainRow
from entrox.order.report.vector_table import MOST_VECTORS, VectorTable

__all__ = ["JOIN_ANGLE_DEG", "MIN_DOMAIN_CELLS", "SIGNIFICANCE", "ImageErrors", "ImageSite", "image_tables"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIGNIFICANCE = 3.0
"""Standard errors below which a vector is weak, where nobody chose."""
MIN_DOMAIN_CELLS = 4
"""Fewest cells of a domain of an image, where nobody chose."""
JOIN_ANGLE_DEG = 22.5
"""Neighbors within this angle belong to one domain of an image."""


@dataclass(frozen=True, eq=False)
class ImageErrors:
    """What a microscope knows about the vectors of one kind of column beyond the vectors.

    Parameters
    ----------
    covariance_angstrom2
        Of each vector along the lattice axes, shape ``(right, up, 2, 2)`` [angstrom^2].
    noise_products_angstrom2
        Mean product of the noise of vectors so many cells apart [angstrom^2].
    position_angstrom
        Of the columns, x right and y up, shape ``(right, up, 2)`` [angstrom].
    flag
        Not 0 for vectors that are kept and left out of statistics, shape ``(right, up)``.
    """

    covariance_angstrom2: Floats
    noise_products_angstrom2: Mapping[tuple[int, ...], float] = field(default_factory=dict)
    position_angstrom: Floats | None = None
    flag: Ints | None = None


class ImageSite:
    """Vectors of one kind of column.

    Parameters
    ----------
    site
        ``"A"`` or ``"B"``.
    vectors
        Shape ``(right, up, 2)`` or ``(slab, right, up, 2)`` [angstrom]; NaN where there is none.
    edges
        Distances of neighboring columns along the axes [angstrom].
    errors
        Covariances, or one standard error per component [angstrom], or None.
    threshold
        Shorter vectors are weak [angstrom].
    significance
        Vectors within so many standard errors are weak.
    closed
        Whether the picture closes on itself.
    """

    def __init__(
        self, site: str, vectors: Floats, edges: Floats, errors: ImageErrors | float | None, *, threshold: float,
        significance: float, closed: bool,
    ) -> None:  # fmt: skip
        every = np.asarray(vectors, dtype=float)
        every = every[None] if every.ndim == 3 else every
        if every.ndim != 4 or every.shape[-1] != 2 or not np.isfinite(every).any():
            raise InputError(
                f"vectors of {site} must have shape (right, up, 2) or (slab, right, up, 2) and hold a number; got "
                f"{every.shape}."
            )
        self.site, self.every, self.edges, self.closed = site, every, edges, closed
        self.threshold, self.significance = threshold, significance
        self.detail = errors if isinstance(errors, ImageErrors) else None
        self.covariance = _covariance_grid(errors, every)
        self.flag = np.zeros(every.shape[:3], dtype=np.int64)
        if self.detail is not None and self.detail.flag is not None:
            self.flag = np.asarray(self.detail.flag, dtype=np.int64).reshape(self.flag.shape)
        self.grid = np.where((self.flag == 0)[..., None], every, np.nan)
        self.labels = self._labels()

    def _labels(self) -> Ints:
        labels = class_labels(self.grid, self.threshold, "nearest_axis").astype(np.int64)
        if self.covariance is not None:
            frame = vector_field(self.grid)
            matrices = noise_matrices(self.covariance, frame)
            weak = weak_vectors(frame, matrices, self.significance).reshape(labels.shape)
            labels[weak & (labels >= 0)] = 0
        return labels

    @property
    def wide(self) -> bool:
        """Whether the picture has neighbors along both axes."""
        return bool(min(self.grid.shape[1:3]) > 1)

    @property
    def noise_traces(self) -> Floats:
        """Mean square of the noise of each vector [angstrom^2]."""
        if self.covariance is None:
            return np.zeros(self.grid.shape[:3])
        return np.asarray(np.trace(self.covariance, axis1=-2, axis2=-1))

    def correlation(self) -> Correlation | None:
        """Correlation without the common mean; None where noise leaves nothing."""
        products = {} if self.detail is None else self.detail.noise_products_angstrom2
        try:
            return correlation(
                self.grid, connected=True, periodic=self.closed, lattice_angstrom=self.edges,
                noise_covariance=self.covariance, noise_products=products or None,
            )  # fmt: skip
        except InputError:
            return None

    def domain_row(self, min_cells: int) -> DomainRow:
        """Domains of neighbors within 22.5 degrees."""
        found = find_domains(
            self.grid, threshold_angstrom=self.threshold, join_angle_deg=JOIN_ANGLE_DEG, min_cells=min_cells,
            periodic=self.closed, lattice_angstrom=self.edges, noise_covariance=self.covariance,
            significance=self.significance,
        )  # fmt: skip
        return domain_row(self.site, found)

    def tables(self, length_cells: Floats | None) -> tuple[BlockTable, VectorTable | None]:
        """Counts of blocks as wide as two correlation lengths where they can be, and the table of vectors."""
        block = grid_blocks((self.grid.shape[1], self.grid.shape[2]), length_cells)
        products = {} if self.detail is None else self.detail.noise_products_angstrom2
        counts = image_tables(
            self.grid, self.labels, self.site, self.noise_traces, block, closed=self.closed,
            shared=(products.get((1, 0), 0.0), products.get((0, 1), 0.0)),
        )  # fmt: skip
        if np.isfinite(self.every[..., 0]).sum() > MOST_VECTORS:
            return counts, None
        return counts, self._vector_table(block)

    def _vector_table(self, block: Ints) -> VectorTable:
        place = np.argwhere(np.isfinite(self.every).all(axis=-1))
        slab, cell = place[:, 0], place[:, 1:]
        at = tuple(place.T)
        vectors = self.every[at]
        covariance = None if self.covariance is None else self.covariance[at]
        flip, labels = None, class_labels(vectors, self.threshold, "nearest_axis").reshape(-1).astype(np.int64)
        if covariance is not None:
            found = projected_classes(vectors, covariance, self.significance)
            flip, labels = found.flip_probability[0], np.where(found.labels[0] == 0, 0, labels)
        detail = self.detail
        where = None if detail is None or detail.position_angstrom is None else detail.position_angstrom
        products = {} if detail is None else dict(detail.noise_products_angstrom2)
        n_blocks = int(block.max()) + 1
        return VectorTable(
            site=self.site, slab=slab, cell=cell, vector_pm=vectors * PICOMETER_PER_ANGSTROM,
            covariance_pm2=None if covariance is None else covariance * PICOMETER_PER_ANGSTROM**2,
            position_angstrom=None if where is None else where[tuple(cell.T)], label=labels, flip_probability=flip,
            flag=self.flag[at], block=slab * n_blocks + block.reshape(self.grid.shape[1:3])[tuple(cell.T)],
            noise_offsets=np.array(list(products), dtype=np.int64) if products else None,
            noise_products_pm2=np.array(list(products.values())) * PICOMETER_PER_ANGSTROM**2 if products else None,
            closed=self.closed,
        )  # fmt: skip


def _covariance_grid(errors: ImageErrors | float | None, vectors: Floats) -> Floats | None:
    """Covariance of every vector, shape ``(slab, right, up, 2, 2)``."""
    if isinstance(errors, ImageErrors):
        matrices = np.asarray(errors.covariance_angstrom2, dtype=float)
        if matrices.size != vectors.size * 2:
            raise InputError(
                f"covariance must have shape {(*vectors.shape[1:3], 2, 2)}, one for each vector; got {matrices.shape}."
            )
        return matrices.reshape(*vectors.shape, 2)
    if errors is None or errors == 0.0:
        return None
    return np.broadcast_to(errors**2 * np.eye(2), (*vectors.shape, 2))


def image_tables(
    grid: Floats, labels: Ints, site: str, noise_traces: Floats, block: Ints, *, closed: bool = True,
    shared: tuple[float, float] = (0.0, 0.0),
) -> BlockTable:  # fmt: skip
    """Counts of the blocks of an image, slab by slab.

    Parameters
    ----------
    grid
        Vectors, shape ``(slab, right, up, 2)``.
    labels, noise_traces
        Class and mean square of the noise of each, shape ``(slab, right, up)``.
    block
        Number of the block of each place, flat.
    closed
        Whether the picture closes on itself.
    shared
        Mean product of the noise of neighbors along each axis.
    """
    shape = (grid.shape[1], grid.shape[2])
    flat, classes = grid.reshape(len(grid), -1, 2), labels.reshape(len(grid), -1)
    squares = noise_traces.reshape(len(grid), -1)
    if not closed:
        # neighbors beyond the edge of an image are none: a border of NaN keeps them apart
        grid = np.pad(grid, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=np.nan)
    wide = np.arange(grid.shape[1] * grid.shape[2]).reshape(grid.shape[1:3])
    beside = np.stack([np.roll(wide, -1, axis=k)[: shape[0], : shape[1]].ravel() for k in (0, 1)], axis=1)
    around = grid.reshape(len(grid), -1, 2)
    counts = []
    for part in range(int(block.max()) + 1):
        inside = block == part
        products = np.einsum("snc,snkc->snk", flat, around[:, beside])[:, inside] - np.array(shared)
        pairs = np.stack([np.nansum(products, axis=(1, 2)), np.isfinite(products).sum(axis=(1, 2))], axis=1)
        counts.append(block_counts(flat[:, inside], classes[:, inside], pairs, squares[:, inside]))
    return table_of_counts(site, site, "space", np.concatenate(counts))
