"""The one record of polar order for molecular dynamics, reverse Monte Carlo and images, so that they can be compared.

Lengths in angstrom, times in ps, temperatures in K. Directions lie in the pseudo-cubic frame of the source.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, Result, quantity
from entrox.order.displacement.block_table import BlockTable
from entrox.order.report.vector_table import VectorTable

if TYPE_CHECKING:
    from entrox.order.displacement.projection import ColumnMap

__all__ = [
    "BondRow",
    "DomainRow",
    "ElementRow",
    "EnvironmentRow",
    "PhaseRow",
    "PolarReport",
    "read_polar_report",
    "write_polar_report",
]

Floats = NDArray[np.float64]
FORMAT = "entrox polar report 1"


@dataclass(frozen=True, kw_only=True)
class ElementRow(Result):
    """Displacements of one element on one site. Errors are None for a single frame."""

    symbol: str
    site: str
    count: int = quantity("1", "cations")
    mean_vector_angstrom: Floats = quantity("angstrom", "mean displacement", axes=("component",))
    mean_vector_error_angstrom: Floats | None = quantity("angstrom", "standard error", axes=("component",))
    taid_angstrom: float = quantity("angstrom", "total average ionic displacement")
    taid_error_angstrom: float | None = quantity("angstrom", "standard error")
    mean_modulus_angstrom: float = quantity("angstrom", "mean length of the displacements")
    mean_modulus_error_angstrom: float | None = quantity("angstrom", "standard error")
    rms_angstrom: float = quantity("angstrom", "root mean square displacement, noise subtracted")


@dataclass(frozen=True, kw_only=True)
class PhaseRow(Result):
    """Shares of the local phases of the cations of one group, beside those of random directions."""

    site: str
    group: str
    count: int = quantity("1", "cations")
    classes: tuple[str, ...]
    share: Floats = quantity("1", "share of the cations", axes=("class",))
    share_error: Floats | None = quantity("1", "standard error", axes=("class",))
    chance: Floats = quantity("1", "share for random directions of the same class C", axes=("class",))
    excess: Floats = quantity("1", "share minus chance", axes=("class",))


@dataclass(frozen=True, kw_only=True)
class EnvironmentRow(Result):
    """One slope of a quantity of an element with the number of given neighbors."""

    subject: str
    term: str
    slope_angstrom: float = quantity("angstrom", "change per neighbor")
    slope_error_angstrom: float = quantity("angstrom", "standard error")
    intercept_angstrom: float = quantity("angstrom", "value without such neighbors")


@dataclass(frozen=True, kw_only=True)
class BondRow(Result):
    """Bonds of one element to its anions."""

    element: str
    site: str
    count: int = quantity("1", "cations")
    short_angstrom: float | None = quantity("angstrom", "mean of the short bonds")
    middle_angstrom: float | None = quantity("angstrom", "mean of the middle bonds")
    long_angstrom: float | None = quantity("angstrom", "mean of the long bonds")
    mean_angstrom: float = quantity("angstrom", "mean of all bonds")
    mean_error_angstrom: float | None = quantity("angstrom", "standard error of the mean of all bonds")
    splitting_angstrom: float | None = quantity("angstrom", "long minus short")
    splitting_error_angstrom: float | None = quantity("angstrom", "standard error of the splitting")
    noise_floor_angstrom: float | None = quantity("angstrom", "splitting by noise alone")
    environment: tuple[EnvironmentRow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DomainRow(Result):
    """Domains of the cations of one site; ``wall_faces`` counts the faces of cells at walls of each type."""

    site: str
    count: float = quantity("1", "domains per row of time")
    largest_fraction: float = quantity("1", "share of the cells in the largest domain")
    mean_cells: float | None = quantity("1", "cells per domain")
    mean_wall_angle_deg: float | None = quantity("deg", "mean angle between the domains at a wall, by area")
    wall_area_per_volume: float | None = quantity("1/angstrom", "area of walls; in an image length per area")
    wall_faces: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PolarReport(Result):
    """Polar order of one source.

    ``window_ps`` is None for a source without time (an image) and for frames of unknown time; ``thickness_cells`` is
    None in three dimensions, and for an image of unknown thickness.
    """

    source: Literal["md", "rmc", "stem"]
    dimension: Literal[2, 3]
    reference: Literal["oxygen", "cation"]
    window_ps: float | None = quantity("ps", "averaging window; None where time is not known")
    thickness_cells: int | None = quantity("1", "cells averaged along a column")
    composition: dict[str, float] = field(default_factory=dict)
    temperature_k: float | None = quantity("K", "temperature", default=None)
    lattice_angstrom: Floats = quantity("angstrom", "pseudo-cubic edges", axes=("edge",))
    n_frames: int = quantity("1", "frames used")
    n_cells: int = quantity("1", "cells, or columns of one kind")
    elements: tuple[ElementRow, ...] = ()
    phases: tuple[PhaseRow, ...] = ()
    bonds: tuple[BondRow, ...] = ()
    domains: tuple[DomainRow, ...] = ()
    blocks: tuple[BlockTable, ...] = ()
    vectors: tuple[VectorTable, ...] = ()
    """Every vector of an image; empty in three dimensions, for very large pictures, and in files of older versions."""
    nearest_neighbor_correlation: dict[str, float] = field(default_factory=dict)
    nearest_neighbor_error: dict[str, float | None] = field(default_factory=dict)
    correlation_length_angstrom: dict[str, float | None] = field(default_factory=dict)
    correlation_length_error_angstrom: dict[str, float | None] = field(default_factory=dict)
    noise_angstrom: float | None = quantity("angstrom", "error of a vector, per component", default=None)
    label: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (
            ("source", ("md", "rmc", "stem")), ("dimension", (2, 3)), ("reference", ("oxygen", "cation")),
        ):  # fmt: skip
            if getattr(self, name) not in allowed:
                listed = ", ".join(map(str, allowed))
                raise InputError(f"{name} of a report must be one of {listed}; got {getattr(self, name)!r}.")

    def table(self, group: str) -> BlockTable:
        """Return the blocks of a site or an element.

        Raises
        ------
        InputError
            If the report has no such group.
        """
        for item in self.blocks:
            if item.group == group:
                return item
        raise InputError(f"the report has no group {group!r}; it has {', '.join(b.group for b in self.blocks)}.")

    @classmethod
    def as_image(
        cls,
        columns: ColumnMap,
        *,
        source: Literal["md", "rmc"] = "md",
        composition: Mapping[str, float] | None = None,
        window_ps: float | None = None,
        temperature_k: float | None = None,
        noise_angstrom: float | None = None,
        threshold_angstrom: float = 0.0,
        label: str = "",
    ) -> Self:
        """Turn columns of a simulated crystal into the two-dimensional report that an image gives.

        Parameters
        ----------
        columns
            From :func:`entrox.order.displacement.projection.project_columns`, at the thickness of the image.
        source, composition, window_ps, temperature_k, label
            As in the report; the window is the time that was averaged into the columns, by the run or by its file.
        noise_angstrom
            Error of a vector per component, if positions carry one; squares and classes allow for it.
        threshold_angstrom
            Shorter vectors count as weak.

        Returns
        -------
        PolarReport
            Dimension 2, reference ``cation``.
        """
        from entrox.order.report.image_report import report_of_columns

        found = report_of_columns(
            columns, source=source, composition=dict(composition or {}), window_ps=window_ps,
            temperature_k=temperature_k, noise_angstrom=noise_angstrom, threshold_angstrom=threshold_angstrom,
            label=label,
        )  # fmt: skip
        return cls(**{item.name: getattr(found, item.name) for item in dataclasses.fields(found)})


_ROWS: dict[str, type[Result]] = {
    "elements": ElementRow, "phases": PhaseRow, "bonds": BondRow, "domains": DomainRow, "blocks": BlockTable,
    "environment": EnvironmentRow, "vectors": VectorTable,
}  # fmt: skip


def write_polar_report(report: PolarReport, path: str | Path) -> Path:
    """Write a report as JSON; the file is replaced whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    text = json.dumps({"format": FORMAT, **report.to_dict()}, indent=1, allow_nan=False)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def read_polar_report(path: str | Path) -> PolarReport:
    """Read a report; ``path`` may be a run folder that holds ``report.json``.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it is not a report of this form.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "report.json"
    if not path.is_file():
        raise InputError(f"{path}: no such report. Give a report.json or the run folder of 'entrox polar --out'.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not JSON: {error}", path=path) from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise FormatError(f"not a polar report: expected the key format = {FORMAT!r}.", path=path)
    try:
        return PolarReport(**_restored(PolarReport, content))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise FormatError(f"an entry of the report is missing or has the wrong form: {error}", path=path) from error


def _restored(kind: type[Result], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as the class wants them: rows as objects, arrays of numbers, tuples of names."""
    arrays = {item.name for item in kind.quantities() if item.axes}
    fields: dict[str, Any] = {}
    for name, value in content.items():
        if name in _ROWS:
            fields[name] = tuple(_ROWS[name](**_restored(_ROWS[name], row)) for row in value)
        elif value is not None and name in arrays:
            fields[name] = np.array(value, dtype=float)
        else:
            fields[name] = tuple(value) if isinstance(value, list) else value
    return fields
