"""From a strain to the load: which gap, end distance, tip angle or needle gives it, or why none does.

Every search brackets the one monotone branch that begins at the straight film. Units: m, radian; strains as fractions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from entrox.core import InputError, Result, quantity
from entrox.core.units import METER_PER_MICROMETER, PERCENT
from entrox.mechanics.cases import bend_arc, bend_between_plates, bend_clamped, bend_hinged, plate_arc_length
from entrox.mechanics.elastica_shape import unit_elastica
from entrox.mechanics.needle import push_needle
from entrox.mechanics.result import BendingResult, Unreachable
from entrox.mechanics.strain import LARGEST_STRAIN, nominal_strain
from entrox.mechanics.strip import Strip

__all__ = [
    "Reading",
    "bend_for_strain",
    "end_distance_for_strain",
    "needle_angle_for_strain",
    "plate_gap_for_strain",
    "read_strain",
    "tip_angle_for_strain",
]

NEAREST = 1e-10
"""Distance from the direction of the force to which tip angles are searched [radian]; it has no bound there."""


def plate_gap_for_strain(strip: Strip, strain: float, measure: str = "mid_line") -> float:
    """Gap between the neutral axes of the legs that gives a strain [m]; the film may be too short for it.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{plate_gap_for_strain(strip, 0.048) * 1e6:.4f} um")
    9.9845 um
    """
    half = unit_elastica(np.pi, np.pi / 2)
    return 2.0 * float(half.largest_curvature * half.tip_x) / _curvature(strip, strain, measure)


def end_distance_for_strain(strip: Strip, strain: float, measure: str = "mid_line") -> float:
    """Distance of hinged ends that gives a strain [m].

    Raises
    ------
    InputError
        If the ends would have to cross.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{end_distance_for_strain(strip, 0.015) * 1e6:.2f} um")
    34.37 um
    """
    wanted = 0.5 * strip.length * _curvature(strip, strain, measure)
    top = _hinged_top()
    tip = _root(lambda tip: float(unit_elastica(np.pi, tip).largest_curvature) - wanted, 1e-9, top)
    if tip is None:
        raise InputError("hinged ends would have to pass through each other for this strain.")
    return max(strip.length * float(unit_elastica(np.pi, tip).tip_x), 0.0)


def tip_angle_for_strain(strip: Strip, strain: float, force_angle: float, measure: str = "mid_line") -> float:
    """Tip angle of a clamped film, pushed in a fixed direction, that gives a strain [radian].

    Raises
    ------
    InputError
        If this direction gives only larger strains: from 180 degrees on a film buckles into them.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{np.degrees(tip_angle_for_strain(strip, 0.048, np.radians(179))):.2f}")
    177.87
    """
    wanted = strip.length * _curvature(strip, strain, measure)

    def curvature(tip: float) -> float:
        return float(unit_elastica(force_angle, tip).largest_curvature)

    low = _least_tip(curvature, force_angle)
    tip = _root(lambda tip: curvature(tip) - wanted, low, force_angle - NEAREST)
    if tip is None:
        raise InputError(
            f"a push at {math.degrees(force_angle):g} degree does not give {strain * PERCENT:.4g} %: it buckles the "
            "film into a larger strain."
        )
    return tip


def needle_angle_for_strain(
    strip: Strip, strain: float, measure: str = "mid_line", contact_length: float | None = None
) -> float:
    """Tip angle of a film pushed by a sliding needle, without friction, that gives a strain [radian].

    Parameters
    ----------
    strip, strain, measure
        As elsewhere.
    contact_length
        Arc length between clamp and needle [m]; to the end of the strip, if not given.

    Raises
    ------
    InputError
        If the needle slips off before.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{np.degrees(needle_angle_for_strain(strip, 0.015)):.1f}")
    148.4
    """
    from entrox.mechanics.needle import needle_limit

    wanted = (contact_length or strip.length) * _curvature(strip, strain, measure)
    tip = _root(lambda tip: _needle_curvature(tip) - wanted, 1e-9, needle_limit()[0])
    if tip is None:
        raise InputError("the film slips off the needle before it reaches this strain.")
    return tip


def bend_for_strain(
    strip: Strip, case: str, strain: float, measure: str = "mid_line", *, force_angle: float | None = None,
    contact_length: float | None = None,
) -> BendingResult | Unreachable:  # fmt: skip
    """Bend a strip so far that its outer face has a given strain, or say why it cannot.

    Parameters
    ----------
    strip
        The strip.
    case
        ``arc``, ``plates``, ``hinged``, ``clamped`` or ``needle``.
    strain
        Strain of the outer face.
    measure
        ``mid_line``, ``nominal``, ``logarithmic`` or ``green``.
    force_angle
        Direction of the push of ``clamped`` [radian].
    contact_length
        Arc length between clamp and needle of ``needle`` [m].

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> bend_for_strain(strip, "hinged", 0.048).reason
    'the ends meet before: they would have to pass through each other'
    """
    bend = _bends(strip, strain, measure, force_angle, contact_length)
    if case not in bend:
        raise InputError(f"case must be one of {', '.join(bend)}; got {case!r}.")
    nominal = nominal_strain(strain, measure)
    largest, reason = _largest(strip, case, contact_length)
    # a strain at the limit itself is reached
    if case == "plates" and nominal < largest * (1.0 - 1e-12):
        return _unreachable(strip, case, strain, measure, LARGEST_STRAIN, reason)
    if case != "plates" and nominal > largest * (1.0 + 1e-12):
        return _unreachable(strip, case, strain, measure, largest, reason)
    try:
        return bend[case]()
    except InputError as error:
        if case != "clamped" or force_angle is None:
            raise
        return _unreachable(strip, case, strain, measure, LARGEST_STRAIN, str(error))


def _bends(
    strip: Strip, strain: float, measure: str, force_angle: float | None, contact: float | None
) -> dict[str, Callable[[], BendingResult]]:
    """How each case is bent to the strain."""

    def clamped() -> BendingResult:
        if force_angle is None:
            raise InputError("a clamped film needs the direction of its push.")
        tip_angle = tip_angle_for_strain(strip, strain, force_angle, measure)
        return bend_clamped(strip, force_angle=force_angle, tip_angle=tip_angle)

    return {
        "arc": lambda: bend_arc(strip, fold_angle=strip.length * _curvature(strip, strain, measure)),
        "plates": lambda: bend_between_plates(strip, plate_gap_for_strain(strip, strain, measure)),
        "hinged": lambda: bend_hinged(strip, end_distance_for_strain(strip, strain, measure)),
        "clamped": clamped,
        "needle": lambda: push_needle(
            strip, needle_angle_for_strain(strip, strain, measure, contact), contact_length=contact
        ),
    }


def _largest(strip: Strip, case: str, contact: float | None) -> tuple[float, str]:
    """Limit of the nominal strain of a case (for plates the least one) and what sets it."""
    from entrox.mechanics.needle import needle_limit

    if case == "arc":
        return strip.outside * 2.0 * math.pi / strip.length, "the arc is a full circle before"
    if case == "plates":
        widest = strip.length / plate_arc_length(1.0)
        least = 2.0 * _plate_number() / widest * strip.outside
        need = "a fold by 180 degrees between plates so wide takes more film than there is; a film of "
        return least, need + f"{strip.length / METER_PER_MICROMETER:g} um shows at least {least * PERCENT:.3g} %"
    if case == "hinged":
        top = float(unit_elastica(np.pi, _hinged_top()).largest_curvature)
        return 2.0 * top / strip.length * strip.outside, (
            "the ends meet before: they would have to pass through each other"
        )
    if case == "needle":
        return _needle_curvature(needle_limit()[0]) / (contact or strip.length) * strip.outside, (
            f"the film slips off the needle at a tip angle of {math.degrees(needle_limit()[0]):.2f} degree"
        )
    return LARGEST_STRAIN, ""


def _unreachable(strip: Strip, case: str, strain: float, measure: str, nominal: float, reason: str) -> Unreachable:
    in_measure = {"logarithmic": math.log1p(nominal), "green": nominal + 0.5 * nominal**2}.get(measure, nominal)
    return Unreachable(case=case, strip=strip, strain=strain, measure=measure, largest_strain=in_measure, reason=reason)


@dataclass(frozen=True, kw_only=True)
class Reading(Result):
    """What one way of bending says about a strain that somebody quotes."""

    case: str
    force_angle: float | None = quantity("radian", "direction of the push; None where it is not free")
    reachable: bool
    bending: BendingResult | None
    largest_strain: float | None = quantity("1", "largest strain of the case; None where it is reached")
    reason: str


def read_strain(
    strip: Strip, strain: float, measure: str = "mid_line", force_angles: tuple[float, ...] = ()
) -> tuple[Reading, ...]:
    """Hold a quoted strain against every way of bending.

    Parameters
    ----------
    strip, strain, measure
        The film and its strain.
    force_angles
        Directions of the push of a clamped film [radian]; 90, 120, 150 and 179 degrees, if not given.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> [reading.case for reading in read_strain(strip, 0.048) if reading.reachable][:2]
    ['plates', 'clamped']
    """
    angles = force_angles or tuple(np.radians([90.0, 120.0, 150.0, 179.0]).tolist())
    asked: list[tuple[str, float | None]] = [("arc", None), ("plates", None), ("hinged", None), ("needle", None)]
    asked[3:3] = [("clamped", angle) for angle in angles]
    return tuple(_reading(strip, case, strain, measure, angle) for case, angle in asked)


def _reading(strip: Strip, case: str, strain: float, measure: str, angle: float | None) -> Reading:
    found = bend_for_strain(strip, case, strain, measure, force_angle=angle)
    if isinstance(found, Unreachable):
        return Reading(case=case, force_angle=angle, reachable=False, bending=None,
                       largest_strain=found.largest_strain, reason=found.reason)  # fmt: skip
    return Reading(case=case, force_angle=angle, reachable=True, bending=found, largest_strain=None, reason="")


def _curvature(strip: Strip, strain: float, measure: str) -> float:
    return nominal_strain(strain, measure) / strip.outside


def _plate_number() -> float:
    half = unit_elastica(np.pi, np.pi / 2)
    return float(half.largest_curvature * half.tip_x)


def _hinged_top() -> float:
    from entrox.mechanics.cases import hinged_tip_angle

    return hinged_tip_angle(0.0)


def _needle_curvature(tip: float) -> float:
    return float(unit_elastica(tip + 0.5 * np.pi, tip).largest_curvature)


def _least_tip(curvature: Callable[[float], float], force_angle: float) -> float:
    """Tip angle from which on the largest curvature rises.

    A push against the film, beyond 180 degrees, does not begin at the straight film, and the curvature first falls.
    """
    from scipy.optimize import minimize_scalar

    if force_angle <= math.pi:
        return 1e-9
    low = 2.0 * (force_angle - math.pi)
    ends = (low + 1e-9, low + 0.5 * (force_angle - low))
    return float(minimize_scalar(curvature, bounds=ends, method="bounded", options={"xatol": 1e-9}).x)


def _root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Root between two ends, None where there is no change of sign."""
    from scipy.optimize import brentq

    at_low, at_high = function(low), function(high)
    if at_low > 0.0 or at_high < 0.0:
        return high if 0.0 > at_high > -1e-9 else None
    return float(brentq(function, low, high, xtol=1e-15, rtol=8.9e-16))
