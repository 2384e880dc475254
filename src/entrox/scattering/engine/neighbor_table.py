"""Neighbors of crystals whose atoms stay near their sites: fixed runs of places for each kind of site.

Pure functions of arrays. The table holds all pairs of sites nearer than the radius plus twice the margin, which is how
far an atom may be from its site; an engine that meets an atom farther out asks for a wider table. Few atoms are near
the margin: one that is closer to its site has shorter runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.scattering.engine.padded_box import WHOLE_VECTOR, PaddedBox, Runs, empty_box, joined_runs, quantized

__all__ = ["cell_numbers", "kind_places", "site_table", "table_runs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDING_ANGSTROM = 1.0e-6
SHARES_OF_MARGIN = np.array([1.0, 0.65, 0.45, 0.3])
"""How far an atom may be from its site for each set of runs: thermal displacements are about a third of the largest."""


def cell_numbers(sites: Floats, cell: Floats, grid: tuple[int, int, int], kind: Ints) -> tuple[Ints, Floats]:
    """Cell of each site, unwrapped, shape ``(n, 3)``, and the place of each kind in the cell, shape ``(kinds, 3)``.

    Raises
    ------
    InputError
        If two sites of one kind fall into one cell, or a cell lacks a kind.
    """
    cells = np.asarray(grid, dtype=np.int64)
    place = sites @ np.linalg.inv(cell) * cells
    kinds = int(kind.max()) + 1
    basis = np.empty((kinds, 3))
    for number in range(kinds):
        # Sites near a cell face scatter to both sides of it: their mean is one on a circle.
        turns = np.exp(2j * np.pi * place[kind == number])
        basis[number] = np.angle(turns.mean(axis=0)) / (2.0 * np.pi)
    numbers = np.rint(place - basis[kind]).astype(np.int64)
    wrapped = numbers % cells
    label = ((wrapped[:, 0] * cells[1] + wrapped[:, 1]) * cells[2] + wrapped[:, 2]) * kinds + kind
    expected = int(np.prod(cells)) * kinds
    if len(np.unique(label)) != len(label) or len(label) != expected:
        raise InputError(
            f"grid {grid} with {kinds} kinds of sites has {expected} sites; got {len(label)} atoms on "
            f"{len(np.unique(label))} of them. Give the cells and the kind of each site, or leave grid out."
        )
    return numbers, basis


def kind_places(cell: Floats, grid: tuple[int, int, int], basis: Floats) -> Floats:
    """Places of the kinds relative to the corner of their cell [angstrom], shape ``(kinds, 3)``."""
    return np.asarray(basis / np.asarray(grid, dtype=float) @ cell)


def _offsets(cell: Floats, cells: Ints, reach: float) -> Ints:
    """Differences of cell numbers that a reach can need."""
    small = cell / cells[:, None]
    widths = 1.0 / np.linalg.norm(np.linalg.inv(small), axis=0)
    most = np.ceil(reach / widths).astype(int) + 1
    axes = [np.arange(-m, m + 1) for m in most]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def table_runs(
    cell: Floats,
    grid: tuple[int, int, int],
    basis: Floats,
    reaches: Sequence[float] | Floats,
    ghosts: Ints | None = None,
    multiple: int = 1,
) -> tuple[Runs, Ints]:
    """Runs of all pairs of sites within each reach, and the ghost cells they need on each axis."""
    cells = np.asarray(grid, dtype=np.int64)
    small = cell / cells[:, None]
    steps = _offsets(cell, cells, max(reaches))
    kinds = len(basis)
    squares = [
        (((steps[:, None, :] + basis[None, :, :] - basis[own]) @ small) ** 2).sum(axis=2) for own in range(kinds)
    ]
    found = [apart <= reach**2 for reach in reaches for apart in squares]
    needed = np.max([np.abs(steps[near.any(axis=1)]).max(axis=0) for near in found], axis=0)
    ghosts = needed if ghosts is None else ghosts
    padded = cells + 2 * ghosts
    linear = ((steps[:, 0] * padded[1] + steps[:, 1]) * padded[2] + steps[:, 2]) * kinds
    wanted = [(linear[:, None] + _slots(basis))[near] for near in found]
    return joined_runs(wanted, kinds, multiple), ghosts


def _slots(basis: Floats) -> Ints:
    """Place of each kind in its cell: along the last axis, on which runs then begin and end where a sphere does."""
    return np.argsort(np.argsort(basis[:, 2], kind="stable"))


def site_table(
    sites: Floats, cell: Floats, grid: tuple[int, int, int], kind: Ints, radii: tuple[float, float], margin: float
) -> tuple[PaddedBox, Runs, Runs, Ints]:
    """Empty places, the runs of the outer and the inner radius, and the home place of each atom.

    Parameters
    ----------
    sites
        Positions near which the atoms stay [angstrom]; the sites themselves are the mean lattice through them.
    cell, grid, kind
        Box, cells, and the kind of each site.
    radii
        Outer radius (histogram) and inner radius (constraints) [angstrom].
    margin
        How far an atom may be from its site [angstrom].
    """
    numbers, basis = cell_numbers(sites, cell, grid, kind)
    cells = np.asarray(grid, dtype=np.int64)
    margins = margin * SHARES_OF_MARGIN
    slack = margin + margins + ROUNDING_ANGSTROM
    far, ghosts = table_runs(cell, grid, basis, max(radii) + slack, multiple=WHOLE_VECTOR)
    near, _ = table_runs(cell, grid, basis, radii[1] + slack[:1], ghosts)
    wrapped = numbers % cells
    ideal = quantized((wrapped + basis[kind]) / cells @ cell)
    box = empty_box(
        cell,
        cells,
        ghosts,
        len(basis),
        mobile=False,
        kind=kind,
        sites=ideal,
        wrap=(numbers - wrapped) // cells,
        margin=margins,
    )
    padded = cells + 2 * ghosts
    shifted = wrapped + ghosts
    home = ((shifted[:, 0] * padded[1] + shifted[:, 1]) * padded[2] + shifted[:, 2]) * len(basis)
    home += _slots(basis)[kind]
    return box, far, near, home
