"""Atoms on a padded grid of cells: the images around the box are stored, so that no search and no wrap is left.

A cell has a fixed number of places. The neighbors of an atom are found in runs of successive places, which are the
same for all atoms of one kind relative to the first place of their cell. Crystals (:mod:`neighbor_table`) keep every
atom in the cell of its site; other boxes (:mod:`cell_search`) move atoms between cells. Empty places lie far away.

Positions and box vectors are whole multiples of 2^-36 angstrom: differences are exact, so a distance does not depend
on which image it is taken from, and a pair leaves the bin into which it was counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAR_AWAY", "GRAINS_PER_ANGSTROM", "PaddedBox", "Runs", "empty_box", "joined_runs", "quantized"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRAINS_PER_ANGSTROM = 2.0**36
FAR_AWAY = 1.0e6


class PaddedBox(NamedTuple):
    """Places and the atoms on them.

    ``x, y, z`` of the places; ``weight`` (scattering length), ``species`` and number of the ``atom`` on each.
    ``home`` is the place of each atom inside the box, ``wrap`` (n, 3) the box vectors taken off its position there.
    ``shape`` is cells, ghost cells on each side, places of a cell, and 1 if atoms move between cells, shape (8,).
    ``cell`` (3, 3) and ``inverse`` (3, 3) turn positions into fractions; ``kind`` is the row of runs of an atom;
    ``site`` (n, 3) is where its site lies, and ``margin[0]`` how far from there it may be.
    """

    x: Floats
    y: Floats
    z: Floats
    weight: Floats
    species: NDArray[np.int32]
    atom: NDArray[np.int32]
    home: Ints
    wrap: Ints
    shape: Ints
    cell: Floats
    inverse: Floats
    kind: Ints
    site: Floats
    margin: Floats


class Runs(NamedTuple):
    """Runs of places around a cell, a row per kind.

    ``start`` and ``length`` of each run relative to the first place of the cell, shape (kinds, runs), ``number`` of
    them; ``self_at`` is the place in the list of neighbors of the first place of the own cell; ``total`` places.
    """

    start: Ints
    length: Ints
    number: Ints
    self_at: Ints
    total: Ints


def quantized(values: Floats) -> Floats:
    """Nearest whole multiples of the grain."""
    return np.asarray(np.rint(np.asarray(values, dtype=float) * GRAINS_PER_ANGSTROM) / GRAINS_PER_ANGSTROM)


def empty_box(
    cell: Floats,
    cells: Ints,
    ghosts: Ints,
    places: int,
    *,
    mobile: bool,
    kind: Ints,
    sites: Floats,
    wrap: Ints,
    margin: float,
) -> PaddedBox:
    """Places without atoms."""
    size = int(np.prod(cells + 2 * ghosts)) * places
    return PaddedBox(
        x=np.full(size, FAR_AWAY),
        y=np.full(size, FAR_AWAY),
        z=np.full(size, FAR_AWAY),
        weight=np.zeros(size),
        species=np.zeros(size, dtype=np.int32),
        atom=np.full(size, -1, dtype=np.int32),
        home=np.full(len(kind), -1, dtype=np.int64),
        wrap=np.ascontiguousarray(wrap, dtype=np.int64),
        shape=np.array([*cells, *ghosts, places, int(mobile)], dtype=np.int64),
        cell=np.ascontiguousarray(cell, dtype=float),
        inverse=np.ascontiguousarray(np.linalg.inv(cell)),
        kind=np.ascontiguousarray(kind, dtype=np.int64),
        site=np.ascontiguousarray(sites, dtype=float),
        margin=np.array([margin]),
    )


def joined_runs(wanted: list[Ints], own: int) -> Runs:
    """Runs from the places wanted around each kind, sorted; small gaps are filled, as far places fall out by distance.

    Parameters
    ----------
    wanted
        Places of each kind relative to the first place of the cell.
    own
        Places of a cell; those of the own cell are always included.
    """
    rows: list[tuple[Ints, Ints]] = []
    for places in wanted:
        ordered = np.unique(np.concatenate([places, np.arange(own)]))
        cut = np.flatnonzero(np.diff(ordered) > max(8, own)) + 1
        first = ordered[np.concatenate([[0], cut])]
        last = ordered[np.concatenate([cut - 1, [len(ordered) - 1]])]
        rows.append((first, last - first + 1))
    width = max(len(first) for first, _ in rows)
    start = np.zeros((len(rows), width), dtype=np.int64)
    length = np.zeros((len(rows), width), dtype=np.int64)
    self_at = np.zeros(len(rows), dtype=np.int64)
    for row, (first, lengths) in enumerate(rows):
        start[row, : len(first)], length[row, : len(first)] = first, lengths
        home = int(np.searchsorted(first, 0, side="right")) - 1
        self_at[row] = lengths[:home].sum() - first[home]
    return Runs(start, length, np.array([len(first) for first, _ in rows]), self_at, length.sum(axis=1))
