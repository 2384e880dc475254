r"""Upper bound of the recoverable energy density, where a permittivity is given.

.. math:: U = \tfrac12 \varepsilon_0 \varepsilon_r E_b^2

It is a bound: saturation, hysteresis and leakage only lower it. The permittivity itself is not predicted here.
Units: MV/m, J/cm3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from entrox.core.checks import check_all_positive
from entrox.core.result import Quantity
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["ENERGY_DENSITY", "energy_density_bound"]

CUBIC_CENTIMETERS_PER_CUBIC_METER = 1e6
ENERGY_DENSITY = Quantity("energy_density_bound_j_per_cm3", "J/cm3", "upper bound of the recoverable energy density")


def energy_density_bound(breakdown_field: ArrayLike, permittivity: ArrayLike) -> NDArray[np.float64]:
    """Energy density of a linear dielectric at its breakdown field [J/cm3].

    Parameters
    ----------
    breakdown_field
        [MV/m]; NaN stays NaN.
    permittivity
        Relative permittivity, > 0; broadcasts.

    Raises
    ------
    InputError
        If a permittivity is not positive.

    Examples
    --------
    >>> round(float(energy_density_bound(500.0, 100.0)), 1)
    110.7
    """
    relative = check_all_positive(permittivity, "permittivity")
    field = MEGA * np.asarray(breakdown_field, dtype=float)
    return np.asarray(0.5 * constants.epsilon_0 * relative * field**2 / CUBIC_CENTIMETERS_PER_CUBIC_METER)
