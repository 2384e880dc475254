"""Settings of the constraints of a refinement: the tables below ``[constraints]``. Lengths in angstrom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "BondValenceTable",
    "ConstraintsTable",
    "CoordinationTable",
    "DistanceWindowTable",
    "NotNegative",
    "Positive",
    "SettingsTable",
]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SettingsTable(BaseModel):
    """A table that forbids unknown keys and cannot be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DistanceWindowTable(SettingsTable):
    """``[[constraints.distance_window]]``: pairs inside at the start stay inside."""

    pair: tuple[str, str]
    low_angstrom: NotNegative
    high_angstrom: Positive


class BondValenceTable(SettingsTable):
    """``[constraints.bond_valence]``: ``mode`` is on, off, or both (two runs for every seed)."""

    mode: Literal["on", "off", "both"] = "both"
    parameters: Literal["classic", "refit"] = "classic"
    sigma: Positive = 0.1
    r0_angstrom: dict[str, Positive] = Field(default_factory=dict)
    b_angstrom: dict[str, Positive] = Field(default_factory=dict)
    charges_e: dict[str, Positive] = Field(default_factory=dict)
    anion: str = "O"


class CoordinationTable(SettingsTable):
    """``[[constraints.coordination]]``: share of centers with ``neighbors``, or their mean number without it."""

    center: str
    neighbor: str
    low_angstrom: NotNegative = 0.0
    high_angstrom: Positive
    target: NotNegative
    sigma: Positive
    neighbors: Annotated[int, Field(ge=0)] | None = None


class ConstraintsTable(SettingsTable):
    """``[constraints]``; ``closest_approach_angstrom`` by pair, such as ``"Ti-O" = 1.5``.

    Pairs not named take ``default_closest_approach_angstrom``.
    """

    closest_approach_angstrom: dict[str, NotNegative] = Field(default_factory=dict)
    default_closest_approach_angstrom: NotNegative = 1.4
    distance_window: tuple[DistanceWindowTable, ...] = ()
    bond_valence: BondValenceTable = BondValenceTable()
    coordination: tuple[CoordinationTable, ...] = ()
