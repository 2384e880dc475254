r"""Order parameter and cell of each frame of a perovskite, in chunks of bounded size.

The order parameter is the mean displacement of B off its cage [angstrom], or the polarization of the box [C/m2], along
the pseudo-cubic axes of the frame itself: a box may turn in the course of a run. Cells in angstrom.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.displacement.cages import cage_of, chunk_displacements
from entrox.order.displacement.frame_chunks import CHUNK_FRAMES, frame_chunks
from entrox.order.lattice import LatticeMap
from entrox.order.polarization.born_charges import Charges, atom_charges, neutral_charges
from entrox.order.polarization.polarization import local_polarization

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["check_measure", "frame_order", "pseudo_cubic_lattice"]

Floats = NDArray[np.float64]


def frame_order(
    frames: Iterator[Atoms], lattice_map: LatticeMap, charges: Charges | None
) -> tuple[Floats, Floats] | None:
    """Return order parameter and cell vectors of frames, shapes ``(n, 3)`` and ``(n, 3, 3)``.

    Parameters
    ----------
    frames
        Read one after the other.
    lattice_map
        Map of the starting structure.
    charges
        Born charges [e] for the polarization; the displacement of B if None.

    Returns
    -------
    tuple or None
        None where no frame is this crystal any more.
    """
    parts = _displacement(frames, lattice_map) if charges is None else _polarization(frames, lattice_map, charges)
    try:
        order, cells = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    except InputError:
        return None
    return np.einsum("fb,fab->fa", order, _frame_axes(cells, lattice_map)), cells


def check_measure(lattice_map: LatticeMap, charges: Charges | None) -> None:
    """Raise InputError where the order parameter cannot be measured; a frame without order is another matter."""
    if charges is None:
        cage_of(lattice_map, "B")
    else:
        neutral_charges(atom_charges(charges, lattice_map), lattice_map)


def pseudo_cubic_lattice(cells: Floats, lattice_map: LatticeMap) -> tuple[Floats, Floats]:
    """Edges [angstrom] and angles [degree] of the pseudo-cubic cell, both of shape ``(n, 3)``.

    Parameters
    ----------
    cells
        Cell vectors of the box as rows [angstrom], shape ``(n, 3, 3)``.
    lattice_map
        Tells how many pseudo-cubic cells the box has along each vector.
    """
    axes = lattice_map.matrix_inverse @ cells
    edges = np.linalg.norm(axes, axis=2)
    unit = axes / edges[:, :, None]
    cosines = np.stack([(unit[:, (k + 1) % 3] * unit[:, (k + 2) % 3]).sum(axis=1) for k in range(3)], axis=1)
    return edges, np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))


def _frame_axes(cells: Floats, lattice_map: LatticeMap) -> Floats:
    """Orthonormal axes nearest to the pseudo-cubic vectors of each frame, as rows."""
    left, _, right = np.linalg.svd(lattice_map.matrix_inverse @ cells / lattice_map.lattice_angstrom[:, None])
    return np.asarray(left @ right)


def _displacement(frames: Iterator[Atoms], lattice_map: LatticeMap) -> Iterator[tuple[Floats, Floats]]:
    for chunk in frame_chunks(frames, lattice_map):
        if len(chunk.scaled):
            yield np.nanmean(chunk_displacements(chunk, cage_of(chunk.lattice_map, "B")), axis=1), chunk.cells


def _polarization(
    frames: Iterator[Atoms], lattice_map: LatticeMap, charges: Charges
) -> Iterator[tuple[Floats, Floats]]:
    while chunk := list(islice(frames, CHUNK_FRAMES)):
        found = local_polarization(chunk, lattice_map, charges)
        finite = [np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all() for atoms in chunk]
        yield found.total_c_per_m2, np.array([atoms.cell.array for atoms in chunk])[finite]
