"""Measures of the room: the barrier of a composition, from free energies that the user has along a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from entrox.composition import Composition
from entrox.core import InputError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.points_along import value_along
from entrox.core.result import Quantity
from entrox.thermo.substitutional import atoms_per_formula, substitutional_surplus
from entrox.thermo.uncertain_barrier import nucleation_result

__all__ = ["MEASURES", "NucleationMeasureSettings", "nucleation_of_composition"]

Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class NucleationMeasureSettings(MeasureSettings):
    """Settings of the nucleation measure.

    ``x`` and ``df_j_per_m3`` are points of the free-energy density, amorphous minus crystal, along the family; one
    point without ``x`` holds for all compositions. Between points it is interpolated, outside there is no answer.
    ``substitutional = "all-cations"`` subtracts what a glass gains that mixes all cations; it needs the volume.
    """

    temperature_k: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    df_j_per_m3: tuple[Finite, ...] = Field(min_length=1)
    df_error_j_per_m3: tuple[NotNegative, ...] = ()
    x: tuple[Finite, ...] = ()
    gamma_j_per_m2: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    gamma_error_j_per_m2: NotNegative = 0.0
    direction: Literal["amorphous-in-crystal", "crystal-in-amorphous"] = "amorphous-in-crystal"
    contact_angle_deg: Annotated[float, Field(gt=0, le=180)] = 180.0
    substitutional: Literal["same", "all-cations"] = "same"
    volume_angstrom3_per_atom: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    draws: Annotated[int, Field(ge=100)] = 20_000

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = len(self.df_j_per_m3)
        if len(self.x) != count and not (count == 1 and not self.x):
            raise ValueError("x needs one value for each df_j_per_m3, or none for a single one")
        if self.df_error_j_per_m3 and len(self.df_error_j_per_m3) != count:
            raise ValueError("df_error_j_per_m3 needs one value for each df_j_per_m3")
        if any(b <= a for a, b in zip(self.x, self.x[1:], strict=False)):
            raise ValueError("x must rise")
        if self.substitutional == "all-cations" and self.volume_angstrom3_per_atom is None:
            raise ValueError("substitutional = 'all-cations' needs volume_angstrom3_per_atom")
        return self


def nucleation_of_composition(
    composition: Composition, settings: NucleationMeasureSettings, rng: np.random.Generator
) -> Mapping[str, Any]:
    """Barrier of one composition."""
    found: dict[str, Any] = {declared.name: None for declared in _QUANTITIES}
    density, error, notes = _free_energy(composition, settings)
    if density is None:
        return {**found, "warnings": notes}
    if settings.substitutional == "all-cations":
        assert settings.volume_angstrom3_per_atom is not None
        volume = settings.volume_angstrom3_per_atom * atoms_per_formula(composition)
        surplus = substitutional_surplus(composition, settings.temperature_k, volume)
        assert surplus.energy_j_per_m3 is not None
        density -= surplus.energy_j_per_m3
        found["substitutional_surplus_r"] = surplus.surplus_r
    result = nucleation_result(
        density,
        settings.temperature_k,
        df_error_j_per_m3=error,
        gamma_j_per_m2=settings.gamma_j_per_m2,
        gamma_error_j_per_m2=settings.gamma_error_j_per_m2,
        direction=settings.direction,
        contact_angle_deg=settings.contact_angle_deg,
        rng=rng,
        draws=settings.draws,
    )
    found |= {
        "df_j_per_m3": result.df_j_per_m3,
        "critical_radius_nm": result.critical_radius_nm,
        "barrier_ev": result.barrier_ev,
        "barrier_low_ev": result.barrier_p05_ev,
        "barrier_high_ev": result.barrier_p95_ev,
        "barrier_kt": result.barrier_kt,
        "log10_rate": result.log10_rate,
        "log10_rate_low": result.log10_rate_p05,
        "log10_rate_high": result.log10_rate_p95,
        "p_no_barrier": result.p_no_barrier,
    }
    return {**found, "warnings": (*notes, *result.warnings)}


def _free_energy(
    composition: Composition, settings: NucleationMeasureSettings
) -> tuple[float | None, float, tuple[str, ...]]:
    """Free-energy density of a composition, its error, and remarks; None outside the points."""
    values = settings.df_j_per_m3
    errors = settings.df_error_j_per_m3 or (0.0,) * len(values)
    if not settings.x:
        return values[0], errors[0], ("one free energy is taken for every composition",)
    if composition.x is None:
        raise InputError(f"{composition.formula} has no x; give one df_j_per_m3 without x.")
    found = value_along(composition.x, settings.x, values, errors)
    if found is None:
        notice = f"x = {composition.x:g} lies outside the points of the free energy: no barrier is given"
        return None, 0.0, (notice,)
    return *found, ()


_QUANTITIES = (
    Quantity("substitutional_surplus_r", "R", "entropy per formula unit of a glass that mixes all cations"),
    Quantity("df_j_per_m3", "J/m3", "free-energy density, amorphous minus crystal"),
    Quantity("critical_radius_nm", "nm", "critical radius"),
    Quantity("barrier_ev", "eV", "barrier of nucleation"),
    Quantity("barrier_low_ev", "eV", "barrier of nucleation, 5 % quantile"),
    Quantity("barrier_high_ev", "eV", "barrier of nucleation, 95 % quantile"),
    Quantity("barrier_kt", "kT", "barrier of nucleation in units of kT"),
    Quantity("log10_rate", "1", "decimal logarithm of the nucleation rate over its kinetic factor"),
    Quantity("log10_rate_low", "1", "decimal logarithm of that rate, 5 % quantile"),
    Quantity("log10_rate_high", "1", "decimal logarithm of that rate, 95 % quantile"),
    Quantity("p_no_barrier", "1", "share of draws without a barrier"),
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="nucleation",
        description="barrier, critical radius and rate of a nucleus, from free energies given along the family",
        quantities=_QUANTITIES,
        settings=NucleationMeasureSettings,
        evaluate=nucleation_of_composition,
        needs_x=True,
    ),
)
