r"""Laws of conduction through an insulating film: current density over field.

Schottky emission [A/m2], Poole-Frenkel hopping, Fowler-Nordheim tunneling, space charge. Fields in V/m, barriers in
eV, temperatures in K, lengths in m. Pure functions. Sze and Ng, Physics of Semiconductor Devices, 3rd ed., ch. 4;
Simmons, Phys. Rev. Lett. 15, 967 (1965); Mark and Helfrich, J. Appl. Phys. 33, 205 (1962).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from entrox.core.checks import check_all_positive, check_in_range, check_positive
from entrox.core.units import BOLTZMANN_EV_PER_K

__all__ = [
    "RICHARDSON",
    "exponential_trap_current",
    "fowler_nordheim_current",
    "optical_permittivity_of_schottky",
    "poole_frenkel_coefficient",
    "poole_frenkel_current",
    "schottky_coefficient",
    "schottky_current",
    "simmons_current",
    "space_charge_current",
    "trap_filled_voltage",
    "tunneling_exponent",
    "tunneling_prefactor",
]

Floats = NDArray[np.float64]

RICHARDSON: float = 4.0 * math.pi * constants.e * constants.m_e * constants.k**2 / constants.h**3
"""Richardson's constant of free electrons [A/(m2 K2)]."""
_SIMMONS: float = 2.0 * constants.e * (2.0 * math.pi * constants.m_e * constants.k / constants.h**2) ** 1.5
_SCHOTTKY: float = math.sqrt(constants.e / (4.0 * math.pi * constants.epsilon_0))
"""Coefficient at an optical permittivity of one [eV (V/m)^-1/2]."""


def schottky_coefficient(optical_permittivity: float) -> float:
    """Lowering of a Schottky barrier over the root of the field [eV (V/m)^-1/2].

    Examples
    --------
    >>> f"{schottky_coefficient(5.0):.5e}"
    '1.69704e-05'
    """
    return _SCHOTTKY / math.sqrt(check_positive(optical_permittivity, "optical_permittivity"))


def poole_frenkel_coefficient(optical_permittivity: float) -> float:
    """Lowering of a trap by the field, twice that of a Schottky barrier [eV (V/m)^-1/2]."""
    return 2.0 * schottky_coefficient(optical_permittivity)


def optical_permittivity_of_schottky(coefficient: float) -> float:
    """Optical permittivity whose :func:`schottky_coefficient` is this one.

    Examples
    --------
    >>> round(optical_permittivity_of_schottky(schottky_coefficient(5.0)), 9)
    5.0
    """
    return (_SCHOTTKY / check_positive(coefficient, "coefficient", "eV (V/m)^-1/2")) ** 2


def schottky_current(
    field_v_per_m: ArrayLike,
    barrier_ev: float,
    optical_permittivity: float,
    temperature_k: float,
    effective_mass: float = 1.0,
) -> Floats:
    r"""Emission over a barrier, :math:`A T^2 (m^*/m) \exp[-(\phi - \beta_S \sqrt{E}) / k_B T]` [A/m2].

    Examples
    --------
    >>> f"{float(schottky_current(1e8, 1.0, 5.0, 300.0)):.4e}"
    '1.2181e-03'
    """
    field, thermal = _field(field_v_per_m), _thermal(temperature_k)
    lowered = check_positive(barrier_ev, "barrier_ev", "eV") - schottky_coefficient(optical_permittivity) * np.sqrt(
        field
    )
    mass = check_positive(effective_mass, "effective_mass")
    return np.asarray(RICHARDSON * temperature_k**2 * mass * np.exp(-lowered / thermal))


def simmons_current(
    field_v_per_m: ArrayLike,
    barrier_ev: float,
    optical_permittivity: float,
    temperature_k: float,
    mobility_m2_per_v_s: float,
    effective_mass: float = 1.0,
) -> Floats:
    r"""Emission where the mean free path is shorter than the film: the prefactor is :math:`T^{3/2} \mu E` [A/m2]."""
    field, thermal = _field(field_v_per_m), _thermal(temperature_k)
    lowered = check_positive(barrier_ev, "barrier_ev", "eV") - schottky_coefficient(optical_permittivity) * np.sqrt(
        field
    )
    mobility = check_positive(mobility_m2_per_v_s, "mobility_m2_per_v_s", "m2/(V s)")
    density = _SIMMONS * (check_positive(effective_mass, "effective_mass") * temperature_k) ** 1.5
    return np.asarray(density * mobility * field * np.exp(-lowered / thermal))


def poole_frenkel_current(
    field_v_per_m: ArrayLike,
    conductivity_prefactor: float,
    trap_depth_ev: float,
    optical_permittivity: float,
    temperature_k: float,
    compensation: float = 1.0,
) -> Floats:
    r"""Hopping out of charged traps, :math:`q \mu N E \exp[-(\phi - \beta_{PF} \sqrt{E}) / r k_B T]` [A/m2].

    Parameters
    ----------
    field_v_per_m
        Any shape.
    conductivity_prefactor
        q mu N [S/m].
    trap_depth_ev, optical_permittivity, temperature_k
        Depth without field; permittivity at optical frequency; temperature.
    compensation
        r, 1 to 2.
    """
    field, thermal = _field(field_v_per_m), _thermal(temperature_k)
    check_in_range(compensation, "compensation", low=1.0, high=2.0)
    depth = check_positive(trap_depth_ev, "trap_depth_ev", "eV")
    lowered = depth - poole_frenkel_coefficient(optical_permittivity) * np.sqrt(field)
    prefactor = check_positive(conductivity_prefactor, "conductivity_prefactor", "S/m")
    return np.asarray(prefactor * field * np.exp(-lowered / (compensation * thermal)))


