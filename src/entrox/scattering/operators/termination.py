r"""What the finite range of Q does to a function of r, and the finite range of r to a function of Q.

.. math:: D_\mathrm{obs}(r) = \int_0^\infty D(r') [K(r - r') - K(r + r')] \, dr', \quad
    K(x) = \frac{1}{\pi} \int_0^{Q_\mathrm{max}} w(Q) \cos(Qx) \, dQ

with w = 1, where K is sin(Qmax x)/(pi x), or Lorch's factor. D is known as its mean over bins, which takes the factor
sin(u)/u, u = Q dr/2, off a wave of D: 2 % at Q = 35 and dr = 0.02. The integral over Q gives it back.
Units: angstrom, 1/angstrom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_positive, nearest_names
from entrox.order.sine_transform import WINDOWS, lorch_window, sine_nodes
from entrox.scattering.operators.bins import Bins

__all__ = ["bin_factor", "convolve_with_box", "q_integral", "termination_matrix"]

Floats = NDArray[np.float64]

NEARLY_ZERO = 1e-7


def bin_factor(q: Floats, bins: Bins) -> Floats:
    """What is left of a wave in r after the mean over each bin, sin(u)/u with u = Q dr/2.

    Raises
    ------
    InputError
        If the bins are too wide for the waves: Q dr above pi.
    """
    if float(np.max(q)) * bins.step_angstrom > np.pi:
        raise InputError(
            f"bins of {bins.step_angstrom:g} angstrom cannot hold waves up to Q = {float(np.max(q)):g}: they must be "
            f"{np.pi / float(np.max(q)):.3g} angstrom wide at most."
        )
    return np.asarray(np.sinc(q * bins.step_angstrom / 2.0 / np.pi))


def q_integral(qmax: float, longest_angstrom: float, window: str) -> tuple[Floats, Floats]:
    """Nodes and weights (window included) of an integral over Q, exact to rounding up to waves of the longest distance.

    Raises
    ------
    InputError
        If Qmax is not positive or the window unknown.
    """
    top = check_positive(qmax, "qmax", "1/angstrom")
    if window not in WINDOWS:
        raise InputError(f"There is no window {window!r}; {nearest_names(window, WINDOWS)}.")
    q, weights = sine_nodes(0.0, top, longest_angstrom)
    return q, weights * lorch_window(q, top) if window == "lorch" else weights


def termination_matrix(r: ArrayLike, bins: Bins, qmax_per_angstrom: float, window: str = "none") -> Floats:
    """Matrix from the mean of D over each bin to D seen up to Qmax.

    Parameters
    ----------
    r
        Distances of the result [angstrom], shape ``(n,)``.
    bins
        Bins of D; beyond them it counts as zero.
    qmax_per_angstrom
        End of the data in Q.
    window
        ``"none"`` or ``"lorch"``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, n_bins)``.

    Raises
    ------
    InputError
        If Qmax is not positive or the window unknown.
    """
    at = np.atleast_1d(check_finite(r, "r"))
    q, weights = q_integral(qmax_per_angstrom, float(at.max()) + bins.radius_angstrom, window)
    waves = np.sin(q[:, None] * bins.centers_angstrom) * (weights / bin_factor(q, bins))[:, None]
    return np.asarray(2.0 / np.pi * bins.step_angstrom * (np.sin(at[:, None] * q) @ waves))


def convolve_with_box(
    q: ArrayLike, values: ArrayLike, radius_angstrom: float, *, q_out: ArrayLike | None = None
) -> Floats:
    r"""F(Q) as it would come from a table of distances that ends at R.

    .. math:: Q F_R(Q) = \frac{1}{\pi} \int_0^\infty Q' F(Q')
        \left[\frac{\sin (Q - Q') R}{Q - Q'} - \frac{\sin (Q + Q') R}{Q + Q'}\right] dQ'

    Parameters
    ----------
    q
        Momentum transfer [1/angstrom], rising, shape ``(n,)``.
    values
        F, or anything that goes to zero like it (S - 1), shape ``(n,)``.
    radius_angstrom
        R.
    q_out
        Where the result is wanted; q by default.

    Returns
    -------
    numpy.ndarray
        Shape of ``q_out``.

    Raises
    ------
    InputError
        If q does not rise, shapes differ, or its step is too wide for R: above pi/R nothing can be convolved.

    Notes
    -----
    Below the first point F is taken as its first value, beyond the last as zero: within some 2 pi/R of an end where F
    has not died away the result is not that of the whole function.
    """
    points, heights = check_finite(q, "q"), check_finite(values, "values")
    radius = check_positive(radius_angstrom, "radius_angstrom", "angstrom")
    if points.ndim != 1 or points.shape != heights.shape or len(points) < 2 or (np.diff(points) <= 0.0).any():
        raise InputError("q must rise and have as many points as values, at least two.")
    widest = float(np.diff(points).max())
    if points[0] < 0.0 or widest > np.pi / radius:
        raise InputError(
            f"q must be >= 0 with steps of at most pi/R = {np.pi / radius:.4g}; the widest is {widest:.4g} 1/angstrom."
        )
    wanted = points if q_out is None else np.atleast_1d(check_finite(q_out, "q_out"))
    if points[0] > 0.0:
        count = max(2, int(np.ceil(points[0] / (points[1] - points[0]))))
        points = np.concatenate([np.linspace(0.0, points[0], count, endpoint=False), points])
        heights = np.concatenate([np.full(count, heights[0]), heights])
    at = np.maximum(wanted, NEARLY_ZERO)[:, None]
    kernel = radius * (np.sinc((at - points) * radius / np.pi) - np.sinc((at + points) * radius / np.pi)) / np.pi
    return np.asarray(np.trapezoid(kernel * points * heights, points, axis=1) / at[:, 0])
