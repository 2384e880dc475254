"""Settings of a local-entropy analysis."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DEFAULT_SIZES_NM", "EntropySettings"]

DEFAULT_SIZES_NM = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0)
"""Sizes of a scan where none are given, as far as they fit three times along the shortest side of the cloud."""

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class EntropySettings(BaseModel):
    """What is asked of a cloud; every number that the answer depends on.

    Attributes
    ----------
    species
        Elements or ions that count; all elements if not given.
    sizes_nm
        Cube sizes; the family of the tests. See ``DEFAULT_SIZES_NM`` if not given.
    radii_nm, neighbors_k
        Neighborhoods around every atom, by radius and by number of neighbors; none if not given.
    cell_aspect
        Edges of the cells in units of the size.
    origins, relabelings, bootstraps
        Grid origins, relabelings of the null, samples of the bootstrap.
    events
        What is relabeled together: the atoms of one ion, of one pulse, or at one position.
    strata_nm
        Thickness of the slabs inside which labels are exchanged; no slabs if not given.
    alternative
        Which deviations count.
    tolerance, alpha, power
        Excess that counts as fully mixed, level of significance, power of the detectable effect.
    shells_nm
        Edges of the shells of short-range order; none if not given.
    map_spacing_nm
        Spacing of an entropy map; no map if not given.
    box_nm
        Part of the cloud, ``(x0, x1, y0, y1, z0, z1)``; all of it if not given.
    efficiency, cell_volume_nm3
        To express the unit in atoms and in unit cells.
    paper_mode
        Whether the published construction stands beside.
    imputations
        Draws of the names of ions in overlapping ranges.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    species: tuple[str, ...] | None = None
    sizes_nm: tuple[Positive, ...] | None = Field(default=None, min_length=1)
    radii_nm: tuple[Positive, ...] = ()
    neighbors_k: int | None = Field(default=None, ge=1)
    cell_aspect: tuple[Positive, Positive, Positive] = (1.0, 1.0, 1.0)
    origins: int = Field(default=8, ge=1)
    relabelings: int = Field(default=499, ge=0)
    bootstraps: int = Field(default=1000, ge=0)
    events: Literal["ion", "pulse", "by-position"] = "ion"
    strata_nm: Positive | None = None
    alternative: Literal["two-sided", "segregation", "ordering"] = "two-sided"
    tolerance: float = Field(default=0.01, gt=0.0, le=1.0)
    alpha: float = Field(default=0.05, gt=0.0, lt=1.0)
    power: float = Field(default=0.8, gt=0.0, lt=1.0)
    shells_nm: tuple[Annotated[float, Field(ge=0.0, allow_inf_nan=False)], ...] = ()
    map_spacing_nm: Positive | None = None
    box_nm: tuple[float, float, float, float, float, float] | None = None
    efficiency: float | None = Field(default=None, gt=0.0, le=1.0)
    cell_volume_nm3: Positive | None = None
    paper_mode: bool = False
    imputations: int = Field(default=20, ge=1)
