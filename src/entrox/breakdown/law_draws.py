r"""Threshold law under the uncertainty of the calibration: the same draws of its constants for all materials.

The published fields are met along a curved line in (ln k, ln a_A, ln a_O). Draws from the covariance alone would leave
that line; they are therefore weighted with how well each meets the published values, and drawn again (sampling
importance resampling).
Units: V/m, angstrom, eV.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.breakdown.calibrate import FIELD_ERROR, calibration_misfits
from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY, Calibration, published_points, stored_calibration
from entrox.breakdown.threshold import threshold_field
from entrox.core import check_integer

__all__ = ["calibration_draws", "threshold_field_draws"]

Floats = NDArray[np.float64]
CANDIDATES_PER_DRAW = 8
WIDENING = 1.5
"""The candidates scatter this much wider than the covariance says, to reach the ends of the line."""


def calibration_draws(rng: np.random.Generator, draws: int, calibration: Calibration | None = None) -> Floats:
    """Constants of the threshold law that meet the published fields as well as the calibration does.

    Parameters
    ----------
    rng
        Source of randomness.
    draws
        Number of draws.
    calibration
        Of the published points; by default the stored one.

    Returns
    -------
    numpy.ndarray
        (k [V/(m s)], a_A, a_O [sqrt(eV)]) per draw, shape ``(draws, 3)``.

    Notes
    -----
    Errors of the published values are taken as normal with the errors that the calibration grants them.
    """
    calibration = calibration or stored_calibration()
    check_integer(draws, "draws", low=1)
    center = np.log([calibration.ramp_rate, calibration.amplitude_cation, calibration.amplitude_anion])
    covariance = WIDENING**2 * np.asarray(calibration.covariance)
    offsets = rng.multivariate_normal(np.zeros(3), covariance, CANDIDATES_PER_DRAW * draws)
    constants = np.exp(center + offsets)
    proposal = -0.5 * np.einsum("di,ij,dj->d", offsets, np.linalg.inv(covariance), offsets)
    weight = _log_likelihood(constants, calibration) - proposal
    shares = np.exp(weight - weight.max())
    return np.asarray(constants[rng.choice(len(constants), size=draws, p=shares / shares.sum())])


def _log_likelihood(constants: Floats, calibration: Calibration) -> Floats:
    """Of the published values for each row of constants; the time of propagation is that of the stored residuals."""
    points = published_points()
    published = np.array([point.breakdown_field for point in points])
    stored = np.array([[calibration.ramp_rate, calibration.amplitude_cation, calibration.amplitude_anion]])
    without = calibration_misfits(stored, calibration.coupling, np.zeros(len(points)), points)[0, :-1] * FIELD_ERROR
    propagation = (np.asarray(calibration.residuals)[:-1] - without) * published / calibration.ramp_rate
    misfits = calibration_misfits(constants, calibration.coupling, propagation, points)
    return np.asarray(-0.5 * (misfits**2).sum(axis=1))


def _law(
    arguments: tuple[ArrayLike, ArrayLike, ArrayLike],
    constants: Floats,
    coupling: float,
    anion_ionization_energy: float = ANION_IONIZATION_ENERGY,
) -> Floats:
    """Onset field for each row of constants, shape ``(draws, n)`` [V/m]; arguments of two axes go row by row."""
    rate, cation, anion = (column[:, None] for column in constants.T)
    return threshold_field(
        *arguments,
        ramp_rate=rate,
        amplitude_cation=cation,
        amplitude_anion=anion,
        anion_ionization_energy=anion_ionization_energy,
        coupling=coupling,
    )


def threshold_field_draws(
    ionization_energy: ArrayLike,
    mean_free_path: ArrayLike,
    bond_energy: ArrayLike,
    rng: np.random.Generator,
    draws: int = 1000,
    *,
    anion_ionization_energy: float = ANION_IONIZATION_ENERGY,
    calibration: Calibration | None = None,
) -> Floats:
    """Onset fields by the threshold law for drawn constants of the calibration [V/m].

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        [eV], [angstrom], [eV]; shape ``(n,)``, or ``(draws, n)`` where a property itself is drawn.
    rng
        Source of randomness.
    draws
        Number of draws of (k, a_A, a_O).
    anion_ionization_energy
        [eV].
    calibration
        By default the stored one.

    Returns
    -------
    numpy.ndarray
        Shape ``(draws, n)``. A draw is one calibration: its row is correlated from material to material.
    """
    calibration = calibration or stored_calibration()
    constants = calibration_draws(rng, draws, calibration)
    arguments = (ionization_energy, mean_free_path, bond_energy)
    return _law(arguments, constants, calibration.coupling, anion_ionization_energy)
