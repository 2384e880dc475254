"""Measures of the room: the breakdown field of a composition with its spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field

from entrox.breakdown.alloy import MEAN_FREE_PATH_FLOOR, linear_mean_free_path, mean_parameters
from entrox.breakdown.calibration import stored_optical_permittivity
from entrox.breakdown.ensemble import BreakdownEnsemble, default_settings, run_ensemble
from entrox.breakdown.model import AvalancheModel
from entrox.breakdown.vacancies import Trap
from entrox.composition import Composition
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.core.units import SECOND_PER_PICOSECOND
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["MEASURES", "BreakdownMeasureSettings"]


class BreakdownMeasureSettings(MeasureSettings):
    """Settings of the breakdown measure; the defaults are the published two-dimensional mode.

    ``alloy``, ``clustering``, ``dimensions`` and ``enhancement`` are those of ``AvalancheModel``; a trap depth puts
    vacancies on ``vacancy_fraction`` of the anion sites.
    """

    seeds: int = Field(default=32, ge=1)
    plane: Literal["AO", "BO2"] = "AO"
    cells: int = Field(default=15, ge=2)
    mean_free_path_angstrom: float | None = Field(default=None, gt=0)
    mean_free_path_floor_angstrom: float = Field(default=MEAN_FREE_PATH_FLOOR, gt=0)
    ramp_mv_per_m_per_ps: float | None = Field(default=None, gt=0)
    maximum_field_mv_per_m: float = Field(default=20_000.0, gt=0)
    dimensions: Literal[2, 3] = 2
    alloy: Literal["mean", "explicit"] = "mean"
    clustering: float = Field(default=0.0, ge=-1, le=1)
    enhancement: bool | None = None
    trap_depth_ev: float | None = Field(default=None, gt=0)
    trap_density_per_m3: float = Field(default=8e24, gt=0)
    optical_permittivity: float = Field(default=stored_optical_permittivity(), ge=1)
    temperature_k: float = Field(default=300.0, gt=0)
    vacancy_fraction: float = Field(default=1.0, ge=0, le=1)

    def model(self) -> AvalancheModel:
        """Return what is simulated."""
        trap = None
        if self.trap_depth_ev is not None:
            trap = Trap(
                depth=self.trap_depth_ev,
                density=self.trap_density_per_m3,
                optical_permittivity=self.optical_permittivity,
                temperature=self.temperature_k,
            )
        return AvalancheModel(
            dimensions=self.dimensions,
            cells=self.cells,
            alloy=self.alloy,
            clustering=self.clustering,
            enhancement=self.enhancement,
            trap=trap,
            vacancy_fraction=self.vacancy_fraction,
        )


def breakdown_of_composition(
    composition: Composition, settings: BreakdownMeasureSettings, rng: np.random.Generator
) -> Mapping[str, Any]:
    """Simulate the breakdown of one composition."""
    floor = settings.mean_free_path_floor_angstrom
    parameters = mean_parameters(
        composition,
        plane=settings.plane,
        host_path=settings.mean_free_path_angstrom,
        mean_free_path_law=lambda host, distortion: linear_mean_free_path(host, distortion, floor=floor),
    )
    ramp = (
        None if settings.ramp_mv_per_m_per_ps is None else settings.ramp_mv_per_m_per_ps * MEGA / SECOND_PER_PICOSECOND
    )
    ensemble = run_ensemble(
        parameters,
        rng,
        seeds=settings.seeds,
        model=settings.model(),
        settings=default_settings(ramp, maximum_field=settings.maximum_field_mv_per_m * MEGA),
    )
    return _values(ensemble)


def _values(ensemble: BreakdownEnsemble) -> dict[str, Any]:
    """Quantities of the measure in the units of the table."""

    def mega(value: float | None) -> float | None:
        return None if value is None else value / MEGA

    parameters, interval, weibull = ensemble.parameters, ensemble.mean_interval, ensemble.weibull
    warnings = ensemble.warnings + ((ensemble.reason,) if ensemble.reason else ())
    return {
        "breakdown_field_mv_per_m": mega(ensemble.mean),
        "breakdown_field_std_mv_per_m": mega(ensemble.std),
        "breakdown_field_low_mv_per_m": mega(interval[0]) if interval else None,
        "breakdown_field_high_mv_per_m": mega(interval[1]) if interval else None,
        "onset_field_mv_per_m": mega(ensemble.onset_field),
        "threshold_law_mv_per_m": mega(ensemble.threshold_law),
        "threshold_law_low_mv_per_m": mega(ensemble.path_band[0]),
        "threshold_law_high_mv_per_m": mega(ensemble.path_band[1]),
        "weibull_modulus": weibull.modulus_unbiased if weibull else None,
        "weibull_scale_mv_per_m": mega(weibull.scale) if weibull else None,
        "ionization_energy_ev": parameters.ionization_energy,
        "bond_energy_ev": parameters.bond_energy,
        "mean_free_path_angstrom": parameters.mean_free_path,
        "breakdown_fields_mv_per_m": ensemble.breakdown_fields / MEGA,
        "warnings": warnings,
    }


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="breakdown",
        description="breakdown field by atomic-scale electron avalanche",
        quantities=(
            Quantity("breakdown_field_mv_per_m", "MV/m", "breakdown field, mean over seeds"),
            Quantity("breakdown_field_std_mv_per_m", "MV/m", "standard deviation of the breakdown field over seeds"),
            Quantity(
                "breakdown_field_low_mv_per_m", "MV/m", "breakdown field, lower end of the 95 % interval of the mean"
            ),
            Quantity(
                "breakdown_field_high_mv_per_m", "MV/m", "breakdown field, upper end of the 95 % interval of the mean"
            ),
            Quantity("onset_field_mv_per_m", "MV/m", "onset field, first broken bond"),
            Quantity("threshold_law_mv_per_m", "MV/m", "onset field by the threshold law"),
            Quantity("threshold_law_low_mv_per_m", "MV/m", "threshold law at the longest plausible mean free path"),
            Quantity("threshold_law_high_mv_per_m", "MV/m", "threshold law at the shortest plausible mean free path"),
            Quantity("weibull_modulus", "1", "Weibull modulus, bias removed"),
            Quantity("weibull_scale_mv_per_m", "MV/m", "Weibull scale, 63.2 % value"),
            Quantity("ionization_energy_ev", "eV", "smallest ionization energy in the plane"),
            Quantity("bond_energy_ev", "eV", "mean bond energy with strain"),
            Quantity("mean_free_path_angstrom", "angstrom", "electron mean free path"),
            Quantity("breakdown_fields_mv_per_m", "MV/m", "breakdown field of each seed", axes=("seed",)),
        ),
        settings=BreakdownMeasureSettings,
        evaluate=breakdown_of_composition,
    ),
)
