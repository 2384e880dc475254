"""Compiled counts over lists of neighbors: species, pairs of species, and the distance of the k-th of each species."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_listed(start, neighbor, ring, labels, first_row, counts):
    """Count the species of listed neighbors and of the center itself within each radius; fills ``counts``."""
    for center in range(start.shape[0] - 1):
        counts[center] = 0
        counts[center, 0, labels[first_row + center]] = 1
        for item in range(start[center], start[center + 1]):
            counts[center, ring[item], labels[neighbor[item]]] += 1
        for radius in range(1, counts.shape[1]):
            for species in range(counts.shape[2]):
                counts[center, radius, species] += counts[center, radius - 1, species]


@njit(cache=True, nogil=True)
def pair_counts(start, neighbor, ring, labels, first_row, counts):
    """Add the listed ordered pairs to ``counts``, shape (rings, species of the center, species of the neighbor)."""
    for center in range(start.shape[0] - 1):
        own = labels[first_row + center]
        for item in range(start[center], start[center + 1]):
            counts[ring[item], own, labels[neighbor[item]]] += 1


@njit(cache=True, nogil=True)
def kth_of_species(start, neighbor, distance, labels, k, kth):
    """Distance of the k-th listed neighbor of each species, NaN where the list ends before; fills ``kth``."""
    n_species = kth.shape[1]
    seen = np.empty(n_species, dtype=np.int64)
    for center in range(start.shape[0] - 1):
        seen[:] = 0
        kth[center] = np.nan
        left = n_species
        for item in range(start[center], start[center + 1]):
            species = labels[neighbor[item]]
            seen[species] += 1
            if seen[species] == k:
                kth[center, species] = distance[item]
                left -= 1
                if left == 0:
                    break
