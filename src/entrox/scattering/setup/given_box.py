"""Start box from the atoms of a file: the sites of a perovskite are found where it is one. Lengths in angstrom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.lattice.fit import fit_lattice
from entrox.order.lattice.lattice_map import LatticeMap
from entrox.scattering.setup.site_box import SUBLATTICES, StartBox

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["start_box_of_atoms"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def start_box_of_atoms(atoms: Atoms) -> StartBox:
    """Find the sites of a box that is given: those of a perovskite where it is one, else the positions themselves.

    Raises
    ------
    InputError
        If the box is not periodic in three directions or has no atoms.
    """
    if len(atoms) == 0 or atoms.cell.rank < 3:
        raise InputError(f"a box with atoms and three vectors is needed; got {len(atoms)} atoms.")
    box = atoms.copy()
    box.pbc = True
    box.calc = None
    try:
        found: LatticeMap | None = fit_lattice(box)
    except InputError:
        found = None
    if found is None or found.shape is None or (np.column_stack([found.a, found.b, found.x]) < 0).any():
        note = "no perovskite lattice was found in the box: neighbors are searched for, which is slower"
        return StartBox(
            atoms=box,
            sites_angstrom=box.get_positions(),
            grid=None,
            site_kind=np.zeros(len(box), dtype=np.int64),
            sublattice=("all",),
            perovskite=False,
            warnings=(note,),
        )
    return _box_on_lattice(box, found)


def _box_on_lattice(box: Atoms, found: LatticeMap) -> StartBox:
    """Sites, kinds and cells of a box on the lattice that was fitted to it."""
    assert found.shape is not None
    members = np.column_stack([found.a, found.b, found.x])
    kind = np.empty(len(box), dtype=np.int64)
    cell_index = np.empty((len(box), 3), dtype=np.int64)
    for number in range(5):
        kind[members[:, number]] = number
        cell_index[members[:, number]] = found.cells
    offset = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]])
    sites = (found.origin + found.cells[:, None] + offset) @ found.matrix_inverse @ np.asarray(box.cell)
    places = np.empty((len(box), 3))
    places[members] = sites
    # each sublattice has an origin of its own: what all its atoms share is no displacement from a site
    away = box.get_positions() - places
    away -= np.rint(away @ np.linalg.inv(np.asarray(box.cell))) @ np.asarray(box.cell)
    for number in range(5):
        places[kind == number] += away[kind == number].mean(axis=0)
    box.set_array("site_number", kind + 1)
    box.set_array("cell_index", cell_index)
    order = _grid_order(found)
    box.info["supercell"] = tuple(int(found.shape[k]) for k in order)
    return StartBox(
        atoms=box,
        sites_angstrom=places,
        grid=(int(found.shape[order[0]]), int(found.shape[order[1]]), int(found.shape[order[2]])),
        site_kind=kind,
        sublattice=SUBLATTICES,
        perovskite=True,
        warnings=tuple(found.warnings),
    )


def _grid_order(found: LatticeMap) -> tuple[int, int, int]:
    """Pseudo-cubic axis along each vector of the box."""
    order = np.argmax(np.abs(found.matrix), axis=1)
    return int(order[0]), int(order[1]), int(order[2])
