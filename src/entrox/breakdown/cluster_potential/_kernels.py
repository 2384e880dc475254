"""Compiled kernels of the potential around the conducting cluster: arrays and scalars only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit


class Laplace(NamedTuple):
    """Potential of the applied field around the conducting cluster, by bordered Cholesky factors.

    ``green`` holds the response to a unit current at each distinct source (row and site of the cell), ``relative`` the
    difference of two lateral cells. ``rows`` are the rows of L^-1 G of the cluster's ions, ``one_sum`` and
    ``zero_sum`` the sums that make the potential of a cluster at potential v: V = V0 + v one_sum - zero_sum.
    ``shape`` is (cells along the field, sites per cell); ``size`` is the number of ions in the cluster that no
    electrode holds, ``level`` the potential of an attached cluster, NaN if it floats. ``candidates`` are the bonds that
    leave the cluster with their energy ratios; ``counters`` holds their number and the attempts since their refresh.
    """

    green: np.ndarray
    relative: np.ndarray
    shape: np.ndarray
    bare: np.ndarray
    held: np.ndarray
    rows: np.ndarray
    members: np.ndarray
    ones: np.ndarray
    zeros: np.ndarray
    one_sum: np.ndarray
    zero_sum: np.ndarray
    size: np.ndarray
    level: np.ndarray
    potential: np.ndarray
    lengths: np.ndarray
    bare_square: np.ndarray
    factor: np.ndarray
    is_cation: np.ndarray
    candidates: np.ndarray
    ratios: np.ndarray
    counters: np.ndarray


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _green_row(source, laplace, out):
    """Response of all sites to a unit current at ``source``."""
    n_rows, n_basis = laplace.shape[0], laplace.shape[1]
    block = n_rows * n_basis
    lateral, place = source // block, source % block
    for other in range(laplace.relative.shape[0]):
        shifted = laplace.relative[other, lateral]
        for k in range(block):
            out[other * block + k] = laplace.green[place, shifted * block + k]


@njit(cache=True)
def join_cluster(site, laplace):
    """Add one ion to the equipotential cluster: one new row of the bordered Cholesky factor."""
    if laplace.held[site] != 0:
        laplace.level[0] = 0.0 if laplace.held[site] < 0 else 1.0
        return
    m = laplace.size[0]
    row = laplace.rows[m]
    _green_row(site, laplace, row)
    # The factor's entries L_mj are the entries of the earlier rows at this site.
    diagonal = row[site]
    for j in range(m):
        diagonal -= laplace.rows[j, site] ** 2
    for j in range(m):
        entry = laplace.rows[j, site]
        earlier = laplace.rows[j]
        for k in range(row.shape[0]):
            row[k] -= entry * earlier[k]
    pivot = np.sqrt(diagonal)
    one, zero = 1.0, laplace.bare[site]
    for j in range(m):
        one -= laplace.rows[j, site] * laplace.ones[j]
        zero -= laplace.rows[j, site] * laplace.zeros[j]
    laplace.ones[m], laplace.zeros[m] = one / pivot, zero / pivot
    for k in range(row.shape[0]):
        row[k] /= pivot
        laplace.one_sum[k] += laplace.ones[m] * row[k]
        laplace.zero_sum[k] += laplace.zeros[m] * row[k]
    laplace.members[m] = site
    laplace.size[0] = m + 1


@njit(cache=True)
def update_potential(laplace, network):
    """Potential with the present cluster and the local field over the undisturbed one at every site."""
    m = laplace.size[0]
    level = laplace.level[0]
    if np.isnan(level):
        # A floating cluster takes up no net charge.
        top, bottom = 0.0, 0.0
        for j in range(m):
            top += laplace.ones[j] * laplace.zeros[j]
            bottom += laplace.ones[j] * laplace.ones[j]
        level = top / bottom if m > 0 else 0.0
    for k in range(laplace.potential.shape[0]):
        laplace.potential[k] = laplace.bare[k] + level * laplace.one_sum[k] - laplace.zero_sum[k]
    n_sites = laplace.potential.shape[0]
    for site in range(n_sites):
        if laplace.is_cation[site]:
            square = 0.0
            for k in range(network.bond_start[site], network.bond_start[site + 1]):
                bond = network.bond_list[k]
                drop = laplace.potential[network.bonds[bond, 0]] - laplace.potential[network.bonds[bond, 1]]
                square += (drop / laplace.lengths[bond]) ** 2
            laplace.factor[site] = np.sqrt(square / laplace.bare_square[site])
    for site in range(n_sites):
        first, last = network.bond_start[site], network.bond_start[site + 1]
        if not laplace.is_cation[site] and last > first:
            total = 0.0
            for k in range(first, last):
                pair = network.bonds[network.bond_list[k]]
                total += laplace.factor[pair[0] + pair[1] - site]
            laplace.factor[site] = total / (last - first)
