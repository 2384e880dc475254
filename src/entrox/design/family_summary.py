"""All that a study says about the compositions of one family: a row per composition, a column per measure.

Numbers are those of the points table and of the structures; nothing is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.design.result import StudyResult
    from entrox.design.structure_result import StructureResult

__all__ = ["FamilySummary", "SummaryColumn", "SummaryEntry", "SummaryRow", "summarize_family"]

SAME_X = 1e-9


@dataclass(frozen=True)
class SummaryEntry:
    """One number with what is known of its error, or the words that stand for it.

    Parameters
    ----------
    value
        The number; None where words stand for it.
    low, high
        Ends of its interval, None where there are none.
    error
        Standard error, None where there is none.
    words
        What stands there instead of a number, or beside it.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    words: str = ""


@dataclass(frozen=True)
class SummaryColumn:
    """A column: its key, short and long heading, unit, and what its uncertainty is."""

    key: str
    short: str
    heading: str
    unit: str
    uncertainty: str = ""


@dataclass(frozen=True)
class SummaryRow:
    """A composition; ``on_grid`` is false for one that only structures have. ``entries`` by key of the column."""

    composition: str
    x: float
    on_grid: bool
    entries: Mapping[str, tuple[SummaryEntry, ...]]


@dataclass(frozen=True)
class FamilySummary:
    """The table of one family; columns without any entry are left out."""

    family: str
    columns: tuple[SummaryColumn, ...]
    rows: tuple[SummaryRow, ...]

    def has(self, key: str) -> bool:
        """Whether a column is there."""
        return any(column.key == key for column in self.columns)


COLUMNS = (
    SummaryColumn("entropy", "S [R]", "Entropy", "R", "per formula unit; exact for ideal mixing"),
    SummaryColumn("distortion", "Distortion", "Lattice distortion", "1"),
    SummaryColumn("breakdown", "Eb [MV/m]", "Breakdown field", "MV/m", "95 % interval of the mean"),
    SummaryColumn("rate", "log10 rate", "log10 of nucleation rate", "1", "over kinetic factor; 5 to 95 % of draws"),
    SummaryColumn("polarization", "P [C/m2]", "Polarization", "C/m^2", "± standard error over time"),
    SummaryColumn("order", "|<d_B>| [A]", "Net B displacement", "angstrom", "± standard error over time"),
    SummaryColumn("excess", "Excess [R]", "Local-entropy excess", "R", "95 % interval; at the size given"),
    SummaryColumn("sume", "SUME [nm]", "Smallest unit of maximal entropy", "nm", "95 % interval of the point value"),
    SummaryColumn("radius", "Radius [um]", "Smallest bending radius", "um", "95 % interval"),
)


def summarize_family(result: StudyResult, family: str) -> FamilySummary:
    """Return the table of one family, ordered by x; a structure stands in the row of its composition.

    Parameters
    ----------
    result
        The study.
    family
        Name of the family.
    """
    points = result.points[result.points["family"] == family].sort_values("x", kind="stable")
    records = points.to_dict(orient="records")
    structures = [item for item in result.structures if item.family == family]
    rows = [
        _row(str(record["composition"]), float(record["x"]), record, _at(structures, float(record["x"])))
        for record in records
    ]
    known = [row.x for row in rows]
    others = {item.x: item.composition for item in structures if not any(abs(item.x - x) < SAME_X for x in known)}
    rows += [_row(formula, x, None, _at(structures, x)) for x, formula in others.items()]
    columns = tuple(column for column in COLUMNS if any(row.entries[column.key] for row in rows))
    return FamilySummary(family, columns, tuple(sorted(rows, key=lambda row: row.x)))


def _at(structures: Sequence[StructureResult], x: float) -> list[StructureResult]:
    return [item for item in structures if abs(item.x - x) < SAME_X]


def _row(
    composition: str, x: float, record: Mapping[Any, Any] | None, structures: Sequence[StructureResult]
) -> SummaryRow:
    of_point = {key: tuple(_of_point(record, key)) if record is not None else () for key in _OF_POINT}
    of_structures = {
        key: tuple(entry for item in structures if (entry := make(item)) is not None)
        for key, make in _OF_STRUCTURE.items()
    }
    return SummaryRow(composition, x, record is not None, {**of_point, **of_structures})


_OF_POINT: Mapping[str, str] = {
    "entropy": "entropy_per_formula_unit_r",
    "distortion": "lattice_distortion",
    "breakdown": "breakdown_field_mv_per_m",
    "rate": "log10_rate",
    "radius": "bending_radius_um",
}
_ENDS: Mapping[str, tuple[str, str]] = {
    "breakdown": ("breakdown_field_low_mv_per_m", "breakdown_field_high_mv_per_m"),
    "rate": ("log10_rate_low", "log10_rate_high"),
    "radius": ("bending_radius_low_um", "bending_radius_high_um"),
}


def _number(record: Mapping[Any, Any], name: str) -> float | None:
    value = record.get(name)
    return None if value is None or not math.isfinite(float(value)) else float(value)


def _of_point(record: Mapping[Any, Any], key: str) -> list[SummaryEntry]:
    value = _number(record, _OF_POINT[key])
    if key == "rate" and value is None and _number(record, "df_j_per_m3") is not None:
        share = _number(record, "p_no_barrier")
        words = "no barrier" if not share or share == 1.0 else f"no barrier; {100 * share:.3g} % of draws"
        return [SummaryEntry(words=words)]
    if value is None:
        return []
    low, high = (_number(record, name) for name in _ENDS.get(key, ("", "")))
    return [SummaryEntry(value, low=low, high=high)]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _with_error(value: str, error: str) -> Callable[[StructureResult], SummaryEntry | None]:
    def entry(item: StructureResult) -> SummaryEntry | None:
        found = _finite(item.number(value))
        return None if found is None else SummaryEntry(found, error=_finite(item.number(error)))

    return entry


def _excess(item: StructureResult) -> SummaryEntry | None:
    value = _finite(item.number("excess_r"))
    if value is None:
        return None
    low, high = (_finite(item.number(name)) for name in ("excess_low_r", "excess_high_r"))
    return SummaryEntry(value, low=low, high=high, words=f"at {item.number('excess_size_nm'):.3g} nm")


def _unit(item: StructureResult) -> SummaryEntry | None:
    """Smallest unit of maximal entropy; words where the verdict gives no length."""
    verdict, bound = item.text("entropy_verdict"), item.number("sume_bound_nm")
    if not verdict:
        return None
    if verdict == "not_reached":
        return SummaryEntry(words=f"above {bound:.3g}")
    if verdict in _NO_LENGTH:
        return SummaryEntry(words=_NO_LENGTH[verdict])
    low, high = (_finite(item.number(name)) for name in ("sume_point_low_nm", "sume_point_high_nm"))
    words = "or below" if verdict == "at_or_below_smallest_size" else ""
    return SummaryEntry(_finite(item.number("sume_nm")), low=low, high=high, words=words)


_NO_LENGTH = {"consistent_with_random": "random", "ordered": "ordered", "not_informative": "no answer"}
_OF_STRUCTURE: Mapping[str, Callable[[StructureResult], SummaryEntry | None]] = {
    "polarization": _with_error("polarization_c_per_m2", "polarization_error_c_per_m2"),
    "order": _with_error("net_displacement_b_angstrom", "net_displacement_b_error_angstrom"),
    "excess": _excess,
    "sume": _unit,
}