def tunneling_prefactor(barrier_ev: float, effective_mass: float = 1.0) -> float:
    """Prefactor of Fowler and Nordheim [A/V2].

    Examples
    --------
    >>> f"{tunneling_prefactor(1.0):.5e}"
    '1.54143e-06'
    """
    return constants.e**2 / (8.0 * math.pi * constants.h * barrier_ev * effective_mass)


def tunneling_exponent(barrier_ev: float, effective_mass: float = 1.0) -> float:
    """Field of the exponent of Fowler and Nordheim [V/m].

    Examples
    --------
    >>> f"{tunneling_exponent(1.0):.5e}"
    '6.83089e+09'
    """
    root = math.sqrt(2.0 * effective_mass * constants.m_e * constants.e)
    return float(8.0 * math.pi * root * barrier_ev**1.5 / (3.0 * constants.h))


def fowler_nordheim_current(field_v_per_m: ArrayLike, barrier_ev: float, effective_mass: float = 1.0) -> Floats:
    """Tunneling through a triangular barrier [A/m2]."""
    field = _field(field_v_per_m)
    barrier, mass = check_positive(barrier_ev, "barrier_ev", "eV"), check_positive(effective_mass, "effective_mass")
    exponent = tunneling_exponent(barrier, mass)
    return np.asarray(tunneling_prefactor(barrier, mass) * field**2 * np.exp(-exponent / field))


def space_charge_current(
    voltage_v: ArrayLike, thickness_m: float, static_permittivity: float, mobility_m2_per_v_s: float
) -> Floats:
    r"""Current limited by its own charge, :math:`\tfrac98 \epsilon_0 \epsilon_s \mu V^2 / d^3` [A/m2].

    With shallow traps the mobility is that times the free share theta.

    Examples
    --------
    >>> round(float(space_charge_current(40.0, 400e-9, 35.0, 1e-10)), 2)
    871.58
    """
    voltage = check_all_positive(voltage_v, "voltage_v", "V")
    thickness = check_positive(thickness_m, "thickness_m", "m")
    permittivity = constants.epsilon_0 * check_positive(static_permittivity, "static_permittivity")
    mobility = check_positive(mobility_m2_per_v_s, "mobility_m2_per_v_s", "m2/(V s)")
    return np.asarray(1.125 * permittivity * mobility * voltage**2 / thickness**3)


def trap_filled_voltage(trap_density_per_m3: float, thickness_m: float, static_permittivity: float) -> float:
    """Voltage at which all traps are filled [V]."""
    density = check_positive(trap_density_per_m3, "trap_density_per_m3", "1/m3")
    permittivity = constants.epsilon_0 * check_positive(static_permittivity, "static_permittivity")
    return constants.e * density * check_positive(thickness_m, "thickness_m", "m") ** 2 / (2.0 * permittivity)


def exponential_trap_current(
    voltage_v: ArrayLike,
    thickness_m: float,
    static_permittivity: float,
    mobility_m2_per_v_s: float,
    states_per_m3: float,
    traps_per_m3: float,
    trap_ratio: float,
) -> Floats:
    """Space charge in traps that thin out exponentially into the gap [A/m2].

    Parameters
    ----------
    voltage_v
        Any shape.
    thickness_m, static_permittivity, mobility_m2_per_v_s
        Film and carriers.
    states_per_m3, traps_per_m3
        States of the band and all traps.
    trap_ratio
        l, temperature of the traps over that of the film, > 1; J goes as V^(l + 1) / d^(2 l + 1).
    """
    voltage, l_ratio = check_all_positive(voltage_v, "voltage_v", "V"), check_positive(trap_ratio, "trap_ratio")
    thickness = check_positive(thickness_m, "thickness_m", "m")
    permittivity = constants.epsilon_0 * check_positive(static_permittivity, "static_permittivity")
    first = constants.e ** (1.0 - l_ratio) * mobility_m2_per_v_s * states_per_m3
    second = ((2.0 * l_ratio + 1.0) / (l_ratio + 1.0)) ** (l_ratio + 1.0)
    third = (l_ratio / (l_ratio + 1.0) * permittivity / traps_per_m3) ** l_ratio
    return np.asarray(first * second * third * voltage ** (l_ratio + 1.0) / thickness ** (2.0 * l_ratio + 1.0))


def _field(field_v_per_m: ArrayLike) -> Floats:
    return check_all_positive(field_v_per_m, "field_v_per_m", "V/m")


def _thermal(temperature_k: float) -> float:
    return BOLTZMANN_EV_PER_K * check_positive(temperature_k, "temperature_k", "K")
