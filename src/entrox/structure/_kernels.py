"""Compiled kernels of site occupation: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _like_neighbors(species, start, other, site, kind, without):
    """Number of neighbors of ``site``, other than ``without``, that hold ``kind``."""
    count = 0
    for k in range(start[site], start[site + 1]):
        if other[k] != without and species[other[k]] == kind:
            count += 1
    return count


@njit(cache=True)
def exchange(species, start, other, coupling, attempts, rng):
    """Swap species of random pairs of sites with the Metropolis probability; changes ``species``."""
    n_sites = species.shape[0]
    for _ in range(attempts):
        a = int(rng.random() * n_sites)
        b = int(rng.random() * n_sites)
        if species[a] == species[b]:
            continue
        before = _like_neighbors(species, start, other, a, species[a], b) + _like_neighbors(
            species, start, other, b, species[b], a
        )
        after = _like_neighbors(species, start, other, a, species[b], b) + _like_neighbors(
            species, start, other, b, species[a], a
        )
        gain = coupling * (after - before)
        if gain >= 0.0 or rng.random() < np.exp(gain):
            species[a], species[b] = species[b], species[a]
