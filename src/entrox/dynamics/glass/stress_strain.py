"""What a curve of stress over strain says: modulus, yield, highest stress, time of sound. Units: GPa, ps, angstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core.linear_fit import fit_linear
from entrox.dynamics.glass.density import mass_density

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["CurveNumbers", "StressStrain", "curve_numbers", "transit_time"]

Floats = NDArray[np.float64]

ELASTIC_STRAIN = 0.01
OFFSET = 0.002
FEWEST_POINTS = 4
SMOOTHED_STRAIN = 0.004
"""Width of the running mean over thermal noise, before a yield or a peak is read off."""
ANGSTROM_PER_PS_PER_KM_PER_S = 10.0


@dataclass(frozen=True, kw_only=True)
class StressStrain:
    """Rows of a tension test, all of shape ``(n_rows,)``; ``area_ratio`` is the cross section over the first one."""

    strain: Floats
    stress_gpa: Floats
    lateral_stress_gpa: Floats
    area_ratio: Floats
    temperature_k: Floats
    potential_energy_ev: Floats
    kinetic_energy_ev: Floats
    volume_angstrom3: Floats


@dataclass(frozen=True, kw_only=True)
class CurveNumbers:
    """Numbers of a curve; None where there is no such point."""

    modulus_gpa: float | None
    modulus_error_gpa: float | None
    start_stress_gpa: float
    yield_stress_gpa: float | None
    yield_strain: float | None
    peak_stress_gpa: float
    peak_strain: float


def curve_numbers(curve: StressStrain, *, smooth: bool) -> CurveNumbers:
    """Read modulus, yield and highest stress off a curve.

    Parameters
    ----------
    curve
        The rows, the strain from zero on; compression counts as its mirror image.
    smooth
        Whether the stress is thermal noise: the modulus is then the slope of a straight line below 1 %, and yield and
        peak are read off a running mean. Without noise a parabola gives the slope at zero.
    """
    sign = -1.0 if curve.strain[-1] < 0.0 else 1.0
    strain, stress = sign * curve.strain, sign * curve.stress_gpa
    modulus, error, start = _modulus(strain, stress, smooth=smooth)
    seen = _running_mean(strain, stress) if smooth else stress
    yielded = None
    if modulus is not None:
        below = (strain > OFFSET) & (seen < start + modulus * (strain - OFFSET))
        # from here on to the end: noise crosses the line and comes back
        first = len(below) - int(np.argmin(below[::-1])) if not below.all() else 0
        yielded = first if first < len(below) else None
    top = int(np.argmax(seen))
    return CurveNumbers(
        modulus_gpa=modulus,
        modulus_error_gpa=error,
        start_stress_gpa=sign * start,
        yield_stress_gpa=None if yielded is None else sign * float(seen[yielded]),
        yield_strain=None if yielded is None else sign * float(strain[yielded]),
        peak_stress_gpa=sign * float(seen[top]),
        peak_strain=sign * float(strain[top]),
    )


def _modulus(strain: Floats, stress: Floats, *, smooth: bool) -> tuple[float | None, float | None, float]:
    """Return slope, its error, and the stress at zero."""
    # whole steps of a strain carry rounding
    elastic = strain <= ELASTIC_STRAIN * (1.0 + 1e-6)
    if elastic.sum() < FEWEST_POINTS:
        return None, None, float(stress[0])
    fit = fit_linear(np.vander(strain[elastic], 2 if smooth else 3, increasing=True), stress[elastic])
    slope = float(fit.coefficients[1])
    if slope <= 0.0:
        return None, None, float(fit.coefficients[0])
    return slope, float(fit.standard_errors[1]), float(fit.coefficients[0])


def _running_mean(strain: Floats, values: Floats) -> Floats:
    """Return the means over a window of the strain, cut at the ends."""
    step = float(np.abs(np.diff(strain)).mean()) if len(strain) > 1 else 1.0
    half = int(0.5 * SMOOTHED_STRAIN / step) if step > 0.0 else 0
    sums = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    low, high = np.maximum(place - half, 0), np.minimum(place + half + 1, len(values))
    return np.asarray((sums[high] - sums[low]) / (high - low))


def transit_time(modulus_gpa: float | None, atoms: Atoms, length_angstrom: float) -> float | None:
    """Time in which sound goes through a length [ps]; None without a modulus.

    Examples
    --------
    Copper with 180 GPa: 4.5 nm in a picosecond.

    >>> from ase.build import bulk
    >>> round(transit_time(180.0, bulk("Cu", a=3.615), 45.0), 2)
    1.0
    """
    if modulus_gpa is None:
        return None
    # the root of GPa over g/cm3 is a speed in km/s
    speed = float(np.sqrt(modulus_gpa / mass_density(atoms))) * ANGSTROM_PER_PS_PER_KM_PER_S
    return length_angstrom / speed
