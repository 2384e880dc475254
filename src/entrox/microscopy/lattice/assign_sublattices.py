"""From places in the lattice of all columns to sublattices, cells and cages of a perovskite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.lattice.a_site import Contrast, contrast, named_a_site
from entrox.microscopy.lattice.column_lattice import LatticeIndex
from entrox.microscopy.lattice.columns import Columns
from entrox.microscopy.lattice.place_grid import PlaceGrid
from entrox.microscopy.lattice.sublattices import FEWEST_CAGES, Sublattices
from entrox.microscopy.lattice.view_check import check_view, spacing_says

__all__ = ["assign_sublattices"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SECOND_SIGNIFICANCE = 5.0
"""Difference of the intensities of two sets over its error from which they are two kinds of columns."""
CAGE_TOLERANCE = 0.3
"""How far a member of a cage may be from its place, in lengths of the shorter step between cations of one kind."""


@dataclass(frozen=True)
class _Steps:
    """Steps of the lattice of all columns that lead along a1, along a2, and from A to B of the same cell."""

    along: Ints
    half: Ints
    cage: Ints


def assign_sublattices(
    columns: Columns, index: LatticeIndex, *, zone_axis: str = "001", a_site: str = "auto", formula: str | None = None
) -> Sublattices:
    """Find the sublattices, cells and cages of the cations.

    Two interpenetrating sets follow from geometry: in [001] view columns of even and of odd sum of places, in [110]
    view those of even and odd place along c. Which one is A is decided by intensity or by the user.

    Parameters
    ----------
    columns, index
        Columns and their places.
    zone_axis
        ``"001"`` or ``"110"``; the image must show it.
    a_site
        ``"auto"``: the brighter set, or with a formula the one it says; ``"brighter"``, ``"dimmer"``; ``"first"``: the
        set of the first column of the list.
    formula
        Composition, for the ratio of intensities to expect.

    Returns
    -------
    Sublattices
        In the order of the columns. If the two sets do not differ in intensity, or the size of the pixel tells that the
        columns are too far apart to be of two kinds, all columns are A, no cage has members, and a warning says so.

    Raises
    ------
    InputError
        If the image shows another zone axis (with its aspect ratio), or a word is unknown.
    """
    check_view(columns, index, zone_axis)
    grid = PlaceGrid(index.place, index.placed)
    steps = _steps(index.basis_px, zone_axis)
    first, second = _sets(index, zone_axis)
    cage = _cages(columns.position_px, index, grid, steps)
    usable = (cage >= 0).all(axis=1) & ~columns.saturated & ~index.collision
    measured = contrast(columns.position_px, np.asarray(columns.peak), first, second, usable)
    found, reason = _second_found(columns, index, zone_axis, measured)
    warnings = [*columns.warnings, *index.warnings]
    if not found:
        return _one_sublattice(columns, index, grid, zone_axis, reason, measured, warnings)
    first_listed = bool(first[np.flatnonzero(index.placed)[0]])
    first_is_a, decision, doubts = named_a_site(measured, a_site, formula, first_listed)
    site = np.full(len(first), -1)
    site[first], site[second] = (0, 1) if first_is_a else (1, 0)
    complete = int(((cage >= 0).all(axis=1) & (site == 1)).sum())
    decision |= {"a_site": a_site, "intensity": "peak", "second_sublattice": reason}
    warnings += doubts
    if complete < FEWEST_CAGES:
        warnings.append(
            f"insufficient: {complete} complete cages; statistics and domains need {FEWEST_CAGES}. Numbers are given, "
            "conclusions are not."
        )
    cell, basis, score = _cells(index.place, site, steps), steps.along @ index.basis_px, abs(measured.score)
    return _assigned(columns, index, grid, zone_axis, warnings, site=site, cell=cell, cage=cage, basis=basis,
                     score=score, decision=decision)  # fmt: skip


def _assigned(
    columns: Columns, index: LatticeIndex, grid: PlaceGrid, zone_axis: str, warnings: list[str], *, site: Ints,
    cell: Ints, cage: Ints, basis: Floats, score: float | None, decision: dict[str, Any],
) -> Sublattices:  # fmt: skip
    gaps = grid.n_gaps()
    if gaps:
        warnings = [*warnings, f"{gaps} places inside the crystal hold no column."]
    return Sublattices(
        position_px=columns.position_px,
        site=site,
        cell=cell,
        cage=cage,
        collision=index.collision,
        saturated=columns.saturated,
        basis_px=basis,
        zone_axis=zone_axis,
        n_gaps=gaps,
        contrast=score,
        decision=decision,
        dark=columns.dark,
        warnings=tuple(warnings),
    )


def _sets(index: LatticeIndex, zone_axis: str) -> tuple[Bools, Bools]:
    """Return the two interpenetrating sets."""
    odd = (index.place.sum(axis=1) if zone_axis == "001" else index.place[:, _short(index.basis_px)]) % 2 == 1
    return index.placed & ~odd, index.placed & odd


def _short(basis: Floats) -> int:
    return int(np.argmin(np.linalg.norm(basis, axis=1)))


def _steps(basis: Floats, zone_axis: str) -> _Steps:
    """Steps between columns of one kind, along a1 and a2, and to the cage."""
    if zone_axis == "001":
        along = _oriented(np.array([[1, 1], [-1, 1]]), basis)
        half = along.sum(axis=0) // 2
        cage = np.array([-half, (along[0] - along[1]) // 2, (along[1] - along[0]) // 2, half])
        return _Steps(along, half, cage)
    axis = _short(basis)
    along = _oriented(np.array([2 * np.eye(2, dtype=np.int64)[axis], np.eye(2, dtype=np.int64)[1 - axis]]), basis)
    half = along[np.argmax(np.abs(along).sum(axis=1))] // 2
    return _Steps(along, half, np.array([-half, half]))


def _oriented(along: Ints, basis: Floats) -> Ints:
    """The step nearest to the x axis first, pointing right; the other up as displayed (y runs down in the image)."""
    vectors = along @ basis
    slope = np.abs(vectors[:, 0]) / np.linalg.norm(vectors, axis=1)
    first = int(np.argmax(slope))
    a = along[first] * (1 if vectors[first, 0] >= 0 else -1)
    b = along[1 - first]
    x, y = a @ basis, b @ basis
    return np.array([a, b if x[0] * y[1] - x[1] * y[0] < 0 else -b])


def _cells(place: Ints, site: Ints, steps: _Steps) -> Ints:
    """Cell of each cation; the smallest numbers are zero."""
    placed = site >= 0
    origin = place[np.flatnonzero(site == 0)[0]]
    start = place - origin - np.where((site == 1)[:, None], steps.half, 0)
    cell = np.rint(start @ np.linalg.inv(steps.along)).astype(np.int64)
    cell -= cell[placed].min(axis=0)
    cell[~placed] = 0
    return np.asarray(cell)


def _cages(position: Floats, index: LatticeIndex, grid: PlaceGrid, steps: _Steps) -> Ints:
    """Columns of the other kind around each column; a member far from its place, as at a dislocation, is missing."""
    cage = np.full((len(position), len(steps.cage)), -1)
    limit = CAGE_TOLERANCE * float(np.linalg.norm(steps.along @ index.basis_px, axis=1).min())
    rows = np.flatnonzero(index.placed)
    for number, step in enumerate(steps.cage):
        member = grid.column(index.place[rows] + step)
        away = np.linalg.norm(position[member] - position[rows] - step @ index.basis_px, axis=1)
        cage[rows, number] = np.where((member >= 0) & (away < limit), member, -1)
    return cage


def _second_found(columns: Columns, index: LatticeIndex, zone_axis: str, measured: Contrast) -> tuple[bool, str]:
    """Whether the two sets are two kinds of columns, and how that is known."""
    by_spacing = spacing_says(columns, index, zone_axis)
    found = abs(measured.significance) >= SECOND_SIGNIFICANCE
    if by_spacing is not None:
        seen, why = by_spacing
        if found and not seen:
            why += (
                f", though every other one differs in intensity by {abs(measured.significance):.1f} times the error: "
                "check the size of a pixel"
            )
        return seen, why
    text = f"the two sets differ in intensity by {abs(measured.significance):.1f} times the error"
    return found, text if found else f"{text}, {SECOND_SIGNIFICANCE:g} are needed"


def _one_sublattice(
    columns: Columns, index: LatticeIndex, grid: PlaceGrid, zone_axis: str, reason: str, measured: Contrast,
    warnings: list[str],
) -> Sublattices:  # fmt: skip
    """All columns as A: places and strain can be had, displacements cannot."""
    along = _oriented(np.eye(2, dtype=np.int64), index.basis_px)
    site = np.where(index.placed, 0, -1)
    warnings = [*warnings, f"second sublattice not found: {reason}. Positions and lattice are given, displacements "
                "are not."]  # fmt: skip
    return _assigned(columns, index, grid, zone_axis, warnings, site=site,
                     cell=_cells(index.place, site, _Steps(along, np.zeros(2, np.int64), along)),
                     cage=np.full((len(site), 4 if zone_axis == "001" else 2), -1), basis=along @ index.basis_px,
                     score=None, decision={"method": "geometry", "ambiguous": True, "contrast": abs(measured.score),
                                           "second_sublattice": f"not found: {reason}"})  # fmt: skip
