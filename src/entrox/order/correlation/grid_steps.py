"""Steps between neighboring cells, from a map or on a plain grid, and the edges of the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_all_positive
from entrox.order.phases.vector_field import VectorField

if TYPE_CHECKING:
    from entrox.order.lattice import LatticeMap

__all__ = ["cell_edges", "cell_steps", "periodic_axes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def periodic_axes(
    field: VectorField, lattice_map: LatticeMap | None, periodic: bool | Sequence[bool]
) -> tuple[bool, ...]:
    """Whether the grid closes on itself along each axis; a map knows."""
    if lattice_map is not None:
        return lattice_map.periodic
    chosen = (periodic,) * field.dimension if isinstance(periodic, (bool, np.bool_)) else tuple(periodic)
    if len(chosen) != field.dimension:
        raise InputError(f"periodic must be one value or {field.dimension}; got {periodic!r}.")
    return tuple(bool(value) for value in chosen)


def cell_steps(field: VectorField, lattice_map: LatticeMap | None, periodic: bool | Sequence[bool] = True) -> Ints:
    """Cells of the like neighbors in the order +x, -x, +y, -y, ..., shape ``(cell, 2 dimension)``; -1 for none.

    Raises
    ------
    InputError
        If there is neither a map nor a grid.
    """
    if lattice_map is not None:
        return np.ascontiguousarray(lattice_map.neighbors)
    if field.grid is None:
        raise InputError(
            f"{field.vectors.shape[1]} cells in a row have no neighbors: pass lattice_map, or vectors on a grid of "
            f"shape (p, q{', r' if field.dimension == 3 else ''}, {field.dimension})."
        )
    closed = periodic_axes(field, None, periodic)
    number = np.arange(field.vectors.shape[1]).reshape(field.grid)
    columns = []
    for axis in range(field.dimension):
        for step in (1, -1):
            column = np.roll(number, -step, axis)
            if not closed[axis]:
                border = [slice(None)] * field.dimension
                border[axis] = slice(-1, None) if step == 1 else slice(0, 1)
                column[tuple(border)] = -1
            columns.append(column.ravel())
    return np.ascontiguousarray(np.stack(columns, axis=1))


def cell_edges(
    field: VectorField, lattice_map: LatticeMap | None, lattice_angstrom: ArrayLike | None = None
) -> Floats | None:
    """Edges of the cell [angstrom], shape ``(dimension,)``; None if neither a map nor a value tells."""
    if lattice_angstrom is None:
        return None if lattice_map is None else lattice_map.lattice_angstrom
    edges = check_all_positive(lattice_angstrom, "lattice_angstrom", "angstrom")
    if edges.shape not in ((), (field.dimension,)):
        raise InputError(f"lattice_angstrom must be one edge or {field.dimension}; got shape {edges.shape}.")
    return np.broadcast_to(edges, (field.dimension,)).copy()
