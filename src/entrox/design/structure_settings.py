"""The ``[[structure]]`` tables of a study: atoms that belong to a composition, and what is asked of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["STRUCTURE_KEYS", "ReadingSettings", "StructureSettings"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ReadingSettings(_Settings):
    """How files are read: frames by ``type_map``, ``first``, ``every``; the cloud of a tip by the other keys."""

    type_map: tuple[str, ...] | None = None
    first: int = Field(default=0, ge=0)
    every: int = Field(default=1, ge=1)
    on_overlap: Literal["error", "first", "center", "exclude", "probability"] = "error"
    byte_order: Literal["big", "little"] = "big"
    columns: tuple[str, ...] | None = None
    decimal: Literal[".", ","] = "."
    drop_invalid: bool = False


class StructureSettings(_Settings):
    """One ``[[structure]]`` table.

    Parameters
    ----------
    files
        Frames that follow one another, or one ion cloud; places relative to the study file.
    kind
        ``md``, ``rmc`` or ``tip``.
    x
        Composition of the family that the structure is said to have; it need not be one of the grid.
    family
        Name of the family; it may be left out where the study has one.
    name
        What tables call it; the name of the first file if not given.
    ranges
        Ranges of a tip.
    tolerance
        Largest difference of a share of the cations from that of the family; by the number of cations if not given.
    reading
        How the files are read.
    polar_order, local_entropy
        Settings of the measures, written ``polar-order = { ... }`` and ``local-entropy = { ... }``; the one that is
        not there is not computed. Without both, a tip is asked for its local entropy and frames for polar order.
    """

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    kind: Literal["md", "rmc", "tip"]
    x: int | float | str
    family: str | None = None
    name: str | None = None
    ranges: str | None = None
    tolerance: float | None = Field(default=None, gt=0, le=1)
    reading: ReadingSettings = ReadingSettings()
    polar_order: dict[str, Any] | None = Field(default=None, alias="polar-order")
    local_entropy: dict[str, Any] | None = Field(default=None, alias="local-entropy")

    @field_validator("files", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def title(self) -> str:
        """Name, or that of the first file."""
        return self.name or self.files[0].replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]

    def chosen(self) -> dict[str, dict[str, Any]]:
        """Return settings by name of the measure; the measure of its kind where none is named."""
        asked = {"polar-order": self.polar_order, "local-entropy": self.local_entropy}
        named = {name: settings for name, settings in asked.items() if settings is not None}
        return named or {"local-entropy" if self.kind == "tip" else "polar-order": {}}


STRUCTURE_KEYS = tuple(item.alias or name for name, item in StructureSettings.model_fields.items())
"""Keys of the table as they are written."""
