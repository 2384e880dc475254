"""Largest strain of a strip against gap and fold angle, for every way to bend it; many cases at once.

Units: m, radian; strains as fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.mechanics.elastica_shape import unit_elastica
from entrox.mechanics.needle import needle_limit
from entrox.mechanics.strain import LARGEST_STRAIN
from entrox.mechanics.strip import Strip

__all__ = ["StrainCurve", "StrainMap", "strain_map"]

Floats = NDArray[np.float64]
LEAST_ANGLE = 0.02
"""First tip angle of a curve [radian]."""


@dataclass(frozen=True, kw_only=True)
class StrainCurve(Result):
    """Strain of one way of bending, from the straight film on."""

    case: str
    force_angle: float | None = quantity("radian", "direction of the push; None where it is not free")
    gap: Floats = quantity("m", "distance between legs, ends, or clamp and loaded point", axes=("step",))
    fold_angle: Floats = quantity("radian", "rotation between the moment-free ends", axes=("step",))
    strain: Floats = quantity("1", "strain of the outer face, curvature times distance", axes=("step",))


@dataclass(frozen=True, kw_only=True)
class StrainMap(Result):
    """Strain curves of one strip."""

    strip: Strip
    curves: tuple[StrainCurve, ...]

    def curve(self, case: str) -> StrainCurve:
        """First curve of a case."""
        for found in self.curves:
            if found.case == case:
                return found
        raise InputError(f"the map holds {', '.join(item.case for item in self.curves)}; not {case!r}.")


def strain_map(strip: Strip, force_angles: tuple[float, ...] = (), n_points: int = 400) -> StrainMap:
    """Strain of a strip for all ways of bending.

    Parameters
    ----------
    strip
        The strip.
    force_angles
        Directions of the push of a clamped film [radian]; 90 and 150 degrees, if not given.
    n_points
        Points of a curve.

    Examples
    --------
    >>> found = strain_map(Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24))
    >>> print(f"{found.curve('hinged').strain.max() * 100:.2f} %")
    3.38 %
    """
    check_integer(n_points, "n_points", low=2)
    angles = force_angles or tuple(np.radians([90.0, 150.0]).tolist())
    pushed = [_clamped(strip, float(angle), n_points) for angle in angles]
    curves = (_arc(strip, n_points), _plates(strip, n_points), _hinged(strip, n_points), *pushed,
              _needle(strip, n_points))  # fmt: skip
    return StrainMap(strip=strip, curves=curves)


def _curve(
    strip: Strip, case: str, gap: Floats, fold_angle: Floats, curvature: Floats, force_angle: float | None = None
) -> StrainCurve:
    strain = curvature * strip.outside
    kept = strain <= LARGEST_STRAIN
    return StrainCurve(
        case=case, force_angle=force_angle, gap=gap[kept], fold_angle=fold_angle[kept], strain=strain[kept]
    )


def _arc(strip: Strip, count: int) -> StrainCurve:
    angle = np.linspace(LEAST_ANGLE, 2.0 * np.pi, count)
    return _curve(strip, "arc", 2.0 * strip.length / angle * np.abs(np.sin(0.5 * angle)), angle, angle / strip.length)


def _plates(strip: Strip, count: int) -> StrainCurve:
    half = unit_elastica(np.pi, np.pi / 2)
    widest = strip.length * float(half.tip_x)
    tightest = 2.0 * float(half.largest_curvature * half.tip_x) * strip.outside / LARGEST_STRAIN
    gap = np.geomspace(widest, min(tightest, widest), count)
    number = 2.0 * float(half.largest_curvature * half.tip_x)
    return _curve(strip, "plates", gap, np.full(count, np.pi), number / gap)


def _hinged(strip: Strip, count: int) -> StrainCurve:
    from entrox.mechanics.cases import hinged_tip_angle

    tip = np.linspace(LEAST_ANGLE, hinged_tip_angle(0.0), count)
    half = unit_elastica(np.pi, tip)
    length = 0.5 * strip.length
    return _curve(strip, "hinged", 2.0 * length * half.tip_x, 2.0 * tip, half.largest_curvature / length)


def _clamped(strip: Strip, angle: float, count: int) -> StrainCurve:
    low = max(LEAST_ANGLE, 2.0 * (angle - np.pi) + LEAST_ANGLE)
    # tighter and tighter towards the direction of the force, which no film reaches
    tip = angle - np.geomspace(angle - low, 1e-6 * angle, count)
    return _pushed(strip, "clamped", np.full(count, angle), tip, angle)


def _needle(strip: Strip, count: int) -> StrainCurve:
    tip = np.linspace(LEAST_ANGLE, needle_limit()[0], count)
    return _pushed(strip, "needle", tip + 0.5 * np.pi, tip, None)


def _pushed(strip: Strip, case: str, force: Floats, tip: Floats, angle: float | None) -> StrainCurve:
    film = unit_elastica(force, tip)
    gap = strip.length * np.hypot(film.tip_x, film.tip_y)
    return _curve(strip, case, gap, tip, film.largest_curvature / strip.length, angle)
