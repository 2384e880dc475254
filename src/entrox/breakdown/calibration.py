"""Constants of the model: what was calibrated, what is convention, and the lattices and patterns made of them.

The fit itself is in ``calibrate.py``; its result and the published numbers that it used lie in
``data/calibration.toml``.
Units: V/m, angstrom, eV, V/(m s).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.breakdown.bonds import BondForms, bond_forms
from entrox.breakdown.crystal import perovskite_crystal
from entrox.breakdown.field import ChargePattern
from entrox.breakdown.lattice import IonLattice
from entrox.breakdown.plane import perovskite_plane
from entrox.breakdown.threshold import threshold_field
from entrox.core import Result, quantity
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = [
    "ANION_IONIZATION_ENERGY",
    "Calibration",
    "CalibrationPoint",
    "calibrated_crystal",
    "calibrated_forms",
    "calibrated_patterns",
    "calibrated_plane",
    "calibration_error",
    "published_map_slope",
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
    """Fitted constants of the model with their health.

    ``residuals`` are those of the published fields, then that of the published slope of the map.
    """

    ramp_rate: float = quantity("V/(m s)", "ramp rate k at nu0 = 1/ps")
    cloud_width_cation: float = quantity("angstrom", "width of the cation's electron cloud")
    cloud_width_anion: float = quantity("angstrom", "width of the anion's electron cloud")
    amplitude_cation: float = quantity("sqrt(eV)", "amplitude a_A of the threshold law")
    amplitude_anion: float = quantity("sqrt(eV)", "amplitude a_O of the threshold law")
    coupling: float = quantity("1", "cosine between the two fields over the region of a bond")
    residuals: Floats = quantity("1", "model over published value, minus one", axes=("point",))
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


def published_map_slope() -> float:
    """Return the published regression coefficient of ln W_i over the map [V/m]; the calibration uses it."""
    return float(_document()["map"]["ionization_coefficient_mv_per_m"]) * MEGA


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


def cloud_patterns(width_cation: float, width_anion: float) -> dict[str, ChargePattern]:
    """Return the charge patterns in a plane for two cloud widths [angstrom]."""
    widths = {"cation": width_cation, "anion": width_anion}
    return {
        kind: ChargePattern(PEAK_DENSITY[kind], width, HOLE_OVER_CLOUD[kind] * width) for kind, width in widths.items()
    }


def calibrated_patterns(calibration: Calibration | None = None) -> dict[str, ChargePattern]:
    """Return the charge patterns ``"cation"`` and ``"anion"`` of a calibration, by default the stored one."""
    calibration = calibration or stored_calibration()
    return cloud_patterns(calibration.cloud_width_cation, calibration.cloud_width_anion)


def vacancy_pattern(calibration: Calibration | None = None) -> ChargePattern:
    """Return the pattern of the electrons of a vacancy: the missing anion's, with the amplitude of the cation.

    A released density counts as peak density of the cation's cloud; since the cloud sits on the anion's place and has
    its widths, the density is scaled so that the electric energy of the bond is the same.
    """
    calibration = calibration or stored_calibration()
    anion = calibrated_patterns(calibration)["anion"]
    per_cation = calibration.amplitude_cation / PEAK_DENSITY["cation"]
    per_anion = calibration.amplitude_anion / PEAK_DENSITY["anion"]
    return ChargePattern(per_cation / per_anion, anion.cloud_width, anion.hole_width)


def published_vacancy_field() -> tuple[float, float]:
    """Return trap depth [eV] and breakdown field [V/m] of the published point that fixed the optical permittivity."""
    stored = _document()["vacancy"]
    return float(stored["trap_depth_ev"]), float(stored["breakdown_field_mv_per_m"]) * MEGA


def stored_optical_permittivity() -> float:
    """Return the optical permittivity K fitted once to one published field of BaTiO3 with vacancies."""
    return float(_document()["vacancy"]["optical_permittivity"])


@cache
def space_patterns() -> dict[str, ChargePattern]:
    """Return the charge patterns in space: the same widths, peak densities in e/angstrom^3.

    The densities are those that give the A-O bond of the perovskite the calibrated amplitudes; ``tests`` compute them
    anew from the forms.
    """
    stored = _document()["space"]
    plane = calibrated_patterns()
    density = {kind: stored[f"density_{kind}_e_per_angstrom3"] for kind in ("cation", "anion")}
    return {kind: replace(plane[kind], density=value) for kind, value in density.items()}


@cache
def calibrated_crystal() -> IonLattice:
    """Return the model perovskite in space, in the cell of the calibration."""
    return perovskite_crystal(LATTICE_PARAMETER)


@cache
def calibrated_plane(plane: str = "AO") -> IonLattice:
    """Return the model plane ``"AO"`` or ``"BO2"`` in the cell of the calibration."""
    return perovskite_plane(LATTICE_PARAMETER, "A" if plane == "AO" else "B", "O", plane)


@cache
def calibrated_forms(plane: str = "AO") -> BondForms:
    """Return the bond forms of the model plane with the stored calibration."""
    return bond_forms(calibrated_plane(plane), calibrated_patterns(), PERMITTIVITY)


def amplitudes(forms: BondForms, plane: IonLattice, bond: int = 0) -> tuple[float, float, float]:
    """Return the amplitudes a_A, a_O [sqrt(eV)] and the coupling of one bond of a plane with two kinds of ions."""
    density = np.where(plane.is_anion, PEAK_DENSITY["anion"], PEAK_DENSITY["cation"])
    form = forms.by_site(len(plane.species))[bond] * density[:, None] * density[None, :]
    cation, anion = ~plane.is_anion, plane.is_anion
    energy_a, energy_o = form[np.ix_(cation, cation)].sum(), form[np.ix_(anion, anion)].sum()
    amplitude_a, amplitude_o = float(np.sqrt(energy_a)), float(np.sqrt(energy_o))
    return amplitude_a, amplitude_o, float(form[np.ix_(cation, anion)].sum() / (amplitude_a * amplitude_o))


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
    step = 1e-4
    onsets = [
        threshold_field(
            ionization_energy,
            mean_free_path,
            bond_energy,
            ramp_rate=rate,
            amplitude_cation=cation,
            amplitude_anion=anion,
            anion_ionization_energy=anion_ionization_energy,
            coupling=calibration.coupling,
        )
        for direction in np.eye(3)
        for rate, cation, anion in np.exp([logs + step * direction, logs - step * direction])
    ]
    gradient = np.stack(
        [np.log(up / down) / (2 * step) for up, down in zip(onsets[::2], onsets[1::2], strict=True)], -1
    )
    variance = np.einsum("...i,ij,...j->...", gradient, np.asarray(calibration.covariance), gradient)
    return np.asarray(np.sqrt(variance))
