"""Settings of the analysis of a micrograph: what is looked for, how it is fitted, and what is proven with it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["StemSettings"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Site = Literal["A", "B"]
Count = Annotated[int, Field(ge=0)]


class StemSettings(BaseModel):
    """What is done with an image. Lengths in angstrom unless the name says otherwise.

    Attributes
    ----------
    dataset, frame
        Data set of a file and frame of a stack (a number, or ``"all"`` for the sum); the reader takes them.
    pixel_size_pm
        Edge of a pixel; that of the file if None.
    period_angstrom
        Edge of the pseudo-cubic cell, if the pixel is to follow from it: in [001] view it is the mean of both periods,
        in [110] view that of c and sqrt(2) times the other.
    zone_axis
        Direction of view.
    formula
        Composition; gives the expected ratio of intensities.
    a_site
        Which of the two sublattices is A: by intensity, by name, or that of the first column.
    dark
        Whether columns are dark, as in annular bright field.
    minimum_separation
        Smallest distance of two columns, in periods.
    fit, shape, radius_angstrom, radius_px, likelihood
        Mode of the fit, shape of a column, radius of its patch (a third of the shortest distance if None), and what
        is maximized.
    gain_counts_per_electron, read_noise_counts
        Noise of the detector; estimated from the residual if the gain is None.
    filter, low_pass_per_angstrom, low_pass_per_px, mask_radius_rlu
        Filter before the fit, none by default because filters bias the field; end of the low-pass, and radius of the
        lattice mask in reciprocal-lattice units.
    displaced, reference
        Cations whose displacement is measured, and what it is counted from; for oxygen its columns are looked for.
    weak_sigma
        Vectors within so many standard errors are weak.
    subtract
        What is taken off the map, on request only.
    fast_axis, correct_row_jitter
        Direction in which the beam scans; and whether rows are shifted back.
    reference_a_angstrom, reference_b_angstrom
        Periods against which strain is counted; the medians of the picture if None.
    minimum_domain_cells
        Fewest cells of a domain.
    null_fields
        Images of the fitted columns without displacements that go through the same analysis.
    gain_fields
        Images with known displacements that measure the gain of a filter.
    bootstrap
        Draws for intervals.
    thickness_cells
        Thickness of the specimen, if it is known, for comparisons with simulations.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str | None = None
    frame: Count | Literal["all"] | None = None
    pixel_size_pm: Positive | None = None
    period_angstrom: Positive | None = None
    zone_axis: Literal["001", "110"] = "001"
    formula: str | None = None
    a_site: Literal["auto", "brighter", "dimmer", "first"] = "auto"
    dark: bool = False
    minimum_separation: Annotated[float, Field(gt=0, lt=1)] = 0.3
    fit: Literal["sweep", "joint", "single"] = "sweep"
    shape: Literal["circular", "elliptical"] = "circular"
    radius_angstrom: Positive | None = None
    radius_px: Positive | None = None
    likelihood: Literal["gauss", "poisson"] = "gauss"
    gain_counts_per_electron: Positive | None = None
    read_noise_counts: NotNegative | None = None
    filter: Literal["none", "low-pass", "lattice-mask"] = "none"
    low_pass_per_angstrom: Positive = 1.6
    low_pass_per_px: Positive | None = None
    mask_radius_rlu: Annotated[float, Field(gt=0, le=1)] = 0.2
    displaced: Literal["A", "B", "both"] = "B"
    reference: Literal["cation", "oxygen"] = "cation"
    weak_sigma: Positive = 3.0
    subtract: Literal["nothing", "mean", "plane"] = "nothing"
    fast_axis: Literal["x", "y"] = "x"
    correct_row_jitter: bool = False
    reference_a_angstrom: Positive | None = None
    reference_b_angstrom: Positive | None = None
    minimum_domain_cells: Annotated[int, Field(ge=1)] = 4
    null_fields: Count = 20
    gain_fields: Annotated[int, Field(ge=1)] = 2
    bootstrap: Annotated[int, Field(ge=20)] = 500
    thickness_cells: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.pixel_size_pm is not None and self.period_angstrom is not None:
            raise ValueError("give pixel_size_pm or period_angstrom, not both: each fixes the size of a pixel")
        if self.radius_angstrom is not None and self.radius_px is not None:
            raise ValueError("give radius_angstrom or radius_px, not both")
        if self.read_noise_counts is not None and self.gain_counts_per_electron is None:
            raise ValueError("read_noise_counts needs gain_counts_per_electron: without it both are estimated")
        if (self.reference_a_angstrom is None) != (self.reference_b_angstrom is None):
            raise ValueError("give reference_a_angstrom and reference_b_angstrom, or neither")
        return self

    @field_validator("formula")
    @classmethod
    def _known_formula(cls, formula: str | None) -> str | None:
        if formula is not None:
            from entrox.microscopy.lattice.a_site import expected_ratio

            expected_ratio(formula)
        return formula

    @property
    def sites(self) -> tuple[Site, ...]:
        """Sites whose displacements are measured, the main one first."""
        return ("B", "A") if self.displaced == "both" else (self.displaced,)
