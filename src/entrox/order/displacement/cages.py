"""Vectors between an ion and the sites around it, for the compiled kernels and for whoever needs them.

Lengths in angstrom; vectors Cartesian in the frame of the box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.displacement.frame_chunks import FrameChunk
from entrox.order.lattice import LatticeMap
from entrox.order.lattice._kernels import bond_vectors, cage_displacements
from entrox.order.lattice.topology import A_B_OFFSETS, A_X_OFFSETS, B_A_OFFSETS, B_X_OFFSETS

__all__ = ["Cage", "Reference", "Site", "cage_of", "cage_vectors", "chunk_displacements"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Site = Literal["A", "B"]
Reference = Literal["oxygen", "cation"]


@dataclass(frozen=True, eq=False)
class Cage:
    """Centers, members and where the members should be.

    Parameters
    ----------
    centers
        Atom in the center, shape ``(N,)``; -1 where there is none.
    members
        Atoms of the cage, shape ``(N, n)``.
    offsets
        From the center to the ideal place of each member, in scaled coordinates, shape ``(n, 3)``.
    """

    centers: Ints
    members: Ints
    offsets: Floats

    @property
    def n_found(self) -> Ints:
        """Number of members there are, 0 for an empty center, shape ``(N,)``."""
        found: Ints = np.where(self.centers >= 0, (self.members >= 0).sum(axis=1), 0)
        return found


def cage_of(lattice_map: LatticeMap, site: Site, reference: Reference = "oxygen") -> Cage:
    """Cage of each A or B site: its oxygen (12 or 6), or the eight nearest cations of the other site.

    Raises
    ------
    InputError
        If site or reference is unknown, or the map has no oxygen.
    """
    if site not in ("A", "B"):
        raise InputError(f"site must be 'A' or 'B'; got {site!r}.")
    if reference not in ("oxygen", "cation"):
        raise InputError(f"reference must be 'oxygen' or 'cation'; got {reference!r}.")
    if reference == "oxygen" and (lattice_map.x < 0).all():
        raise InputError("the structure has no anions: use reference='cation' (option --reference cation).")
    centers = lattice_map.a if site == "A" else lattice_map.b
    members, offsets = {
        ("A", "oxygen"): (lattice_map.a_x, A_X_OFFSETS),
        ("B", "oxygen"): (lattice_map.b_x, B_X_OFFSETS),
        ("A", "cation"): (lattice_map.a_b, A_B_OFFSETS),
        ("B", "cation"): (lattice_map.b_a, B_A_OFFSETS),
    }[site, reference]
    return Cage(centers=centers, members=members, offsets=offsets @ lattice_map.matrix_inverse)


def chunk_displacements(chunk: FrameChunk, cage: Cage) -> Floats:
    """Displacements of the centers off the centroids of their cages [angstrom], shape ``(n_frames, N, 3)``.

    Incomplete cages give NaN, unless the map allows vacancies and the cage is not cut by the border of a film: then
    the members that are there are compared with their own ideal places, whose centroid lies off the center. The hole
    itself is no displacement.
    """
    fewest = 1 if chunk.lattice_map.vacancies_allowed else cage.members.shape[1]
    vectors = np.empty((len(chunk.scaled), len(cage.centers), 3))
    cage_displacements(chunk.scaled, chunk.cells, cage.centers, cage.members, cage.offsets, fewest, vectors)
    if chunk.lattice_map.opened is not None and fewest == 1:
        vectors[:, _cut_by_border(chunk.lattice_map, cage)] = np.nan
    if fewest == 1:
        _take_off_holes(vectors, chunk, cage)
    return vectors


def _take_off_holes(vectors: Floats, chunk: FrameChunk, cage: Cage) -> None:
    """Add the ideal centroid of the members of incomplete cages, in place."""
    there = cage.members >= 0
    rows = np.flatnonzero(~there.all(axis=1) & there.any(axis=1))
    if not len(rows):
        return
    kept = there[rows]
    centroid = (kept @ cage.offsets) / kept.sum(axis=1, keepdims=True)
    vectors[:, rows] += np.einsum("ni,fij->fnj", centroid, chunk.cells)


def _cut_by_border(lattice_map: LatticeMap, cage: Cage) -> NDArray[np.bool_]:
    """Cages of the outermost layers of centers of a film that lack members."""
    axis = lattice_map.periodic.index(False)
    layers = lattice_map.cells[:, axis]
    there = layers[cage.centers >= 0]
    outer = (layers == there.min()) | (layers == there.max())
    cut: NDArray[np.bool_] = outer & (cage.n_found < cage.members.shape[1])
    return cut


def cage_vectors(chunk: FrameChunk, cage: Cage, rows: Ints | None = None) -> Floats:
    """Vectors from the centers to the members [angstrom], shape ``(n_frames, n, members, 3)``; NaN where none is.

    Parameters
    ----------
    chunk
        Frames.
    cage
        Cages of all cells.
    rows
        Cells wanted; all by default.
    """
    rows = np.arange(len(cage.centers)) if rows is None else rows
    centers, members = cage.centers[rows], np.ascontiguousarray(cage.members[rows])
    vectors = np.empty((len(chunk.scaled), *members.shape, 3))
    bond_vectors(chunk.scaled, chunk.cells, centers, members, cage.offsets, vectors)
    return vectors
