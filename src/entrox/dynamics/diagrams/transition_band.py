r"""A transition line over composition with its 95 % band: Gaussian-process regression of transition temperatures.

.. math:: T(x) = a + b x + g(x), \qquad
          \mathrm{cov}[g(x), g(x')] = s^2 \exp\!\Big( -\frac{(x - x')^2}{2 \ell^2} \Big)

a and b are free, g bends the line, and every point has its own error. Few points do not tell s and l; the band is the
mean over a grid of both, weighed by their likelihood with a and b integrated out, so that it also says how little is
known about the bend. Between points it is wider than straight lines between their ends, which know of no bend at all.
Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 2.7.
Units: x dimensionless, K.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_solve, cholesky

from entrox.core import InputError, Result, check_all_positive, check_finite, check_shape, quantity
from entrox.core.student import NORMAL_95

__all__ = ["TransitionBand", "transition_band"]

Floats = NDArray[np.float64]

PLACES = 51
"""Places at which a band is given."""
LENGTH_SHARES = np.geomspace(0.2, 2.0, 7)
"""Correlation lengths in the grid, in shares of the range of x."""
SPREAD_SHARES = np.concatenate([[0.0], np.geomspace(0.02, 2.0, 11)])
"""Bends s in the grid, in shares of the range of the temperatures, or of their errors where those are larger."""


@dataclass(frozen=True, kw_only=True)
class TransitionBand(Result):
    """A transition line with its 95 % band."""

    x: Floats = quantity("1", "composition", axes=("place",))
    t_k: Floats = quantity("K", "transition temperature", axes=("place",))
    t_low_k: Floats = quantity("K", "lower end of the 95 % band", axes=("place",))
    t_high_k: Floats = quantity("K", "upper end of the 95 % band", axes=("place",))


def transition_band(
    x: ArrayLike, t_k: ArrayLike, half_width_k: ArrayLike, at: ArrayLike | None = None
) -> TransitionBand:
    """Fit a line through transition temperatures.

    Parameters
    ----------
    x
        Compositions, all different, shape ``(n,)``, n >= 2; two points give a straight line.
    t_k, half_width_k
        Transition temperatures and the half widths of their 95 % intervals [K], shape ``(n,)``.
    at
        Where the band is wanted, shape ``(m,)``; 51 places over the range of x if None. Beyond the points the band is
        an extrapolation.

    Raises
    ------
    InputError
        If there are fewer than two different compositions, or a half width is not positive.

    Examples
    --------
    >>> band = transition_band([0.0, 0.1, 0.2], [400.0, 380.0, 360.0], [5.0, 5.0, 5.0], at=[0.05])
    >>> round(float(band.t_k[0])), bool(band.t_low_k[0] > 380.0), bool(band.t_high_k[0] < 400.0)
    (390, True, True)
    """
    places = check_shape(x, (None,), "x")
    values = check_shape(t_k, (len(places),), "t_k")
    sigma = (
        check_shape(check_all_positive(half_width_k, "half_width_k", "K"), (len(places),), "half_width_k") / NORMAL_95
    )
    if len(places) < 2 or len(np.unique(places)) < len(places):
        raise InputError(f"a line needs at least two points, each at an x of its own; got x = {places.tolist()}.")
    wanted = np.linspace(places.min(), places.max(), PLACES) if at is None else check_finite(at, "at")
    mean, sd = _averaged(places, values, sigma, wanted)
    return TransitionBand(x=wanted, t_k=mean, t_low_k=mean - NORMAL_95 * sd, t_high_k=mean + NORMAL_95 * sd)


def _averaged(x: Floats, t: Floats, sigma: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation over the grid of bends and lengths."""
    width = float(np.ptp(x))
    height = max(float(np.ptp(t)), float(sigma.max()))
    lengths = width * LENGTH_SHARES
    # two points say nothing about a bend
    spreads = height * (SPREAD_SHARES if len(x) > 2 else SPREAD_SHARES[:1])
    fits = [_fit(x, t, sigma, at, spread, length) for spread in spreads for length in lengths]
    logs = np.array([fit[2] for fit in fits])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    means, variances = np.array([fit[0] for fit in fits]), np.array([fit[1] for fit in fits])
    mean = weight @ means
    return mean, np.sqrt(weight @ (variances + (means - mean) ** 2))


def _fit(x: Floats, t: Floats, sigma: Floats, at: Floats, spread: float, length: float) -> tuple[Floats, Floats, float]:
    """Mean and variance at the wanted places, and the logarithm of the likelihood without its constants."""
    covariance = spread**2 * np.exp(-0.5 * ((x[:, None] - x) / length) ** 2) + np.diag(sigma**2)
    between = spread**2 * np.exp(-0.5 * ((at[:, None] - x) / length) ** 2)
    factor = (cholesky(covariance, lower=True), True)
    # compositions relative to their middle keep the two columns apart
    middle = x.mean()
    line, line_at = np.stack([np.ones_like(x), x - middle]), np.stack([np.ones_like(at), at - middle])
    solved_line = cho_solve(factor, line.T)
    normal = line @ solved_line
    coefficients = np.linalg.solve(normal, solved_line.T @ t)
    residual = t - coefficients @ line
    solved = cho_solve(factor, residual)
    mean = coefficients @ line_at + between @ solved
    rest = line_at - line @ cho_solve(factor, between.T)
    variance = spread**2 - (between * cho_solve(factor, between.T).T).sum(axis=1)
    variance += (rest * np.linalg.solve(normal, rest)).sum(axis=0)
    log_likelihood = -0.5 * float(residual @ solved) - float(np.log(np.diag(factor[0])).sum())
    log_likelihood -= 0.5 * float(np.linalg.slogdet(normal)[1])
    return mean, np.maximum(variance, 0.0), log_likelihood
