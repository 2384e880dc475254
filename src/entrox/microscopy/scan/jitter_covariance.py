r"""What row jitter adds to the errors of displacements, for any rotation of the lattice.

.. math:: \mathrm{var}(d_x) = \sigma_j^2 \sum_y \Big[w_B(y) - \frac1n \sum_k w_k(y)\Big]^2

along the fast axis, nothing across it. A single column has sigma_j^2 / (sqrt(2 pi) s) with an unweighted fit and
sigma_j^2 / (2 sqrt(pi) s) with the likelihood. In px.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from entrox.core import InputError, check_in_range, check_positive
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.scan.distortion import RowJitter, posterior_solve, row_information
from entrox.microscopy.scan.row_weights import Estimator, row_weights, slow_and_fast
from entrox.microscopy.vectors.cell_grid import cell_grid
from entrox.microscopy.vectors.displacement_map import DisplacementMap

__all__ = ["column_jitter_variance", "jitter_covariance", "jitter_products", "with_row_jitter"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

VECTORS_AT_A_TIME = 512


def column_jitter_variance(sigma_j: float, width_px: float, *, estimator: Estimator = "unweighted") -> float:
    """Variance of the position of one isolated column along the fast axis [px^2].

    Parameters
    ----------
    sigma_j
        Root mean square shift of a row [px].
    width_px
        Sigma of the column, in rows.
    estimator
        ``"unweighted"`` least squares or ``"likelihood"``.

    Examples
    --------
    A jitter of 0.3 px moves a column of sigma 4.5 px by 0.089 px:

    >>> round(column_jitter_variance(0.3, 4.5) ** 0.5, 3)
    0.089
    """
    if estimator not in ("unweighted", "likelihood"):
        raise InputError(f"estimator must be 'unweighted' or 'likelihood'; got {estimator!r}.")
    check_in_range(sigma_j, "sigma_j", low=0.0, unit="px")
    width = check_positive(width_px, "width_px", "px") * (np.sqrt(0.5) if estimator == "unweighted" else 1.0)
    return float(sigma_j**2 / (2.0 * np.sqrt(np.pi) * width))


def jitter_covariance(
    vectors: DisplacementMap,
    fit: ColumnFit,
    jitter: RowJitter | float,
    *,
    fast_axis: str = "x",
    estimator: Estimator = "fit",
    corrected: bool = False,
) -> Floats:
    """Covariance of every displacement from row jitter.

    Parameters
    ----------
    vectors
        Displacements with the columns of their cages.
    fit
        The fit they come from.
    jitter
        Measured jitter, whose fast axis holds, or its root mean square [px].
    fast_axis
        Fast axis for a number.
    estimator
        Weights of the rows, as in :func:`entrox.microscopy.scan.row_weights.row_weights`.
    corrected
        What remains after :func:`~entrox.microscopy.scan.distortion.correct_row_jitter`, which needs the jitter.

    Returns
    -------
    ndarray
        Shape ``(vector, 2, 2)`` [px^2], x right and y up; NaN for incomplete cages.

    Raises
    ------
    InputError
        If the map has no cages, or what remains is asked for a bare number.
    """
    axis = jitter.fast_axis if isinstance(jitter, RowJitter) else fast_axis
    sigma = check_in_range(jitter.sigma_px if isinstance(jitter, RowJitter) else jitter, "jitter", low=0.0, unit="px")
    response = _response(vectors, fit, axis, estimator)
    if corrected:
        if not isinstance(jitter, RowJitter):
            raise InputError("what remains after the correction needs the measured jitter, not a number.")
        variance = _remaining(response, row_information(fit, axis), jitter)
    else:
        variance = np.asarray(sigma**2 * response.power(2).sum(axis=0), dtype=float).ravel()
    covariance = np.zeros((len(vectors.column), 2, 2))
    fast = slow_and_fast(axis)[1]
    covariance[:, fast, fast] = variance
    covariance[~np.isfinite(vectors.vector_px).all(axis=1)] = np.nan
    return covariance


def _response(vectors: DisplacementMap, fit: ColumnFit, axis: str, estimator: Estimator) -> csr_array:
    """How much each row moves each vector, shape ``(row, vector)``."""
    if vectors.members is None:
        raise InputError("row jitter needs the columns of the cages: take the map from column_displacements.")
    count, n = vectors.members.shape
    whole = (vectors.members >= 0).all(axis=1)
    columns = np.concatenate([vectors.column[:, None], vectors.members], axis=1)[whole]
    weights = np.broadcast_to(np.concatenate([[1.0], np.full(n, -1.0 / n)]), columns.shape)
    owner = np.broadcast_to(np.flatnonzero(whole)[:, None], columns.shape)
    table = csr_array((weights.ravel(), (columns.ravel(), owner.ravel())), shape=(len(fit.position_px), count))
    return csr_array(row_weights(fit, fast_axis=axis, estimator=estimator).weights @ table)


def _remaining(response: csr_array, q: csr_array, jitter: RowJitter) -> Floats:
    """Variance from the part of the jitter that the image does not show."""
    found = np.empty(response.shape[1])
    for start in range(0, len(found), VECTORS_AT_A_TIME):
        part = slice(start, start + VECTORS_AT_A_TIME)
        dense = response[:, part].toarray()
        found[part] = (dense * posterior_solve(q, jitter.sigma_px**2, jitter.noise_factor, dense)).sum(axis=0)
    return found


def _remaining_products(response: csr_array, q: csr_array, jitter: RowJitter, pairs: coo_array) -> Floats:
    """Products of what remains for pairs of vectors that share rows, shape ``(pair,)``."""
    found = np.zeros(len(pairs.data))
    for start in range(0, response.shape[1], VECTORS_AT_A_TIME):
        stop = start + VECTORS_AT_A_TIME
        dense = response[:, start:stop].toarray()
        block = response.T @ posterior_solve(q, jitter.sigma_px**2, jitter.noise_factor, dense)
        here = (pairs.col >= start) & (pairs.col < stop)
        found[here] = block[pairs.row[here], pairs.col[here] - start]
    return found


def with_row_jitter(
    vectors: DisplacementMap, fit: ColumnFit, jitter: RowJitter, *, corrected: bool = False
) -> DisplacementMap:
    """Map that knows what row jitter adds to its errors and to pairs of vectors.

    See :func:`jitter_covariance` and :func:`jitter_products`.
    """
    products = jitter_products(vectors, fit, jitter, corrected=corrected)
    fast = slow_and_fast(jitter.fast_axis)[1]
    common = np.zeros((len(products), 2, 2))
    common[:, fast, fast] = list(products.values())
    return replace(
        vectors, jitter_covariance_px2=jitter_covariance(vectors, fit, jitter, corrected=corrected),
        offset_cells=np.array(list(products), dtype=np.int64).reshape(-1, 2), offset_covariance_px2=common,
    )  # fmt: skip


def jitter_products(
    vectors: DisplacementMap, fit: ColumnFit, jitter: RowJitter, *, corrected: bool = False
) -> dict[tuple[int, ...], float]:
    """Mean product of the jitter of two good vectors for every offset in cells at which they share rows.

    Vectors along one row of atoms move together: without this their correlation would be taken for order. A map from
    :func:`with_row_jitter` holds them.

    Parameters
    ----------
    vectors, fit, jitter
        As in :func:`jitter_covariance`.
    corrected
        What remains after the correction.

    Returns
    -------
    dict
        Mean of jitter(n) . jitter(n + R) [px^2], one of R and -R.
    """
    good = np.flatnonzero(vectors.good)
    if not len(good):
        return {}
    response = csr_array(_response(vectors, fit, jitter.fast_axis, "fit")[:, good])
    products = csr_array(response.T @ response).tocoo()
    values = products.data * jitter.sigma_px**2
    if corrected:
        values = _remaining_products(response, row_information(fit, jitter.fast_axis), jitter, products)
    step = vectors.cell[good][products.col] - vectors.cell[good][products.row]
    half = (step[:, 0] > 0) | ((step[:, 0] == 0) & (step[:, 1] > 0))
    offsets, which = np.unique(step[half], axis=0, return_inverse=True)
    sums = np.bincount(which.ravel(), values[half], len(offsets))
    grid = cell_grid(vectors.cell, vectors.good)
    found: dict[tuple[int, ...], float] = {}
    for offset, total in zip(offsets, sums, strict=True):
        pairs = int((grid.at(vectors.cell[good] + offset) >= 0).sum())
        if pairs:
            found[int(offset[0]), int(offset[1])] = float(total / pairs)
    return found
