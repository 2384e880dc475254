"""Local vectors of a crystal or an image in one form: displacements, polarizations, or arrays on cells and grids.

Vectors come in the frame of the box and leave along the pseudo-cubic axes. Any unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError

if TYPE_CHECKING:
    from entrox.order.displacement.displacement import Displacements
    from entrox.order.lattice import LatticeMap
    from entrox.order.polarization.polarization import Polarization

    Field = Displacements | Polarization | ArrayLike

__all__ = ["VectorField", "noise_matrices", "vector_field"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VectorField:
    """Vectors per frame and cell.

    Parameters
    ----------
    vectors
        Components along the axes, shape ``(frame, cell, dimension)``; NaN where there is no vector.
    grid
        Shape of the grid of cells, C order; None where the cells form none.
    elements
        Element of each cell; None if unknown.
    window_ps
        Length of the averaging window [ps]; None if unknown.
    """

    vectors: Floats
    grid: tuple[int, ...] | None
    elements: tuple[str, ...] | None = None
    window_ps: float | None = None

    @property
    def dimension(self) -> int:
        """Two for an image, three for a crystal."""
        return int(self.vectors.shape[2])


def vector_field(d: Field, axes: ArrayLike | None = None, lattice_map: LatticeMap | None = None) -> VectorField:
    """Bring vectors into the form of :class:`VectorField`.

    Parameters
    ----------
    d
        Displacements, polarization, or an array. In three dimensions its shape is ``(cell, 3)``, ``(frame, cell, 3)``,
        ``(p, q, r, 3)`` or ``(frame, p, q, r, 3)``; in two ``(cell, 2)``, ``(p, q, 2)`` or ``(frame, p, q, 2)``.
    axes
        Orthonormal rows to take components along; by default those of ``d``, of the map, or of the box.
    lattice_map
        Map that the cells belong to.

    Raises
    ------
    InputError
        If the shape is none of these, the axes are not orthonormal, or the map has another number of cells.
    """
    source: Any = d
    values = getattr(source, "vectors_angstrom", getattr(source, "vectors_c_per_m2", source))
    array = np.asarray(values, dtype=float)
    dimension = array.shape[-1] if array.ndim else 0
    lead = array.ndim - 1
    allowed = {1, dimension, dimension + 1} | ({2} if dimension == 3 else set())
    if dimension not in (2, 3) or lead not in allowed or array.size == 0:
        raise InputError(
            "vectors must have shape (cell, 3), (frame, cell, 3), (p, q, r, 3) or (frame, p, q, r, 3), or in an image "
            f"(cell, 2), (p, q, 2) or (frame, p, q, 2), and not be empty; got {array.shape}."
        )
    grid = tuple(array.shape[-1 - dimension : -1]) if lead >= dimension else None
    framed = lead == dimension + 1 or (dimension == 3 and lead == 2)
    vectors = array.reshape(array.shape[0] if framed else 1, -1, dimension)
    if lattice_map is not None:
        if vectors.shape[1] != len(lattice_map):
            raise InputError(f"the map has {len(lattice_map)} cells; got vectors for {vectors.shape[1]}.")
        grid = lattice_map.shape
    chosen = axes if axes is not None else getattr(source, "axes", getattr(lattice_map, "axes", None))
    if chosen is not None:
        vectors = vectors @ _orthonormal(chosen, dimension).T
    return VectorField(
        vectors=vectors,
        grid=grid,
        elements=getattr(source, "elements", None),
        window_ps=getattr(source, "window_ps", None),
    )


def _orthonormal(axes: ArrayLike, dimension: int) -> Floats:
    rows = np.asarray(axes, dtype=float)
    if rows.shape != (dimension, dimension) or np.abs(rows @ rows.T - np.eye(dimension)).max() > 1e-6:
        raise InputError(f"axes must be {dimension} orthonormal rows; got {rows.tolist()}.")
    return rows


def noise_matrices(covariance: ArrayLike, field: VectorField, axes: ArrayLike | None = None) -> Floats:
    """Covariance of each vector along the axes, shape ``(1 or frame, 1 or cell, dimension, dimension)``.

    Parameters
    ----------
    covariance
        One matrix for all vectors, or one for each in the shape of the vectors with the last axis doubled.
    field
        The vectors.
    axes
        Axes that the field was brought to; by default those of the box.

    Raises
    ------
    InputError
        If the shape does not fit, or a finite matrix is not symmetric and positive definite.
    """
    size = field.dimension
    matrices = np.asarray(covariance, dtype=float)
    frames, cells = field.vectors.shape[:2]
    if matrices.shape == (size, size):
        matrices = matrices[None, None]
    elif matrices.shape[-2:] == (size, size) and matrices.size == cells * size**2:
        matrices = matrices.reshape(1, cells, size, size)
    elif matrices.shape[-2:] == (size, size) and matrices.size == frames * cells * size**2:
        matrices = matrices.reshape(frames, cells, size, size)
    else:
        raise InputError(
            f"noise_covariance must be one {size} x {size} matrix or one per vector ({frames} frames, {cells} cells); "
            f"got shape {matrices.shape}."
        )
    finite = matrices[np.isfinite(matrices).all(axis=(-2, -1))]
    scale = np.abs(finite).max() if finite.size else 1.0
    if np.abs(finite - np.swapaxes(finite, -1, -2)).max(initial=0.0) > 1e-9 * scale or (
        finite.size and np.linalg.eigvalsh(finite).min() <= 0.0
    ):
        raise InputError("noise_covariance must be symmetric and positive definite for every vector.")
    if axes is not None:
        rows = _orthonormal(axes, size)
        matrices = rows @ matrices @ rows.T
    return matrices
