"""Atoms to sites: origin of each sublattice, nearest site, and an optimal assignment where two atoms want the same one.

All coordinates are pseudo-cubic, ``m = s M``, so that one is the distance between like sites.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from entrox.order.lattice.topology import CellGrid

__all__ = ["SiteFit", "circular_origin", "place_anions", "place_cations"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PATCH_REACH = 1.5
"""Sites this near to a doubly wanted or an empty one are assigned anew, in units of the distance of like sites."""
LARGEST_CONFLICT = 0.25
"""Share of doubly wanted sites above which the atoms do not form this lattice."""
SMALL_CONFLICT = 16
"""So few are solved whatever their share."""


@dataclass(frozen=True, eq=False)
class SiteFit:
    """Atoms of one kind of site, each on its place.

    Parameters
    ----------
    occupant
        Index within the atoms given, per site; -1 where there is none.
    origin
        Place of the sublattice: site n lies at ``origin + n``, shape ``(n_kinds, 3)``.
    offsets
        Distance of each atom from its site, shape ``(n, 3)``; NaN for an atom without one.
    conflicts
        Number of sites that two atoms wanted.
    unplaced
        Number of atoms without a site.
    """

    occupant: Ints
    origin: Floats
    offsets: Floats
    conflicts: int
    unplaced: int


def circular_origin(coordinates: Floats) -> Floats:
    """Mean phase of the coordinates, shape ``(3,)``: it follows a rigid shift of a sublattice.

    The values lie in [-1/4, 3/4), so that noise names the cells alike whether the site is at a corner or in the center.
    """
    phases = 2.0 * np.pi * coordinates
    origin: Floats = np.arctan2(np.sin(phases).sum(axis=0), np.cos(phases).sum(axis=0)) / (2.0 * np.pi)
    return origin - np.floor(origin + 0.25)


def _wrapped(values: Floats) -> Floats:
    rest: Floats = values - np.round(values)
    return rest


def place_cations(coordinates: Floats, origin: Floats, grid: CellGrid) -> SiteFit:
    """Place the atoms of one cation site.

    Parameters
    ----------
    coordinates
        Shape ``(n, 3)``.
    origin
        Place of the site of cell 0, shape ``(3,)``; refined by the mean distance from the sites.
    grid
        Cells.
    """
    if len(coordinates):
        origin = origin + _wrapped(coordinates - origin).mean(axis=0)
    whole = np.round(coordinates - origin)
    sites = grid.index(whole.astype(np.int64))
    offsets = coordinates - origin - whole
    return _settled(sites, coordinates, grid.cells + origin, offsets, origin[None, :], grid)


def place_anions(coordinates: Floats, origin: Floats, grid: CellGrid) -> SiteFit:
    """Place the X atoms on the three sites per cell, site ``3 n + k`` halfway between the B of n and of n + e_k.

    Parameters
    ----------
    coordinates
        Shape ``(n, 3)``.
    origin
        Place where the corner of cell 0 would be for X, shape ``(3,)``; refined for each of the three sublattices.
    grid
        Cells.
    """
    ideal = origin + 0.5 + 0.5 * np.eye(3)
    for last in (False, True):
        rest = coordinates[:, None, :] - ideal
        near = _wrapped(rest)
        kind = np.einsum("nkc,nkc->nk", near, near).argmin(axis=1)
        if not last:
            counts = np.maximum(np.bincount(kind, minlength=3), 1)[:, None]
            shift = np.array([[(kind == k) @ near[:, k, c] for c in range(3)] for k in range(3)]) / counts
            ideal = ideal + shift
    atoms = np.arange(len(coordinates))
    rest = rest[atoms, kind]
    whole = np.round(rest)
    sites = 3 * grid.index(whole.astype(np.int64)) + kind
    places = (grid.cells[:, None, :] + ideal).reshape(-1, 3)
    return _settled(sites, coordinates, places, rest - whole, ideal, grid)


def _settled(
    sites: Ints, coordinates: Floats, places: Floats, offsets: Floats, origin: Floats, grid: CellGrid
) -> SiteFit:
    """Solve the conflicts, if any, and turn the site of each atom into the atom of each site."""
    n_sites = len(places)
    wanted = np.bincount(sites, minlength=n_sites)
    crowded = int((wanted > 1).sum())
    unplaced = 0
    if crowded:
        sites = sites.copy()
        if crowded < max(LARGEST_CONFLICT * n_sites, SMALL_CONFLICT):
            _reassign(sites, wanted, coordinates, places, grid)
        kept = np.zeros(len(sites), dtype=bool)
        kept[np.unique(sites, return_index=True)[1]] = True
        kept &= sites >= 0
        unplaced = int((~kept).sum())
        sites[~kept] = -1
        offsets = _from_sites(coordinates, places[sites], grid)
        offsets[~kept] = np.nan
    occupant = np.full(n_sites, -1, dtype=np.int64)
    placed = np.flatnonzero(sites >= 0)
    occupant[sites[placed]] = placed
    return SiteFit(occupant=occupant, origin=origin, offsets=offsets, conflicts=crowded, unplaced=unplaced)


def _from_sites(coordinates: Floats, places: Floats, grid: CellGrid) -> Floats:
    """Shortest vectors from sites to atoms, periodic in the supercell."""
    matrix = grid.matrix.astype(float)
    return np.asarray(_wrapped(np.linalg.solve(matrix.T, (coordinates - places).T).T) @ matrix)


def _reassign(sites: Ints, wanted: Ints, coordinates: Floats, places: Floats, grid: CellGrid) -> None:
    """Give the atoms around crowded sites new sites with the least sum of squared distances; changes ``sites``."""
    bad = np.flatnonzero(wanted != 1)
    rows, columns = _nearby(places, bad, grid)
    n_bad, n_sites = len(bad), len(places)
    links = coo_array((np.ones(len(rows)), (rows, n_bad + columns)), shape=(n_bad + n_sites, n_bad + n_sites))
    labels = connected_components(links, directed=False)[1]
    atoms_label = labels[n_bad + sites]
    for label in np.unique(labels[:n_bad][wanted[bad] > 1]):
        patch = np.flatnonzero(labels[n_bad:] == label)
        atoms = np.flatnonzero(atoms_label == label)
        between = coordinates[atoms][:, None, :] - places[patch]
        cost = (_from_sites(between.reshape(-1, 3), np.zeros(3), grid) ** 2).sum(axis=1)
        chosen, taken = linear_sum_assignment(cost.reshape(len(atoms), len(patch)))
        sites[atoms] = -1
        sites[atoms[chosen]] = patch[taken]


def _nearby(places: Floats, bad: Ints, grid: CellGrid) -> tuple[Ints, Ints]:
    """Pairs (number in ``bad``, site) within the reach of a patch, periodic."""
    matrix = grid.matrix.astype(float)
    scaled = np.linalg.solve(matrix.T, places.T).T
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    centers = (scaled[bad] % 1.0)[:, None, :] + shifts
    tree = cKDTree((scaled % 1.0) @ matrix)
    found = tree.query_ball_point((centers @ matrix).reshape(-1, 3), PATCH_REACH)
    lengths = np.array([len(item) for item in found])
    rows = np.repeat(np.repeat(np.arange(len(bad)), len(shifts)), lengths)
    columns = np.array([site for item in found for site in item], dtype=np.int64)
    return rows, columns
