"""Atoms of a frame to the A, B and X sites, once the integer matrix is known. Pseudo-cubic coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.order.lattice.film import OpenDirection
from entrox.order.lattice.site_fit import SiteFit, circular_origin, place_anions, place_cations
from entrox.order.lattice.site_roles import A_ATOM, B_ATOM, EITHER, X_ATOM
from entrox.order.lattice.topology import CellGrid

__all__ = ["place_atoms"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _near(value: Floats, target: Floats) -> Floats:
    """Return the value shifted by whole numbers to the nearest place to ``target``."""
    shifted: Floats = target + (value - target) - np.round(value - target)
    return shifted


def place_atoms(
    coordinates: Floats, roles: Ints, grid: CellGrid, near: Floats | None, opened: OpenDirection | None
) -> list[SiteFit]:
    """Place A, B and X atoms; occupants are numbers of atoms of the frame. Atoms of undecided role join A or B."""
    groups = [np.flatnonzero(roles == role) for role in (A_ATOM, B_ATOM)]
    # a site whose atoms are all undecided takes its origin from the other one
    first, half = (groups[0], 0.0) if len(groups[0]) else (groups[1], 0.5)
    origin_a: Floats = circular_origin(coordinates[first]) - half
    if near is not None:
        origin_a = _near(origin_a, near)
    elif opened is not None:
        origin_a = _lowest_layer(coordinates, roles, origin_a, grid, opened)
    origin_b: Floats = origin_a + 0.5
    if len(groups[1]):
        origin_b = _near(circular_origin(coordinates[groups[1]]), origin_b)
    undecided = np.flatnonzero(roles == EITHER)
    if len(undecided):
        rest = [coordinates[undecided] - origin for origin in (origin_a, origin_b)]
        far = [((r - np.round(r)) ** 2).sum(axis=1) for r in rest]
        groups = [np.concatenate([groups[0], undecided[far[0] <= far[1]]]),
                  np.concatenate([groups[1], undecided[far[0] > far[1]]])]  # fmt: skip
    anions = np.flatnonzero(roles == X_ATOM)
    placed = [place_cations(coordinates[g], o, grid) for g, o in zip(groups, (origin_a, origin_b), strict=True)]
    # each component is whole on one X sublattice and half on two: the sum of the phases is minus that of the corner
    origin_x = _near(circular_origin(coordinates[anions]) - 0.5, origin_b - 0.5) if len(anions) else origin_b
    placed.append(place_anions(coordinates[anions], origin_x, grid))
    return [_of_frame(fit, g) for fit, g in zip(placed, (*groups, anions), strict=True)]


def _of_frame(fit: SiteFit, atoms: Ints) -> SiteFit:
    occupant = np.where(fit.occupant >= 0, np.append(atoms, -1)[fit.occupant], -1)
    return SiteFit(occupant, fit.origin, fit.offsets, fit.conflicts, fit.unplaced)


def _lowest_layer(coordinates: Floats, roles: Ints, origin: Floats, grid: CellGrid, opened: OpenDirection) -> Floats:
    """Shift the origin so that the lowest cation layer of a film belongs to layer 0 of the grid."""
    axis = int(np.flatnonzero(grid.matrix[opened.axis])[0])
    heights = coordinates[roles != X_ATOM][:, axis]
    bottom = np.floor(heights.min() - origin[axis] + 0.25)
    shifted: Floats = origin + np.where(np.arange(3) == axis, bottom, 0.0)
    return shifted
