"""Unit conversions, all computed from :mod:`scipy.constants`; the only place where they live.

Atomistic rooms use angstrom, eV, K, e, u and ps; field and film rooms use SI.
"""

from __future__ import annotations

from scipy import constants

__all__ = [
    "BOLTZMANN_EV_PER_K",
    "COULOMB_EV_ANGSTROM",
    "C_PER_M2_PER_E_PER_ANGSTROM2",
    "EV_PER_ANGSTROM3_PER_BAR",
    "EV_PER_JOULE",
    "EV_PER_J_PER_M2_NM2",
    "EV_PER_J_PER_M3_NM3",
    "EV_PER_KJ_PER_MOL",
    "EV_PER_TERAHERTZ",
    "GAS_CONSTANT",
    "GIGAPASCAL_PER_EV_PER_ANGSTROM3",
    "J_PER_M3_PER_EV_PER_ANGSTROM3",
    "METER_PER_ANGSTROM",
    "METER_PER_MICROMETER",
    "METER_PER_NANOMETER",
    "MICRONEWTON_PER_NEWTON",
    "NANOMETER_PER_ANGSTROM",
    "PASCAL_PER_BAR",
    "PASCAL_PER_GIGAPASCAL",
    "PERCENT",
    "PICOMETER_PER_ANGSTROM",
    "PICOMETER_PER_NANOMETER",
    "SECOND_PER_PICOSECOND",
    "TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U",
    "VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM",
    "VOLT_PER_METER_PER_MEGAVOLT_PER_METER",
    "VOLT_PER_METER_PER_VOLT_PER_ANGSTROM",
]

METER_PER_MICROMETER: float = constants.micro
METER_PER_ANGSTROM: float = constants.angstrom
NANOMETER_PER_ANGSTROM: float = constants.angstrom * constants.giga
PICOMETER_PER_ANGSTROM: float = constants.angstrom * constants.tera
PICOMETER_PER_NANOMETER: float = constants.kilo
SECOND_PER_PICOSECOND: float = constants.pico
VOLT_PER_METER_PER_MEGAVOLT_PER_METER: float = constants.mega

VOLT_PER_METER_PER_VOLT_PER_ANGSTROM: float = 1.0 / constants.angstrom
C_PER_M2_PER_E_PER_ANGSTROM2: float = constants.e / constants.angstrom**2
"""One electron charge per square angstrom as a polarization [C/m2]."""

BOLTZMANN_EV_PER_K: float = constants.k / constants.e
GAS_CONSTANT: float = constants.R
"""Molar gas constant [J/(mol K)]."""

GIGAPASCAL_PER_EV_PER_ANGSTROM3: float = constants.e / constants.angstrom**3 / constants.giga
"""One eV/angstrom3 as a stress or modulus [GPa]."""

TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U: float = (
    (constants.e / (constants.angstrom**2 * constants.atomic_mass)) ** 0.5 / (2.0 * constants.pi) / constants.tera
)
"""Frequency of a mass of 1 u on a spring of 1 eV/angstrom2 [THz]."""

PASCAL_PER_BAR: float = constants.bar
PASCAL_PER_GIGAPASCAL: float = constants.giga
MICRONEWTON_PER_NEWTON: float = 1.0 / constants.micro
PERCENT: float = 1.0 / constants.centi
"""Percent in a fraction of one."""
EV_PER_ANGSTROM3_PER_BAR: float = constants.bar * constants.angstrom**3 / constants.e
"""One bar as energy per volume [eV/angstrom3]."""

EV_PER_KJ_PER_MOL: float = constants.kilo / (constants.N_A * constants.e)
"""One kJ/mol as energy per particle [eV]."""

VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM: float = constants.epsilon_0 * constants.angstrom / constants.e
"""Vacuum permittivity [e/(V angstrom)]."""
COULOMB_EV_ANGSTROM: float = 1.0 / (4.0 * constants.pi * VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM)
"""Coulomb energy of two elementary charges times their distance [eV angstrom]."""

J_PER_M3_PER_EV_PER_ANGSTROM3: float = constants.e / constants.angstrom**3
"""One eV/angstrom3 as an energy density [J/m3]."""
EV_PER_JOULE: float = 1.0 / constants.e
METER_PER_NANOMETER: float = constants.nano
EV_PER_J_PER_M3_NM3: float = constants.nano**3 / constants.e
"""Energy of a nm3 at one J/m3 [eV]."""
EV_PER_J_PER_M2_NM2: float = constants.nano**2 / constants.e
"""Energy of a nm2 at one J/m2 [eV]."""
EV_PER_TERAHERTZ: float = constants.h * constants.tera / constants.e
"""Quantum of one THz [eV]."""
