r"""Occupation of a sublattice by several species: random or clustered, exact or drawn.

Clustering is made by an exchange dynamics on the neighbor graph: two sites swap their species with the Metropolis
probability of the energy -J per pair of like neighbors. The composition never changes; J = 0 is the ideal random
solution, J > 0 gathers like species, J < 0 spreads them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range, check_integer, check_site_fractions
from entrox.structure import _kernels

__all__ = ["occupy_sites", "site_counts", "unlike_fraction"]

Ints = NDArray[np.int64]

STRONGEST_COUPLING = 2.0
"""Exchange energy per like pair at clustering 1 [k_B T]: beyond the demixing point of lattices with 4-12 neighbors."""


def site_counts(fractions: Mapping[str, float], n_sites: int) -> dict[str, int]:
    """Numbers of sites nearest to the fractions, by largest remainder; they add up to ``n_sites``.

    Parameters
    ----------
    fractions
        Fraction of each species; they sum to one.
    n_sites
        Number of sites.

    Raises
    ------
    InputError
        If the fractions are negative or do not sum to one.

    Examples
    --------
    >>> site_counts({"Ba": 0.4, "Na": 0.3, "Sm": 0.3}, 225)
    {'Ba': 90, 'Na': 68, 'Sm': 67}
    """
    check_integer(n_sites, "n_sites", low=1)
    names = list(fractions)
    (values,) = check_site_fractions([[float(fractions[name]) for name in names]])
    ideal = values * n_sites
    counts = np.floor(ideal + 1e-9).astype(np.int64)
    # Ties go to the species named first, so that the result does not depend on the sort.
    order = np.argsort(-(ideal - counts), kind="stable")
    counts[order[: n_sites - int(counts.sum())]] += 1
    return {name: int(count) for name, count in zip(names, counts, strict=True)}


def occupy_sites(
    fractions: Mapping[str, float],
    n_sites: int,
    rng: np.random.Generator,
    *,
    clustering: float = 0.0,
    neighbors: Ints | None = None,
    sweeps: int = 100,
) -> tuple[tuple[str, ...], Ints]:
    """Distribute species over the sites of one sublattice at exact composition.

    Parameters
    ----------
    fractions
        Fraction of each species; they sum to one.
    n_sites
        Number of sites.
    rng
        Source of randomness.
    clustering
        0 is the ideal random solution, 1 separates the species as far as the exchange dynamics gets in ``sweeps``;
        negative values, to -1, order them.
    neighbors
        Pairs of neighboring sites of the sublattice, shape ``(n_pairs, 2)``; needed where ``clustering`` is not 0.
    sweeps
        Attempted exchanges per site.

    Returns
    -------
    tuple
        Names of the species, and the index of the species on each site, shape ``(n_sites,)``.

    Raises
    ------
    InputError
        If the fractions are wrong, clustering is outside [-1, 1], or neighbors are missing.
    """
    check_in_range(clustering, "clustering", low=-1.0, high=1.0)
    counts = site_counts(fractions, n_sites)
    species = np.repeat(np.arange(len(counts)), list(counts.values())).astype(np.int64)
    rng.shuffle(species)
    if clustering != 0.0:
        if neighbors is None:
            raise InputError("clustering needs the neighbor pairs of the sublattice: pass neighbors=...")
        start, other = _neighbor_lists(np.asarray(neighbors, dtype=np.int64), n_sites)
        _kernels.exchange(species, start, other, STRONGEST_COUPLING * clustering, sweeps * n_sites, rng)
    return tuple(counts), species


def unlike_fraction(species: Ints, neighbors: Ints) -> float:
    """Share of neighbor pairs with two different species; 1 minus the sum of squared fractions if random."""
    return float(np.mean(species[neighbors[:, 0]] != species[neighbors[:, 1]]))


def _neighbor_lists(pairs: Ints, n_sites: int) -> tuple[Ints, Ints]:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    start = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=n_sites))])
    return start.astype(np.int64), both[:, 1].copy()
