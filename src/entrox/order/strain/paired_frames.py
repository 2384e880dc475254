"""Two frames of the same atoms: where each atom went, in coordinates of the cell. Lengths in angstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_finite, nearest_names

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["MATCHES", "PairedFrames", "paired_frames"]

Floats = NDArray[np.float64]

MATCHES = ("order", "id")
NAMED = 5


@dataclass(frozen=True, eq=False)
class PairedFrames:
    """A reference and a later frame of the same atoms, in the order of the reference.

    Parameters
    ----------
    positions
        Of the reference [angstrom], shape ``(n, 3)``.
    cell, later_cell
        Vectors in rows [angstrom], the later ones by the lattice vectors of the reference; where a direction is open,
        a unit vector normal to the periods.
    periodic
        Which vectors are periods, shape ``(3,)``.
    scaled_moves
        Change of the coordinates of the cell, whole cells included, shape ``(n, 3)``.
    remarks
        What was noticed.
    """

    positions: Floats
    cell: Floats
    later_cell: Floats
    periodic: NDArray[np.bool_]
    scaled_moves: Floats
    remarks: tuple[str, ...]

    @property
    def gradient(self) -> Floats:
        """Gradient of the cell, shape ``(3, 3)``: a row vector of the reference times it is that of the later frame."""
        return np.asarray(np.linalg.inv(self.cell) @ self.later_cell)

    def moved(self, first: NDArray[np.integer], second: NDArray[np.integer]) -> Floats:
        """Change of the vectors of pairs beyond that of the cell [angstrom], shape ``(n_pairs, 3)``."""
        moves = self.scaled_moves[second] - self.scaled_moves[first]
        moves[:, self.periodic] -= np.rint(moves[:, self.periodic])
        return np.asarray(moves @ self.later_cell)


def paired_frames(reference: Atoms, current: Atoms, match: str = "order") -> PairedFrames:
    """Pair the atoms of two frames.

    Parameters
    ----------
    reference, current
        The same atoms before and after; they may have been wrapped in between. Neighbors may not have moved against
        each other by more than half the cell.
    match
        ``"order"``: the atoms stand in the same order; ``"id"``: by the array ``id`` of both.

    Raises
    ------
    InputError
        If number, elements or periodic directions differ, ids do not match, or a number is not finite.

    Notes
    -----
    LAMMPS may describe a sheared box by other vectors of the same lattice. The later cell is written in those that lie
    nearest to the cell of the reference.
    """
    if match not in MATCHES:
        raise InputError(f"There is no match {match!r}; {nearest_names(match, MATCHES)}.")
    if len(reference) == 0 or len(reference) != len(current):
        raise InputError(
            f"reference and current must hold the same atoms; got {len(reference)} and {len(current)} of them."
        )
    later = current if match == "order" else current[_order_by_id(reference, current)]
    _check_elements(reference, later, match)
    if list(reference.pbc) != list(later.pbc):
        raise InputError(
            "reference and current must repeat along the same directions; got pbc "
            f"{list(map(bool, reference.pbc))} and {list(map(bool, later.pbc))}."
        )
    periodic = np.array(reference.pbc, dtype=bool)
    positions = check_finite(reference.positions, "positions of the reference")
    after = check_finite(later.positions, "positions of the current frame")
    cell, later_cell, remarks = _cells(np.array(reference.cell), np.array(later.cell), periodic)
    moves = after @ np.linalg.inv(later_cell) - positions @ np.linalg.inv(cell)
    return PairedFrames(positions, cell, later_cell, periodic, moves, remarks)


def _order_by_id(reference: Atoms, current: Atoms) -> NDArray[np.intp]:
    for name, atoms in (("reference", reference), ("current frame", current)):
        if "id" not in atoms.arrays:
            raise InputError(f"match='id' needs an array id; the {name} has {', '.join(sorted(atoms.arrays))}.")
    wanted, found = np.asarray(reference.arrays["id"]), np.asarray(current.arrays["id"])
    order = np.argsort(found, kind="stable")
    place = np.searchsorted(found, wanted, sorter=order)
    rows: NDArray[np.intp] = order[np.minimum(place, len(order) - 1)]
    missing = np.flatnonzero(found[rows] != wanted)
    if len(missing) or len(np.unique(wanted)) < len(wanted):
        text = ", ".join(map(str, wanted[missing[:NAMED]].tolist())) or "some are there twice"
        raise InputError(f"ids of reference and current must be the same set; not in the current frame: {text}.")
    return rows


def _check_elements(reference: Atoms, later: Atoms, match: str) -> None:
    differs = np.flatnonzero(np.asarray(reference.numbers) != np.asarray(later.numbers))
    if not len(differs):
        return
    one, two = reference.get_chemical_symbols(), later.get_chemical_symbols()
    text = ", ".join(f"atom {n}: {one[n]} and {two[n]}" for n in differs[:NAMED].tolist())
    both = all("id" in atoms.arrays for atoms in (reference, later))
    advice = " Both have ids: pass match='id' (--match id)." if match == "order" and both else ""
    raise InputError(
        f"reference and current must hold the same atoms in the same order; {len(differs)} differ ({text}).{advice}"
    )


def _cells(cell: Floats, later: Floats, periodic: NDArray[np.bool_]) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Both cells with open directions filled in, the later one by the vectors nearest to the reference."""
    if not periodic.all():
        periods = cell[periodic]
        normals = np.linalg.svd(periods, full_matrices=True)[2][len(periods) :] if len(periods) else np.eye(3)
        cell, later = cell.copy(), later.copy()
        cell[~periodic] = later[~periodic] = normals
    for name, vectors in (("reference", cell), ("current frame", later)):
        if not np.isfinite(vectors).all() or abs(np.linalg.det(vectors)) < 1e-9:
            raise InputError(f"the cell of the {name} spans no volume; got {vectors.round(6).tolist()} [angstrom].")
    flip = np.rint(later @ np.linalg.inv(cell))
    if not periodic.all() or np.array_equal(flip, np.eye(3)) or round(abs(float(np.linalg.det(flip)))) != 1:
        return cell, later, ()
    remark = (
        "flipped_cell: the current cell is written by other vectors of its lattice; those next to the reference count"
    )
    return cell, np.asarray(np.linalg.inv(flip) @ later), (remark,)
