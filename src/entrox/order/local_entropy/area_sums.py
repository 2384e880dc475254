"""Entropies of very many overlapping areas, added up piece by piece so that memory stays bounded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, xlogy

from entrox.order.local_entropy._kernels import area_entropies
from entrox.order.local_entropy.estimators import grassberger_digamma
from entrox.order.local_entropy.null import null_entropy

__all__ = ["AreaEntropies", "AreaSums", "EntropyTables", "weighted_means"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class AreaEntropies:
    """Entropies of some areas [R] and their numbers of points, shape ``(n_areas, n_radii)``; NaN where N is 0."""

    n_points: Counts
    plugin: Floats
    corrected: Floats


class EntropyTables:
    """n ln n, psi(n) and n G(n) for whole numbers, as far as they were needed."""

    def __init__(self) -> None:
        self._tables = self._made(256)

    @staticmethod
    def _made(length: int) -> tuple[Floats, Floats, Floats]:
        n = np.arange(length, dtype=np.float64)
        tables = xlogy(n, n), np.append(0.0, digamma(n[1:])), n * grassberger_digamma(n)
        return np.asarray(tables[0], dtype=np.float64), np.asarray(tables[1], dtype=np.float64), tables[2]

    def entropies(self, counts: Counts) -> AreaEntropies:
        """Entropies of areas from their counts, shape ``(n_areas, n_radii, n_species)``."""
        # The largest species times their number bounds every total; a longer table does no harm.
        most = int(counts.max(initial=0)) * counts.shape[2]
        tables = self._tables
        if most >= len(tables[0]):
            tables = self._tables = self._made(2 * most)
        shape = counts.shape[:2]
        n_points, plugin, corrected = np.empty(shape, np.int32), np.empty(shape), np.empty(shape)
        area_entropies(counts, *tables, n_points, plugin, corrected)
        return AreaEntropies(n_points, plugin, corrected)


@dataclass(eq=False)
class AreaSums:
    """Running sums over areas, one per radius."""

    n_radii: int
    by_count: bool
    plain: Floats = field(init=False)
    square: Floats = field(init=False)
    weighted: Floats = field(init=False)
    corrected: Floats = field(init=False)
    histogram: list[Ints] = field(init=False)

    def __post_init__(self) -> None:
        self.plain, self.square, self.weighted, self.corrected = np.zeros((4, self.n_radii))
        self.histogram = [np.zeros(1, dtype=np.int64) for _ in range(self.n_radii)]

    def add(self, areas: AreaEntropies) -> None:
        """Add areas; those without points are counted in the histogram only."""
        entropy = np.where(areas.n_points > 0, areas.plugin, 0.0)
        corrected = np.where(areas.n_points > 0, areas.corrected, 0.0)
        weight = areas.n_points if self.by_count else 1.0
        self.plain += entropy.sum(axis=0)
        self.square += (entropy**2).sum(axis=0)
        self.weighted += (entropy * weight).sum(axis=0)
        self.corrected += (corrected * weight).sum(axis=0)
        for radius in range(self.n_radii):
            new = np.bincount(areas.n_points[:, radius], minlength=len(self.histogram[radius]))
            new[: len(self.histogram[radius])] += self.histogram[radius]
            self.histogram[radius] = new

    @property
    def n_areas(self) -> Ints:
        """Areas with points, shape ``(n_radii,)``."""
        return np.array([counts[1:].sum() for counts in self.histogram])

    @property
    def n_points(self) -> Ints:
        """Points of all areas together, shape ``(n_radii,)``."""
        return np.array([(np.arange(len(counts)) * counts).sum() for counts in self.histogram])

    @property
    def weights(self) -> Floats:
        """Sum of the weights, shape ``(n_radii,)``."""
        return np.asarray(self.n_points if self.by_count else self.n_areas, dtype=np.float64)

    @property
    def sd(self) -> Floats:
        """Standard deviation of the entropy over areas, shape ``(n_radii,)``."""
        n = np.maximum(self.n_areas, 1)
        return np.asarray(np.sqrt(np.maximum(self.square / n - (self.plain / n) ** 2, 0.0) * n / np.maximum(n - 1, 1)))

    def quantiles(self, shares: tuple[float, ...]) -> Floats:
        """Quantiles of the number of points of an area, shape ``(n_shares, n_radii)``; NaN without areas."""
        found = np.full((len(shares), self.n_radii), np.nan)
        for radius, counts in enumerate(self.histogram):
            below = np.cumsum(counts[1:])
            if below.size and below[-1]:
                found[:, radius] = 1 + np.searchsorted(below, np.multiply(shares, below[-1]))
        return found

    def null(self, totals: Ints) -> Floats:
        """Mean entropy of the areas under random relabeling of single points, shape ``(n_radii,)``."""
        found = np.full(self.n_radii, np.nan)
        for radius, counts in enumerate(self.histogram):
            sizes = 1 + np.flatnonzero(counts[1:])
            if sizes.size:
                weights = counts[sizes] * (sizes if self.by_count else 1.0)
                found[radius] = (weights * null_entropy(sizes, totals)).sum() / weights.sum()
        return found


def weighted_means(sums: AreaSums) -> tuple[Floats, Floats]:
    """Plug-in and corrected entropy averaged with the weights [R], shape ``(n_radii,)``; NaN without areas."""
    with np.errstate(invalid="ignore"):
        return sums.weighted / sums.weights, sums.corrected / sums.weights
