"""Atoms on a padded grid of cells: the images around the box are stored, so that no search and no wrap is left.

A cell has a fixed number of places. The neighbors of an atom are found in runs of successive places, which are the
same for all atoms of one kind relative to the first place of their cell. Crystals (:mod:`neighbor_table`) keep every
atom in the cell of its site; other boxes (:mod:`cell_search`) move atoms between cells. Empty places lie far away.

Positions and box vectors are whole multiples of 2^-36 angstrom: differences are exact, so a distance does not depend
on which image it is taken from. Pairs are counted by whole units of 2^-24 angstrom (6e-8), of which the bin is a
function: a pair leaves the bin into which it was counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.boxes._kernels import FAR_AWAY, GRAINS_PER_ANGSTROM, UNITS_PER_ANGSTROM

__all__ = [
    "WHOLE_VECTOR",
    "PaddedBox",
    "Runs",
    "empty_box",
    "joined_runs",
    "quantized",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WHOLE_VECTOR = 8
"""Places that a processor takes at once: runs of whole multiples leave no rest to be taken one by one."""


class PaddedBox(NamedTuple):
    """Places and the atoms on them.

    ``x, y, z`` of the places; ``units`` (3, places) the same in units (see the kernels); ``species`` and number
    of the ``atom`` on each, and the ``row`` in which it is counted, 0 for empty places.
    ``home`` is the place of each atom inside the box, ``wrap`` (n, 3) the box vectors taken off its position there.
    ``shape`` is cells, ghost cells on each side, places of a cell, and 1 if atoms move between cells, shape (8,).
    ``cell`` (3, 3) and ``inverse`` (3, 3) turn positions into fractions, ``cell_units`` is the cell in units; ``kind``
    is the row of runs of an atom; ``site`` (n, 3) is where its site lies. ``margin`` is how far from it an atom may be,
    and, falling, how far it may be for shorter runs.
    """

    x: Floats
    y: Floats
    z: Floats
    units: NDArray[np.int32]
    row: NDArray[np.int32]
    species: NDArray[np.int32]
    atom: NDArray[np.int32]
    home: Ints
    wrap: Ints
    shape: Ints
    cell: Floats
    cell_units: Ints
    inverse: Floats
    kind: Ints
    site: Floats
    margin: Floats


class Runs(NamedTuple):
    """Runs of places around a cell, a row per kind for the widest margin, then those for the next.

    ``start`` and ``length`` of each run relative to the first place of the cell, shape (rows, runs), and ``number`` of
    them. Runs may hold places beyond the radius; no place is in two runs.
    """

    start: Ints
    length: Ints
    number: Ints

    @property
    def total(self) -> Ints:
        """Places around a cell, shape (rows,)."""
        return np.asarray(self.length.sum(axis=1))


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
    margin: Floats,
) -> PaddedBox:
    """Places without atoms."""
    # Runs that are rounded up may reach past the last place.
    size = int(np.prod(cells + 2 * ghosts)) * places + WHOLE_VECTOR
    return PaddedBox(
        x=np.full(size, FAR_AWAY),
        y=np.full(size, FAR_AWAY),
        z=np.full(size, FAR_AWAY),
        units=np.zeros((3, size), dtype=np.int32),
        row=np.zeros(size, dtype=np.int32),
        species=np.zeros(size, dtype=np.int32),
        atom=np.full(size, -1, dtype=np.int32),
        home=np.full(len(kind), -1, dtype=np.int64),
        wrap=np.ascontiguousarray(wrap, dtype=np.int64),
        shape=np.array([*cells, *ghosts, places, int(mobile)], dtype=np.int64),
        cell=np.ascontiguousarray(cell, dtype=float),
        cell_units=np.ascontiguousarray(np.rint(cell * UNITS_PER_ANGSTROM), dtype=np.int64),
        inverse=np.ascontiguousarray(np.linalg.inv(cell)),
        kind=np.ascontiguousarray(kind, dtype=np.int64),
        site=np.ascontiguousarray(sites, dtype=float),
        margin=np.ascontiguousarray(margin, dtype=float),
    )


def joined_runs(wanted: list[Ints], own: int, multiple: int = 1) -> Runs:
    """Runs from the places wanted, a row for each set; small gaps are filled, as far places fall out by distance.

    Parameters
    ----------
    wanted
        Places of each row relative to the first place of the cell.
    own
        Places of a cell; those of the own cell are always included.
    multiple
        Every run is a multiple of so many places long.
    """
    rows: list[tuple[list[int], list[int]]] = []
    for places in wanted:
        ordered = np.unique(np.concatenate([places, np.arange(own)]))
        cut = np.flatnonzero(np.diff(ordered) > max(8, own)) + 1
        first, last = ordered[np.concatenate([[0], cut])], ordered[np.concatenate([cut - 1, [len(ordered) - 1]])]
        starts: list[int] = []
        lengths: list[int] = []
        for low, high in zip(first.tolist(), (last + 1).tolist(), strict=True):
            if starts and starts[-1] + lengths[-1] > low:
                lengths[-1] = _rounded_up(high - starts[-1], multiple)
            else:
                starts.append(low)
                lengths.append(_rounded_up(high - low, multiple))
        rows.append((starts, lengths))
    width = max(len(starts) for starts, _ in rows)
    start = np.zeros((len(rows), width), dtype=np.int64)
    length = np.zeros((len(rows), width), dtype=np.int64)
    for row, (starts, lengths) in enumerate(rows):
        start[row, : len(starts)], length[row, : len(starts)] = starts, lengths
    return Runs(start, length, np.array([len(starts) for starts, _ in rows]))


def _rounded_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
