"""Settings of the analysis of polar order. Lengths in angstrom, times in ps, temperatures in K."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["MEASURES", "Measure", "PolarSettings"]

Measure = Literal[
    "displacement", "phases", "bonds", "rdf", "domains", "correlation", "tilts", "polarization", "relaxor", "dielectric"
]
MEASURES: tuple[Measure, ...] = (
    "displacement", "phases", "bonds", "rdf", "domains", "correlation", "tilts", "polarization", "relaxor",
    "dielectric",
)  # fmt: skip
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PolarSettings(BaseModel):
    """What is measured, and how.

    Attributes
    ----------
    source
        Where the frames come from: molecular dynamics or reverse Monte Carlo.
    a_site, b_site
        Elements of the cation sites; the known ones if None.
    x_site
        Anions.
    shape
        Formula units along the three axes; found if None.
    allow_vacancies
        Whether sites may be empty.
    reference
        Center of the cage: its oxygen, or the cations of the other site.
    time_step_ps
        Time between two frames that are analyzed.
    averaged_over_ps
        Time over which every frame is an average already, as that of a file of mean positions; None for instants.
    window_ps
        Displacements are averaged over windows of this length; 0 for single frames. Without a time step, or where the
        run is shorter than a window, a notice says what was done instead.
    rule, threshold_angstrom, max_angle_deg
        Phase rule; displacements shorter than the threshold are class C; the angle belongs to the rule ``cone``.
    environment
        Elements whose numbers among the neighbors are tested for their effect on bonds.
    born_charges_e
        Charge of each element; without it there is no polarization.
    temperature_k
        Of the run; the dielectric tensor needs it.
    eps_inf
        Electronic permittivity.
    zone_axis, thickness_cells
        Of the projection into columns; None for no projection, None for the whole box.
    rdf_r_max_angstrom, rdf_bin_angstrom
        Range and bin of the pair distributions.
    join_angle_deg, min_domain_cells
        Largest angle between neighbors of one domain, None for those of the same axis; and its smallest size.
    measures
        Which measures; one that the data do not allow is refused with a reason and the others go on.
    chunk_frames
        Frames held in memory at a time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["md", "rmc"] = "md"
    a_site: tuple[str, ...] | None = None
    b_site: tuple[str, ...] | None = None
    x_site: tuple[str, ...] = ("O",)
    shape: tuple[int, int, int] | None = None
    allow_vacancies: bool = False
    reference: Literal["oxygen", "cation"] = "oxygen"
    time_step_ps: Positive | None = None
    averaged_over_ps: Positive | None = None
    window_ps: NotNegative = 1.0
    rule: Literal["nearest_axis", "cone", "components"] = "nearest_axis"
    threshold_angstrom: NotNegative = 0.05
    max_angle_deg: Annotated[float, Field(gt=0, le=45)] = 15.0
    environment: tuple[str, ...] = ()
    born_charges_e: dict[str, float] | None = None
    temperature_k: Positive | None = None
    eps_inf: Positive | None = None
    zone_axis: Literal["001", "100", "010", "110", "011", "101"] | None = None
    thickness_cells: Annotated[int, Field(ge=1)] | None = None
    rdf_r_max_angstrom: Positive = 10.0
    rdf_bin_angstrom: Positive = 0.02
    join_angle_deg: Annotated[float, Field(gt=0, le=90)] | None = None
    min_domain_cells: Annotated[int, Field(ge=1)] = 8
    measures: tuple[Measure, ...] = MEASURES
    chunk_frames: Annotated[int, Field(ge=1)] = 64

    @field_validator("measures")
    @classmethod
    def _some(cls, value: tuple[Measure, ...]) -> tuple[Measure, ...]:
        if not value:
            raise ValueError(f"name at least one of {', '.join(MEASURES)}")
        return tuple(name for name in MEASURES if name in value)

    @model_validator(mode="after")
    def _one_view(self) -> Self:
        if self.thickness_cells is not None and self.zone_axis is None:
            raise ValueError("thickness_cells belongs to a projection; give zone_axis too")
        return self
