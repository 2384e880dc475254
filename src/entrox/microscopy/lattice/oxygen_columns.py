"""Columns of oxygen in a bright or dark field image, given the cations of the same area.

In [001] view columns of oxygen alone lie half a step along a1 and half a step along a2 from A; the third oxygen hides
on B. In [110] view they lie between two B of neighboring rows; the other oxygen hides on A.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.peak_search import touched, without_gaps
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["find_oxygen_columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLUR = 0.06
"""Width of the Gaussian over the shorter period; small, since oxygen lies close to B."""
WIDER = 1.25
"""Second area, where the first holds no extremum."""
LEAST_FOUND = 0.5
"""Noise alone makes an extremum at some of the places; with oxygen it is there at nearly all."""


def find_oxygen_columns(
    micrograph: Micrograph, sublattices: Sublattices, *, shift_px: tuple[float, float] = (0.0, 0.0), dark: bool = True,
    search: float = 0.2,
) -> Sublattices:  # fmt: skip
    """Add the columns of oxygen as a third sublattice.

    Each is looked for where the two cations of one kind that lie on both sides of it expect it: the darkest (or
    brightest) point of the blurred image nearby. Places without one are left empty.

    Parameters
    ----------
    micrograph
        Image that shows oxygen.
    sublattices
        Cations, from this image or from one of the same area.
    shift_px
        Shift of this image against that of the cations, x right and y down [px].
    dark
        Columns are dark, as in annular bright field.
    search
        Radius of the search, in units of the shorter period.

    Returns
    -------
    Sublattices
        Cations, moved by the shift, then oxygen with site 2, the cell of the cation it was found from, and no cage.

    Raises
    ------
    InputError
        If the cations have no second sublattice, or fewer than half of the places hold a column of oxygen.
    """
    check_in_range(search, "search", low=0.02, high=0.3)
    if not ((sublattices.site == 0).any() and (sublattices.site == 1).any()):
        raise InputError("second sublattice not found: oxygen is looked for between cations of a known kind.")
    cations = np.asarray(sublattices.position_px) + np.asarray(shift_px, dtype=float)
    expected, cell = _expected(sublattices, cations)
    shortest = float(np.linalg.norm(sublattices.basis_px, axis=1).min())
    position, found = _dips(micrograph, expected, shortest, search * shortest, dark)
    # a near cation may pull the extremum out of the area
    second, wide = _dips(micrograph, expected, shortest, WIDER * search * shortest, dark)
    position, found = np.where(found[:, None], position, second), found | wide
    if found.mean() < LEAST_FOUND:
        raise InputError(
            f"no column of oxygen between enough cations ({found.sum()} of {len(found)} places hold one): does the "
            "image show light atoms, and are its columns dark? Dark field does not show oxygen: use the reference "
            "'cation'."
        )
    return _with_oxygen(sublattices, cations, position[found], cell[found], int((~found).sum()), dark)


def _expected(sublattices: Sublattices, cations: Floats) -> tuple[Floats, Ints]:
    """Middles of pairs of neighboring cations of one kind, and the cell of the first."""
    if sublattices.zone_axis == "001":
        site, steps = 0, np.eye(2, dtype=np.int64)
    else:
        lengths = np.linalg.norm(sublattices.basis_px, axis=1)
        site, steps = 1, np.eye(2, dtype=np.int64)[[int(np.argmin(lengths))]]
    rows = np.flatnonzero(sublattices.site == site)
    cells = sublattices.cell[rows]
    low = cells.min(axis=0)
    table = np.full(cells.max(axis=0) - low + 2, -1)
    table[tuple((cells - low).T)] = rows
    middles, owners = [], []
    for step in steps:
        other = table[tuple((cells - low + step).T)]
        middles.append(0.5 * (cations[rows] + cations[other])[other >= 0])
        owners.append(cells[other >= 0])
    return np.concatenate(middles), np.concatenate(owners)


def _dips(
    micrograph: Micrograph, expected: Floats, shortest: float, radius: float, dark: bool
) -> tuple[Floats, NDArray[np.bool_]]:
    """Extrema of the blurred image near the expected places, by a paraboloid through the pixels of the search area."""
    from scipy.ndimage import gaussian_filter

    intensity = micrograph.intensity
    gaps = ~np.isfinite(intensity)
    image = (-intensity if dark else intensity).astype(np.float32)
    image = gaussian_filter(without_gaps(image, gaps) if gaps.any() else image, BLUR * shortest)
    size = max(int(np.ceil(radius)), 2)
    dy, dx = (step.ravel() for step in np.mgrid[-size : size + 1, -size : size + 1])
    near = dx**2 + dy**2 <= max(radius, 2.0) ** 2
    dx, dy = dx[near], dy[near]
    start = np.rint(expected).astype(np.int64)
    inside = np.asarray(((start >= size) & (start < np.array(image.shape[::-1]) - size)).all(axis=1))
    safe = np.where(inside[:, None], start, size)
    patch = image[safe[:, 1, None] + dy, safe[:, 0, None] + dx].astype(float)
    design = np.stack([np.ones(len(dx)), dx, dy, dx**2, dx * dy, dy**2], axis=1)
    _, gx, gy, hxx, hxy, hyy = (patch @ np.linalg.pinv(design).T).T
    determinant = 4 * hxx * hyy - hxy**2
    top = (determinant > 0) & (hxx < 0)
    safe_determinant = np.where(top, determinant, 1.0)
    move = np.stack([hxy * gy - 2 * hyy * gx, hxy * gx - 2 * hxx * gy], axis=1) / safe_determinant[:, None]
    position = safe + np.where(top[:, None], move, 0.0)
    close = np.linalg.norm(position - expected, axis=1) <= radius
    if gaps.any():
        close &= touched(gaps, expected, radius) <= 0.1
    return position, inside & top & close


def _with_oxygen(
    sublattices: Sublattices, cations: Floats, oxygen: Floats, cell: Ints, missing: int, dark: bool
) -> Sublattices:
    n = len(oxygen)
    texts = (f"{missing} places of oxygen between cations hold no column.",) if missing else ()
    flags = np.zeros(n, dtype=bool)
    return dataclasses.replace(
        sublattices,
        position_px=np.concatenate([cations, oxygen]),
        site=np.concatenate([sublattices.site, np.full(n, 2)]),
        cell=np.concatenate([sublattices.cell, cell]),
        cage=np.concatenate([sublattices.cage, np.full((n, sublattices.cage.shape[1]), -1)]),
        collision=np.concatenate([sublattices.collision, flags]),
        saturated=np.concatenate([sublattices.saturated, flags]),
        dark=dark,
        warnings=sublattices.warnings + texts,
    )
