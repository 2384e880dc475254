"""Ordinary least squares with its health, and its bootstrap.

Pure functions of arrays. Coefficients carry the unit of the target over that of their column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.bootstrap import resampling_counts
from entrox.core.checks import check_finite, check_shape
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = ["LinearFit", "bootstrap_linear", "fit_linear"]

Floats = NDArray[np.float64]
SMALLEST_EIGENVALUE = 1e-10
"""Of the scaled normal matrix; a bootstrap sample below it holds too few different points and is dropped."""


@dataclass(frozen=True, kw_only=True)
class LinearFit(Result):
    """Least squares of a target on columns.

    ``condition`` is that of the columns scaled to unit length: it does not depend on their units.
    """

    coefficients: Floats = quantity("target over column", "coefficients", axes=("term",))
    standard_errors: Floats = quantity("target over column", "standard errors of the coefficients", axes=("term",))
    residuals: Floats = quantity("target", "target minus fit", axes=("point",))
    r_squared: float = quantity("1", "share of the variance that the fit explains")
    rank: int = quantity("1", "rank of the columns")
    condition: float = quantity("1", "condition number of the scaled columns")


def fit_linear(columns: ArrayLike, target: ArrayLike) -> LinearFit:
    """Fit ``target`` by a linear combination of ``columns``.

    Parameters
    ----------
    columns
        Shape ``(n_points, n_terms)``; a constant is a column of ones.
    target
        Shape ``(n_points,)``.

    Raises
    ------
    InputError
        If there are not more points than terms, or the columns do not vary independently.
    """
    matrix, values = _checked(columns, target)
    n_points, n_terms = matrix.shape
    scale = np.linalg.norm(matrix, axis=0)
    rank = int(np.linalg.matrix_rank(matrix / np.where(scale > 0, scale, 1.0)))
    if rank < n_terms:
        raise InputError(
            f"columns must vary independently; got rank {rank} for {n_terms} terms. Give points that differ in each."
        )
    coefficients = np.linalg.lstsq(matrix / scale, values, rcond=None)[0] / scale
    residuals = values - matrix @ coefficients
    total = float(((values - values.mean()) ** 2).sum())
    variance = float((residuals**2).sum()) / (n_points - n_terms)
    inverse = np.linalg.inv((matrix / scale).T @ (matrix / scale)) / np.outer(scale, scale)
    return LinearFit(
        coefficients=coefficients,
        standard_errors=np.sqrt(variance * np.diag(inverse)),
        residuals=residuals,
        r_squared=1.0 - float((residuals**2).sum()) / total if total > 0 else float("nan"),
        rank=rank,
        condition=float(np.linalg.cond(matrix / scale)),
    )


def bootstrap_linear(columns: ArrayLike, targets: ArrayLike, rng: np.random.Generator, draws: int = 2000) -> Floats:
    """Coefficients of least squares over points drawn with replacement.

    Parameters
    ----------
    columns
        Shape ``(n_points, n_terms)``.
    targets
        Shape ``(n_points,)``, or ``(draws, n_points)`` for a target that itself changes from draw to draw.
    rng
        Draws the points.
    draws
        Number of bootstrap samples.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, n_terms)``, n <= draws: samples with too few different points are left out.
    """
    matrix, _ = _checked(columns, np.atleast_2d(np.asarray(targets, dtype=float))[0])
    values = np.broadcast_to(check_finite(targets, "targets"), (draws, len(matrix)))
    counts = resampling_counts(rng, len(matrix), draws)
    scale = np.linalg.norm(matrix, axis=0)
    scaled = matrix / scale
    normal = np.einsum("dn,ni,nj->dij", counts, scaled, scaled, optimize=True)
    right = (counts * values) @ scaled
    good = np.linalg.eigvalsh(normal)[:, 0] > SMALLEST_EIGENVALUE
    return np.asarray(np.linalg.solve(normal[good], right[good, :, None])[..., 0] / scale)


def _checked(columns: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    matrix = check_shape(columns, (None, None), "columns")
    values = check_shape(target, (len(matrix),), "target")
    if matrix.shape[0] <= matrix.shape[1]:
        raise InputError(f"a fit of {matrix.shape[1]} terms needs more points than that; got {matrix.shape[0]}.")
    return matrix, values
