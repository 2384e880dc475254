r"""Regression of the map of breakdown fields, beside the published one and the threshold law.

.. math:: E_b = a \ln W_i + b \, \lambda^{-1/2} + c \, W_b^{1/2} + d

The published coefficients are (375, 2510, 61, -835). The form is a description inside the box of the map: it turns
negative for small W_i and long mean free paths, so that it is never used outside.
Units: fields MV/m, energies eV, mean free path angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from entrox.breakdown.alloy import CALIBRATED_BOX
from entrox.breakdown.calibration import published_points
from entrox.breakdown.law_draws import threshold_field_draws
from entrox.core import InputError, Result, check_finite, quantity
from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.core.linear_fit import bootstrap_linear, fit_linear
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = [
    "PUBLISHED_COEFFICIENTS",
    "Agreement",
    "MapComparison",
    "Regression",
    "compare_map",
    "fit_exponents",
    "fit_map",
    "published_point_misses",
    "published_regression",
]

Floats = NDArray[np.float64]
TERMS = ("ln W_i", "lambda^-1/2", "W_b^1/2", "1")
LOG_TERMS = ("ln W_i", "ln lambda", "ln W_b", "1")
PUBLISHED_COEFFICIENTS = (375.0, 2510.0, 61.0, -835.0)
"""Of ``TERMS``: MV/m, MV/m angstrom^1/2, MV/m eV^-1/2, MV/m."""
_SYMBOLS = {"ionization_energy": "W_i", "mean_free_path": "lambda", "bond_energy": "W_b"}


@dataclass(frozen=True, kw_only=True)
class Regression(Result):
    """Least squares over the points of a map, with its health.

    ``intervals`` draws points and seeds with replacement: how far the coefficients depend on which points of the box
    are taken, given the form. ``calibration_intervals`` holds the points and draws the constants of the calibration.
    """

    terms: tuple[str, ...]
    coefficients: Floats = quantity("MV/m over term", "coefficients", axes=("term",))
    standard_errors: Floats = quantity("MV/m over term", "standard errors", axes=("term",))
    intervals: Floats = quantity("MV/m over term", "95 % bootstrap intervals, points and seeds", axes=("term", "end"))
    calibration_intervals: Floats = quantity(
        "MV/m over term", "95 % intervals over the constants of the calibration", axes=("term", "end")
    )
    residuals: Floats = quantity("target", "map minus fit", axes=("point",))
    r_squared: float = quantity("1", "share of the variance that the fit explains")
    rank: int = quantity("1", "rank of the columns")
    condition: float = quantity("1", "condition number of the scaled columns")


@dataclass(frozen=True, kw_only=True)
class Agreement(Result):
    """How well a formula meets the simulated map."""

    formula: str
    residuals: Floats = quantity("MV/m", "map minus formula", axes=("point",))
    r_squared: float = quantity("1", "share of the map's variance that the formula explains")
    rms_relative: float = quantity("1", "root mean square of the relative residual")
    largest_relative: float = quantity("1", "largest relative residual")
    mean_relative: float = quantity("1", "mean relative residual, map over formula minus one")


@dataclass(frozen=True, kw_only=True)
class MapComparison(Result):
    """Our regression, the published one and the threshold law on the same points.

    ``differences`` is ours minus published over published, coefficient by coefficient.
    """

    ours: Regression
    published_coefficients: tuple[float, ...] = quantity("MV/m, as the terms", "published coefficients")
    differences: Floats = quantity("1", "relative difference of the coefficients", axes=("term",))
    regression_agreement: Agreement
    published_agreement: Agreement
    law_agreement: Agreement
    propagation: float = quantity("MV/m", "mean rise from onset to breakdown, added to the law")
    published_misses: Floats = quantity(
        "1", "published regression over published field, minus one", axes=("published_point",)
    )


def published_regression(ionization_energy: ArrayLike, mean_free_path: ArrayLike, bond_energy: ArrayLike) -> Floats:
    """Breakdown field by the published regression [MV/m].

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        [eV], [angstrom], [eV], inside the box of the map (4-10, 4-16, 2-10); broadcast against one another.

    Raises
    ------
    InputError
        Outside the box, where the formula may turn negative; use the threshold law there.

    Examples
    --------
    >>> round(float(published_regression(4.0, 4.0, 10.0)))
    1133
    """
    values = {"ionization_energy": ionization_energy, "mean_free_path": mean_free_path, "bond_energy": bond_energy}
    arrays = []
    for name, given in values.items():
        array = check_finite(given, name)
        low, high = CALIBRATED_BOX[name]
        if ((array < low * (1 - 1e-9)) | (array > high * (1 + 1e-9))).any():
            raise InputError(
                f"the published regression holds for {name} ({_SYMBOLS[name]}) in [{low:g}, {high:g}]; "
                f"got {array.min():g} to {array.max():g}. Use the threshold law outside the box."
            )
        arrays.append(array)
    energy, path, bond = np.broadcast_arrays(*arrays)
    return np.asarray(_columns(energy, path, bond) @ np.array(PUBLISHED_COEFFICIENTS))


def published_point_misses() -> Floats:
    """Published regression over the published fields of the calibration points, minus one; shape ``(4,)``."""
    points = published_points()
    fitted = published_regression(
        [point.ionization_energy for point in points],
        [point.mean_free_path for point in points],
        [point.bond_energy for point in points],
    )
    return np.asarray(fitted * MEGA / np.array([point.breakdown_field for point in points]) - 1.0)


def fit_map(
    dataset: xr.Dataset, rng: np.random.Generator, *, draws: int = 1000, calibration_draws: int = 500
) -> Regression:
    """Fit the published form to a map.

    Parameters
    ----------
    dataset
        From ``run_parameter_map``.
    rng
        Draws points, seeds and calibrations.
    draws, calibration_draws
        Bootstrap samples, and draws of the constants of the calibration.
    """
    coordinates, fields = _points(dataset)
    columns = _columns(*coordinates)
    means = _drawn_means(fields, rng, draws)
    propagation = _propagation(dataset)
    law = threshold_field_draws(*coordinates, rng, calibration_draws) / MEGA + propagation
    return _regression(TERMS, columns, fields.mean(axis=1), means, law, rng)


def fit_exponents(
    dataset: xr.Dataset,
    rng: np.random.Generator,
    *,
    onset: bool = False,
    draws: int = 1000,
    calibration_draws: int = 500,
) -> Regression:
    """Exponents d ln E / d ln W_i, d ln lambda and d ln W_b over the box, from least squares in logarithms.

    Parameters
    ----------
    dataset
        From ``run_parameter_map``.
    rng
        Draws points, seeds and calibrations.
    onset
        Exponents of the onset field instead of the breakdown field: without the rise during the propagation the
        exponent in lambda is -1/2 exactly.
    draws, calibration_draws
        Bootstrap samples, and draws of the constants of the calibration.
    """
    coordinates, fields = _points(dataset)
    if onset:
        fields = dataset["onset_field_mv_per_m"].to_numpy().reshape(-1, 1)
    columns = np.stack([*(np.log(values) for values in coordinates), np.ones(len(fields))], axis=1)
    means = np.log(_drawn_means(fields, rng, draws))
    propagation = 0.0 if onset else _propagation(dataset)
    law = np.log(threshold_field_draws(*coordinates, rng, calibration_draws) / MEGA + propagation)
    return _regression(LOG_TERMS, columns, np.log(fields.mean(axis=1)), means, law, rng)


def compare_map(dataset: xr.Dataset, rng: np.random.Generator, *, draws: int = 1000) -> MapComparison:
    """Set our regression, the published one and the threshold law side by side on the points of a map.

    Parameters
    ----------
    dataset
        From ``run_parameter_map``, inside the box.
    rng
        Draws points, seeds and calibrations.
    draws
        Bootstrap samples.
    """
    ours = fit_map(dataset, rng, draws=draws)
    coordinates, fields = _points(dataset)
    means = fields.mean(axis=1)
    propagation = _propagation(dataset)
    law = dataset["threshold_law_mv_per_m"].to_numpy().ravel() + propagation
    published = np.array(PUBLISHED_COEFFICIENTS)
    return MapComparison(
        ours=ours,
        published_coefficients=PUBLISHED_COEFFICIENTS,
        differences=ours.coefficients / published - 1.0,
        regression_agreement=_agreement("our regression", means, _columns(*coordinates) @ ours.coefficients),
        published_agreement=_agreement("published regression", means, published_regression(*coordinates)),
        law_agreement=_agreement("threshold law + constant propagation", means, law),
        propagation=propagation,
        published_misses=published_point_misses(),
    )


def _columns(ionization_energy: Floats, mean_free_path: Floats, bond_energy: Floats) -> Floats:
    return np.stack(
        [np.log(ionization_energy), mean_free_path**-0.5, bond_energy**0.5, np.ones_like(mean_free_path)], axis=-1
    )


def _points(dataset: xr.Dataset) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    """Coordinates of all points, each ``(n,)``, and the fields ``(n, n_seeds)`` [MV/m]; all must be finite."""
    axes = [dataset[name].to_numpy() for name in _SYMBOLS]
    grids = np.meshgrid(*axes, indexing="ij")
    fields = dataset["breakdown_fields_mv_per_m"].to_numpy()
    fields = fields.reshape(-1, fields.shape[-1])
    missing = int((~np.isfinite(fields)).any(axis=1).sum())
    if missing:
        raise InputError(
            f"{missing} of {len(fields)} points of the map hold seeds without a channel; a regression needs all. "
            "Raise the maximum field or choose a smaller box."
        )
    energy, path, bond = (grid.ravel() for grid in grids)
    return (energy, path, bond), fields


def _propagation(dataset: xr.Dataset) -> float:
    rise = dataset["breakdown_field_mv_per_m"] - dataset["threshold_law_mv_per_m"]
    return float(rise.mean())


def _drawn_means(fields: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Mean over seeds drawn with replacement, the same seeds at all points, shape ``(draws, n_points)``."""
    n_seeds = fields.shape[1]
    return np.asarray(resampling_counts(rng, n_seeds, draws) @ fields.T / n_seeds)


def _regression(
    terms: tuple[str, ...], columns: Floats, target: Floats, means: Floats, law: Floats, rng: np.random.Generator
) -> Regression:
    fit = fit_linear(columns, target)
    resampled = bootstrap_linear(columns, means, rng, len(means))
    return Regression(
        terms=terms,
        coefficients=fit.coefficients,
        standard_errors=fit.standard_errors,
        intervals=percentile_interval(resampled),
        calibration_intervals=percentile_interval(law @ np.linalg.pinv(columns).T),
        residuals=fit.residuals,
        r_squared=fit.r_squared,
        rank=fit.rank,
        condition=fit.condition,
    )


def _agreement(formula: str, fields: Floats, fitted: Floats) -> Agreement:
    residuals = fields - fitted
    relative = fields / fitted - 1.0
    return Agreement(
        formula=formula,
        residuals=residuals,
        r_squared=1.0 - float((residuals**2).sum() / ((fields - fields.mean()) ** 2).sum()),
        rms_relative=float(np.sqrt((relative**2).mean())),
        largest_relative=float(np.abs(relative).max()),
        mean_relative=float(relative.mean()),
    )
