"""Linked cells filled with a set of atoms, for questions about one box outside a refinement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.boxes._kernels import fill_box
from entrox.scattering.engine.cell_search import cell_counts, linked_cells
from entrox.scattering.engine.padded_box import PaddedBox, Runs

__all__ = ["atoms_in_cells"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def atoms_in_cells(positions: Floats, species: Ints, cell: Floats, reach: float) -> tuple[PaddedBox, Runs]:
    """Box with the atoms in it, and the runs of neighbors within a reach [angstrom]."""
    places = cell_counts(cell, len(positions), None)[1]
    while True:
        box, _, near = linked_cells(positions, cell, (reach, reach), 0.0, places)
        if fill_box(box, positions, species):
            return box, near
        places += 3
