r"""Work of a spherical nucleus, its critical radius, its barrier.

.. math:: W(r) = \tfrac{4 \pi}{3} r^3 \, \Delta f + 4 \pi r^2 \gamma, \qquad r^* = \frac{2 \gamma}{|\Delta f|},
    \qquad \Delta G^* = \frac{16 \pi \gamma^3}{3 \, \Delta f^2}

Only for :math:`\Delta f < 0` is there a barrier: the formula of :math:`\Delta G^*` is even in :math:`\Delta f` and
gives a number where W rises without bound. :math:`\Delta f` is that of the phase that appears minus that of the phase
around it. Units: nm, J/m3, J/m2, eV, K. Volmer and Weber, Z. phys. Chem. 119, 277 (1926); Turnbull and Fisher, J. Chem.
Phys. 17, 71 (1949).
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_in_range, check_positive
from entrox.core.units import BOLTZMANN_EV_PER_K, EV_PER_J_PER_M2_NM2, EV_PER_J_PER_M3_NM3, METER_PER_NANOMETER

__all__ = [
    "DIRECTIONS",
    "Direction",
    "barrier",
    "critical_radius",
    "driving_force",
    "driving_force_of_barrier",
    "nucleation_work",
    "wetting_factor",
]

Floats = NDArray[np.float64]

Direction = Literal["amorphous-in-crystal", "crystal-in-amorphous"]
DIRECTIONS: tuple[str, ...] = get_args(Direction)


def driving_force(df_j_per_m3: float, direction: Direction = "amorphous-in-crystal") -> float:
    """Free-energy density of the phase that appears minus that of the phase around it [J/m3].

    Parameters
    ----------
    df_j_per_m3
        Of the amorphous phase minus that of the crystal, whichever the direction.
    direction
        ``amorphous-in-crystal`` or ``crystal-in-amorphous``, which reverses the sign.

    Raises
    ------
    InputError
        If the direction is unknown or the number not finite.

    Examples
    --------
    >>> driving_force(-1e9, "crystal-in-amorphous")
    1000000000.0
    """
    if direction not in DIRECTIONS:
        raise InputError(f"direction must be one of {', '.join(DIRECTIONS)}; got {direction!r}.")
    value = check_in_range(df_j_per_m3, "df_j_per_m3", unit="J/m3")
    return value if direction == "amorphous-in-crystal" else -value + 0.0


def nucleation_work(radius_nm: ArrayLike, df_j_per_m3: float, gamma_j_per_m2: float, wetting: float = 1.0) -> Floats:
    r"""Work of making a nucleus.

    Parameters
    ----------
    radius_nm
        Radii, >= 0, any shape.
    df_j_per_m3
        Driving force, of any sign.
    gamma_j_per_m2
        Interface energy, > 0.
    wetting
        Factor of heterogeneous nucleation, see :func:`wetting_factor`; it multiplies the whole of W.

    Returns
    -------
    ndarray
        W [eV], the shape of ``radius_nm``.

    Examples
    --------
    The top of the curve, at the critical radius, is the barrier:

    >>> round(float(nucleation_work(2.0, -1e9, 1.0)), 3), round(barrier(-1e9, 1.0), 3)
    (104.577, 104.577)
    """
    radii = check_finite(radius_nm, "radius_nm")
    if (radii < 0.0).any():
        raise InputError(f"radius_nm must be >= 0 nm; got {radii.min():g} nm.")
    gamma = check_positive(gamma_j_per_m2, "gamma_j_per_m2", "J/m2")
    df = check_in_range(df_j_per_m3, "df_j_per_m3", unit="J/m3")
    volume = 4.0 * np.pi / 3.0 * radii**3 * (df * EV_PER_J_PER_M3_NM3)
    surface = 4.0 * np.pi * radii**2 * (gamma * EV_PER_J_PER_M2_NM2)
    return np.asarray(wetting * (volume + surface))[()]


def critical_radius(df_j_per_m3: float, gamma_j_per_m2: float) -> float | None:
    """Radius above which a nucleus grows [nm]; None where there is no driving force.

    Examples
    --------
    >>> critical_radius(-1e9, 1.0), critical_radius(1e9, 1.0)
    (2.0, None)
    """
    gamma = check_positive(gamma_j_per_m2, "gamma_j_per_m2", "J/m2")
    df = check_in_range(df_j_per_m3, "df_j_per_m3", unit="J/m3")
    return 2.0 * gamma / -df / METER_PER_NANOMETER if df < 0.0 else None


def barrier(df_j_per_m3: float, gamma_j_per_m2: float, wetting: float = 1.0) -> float | None:
    """Work of the critical nucleus [eV]; None where there is no driving force, and so no largest W.

    Parameters
    ----------
    df_j_per_m3
        Driving force, see :func:`driving_force`.
    gamma_j_per_m2
        Interface energy, > 0.
    wetting
        Factor of heterogeneous nucleation, see :func:`wetting_factor`.

    Examples
    --------
    >>> round(barrier(-5e9, 1.0), 3), barrier(0.0, 1.0)
    (4.183, None)
    """
    gamma = check_positive(gamma_j_per_m2, "gamma_j_per_m2", "J/m2")
    df = check_in_range(df_j_per_m3, "df_j_per_m3", unit="J/m3")
    return float(wetting * barriers_ev(np.asarray(df), gamma)) if df < 0.0 else None


def barriers_ev(df_j_per_m3: Floats, gamma_j_per_m2: ArrayLike) -> Floats:
    """Barriers of many driving forces, all below zero [eV]; see :func:`barrier`."""
    surface = np.asarray(gamma_j_per_m2) * EV_PER_J_PER_M2_NM2
    return np.asarray(16.0 * np.pi / 3.0 * surface**3 / (df_j_per_m3 * EV_PER_J_PER_M3_NM3) ** 2)


def driving_force_of_barrier(barrier_kt: float, gamma_j_per_m2: float, temperature_k: float) -> float:
    """Driving force, below zero, at which the barrier is so many k_B T [J/m3].

    Parameters
    ----------
    barrier_kt
        Barrier in k_B T, > 0.
    gamma_j_per_m2
        Interface energy.
    temperature_k
        Temperature.

    Examples
    --------
    What 60 k_B T at 300 K ask of an interface of 1 J/m2:

    >>> f"{driving_force_of_barrier(60.0, 1.0, 300.0):.2e}"
    '-8.21e+09'
    """
    height = check_positive(barrier_kt, "barrier_kt", "kT") * thermal_energy(temperature_k)
    gamma = check_positive(gamma_j_per_m2, "gamma_j_per_m2", "J/m2") * EV_PER_J_PER_M2_NM2
    return -math.sqrt(16.0 * math.pi / 3.0 * gamma**3 / height) / EV_PER_J_PER_M3_NM3


def thermal_energy(temperature_k: float) -> float:
    """Return k_B T [eV] of a temperature > 0."""
    return BOLTZMANN_EV_PER_K * check_positive(temperature_k, "temperature_k", "K")


def wetting_factor(contact_angle_deg: float) -> float:
    r"""Share of the barrier that a flat wall leaves.

    .. math:: f(\theta) = (2 + \cos \theta)(1 - \cos \theta)^2 / 4

    Parameters
    ----------
    contact_angle_deg
        Angle inside the nucleus, 0 to 180 degrees; 180 is a nucleus that does not wet the wall.

    Examples
    --------
    >>> round(wetting_factor(90.0), 12), wetting_factor(180.0)
    (0.5, 1.0)
    """
    angle = check_in_range(contact_angle_deg, "contact_angle_deg", low=0.0, high=180.0, unit="degree")
    cosine = math.cos(math.radians(angle))
    return (2.0 + cosine) * (1.0 - cosine) ** 2 / 4.0
