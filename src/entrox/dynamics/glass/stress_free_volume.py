r"""The volume at which a liquid or glass has a given pressure, from runs at several volumes.

.. math:: p = a + b \, u + c \, u^2, \qquad u = \ln (V / \bar V)

is fitted to the mean pressures and solved for the pressure wanted. Units: angstrom3, GPa.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import ConvergenceError, InputError, Result, check_all_positive, check_in_range, check_shape, quantity
from entrox.core.linear_fit import fit_linear

__all__ = ["FEWEST_VOLUMES", "StressFreeVolume", "fit_stress_free_volume"]

Floats = NDArray[np.float64]

FEWEST_VOLUMES = 5


@dataclass(frozen=True, kw_only=True)
class StressFreeVolume(Result):
    """A fit of pressure over volume; ``extrapolated`` where the volume lies outside the given ones."""

    volume_angstrom3: Floats = quantity("angstrom3", "volume of a run", axes=("run",))
    pressure_gpa: Floats = quantity("GPa", "mean pressure of a run", axes=("run",))
    target_gpa: float = quantity("GPa", "pressure wanted")
    solution_angstrom3: float = quantity("angstrom3", "volume at the pressure wanted")
    bulk_modulus_gpa: float = quantity("GPa", "bulk modulus there")
    residual_gpa: float = quantity("GPa", "root mean square residual of the pressures")
    extrapolated: bool


def fit_stress_free_volume(
    volume_angstrom3: ArrayLike, pressure_gpa: ArrayLike, target_gpa: float = 0.0
) -> StressFreeVolume:
    """Fit the pressures of runs at several volumes.

    Parameters
    ----------
    volume_angstrom3, pressure_gpa
        At least five runs, shape ``(n_runs,)``.
    target_gpa
        Pressure wanted.

    Raises
    ------
    InputError
        If there are fewer than five volumes.
    ConvergenceError
        If the pressure does not fall with the volume near the solution.

    Examples
    --------
    >>> volumes = np.array([90.0, 95.0, 100.0, 105.0, 110.0])
    >>> round(fit_stress_free_volume(volumes, -50.0 * np.log(volumes / 102.0)).solution_angstrom3, 6)
    102.0
    """
    volumes = check_all_positive(volume_angstrom3, "volume_angstrom3", "angstrom3")
    if volumes.ndim != 1 or len(np.unique(volumes)) < FEWEST_VOLUMES:
        raise InputError(f"a fit of pressure over volume needs at least {FEWEST_VOLUMES} volumes; got {volumes.size}.")
    pressures = check_shape(pressure_gpa, volumes.shape, "pressure_gpa")
    target = check_in_range(target_gpa, "target_gpa", unit="GPa")
    middle = float(np.exp(np.log(volumes).mean()))
    u = np.log(volumes / middle)
    fit = fit_linear(np.vander(u, 3, increasing=True), pressures)
    root = _root(fit.coefficients, target)
    if root is None:
        raise ConvergenceError("the pressures do not fall through the one wanted; run longer or at other volumes.", fit)
    return StressFreeVolume(
        volume_angstrom3=volumes,
        pressure_gpa=pressures,
        target_gpa=target,
        solution_angstrom3=middle * float(np.exp(root)),
        bulk_modulus_gpa=-float(fit.coefficients[1] + 2.0 * fit.coefficients[2] * root),
        residual_gpa=float(np.sqrt((fit.residuals**2).mean())),
        extrapolated=not u.min() <= root <= u.max(),
    )


def _root(coefficients: Floats, target: float) -> float | None:
    """Return the solution at which the pressure falls; that of the line where the parabola does not reach so far."""
    constant, slope, bend = coefficients.tolist()
    if slope >= 0.0:
        return None
    discriminant = slope**2 - 4.0 * bend * (constant - target)
    if discriminant <= 0.0:
        return float((target - constant) / slope)
    # the form of the solution that keeps its digits where the bend is nothing
    return float(2.0 * (constant - target) / (np.sqrt(discriminant) - slope))
