r"""Calibration: ramp rate and two cloud amplitudes, fitted once to four published breakdown fields.

The model has three numbers that nothing else fixes: the ramp rate k (only k / nu0 matters) and the two amplitudes a_A
and a_O of the threshold law. The permittivity, the widths of the charge clouds and the region of a bond enter only
through the amplitudes; we fix the permittivity and the ratio of the two Gaussians of a pattern by convention and let
the two cloud widths carry the fit. A published field is that of a spanned channel: the model for it is the onset plus
the ramp during the simulated propagation, averaged over seeds.

The four points are calibration, not prediction. The stored result lies in ``data/calibration.toml``.
Units: V/m, angstrom, eV, V/(m s).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from entrox.breakdown.bonds import BondForms, bond_forms
from entrox.breakdown.field import ChargePattern
from entrox.breakdown.plane import CrystalPlane, build_sample, perovskite_plane
from entrox.breakdown.threshold import threshold_field
from entrox.core import InputError, Result, check_integer, check_positive, generator, quantity
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = [
    "ANION_IONIZATION_ENERGY",
    "Calibration",
    "CalibrationPoint",
    "calibrate",
    "calibrated_forms",
    "calibrated_patterns",
    "calibrated_plane",
    "calibration_error",
    "published_points",
    "stored_calibration",
]

Floats = NDArray[np.float64]

LATTICE_PARAMETER = 4.0
"""Cell of the model plane [angstrom]: 15 cells are the 6 nm of the published sample."""
PERMITTIVITY = 300.0
"""Relative permittivity, of the order of BaTiO3 films; a convention, see the module's text."""
PEAK_DENSITY = {"cation": 0.2, "anion": 1.2}
"""Peak electron densities of the AO plane before any field [e/angstrom^2]."""
HOLE_OVER_CLOUD = {"cation": 0.5, "anion": 2.0}
"""Width of the hole over that of the cloud: a compact core on the cation, a shared hole on the anion."""
WIDTH_RANGE = (0.3, 1.2)
"""Cloud widths that the fit may choose [angstrom]: between an ionic core and the half length of the bond."""
ANION_IONIZATION_ENERGY = 13.61806
"""First ionization energy of oxygen [eV], NIST ASD."""


@dataclass(frozen=True)
class CalibrationPoint:
    """One published breakdown field of the AO plane."""

    ionization_energy: float
    mean_free_path: float
    bond_energy: float
    breakdown_field: float
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Calibration(Result):
    """Fitted constants of the model with their health."""

    ramp_rate: float = quantity("V/(m s)", "ramp rate k at nu0 = 1/ps")
    cloud_width_cation: float = quantity("angstrom", "width of the cation's electron cloud")
    cloud_width_anion: float = quantity("angstrom", "width of the anion's electron cloud")
    amplitude_cation: float = quantity("sqrt(eV)", "amplitude a_A of the threshold law")
    amplitude_anion: float = quantity("sqrt(eV)", "amplitude a_O of the threshold law")
    coupling: float = quantity("1", "cosine between the two fields over the region of a bond")
    residuals: Floats = quantity("1", "model over published field, minus one", axes=("point",))
    covariance: Floats = quantity("1", "covariance of (ln k, ln a_A, ln a_O)", axes=("row", "column"))
    seeds: int = quantity("1", "avalanches per point")
    converged: bool = quantity("1", "whether the fit settled")


