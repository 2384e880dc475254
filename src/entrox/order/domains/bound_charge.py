r"""Charge that a polarization leaves where it ends: :math:`\rho = -\nabla \cdot P` on the grid of cells.

Derivatives are central differences between like neighbors, so the sum over a closed box is zero. Polarization in C/m2,
lengths in angstrom, charge densities in e/angstrom3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, quantity
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2
from entrox.order.correlation.grid_steps import cell_edges, cell_steps
from entrox.order.phases.vector_field import vector_field

if TYPE_CHECKING:
    from entrox.order.lattice import LatticeMap
    from entrox.order.polarization.polarization import Polarization

__all__ = ["BoundCharge", "bound_charge"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BoundCharge(Result):
    """Bound charge of each cell; NaN at open borders and beside cells without polarization."""

    density_e_per_angstrom3: Floats = quantity("e/angstrom3", "bound charge density", axes=("frame", "cell"))
    rms_e_per_angstrom3: float = quantity("e/angstrom3", "root mean square of the density")
    n_cells: int = quantity("1", "cells with a value in every frame")


def bound_charge(
    polarization: Polarization | ArrayLike,
    lattice_map: LatticeMap | None = None,
    *,
    axes: ArrayLike | None = None,
    lattice_angstrom: ArrayLike | None = None,
    periodic: bool | Sequence[bool] = True,
) -> BoundCharge:
    """Bound charge density of a polarization.

    Parameters
    ----------
    polarization
        In C/m2, on the cells of the map, or an array on a grid of shape ``(p, q, r, 3)``, frames first.
    lattice_map
        Map of the cells; any integer matrix will do. The pseudo-cubic axes are taken as orthogonal.
    axes
        Pseudo-cubic axes of an array.
    lattice_angstrom
        Edges of the cell of an array.
    periodic
        Whether a grid without a map closes on itself.

    Raises
    ------
    InputError
        If the cells have no neighbors or unknown edges.
    """
    field = vector_field(polarization, axes, lattice_map)
    edges = cell_edges(field, lattice_map, lattice_angstrom)
    if edges is None:
        raise InputError("the edges of the cells are unknown: pass lattice_map or lattice_angstrom.")
    steps = cell_steps(field, lattice_map, periodic)
    divergence = np.zeros(field.vectors.shape[:2])
    for axis in range(field.dimension):
        above, below = steps[:, 2 * axis], steps[:, 2 * axis + 1]
        component = field.vectors[..., axis]
        rise = np.where((above >= 0) & (below >= 0), component[:, above] - component[:, below], np.nan)
        divergence += rise / (2.0 * edges[axis])
    density = -divergence / C_PER_M2_PER_E_PER_ANGSTROM2
    full = np.isfinite(density)
    return BoundCharge(
        density_e_per_angstrom3=density,
        rms_e_per_angstrom3=float(np.sqrt(np.mean(density[full] ** 2))) if full.any() else float("nan"),
        n_cells=int(full.all(axis=0).sum()),
    )
