"""Settings of a simulated image: the crystal in the microscope, and the microscope.

A recipe is a TOML file with the tables ``[crystal]`` and ``[image]``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from entrox.core.units import PICOMETER_PER_ANGSTROM

__all__ = ["CrystalSettings", "MicrographRecipe", "SimulationSettings"]

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Matrix = tuple[tuple[Finite, Finite], tuple[Finite, Finite]]


class CrystalSettings(BaseModel):
    """The columns of the crystal; see :func:`~entrox.microscopy.simulation.perovskite_columns.perovskite_columns`.

    Attributes
    ----------
    cells, a_angstrom, zone_axis
        Columns of A along a1 and a2, edge of the pseudo-cubic cell, ``"001"`` or ``"110"``.
    field, magnitude_pm, direction_deg, domain_cells
        Displacements of B: none, uniform (along a direction from a1), random directions, or square domains of
        so many cells with random directions.
    a_sigma_angstrom, b_sigma_angstrom
        Widths of the columns.
    a_peak_per_square_angstrom, b_peak_ratio, o_peak_ratio
        Height of the columns of A, in electrons, and of B and O in units of it; O is not seen where not given.
    rotation_deg, affine
        Counter-clockwise turn of the crystal as displayed, and its strain.
    margin_angstrom
        From the outermost columns of A to the edge of the picture; half a cell if not given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cells: tuple[Annotated[int, Field(ge=2)], Annotated[int, Field(ge=2)]] = (50, 50)
    a_angstrom: Positive = 4.0
    zone_axis: Literal["001", "110"] = "001"
    field: Literal["none", "uniform", "random", "domains"] = "random"
    magnitude_pm: NotNegative = 15.0
    direction_deg: Finite = 0.0
    domain_cells: int = Field(default=6, ge=1)
    a_sigma_angstrom: Positive = 0.47
    b_sigma_angstrom: Positive = 0.42
    a_peak_per_square_angstrom: Positive = 2000.0
    b_peak_ratio: Positive = 0.42
    o_peak_ratio: Positive | None = None
    rotation_deg: Finite = 0.0
    affine: Matrix = ((1.0, 0.0), (0.0, 1.0))
    margin_angstrom: NotNegative | None = None


class SimulationSettings(BaseModel):
    """The microscope.

    Attributes
    ----------
    pixel_size_pm
        Edge of a pixel.
    dose_per_square_angstrom
        Electrons per square angstrom at the top of the brightest column, without the background; that of the columns if
        not given.
    background
        In units of the top of the brightest column.
    poisson
        Whether electrons are counted; False gives the expected image.
    gain_counts_per_electron, read_noise_counts, offset_counts
        Of the detector.
    row_jitter_pm, drift_pm_per_row, fast_axis
        Random shift of every row along the fast axis (rms), and steady drift along it; with ``"y"``, rows are columns.
    affine
        Distortion of the scan about the middle of the picture, in axes right and up.
    oxygen
        Whether columns of oxygen are drawn, where the crystal has them.
    contrast
        ``"dark"`` draws the columns as shadows in the background, as in annular bright field.
    counts
        Type of the numbers; integers are rounded and end at the largest of their type, there marked as saturated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pixel_size_pm: Positive = 10.0
    dose_per_square_angstrom: Positive | None = None
    background: NotNegative = 0.1
    poisson: bool = True
    gain_counts_per_electron: Positive = 1.0
    read_noise_counts: NotNegative = 0.0
    offset_counts: Finite = 0.0
    row_jitter_pm: NotNegative = 0.0
    drift_pm_per_row: Finite = 0.0
    fast_axis: Literal["x", "y"] = "x"
    affine: Matrix = ((1.0, 0.0), (0.0, 1.0))
    oxygen: bool = True
    contrast: Literal["bright", "dark"] = "bright"
    counts: Literal["float64", "uint16", "uint8"] = "float64"

    @model_validator(mode="after")
    def _shadows_need_light(self) -> SimulationSettings:
        if self.contrast == "dark" and self.background < 1.0:
            raise ValueError(
                f"dark columns need a background of at least 1 (the deepest shadow); got {self.background:g}"
            )
        return self

    @property
    def pixel_size_angstrom(self) -> float:
        """Edge of a pixel [angstrom]."""
        return self.pixel_size_pm / PICOMETER_PER_ANGSTROM


class MicrographRecipe(BaseModel):
    """Crystal and microscope; the tables ``[crystal]`` and ``[image]`` of a TOML file.

    Attributes
    ----------
    crystal
        The columns.
    image
        The microscope.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crystal: CrystalSettings = CrystalSettings()
    image: SimulationSettings = SimulationSettings()
