"""The vectors of an image as sums over its blocks, so that every number of the picture can be drawn again.

Two images are compared at equal noise: the vectors of the sharper one are given the noise that it lacks, for lengths,
angles, classes and domains all change with noise. Lengths in pm, distances in the picture in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.correlation.correlation_length import fit_correlation_length
from entrox.order.displacement.block_table import DIRECTION_BINS
from entrox.order.domains import find_domains
from entrox.order.phases.projected_classes import projected_classes
from entrox.order.report.image_site import JOIN_ANGLE_DEG, MIN_DOMAIN_CELLS, SIGNIFICANCE
from entrox.order.report.vector_table import VectorTable, mean_covariance

__all__ = ["ImageSample", "equal_noise"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOTICED = 0.05
"""Noise is added where it is this share of the common one."""
MOST_LAGS = 16
"""Correlation is followed so many cells at most."""
CHOICES = {
    "significance": ("the standard errors below which a vector is weak", "--weak-sigma"),
    "min_domain_cells": ("the fewest cells of a domain", "--minimum-domain-cells"),
}
"""Choices of a report that its numbers depend on: their words, and the option of the command."""
WALL_EDGES_DEG: Floats = np.linspace(0.0, 180.0, 181)


@dataclass(frozen=True, eq=False)
class ImageSample:
    """Vectors that enter a comparison.

    Parameters
    ----------
    table
        Of the report.
    vectors_pm
        Of all rows of the table, with the noise that was added.
    covariance_pm2
        Of these, shape ``(vector, 2, 2)``; None where there is no noise.
    edges_angstrom
        Distances of neighboring columns.
    significance, min_domain_cells
        Of both images: vectors within so many standard errors are weak, and the fewest cells of a domain.
    """

    table: VectorTable
    vectors_pm: Floats
    covariance_pm2: Floats | None
    edges_angstrom: Floats
    significance: float = SIGNIFICANCE
    min_domain_cells: int = MIN_DOMAIN_CELLS

    def block_sums(self, values: Floats) -> Floats:
        """Sum values of the vectors that enter statistics, shape ``(vector, ...)``, over each block."""
        good = self.table.good
        sums = np.zeros((self.table.n_blocks, *values.shape[1:]))
        np.add.at(sums, self.table.block[good], values[good])
        return sums

    def histogram(self, values: Floats, edges: Floats) -> Floats:
        """Counts of equal bins in each block, shape ``(block, bin)``; what lies beyond is in the last bin."""
        bins = len(edges) - 1
        index = np.clip(((values - edges[0]) / (edges[1] - edges[0])).astype(np.int64), 0, bins - 1)
        good = self.table.good
        flat = np.bincount(self.table.block[good] * bins + index[good], minlength=self.table.n_blocks * bins)
        return flat.reshape(-1, bins).astype(float)

    def squares(self) -> Floats:
        """Sum of |d|^2 without noise and number of vectors of each block, shape ``(block, 2)``; no noise was added."""
        square = (self.table.vector_pm**2).sum(axis=1)
        if self.table.covariance_pm2 is not None:
            square = square - np.trace(self.table.covariance_pm2, axis1=1, axis2=2)
        return self.block_sums(np.stack([square, np.ones(len(square))], axis=1))

    def class_counts(self) -> Floats:
        """Vectors that are weak, <10> and <11> of each block, shape ``(block, 3)``."""
        if self.covariance_pm2 is None:
            labels = self.table.label
        else:
            labels = projected_classes(self.vectors_pm, self.covariance_pm2, self.significance).labels[0]
        return self.block_sums((labels[:, None] == np.arange(3)).astype(float))

    def direction_counts(self) -> Floats:
        """Vectors in each of 36 sectors of each block, shape ``(block, sector)``."""
        angle = np.degrees(np.arctan2(self.vectors_pm[:, 1], self.vectors_pm[:, 0])) % 360.0
        return self.histogram(angle, np.linspace(0.0, 360.0, DIRECTION_BINS + 1))

    def domain_sums(self) -> tuple[Floats, Floats]:
        """Sums over the domains of each block, shape ``(block, 2)``, and its walls by angle, shape ``(block, 180)``.

        The first holds cells in domains and domains. A domain, and its walls, belong to the block of most of its cells.
        """
        spread = None if self.covariance_pm2 is None else self.table.grid(self.covariance_pm2)
        found = find_domains(
            self.table.grid(self.vectors_pm), threshold_angstrom=0.0, join_angle_deg=JOIN_ANGLE_DEG,
            min_cells=self.min_domain_cells, periodic=self.table.closed, noise_covariance=spread,
            significance=self.significance,
        )  # fmt: skip
        blocks = self.table.grid(self.table.block.astype(float)).reshape(found.labels.shape)
        starts = np.searchsorted(found.domain_frame, np.arange(len(found.labels)))
        inside = found.labels >= 0
        number = (found.labels + starts[:, None])[inside]
        votes = np.zeros((len(found.domain_cells), self.table.n_blocks))
        np.add.at(votes, (number, blocks[inside].astype(np.int64)), 1.0)
        home = votes.argmax(axis=1) if len(votes) else np.empty(0, dtype=np.int64)
        sums, walls = np.zeros((self.table.n_blocks, 2)), np.zeros((self.table.n_blocks, len(WALL_EDGES_DEG) - 1))
        np.add.at(sums, home, np.stack([found.domain_cells, np.ones(len(home))], axis=1))
        bins = np.minimum(found.wall_angle_deg.astype(np.int64), walls.shape[1] - 1)
        wall_home = home[found.wall_domains[:, 0] + starts[found.wall_frame]] if len(bins) else bins
        np.add.at(walls, (wall_home, bins), found.wall_face_counts.sum(axis=1).astype(float))
        return sums, walls

    def correlation_sums(self) -> tuple[Floats, Floats, Floats]:
        """Distance of shells [angstrom], and the sum and number of products in each block, shape ``(block, shell)``.

        Noise is taken off: the own of a vector at distance zero, that of shared columns beside it.
        """
        table = self.table
        grid = table.grid()
        grid = grid - np.nanmean(grid, axis=(0, 1, 2))
        block = np.nan_to_num(table.grid(table.block.astype(float)), nan=-1.0).astype(np.int64)
        lags = max(min(min(grid.shape[1:3]) // 2, MOST_LAGS), 1)
        mean_edge = float(self.edges_angstrom.mean())
        noise = {(0, 0): float(np.trace(mean_covariance(table)))}
        if table.noise_offsets is not None and table.noise_products_pm2 is not None:
            pairs = zip(table.noise_offsets.tolist(), table.noise_products_pm2.tolist(), strict=True)
            noise |= {tuple(offset): float(product) for offset, product in pairs}
        steps = [(x, y) for x in range(lags + 1) for y in range(-lags, lags + 1) if x > 0 or y >= 0]
        distance = np.array([np.hypot(*(np.array(s) * self.edges_angstrom)) for s in steps])
        shell = np.rint(distance / mean_edge).astype(np.int64)
        sums, counts = (np.zeros((table.n_blocks, lags + 1)) for _ in range(2))
        for step, k in zip(steps, shell, strict=True):
            if k <= lags:
                product, home = _products(grid, block, step, closed=table.closed)
                sums[:, k] += np.bincount(home, product - noise.get(step, 0.0), table.n_blocks)
                counts[:, k] += np.bincount(home, minlength=table.n_blocks)
        radius = np.array([distance[shell == k].mean() for k in range(lags + 1)])
        return radius, sums, counts

    def correlation_lengths(self, weights: Floats) -> tuple[float, Floats]:
        """Decay length [angstrom] of the picture and of draws of its blocks, shape of ``weights`` ``(draw, block)``.

        NaN where there is no decay. Shells count while they stand above twice their scatter over the draws.
        """
        radius, sums, counts = self.correlation_sums()

        def curve(drawn: Floats) -> Floats:
            with np.errstate(invalid="ignore", divide="ignore"):
                means = (drawn @ sums) / (drawn @ counts)
                return np.asarray(np.where(means[:, :1] > 0.0, means / means[:, :1], np.nan))

        values, draws = curve(np.ones((1, len(sums))))[0], curve(weights)
        errors = np.full(len(radius), np.inf)
        if len(draws) > 1:
            errors = np.nanstd(draws, axis=0, ddof=1)
        return _length(radius, values, errors), np.array([_length(radius, draw, errors) for draw in draws])


def _length(radius: Floats, values: Floats, errors: Floats) -> float:
    if not np.isfinite(values[:2]).all():
        return float("nan")
    there = np.isfinite(values) & np.isfinite(errors)
    there[0] = False
    try:
        found = fit_correlation_length(radius[there], values[there], errors[there]) if there.sum() > 1 else None
    except InputError:
        found = None
    return float("nan") if found is None else found.length


def _products(grid: Floats, block: Ints, step: tuple[int, int], *, closed: bool) -> tuple[Floats, Ints]:
    """Products of vectors one step apart, and the block of the first of each pair."""
    other = np.roll(grid, (-step[0], -step[1]), axis=(1, 2))
    product = (grid * other).sum(axis=-1)
    if not closed:
        # pairs around the end of an open picture are none
        product[:, product.shape[1] - step[0] :] = np.nan
        if step[1] > 0:
            product[:, :, product.shape[2] - step[1] :] = np.nan
        elif step[1] < 0:
            product[:, :, : -step[1]] = np.nan
    there = np.isfinite(product)
    return product[there], block[there]


def common_choice(pair: tuple[VectorTable, VectorTable], name: str, default: float) -> float:
    """Choice of both images; one that did not choose follows the other.

    Raises
    ------
    InputError
        If the choices differ.
    """
    chosen = {value for table in pair if (value := getattr(table, name)) is not None}
    if len(chosen) > 1:
        what, option = CHOICES[name]
        raise InputError(
            f"the images take {' and '.join(f'{value:g}' for value in sorted(chosen))} as {what}: their classes and "
            f"domains are not of one kind. Analyze both with one {name} ({option})."
        )
    return float(chosen.pop()) if chosen else default


def equal_noise(
    pair: tuple[VectorTable, VectorTable], edges: tuple[Floats, Floats], rng: np.random.Generator
) -> tuple[ImageSample, ImageSample, tuple[float, float]]:
    """Two images at one noise.

    Parameters
    ----------
    pair, edges
        Tables, and the distances of their columns [angstrom].
    rng
        Draws the noise.

    Returns
    -------
    tuple
        The samples, and the root mean square of the noise that each was given, per component [pm].

    Raises
    ------
    InputError
        If the images were made with unlike choices of what is weak, or of the smallest domain.
    """
    significance = common_choice(pair, "significance", SIGNIFICANCE)
    min_cells = round(common_choice(pair, "min_domain_cells", MIN_DOMAIN_CELLS))
    own = [mean_covariance(table) for table in pair]
    samples, added = [], []
    for k, (table, edge) in enumerate(zip(pair, edges, strict=True)):
        values, axes = np.linalg.eigh(own[1 - k] - own[k])
        values = np.maximum(values, 0.0)
        common = max(float(np.trace(item)) for item in own)
        if common == 0.0 or values.sum() <= NOTICED * common:
            samples.append(ImageSample(table, table.vector_pm, table.covariance_pm2, edge, significance, min_cells))
            added.append(0.0)
            continue
        noise = rng.normal(size=table.vector_pm.shape) * np.sqrt(values) @ axes.T
        missing = (axes * values) @ axes.T
        covariance = missing + (0.0 if table.covariance_pm2 is None else table.covariance_pm2)
        covariance = np.broadcast_to(covariance, (len(table.vector_pm), 2, 2))
        samples.append(ImageSample(table, table.vector_pm + noise, covariance, edge, significance, min_cells))
        added.append(float(np.sqrt(0.5 * values.sum())))
    return samples[0], samples[1], (added[0], added[1])
