"""Domains of an image: connected cells displaced alike, the walls between them, and how much of it is chance.

Chance is what the same search finds after the vectors have changed places at random. Areas in px^2 and lengths in px;
with a known pixel also in nm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.core.units import PICOMETER_PER_NANOMETER
from entrox.microscopy.lattice.sublattices import FEWEST_CAGES
from entrox.microscopy.vectors.cell_grid import CellGrid, cell_grid
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.order.domains.search import Domains, find_domains

__all__ = ["ImageDomains", "image_domains"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WALL_EDGES_DEG: Floats = np.linspace(0.0, 180.0, 37)


@dataclass(frozen=True, kw_only=True)
class ImageDomains(Result):
    """Domains, the largest first, and their walls.

    A wall runs along the faces of cells: along a1 and a2 its length is right, on a diagonal it is longer by sqrt(2).
    ``wall_histogram_px`` is the length of walls by the angle between the mean vectors of the two domains. The numbers
    of ``chance`` are means over shuffles.
    """

    labels: Ints = quantity("1", "domain of the vector; -1 for none", axes=("vector",))
    domain_cells: Ints = quantity("1", "cells of the domain", axes=("domain",))
    domain_area_px2: Floats = quantity("px^2", "area of the domain", axes=("domain",))
    domain_vector_px: Floats = quantity("px", "mean vector, x right and y up", axes=("domain", "component"))
    domain_classes: tuple[str, ...]
    wall_domains: Ints = quantity("1", "the two domains", axes=("wall", "side"))
    wall_length_px: Floats = quantity("px", "length of the wall", axes=("wall",))
    wall_angle_deg: Floats = quantity("deg", "angle between the mean vectors", axes=("wall",))
    wall_edges_deg: Floats = quantity("deg", "edges of the bins of the angle", axes=("edge",))
    wall_histogram_px: Floats = quantity("px", "length of walls by angle", axes=("bin",))
    wall_length_per_area_per_px: float = quantity("1/px", "length of all walls over the area of all vectors")
    domain_fraction: float = quantity("1", "share of the good vectors in domains")
    strong_fraction: float = quantity("1", "share of the good vectors that are not weak")
    median_area_px2: float = quantity("px^2", "median area; NaN without domains")
    largest_fraction: float = quantity("1", "share of the good vectors in the largest domain")
    chance_count: float = quantity("1", "domains after shuffling")
    chance_count_spread: float = quantity("1", "scatter of that count")
    chance_median_area_px2: float = quantity("px^2", "median area after shuffling; NaN where there were none")
    chance_domain_fraction: float = quantity("1", "share in domains after shuffling")
    chance_largest_fraction: float = quantity("1", "share in the largest domain after shuffling")
    chance_wall_length_per_area_per_px: float = quantity("1/px", "length of walls over area after shuffling")
    n_shuffles: int = quantity("1", "shuffles")
    min_cells: int = quantity("1", "fewest cells of a domain")
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)

    @property
    def count(self) -> int:
        """Number of domains."""
        return len(self.domain_cells)

    @property
    def nm_per_px(self) -> float | None:
        """Edge of a pixel [nm]; None where it is unknown."""
        return None if self.scale_pm is None else self.scale_pm / PICOMETER_PER_NANOMETER

    @property
    def domain_area_nm2(self) -> Floats | None:
        """Areas of the domains [nm^2]; None where the pixel is unknown."""
        return None if self.nm_per_px is None else np.asarray(self.domain_area_px2 * self.nm_per_px**2)


def image_domains(
    vectors: DisplacementMap,
    rng: np.random.Generator,
    *,
    join_angle_deg: float = 22.5,
    min_cells: int = 4,
    significance: float = 3.0,
    shuffles: int = 20,
) -> ImageDomains:
    """Find domains and compare them with chance.

    Parameters
    ----------
    vectors
        Displacements; their errors include row jitter where it is known.
    rng
        Shuffles the vectors, each with its error.
    join_angle_deg
        Neighbors side by side join if the angle between them is smaller.
    min_cells
        Smaller groups are no domains.
    significance
        Vectors with d C^-1 d below its square belong to none.
    shuffles
        Number of shuffles.

    Raises
    ------
    InputError
        If fewer than 50 vectors are good, or an option is out of range.
    """
    if vectors.n_good < FEWEST_CAGES:
        raise InputError(
            f"domains need at least {FEWEST_CAGES} complete cages; got {vectors.n_good}. Take a larger field of view."
        )
    check_integer(shuffles, "shuffles", low=1)
    rows = np.flatnonzero(vectors.good)
    grid = cell_grid(vectors.cell, vectors.good)
    rows = rows[np.isin(rows, grid.rows)]
    search = _Search(vectors, grid, join_angle_deg, min_cells, significance)
    found = search.domains(rows, rows)
    chance = [search.domains(rows, rng.permutation(rows)) for _ in range(shuffles)]
    counts = np.array([len(item.domain_cells) for item in chance], dtype=float)
    sizes = np.concatenate([item.domain_cells for item in chance])
    lengths = found.wall_face_counts @ vectors.period_px[::-1]
    return ImageDomains(
        labels=_of_vectors(found, grid, len(vectors.cell)), domain_cells=found.domain_cells,
        domain_area_px2=np.asarray(found.domain_cells * vectors.cell_area_px2, dtype=float),
        domain_vector_px=found.domain_vectors @ vectors.axes, domain_classes=found.domain_classes,
        wall_domains=found.wall_domains, wall_length_px=lengths, wall_angle_deg=found.wall_angle_deg,
        wall_edges_deg=WALL_EDGES_DEG,
        wall_histogram_px=np.histogram(found.wall_angle_deg, WALL_EDGES_DEG, weights=lengths)[0],
        wall_length_per_area_per_px=search.wall_density(found), domain_fraction=found.domain_fraction,
        strong_fraction=found.polar_fraction, median_area_px2=_median(found.domain_cells) * vectors.cell_area_px2,
        largest_fraction=found.largest_fraction, chance_count=float(counts.mean()),
        chance_count_spread=float(counts.std(ddof=1)) if shuffles > 1 else float("nan"),
        chance_median_area_px2=_median(sizes) * vectors.cell_area_px2,
        chance_domain_fraction=float(np.mean([item.domain_fraction for item in chance])),
        chance_largest_fraction=float(np.mean([item.largest_fraction for item in chance])),
        chance_wall_length_per_area_per_px=float(np.mean([search.wall_density(item) for item in chance])),
        n_shuffles=shuffles, min_cells=min_cells, scale_pm=vectors.scale_pm,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Search:
    """The search with its options, for the vectors as they are and shuffled."""

    vectors: DisplacementMap
    grid: CellGrid
    join_angle_deg: float
    min_cells: int
    significance: float

    def domains(self, places: Ints, taken: Ints) -> Domains:
        """Domains of the vectors ``taken`` at the cells of the vectors ``places``."""
        source = np.full(len(self.vectors.cell), -1, dtype=np.int64)
        source[places] = taken
        d = np.where((source >= 0)[:, None], self.vectors.vector_px[source], np.nan)
        covariance = self.vectors.noise_covariance_px2[source]
        return find_domains(
            self.grid.spread(d), threshold_angstrom=0.0, join_angle_deg=self.join_angle_deg,
            min_cells=self.min_cells, axes=self.vectors.axes, periodic=False, lattice_angstrom=self.vectors.period_px,
            noise_covariance=self.grid.spread(covariance), significance=self.significance,
        )  # fmt: skip

    def wall_density(self, found: Domains) -> float:
        """Length of walls over the area of all cells with a vector [1/px]."""
        faces = found.wall_face_counts.sum(axis=0) if len(found.wall_face_counts) else np.zeros(2)
        cells = int((self.grid.rows >= 0).sum())
        return float(faces @ self.vectors.period_px[::-1]) / (cells * self.vectors.cell_area_px2)


def _of_vectors(found: Domains, grid: CellGrid, count: int) -> Ints:
    """Domain of each vector from that of each cell of the grid."""
    labels = np.full(count, -1, dtype=np.int64)
    there = grid.rows >= 0
    labels[grid.rows[there]] = found.labels[0].reshape(grid.rows.shape)[there]
    return labels


def _median(cells: Ints) -> float:
    return float(np.median(cells)) if len(cells) else float("nan")
