"""Curves at several temperatures fitted together: what one temperature leaves open, the barrier shows.

Schottky: ln(J / T^2) = ln A* - (phi - beta sqrt E) / kT. Poole-Frenkel:
ln(J / E) = ln(q mu N) - (phi - beta sqrt E) / r kT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_all_positive
from entrox.core.errors import InputError
from entrox.core.information_criterion import corrected_akaike
from entrox.core.linear_fit import fit_linear
from entrox.core.result import Result, quantity
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.film.conduction import RICHARDSON, optical_permittivity_of_schottky
from entrox.film.leakage_models import FALLS, LARGEST_COMPENSATION, Capacitor, barrier_flags, optical_flags

__all__ = ["TemperatureSeries", "fit_temperature_series"]


@dataclass(frozen=True, kw_only=True)
class TemperatureSeries(Result):
    """One thermally activated law over field and temperature."""

    name: str
    barrier_ev: float = quantity("eV", "barrier or depth of the trap, the latter over the compensation")
    barrier_error_ev: float = quantity("eV", "its standard error")
    coefficient: float = quantity("eV (V/m)^-1/2", "lowering over the root of the field, over the compensation")
    coefficient_error: float = quantity("eV (V/m)^-1/2", "its standard error")
    optical_permittivity: float | None = quantity("1", "optical permittivity of the slope; None if the slope is < 0")
    effective_richardson: float | None = quantity("1", "prefactor over Richardson's constant; Schottky only")
    conductivity_prefactor_s_per_m: float | None = quantity("S/m", "q mu N; Poole-Frenkel only")
    aicc: float = quantity("1", "corrected criterion of Akaike")
    n_temperatures: int = quantity("1", "number of temperatures")
    flags: tuple[str, ...] = ()


def fit_temperature_series(
    field_v_per_m: ArrayLike,
    current_density_a_per_m2: ArrayLike,
    temperature_k: ArrayLike,
    name: str,
    film: Capacitor | None = None,
) -> TemperatureSeries:
    """Fit ``schottky`` or ``poole-frenkel`` to points of several temperatures.

    Parameters
    ----------
    field_v_per_m, current_density_a_per_m2, temperature_k
        Of each point, shape ``(n,)``, all > 0.
    name
        The law.
    film
        What is known of the film; it opens the gates of the optical permittivity and of the barrier.

    Raises
    ------
    InputError
        If there is only one temperature or the law is another one.
    """
    if name not in ("schottky", "poole-frenkel"):
        raise InputError(f"laws with a barrier over kT are schottky and poole-frenkel; got {name!r}.")
    field = check_all_positive(field_v_per_m, "field_v_per_m", "V/m").ravel()
    current = check_all_positive(current_density_a_per_m2, "current_density_a_per_m2", "A/m2").ravel()
    temperature = check_all_positive(temperature_k, "temperature_k", "K").ravel()
    count = len(np.unique(temperature))
    if count < 2:
        raise InputError("a series needs at least two temperatures; got one. Fit the curve by itself.")
    inverse = 1.0 / (BOLTZMANN_EV_PER_K * temperature)
    known = 2.0 * np.log(temperature) if name == "schottky" else np.log(field)
    columns = np.column_stack([np.ones_like(field), -inverse, inverse * np.sqrt(field)])
    found = fit_linear(columns, np.log(current) - known)
    constant, barrier, coefficient = (float(item) for item in found.coefficients)
    n = len(field)
    aicc = corrected_akaike(n * math.log(max(float(np.mean(found.residuals**2)), 1e-24)), n, 4)
    factor = 1.0 if name == "schottky" else 0.5
    optical = optical_permittivity_of_schottky(factor * coefficient) if coefficient > 0.0 else None
    flags = _flags(name, barrier, optical, found.standard_errors / np.abs(found.coefficients), film)
    return TemperatureSeries(
        name=name, barrier_ev=barrier, barrier_error_ev=float(found.standard_errors[1]), coefficient=coefficient,
        coefficient_error=float(found.standard_errors[2]),
        optical_permittivity=optical,
        effective_richardson=math.exp(constant) / RICHARDSON if name == "schottky" else None,
        conductivity_prefactor_s_per_m=math.exp(constant) if name != "schottky" else None,
        aicc=math.nan if aicc is None else aicc, n_temperatures=count, flags=flags,
    )  # fmt: skip


def _flags(
    name: str, barrier: float, optical: float | None, relative_errors: NDArray[np.float64], film: Capacitor | None
) -> tuple[str, ...]:
    """Why the law cannot be; errors are those of constant, barrier and coefficient over their values."""
    if optical is None:
        return (FALLS,)
    if film is None:
        return ()
    low = optical if name == "schottky" else optical / LARGEST_COMPENSATION**2
    return (
        *optical_flags(low, optical, float(relative_errors[2]), film),
        *barrier_flags(barrier, abs(barrier) * float(relative_errors[1]), film),
    )