@cache
def _document() -> dict[str, Any]:
    text = files("entrox.breakdown").joinpath("data/calibration.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def published_points() -> tuple[CalibrationPoint, ...]:
    """Return the four published fields that the stored calibration was fitted to."""
    return tuple(
        CalibrationPoint(
            ionization_energy=row["ionization_energy_ev"],
            mean_free_path=row["mean_free_path_angstrom"],
            bond_energy=row["bond_energy_ev"],
            breakdown_field=row["breakdown_field_mv_per_m"] * MEGA,
            label=row["label"],
        )
        for row in _document()["point"]
    )


@cache
def stored_calibration() -> Calibration:
    """Return the calibration that ships with the package, the result of :func:`calibrate` with its defaults."""
    stored = _document()["result"]
    return Calibration(
        ramp_rate=stored["ramp_rate_mv_per_m_per_ps"] * MEGA * 1e12,
        cloud_width_cation=stored["cloud_width_cation_angstrom"],
        cloud_width_anion=stored["cloud_width_anion_angstrom"],
        amplitude_cation=stored["amplitude_cation_sqrt_ev"],
        amplitude_anion=stored["amplitude_anion_sqrt_ev"],
        coupling=stored["coupling"],
        residuals=np.array(stored["residuals"]),
        covariance=np.array(stored["covariance"]),
        seeds=stored["seeds"],
        converged=stored["converged"],
    )


def _patterns(width_cation: float, width_anion: float) -> dict[str, ChargePattern]:
    widths = {"cation": width_cation, "anion": width_anion}
    return {
        kind: ChargePattern(PEAK_DENSITY[kind], width, HOLE_OVER_CLOUD[kind] * width) for kind, width in widths.items()
    }


def calibrated_patterns(calibration: Calibration | None = None) -> dict[str, ChargePattern]:
    """Return the charge patterns ``"cation"`` and ``"anion"`` of a calibration, by default the stored one."""
    calibration = calibration or stored_calibration()
    return _patterns(calibration.cloud_width_cation, calibration.cloud_width_anion)


@cache
def calibrated_plane(plane: str = "AO") -> CrystalPlane:
    """Return the model plane ``"AO"`` or ``"BO2"`` in the cell of the calibration."""
    return perovskite_plane(LATTICE_PARAMETER, "A" if plane == "AO" else "B", "O", plane)


@cache
def calibrated_forms(plane: str = "AO") -> BondForms:
    """Return the bond forms of the model plane with the stored calibration."""
    return bond_forms(calibrated_plane(plane), calibrated_patterns(), PERMITTIVITY)


def amplitudes(forms: BondForms, plane: CrystalPlane, bond: int = 0) -> tuple[float, float, float]:
    """Return the amplitudes a_A, a_O [sqrt(eV)] and the coupling of one bond of a plane with two kinds of ions."""
    density = np.where(plane.is_anion, PEAK_DENSITY["anion"], PEAK_DENSITY["cation"])
    form = forms.by_site(len(plane.species))[bond] * density[:, None] * density[None, :]
    cation, anion = ~plane.is_anion, plane.is_anion
    energy_a, energy_o = form[np.ix_(cation, cation)].sum(), form[np.ix_(anion, anion)].sum()
    amplitude_a, amplitude_o = float(np.sqrt(energy_a)), float(np.sqrt(energy_o))
    return amplitude_a, amplitude_o, float(form[np.ix_(cation, anion)].sum() / (amplitude_a * amplitude_o))


def calibrate(
    points: Sequence[CalibrationPoint] | None = None, *, seeds: int = 256, seed: int = 1, rounds: int = 4
) -> Calibration:
    """Fit ramp rate and cloud widths so that onset plus simulated propagation gives the published fields.

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
    published = np.array([check_positive(point.breakdown_field, "breakdown_field", "V/m") for point in points])
    parameters = np.log([11.5 * MEGA * 1e12, 0.7, 0.9])
    propagation = np.full(len(points), 2e-12)
    narrow, wide = WIDTH_RANGE
    bounds = np.log([1e18, narrow, narrow]), np.log([1e20, wide, wide])

    def misfit(trial: Floats, times: Floats) -> Floats:
        return np.asarray(_model(trial, points, times) / published - 1.0)

    for _ in range(check_integer(rounds, "rounds", low=1)):
        fit = least_squares(
            misfit,
            parameters,
            args=(propagation,),
            bounds=bounds,
            x_scale=0.1,
            diff_step=np.full(3, 1e-3),
            xtol=1e-10,
        )
        parameters = fit.x
        propagation = _propagation_times(parameters, points, seeds, seed)
    residuals = _model(parameters, points, propagation) / published - 1.0
    rate, width_a, width_o = np.exp(parameters)
    plane = calibrated_plane("AO")
    amplitude_a, amplitude_o, coupling = amplitudes(bond_forms(plane, _patterns(width_a, width_o), PERMITTIVITY), plane)
    return Calibration(
        ramp_rate=float(rate),
        cloud_width_cation=float(width_a),
        cloud_width_anion=float(width_o),
        amplitude_cation=amplitude_a,
        amplitude_anion=amplitude_o,
        coupling=coupling,
        residuals=residuals,
        covariance=_covariance(np.array([np.log(rate), np.log(amplitude_a), np.log(amplitude_o)]), coupling, points,
                               propagation, residuals),
        seeds=seeds,
        converged=bool(fit.success),
    )  # fmt: skip


def _model(parameters: Floats, points: Sequence[CalibrationPoint], propagation: Floats) -> Floats:
    """Onset plus ramp during the propagation [V/m] for parameters (ln k, ln width_A, ln width_O)."""
    rate, width_a, width_o = np.exp(parameters)
    plane = calibrated_plane("AO")
    amplitude_a, amplitude_o, coupling = amplitudes(bond_forms(plane, _patterns(width_a, width_o), PERMITTIVITY), plane)
    return np.asarray(_onset(points, rate, amplitude_a, amplitude_o, coupling) + rate * propagation)


def _onset(points: Sequence[CalibrationPoint], rate: float, cation: float, anion: float, coupling: float) -> Floats:
    return threshold_field(
        [point.ionization_energy for point in points],
        [point.mean_free_path for point in points],
        [point.bond_energy for point in points],
        ramp_rate=rate,
        amplitude_cation=cation,
        amplitude_anion=anion,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        coupling=coupling,
    )


def _propagation_times(parameters: Floats, points: Sequence[CalibrationPoint], seeds: int, seed: int) -> Floats:
    """Mean time from the onset to the spanning channel at each point [s]."""
    from entrox.breakdown.avalanche import AvalancheSettings, run_avalanche, uniform_properties

    rate, width_a, width_o = np.exp(parameters)
    patterns = _patterns(width_a, width_o)
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
    logs: Floats, coupling: float, points: Sequence[CalibrationPoint], propagation: Floats, residuals: Floats
) -> Floats:
    """Covariance of (ln k, ln a_A, ln a_O) from the scatter of the residuals, not below the rounding of the fields.

    The amplitude of the anion is hardly determined by four fields: a prior of a factor e keeps its row finite.
    """
    published = np.array([point.breakdown_field for point in points])
    columns = []
    for index in range(3):
        shifted = []
        for sign in (1.0, -1.0):
            trial = logs.copy()
            trial[index] += sign * 1e-4
            rate, cation, anion = np.exp(trial)
            shifted.append(_onset(points, rate, cation, anion, coupling) + rate * propagation)
        columns.append((shifted[0] - shifted[1]) / 2e-4 / published)
    jacobian = np.stack(columns, axis=1)
    rounding = 0.5 * MEGA / published.mean() / np.sqrt(3.0)
    variance = max(float((residuals**2).sum()) / max(len(points) - 3, 1), rounding**2)
    return np.asarray(np.linalg.inv(jacobian.T @ jacobian / variance + np.diag([0.0, 0.0, 1.0])))


def calibration_error(
    ionization_energy: ArrayLike,
    mean_free_path: ArrayLike,
    bond_energy: ArrayLike,
    *,
    calibration: Calibration | None = None,
    anion_ionization_energy: float = ANION_IONIZATION_ENERGY,
) -> Floats:
    """Relative standard error of the onset field that the uncertainty of the calibration causes [1].

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        [eV], [angstrom], [eV]; broadcast against one another.
    calibration
        By default the stored one.
    anion_ionization_energy
        [eV].
    """
    calibration = calibration or stored_calibration()
    logs = np.log([calibration.ramp_rate, calibration.amplitude_cation, calibration.amplitude_anion])
    gradients = []
    for index in range(3):
        shifted = []
        for sign in (1.0, -1.0):
            trial = logs.copy()
            trial[index] += sign * 1e-4
            rate, cation, anion = np.exp(trial)
            onset = threshold_field(
                ionization_energy,
                mean_free_path,
                bond_energy,
                ramp_rate=rate,
                amplitude_cation=cation,
                amplitude_anion=anion,
                anion_ionization_energy=anion_ionization_energy,
                coupling=calibration.coupling,
            )
            shifted.append(np.log(onset))
        gradients.append((shifted[0] - shifted[1]) / 2e-4)
    gradient = np.stack(gradients, axis=-1)
    variance = np.einsum("...i,ij,...j->...", gradient, np.asarray(calibration.covariance), gradient)
    return np.asarray(np.sqrt(variance))
