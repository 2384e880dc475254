r"""Breakdown field against permittivity: McPherson's trend, the published fit, and our own fit of a power law.

.. math:: E_b = A \, \varepsilon_r^{-n}

Pure functions of arrays. Units: V/m; relative permittivities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, check_shape, quantity
from entrox.core.bootstrap import percentile_interval
from entrox.core.linear_fit import bootstrap_linear, fit_linear
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["PowerLaw", "fit_power_law", "mcpherson_field", "power_law_exponents", "published_permittivity_field"]

Floats = NDArray[np.float64]
MCPHERSON = (3500.0 * MEGA, 0.64)
"""Prefactor [V/m] and exponent of McPherson et al., IEEE Trans. Electron Devices 50, 1771 (2003), as quoted."""
PUBLISHED_FIT = (1846.0 * MEGA, 0.18)
"""Prefactor [V/m] and exponent of the published fit to simulated fields of 14 dielectrics, R2 0.889."""


@dataclass(frozen=True, kw_only=True)
class PowerLaw(Result):
    """Least squares of ln E on ln permittivity; ``exponent`` is n of E = A eps^-n."""

    prefactor: float = quantity("V/m", "field at permittivity 1")
    exponent: float = quantity("1", "exponent n of field ~ permittivity^-n")
    prefactor_interval: tuple[float, float] = quantity("V/m", "95 % bootstrap interval of the prefactor")
    exponent_interval: tuple[float, float] = quantity("1", "95 % bootstrap interval of the exponent")
    exponent_standard_error: float = quantity("1", "standard error of the exponent")
    r_squared: float = quantity("1", "share of the variance of ln E that the law explains")
    residuals: Floats = quantity("1", "ln of field over law", axes=("material",))

    def field(self, permittivity: ArrayLike) -> Floats:
        """Field of the law [V/m]."""
        return _power(permittivity, self.prefactor, self.exponent)


def mcpherson_field(permittivity: ArrayLike) -> Floats:
    """McPherson's trend, 3500 eps^-0.64 MV/m, in V/m.

    Parameters
    ----------
    permittivity
        Relative, >= 1.

    Examples
    --------
    >>> (mcpherson_field([3.9, 25.0]) / 1e6).round().tolist()
    [1465.0, 446.0]
    """
    return _power(permittivity, *MCPHERSON)


def published_permittivity_field(permittivity: ArrayLike) -> Floats:
    """Return the published fit of 14 simulated dielectrics, 1846 eps^-0.18 MV/m, in V/m."""
    return _power(permittivity, *PUBLISHED_FIT)


def _power(permittivity: ArrayLike, prefactor: float, exponent: float) -> Floats:
    values = check_finite(permittivity, "permittivity")
    if (values < 1.0).any():
        raise InputError(f"permittivity must be >= 1; got {values.min():g}. Give the relative permittivity.")
    return np.asarray(prefactor * values**-exponent)


def fit_power_law(
    permittivity: ArrayLike, fields: ArrayLike, rng: np.random.Generator, *, draws: int = 2000
) -> PowerLaw:
    """Fit E = A eps^-n in logarithms.

    Parameters
    ----------
    permittivity, fields
        Relative permittivities and fields [V/m], shape ``(n,)``, n >= 3, all > 0.
    rng
        Draws the materials of the bootstrap.
    draws
        Number of bootstrap samples.

    Raises
    ------
    InputError
        If values are not positive, or all permittivities are equal.
    """
    columns = _columns(permittivity)
    logs = _log_fields(check_shape(fields, (len(columns),), "fields"))
    fit = fit_linear(columns, logs)
    slope, constant = fit.coefficients
    resampled = bootstrap_linear(columns, logs, rng, draws)
    slopes, constants = percentile_interval(resampled)
    return PowerLaw(
        prefactor=float(np.exp(constant)),
        exponent=-float(slope),
        prefactor_interval=(float(np.exp(constants[0])), float(np.exp(constants[1]))),
        exponent_interval=(-float(slopes[1]), -float(slopes[0])),
        exponent_standard_error=float(fit.standard_errors[0]),
        r_squared=fit.r_squared,
        residuals=fit.residuals,
    )


def power_law_exponents(
    permittivity: ArrayLike, fields: ArrayLike, rng: np.random.Generator | None = None
) -> tuple[Floats, Floats]:
    """Exponents and R2 of many sets of fields at the same permittivities.

    Parameters
    ----------
    permittivity
        Shape ``(n,)``.
    fields
        One set per row, shape ``(draws, n)`` [V/m].
    rng
        If given, the materials of each set are drawn with replacement.

    Returns
    -------
    tuple of numpy.ndarray
        Exponents n, shape ``(draws,)`` (fewer where a sample holds one material only), and R2 of ln E of each set,
        shape ``(draws,)``, without resampling.
    """
    columns = _columns(permittivity)
    logs = _log_fields(check_shape(fields, (None, len(columns)), "fields"))
    coefficients = logs @ np.linalg.pinv(columns).T
    residuals = logs - coefficients @ columns.T
    centered = logs - logs.mean(axis=1, keepdims=True)
    r_squared = 1.0 - (residuals**2).sum(axis=1) / (centered**2).sum(axis=1)
    if rng is not None:
        coefficients = bootstrap_linear(columns, logs, rng, len(logs))
    return -coefficients[:, 0], r_squared


def _columns(permittivity: ArrayLike) -> Floats:
    values = check_shape(permittivity, (None,), "permittivity")
    if (values < 1.0).any():
        raise InputError(f"permittivity must be >= 1; got {values.min():g}. Give the relative permittivity.")
    return np.stack([np.log(values), np.ones_like(values)], axis=1)


def _log_fields(fields: Floats) -> Floats:
    if (fields <= 0.0).any():
        raise InputError(f"fields must be > 0 V/m; got {fields.min():g} V/m.")
    return np.asarray(np.log(fields))
