"""Breakdown of a point given by its numbers instead of a composition: ionization energy, mean free path, bond energy.

Units: eV, angstrom; fields of the measure in MV/m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field

from entrox.breakdown.alloy import MeanParameters, given_parameters
from entrox.breakdown.ensemble import default_settings, run_ensemble
from entrox.breakdown.model import AvalancheModel
from entrox.core import check_positive
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["POINT_MEASURE", "ParameterPoint", "PointSettings", "breakdown_of_point"]


@dataclass(frozen=True)
class ParameterPoint:
    """A material of given parameters.

    Parameters
    ----------
    ionization_energy
        W_i of the cation [eV].
    mean_free_path
        lambda [angstrom].
    bond_energy
        W_b [eV].
    """

    ionization_energy: float
    mean_free_path: float
    bond_energy: float

    def __post_init__(self) -> None:
        check_positive(self.ionization_energy, "ionization_energy", "eV")
        check_positive(self.mean_free_path, "mean_free_path", "angstrom")
        check_positive(self.bond_energy, "bond_energy", "eV")

    @property
    def identity(self) -> str:
        """Text that two points share only if all their numbers are equal to the last bit."""
        values = (self.ionization_energy, self.mean_free_path, self.bond_energy)
        return "parameter point " + " ".join(repr(float(value)) for value in values)

    @property
    def formula(self) -> str:
        """Text for people who read the store."""
        return (
            f"W_i {self.ionization_energy:g} eV, lambda {self.mean_free_path:g} angstrom, W_b {self.bond_energy:g} eV"
        )

    def parameters(self) -> MeanParameters:
        """Return the parameters of the avalanche in the AO plane."""
        return given_parameters(self.ionization_energy, self.mean_free_path, self.bond_energy, material=self.formula)


class PointSettings(MeasureSettings):
    """Settings of a point; the defaults are the published two-dimensional mode."""

    seeds: int = Field(default=8, ge=1)
    cells: int = Field(default=15, ge=2)
    maximum_field_mv_per_m: float = Field(default=20_000.0, gt=0)


def breakdown_of_point(point: ParameterPoint, settings: PointSettings, rng: np.random.Generator) -> Mapping[str, Any]:
    """Simulate one point; fields [MV/m], NaN where a seed formed no channel."""
    ensemble = run_ensemble(
        point.parameters(),
        rng,
        seeds=settings.seeds,
        model=AvalancheModel(cells=settings.cells),
        settings=default_settings(maximum_field=settings.maximum_field_mv_per_m * MEGA),
    )
    return {
        "breakdown_fields_mv_per_m": ensemble.breakdown_fields / MEGA,
        "onset_field_mv_per_m": None if ensemble.onset_field is None else ensemble.onset_field / MEGA,
        "threshold_law_mv_per_m": ensemble.threshold_law / MEGA,
        "warnings": (ensemble.reason,) if ensemble.reason else (),
    }


POINT_MEASURE = Measure(
    name="breakdown of given parameters",
    description="breakdown field by atomic-scale electron avalanche at given W_i, lambda and W_b, two dimensions",
    quantities=(
        Quantity("breakdown_fields_mv_per_m", "MV/m", "breakdown field of each seed", axes=("seed",)),
        Quantity("onset_field_mv_per_m", "MV/m", "onset field, first broken bond"),
        Quantity("threshold_law_mv_per_m", "MV/m", "onset field by the threshold law"),
    ),
    settings=PointSettings,
    evaluate=breakdown_of_point,
)
"""For sweeps over points; not one of ``MEASURES``, which take compositions."""
