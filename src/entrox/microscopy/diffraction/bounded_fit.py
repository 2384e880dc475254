"""Least squares with bounds, and the inverse of the normal matrix of its last step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError

__all__ = ["bounded_fit"]

Floats = NDArray[np.float64]


def bounded_fit(
    residual: Callable[[Floats], Floats],
    start: Floats,
    low: Floats,
    high: Floats,
    *,
    slopes: Callable[[Floats], Floats] | None = None,
    tolerance: float = 1e-8,
) -> tuple[Floats, Floats, float]:
    """Minimize the sum of the squares of a residual.

    Parameters
    ----------
    residual
        Residual of numbers, in standard errors where they are known.
    start, low, high
        First numbers and their bounds, shape ``(n,)``.
    slopes
        Derivatives of the residual, shape ``(n_points, n)``; from differences if not given.
    tolerance
        Relative change of the sum, or of the numbers, at which the steps end.

    Returns
    -------
    numbers : numpy.ndarray
        Shape ``(n,)``.
    covariance : numpy.ndarray
        For residuals of variance one, shape ``(n, n)``; a number that does not matter has none.
    total : float
        Sum of the squares.

    Raises
    ------
    ConvergenceError
        If the steps do not end.
    """
    from scipy.optimize import least_squares

    inside = 1e-9 * np.where(np.isfinite(high - low), high - low, 0.0)
    found = least_squares(
        residual, np.clip(start, low + inside, high - inside), jac=slopes or "2-point", bounds=(low, high),
        x_scale="jac", ftol=tolerance, xtol=tolerance, gtol=1e-10,
    )  # fmt: skip
    if not found.success:
        raise ConvergenceError(f"the fit does not end: {found.message}", found.x)
    jacobian = np.asarray(found.jac, dtype=float)
    covariance = np.linalg.pinv(jacobian.T @ jacobian, rcond=1e-14, hermitian=True)
    return np.asarray(found.x, dtype=float), np.asarray(covariance), 2.0 * float(found.cost)
