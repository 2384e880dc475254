"""Settings of a virtual micrograph."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from entrox.microscopy.simulation.simulation_settings import NotNegative, Positive, SimulationSettings

__all__ = ["VirtualSettings"]


class VirtualSettings(BaseModel):
    """How a simulated crystal is seen.

    Attributes
    ----------
    thickness_cells
        Cells along a column. There is no default: the answer depends on it.
    zone_axis
        Pseudo-cubic direction of view.
    first_cell
        Where along it the slab begins.
    exponent
        An atom weighs Z to this power.
    a_sigma_angstrom, b_sigma_angstrom
        Widths of the columns.
    dose_per_square_angstrom
        Electrons at the top of the brightest column, if the microscope does not say.
    image
        The microscope.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thickness_cells: Annotated[int, Field(ge=1)]
    zone_axis: Literal["001", "100", "010", "110", "011", "101"] = "001"
    first_cell: Annotated[int, Field(ge=0)] = 0
    exponent: NotNegative = 1.7
    a_sigma_angstrom: Positive = 0.47
    b_sigma_angstrom: Positive = 0.42
    dose_per_square_angstrom: Positive = 2000.0
    image: SimulationSettings = SimulationSettings()

    @property
    def weight(self) -> str:
        """Word for the weight of an atom in :func:`entrox.order.project_columns`."""
        return f"Z^{self.exponent:g}"
