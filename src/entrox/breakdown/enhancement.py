r"""Field enhancement: the conducting cluster distorts the applied field around it.

The bonds of the sample form a network of equal conductances between the electrodes; the ions of the conducting cluster
are at one potential (that of an electrode it touches, else the one at which it takes up no charge). The potential after
each new ion follows from the Green's function of the intact network by one new row of a bordered Cholesky factor, not
from a new factorization. The Green's function repeats across the field, so one column per row of ions suffices.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from entrox.breakdown.cluster_potential._kernels import Laplace
from entrox.breakdown.lattice import Sample, cell_grid
from entrox.core import InputError

__all__ = ["network_laplacian", "undisturbed_laplace"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def network_laplacian(sample: Sample, conductance: Floats) -> coo_array:
    """Return the matrix of Kirchhoff's law of the bonds, shape ``(n_sites, n_sites)``."""
    start, end = sample.bonds.T
    rows, columns = np.concatenate([start, end, start, end]), np.concatenate([end, start, start, end])
    values = np.concatenate([-conductance, -conductance, conductance, conductance])
    return coo_array((values, (rows, columns)), shape=(len(sample.positions),) * 2)


@lru_cache(maxsize=2)
def _green_function(sample: Sample) -> tuple[Floats, Floats, Ints]:
    """Response to a unit current at each site of the first lateral cell, bare potential, and the held sites."""
    n_sites, n_basis = len(sample.positions), len(sample.lattice.species)
    held = np.where(sample.touches_top, 1, 0) - np.where(sample.touches_bottom & ~sample.touches_top, 1, 0)
    free = np.flatnonzero((held == 0) & _connected_to_electrodes(sample, held))
    matrix = network_laplacian(sample, np.ones(len(sample.bonds))).tocsr()
    factor = splu(matrix[free][:, free].tocsc())
    bare = np.where(held > 0, 1.0, 0.0)
    bare[free] = factor.solve(-np.asarray(matrix[free] @ bare))
    rows_along = sample.cells[-1]
    green = np.zeros((rows_along * n_basis, n_sites))
    position_in_free = np.full(n_sites, -1)
    position_in_free[free] = np.arange(len(free))
    for place in range(rows_along * n_basis):
        if position_in_free[place] >= 0:
            unit = np.zeros(len(free))
            unit[position_in_free[place]] = 1.0
            green[place, free] = factor.solve(unit)
    return green, bare, held.astype(np.int64)


def _connected_to_electrodes(sample: Sample, held: Ints) -> NDArray[np.bool_]:
    """Sites that a path of bonds joins to an electrode; the others have no potential of their own."""
    ends = sample.bonds.T
    links = coo_array((np.ones(len(sample.bonds)), (ends[0], ends[1])), shape=(len(held),) * 2)
    count, component = connected_components(links, directed=False)
    low, high = (np.bincount(component[held == side], minlength=count) > 0 for side in (-1, 1))
    if not (low & high).any():
        raise InputError(
            f"the bonds of {sample.lattice.label} do not connect the electrodes; raise reach or choose other planes."
        )
    return np.asarray((low | high)[component])


def undisturbed_laplace(sample: Sample) -> Laplace:
    """Return the potential without a cluster, unit voltage between the electrodes, ready for the kernels.

    Parameters
    ----------
    sample
        The sample, in a plane or in space.
    """
    green, bare, held = _green_function(sample)
    n_sites, n_free = len(sample.positions), int((held == 0).sum())
    lengths = np.linalg.norm(sample.lattice.bond_vectors, axis=1)[sample.basis_bond]
    drop = (bare[sample.bonds[:, 0]] - bare[sample.bonds[:, 1]]) / lengths
    bare_square = np.bincount(sample.bonds[:, 0], weights=drop**2, minlength=n_sites)
    return Laplace(
        green=green,
        relative=_lateral_differences(sample.cells[:-1]),
        shape=np.array([sample.cells[-1], len(sample.lattice.species)]),
        bare=bare,
        held=held,
        rows=np.empty((n_free, n_sites)),
        members=np.zeros(n_free, dtype=np.int64),
        ones=np.zeros(n_free),
        zeros=np.zeros(n_free),
        one_sum=np.zeros(n_sites),
        zero_sum=np.zeros(n_sites),
        size=np.zeros(1, dtype=np.int64),
        level=np.array([np.nan]),
        potential=bare.copy(),
        lengths=lengths,
        bare_square=np.where(bare_square > 0, bare_square, 1.0),
        factor=np.ones(n_sites),
        candidates=np.empty(len(sample.bonds) + 64, dtype=np.int64),
        ratios=np.empty(len(sample.bonds) + 64),
        counters=np.zeros(2, dtype=np.int64),
        is_cation=np.array([kind == "cation" for kind in sample.lattice.kinds])[sample.basis_site],
    )


def _lateral_differences(cells: tuple[int, ...]) -> Ints:
    """Index of the lateral cell (other - source), periodic, shape ``(n_lateral, n_lateral)``."""
    grid = cell_grid(*[range(n) for n in cells])
    difference = (grid[:, None, :] - grid[None, :, :]) % np.array(cells)
    index = np.zeros(difference.shape[:2], dtype=np.int64)
    for axis, count in enumerate(cells):
        index = index * count + difference[..., axis]
    return index
