"""Columns of a simulated crystal as a microscope would see them: positions averaged through the thickness and in time.

A column is the atoms with the same two site numbers, never those that happen to lie on one line. Lengths in angstrom;
the first axis of the picture points right, the second up, the zone axis towards the viewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.order.displacement.cages import Site
from entrox.order.displacement.frame_chunks import CHUNK_FRAMES, FrameChunk, failed_remark, frame_chunks
from entrox.order.displacement.projected_displacement import column_displacements
from entrox.order.lattice import LatticeMap

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["ColumnMap", "ColumnSeries", "project_columns", "projected_displacements"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ZONES = {
    "001": (0, 1, 2), "100": (1, 2, 0), "010": (2, 0, 1),
    "110": (0, 1, 2), "011": (1, 2, 0), "101": (2, 0, 1),
}  # fmt: skip
"""Pseudo-cubic axes right, up and towards the viewer; for a diagonal zone axis the first two share the depth."""


@dataclass(frozen=True, kw_only=True)
class ColumnMap(Result):
    """Positions of the A and B columns of one or more slabs.

    The grid runs over the columns to the right and upwards. Column (i, j) of B lies up and right of that of A in [001]
    view, above it in [110] view.
    """

    a_angstrom: Floats = quantity("angstrom", "position of A columns", axes=("slab", "right", "up", "component"))
    b_angstrom: Floats = quantity("angstrom", "position of B columns", axes=("slab", "right", "up", "component"))
    period_angstrom: Floats = quantity("angstrom", "periods of the picture, rows", axes=("axis", "component"))
    picture_axes: Floats = quantity("1", "right, up and zone axis in the box, rows", axes=("axis", "component"))
    zone_axis: str
    thickness_cells: int = quantity("1", "cells averaged along the column")
    weight: str
    n_frames: int = quantity("1", "frames averaged")
    a_weight: Floats | None = quantity(
        "1", "sum of the weights of the atoms of A columns", axes=("slab", "right", "up"), default=None
    )
    b_weight: Floats | None = quantity(
        "1", "sum of the weights of the atoms of B columns", axes=("slab", "right", "up"), default=None
    )
    warnings: tuple[str, ...] = ()


class ColumnSeries:
    """Columns collected from chunks of frames; the arguments are those of :func:`project_columns`."""

    def __init__(
        self,
        lattice_map: LatticeMap,
        zone_axis: str = "001",
        thickness_cells: int | None = None,
        weight: str = "Z^1.7",
        first_cell: int = 0,
    ) -> None:
        if zone_axis not in ZONES:
            raise InputError(f"zone_axis must be one of {', '.join(ZONES)}; got {zone_axis!r}.")
        if lattice_map.shape is None:
            lattice_map.grid(lattice_map.a)
        self.lattice_map, self.zone_axis, self.weight = lattice_map, zone_axis, weight
        self._exponent = _weight_exponent(weight)
        self._cells = _column_cells(lattice_map, zone_axis)
        depth = self._cells.shape[2]
        self.thickness = check_integer(
            depth if thickness_cells is None else thickness_cells, "thickness_cells", low=1, high=depth
        )
        first = check_integer(first_cell, "first_cell", low=0, high=depth - self.thickness)
        self._slabs = [
            slice(start, start + self.thickness) for start in range(first, depth - self.thickness + 1, self.thickness)
        ]
        self._sums = np.zeros((2, len(lattice_map), 3))
        self._cell = np.zeros((3, 3))
        self._n_frames = self._failed = 0

    def add(self, chunk: FrameChunk) -> None:
        """Take in the frames of a chunk."""
        self._failed += chunk.failed
        self._n_frames += len(chunk.scaled)
        item = chunk.lattice_map
        periods = np.abs(item.matrix.diagonal())
        places = [item.cells.astype(float), item.cells + 0.5]
        full = [item.a >= 0, item.b >= 0]
        for scaled, cell in zip(chunk.scaled, chunk.cells, strict=True):
            coordinates = scaled @ item.matrix
            rest = [coordinates[atoms] - place for atoms, place in zip((item.a, item.b), places, strict=True)]
            start = rest[0][full[0]][0]
            rest = [r - start - periods * np.round((r - start) / periods) for r in rest]
            # the box may drift; the columns may not
            drift = np.concatenate([r[f] for r, f in zip(rest, full, strict=True)]).mean(axis=0)
            vectors = np.linalg.solve(item.matrix.astype(float), cell)
            self._sums += np.stack([np.where(f[:, None], (r - drift) @ vectors, np.nan)
                                    for r, f in zip(rest, full, strict=True)])  # fmt: skip
            self._cell += vectors

    def result(self) -> ColumnMap:
        """Return the columns."""
        vectors = self._cell / self._n_frames
        means = self._sums / self._n_frames
        right, up, depth = ZONES[self.zone_axis]
        frame = _picture_axes(vectors, self.zone_axis)
        places = (self._places(0.0), self._places(0.5))
        # in the diagonal view, columns are named by the difference of two site numbers
        steps = (
            (vectors[right], vectors[up])
            if self._along_axis
            else (0.5 * (vectors[up] - vectors[right]), vectors[depth])
        )
        basis = np.stack(steps) @ frame[:2].T
        symbols = (self.lattice_map.a_symbols, self.lattice_map.b_symbols)
        (a, a_weight), (b, b_weight) = (
            self._columns(place @ basis, mean @ frame[:2].T, names)
            for place, mean, names in zip(places, means, symbols, strict=True)
        )
        counts = np.array(self._cells.shape[:2])[:, None]
        return ColumnMap(
            a_angstrom=a, b_angstrom=b, period_angstrom=basis * counts, picture_axes=frame,
            zone_axis=self.zone_axis, thickness_cells=self.thickness, weight=self.weight, n_frames=self._n_frames,
            a_weight=a_weight, b_weight=b_weight, warnings=self._remarks(),
        )  # fmt: skip

    @property
    def _along_axis(self) -> bool:
        return self.zone_axis.count("1") == 1

    def _places(self, half: float) -> Floats:
        """Numbers of the columns, shape ``(right, up, 2)``, for A, or with a half for B."""
        n_right, n_up = self._cells.shape[:2]
        place = np.stack(np.meshgrid(np.arange(n_right), np.arange(n_up), indexing="ij"), axis=-1)
        return np.asarray(place + np.array([half if self._along_axis else 0.0, half]))

    def _columns(self, places: Floats, means: Floats, symbols: tuple[str, ...]) -> tuple[Floats, Floats]:
        """Weighted means along the columns of each slab, shape ``(slab, right, up, 2)``, and sums of the weights."""
        from ase.data import atomic_numbers

        weights = np.array([float(atomic_numbers[s]) ** self._exponent if s else 0.0 for s in symbols])
        slabs, totals = [], []
        for slab in self._slabs:
            cells = self._cells[:, :, slab]
            w = weights[cells][..., None]
            offsets = np.where(w > 0.0, means[cells], 0.0)
            with np.errstate(invalid="ignore"):
                slabs.append(places + (w * offsets).sum(axis=2) / w.sum(axis=2))
            totals.append(w.sum(axis=(2, 3)))
        return np.stack(slabs), np.stack(totals)

    def _remarks(self) -> tuple[str, ...]:
        remarks = []
        if self._failed:
            remarks.append(failed_remark(self._failed))
        if self.thickness == 1:
            remarks.append("one_layer: a column of one cell; images average over many")
        unused = self._cells.shape[2] - self.thickness * len(self._slabs)
        if unused:
            remarks.append(f"unused_cells: {unused} of {self._cells.shape[2]} along the zone axis fill no slab")
        return tuple(remarks)


def _weight_exponent(weight: str) -> float:
    if weight == "uniform":
        return 0.0
    found = re.fullmatch(r"Z\^(\d+(?:\.\d+)?)", weight)
    if found is None:
        raise InputError(f"weight must be 'uniform' or a power of the atomic number like 'Z^1.7'; got {weight!r}.")
    return float(found.group(1))


def _column_cells(lattice_map: LatticeMap, zone_axis: str) -> Ints:
    """Cells of each column, shape ``(right, up, depth)``."""
    right, up, depth = ZONES[zone_axis]
    number = lattice_map.grid(np.arange(len(lattice_map)))
    if zone_axis.count("1") == 1:
        return np.ascontiguousarray(number.transpose(right, up, depth))
    n_first, n_second, n_up = (number.shape[k] for k in (right, up, depth))
    if n_first != n_second:
        raise InputError(
            f"the [{zone_axis}] view needs a box of p x p cells across it; got {n_first} x {n_second}. "
            "Choose a zone axis along one of its axes."
        )
    grid = number.transpose(right, up, depth)
    column, along = np.meshgrid(np.arange(n_first), np.arange(n_first), indexing="ij")
    cells = grid[along, (along + column) % n_first]
    return np.ascontiguousarray(cells.transpose(0, 2, 1).reshape(n_first, n_up, n_first))


def _picture_axes(vectors: Floats, zone_axis: str) -> Floats:
    """Right, up and zone axis as orthonormal rows."""
    right, up, depth = ZONES[zone_axis]
    along = zone_axis.count("1") == 1
    zone = vectors[depth] if along else vectors[right] + vectors[up]
    first = vectors[right] if along else vectors[up] - vectors[right]
    zone = zone / np.linalg.norm(zone)
    first = first - (first @ zone) * zone
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(zone, first), zone])


def project_columns(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    zone_axis: str = "001",
    thickness_cells: int | None = None,
    weight: str = "Z^1.7",
    *,
    first_cell: int = 0,
    chunk_frames: int = CHUNK_FRAMES,
) -> ColumnMap:
    """Project the cations along a zone axis into columns.

    Parameters
    ----------
    frames
        Trajectory, read once; all its frames are averaged.
    lattice_map
        Its map; the supercell must be p x q x r.
    zone_axis
        Pseudo-cubic viewing direction: ``"001"``, ``"100"``, ``"010"``, ``"110"``, ``"011"`` or ``"101"``.
    thickness_cells
        Cells averaged along a column; the whole box by default. The box is cut into as many slabs as it holds.
    weight
        Of the atoms of a column: ``"Z^1.7"`` for dark field, ``"uniform"``.
    first_cell
        Where the first slab begins.
    chunk_frames
        Frames held in memory at a time.

    Returns
    -------
    ColumnMap
        Positions of all columns [angstrom].

    Raises
    ------
    InputError
        If the supercell has no such grid, the slab is thicker than the box, or zone axis or weight are unknown.
    """
    series = ColumnSeries(lattice_map, zone_axis, thickness_cells, weight, first_cell)
    for chunk in frame_chunks(frames, lattice_map, chunk_frames):
        series.add(chunk)
    return series.result()


def projected_displacements(columns: ColumnMap, site: Site = "B") -> Floats:
    """Displacements of the A or B columns off the centers of their cages of the other cations.

    Parameters
    ----------
    columns
        From :func:`project_columns`.
    site
        ``"A"`` or ``"B"``.

    Returns
    -------
    ndarray
        Shape ``(slab, right, up, 2)`` [angstrom]; NaN at the border of a film.
    """
    if site not in ("A", "B"):
        raise InputError(f"site must be 'A' or 'B'; got {site!r}.")
    centers, others = (columns.b_angstrom, columns.a_angstrom)[:: 1 if site == "B" else -1]
    sign = 1 if site == "B" else -1
    diagonal = columns.zone_axis.count("1") == 2
    steps = [(0, 0), (0, 1)] if diagonal else [(0, 0), (1, 0), (0, 1), (1, 1)]
    members = [_stepped(others, columns.period_angstrom, sign * i, sign * j) for i, j in steps]
    return column_displacements(centers, np.stack(members, axis=-2))


def _stepped(positions: Floats, period: Floats, right: int, up: int) -> Floats:
    """Positions of the columns so many steps away, at the images next to each column."""
    stepped = np.roll(positions, (-right, -up), axis=(1, 2))
    for axis, step in ((1, right), (2, up)):
        if step:
            edge = [slice(None)] * positions.ndim
            edge[axis] = slice(-1, None) if step > 0 else slice(0, 1)
            stepped[tuple(edge)] = stepped[tuple(edge)] + step * period[axis - 1]
    return stepped
