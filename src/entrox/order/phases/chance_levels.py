r"""Shares of random directions in the classes of directions of a cubic crystal, and of noise below a threshold.

A direction belongs to the nearest of the axes <100>, <110>, <111>. The region of one axis is a cell of the sphere
around it, and its share

.. math:: f = \frac{n}{4\pi} \int_0^{2\pi} [1 - \cos\theta_b(\varphi)] \, d\varphi

follows from the angle :math:`\theta_b` at which the direction :math:`\varphi` meets the cell of a neighbor, n being
the number of axes of the family. Angles in degrees.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.special import erf

from entrox.core import InputError, check_in_range

__all__ = ["Rule", "axis_families", "chance_levels", "largest_axis_angle", "random_c_share"]

Floats = NDArray[np.float64]
Rule = Literal["nearest_axis", "cone", "components"]

AZIMUTHS = 14400
"""Points of the trapezoidal rule around an axis; the kinks of the cells leave an error of 1e-8."""


@cache
def axis_families(dimension: int = 3) -> tuple[Floats, ...]:
    """Unit vectors of <100>, <110> and <111>, or of <10> and <11> in two dimensions.

    Examples
    --------
    >>> [len(family) for family in axis_families()]
    [6, 12, 8]
    """
    steps = np.array(list(product((1, 0, -1), repeat=dimension)), dtype=float)
    counts = np.abs(steps).sum(axis=1)
    families = tuple(steps[counts == n] / np.sqrt(n) for n in range(1, dimension + 1))
    for family in families:
        family.setflags(write=False)
    return families


def chance_levels(
    rule: Rule = "nearest_axis", max_angle_deg: float = 15.0, component_ratio: float = 0.5, dimension: int = 3
) -> Floats:
    """Shares of random directions in each class.

    Parameters
    ----------
    rule
        ``"nearest_axis"``, ``"cone"`` or ``"components"``, as in :func:`entrox.order.phases.phases.classify`.
    max_angle_deg
        Half angle of the cones.
    component_ratio
        Least size of a component that counts, over the largest one.
    dimension
        3 for T, O, R and M; 2 for <10>, <11> and M.

    Returns
    -------
    ndarray
        One share per class, the last that of directions in no class.

    Examples
    --------
    >>> chance_levels().round(6)
    array([0.274667, 0.443768, 0.281565, 0.      ])
    """
    if dimension not in (2, 3):
        raise InputError(f"dimension must be 2 or 3; got {dimension!r}.")
    if rule == "components":
        shares = _component_shares(check_in_range(component_ratio, "component_ratio", low=0, high=1), dimension)
    elif rule in ("nearest_axis", "cone"):
        angle = check_in_range(max_angle_deg, "max_angle_deg", low=0.0, high=180.0, low_open=True, unit="deg")
        limit = np.pi if rule == "nearest_axis" else np.radians(angle)
        if dimension == 2:
            shares = np.full(2, min(limit / np.radians(45.0), 0.5))
        else:
            shares = np.array([len(f) * _cell_share(f[0], limit) for f in axis_families()])
    else:
        raise InputError(f"rule must be nearest_axis, cone or components; got {rule!r}.")
    return np.append(shares, max(0.0, 1.0 - float(shares.sum())))


def largest_axis_angle() -> float:
    """Largest angle between any direction and the nearest of the 26 axes [deg].

    Examples
    --------
    >>> round(largest_axis_angle(), 4)
    27.5693
    """
    # the corner where the cells of [100], [110] and [111] meet
    corner = np.array([1.0, np.sqrt(2.0) - 1.0, np.sqrt(3.0) - np.sqrt(2.0)])
    return float(np.degrees(np.arccos(1.0 / np.linalg.norm(corner))))


def _cell_share(axis: Floats, limit: float) -> float:
    """Share of the sphere that is nearest to ``axis`` and not farther from it than ``limit`` [rad]."""
    others = np.concatenate(axis_families())
    others = others[others @ axis < 1.0 - 1e-9]
    side = np.cross(axis, [0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    turn = np.linspace(0.0, 2.0 * np.pi, AZIMUTHS, endpoint=False)
    around = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(axis, side)
    # cos(t) axis + sin(t) around is as near to the other axis where tan(t) = (1 - axis.other)/(around.other)
    border = np.asarray(np.arctan2(1.0 - others @ axis, around @ others.T).min(axis=1))
    return float(np.mean(1.0 - np.cos(np.minimum(border, limit)))) / 2.0


def _component_shares(ratio: float, dimension: int) -> Floats:
    """Shares by the number of components above ``ratio`` times the largest: T, O, R."""
    if dimension == 2:
        low = float(np.arctan(ratio) / (np.pi / 4.0))
        return np.array([low, 1.0 - low])

    def strip(top: float, y: float) -> float:
        """Solid angle per dy of the directions (1, y, 0..top)."""
        return float(top / ((1.0 + y * y) * np.sqrt(1.0 + y * y + top * top)))

    def integral(function: Callable[[float], float], low: float, high: float) -> float:
        return float(quad(function, low, high, epsabs=1e-13)[0])

    # one of the 48 equal parts of the sphere: x = 1 > y > z > 0
    part = 4.0 * np.pi / 48.0
    one = integral(lambda y: strip(y, y), 0.0, ratio) / part
    two = integral(lambda y: strip(ratio, y), ratio, 1.0) / part
    return np.array([one, two, 1.0 - one - two])


def random_c_share(threshold: ArrayLike, noise: ArrayLike, dimension: int = 3) -> Floats:
    r"""Share of isotropic Gaussian noise that stays below a threshold.

    .. math:: \mathrm{erf}\frac{t}{\sqrt2 s} - \sqrt{\frac2\pi} \frac{t}{s} e^{-t^2/2s^2}

    in three dimensions, :math:`1 - e^{-t^2/2s^2}` in two; t the threshold, s the noise of one component, same unit.

    Examples
    --------
    >>> round(float(random_c_share(1.0, 1.0)), 4)
    0.1987
    """
    ratio = np.asarray(threshold, dtype=float) / np.asarray(noise, dtype=float)
    decay = np.exp(-0.5 * ratio**2)
    if dimension == 2:
        return np.asarray(1.0 - decay)
    return np.asarray(erf(ratio / np.sqrt(2.0)) - np.sqrt(2.0 / np.pi) * ratio * decay)
