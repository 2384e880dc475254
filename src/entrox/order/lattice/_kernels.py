"""Compiled kernels of displacements and bonds on fixed lists of neighbors: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def cage_displacements(scaled, cells, centers, cages, offsets, fewest, vectors):
    """Vectors from the centroid of each cage to its center.

    Each member is taken at the image nearest to its ideal place: ``offsets`` from the center, in scaled coordinates.
    Cages with fewer than ``fewest`` members, and empty centers, give NaN.
    """
    n_frames, n_sites, n_members = scaled.shape[0], cages.shape[0], cages.shape[1]
    for f in range(n_frames):
        for i in range(n_sites):
            center = centers[i]
            x = y = z = 0.0
            count = 0
            if center >= 0:
                cx, cy, cz = scaled[f, center, 0], scaled[f, center, 1], scaled[f, center, 2]
                for k in range(n_members):
                    j = cages[i, k]
                    if j < 0:
                        continue
                    count += 1
                    dx = scaled[f, j, 0] - cx
                    dy = scaled[f, j, 1] - cy
                    dz = scaled[f, j, 2] - cz
                    x += dx - np.floor(dx - offsets[k, 0] + 0.5)
                    y += dy - np.floor(dy - offsets[k, 1] + 0.5)
                    z += dz - np.floor(dz - offsets[k, 2] + 0.5)
            if count == 0 or count < fewest:
                vectors[f, i, :] = np.nan
                continue
            x, y, z = -x / count, -y / count, -z / count
            for c in range(3):
                vectors[f, i, c] = x * cells[f, 0, c] + y * cells[f, 1, c] + z * cells[f, 2, c]


@njit(cache=True)
def bond_vectors(scaled, cells, centers, members, offsets, vectors):
    """Vectors from each center to its members at the images nearest to their ideal places; NaN where one is missing."""
    for f in range(scaled.shape[0]):
        for i in range(members.shape[0]):
            center = centers[i]
            for k in range(members.shape[1]):
                j = members[i, k]
                if center < 0 or j < 0:
                    vectors[f, i, k, :] = np.nan
                    continue
                dx = scaled[f, j, 0] - scaled[f, center, 0]
                dy = scaled[f, j, 1] - scaled[f, center, 1]
                dz = scaled[f, j, 2] - scaled[f, center, 2]
                dx -= np.floor(dx - offsets[k, 0] + 0.5)
                dy -= np.floor(dy - offsets[k, 1] + 0.5)
                dz -= np.floor(dz - offsets[k, 2] + 0.5)
                for c in range(3):
                    vectors[f, i, k, c] = dx * cells[f, 0, c] + dy * cells[f, 1, c] + dz * cells[f, 2, c]


@njit(cache=True)
def largest_excursion(scaled, atoms, places, matrix, limits):
    """Largest distance of an atom from its site over its limit, in one frame, a common drift taken out.

    ``places`` are the scaled coordinates of the sites of ``atoms``; distances are in pseudo-cubic coordinates.
    """
    count = atoms.shape[0]
    offsets = np.empty((count, 3))
    mean = np.zeros(3)
    for c in range(3):
        first = scaled[atoms[0], c] - places[0, c]
        for i in range(count):
            rest = scaled[atoms[i], c] - places[i, c] - first
            rest -= np.floor(rest + 0.5)
            offsets[i, c] = rest
            mean[c] += rest
    mean /= count
    largest = 0.0
    for i in range(count):
        x, y, z = offsets[i, 0] - mean[0], offsets[i, 1] - mean[1], offsets[i, 2] - mean[2]
        x -= np.floor(x + 0.5)
        y -= np.floor(y + 0.5)
        z -= np.floor(z + 0.5)
        square = 0.0
        for c in range(3):
            square += (x * matrix[0, c] + y * matrix[1, c] + z * matrix[2, c]) ** 2
        largest = max(largest, square / limits[i] ** 2)
    return np.sqrt(largest)
