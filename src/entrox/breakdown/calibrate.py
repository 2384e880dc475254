r"""Calibration: ramp rate and two cloud amplitudes, fitted once to published breakdown fields.

The model has three numbers that nothing else fixes: the ramp rate k (only k / nu0 matters) and the two amplitudes a_A
and a_O of the threshold law. The permittivity, the widths of the charge clouds and the region of a bond enter only
through the amplitudes; we fix the permittivity and the ratio of the two Gaussians of a pattern by convention and let
the two cloud widths carry the fit. A published field is that of a spanned channel: the model for it is the onset plus
the ramp during the simulated propagation, averaged over seeds.

Four published fields alone leave a_O open: along a curved line from 0.02 to 0.18 sqrt(eV) they are met within 0.8 %.
What differs along it is how the field rises with the ionization energy, so the published regression coefficient of
ln W_i over the map is the fifth datum. All five are calibration, not prediction.
Units: V/m, angstrom, eV, V/(m s).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, least_squares

from entrox.breakdown.alloy import given_parameters
from entrox.breakdown.avalanche import run_avalanche
from entrox.breakdown.bonds import bond_forms
from entrox.breakdown.calibration import (
    ANION_IONIZATION_ENERGY,
    PERMITTIVITY,
    Calibration,
    CalibrationPoint,
    amplitudes,
    calibrated_crystal,
    calibrated_patterns,
    calibrated_plane,
    cloud_patterns,
    published_map_slope,
    published_points,
    published_vacancy_field,
    stored_calibration,
)
from entrox.breakdown.ensemble import run_ensemble
from entrox.breakdown.lattice import build_sample
from entrox.breakdown.model import AvalancheModel
from entrox.breakdown.settings import AvalancheSettings, uniform_properties
from entrox.breakdown.threshold import threshold_field
from entrox.breakdown.vacancies import Trap
from entrox.core import InputError, check_integer, check_positive, generator
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["calibrate", "calibrate_optical_permittivity", "calibration_misfits", "space_densities"]

Floats = NDArray[np.float64]

FIELD_ERROR = 0.005
"""Relative error granted to a published field: the printed fields of the same model scatter by as much."""
SLOPE_ERROR = 0.02
"""Relative error granted to the published slope; its own is not published."""
WIDTH_RANGE = (0.3, 1.2)
"""Cloud widths that the fit may choose [angstrom]: between an ionic core and the half length of the bond."""


@cache
def _map_grid() -> tuple[Floats, Floats, Floats, Floats]:
    """Points of the published map, and the row of the least-squares inverse that gives the coefficient of ln W_i."""
    axes = np.linspace(4.0, 10.0, 7), np.linspace(4.0, 16.0, 7), np.linspace(2.0, 10.0, 9)
    ionization, path, bond = (values.ravel() for values in np.meshgrid(*axes, indexing="ij"))
    design = np.stack([np.log(ionization), path**-0.5, bond**0.5, np.ones_like(bond)], axis=1)
    return ionization, path, bond, np.asarray(np.linalg.pinv(design)[0])


def calibration_misfits(
    constants: Floats, coupling: float, propagation: Floats, points: Sequence[CalibrationPoint]
) -> Floats:
    """Misfits of the published fields and of the published slope, each over its granted error.

    Parameters
    ----------
    constants
        Rows of (k [V/(m s)], a_A, a_O [sqrt(eV)]), shape ``(n, 3)``.
    coupling
        Of the threshold law.
    propagation
        Time from onset to breakdown at each point [s], shape ``(n_points,)``.
    points
        The published fields.

    Returns
    -------
    array
        Shape ``(n, n_points + 1)``.
    """
    rate, cation, anion = (column[:, None] for column in np.atleast_2d(constants).T)
    law = {
        "ramp_rate": rate,
        "amplitude_cation": cation,
        "amplitude_anion": anion,
        "anion_ionization_energy": ANION_IONIZATION_ENERGY,
        "coupling": coupling,
    }
    published = np.array([point.breakdown_field for point in points])
    onset = threshold_field(
        [point.ionization_energy for point in points],
        [point.mean_free_path for point in points],
        [point.bond_energy for point in points],
        **law,
    )
    fields = ((onset + rate * propagation) / published - 1.0) / FIELD_ERROR
    ionization, path, bond, inverse = _map_grid()
    # The time of propagation is the same all over the map, so it does not enter the slope.
    slope = threshold_field(ionization, path, bond, **law) @ inverse
    return np.concatenate([fields, (slope[:, None] / published_map_slope() - 1.0) / SLOPE_ERROR], axis=1)


def calibrate(
    points: Sequence[CalibrationPoint] | None = None, *, seeds: int = 256, seed: int = 1, rounds: int = 4
) -> Calibration:
    """Fit ramp rate and cloud widths to published fields and to the published slope of the map.

    Parameters
    ----------
    points
        At least three fields; by default the four published ones.
    seeds
        Avalanches per point and round.
    seed
        Seed of the avalanches; the same for all rounds, so that the fit is smooth.
    rounds
        Alternations between simulating the propagation and fitting; the propagation depends so weakly on the
        parameters that three suffice.

    Raises
    ------
    InputError
        If there are fewer than three points.
    """
    points = published_points() if points is None else tuple(points)
    if len(points) < 3:
        raise InputError(f"a calibration has three parameters and needs at least three points; got {len(points)}.")
    check_integer(seeds, "seeds", low=1)
    for point in points:
        check_positive(point.breakdown_field, "breakdown_field", "V/m")
    narrow, wide = WIDTH_RANGE
    bounds = np.log([1e18, narrow, narrow]), np.log([1e20, wide, wide])
    logs, propagation = np.log([1.1e19, 0.7, 0.7]), np.full(len(points), 2e-12)

    def misfit(trial: Floats, times: Floats) -> Floats:
        constants, coupling = _constants(trial)
        return np.asarray(calibration_misfits(constants[None], coupling, times, points)[0])

    for _ in range(check_integer(rounds, "rounds", low=1)):
        fit = least_squares(
            misfit, logs, args=(propagation,), bounds=bounds, x_scale=0.1, diff_step=np.full(3, 1e-3), xtol=1e-10
        )
        logs = fit.x
        propagation = _propagation_times(logs, points, seeds, seed)
    constants, coupling = _constants(logs)
    misfits = calibration_misfits(constants[None], coupling, propagation, points)[0]
    errors = np.append(np.full(len(points), FIELD_ERROR), SLOPE_ERROR)
    return Calibration(
        ramp_rate=float(constants[0]),
        cloud_width_cation=float(np.exp(logs[1])),
        cloud_width_anion=float(np.exp(logs[2])),
        amplitude_cation=float(constants[1]),
        amplitude_anion=float(constants[2]),
        coupling=coupling,
        residuals=misfits * errors,
        covariance=_covariance(constants, coupling, propagation, points, misfits),
        seeds=seeds,
        converged=bool(fit.success),
    )


def _constants(logs: Floats) -> tuple[Floats, float]:
    """Return (k, a_A, a_O) and the coupling for (ln k, ln width_A, ln width_O)."""
    rate, width_a, width_o = np.exp(logs)
    plane = calibrated_plane("AO")
    forms = bond_forms(plane, cloud_patterns(float(width_a), float(width_o)), PERMITTIVITY)
    cation, anion, coupling = amplitudes(forms, plane)
    return np.array([rate, cation, anion]), coupling


def _propagation_times(logs: Floats, points: Sequence[CalibrationPoint], seeds: int, seed: int) -> Floats:
    """Mean time from the onset to the spanning channel at each point [s]."""
    rate, width_a, width_o = np.exp(logs)
    patterns = cloud_patterns(float(width_a), float(width_o))
    plane = calibrated_plane("AO")
    sample, forms = build_sample(plane), bond_forms(plane, patterns, PERMITTIVITY)
    settings = AvalancheSettings(ramp_rate=float(rate))
    times = np.zeros(len(points))
    for index, point in enumerate(points):
        properties = uniform_properties(
            sample,
            ionization_energy=point.ionization_energy,
            anion_ionization_energy=ANION_IONIZATION_ENERGY,
            mean_free_path=point.mean_free_path,
            bond_energy=point.bond_energy,
        )
        for repetition in range(seeds):
            result = run_avalanche(sample, forms, properties, patterns, settings, generator(seed, repetition))
            if result.breakdown_field is not None and result.onset_field is not None:
                times[index] += (result.breakdown_field - result.onset_field) / (rate * seeds)
    return times


def _covariance(
    constants: Floats, coupling: float, propagation: Floats, points: Sequence[CalibrationPoint], misfits: Floats
) -> Floats:
    """Covariance of (ln k, ln a_A, ln a_O) from the granted errors, widened if the misfits are larger than those."""
    step = 1e-4
    trials = constants * np.exp(step * np.concatenate([np.eye(3), -np.eye(3)]))
    moved = calibration_misfits(trials, coupling, propagation, points)
    jacobian = (moved[:3] - moved[3:]).T / (2 * step)
    scatter = max(float((misfits**2).sum()) / max(len(misfits) - 3, 1), 1.0)
    return np.asarray(scatter * np.linalg.inv(jacobian.T @ jacobian))


def calibrate_optical_permittivity(*, seeds: int = 64, seed: int = 1) -> float:
    """Fit the optical permittivity K to the one published field of BaTiO3 with shallow vacancies.

    Parameters
    ----------
    seeds
        Avalanches per trial value.
    seed
        Seed of the avalanches, the same for all trials.

    Returns
    -------
    float
        K, such that onset plus propagation meets the published field.
    """
    depth, target = published_vacancy_field()
    point = next(point for point in published_points() if point.mean_free_path == 4.0 and point.bond_energy == 5.85)
    parameters = given_parameters(
        point.ionization_energy, point.mean_free_path, point.bond_energy, material=point.label
    )

    def misfit(permittivity: float) -> float:
        model = AvalancheModel(trap=Trap(depth=depth, optical_permittivity=permittivity))
        mean = run_ensemble(parameters, generator(seed), seeds=seeds, model=model).mean
        return float("nan") if mean is None else (mean - target) / MEGA

    root: float = brentq(misfit, 5.0, 8.0, xtol=1e-3)
    return root


def space_densities() -> dict[str, float]:
    """Peak densities in space that give the A-O bond of the perovskite the calibrated amplitudes [e/angstrom^3]."""
    crystal, calibration = calibrated_crystal(), stored_calibration()
    form = bond_forms(crystal, calibrated_patterns(), PERMITTIVITY).by_site(len(crystal.species))
    bond = int(np.flatnonzero(crystal.bonds[:, 0] == 0)[0])
    anions = np.flatnonzero(crystal.is_anion)
    return {
        "cation": calibration.amplitude_cation / float(np.sqrt(form[bond, 0, 0])),
        "anion": calibration.amplitude_anion / float(np.sqrt(form[bond][np.ix_(anions, anions)].sum())),
    }
