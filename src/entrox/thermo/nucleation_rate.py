r"""How often nuclei form and how fast they grow. K itself underflows: only its logarithm is ever given.

.. math:: \log_{10} (K / K_0) = -\frac{\Delta G^*}{k_\mathrm{B} T \ln 10}

The kinetic factor of a condensed phase with the diffusivity D, jumps of length :math:`\lambda` and :math:`\rho` units
per volume is :math:`24 D n^{*2/3} \lambda^{-2} \rho Z` with Zeldovich's factor Z. Put in, the size :math:`n^*` of the
nucleus cancels with the driving force:

.. math:: K_0 = \frac{24 D \rho^{2/3}}{\lambda^2} \left( \frac{32 \pi}{3} \right)^{1/6}
    \sqrt{\frac{\gamma}{6 \pi k_\mathrm{B} T}}

K. F. Kelton, Solid State Phys. 45, 75 (1991). Growth after Wilson and Frenkel. Units: m2/s, 1/m3, nm, J/m2, eV, K.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import check_all_positive, check_in_range, check_positive
from entrox.core.units import EV_PER_JOULE, METER_PER_NANOMETER
from entrox.thermo.nucleation import thermal_energy

__all__ = ["growth_velocity", "jump_length_m", "log10_kinetic_factor", "log10_relative_rate"]

Floats = NDArray[np.float64]


def log10_relative_rate(barrier_ev: ArrayLike, temperature_k: float) -> Floats:
    """Decimal logarithm of the rate over its kinetic factor, any shape.

    Parameters
    ----------
    barrier_ev
        Barriers, >= 0.
    temperature_k
        Temperature.

    Examples
    --------
    >>> round(float(log10_relative_rate(104.577, 300.0)), 1)
    -1756.8
    """
    return np.asarray(barrier_ev, dtype=float) / (-thermal_energy(temperature_k) * math.log(10.0))


def log10_kinetic_factor(
    gamma_j_per_m2: ArrayLike,
    temperature_k: float,
    *,
    diffusivity_m2_per_s: float,
    site_density_per_m3: float,
    jump_nm: float | None = None,
) -> Floats:
    """Decimal logarithm of K0 [1/(m3 s)], the shape of ``gamma_j_per_m2``.

    Parameters
    ----------
    gamma_j_per_m2
        Interface energies, > 0.
    temperature_k
        Temperature.
    diffusivity_m2_per_s
        Of the slowest atom that has to move.
    site_density_per_m3
        Units (formula units, say) per volume.
    jump_nm
        Length of a jump; the cube root of the volume of a unit if not given.

    Examples
    --------
    >>> round(float(log10_kinetic_factor(1.0, 873.0, diffusivity_m2_per_s=1e-20, site_density_per_m3=4.02e27)), 1)
    27.8
    """
    gamma = check_all_positive(gamma_j_per_m2, "gamma_j_per_m2", "J/m2")
    diffusivity = check_positive(diffusivity_m2_per_s, "diffusivity_m2_per_s", "m2/s")
    jump = jump_length_m(site_density_per_m3, jump_nm)
    zeldovich = gamma * EV_PER_JOULE / (6.0 * np.pi * thermal_energy(temperature_k))
    constant = 24.0 * diffusivity * site_density_per_m3 ** (2.0 / 3.0) / jump**2 * (32.0 * np.pi / 3.0) ** (1.0 / 6.0)
    return np.asarray(math.log10(constant) + 0.5 * np.log10(zeldovich))


def growth_velocity(
    driving_force_j_per_m3: float,
    temperature_k: float,
    *,
    diffusivity_m2_per_s: float,
    site_density_per_m3: float,
    jump_nm: float | None = None,
) -> float:
    r"""Largest velocity of a flat front that atoms reach by diffusing one jump [m/s].

    .. math:: v = \frac{D}{\lambda} \left[ 1 - \exp \frac{\Delta f}{\rho k_\mathrm{B} T} \right]

    It is negative where the phase shrinks.

    Parameters
    ----------
    driving_force_j_per_m3
        Of the phase that appears minus that of the phase around it; below zero it grows.
    temperature_k
        Temperature.
    diffusivity_m2_per_s, site_density_per_m3, jump_nm
        As in :func:`log10_kinetic_factor`.

    Examples
    --------
    >>> v = growth_velocity(-5e8, 873.0, diffusivity_m2_per_s=1e-20, site_density_per_m3=4.02e27)
    >>> f"{v:.2e} m/s"
    '1.59e-11 m/s'
    """
    force = check_in_range(driving_force_j_per_m3, "driving_force_j_per_m3", unit="J/m3")
    diffusivity = check_positive(diffusivity_m2_per_s, "diffusivity_m2_per_s", "m2/s")
    jump = jump_length_m(site_density_per_m3, jump_nm)
    exponent = force / site_density_per_m3 * EV_PER_JOULE / thermal_energy(temperature_k)
    # a front does not melt faster than atoms jump
    return -diffusivity / jump * math.expm1(exponent) if exponent <= 0.0 else diffusivity / jump * math.expm1(-exponent)


def jump_length_m(site_density_per_m3: float, jump_nm: float | None) -> float:
    """Length of a jump [m]: as given, else the cube root of the volume of a unit."""
    density = check_positive(site_density_per_m3, "site_density_per_m3", "1/m3")
    if jump_nm is None:
        return float(density ** (-1.0 / 3.0))
    return check_positive(jump_nm, "jump_nm", "nm") * METER_PER_NANOMETER
