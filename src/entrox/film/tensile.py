"""Tensile curve of a strip: engineering stress and strain, modulus in a window, departure from the line, fracture.

The compliance of the machine is subtracted where it is given; else the modulus is a lower bound. Units: N, m, Pa.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from entrox.core.checks import check_in_range, check_positive, check_shape
from entrox.core.errors import InputError
from entrox.core.linear_fit import fit_linear
from entrox.core.result import Result, quantity

__all__ = ["TensileResult", "measure_tensile"]

Floats = NDArray[np.float64]

FEWEST = 8
DROP_SHARE = 0.5
"""The strip is broken where the force falls below this share of its largest within one point."""
DEPARTURE_SHARE = 0.05
RUN = 3


@dataclass(frozen=True, kw_only=True)
class TensileResult(Result):
    """One pull."""

    strain: Floats = quantity("1", "engineering strain", axes=("point",))
    stress: Floats = quantity("Pa", "engineering stress", axes=("point",))
    modulus: float = quantity("Pa", "modulus in the window")
    modulus_interval: tuple[float, float] = quantity("Pa", "its interval of 95 %, dimensions without error")
    slack: float = quantity("1", "strain at which the line of the window has no stress")
    window: tuple[float, float] = quantity("1", "strains of the window, slack included")
    departure_strain: float | None = quantity("1", "strain, slack left out, from which the stress is off by 5 %")
    fracture_strain: float = quantity("1", "strain, slack left out, at the last point before the drop")
    fracture_stress: float = quantity("Pa", "stress there")
    line_stress: float = quantity("Pa", "modulus times that strain")
    broken: bool
    warnings: tuple[str, ...] = ()


def measure_tensile(
    displacement_m: ArrayLike,
    force_n: ArrayLike,
    length_m: float,
    width_m: float,
    thickness_m: float,
    *,
    compliance_m_per_n: float = 0.0,
    window: tuple[float, float] | None = None,
) -> TensileResult:
    """Measure one pull.

    Parameters
    ----------
    displacement_m, force_n
        In their order, shape ``(n,)``.
    length_m, width_m, thickness_m
        Of the strip between its grips.
    compliance_m_per_n
        Of machine and grips.
    window
        Strains of the modulus; from a tenth to half of the largest strain if not given.

    Raises
    ------
    InputError
        If the compliance is larger than what was measured, or the window holds fewer than eight points.

    Examples
    --------
    >>> pull = np.linspace(0.0, 2e-6, 50)
    >>> found = measure_tensile(pull, 70e9 * pull / 50e-6 * 8e-6 * 0.4e-6, 50e-6, 8e-6, 0.4e-6)
    >>> round(found.modulus / 1e9, 6), round(found.fracture_stress / 1e9, 6)
    (70.0, 2.8)
    """
    displacement = check_shape(displacement_m, (None,), "displacement_m")
    force = check_shape(force_n, displacement.shape, "force_n")
    if len(force) < FEWEST or force.max() <= 0.0:
        raise InputError(f"a pull needs at least {FEWEST} points and a force above zero; got {len(force)} points.")
    length = check_positive(length_m, "length_m", "m")
    section = check_positive(width_m, "width_m", "m") * check_positive(thickness_m, "thickness_m", "m")
    compliance = check_in_range(compliance_m_per_n, "compliance_m_per_n", low=0.0, unit="m/N")
    end, broken = _fracture(force)
    strain = (displacement - displacement[0] - compliance * (force - force[0])) / length
    stress = force / section
    if strain[end] <= 0.0:
        raise InputError("the machine would give more than the whole displacement. Check the compliance and its unit.")
    low, high = window if window is not None else (0.1 * float(strain[end]), 0.5 * float(strain[end]))
    inside = (strain[: end + 1] >= low) & (strain[: end + 1] <= high)
    if int(inside.sum()) < FEWEST:
        raise InputError(f"the window from {low:g} to {high:g} holds {int(inside.sum())} points; {FEWEST} are needed.")
    x, y = strain[: end + 1], stress[: end + 1]
    fit = fit_linear(np.column_stack([np.ones(int(inside.sum())), x[inside]]), y[inside])
    constant, modulus = (float(item) for item in fit.coefficients)
    half = float(stdtrit(int(inside.sum()) - 2, 0.975)) * float(fit.standard_errors[1])
    departure = _departure(x, y, constant, modulus, high)
    warnings = () if compliance > 0.0 else ("no compliance of the machine is given: the modulus is a lower bound",)
    if not broken:
        warnings = (*warnings, "the force never drops: the strip did not break in this record")
    slack = -constant / modulus
    return TensileResult(
        strain=strain, stress=stress, modulus=modulus, modulus_interval=(modulus - half, modulus + half), slack=slack,
        window=(low, high), departure_strain=None if departure is None else departure - slack,
        fracture_strain=float(x[end]) - slack,
        fracture_stress=float(y[end]), line_stress=modulus * (float(x[end]) - slack), broken=broken, warnings=warnings,
    )  # fmt: skip


def _fracture(force: Floats) -> tuple[int, bool]:
    """Last point before the force drops, and whether it does."""
    top = float(force.max())
    drops = np.flatnonzero((force[1:] < DROP_SHARE * force[:-1]) & (force[:-1] > DROP_SHARE * top))
    return (int(drops[0]), True) if len(drops) else (int(force.argmax()), False)


def _departure(strain: Floats, stress: Floats, constant: float, modulus: float, start: float) -> float | None:
    """First strain beyond the window from which three points in a row are off the line by 5 %."""
    line = constant + modulus * strain
    off = (np.abs(stress / np.where(line > 0.0, line, np.inf) - 1.0) > DEPARTURE_SHARE) & (strain > start)
    for index in range(len(strain) - RUN + 1):
        if off[index : index + RUN].all():
            return float(strain[index])
    return None
