"""A needle that slides along a clamped strip: where it may stand, and when the film slips off.

Without friction the force is normal to the film. The direction from the clamp to the needle then depends on the tip
angle alone; it has a largest value, beyond which there is no equilibrium. Units: m, radian.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from entrox.core import InputError, check_in_range
from entrox.mechanics.cases import POINTS, one_sided
from entrox.mechanics.elastica_shape import elastica, unit_elastica
from entrox.mechanics.result import BendingResult
from entrox.mechanics.strip import Strip
from entrox.mechanics.table_units import METER_PER_MICROMETER

__all__ = ["bend_needle", "needle_limit", "push_needle"]

RELEASED = "released"
STRAIGHT = 1e-6
"""Direction of the needle [radian] below which the film counts as straight."""


@functools.lru_cache(maxsize=32)
def needle_limit(friction_angle: float = 0.0) -> tuple[float, float]:
    """Tip angle at which the direction of the needle is largest, and that direction [radian].

    Parameters
    ----------
    friction_angle
        Angle of the force against the normal of the film, arctan of the coefficient [radian].

    Examples
    --------
    >>> tip, direction = needle_limit()
    >>> print(f"{np.degrees(tip):.2f} {np.degrees(direction):.3f}")
    170.94 99.568
    """
    from scipy.optimize import minimize_scalar

    check_in_range(math.degrees(friction_angle), "friction angle", low=0.0, high=45.0, unit="degree")
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


def bend_needle(strip: Strip, x: float, y: float, *, friction_angle: float = 0.0) -> BendingResult:
    """Bend a clamped strip around a needle at a given place, on the branch that begins at the straight film.

    Parameters
    ----------
    strip
        The strip.
    x, y
        Place of the needle from the clamp, along and across its tangent [m]; of the neutral axis at the needle.
    friction_angle
        As in :func:`push_needle`.

    Returns
    -------
    BendingResult
        With the verdict ``released`` and the last equilibrium where the film has slipped off.

    Raises
    ------
    InputError
        If the needle does not stand above the straight film.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> bend_needle(strip, 30e-6, 25e-6).verdict, bend_needle(strip, 30e-6, 45e-6).verdict
    ('in equilibrium', 'released')
    """
    from scipy.optimize import brentq

    direction = math.atan2(y, x)
    limit, steepest = needle_limit(friction_angle)
    if not (math.isfinite(x) and math.isfinite(y)) or direction < STRAIGHT:
        raise InputError(
            f"the needle must stand above the straight film, y > 0; got {x / METER_PER_MICROMETER:g}, "
            f"{y / METER_PER_MICROMETER:g} um."
        )
    if direction > steepest:
        reason = f"beyond the steepest direction of {math.degrees(steepest):.3f} degree no shape is in equilibrium"
        return _released(strip, limit, friction_angle, reason)
    tip_angle = limit if direction >= steepest * (1.0 - 1e-12) else float(
        brentq(lambda tip: _direction(tip, friction_angle) - direction, direction, limit, xtol=1e-15, rtol=8.9e-16)
    )  # fmt: skip
    contact = math.hypot(x, y) / _distance(tip_angle, friction_angle)
    if contact > strip.length * (1.0 + 1e-9):
        beyond = (contact - strip.length) / METER_PER_MICROMETER
        return _released(strip, tip_angle, friction_angle, f"the needle lies {beyond:.4g} um of arc beyond the film")
    return push_needle(strip, tip_angle, contact_length=min(contact, strip.length), friction_angle=friction_angle)


def _released(strip: Strip, tip_angle: float, friction_angle: float, reason: str) -> BendingResult:
    from dataclasses import replace

    last = push_needle(strip, tip_angle, friction_angle=friction_angle)
    note = f"released: {reason}; shown is the last equilibrium, with the needle at the end of the film"
    return replace(last, verdict=RELEASED, warnings=(note, *last.warnings))


def _direction(tip_angle: float, friction_angle: float) -> float:
    numbers = unit_elastica(tip_angle + 0.5 * np.pi + friction_angle, tip_angle)
    return math.atan2(float(numbers.tip_y), float(numbers.tip_x))


def _distance(tip_angle: float, friction_angle: float) -> float:
    numbers = unit_elastica(tip_angle + 0.5 * np.pi + friction_angle, tip_angle)
    return math.hypot(float(numbers.tip_x), float(numbers.tip_y))
