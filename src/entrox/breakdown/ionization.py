r"""Collision ionization: how fast excited electrons multiply in an applied field.

The energy gained between collisions over the energy needed, :math:`\alpha = q \lambda E / W_i`, has no unit of time.
With one attempt per :math:`1/\nu_0 = 1` ps it becomes a growth, :math:`dN/dt = \nu_0 \alpha N`; on a linear ramp
:math:`E = k t` then :math:`N = N_0 \exp(g)` with :math:`g = \nu_0 q \lambda E^2 / (2 k W_i)`. The two rates appear
only as k / nu0.
Units: V/m, angstrom, eV, V/(m s).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import check_all_positive
from entrox.core.units import METER_PER_ANGSTROM, SECOND_PER_PICOSECOND

__all__ = ["IONIZATION_ATTEMPT_RATE", "growth_coefficient", "ionization_coefficient"]

Floats = NDArray[np.float64]

IONIZATION_ATTEMPT_RATE = 1.0 / SECOND_PER_PICOSECOND
"""nu0 [1/s]; a convention, since only k / nu0 can be observed."""


def ionization_coefficient(applied_field: ArrayLike, mean_free_path: ArrayLike, ionization_energy: ArrayLike) -> Floats:
    """Energy gained over one mean free path, divided by the ionization energy [1].

    Parameters
    ----------
    applied_field
        Field [V/m], >= 0.
    mean_free_path
        Electron mean free path [angstrom], > 0.
    ionization_energy
        Ionization energy [eV], > 0.
    """
    path = check_all_positive(mean_free_path, "mean_free_path", "angstrom") * METER_PER_ANGSTROM
    return np.asarray(
        path * np.asarray(applied_field, dtype=float) / check_all_positive(ionization_energy, "ionization_energy", "eV")
    )


def growth_coefficient(mean_free_path: ArrayLike, ionization_energy: ArrayLike, ramp_rate: ArrayLike) -> Floats:
    """Coefficient c of the growth exponent g = c E^2 on a linear ramp [(m/V)^2].

    Parameters
    ----------
    mean_free_path
        Electron mean free path [angstrom], > 0.
    ionization_energy
        Ionization energy [eV], > 0.
    ramp_rate
        Rate k of the applied field [V/(m s)], > 0.
    """
    rate = check_all_positive(ramp_rate, "ramp_rate", "V/(m s)")
    return np.asarray(
        IONIZATION_ATTEMPT_RATE * ionization_coefficient(1.0, mean_free_path, ionization_energy) / (2.0 * rate)
    )
