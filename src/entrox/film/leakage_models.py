r"""Laws of conduction as straight lines: ln J minus what is known is a constant plus a slope times a function of E.

That makes each fit on ln J a linear one. What the constant and the slope mean, and whether that can be, is told
afterwards: optical permittivity, barrier, mobility, and flags where they are outside physics. Fields in V/m, J in A/m2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from entrox.core.checks import check_in_range, check_positive
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.film.conduction import RICHARDSON, optical_permittivity_of_schottky, tunneling_exponent, tunneling_prefactor

__all__ = ["LINES", "MODELS", "Capacitor", "FittedLine", "Line", "Reading", "barrier_flags", "optical_flags"]

Floats = NDArray[np.float64]

NEAR_INDEX = 1.5
"""An optical permittivity within this factor of n^2 counts as near."""
AREA_DECADES = 2.0
"""A prefactor of tunneling so many decades from theory is flagged."""
LARGEST_COMPENSATION = 2.0
COEFFICIENT = "coefficient_ev_per_root_v_per_m"
FALLS = "current does not rise as the law demands"


@dataclass(frozen=True)
class Capacitor:
    """What is known of the film beside its curve.

    Parameters
    ----------
    thickness_m, temperature_k
        Of the film.
    static_permittivity, refractive_index, gap_ev
        None where unknown; each opens a gate.
    effective_mass
        Of the carriers, over that of the electron.
    """

    thickness_m: float
    temperature_k: float
    static_permittivity: float | None = None
    refractive_index: float | None = None
    gap_ev: float | None = None
    effective_mass: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_positive(self.thickness_m, "thickness_m", "m")
        check_positive(self.temperature_k, "temperature_k", "K")
        check_positive(self.effective_mass, "effective_mass")
        if self.static_permittivity is not None:
            check_in_range(self.static_permittivity, "static_permittivity", low=1.0)
        if self.refractive_index is not None:
            check_in_range(self.refractive_index, "refractive_index", low=1.0)
        if self.gap_ev is not None:
            check_positive(self.gap_ev, "gap_ev", "eV")

    @property
    def thermal_ev(self) -> float:
        """Return k_B T [eV]."""
        return BOLTZMANN_EV_PER_K * self.temperature_k


@dataclass(frozen=True)
class FittedLine:
    """Constant and slope of a line in ln J with their standard errors; a law without slope has zeros."""

    constant: float
    constant_error: float
    slope: float = 0.0
    slope_error: float = 0.0

    @property
    def relative_error(self) -> float:
        """Standard error of the slope over the slope."""
        return self.slope_error / self.slope


@dataclass(frozen=True)
class Reading:
    """What constant and slope of a line mean.

    Parameters
    ----------
    parameters, errors
        Values and their standard errors by name; the name ends in the unit.
    optical_permittivity
        That of the slope, and its range over the compensation of Poole and Frenkel; None where the law has none.
    flags
        Why it cannot be.
    """

    parameters: Mapping[str, float]
    errors: Mapping[str, float]
    optical_permittivity: tuple[float, float] | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A law: ``ln J = known(E) + c + s * slope(E)``; without ``slope`` only c is fitted.

    Parameters
    ----------
    power
        ln J - power * ln E is what is fitted.
    slope
        Function of the field, shape (n,); None for a law of one parameter.
    read
        Meaning of the fitted line for a capacitor.
    """

    power: float
    slope: Callable[[Floats], Floats] | None
    read: Callable[[FittedLine, Capacitor], Reading]

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters, the variance not counted."""
        return 1 if self.slope is None else 2


def _ohmic(line: FittedLine, _film: Capacitor) -> Reading:
    value = math.exp(line.constant)
    return Reading({"conductivity_s_per_m": value}, {"conductivity_s_per_m": value * line.constant_error})


def _space_charge(line: FittedLine, film: Capacitor) -> Reading:
    value = math.exp(line.constant)
    if film.static_permittivity is None:
        name = "j_over_field_squared_a_per_v2"
        return Reading({name: value}, {name: value * line.constant_error})
    mobility = value * film.thickness_m / (1.125 * constants.epsilon_0 * film.static_permittivity)
    flags = () if mobility < 1.0 else ("mobility above 1 m2/(V s)",)
    name = "free_mobility_m2_per_v_s"
    return Reading({name: mobility}, {name: mobility * line.constant_error}, None, flags)


def _trap_power(line: FittedLine, _film: Capacitor) -> Reading:
    flags = () if line.slope + 2.0 * line.slope_error >= 2.0 else ("exponent below 2: no traps that fill",)
    return Reading(
        {"exponent": line.slope, "trap_ratio": line.slope - 1.0, "ln_prefactor": line.constant},
        {"exponent": line.slope_error, "trap_ratio": line.slope_error, "ln_prefactor": line.constant_error},
        None, flags,
    )  # fmt: skip


def _schottky(line: FittedLine, film: Capacitor) -> Reading:
    kt = film.thermal_ev
    height = kt * (math.log(RICHARDSON * film.temperature_k**2 * film.effective_mass) - line.constant)
    found = {"barrier_ev": height, COEFFICIENT: line.slope * kt}
    errors = {"barrier_ev": kt * line.constant_error, COEFFICIENT: kt * line.slope_error}
    if line.slope <= 0.0:
        return Reading(found, errors, None, (FALLS,))
    optical = optical_permittivity_of_schottky(line.slope * kt)
    flags = (
        *optical_flags(optical, optical, line.relative_error, film),
        *barrier_flags(height, errors["barrier_ev"], film),
    )
    return Reading(found, errors, (optical, optical), flags)


def _simmons(line: FittedLine, film: Capacitor) -> Reading:
    """The barrier is known only with the mobility: it stays in the prefactor."""
    found = {"ln_prefactor_s_per_m_with_barrier": line.constant, COEFFICIENT: line.slope * film.thermal_ev}
    errors = {"ln_prefactor_s_per_m_with_barrier": line.constant_error, COEFFICIENT: line.slope_error * film.thermal_ev}
    if line.slope <= 0.0:
        return Reading(found, errors, None, (FALLS,))
    optical = optical_permittivity_of_schottky(line.slope * film.thermal_ev)
    return Reading(found, errors, (optical, optical), optical_flags(optical, optical, line.relative_error, film))


def _poole_frenkel(line: FittedLine, film: Capacitor) -> Reading:
    found = {"ln_prefactor_s_per_m_with_depth": line.constant, COEFFICIENT: line.slope * film.thermal_ev}
    errors = {"ln_prefactor_s_per_m_with_depth": line.constant_error, COEFFICIENT: line.slope_error * film.thermal_ev}
    if line.slope <= 0.0:
        return Reading(found, errors, None, (FALLS,))
    plain = optical_permittivity_of_schottky(0.5 * line.slope * film.thermal_ev)
    fully = plain / LARGEST_COMPENSATION**2
    if film.refractive_index is not None:
        found["compensation"] = math.sqrt(plain) / film.refractive_index
        errors["compensation"] = found["compensation"] * line.relative_error
    return Reading(found, errors, (fully, plain), optical_flags(fully, plain, line.relative_error, film))


def _fowler_nordheim(line: FittedLine, film: Capacitor) -> Reading:
    if line.slope <= 0.0:
        return Reading({"exponent_v_per_m": line.slope}, {"exponent_v_per_m": line.slope_error}, None, (FALLS,))
    height = (line.slope / tunneling_exponent(1.0, film.effective_mass)) ** (2.0 / 3.0)
    decades = (line.constant - math.log(tunneling_prefactor(height, film.effective_mass))) / math.log(10.0)
    # the prefactor of theory goes as one over the barrier, so both errors count
    spread = math.hypot(line.constant_error, 2.0 / 3.0 * line.relative_error) / math.log(10.0)
    errors = {"barrier_ev": 2.0 / 3.0 * height * line.relative_error, "prefactor_decades": spread}
    flags = barrier_flags(height, errors["barrier_ev"], film)
    if abs(decades) > AREA_DECADES:
        flags = (*flags, f"prefactor 10^{decades:.1f} times that of theory")
    return Reading({"barrier_ev": height, "prefactor_decades": decades}, errors, None, flags)


def optical_flags(low: float, high: float, relative_error: float, film: Capacitor) -> tuple[str, ...]:
    """Gate of the optical permittivity; the slope may err by two standard errors, the permittivity by twice as much.

    Parameters
    ----------
    low, high
        Range of the optical permittivity, from the law's compensation.
    relative_error
        Standard error of the slope over the slope.
    film
        What is known of the film.
    """
    slack = 1.0 + 4.0 * relative_error
    top = film.static_permittivity if film.static_permittivity is not None else math.inf
    if high * slack < 1.0 or low / slack > top:
        return ("unphysical optical permittivity",)
    if film.refractive_index is not None:
        square = film.refractive_index**2
        if high * slack * NEAR_INDEX < square or low / slack > square * NEAR_INDEX:
            return ("unphysical optical permittivity: far from n^2",)
    return ()


def barrier_flags(height: float, error: float, film: Capacitor) -> tuple[str, ...]:
    """Gate of a barrier with its standard error [eV]: above zero and below the gap, within two errors."""
    if height + 2.0 * error <= 0.0:
        return ("barrier not above zero",)
    above = film.gap_ev is not None and height - 2.0 * error > film.gap_ev
    return ("barrier above the gap",) if above else ()


LINES: dict[str, Line] = {
    "ohmic": Line(1.0, None, _ohmic),
    "schottky": Line(0.0, np.sqrt, _schottky),
    "poole-frenkel": Line(1.0, np.sqrt, _poole_frenkel),
    "fowler-nordheim": Line(2.0, lambda field: -1.0 / field, _fowler_nordheim),
    "space-charge": Line(2.0, None, _space_charge),
    "trap-filling": Line(0.0, np.log, _trap_power),
    "simmons": Line(1.0, np.sqrt, _simmons),
}
"""The laws by name."""
MODELS: tuple[str, ...] = ("ohmic", "schottky", "poole-frenkel", "fowler-nordheim", "space-charge")
"""Those that are compared if nothing else is asked."""
