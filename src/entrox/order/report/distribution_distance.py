r"""How unlike two distributions of displacements are: energy distance, mean shift, and a p-value from blocks.

.. math:: E = 2 \langle |X - Y| \rangle - \langle |X - X'| \rangle - \langle |Y - Y'| \rangle

E is zero only if the distributions are the same (Székely and Rizzo, J. Stat. Plan. Inference 143, 1249 (2013)). Lengths
in angstrom, angles in degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.order.displacement.block_table import FOLDED_EDGES_DEG, MODULUS_EDGES, BlockTable, direction_centers
from entrox.order.report.difference import drawn_blocks

__all__ = ["DistributionDistance", "bin_spacing", "distance_of_counts", "distribution_distances", "energy_distance"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DistributionDistance(Result):
    """How far apart two distributions lie.

    The shift of two samples of one pool is not zero: ``wasserstein_chance`` is what random divisions of the common
    blocks give, and ``z`` how many of its standard deviations the shift lies above.
    """

    first: str
    second: str
    group: str
    distribution: str
    unit: str
    wasserstein: float | None = quantity("as unit", "mean shift that turns one into the other; None for directions")
    energy: float = quantity("as unit", "energy distance")
    p_value: float | None = quantity("1", "share of draws from a common pool that lie as far apart")
    n_blocks_first: int = quantity("1", "blocks of the first report")
    n_blocks_second: int = quantity("1", "blocks of the second report")
    wasserstein_low: float | None = quantity("as unit", "lower end of its 95 % interval, from blocks", default=None)
    wasserstein_high: float | None = quantity("as unit", "upper end of its 95 % interval, from blocks", default=None)
    wasserstein_chance: float | None = quantity("as unit", "mean shift of two samples of one pool", default=None)
    z: float | None = quantity("standard deviations", "shift above that of one pool", default=None)


def energy_distance(first: Floats, second: Floats, spacing: Floats) -> float:
    """Energy distance of two histograms over bins with the given distances of each pair, shape ``(bin, bin)``."""
    p, q = first / first.sum(), second / second.sum()
    return float(max(2.0 * p @ spacing @ q - p @ spacing @ p - q @ spacing @ q, 0.0))


def distribution_distances(
    pair: tuple[BlockTable, BlockTable], names: tuple[str, str], dimension: int, draws: int, rng: np.random.Generator
) -> list[DistributionDistance]:
    """Distances of the distributions of length, direction and, in two dimensions, folded angle of one group."""
    angles = np.degrees(np.arccos(np.clip(direction_centers(dimension) @ direction_centers(dimension).T, -1.0, 1.0)))
    wanted = [
        ("|d|", "angstrom", "modulus_counts", bin_spacing(MODULUS_EDGES)),
        ("direction", "deg", "direction_counts", angles),
    ]
    if dimension == 2:
        wanted.append(("folded angle", "deg", "folded_counts", bin_spacing(FOLDED_EDGES_DEG)))
    found = []
    for name, unit, column, spacing in wanted:
        counts = [np.asarray(getattr(item, column)) for item in pair]
        distance = distance_of_counts(
            counts, spacing, names, (pair[0].group, name, unit), draws, rng, line=name != "direction"
        )
        found += [] if distance is None else [distance]
    return found


def distance_of_counts(
    counts: Sequence[Floats], spacing: Floats, names: tuple[str, str], what: tuple[str, str, str], draws: int,
    rng: np.random.Generator, *, line: bool = True,
) -> DistributionDistance | None:  # fmt: skip
    """Distance of two histograms that are known block by block; None where one of them is empty.

    Parameters
    ----------
    counts
        Of the two reports, shape ``(block, bin)``.
    spacing
        Distance of each pair of bins, shape ``(bin, bin)``.
    names
        Of the reports.
    what
        Group, distribution and unit.
    draws
        Divisions of the common pool, and draws of blocks.
    rng
        Draws.
    line
        Whether the bins lie on a line at equal distances, so that there is a shift.
    """
    filled = [block[block.sum(axis=1) > 0] for block in counts]
    if any(len(block) == 0 for block in filled):
        return None
    sums = [block.sum(axis=0) for block in filled]
    energies, shifts = _chance(filled, spacing, draws, rng)
    energy = energy_distance(sums[0], sums[1], spacing)
    p_value = None
    if len(energies):
        # blocks are brought to one weight each: a long run must not decide what is common
        observed = energy_distance(_shares(filled[0]).sum(axis=0), _shares(filled[1]).sum(axis=0), spacing)
        p_value = (1.0 + float((energies >= observed - 1e-15).sum())) / (len(energies) + 1.0)
    shift, low, high, chance, z = None, None, None, None, None
    if line:
        step = float(spacing[0, 1])
        shift = float(_shift(sums[0], sums[1], step))
        if len(shifts) > 1:
            drawn = [drawn_blocks(len(block), draws, rng) @ block for block in filled]
            low, high = (float(q) for q in np.quantile(_shift(drawn[0], drawn[1], step), [0.025, 0.975]))
            chance, spread = float(shifts.mean()), float(shifts.std(ddof=1))
            z = (shift - chance) / spread if spread > 0.0 else None
    return DistributionDistance(
        first=names[0], second=names[1], group=what[0], distribution=what[1], unit=what[2], wasserstein=shift,
        energy=energy, p_value=p_value, n_blocks_first=len(filled[0]), n_blocks_second=len(filled[1]),
        wasserstein_low=low, wasserstein_high=high, wasserstein_chance=chance, z=z,
    )  # fmt: skip


def bin_spacing(edges: Floats) -> Floats:
    """Distance of each pair of bins of a line, shape ``(bin, bin)``."""
    centers = 0.5 * (edges[1:] + edges[:-1])
    return np.asarray(np.abs(centers[:, None] - centers))


def _shares(block: Floats) -> Floats:
    return np.asarray(block / block.sum(axis=1, keepdims=True))


def _shift(first: Floats, second: Floats, step: float) -> Floats:
    """Wasserstein-1 distance of histograms along the last axis."""
    cumulative = [np.cumsum(s / s.sum(axis=-1, keepdims=True), axis=-1) for s in (first, second)]
    return np.asarray(np.abs(cumulative[0] - cumulative[1]).sum(axis=-1) * step)


def _chance(counts: Sequence[Floats], spacing: Floats, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Energy distance and shift of random divisions of all blocks; empty where one report has a single block."""
    shares = [_shares(block) for block in counts]
    n_first, pool = len(shares[0]), np.concatenate(shares)
    if min(n_first, len(shares[1])) < 2 or draws < 1:
        return np.empty(0), np.empty(0)
    energies, shifts = np.empty(draws), np.empty(draws)
    for k in range(draws):
        chosen = rng.permutation(len(pool))
        first, second = pool[chosen[:n_first]].sum(axis=0), pool[chosen[n_first:]].sum(axis=0)
        energies[k] = energy_distance(first, second, spacing)
        shifts[k] = _shift(first, second, float(spacing[0, 1]))
    return energies, shifts
