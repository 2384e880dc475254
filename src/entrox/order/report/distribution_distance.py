r"""How unlike two distributions of displacements are: energy distance, mean shift, and a p-value from blocks.

.. math:: E = 2 \langle |X - Y| \rangle - \langle |X - X'| \rangle - \langle |Y - Y'| \rangle

E is zero only if the distributions are the same (Székely and Rizzo, J. Stat. Plan. Inference 143, 1249 (2013)). Lengths
in angstrom, angles in degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.order.displacement.block_table import FOLDED_EDGES_DEG, MODULUS_EDGES, BlockTable, direction_centers

__all__ = ["DistributionDistance", "distribution_distances", "energy_distance"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DistributionDistance(Result):
    """How far apart two distributions lie."""

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
        ("|d|", "angstrom", "modulus_counts", _line(MODULUS_EDGES)),
        ("direction", "deg", "direction_counts", angles),
    ]
    if dimension == 2:
        wanted.append(("folded angle", "deg", "folded_counts", _line(FOLDED_EDGES_DEG)))
    found = []
    for name, unit, column, spacing in wanted:
        counts = [np.asarray(getattr(item, column)) for item in pair]
        counts = [block[block.sum(axis=1) > 0] for block in counts]
        if any(len(block) == 0 for block in counts):
            continue
        sums = [block.sum(axis=0) for block in counts]
        shift = None
        if name != "direction":
            cumulative = [np.cumsum(s / s.sum()) for s in sums]
            shift = float(np.abs(cumulative[0] - cumulative[1]).sum() * spacing[0, 1])
        found.append(
            DistributionDistance(
                first=names[0], second=names[1], group=pair[0].group, distribution=name, unit=unit, wasserstein=shift,
                energy=energy_distance(sums[0], sums[1], spacing), p_value=_p_value(counts, spacing, draws, rng),
                n_blocks_first=len(counts[0]), n_blocks_second=len(counts[1]),
            )
        )  # fmt: skip
    return found


def _line(edges: Floats) -> Floats:
    centers = 0.5 * (edges[1:] + edges[:-1])
    return np.asarray(np.abs(centers[:, None] - centers))


def _p_value(counts: list[Floats], spacing: Floats, draws: int, rng: np.random.Generator) -> float | None:
    """Share of random divisions of all blocks that lie at least as far apart.

    Blocks are brought to one weight each: a long run must not decide what is common.
    """
    shares = [block / block.sum(axis=1, keepdims=True) for block in counts]
    n_first, pool = len(shares[0]), np.concatenate(shares)
    if min(n_first, len(shares[1])) < 2 or draws < 1:
        return None
    observed = energy_distance(shares[0].sum(axis=0), shares[1].sum(axis=0), spacing)
    above = 0
    for _ in range(draws):
        chosen = rng.permutation(len(pool))
        first, second = pool[chosen[:n_first]].sum(axis=0), pool[chosen[n_first:]].sum(axis=0)
        above += energy_distance(first, second, spacing) >= observed - 1e-15
    return (1.0 + above) / (draws + 1.0)
