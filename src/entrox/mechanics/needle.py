"""A needle that slides along a clamped strip: where it may stand, and when the film slips off.

Without friction the force is normal to the film. The direction from the clamp to the needle then depends on the tip
angle alone; it has a largest value, beyond which there is no equilibrium. Units: m, radian.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace

import numpy as np

from entrox.core import InputError, check_in_range
from entrox.core.units import METER_PER_MICROMETER
from entrox.mechanics.cases import POINTS, one_sided
from entrox.mechanics.elastica_shape import elastica, unit_elastica
from entrox.mechanics.result import BendingResult
from entrox.mechanics.strip import Strip

__all__ = ["bend_needle", "needle_limit", "push_needle"]

RELEASED = "released"
LOOKS = 65
"""Tip angles at which a needle beside the neutral axis is looked for."""
STRAIGHT = 1e-6
"""Direction of the needle [radian] below which the film counts as straight."""


@functools.lru_cache(maxsize=32)
def needle_limit(friction_angle: float = 0.0) -> tuple[float, float]:
    """Tip angle at which the direction of the needle is largest, and that direction [radian].

    Parameters
    ----------
    friction_angle
        Angle of the force against the normal of the film, arctan of the coefficient [radian]; positive where the
        needle slides towards the clamp, negative where it slides towards the end.

    Examples
    --------
    >>> tip, direction = needle_limit()
    >>> print(f"{np.degrees(tip):.2f} {np.degrees(direction):.3f}")
    170.94 99.568
    """
    from scipy.optimize import minimize_scalar

    check_in_range(math.degrees(friction_angle), "friction angle", low=-45.0, high=45.0, unit="degree")
    top = (math.pi - 2.0 * friction_angle) * (1.0 - 1e-9)  # beyond, the force would point back through the clamp
    found = minimize_scalar(
        lambda tip: -_direction(tip, friction_angle),
        bounds=(0.5 * top, top),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x), -float(found.fun)


def push_needle(
    strip: Strip, tip_angle: float, *, contact_length: float | None = None, friction_angle: float = 0.0
) -> BendingResult:
    """Push a clamped strip with a needle until the film at the needle has a given angle.

    Parameters
    ----------
    strip
        The strip.
    tip_angle
        Tangent angle at the needle and beyond [radian].
    contact_length
        Arc length between clamp and needle [m]; to the end of the strip, if not given.
    friction_angle
        Angle of the force against the normal, arctan of the coefficient of friction [radian].

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{push_needle(strip, np.radians(90)).tension.mid_line * 100:.4f} %")
    1.0488 %
    """
    length = strip.length if contact_length is None else contact_length
    if not 0.0 < length <= strip.length * (1.0 + 1e-12):
        raise InputError(
            f"the needle must touch the film between its clamp and {strip.length / METER_PER_MICROMETER:g} um; got "
            f"{length / METER_PER_MICROMETER:g} um."
        )
    needle_limit(friction_angle)
    bent = elastica(length, tip_angle + 0.5 * math.pi + friction_angle, tip_angle, POINTS)
    upper = tip_angle > needle_limit(friction_angle)[0]
    notes = ("on the second branch: a needle that rises cannot bring the film here",) if upper else ()
    return one_sided(strip, "needle", bent, strip.length - length, contact="the needle", warnings=notes)


def bend_needle(strip: Strip, x: float, y: float, *, friction_angle: float = 0.0, offset: float = 0.0) -> BendingResult:
    """Bend a clamped strip around a needle at a given place, on the branch that begins at the straight film.

    Parameters
    ----------
    strip
        The strip.
    x, y
        Place of the needle from the clamp, along and across its tangent [m].
    friction_angle
        As in :func:`push_needle`.
    offset
        Distance of that place from the neutral axis [m]: that of the outer face for the point of a needle, plus the
        radius of a round tip. Zero, if the place is that of the neutral axis.

    Returns
    -------
    BendingResult
        With the verdict ``released`` and the last equilibrium where the film has slipped off.

    Raises
    ------
    InputError
        If the needle does not stand above the straight film, or the offset is negative.

    Notes
    -----
    The force of a needle on the face, normal to the film, passes through the neutral axis beside it: the curve is the
    same, its place is not. With friction the lever of half a thickness is left out.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> bend_needle(strip, 30e-6, 25e-6).verdict, bend_needle(strip, 30e-6, 45e-6).verdict
    ('in equilibrium', 'released')
    """
    check_in_range(offset, "offset of the needle", low=0.0, unit="m")
    limit, steepest = needle_limit(friction_angle)
    if not (math.isfinite(x) and math.isfinite(y)) or math.atan2(y + offset, x) < STRAIGHT:
        raise InputError(
            f"the needle must stand above the straight film, y > {-offset / METER_PER_MICROMETER:g} um; "
            f"got {x / METER_PER_MICROMETER:g}, "
            f"{y / METER_PER_MICROMETER:g} um."
        )
    tip_angle = _tip_angle(x, y, offset, friction_angle, limit)
    if tip_angle is None:
        reason = f"beyond the steepest direction of {math.degrees(steepest):.3f} degree no shape is in equilibrium"
        return _released(strip, limit, friction_angle, reason, offset)
    contact = math.hypot(*_beside(x, y, offset, tip_angle)) / _distance(tip_angle, friction_angle)
    if contact > strip.length * (1.0 + 1e-9):
        beyond = (contact - strip.length) / METER_PER_MICROMETER
        reason = f"the needle lies {beyond:.4g} um of arc beyond the film"
        return _released(strip, tip_angle, friction_angle, reason, offset)
    found = push_needle(strip, tip_angle, contact_length=min(contact, strip.length), friction_angle=friction_angle)
    return replace(found, contact_offset=offset)


def _tip_angle(x: float, y: float, offset: float, friction_angle: float, limit: float) -> float | None:
    """Tip angle on the branch that begins at the straight film; None where it does not reach the needle."""
    from scipy.optimize import brentq

    def lack(tip: float) -> float:
        along, across = _beside(x, y, offset, tip)
        return _direction(tip, friction_angle) - math.atan2(across, along)

    low = STRAIGHT if offset else math.atan2(y, x)  # a needle at the axis never sees the film steeper than its tip
    low = min(low, 0.5 * limit)
    # the offset turns with the film; so the first of the roots is looked for
    tips = np.linspace(low, limit, LOOKS if offset else 2).tolist()
    for left, right in itertools.pairwise(tips):
        if lack(right) >= 0.0:
            return float(brentq(lack, left, right, xtol=1e-15, rtol=8.9e-16)) if lack(left) < 0.0 else left
    return limit if lack(limit) > -1e-12 else None


def _beside(x: float, y: float, offset: float, tip_angle: float) -> tuple[float, float]:
    """Point of the neutral axis beside the needle."""
    return x - offset * math.sin(tip_angle), y + offset * math.cos(tip_angle)


def _released(strip: Strip, tip_angle: float, friction_angle: float, reason: str, offset: float) -> BendingResult:
    last = push_needle(strip, tip_angle, friction_angle=friction_angle)
    note = f"released: {reason}; shown is the last equilibrium, with the needle at the end of the film"
    return replace(last, verdict=RELEASED, contact_offset=offset, warnings=(note, *last.warnings))


def _direction(tip_angle: float, friction_angle: float) -> float:
    numbers = unit_elastica(tip_angle + 0.5 * np.pi + friction_angle, tip_angle)
    return math.atan2(float(numbers.tip_y), float(numbers.tip_x))


def _distance(tip_angle: float, friction_angle: float) -> float:
    numbers = unit_elastica(tip_angle + 0.5 * np.pi + friction_angle, tip_angle)
    return math.hypot(float(numbers.tip_x), float(numbers.tip_y))
