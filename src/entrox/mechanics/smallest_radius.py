r"""How far a film can be bent before its outer face reaches the strain at which it breaks.

For a film of one layer and thickness t the outer face lies t/2 from the neutral axis, so that the smallest radius is

.. math:: r = t / (2 \varepsilon),

and the fold between two plates, whose tightest place is its crown, needs the gap 2.3963 r between the neutral axes of
its legs. Units: m; strains as fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from entrox.core import Result, check_in_range, check_positive, quantity
from entrox.core.units import METER_PER_MICROMETER, PERCENT
from entrox.mechanics.inverse import bend_for_strain, plate_gap_for_strain
from entrox.mechanics.result import Unreachable
from entrox.mechanics.strain import nominal_strain
from entrox.mechanics.strip import Strip

__all__ = ["BendingLimit", "bending_limit"]

ANY_MODULUS = 1e9
"""Neither radius nor gap depends on the modulus of a film of one layer."""
LONG_AND_WIDE = 1000.0
"""Thicknesses that a film without a given length is taken to be long."""
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class BendingLimit(Result):
    """Smallest radius and smallest gap that a film survives.

    An interval is None where no error was given; its upper end is infinite where the strain cannot be told from zero.
    """

    failure_strain: float = quantity("1", "nominal strain of the outer face at failure")
    failure_strain_error: float = quantity("1", "standard error of the nominal strain at failure")
    radius: float = quantity("m", "smallest radius of the neutral axis")
    radius_interval: tuple[float, float] | None = quantity("m", "95 % interval of the smallest radius")
    gap: float | None = quantity("m", "smallest gap between the neutral axes of the legs; None if no fold survives")
    gap_interval: tuple[float, float] | None = quantity("m", "95 % interval of the smallest gap")
    warnings: tuple[str, ...] = ()


def bending_limit(
    thickness: float,
    failure_strain: float,
    *,
    thickness_error: float = 0.0,
    failure_strain_error: float = 0.0,
    measure: str = "nominal",
    length: float | None = None,
) -> BendingLimit:
    """Smallest radius, and smallest gap between plates, of a film of one layer.

    Parameters
    ----------
    thickness, thickness_error
        [m]; the error is one standard deviation.
    failure_strain, failure_strain_error
        Strain of the outer face at failure as a fraction, and its standard error.
    measure
        Which strain it is: ``mid_line``, ``nominal``, ``logarithmic`` or ``green``.
    length
        Length of the film [m]: a short one cannot make a fold by 180 degrees as wide as it has to be.

    Raises
    ------
    InputError
        If a number is out of range, or the film is thicker than a fifth of its length.

    Notes
    -----
    Intervals are those of Fieller for the ratio of two independent normal numbers: exact, and open upward where the
    failure strain lies within two of its errors of zero.

    Examples
    --------
    >>> found = bending_limit(0.4e-6, 0.048, thickness_error=0.02e-6, failure_strain_error=0.004)
    >>> [round(value * 1e6, 2) for value in (found.radius, *found.radius_interval, found.gap)]
    [4.17, 3.47, 5.09, 9.98]
    """
    check_positive(thickness, "thickness", "m")
    check_in_range(thickness_error, "thickness_error", low=0.0, high=thickness, high_open=True, unit="m")
    check_in_range(failure_strain_error, "failure_strain_error", low=0.0)
    nominal = nominal_strain(failure_strain, measure)
    slope = {"logarithmic": 1.0 + nominal, "green": 1.0 / (1.0 + nominal)}.get(measure, 1.0)
    error = slope * failure_strain_error
    strip = _strip(thickness, length)
    radius = 0.5 * thickness / nominal
    interval = None
    if thickness_error or error:
        interval = _ratio_interval(0.5 * thickness, 0.5 * thickness_error, nominal, error)
    gap, notes = _gap(strip, nominal, length)
    per_radius = plate_gap_for_strain(strip, nominal, "nominal") / radius
    if interval is not None and math.isinf(interval[1]):
        notes.append(
            f"the failure strain, {nominal * PERCENT:.3g} ± {error * PERCENT:.3g} %, cannot be told from zero: the "
            "smallest radius has no upper end"
        )
    return BendingLimit(
        failure_strain=nominal,
        failure_strain_error=error,
        radius=radius,
        radius_interval=interval,
        gap=gap,
        gap_interval=None if interval is None or gap is None else (per_radius * interval[0], per_radius * interval[1]),
        warnings=tuple(notes),
    )


def _strip(thickness: float, length: float | None) -> Strip:
    long = LONG_AND_WIDE * thickness if length is None else length
    return Strip.single(long, LONG_AND_WIDE * thickness, thickness, ANY_MODULUS)


def _gap(strip: Strip, nominal: float, length: float | None) -> tuple[float | None, list[str]]:
    """Smallest gap; None where the film is too short for the fold that it needs."""
    if length is not None:
        found = bend_for_strain(strip, "plates", nominal, "nominal")
        if isinstance(found, Unreachable):
            return None, [
                f"a film of {length / METER_PER_MICROMETER:g} um breaks in every fold by 180 degree between plates: "
                f"{found.reason}"
            ]
    return plate_gap_for_strain(strip, nominal, "nominal"), []


def _ratio_interval(above: float, above_error: float, below: float, below_error: float) -> tuple[float, float]:
    """Fieller's interval of a ratio of two independent normal numbers, upper end infinite where it is open."""
    quantile = float(ndtri(0.5 + 0.5 * LEVEL)) ** 2
    a = below**2 - quantile * below_error**2
    b = above * below
    c = above**2 - quantile * above_error**2
    root = math.sqrt(max(b * b - a * c, 0.0))
    low = c / (b + root)  # the stable form of the smaller root
    return max(low, 0.0), math.inf if a <= 0.0 else (b + root) / a
