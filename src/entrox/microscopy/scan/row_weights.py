r"""Which rows of the scan a fitted position listens to.

A row shifted by j along the fast axis moves the fitted column by w(y) j. The weights w are the share of each row in
what the pixels know about the position,

.. math:: v(y) = \sum_x W(x, y) \Big(\frac{\partial I}{\partial x}\Big)^2, \qquad w(y) = v(y) / \sum_y v(y)

For unweighted least squares (W constant) this is a Gaussian of sigma s/sqrt(2), for Poisson weights without background
one of sigma s; a background lies between. In px; rows are lines along the fast axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from entrox.core import InputError
from entrox.microscopy.fit.column_fit import ColumnFit

__all__ = ["Estimator", "RowWeights", "pixel_noise", "row_weights", "slow_and_fast"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Estimator = Literal["fit", "unweighted", "likelihood"]

LEAST_NOISE = 0.05
"""Smallest variance of a pixel as a fraction of the mean one, as in the fit."""


@dataclass(frozen=True, eq=False)
class RowWeights:
    """Weights of the rows in the position of each column along the fast axis.

    Parameters
    ----------
    information
        What each row knows about each column [1/px^2], shape ``(row, column)``, sparse.
    total
        Sum over the rows, shape ``(column,)``; zero for columns that are not fitted.
    """

    information: csr_array
    total: Floats

    @property
    def weights(self) -> csr_array:
        """Information over its total: columns sum to one, shape ``(row, column)``."""
        return csr_array(self.information.multiply(1.0 / np.where(self.total > 0.0, self.total, 1.0)[None, :]))

    @property
    def effective_width_px(self) -> Floats:
        """Sigma of the Gaussian with the same sum of squared weights, shape ``(column,)``."""
        squares = np.asarray(self.weights.power(2).sum(axis=0)).ravel()
        return np.asarray(1.0 / (2.0 * np.sqrt(np.pi) * np.where(squares > 0.0, squares, np.nan)))


def slow_and_fast(fast_axis: str) -> tuple[int, int]:
    """Component of a position along the slow and the fast axis of the scan; 0 is x."""
    if fast_axis not in ("x", "y"):
        raise InputError(f"fast_axis must be 'x' or 'y'; got {fast_axis!r}.")
    return (1, 0) if fast_axis == "x" else (0, 1)


def row_weights(fit: ColumnFit, *, fast_axis: str = "x", estimator: Estimator = "fit") -> RowWeights:
    """Weights of the rows for every column.

    Parameters
    ----------
    fit
        Fitted columns; ellipses count as circles of the same area.
    fast_axis
        Axis along which the beam scans a row.
    estimator
        ``"fit"``: pixels weighted as the fit weights them, inside its patches; ``"unweighted"`` and
        ``"likelihood"``: the closed forms of an isolated column.

    Raises
    ------
    InputError
        If an option is unknown.
    """
    slow, fast = slow_and_fast(fast_axis)
    if estimator not in ("fit", "unweighted", "likelihood"):
        raise InputError(f"estimator must be 'fit', 'unweighted' or 'likelihood'; got {estimator!r}.")
    sigma = np.sqrt(fit.width_px.prod(axis=1))
    known = np.isfinite(fit.position_px).all(axis=1) & np.isfinite(sigma) & (fit.amplitude > 0.0)
    columns = np.flatnonzero(known)
    n_rows = fit.residual.shape[0 if fast_axis == "x" else 1]
    center = fit.position_px[columns, slow]
    reach = int(np.ceil(fit.radius_px)) if estimator == "fit" else int(np.ceil(5.0 * sigma[columns].max(initial=1.0)))
    rows = np.rint(center).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    away = rows - center[:, None]
    if estimator == "fit":
        values = _patch_information(fit, columns, away, fast)
    else:
        width = sigma[columns, None] * (np.sqrt(0.5) if estimator == "unweighted" else 1.0)
        values = np.exp(-0.5 * (away / width) ** 2)
    inside = (rows >= 0) & (rows < n_rows) & (values > 0.0)
    owner = np.broadcast_to(columns[:, None], rows.shape)
    table = csr_array((values[inside], (rows[inside], owner[inside])), shape=(n_rows, len(known)))
    return RowWeights(information=table, total=np.asarray(table.sum(axis=0), dtype=float).ravel())


def _patch_information(fit: ColumnFit, columns: Ints, away: Floats, fast: int) -> Floats:
    """Sum along the row of slope squared over noise, in the patch of each column, shape ``(column, row)``."""
    sigma = np.sqrt(fit.width_px[columns].prod(axis=1))[:, None]
    height, floor = fit.amplitude[columns][:, None], fit.background[columns][:, None]
    center = fit.position_px[columns, fast]
    total = np.zeros_like(away)
    reach = int(np.ceil(fit.radius_px))
    for step in range(-reach, reach + 1):
        across = (np.rint(center) + step - center)[:, None]
        inside = across**2 + away**2 <= fit.radius_px**2
        peak = height * np.exp(-0.5 * (across**2 + away**2) / sigma**2)
        slope = peak * across / sigma**2
        total += np.where(inside, slope**2 / pixel_noise(fit, floor - peak if fit.dark else floor + peak), 0.0)
    return total


def pixel_noise(fit: ColumnFit, intensity: Floats) -> Floats:
    """Variance of pixels of the expected intensity by the noise model of the fit, never far below the mean.

    An unweighted fit takes all pixels as equal: their mean variance.
    """
    variance = fit.noise_gain * (intensity - fit.noise_offset) + fit.read_noise**2
    known = variance[np.isfinite(variance) & (variance > 0.0)]
    mean = float(known.mean()) if known.size else 1.0
    if fit.likelihood == "unweighted":
        return np.full_like(variance, mean)
    return np.asarray(np.maximum(variance, LEAST_NOISE * mean))
