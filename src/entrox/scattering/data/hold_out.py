"""Points kept out of a fit to test it: in blocks wide enough to be independent, and out of every set alike.

Two points closer than 2 pi/R in Q, or 2 pi/Qmax in r, are not independent: leaving out one of them tests interpolation.
Transforms of one measurement hold the same numbers: a block kept out of one set comes back through another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_positive
from entrox.scattering.operators.set_operator import SetOperator

__all__ = ["check_hold_out", "held_out_points", "narrowest_block"]

ROUNDING = 1e-9


def narrowest_block(*, radius_angstrom: float | None = None, qmax_per_angstrom: float | None = None) -> float:
    """Width of the narrowest block that tests more than interpolation.

    Parameters
    ----------
    radius_angstrom
        Largest distance; given for blocks of Q: 2 pi/R.
    qmax_per_angstrom
        Largest momentum transfer; given for blocks of r: 2 pi/Qmax.

    Raises
    ------
    InputError
        Unless exactly one of them is given and positive.

    Examples
    --------
    >>> round(narrowest_block(radius_angstrom=20.0), 3)
    0.314
    """
    if (radius_angstrom is None) == (qmax_per_angstrom is None):
        raise InputError("give radius_angstrom for blocks of Q, or qmax_per_angstrom for blocks of r.")
    if radius_angstrom is not None:
        return 2.0 * np.pi / check_positive(radius_angstrom, "radius_angstrom", "angstrom")
    assert qmax_per_angstrom is not None
    return 2.0 * np.pi / check_positive(qmax_per_angstrom, "qmax_per_angstrom", "1/angstrom")


def held_out_points(
    x: ArrayLike,
    blocks: Sequence[tuple[float, float]],
    *,
    radius_angstrom: float | None = None,
    qmax_per_angstrom: float | None = None,
) -> NDArray[np.bool_]:
    """Points inside the blocks.

    Parameters
    ----------
    x
        Points of the set, shape ``(n,)``.
    blocks
        Lower and upper end of each, in the unit of x.
    radius_angstrom, qmax_per_angstrom
        As in :func:`narrowest_block`.

    Raises
    ------
    InputError
        If a block is too narrow or holds no point, or nothing is left to fit.
    """
    points = check_finite(x, "x")
    held = np.zeros(len(points), dtype=bool)
    if not blocks:
        return held
    width = narrowest_block(radius_angstrom=radius_angstrom, qmax_per_angstrom=qmax_per_angstrom)
    for low, high in blocks:
        if high - low < width * (1.0 - ROUNDING):
            raise InputError(
                f"the held-out block {low:g} to {high:g} must be at least {width:.4g} wide: a narrower one only tests "
                "interpolation between its neighbors."
            )
        slack = ROUNDING * max(abs(low), abs(high))
        inside = (points >= low - slack) & (points <= high + slack)
        if not inside.any():
            raise InputError(
                f"the held-out block {low:g} to {high:g} holds no point of {points.min():g} to {points.max():g}."
            )
        held |= inside
    if held.all():
        raise InputError("all points are held out; nothing is left to fit.")
    return held


def check_hold_out(operators: Sequence[SetOperator], recomputed: Collection[str] = ()) -> None:
    """Refuse held-out points that a second set of the same measurement gives away.

    Parameters
    ----------
    operators
        All sets of a refinement; those with one nonempty ``measurement`` are transforms of each other.
    recomputed
        Names of the sets that were computed anew without the held-out points.

    Raises
    ------
    InputError
        If another set of the measurement still knows them.
    """
    for held in operators:
        if not held.held_out.any() or not held.measurement:
            continue
        leaks = [
            other.name
            for other in operators
            if other is not held and other.measurement == held.measurement and other.name not in recomputed
        ]
        if leaks:
            raise InputError(
                f"points of {held.name} are held out, but {', '.join(leaks)} is a transform of the same measurement "
                f"({held.measurement}) and still holds them. Recompute it without those points, or leave it out."
            )
