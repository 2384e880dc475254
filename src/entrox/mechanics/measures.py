"""Measures of the room: how far a film can be bent, from the strain at which it breaks.

The strain at failure is given by the user; nothing here predicts it from the composition.
Units of the table: micrometers; strains as fractions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from entrox.composition import Composition
from entrox.core import InputError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.points_along import value_along
from entrox.core.result import Quantity
from entrox.core.units import METER_PER_MICROMETER, PERCENT
from entrox.mechanics.smallest_radius import BendingLimit, bending_limit
from entrox.mechanics.strain import LARGEST_STRAIN

__all__ = ["MEASURES", "BendingMeasureSettings", "bending_of_composition"]

SAME_FOR_ALL = (
    "bending limit: the failure strain is a setting, one for every composition, so the limit is the same for all; "
    "nothing of the composition enters"
)
STRAIN_ALONE = "bending limit: no error of the failure strain is given; the interval holds what was given alone"

Strain = Annotated[float, Field(gt=0, le=LARGEST_STRAIN * PERCENT)]
Error = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class BendingMeasureSettings(MeasureSettings):
    """Settings of the bending measure.

    ``thickness_um`` and its error are those of a film of one layer. ``failure_strain_percent`` is the strain of the
    outer face at which it breaks, one number for all compositions or, with ``x``, one for each point along the family;
    between points it is interpolated, outside there is no answer. ``measure`` says which strain it is. Errors are
    standard errors. ``length_um`` tells whether the film is long enough for a fold by 180 degrees at all.
    """

    thickness_um: Length
    thickness_error_um: Error = 0.0
    failure_strain_percent: tuple[Strain, ...] = Field(min_length=1)
    failure_strain_error_percent: tuple[Error, ...] = ()
    x: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] = ()
    measure: Literal["mid_line", "nominal", "logarithmic", "green"] = "nominal"
    length_um: Length | None = None

    @field_validator("failure_strain_percent", "failure_strain_error_percent", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, (int, float)) else value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = len(self.failure_strain_percent)
        if len(self.x) != count and not (count == 1 and not self.x):
            raise ValueError("x needs one value for each failure_strain_percent, or none for a single one")
        if self.failure_strain_error_percent and len(self.failure_strain_error_percent) != count:
            raise ValueError("failure_strain_error_percent needs one value for each failure_strain_percent")
        if any(b <= a for a, b in zip(self.x, self.x[1:], strict=False)):
            raise ValueError("x must rise")
        if self.thickness_error_um >= self.thickness_um:
            raise ValueError("thickness_error_um must be smaller than thickness_um")
        return self


def bending_of_composition(
    composition: Composition, settings: BendingMeasureSettings, rng: np.random.Generator
) -> Mapping[str, Any]:
    """Bending limit of a film of one composition."""
    strain = _failure_strain(composition, settings)
    if strain is None:
        notice = f"bending limit: x = {composition.x:g} lies outside the points of the failure strain; none is given"
        return {**dict.fromkeys(declared.name for declared in _QUANTITIES), "warnings": (notice,)}
    found = bending_limit(
        settings.thickness_um * METER_PER_MICROMETER,
        strain[0] / PERCENT,
        thickness_error=settings.thickness_error_um * METER_PER_MICROMETER,
        failure_strain_error=strain[1] / PERCENT,
        measure=settings.measure,
        length=None if settings.length_um is None else settings.length_um * METER_PER_MICROMETER,
    )
    notes = (
        *(() if settings.x else (SAME_FOR_ALL,)),
        *(() if strain[1] else (STRAIN_ALONE,)),
        *(f"bending limit: {text}" for text in found.warnings),
    )
    return {**_values(found), "warnings": notes}


def _failure_strain(composition: Composition, settings: BendingMeasureSettings) -> tuple[float, float] | None:
    """Failure strain and its error [%]; None outside the points."""
    strains = settings.failure_strain_percent
    errors = settings.failure_strain_error_percent or (0.0,) * len(strains)
    if not settings.x:
        return strains[0], errors[0]
    if composition.x is None:
        raise InputError(f"{composition.formula} has no x; give one failure_strain_percent without x.")
    return value_along(composition.x, settings.x, strains, errors)


def _values(found: BendingLimit) -> dict[str, float | None]:
    def um(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else value / METER_PER_MICROMETER

    radius, gap = found.radius_interval or (None, None), found.gap_interval or (None, None)
    return {
        "failure_strain": found.failure_strain,
        "bending_radius_um": um(found.radius),
        "bending_radius_low_um": um(radius[0]),
        "bending_radius_high_um": um(radius[1]),
        "plate_gap_um": um(found.gap),
        "plate_gap_low_um": um(gap[0]),
        "plate_gap_high_um": um(gap[1]),
    }


_QUANTITIES = (
    Quantity("failure_strain", "1", "nominal strain of the outer face at which the film breaks, as given"),
    Quantity("bending_radius_um", "um", "smallest bending radius of the neutral axis"),
    Quantity("bending_radius_low_um", "um", "smallest bending radius, lower end of the 95 % interval"),
    Quantity("bending_radius_high_um", "um", "smallest bending radius, upper end of the 95 % interval"),
    Quantity("plate_gap_um", "um", "smallest gap of a fold between two plates, from neutral axis to neutral axis"),
    Quantity("plate_gap_low_um", "um", "smallest gap of a fold, lower end of the 95 % interval"),
    Quantity("plate_gap_high_um", "um", "smallest gap of a fold, upper end of the 95 % interval"),
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="bending",
        description="smallest bending radius and gap of a fold of a film, from the failure strain that the user has",
        quantities=_QUANTITIES,
        settings=BendingMeasureSettings,
        evaluate=bending_of_composition,
        needs_x=True,
    ),
)
