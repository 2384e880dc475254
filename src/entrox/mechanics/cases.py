"""The ways to bend a strip: a pure moment, two plates, hinged ends, a push at the tip. A needle has its own file.

Each is the elastica of half the film or of all of it. The top of the strip is outside. Units: m, N, radian.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range, check_positive
from entrox.core.units import METER_PER_MICROMETER, PERCENT
from entrox.mechanics.contact import touches_itself
from entrox.mechanics.elastica_shape import Elastica, elastica, unit_elastica
from entrox.mechanics.result import BendingResult
from entrox.mechanics.strain import face_strain
from entrox.mechanics.strip import Strip

__all__ = [
    "CASES",
    "bend_arc",
    "bend_between_plates",
    "bend_clamped",
    "bend_hinged",
    "hinged_tip_angle",
    "plate_arc_length",
]

Floats = NDArray[np.float64]
CASES = ("arc", "plates", "hinged", "clamped", "needle")
EQUILIBRIUM = "in equilibrium"
POINTS = 401
FULL_TURN = 2.0 * math.pi
EXTENSION_NOTED = 1e-3
"""Axial strain above which it is said that the film is taken as inextensible."""
FREE_FILM = 1000.0
"""Radius over thickness from which a film by itself is hardly strained."""


def bend_arc(strip: Strip, *, fold_angle: float | None = None, radius: float | None = None) -> BendingResult:
    """Bend the whole strip to a uniform arc, by a pure moment.

    Parameters
    ----------
    strip
        The strip.
    fold_angle
        Angle between the tangents of the two ends [radian], to 360 degrees.
    radius
        Radius of the neutral axis [m]. Give one of the two.

    Raises
    ------
    InputError
        If both or none are given, the ends would cross, or a face is strained by more than 20 %.

    Examples
    --------
    >>> strip = Strip.single(59e-6, 5e-6, 0.4e-6, 122e9, 0.24)
    >>> print(f"{bend_arc(strip, fold_angle=np.pi).tension.mid_line * 100:.3f} %")
    1.065 %
    """
    if (fold_angle is None) == (radius is None):
        raise InputError("give one of the fold angle and the radius of the neutral axis.")
    if radius is not None:
        fold_angle = strip.length / check_positive(radius, "radius", "m")
    assert fold_angle is not None
    check_in_range(math.degrees(fold_angle), "fold angle", low=0.0, high=360.0, low_open=True, unit="degree")
    kappa = fold_angle / strip.length
    s = np.linspace(0.0, strip.length, POINTS)
    shape = np.column_stack([np.sin(kappa * s), 1.0 - np.cos(kappa * s)]) / kappa
    touching = fold_angle >= FULL_TURN * (1.0 - 1e-9)
    return _result(
        strip, "arc", s, shape, kappa * s, np.full(POINTS, kappa), peak=kappa, peak_at=0.0, fold_angle=fold_angle,
        turn=fold_angle, loaded=strip.length, height=float(np.ptp(shape[:, 1])), gap=_chord(shape), tip=shape[-1],
        force=0.0, energy=0.5 * strip.stiffness * kappa**2 * strip.length, contact="the ends" if touching else "none",
    )  # fmt: skip


def plate_arc_length(gap: float) -> float:
    """Arc length that is bent between plates whose legs are ``gap`` apart, in its unit.

    Examples
    --------
    >>> round(plate_arc_length(1.0), 5)
    2.18844
    """
    half = unit_elastica(np.pi, np.pi / 2)
    return gap / float(half.tip_x)


def bend_between_plates(strip: Strip, gap: float) -> BendingResult:
    """Fold the strip between two parallel plates without friction: bent in the middle, straight legs along the plates.

    Parameters
    ----------
    strip
        The strip.
    gap
        Distance between the neutral axes of the legs [m]; the plates are one thickness further apart.

    Raises
    ------
    InputError
        If the fold is longer than the strip, the legs would touch, or a face is strained by more than 20 %.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> found = bend_between_plates(strip, 9.9845e-6)
    >>> print(f"{found.tension.mid_line * 100:.3f} %, {found.force_per_width:.2f} N/m")
    4.800 %, 11.41 N/m
    """
    check_positive(gap, "gap", "m")
    bent = plate_arc_length(gap)
    if bent > strip.length * (1.0 + 1e-12):
        raise InputError(
            f"the fold between plates {_um(gap)} um apart takes {_um(bent)} um of film, more than the length of "
            f"{_um(strip.length)} um: no fold. Take a gap of at most {_um(gap * strip.length / bent)} um."
        )
    half = elastica(0.5 * bent, math.pi, 0.5 * math.pi, POINTS)
    leg = 0.5 * (strip.length - bent)
    contact = "the plates, along the legs" if leg > 1e-9 * strip.length else "the plates, at the ends"
    return _symmetric(strip, "plates", half, leg, gap=gap, height=2.0 / half.largest_curvature, contact=contact)


def hinged_tip_angle(distance_over_length: float) -> float:
    """Angle of the ends of a hinged film against its chord [radian], from end distance over length.

    Raises
    ------
    InputError
        If the ratio is not in [0, 1).

    Examples
    --------
    >>> round(float(np.degrees(2 * hinged_tip_angle(0.4))), 2)
    190.66
    """
    from scipy.optimize import brentq

    check_in_range(distance_over_length, "end distance over length", low=0.0, high=1.0, high_open=True)
    # small loads: D / L = 1 - theta^2 / 4, which gives a lower end above rounding
    low = min(math.sqrt(1.0 - distance_over_length), 1.0)

    def excess(tip: float) -> float:
        return float(unit_elastica(np.pi, tip).tip_x) - distance_over_length

    return float(brentq(excess, low, math.radians(135.0), xtol=1e-15, rtol=8.9e-16))


def bend_hinged(strip: Strip, end_distance: float) -> BendingResult:
    """Push the hinged ends of the strip together.

    Parameters
    ----------
    strip
        The strip.
    end_distance
        Distance between the neutral axis at the two ends [m]; at zero the ends meet.

    Raises
    ------
    InputError
        If the ends would cross or are further apart than the strip is long.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{bend_hinged(strip, 0.0).tension.mid_line * 100:.4f} %")
    3.3754 %
    """
    if not 0.0 <= end_distance < strip.length:
        raise InputError(
            f"the end distance must lie in [0, {_um(strip.length)}) um; got {_um(end_distance)} um. Below zero the "
            "ends would pass through each other."
        )
    tip_angle = hinged_tip_angle(end_distance / strip.length)
    half = elastica(0.5 * strip.length, math.pi, tip_angle, POINTS)
    return _symmetric(strip, "hinged", half, 0.0, gap=end_distance, height=float(half.y[-1]),
                      contact="the ends" if end_distance < strip.thickness else "none")  # fmt: skip


def bend_clamped(strip: Strip, *, force_angle: float, tip_angle: float) -> BendingResult:
    """Push the free end of a clamped strip in a fixed direction.

    Parameters
    ----------
    strip
        The strip.
    force_angle
        Direction of the push, from the tangent at the clamp [radian].
    tip_angle
        Tangent angle that the tip takes [radian].

    Raises
    ------
    InputError
        If no film has this tip angle, or a face is strained by more than 20 %.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> found = bend_clamped(strip, force_angle=np.radians(90), tip_angle=np.radians(60))
    >>> print(f"{found.radius * 1e6:.3f} um")
    20.588 um
    """
    return one_sided(strip, "clamped", elastica(strip.length, force_angle, tip_angle, POINTS), rest=0.0)


def one_sided(strip: Strip, case: str, bent: Elastica, rest: float, **words: Any) -> BendingResult:
    """Result of a film that is clamped at one end; ``rest`` is the straight length beyond the loaded point."""
    end = bent.theta[-1]
    s, shape = bent.s, np.column_stack([bent.x, bent.y])
    theta, curvature = bent.theta, bent.curvature
    if rest > 1e-12 * strip.length:
        step = np.linspace(0.0, rest, 41)[1:]
        s = np.append(s, bent.length + step)
        shape = np.vstack([shape, shape[-1] + np.outer(step, [math.cos(end), math.sin(end)])])
        theta, curvature = np.append(theta, np.full(40, end)), np.append(curvature, np.zeros(40))
    height = float(np.ptp(shape[:, 1]))
    force = strip.stiffness * bent.force_over_stiffness
    contact = "with itself" if touches_itself(s, shape, strip.thickness) else words.pop("contact", "none")
    return _result(
        strip, case, s, shape, theta, curvature, peak=bent.largest_curvature, peak_at=bent.largest_at,
        fold_angle=float(end), turn=float(end), loaded=bent.length, leg=rest, height=height, gap=None,
        tip=np.array([bent.x[-1], bent.y[-1]]), force=force, force_direction=bent.force_angle,
        energy=strip.stiffness * bent.energy_over_stiffness, modulus=bent.modulus, contact=contact, **words,
    )  # fmt: skip


def _symmetric(
    strip: Strip, case: str, half: Elastica, leg: float, *, gap: float, height: float, contact: str
) -> BendingResult:
    """Whole film from its half: the apex in the origin, mirrored, straight legs at both ends."""
    s, shape, theta, curvature = half.s, np.column_stack([half.x, half.y]), half.theta, half.curvature
    if leg > 1e-12 * strip.length:
        step = np.linspace(0.0, leg, 41)[1:]
        end = float(half.theta[-1])
        s = np.append(s, half.length + step)
        shape = np.vstack([shape, shape[-1] + np.outer(step, [math.cos(end), math.sin(end)])])
        theta, curvature = np.append(theta, np.full(40, end)), np.append(curvature, np.zeros(40))
    mirrored = shape[:0:-1] * [-1.0, 1.0]
    force = strip.stiffness * half.force_over_stiffness
    euler = math.pi**2 * strip.stiffness / strip.length**2
    return _result(
        strip, case, np.append(-s[:0:-1], s) + s[-1], np.vstack([mirrored, shape]), np.append(-theta[:0:-1], theta),
        np.append(curvature[:0:-1], curvature), peak=half.largest_curvature, peak_at=float(s[-1]),
        fold_angle=2.0 * float(half.theta[-1]), turn=2.0 * float(half.theta[-1]), loaded=2.0 * half.length, leg=leg,
        height=height, gap=gap, tip=np.array([half.x[-1], half.y[-1]]), force=force, force_direction=math.pi,
        energy=2.0 * strip.stiffness * half.energy_over_stiffness, modulus=half.modulus, contact=contact,
        force_over_critical=force / euler if case == "hinged" else None,
    )  # fmt: skip


def _result(
    strip: Strip, case: str, s: Floats, shape: Floats, theta: Floats, curvature: Floats, *, peak: float, peak_at: float,
    fold_angle: float, turn: float, loaded: float, height: float, gap: float | None, tip: Floats, force: float,
    energy: float, leg: float = 0.0, force_direction: float | None = None, modulus: float | None = None,
    contact: str = "none", force_over_critical: float | None = None, verdict: str = EQUILIBRIUM,
    warnings: tuple[str, ...] = (),
) -> BendingResult:  # fmt: skip
    tension = face_strain(peak, strip.outside)
    axial = force / strip.axial_stiffness
    return BendingResult(
        case=case, strip=strip, verdict=verdict, shape=shape, arc_length=s, tangent_angle=theta, curvature=curvature,
        tension=tension, compression=face_strain(peak, -strip.inside), strain_position=peak_at, radius=1.0 / peak,
        stress_uniaxial=strip.layers[-1].modulus * tension.nominal, stress_plane=strip.outer_modulus * tension.nominal,
        fold_angle=fold_angle, opening_angle=math.pi - fold_angle, turn=turn, loaded_length=loaded, leg_length=leg,
        height=height, gap=gap, tip=tip, force=force, force_per_width=force / strip.width,
        force_direction=force_direction, moment=strip.stiffness * peak, energy=energy, stiffness=strip.stiffness,
        axial_strain=axial, elliptic_modulus=modulus, force_over_critical=force_over_critical, contact=contact,
        warnings=(*warnings, *_remarks(strip, 1.0 / peak, axial, contact)),
    )  # fmt: skip


def _remarks(strip: Strip, radius: float, axial: float, contact: str) -> tuple[str, ...]:
    found = []
    if contact == "with itself":
        found.append("the film touches itself: the shape holds only if it may pass through itself")
    if contact == "the ends":
        found.append("the ends touch: more load needs their contact")
    if abs(axial) > EXTENSION_NOTED:
        found.append(
            f"the force alone shortens the film by {axial * PERCENT:.2g} %, which the closed form leaves out; see --fe"
        )
    if len(strip.layers) == 1 and radius > FREE_FILM * strip.thickness:
        found.append(
            f"the film alone sees {strip.outside / radius * PERCENT:.2g} %; on a substrate give its layers: the "
            "neutral axis then lies in the substrate"
        )
    return tuple(found)


def _chord(shape: Floats) -> float:
    return float(np.linalg.norm(shape[-1] - shape[0]))


def _um(length: float) -> str:
    return f"{length / METER_PER_MICROMETER:.6g}"
