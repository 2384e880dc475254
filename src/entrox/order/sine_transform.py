r"""Sine transforms of tabulated functions, with the windows of total scattering.

.. math:: I(k) = \int_{x_0}^{x_n} w(x) f(x) \sin(kx) \, dx

The trapezoid rule on the given points: for a function that is smooth on its grid and vanishes at the far end the error
falls faster than any power of the step. Grids may be uneven. Units: those of the arguments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_in_range, check_positive, nearest_names

__all__ = ["WINDOWS", "gaussian_window", "lorch_window", "sine_nodes", "sine_transform"]

Floats = NDArray[np.float64]

WINDOWS = ("none", "lorch")
ROWS_AT_ONCE = 512


def lorch_window(x: ArrayLike, end: float) -> Floats:
    r"""Lorch's factor sin(x d)/(x d) with d = pi/end; zero at the end and beyond.

    Parameters
    ----------
    x
        Where, any shape.
    end
        Upper end of the integral.

    Notes
    -----
    E. Lorch, J. Phys. C 2, 229 (1969).

    Examples
    --------
    >>> lorch_window([0.0, 15.0, 30.0], 30.0).round(4).tolist()
    [1.0, 0.6366, 0.0]
    """
    at = np.asarray(x, dtype=float)
    return np.where(np.abs(at) < end, np.sinc(at / check_positive(end, "end")), 0.0)


def gaussian_window(q_per_angstrom: ArrayLike, damping_angstrom2: float) -> Floats:
    r"""Gaussian factor exp(-b Q^2), which damps the noise of the tail.

    Parameters
    ----------
    q_per_angstrom
        Where, any shape.
    damping_angstrom2
        b; it widens every peak of G(r) by the variance 2 b.

    Raises
    ------
    InputError
        If b is negative.

    Notes
    -----
    Where electron diffraction writes exp(-b' s^2), s = Q/(2 pi), b = b'/(4 pi^2).

    Examples
    --------
    >>> gaussian_window([0.0, 5.0], 0.02).round(4).tolist()
    [1.0, 0.6065]
    """
    b = check_in_range(damping_angstrom2, "damping_angstrom2", low=0.0, unit="angstrom^2")
    return np.asarray(np.exp(-b * np.square(np.asarray(q_per_angstrom, dtype=float))))


def sine_nodes(low: float, high: float, longest: float) -> tuple[Floats, Floats]:
    """Nodes and weights of an integral over waves, exact to rounding up to a longest conjugate variable.

    Parameters
    ----------
    low, high
        Ends of the integral, such as Qmin and Qmax.
    longest
        Largest k of a product of functions that oscillate as sin(k x): the sum of both distances.

    Returns
    -------
    nodes, weights
        Of Gauss and Legendre, shape ``(n,)`` each.

    Raises
    ------
    InputError
        If the ends are not finite and rising, or the longest distance is not positive.

    Examples
    --------
    >>> q, weights = sine_nodes(0.0, 2.0, 10.0)
    >>> float((weights * np.sin(10.0 * q)).sum().round(12)), round(float((1.0 - np.cos(20.0)) / 10.0), 12)
    (0.059191793819, 0.059191793819)
    """
    check_in_range(low, "low", high=high, high_open=True)
    span = check_positive(high - low, "high - low")
    # one node per two radians of half the largest phase, and some for the rest
    nodes, weights = np.polynomial.legendre.leggauss(int(0.4 * span * check_positive(longest, "longest")) + 60)
    return low + 0.5 * span * (nodes + 1.0), 0.5 * span * weights


def sine_transform(
    x: ArrayLike, values: ArrayLike, k: ArrayLike, *, window: str = "none", end: float | None = None
) -> Floats:
    """Integral of values times sin(k x) over the points x.

    Parameters
    ----------
    x
        Rising, shape ``(n,)``.
    values
        Shape ``(n,)``.
    k
        Where the transform is wanted, shape ``(m,)``.
    window
        ``"none"`` or ``"lorch"``.
    end
        Upper end of the integral; the last point by default. Between two points the function is cut there.

    Returns
    -------
    numpy.ndarray
        Shape ``(m,)``.

    Raises
    ------
    InputError
        If x does not rise, the shapes differ, the window is unknown, or the end lies outside the points.

    Examples
    --------
    The transform of exp(-x) is k/(1 + k^2):

    >>> x = np.linspace(0.0, 40.0, 40001)
    >>> float(sine_transform(x, np.exp(-x), [2.0])[0].round(5))
    0.4
    """
    points, heights = check_finite(x, "x"), check_finite(values, "values")
    wanted = np.atleast_1d(check_finite(k, "k"))
    if points.ndim != 1 or points.shape != heights.shape or len(points) < 2 or (np.diff(points) <= 0.0).any():
        raise InputError("x must rise and have as many points as values, at least two.")
    if window not in WINDOWS:
        raise InputError(f"There is no window {window!r}; {nearest_names(window, WINDOWS)}.")
    if end is not None:
        points, heights = _cut(points, heights, end)
    if window == "lorch":
        heights = heights * lorch_window(points, float(points[-1]))
    weights = np.empty(len(points))
    weights[1:-1] = 0.5 * (points[2:] - points[:-2])
    weights[0], weights[-1] = 0.5 * (points[1] - points[0]), 0.5 * (points[-1] - points[-2])
    weighted = heights * weights
    found = np.empty(len(wanted))
    for first in range(0, len(wanted), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        found[rows] = np.sin(wanted[rows, None] * points) @ weighted
    return found


def _cut(points: Floats, heights: Floats, end: float) -> tuple[Floats, Floats]:
    if not points[0] < end <= points[-1] * (1.0 + 1e-9):
        raise InputError(f"end must lie in ({points[0]:g}, {points[-1]:g}]; got {end:g}.")
    inside = points < end * (1.0 - 1e-12)
    last = float(np.interp(end, points, heights))
    return np.append(points[inside], min(end, float(points[-1]))), np.append(heights[inside], last)
