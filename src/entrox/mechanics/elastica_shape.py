r"""The elastica: a thin film, clamped at one end, with a force at the other that bears no moment.

With the tangent angle :math:`\theta(s)`, the force in the direction :math:`\alpha` (both from the tangent at the clamp)
and :math:`p = P / B` its size over the bending stiffness,

.. math:: \theta'' = -p \sin(\alpha - \theta), \qquad \theta(0) = 0, \qquad \theta'(L) = 0 .

Everything is counted from the free tip by the argument :math:`u = \sqrt p\,(L - s)` of Jacobi's functions of parameter
:math:`k^2`, :math:`k = \cos((\alpha - \theta_t) / 2)`. Counted from there nothing cancels where the load is small.
Units: lengths in m (any, if all are alike), angles in radian, curvatures in 1/m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.mechanics.elliptic import legendre_integrals

__all__ = ["Elastica", "UnitElastica", "elastica", "unit_elastica"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Elastica(Result):
    """Shape of a clamped film under a force at its tip."""

    length: float = quantity("m", "length between clamp and tip")
    force_angle: float = quantity("radian", "direction of the force, from the tangent at the clamp")
    tip_angle: float = quantity("radian", "tangent angle at the tip")
    modulus: float = quantity("1", "modulus k of the elliptic integrals")
    force_over_stiffness: float = quantity("1/m^2", "force over bending stiffness")
    largest_curvature: float = quantity("1/m", "largest curvature")
    largest_at: float = quantity("m", "arc length at the largest curvature")
    energy_over_stiffness: float = quantity("1/m", "bending energy over bending stiffness")
    s: Floats = quantity("m", "arc length from the clamp", axes=("point",))
    x: Floats = quantity("m", "position along the tangent of the clamp", axes=("point",))
    y: Floats = quantity("m", "position across the tangent of the clamp", axes=("point",))
    theta: Floats = quantity("radian", "tangent angle", axes=("point",))
    curvature: Floats = quantity("1/m", "curvature", axes=("point",))


@dataclass(frozen=True, kw_only=True)
class UnitElastica(Result):
    """What is the same for every length: numbers of elasticas in units of their length, arrays of one shape."""

    modulus: Floats = quantity("1", "modulus k of the elliptic integrals")
    root_force: Floats = quantity("1", "length times the root of force over stiffness")
    clamp_curvature: Floats = quantity("1", "curvature at the clamp times length")
    largest_curvature: Floats = quantity("1", "largest curvature times length")
    largest_at: Floats = quantity("1", "arc length at the largest curvature over length")
    tip_x: Floats = quantity("1", "position of the tip along the tangent of the clamp over length")
    tip_y: Floats = quantity("1", "position of the tip across the tangent of the clamp over length")
    energy: Floats = quantity("1", "bending energy times length over stiffness")


def unit_elastica(force_angle: ArrayLike, tip_angle: ArrayLike) -> UnitElastica:
    r"""Numbers of clamped films in units of their length; many at once.

    Parameters
    ----------
    force_angle
        Direction of the force [radian], in (0, 2 pi); any shape.
    tip_angle
        Tangent angle at the tip [radian]; broadcast against ``force_angle``.

    Raises
    ------
    InputError
        If no film has this tip angle: it lies between ``max(0, 2 alpha - 2 pi)`` and ``alpha``.

    Notes
    -----
    With the amplitude :math:`\psi` of :math:`u`, :math:`F` and :math:`E` Legendre's integrals of parameter :math:`k^2`,
    :math:`\sqrt p L = F(\psi_0)`, :math:`\kappa = 2 k k' \sqrt p\, \mathrm{sd}\, u`. Where :math:`\psi_0 > \pi/2` the
    largest curvature, :math:`2 k \sqrt p`, lies inside the film. Love, A Treatise on the Mathematical Theory of
    Elasticity, 4th ed. (1927), chapter 19.

    Examples
    --------
    Between two plates the curvature at the apex times the gap is 2.39628:

    >>> half = unit_elastica(np.pi, np.pi / 2)
    >>> round(float(half.largest_curvature * 2 * half.tip_x), 5)
    2.39628
    """
    alpha, tip = np.broadcast_arrays(np.asarray(force_angle, float), np.asarray(tip_angle, float))
    _check_angles(alpha, tip)
    k, dual = np.cos(0.5 * (alpha - tip)), np.sin(0.5 * (alpha - tip))
    m = k * k
    sin_phi = np.cos(0.5 * alpha) / k
    # the square of the cosine as a product: a difference would cancel at small loads
    cos_phi = np.sqrt(np.clip(np.sin(alpha - 0.5 * tip) * np.sin(0.5 * tip), 0.0, None)) / k
    psi = np.arctan2(cos_phi, dual * sin_phi)
    root, second = legendre_integrals(psi, m, dual**2)
    inner = psi > 0.5 * np.pi
    quarter = np.where(inner, legendre_integrals(0.5 * np.pi, m, dual**2)[0], root)
    along = root - 2.0 * (second - m * sin_phi * np.sin(psi))
    across = 2.0 * k * cos_phi
    x = (along * np.cos(alpha) + across * np.sin(alpha)) / root
    y = (along * np.sin(alpha) - across * np.cos(alpha)) / root
    return UnitElastica(
        modulus=k,
        root_force=root,
        clamp_curvature=2.0 * k * root * cos_phi,
        largest_curvature=2.0 * k * root * np.where(inner, 1.0, cos_phi),
        largest_at=1.0 - quarter / root,
        tip_x=x,
        tip_y=y,
        energy=root * (root * (2.0 * m - 1.0) - along),
    )


def elastica(length: float, force_angle: float, tip_angle: float, n_points: int = 401) -> Elastica:
    """Shape of a clamped film under a force at its tip.

    Parameters
    ----------
    length
        Length between clamp and tip [m].
    force_angle
        Direction of the force, from the tangent at the clamp [radian].
    tip_angle
        Tangent angle at the tip [radian].
    n_points
        Points at equal arc lengths, clamp and tip among them.

    Raises
    ------
    InputError
        If the length is not > 0, or no film has this tip angle under this force.

    Examples
    --------
    A film of 50 um that is pushed at a right angle until its tip points up by 60 degrees:

    >>> film = elastica(50e-6, np.radians(90), np.radians(60))
    >>> print(f"{film.largest_curvature * 1e-6:.6f} per um, tip at {film.x[-1] * 1e6:.3f}, {film.y[-1] * 1e6:.3f} um")
    0.048573 per um, tip at 35.659, 31.701 um
    """
    check_positive(length, "length", "m")
    check_integer(n_points, "n_points", low=2)
    numbers = unit_elastica(force_angle, tip_angle)
    root = float(numbers.root_force)
    fraction = np.linspace(0.0, 1.0, n_points)
    theta, bending, along, across = _course(force_angle, tip_angle, root * (1.0 - fraction))
    cos_a, sin_a, unit = math.cos(force_angle), math.sin(force_angle), length / root
    return Elastica(
        length=length, force_angle=force_angle, tip_angle=tip_angle, modulus=float(numbers.modulus),
        force_over_stiffness=(root / length) ** 2,
        largest_curvature=float(numbers.largest_curvature) / length,
        largest_at=float(numbers.largest_at) * length,
        energy_over_stiffness=float(numbers.energy) / length,
        s=length * fraction,
        x=unit * (along * cos_a + across * sin_a),
        y=unit * (along * sin_a - across * cos_a),
        theta=theta,
        curvature=bending / unit,
    )  # fmt: skip


def _course(alpha: float, tip: float, u: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Angle, curvature and position along and across the force at arguments ``u``, the first that of the clamp."""
    from scipy.special import ellipj

    k, dual = math.cos(0.5 * (alpha - tip)), math.sin(0.5 * (alpha - tip))
    m = k * k
    sn, cn, dn, psi = ellipj(u, m)
    sin_phi, cos_phi = cn / dn, dual * sn / dn
    sums = legendre_integrals(psi, m, dual**2)[1] - m * sin_phi * np.sin(psi)
    theta: Floats = alpha - 2.0 * np.arctan2(np.sqrt(dual * dual + m * cos_phi * cos_phi), k * sin_phi)
    theta[0] = 0.0  # exactly: the clamp
    bending = np.asarray(2.0 * k * cos_phi, dtype=float)
    along: Floats = u[0] - u - 2.0 * (sums[0] - sums)
    across: Floats = 2.0 * k * (cos_phi[0] - cos_phi)
    return theta, bending, along, across


def _check_angles(alpha: Floats, tip: Floats) -> None:
    if not (np.isfinite(alpha) & (alpha > 0.0) & (alpha < 2.0 * np.pi)).all():
        raise InputError(f"the direction of the force must lie in (0, 360) degree; got {np.degrees(alpha)!s} degree.")
    low = np.maximum(0.0, 2.0 * (alpha - np.pi))
    bad = ~((tip > low) & (tip < alpha) & (alpha - tip < np.pi))
    if bad.any():
        at = np.flatnonzero(np.ravel(bad))[0]
        a, t, least = (float(np.degrees(np.ravel(item)[at])) for item in (alpha, tip, low))
        raise InputError(
            f"the tip angle under a force at {a:g} degree must lie between {max(least, a - 180.0):g} and {a:g} degree; "
            f"got {t:g} degree. A film turns towards the force and does not reach its direction."
        )
