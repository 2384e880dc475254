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

__all__ = ["LINES", "MODELS", "Capacitor", "Line", "Reading"]

Floats = NDArray[np.float64]

NEAR_INDEX = 1.5
"""An optical permittivity within this factor of n^2 counts as near."""
AREA_DECADES = 2.0
"""A prefactor of tunneling so many decades from theory is flagged."""
LARGEST_COMPENSATION = 2.0


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
class Reading:
    """What constant and slope of a line mean.

    Parameters
    ----------
    parameters
        Values by name; the name ends in the unit.
    optical_permittivity
        That of the slope, and its range over the compensation of Poole and Frenkel; None where the law has none.
    flags
        Why it cannot be.
    """

    parameters: Mapping[str, float]
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
        Meaning of (c, s, standard error of s) for a capacitor.
    """

    power: float
    slope: Callable[[Floats], Floats] | None
    read: Callable[[float, float, float, Capacitor], Reading]

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters, the variance not counted."""
        return 1 if self.slope is None else 2


def _ohmic(constant: float, _slope: float, _error: float, _film: Capacitor) -> Reading:
    return Reading({"conductivity_s_per_m": math.exp(constant)})


def _space_charge(constant: float, _slope: float, _error: float, film: Capacitor) -> Reading:
    if film.static_permittivity is None:
        return Reading({"j_over_field_squared_a_per_v2": math.exp(constant)})
    permittivity = 1.125 * constants.epsilon_0 * film.static_permittivity
    mobility = math.exp(constant) * film.thickness_m / permittivity
    flags = () if mobility < 1.0 else ("mobility above 1 m2/(V s)",)
    return Reading({"free_mobility_m2_per_v_s": mobility}, None, flags)


def _trap_power(constant: float, slope: float, _error: float, _film: Capacitor) -> Reading:
    flags = () if slope >= 2.0 else ("exponent below 2: no traps that fill",)
    return Reading({"exponent": slope, "trap_ratio": slope - 1.0, "ln_prefactor": constant}, None, flags)


def _schottky(constant: float, slope: float, error: float, film: Capacitor) -> Reading:
    height = film.thermal_ev * (math.log(RICHARDSON * film.temperature_k**2 * film.effective_mass) - constant)
    found = {"barrier_ev": height, "coefficient_ev_per_root_v_per_m": slope * film.thermal_ev}
    if slope <= 0.0:
        return Reading(found, None, ("current does not rise as the law demands",))
    optical = optical_permittivity_of_schottky(slope * film.thermal_ev)
    flags = (*_optical_flags(optical, optical, error / slope, film), *_barrier_flags(height, film))
    return Reading(found, (optical, optical), flags)


def _poole_frenkel(constant: float, slope: float, error: float, film: Capacitor) -> Reading:
    found = {
        "ln_prefactor_s_per_m_with_depth": constant,
        "coefficient_ev_per_root_v_per_m": slope * film.thermal_ev,
    }
    if slope <= 0.0:
        return Reading(found, None, ("current does not rise as the law demands",))
    plain = optical_permittivity_of_schottky(0.5 * slope * film.thermal_ev)
    fully = plain / LARGEST_COMPENSATION**2
    if film.refractive_index is not None:
        found["compensation"] = math.sqrt(plain) / film.refractive_index
    return Reading(found, (fully, plain), _optical_flags(fully, plain, error / slope, film))


def _fowler_nordheim(constant: float, slope: float, _error: float, film: Capacitor) -> Reading:
    if slope <= 0.0:
        return Reading({"exponent_v_per_m": slope}, None, ("current does not rise as the law demands",))
    height = (slope / tunneling_exponent(1.0, film.effective_mass)) ** (2.0 / 3.0)
    decades = (constant - math.log(tunneling_prefactor(height, film.effective_mass))) / math.log(10.0)
    flags = _barrier_flags(height, film)
    if abs(decades) > AREA_DECADES:
        flags = (*flags, f"prefactor 10^{decades:.1f} times that of theory")
    return Reading({"barrier_ev": height, "prefactor_decades": decades}, None, flags)


def _optical_flags(low: float, high: float, relative_error: float, film: Capacitor) -> tuple[str, ...]:
    """Gate of the optical permittivity; the slope may err by two standard errors, the permittivity by twice as much."""
    slack = 1.0 + 4.0 * relative_error
    top = film.static_permittivity if film.static_permittivity is not None else math.inf
    if high * slack < 1.0 or low / slack > top:
        return ("unphysical optical permittivity",)
    if film.refractive_index is not None:
        square = film.refractive_index**2
        if high * slack * NEAR_INDEX < square or low / slack > square * NEAR_INDEX:
            return ("unphysical optical permittivity: far from n^2",)
    return ()


def _barrier_flags(height: float, film: Capacitor) -> tuple[str, ...]:
    if height <= 0.0:
        return ("barrier not above zero",)
    return ("barrier above the gap",) if film.gap_ev is not None and height > film.gap_ev else ()


LINES: dict[str, Line] = {
    "ohmic": Line(1.0, None, _ohmic),
    "schottky": Line(0.0, np.sqrt, _schottky),
    "poole-frenkel": Line(1.0, np.sqrt, _poole_frenkel),
    "fowler-nordheim": Line(2.0, lambda field: -1.0 / field, _fowler_nordheim),
    "space-charge": Line(2.0, None, _space_charge),
    "trap-filling": Line(0.0, np.log, _trap_power),
}
"""The laws by name."""
MODELS: tuple[str, ...] = ("ohmic", "schottky", "poole-frenkel", "fowler-nordheim", "space-charge")
"""Those that are compared if nothing else is asked."""
