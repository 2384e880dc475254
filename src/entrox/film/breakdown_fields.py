"""Breakdown fields of a table: one group at a time, and how the strength depends on thickness.

Materials or kinds of measurement are never pooled. Fields in V/m, lengths in m.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from entrox.core.checks import check_all_positive, check_positive
from entrox.core.errors import FormatError, InputError
from entrox.core.linear_fit import fit_linear
from entrox.core.result import Result, quantity
from entrox.film.measured_table import Column, read_measured_table
from entrox.film.measured_units import DIMENSIONS

__all__ = ["FieldGroup", "ThicknessLaw", "fit_thickness_law", "read_breakdown_fields"]

Floats = NDArray[np.float64]

GROUPING = ("material", "kind", "group", "electrode")
"""Columns whose values must not be mixed, in the order in which they are looked at."""
NOT_POOLED = ("material", "kind")
_YES, _NO = {"1", "yes", "true", "censored"}, {"0", "no", "false", ""}


@dataclass(frozen=True)
class FieldGroup:
    """Fields of one group [V/m], what of them is censored, and its thickness [m] if that is one number."""

    name: str
    fields: Floats
    censored: NDArray[np.bool_]
    thickness_m: float | None


def read_breakdown_fields(
    path: str | Path, *, thickness_m: float | None = None, group_by: str | None = None, field_unit: str | None = None
) -> list[FieldGroup]:
    """Read breakdown fields, or voltages with a thickness.

    Parameters
    ----------
    path
        Columns ``field`` (or ``breakdown_field``, ``eb``) or ``voltage``; perhaps ``censored``, ``thickness``,
        ``material``, ``kind``, ``group``, ``electrode``.
    thickness_m
        Turns voltages into fields.
    group_by
        Columns, separated by commas, by whose values the fields are kept apart.
    field_unit
        Unit of a header that states none.

    Raises
    ------
    InputError
        If fields are not above zero, or materials or kinds would be pooled.
    FormatError
        If columns are missing or cells cannot be read.
    """
    if field_unit is not None and field_unit not in DIMENSIONS["field"]:
        raise InputError(f"--field-unit must be one of {', '.join(DIMENSIONS['field'])}; got {field_unit!r}.")
    table = read_measured_table(path, {
        "field": Column(("field", "breakdown_field", "eb", "e"), "field", unit=field_unit, option="--field-unit"),
        "voltage": Column(("voltage", "breakdown_voltage", "v"), "voltage"),
        "thickness": Column(("thickness",), "length"),
        "censored": Column(("censored",)),
        **{name: Column((name,)) for name in GROUPING},
    })  # fmt: skip
    thickness = table.numbers.get("thickness")
    if table.first_of("field", "voltage") == "field":
        fields = table.numbers["field"]
    else:
        given = thickness if thickness is not None else thickness_m
        if given is None:
            raise InputError(f"{table.path} holds voltages: a thickness is needed. Give --thickness-nm.")
        fields = table.numbers["voltage"] / check_all_positive(given, "thickness", "m")
    bad = np.flatnonzero(fields <= 0.0)
    if len(bad):
        raise InputError(f"{table.path}, line {table.lines[bad[0]]}: fields must be > 0; got {fields[bad[0]]:g} V/m.")
    censored = _censored(table.texts.get("censored"), table.lines, table.path, len(fields))
    labels = _labels(table.texts, group_by, len(fields), thickness)
    found = []
    for name in dict.fromkeys(labels):
        inside = np.array([label == name for label in labels])
        depths = np.unique(thickness[inside]) if thickness is not None else np.array([])
        found.append(FieldGroup(name, fields[inside], censored[inside], float(depths[0]) if len(depths) == 1 else None))
    return found


def _censored(cells: tuple[str, ...] | None, lines: tuple[int, ...], path: Path, count: int) -> NDArray[np.bool_]:
    if cells is None:
        return np.zeros(count, dtype=bool)
    for cell, line in zip(cells, lines, strict=True):
        if cell.lower() not in _YES | _NO:
            raise FormatError(f"censored must be 1 or 0, yes or no; got {cell!r}.", path=path, line=line)
    return np.array([cell.lower() in _YES for cell in cells])


def _labels(
    texts: Mapping[str, tuple[str, ...]], group_by: str | None, count: int, thickness: Floats | None
) -> list[str]:
    names = [] if group_by is None else [name.strip() for name in group_by.split(",")]
    columns: dict[str, tuple[str, ...]] = {name: texts[name] for name in GROUPING if name in texts}
    if thickness is not None:
        columns["thickness"] = tuple(f"{1e9 * value:g} nm" for value in thickness)
    missing = [name for name in names if name not in columns]
    if missing:
        raise InputError(
            f"--group-by names {', '.join(missing)}; the table has {', '.join(columns) or 'no such column'}."
        )
    for name in NOT_POOLED:
        values = sorted(set(columns.get(name, ())))
        if len(values) > 1 and name not in names:
            shown = ", ".join(values[:4]) + (", ..." if len(values) > 4 else "")
            raise InputError(
                f"the column {name} holds {len(values)} values ({shown}); they are not pooled. "
                f"Give --group-by {','.join([*names, name])}."
            )
    return [", ".join(columns[name][row] for name in names) for row in range(count)]


@dataclass(frozen=True, kw_only=True)
class ThicknessLaw(Result):
    """Strength as a power of the thickness, E0 = a t^-b."""

    exponent: float = quantity("1", "b, > 0 where thin films are stronger")
    exponent_interval: tuple[float, float] = quantity("1", "interval of b")
    log_prefactor: float = quantity("ln(V/m)", "ln of the strength at the mean ln t")
    mean_log_thickness: float = quantity("ln(m)", "mean ln t")
    thinnest_m: float = quantity("m", "smallest thickness")
    thickest_m: float = quantity("m", "largest thickness")
    confidence: float = quantity("1", "confidence of the interval")

    def strength(self, thickness_m: float, *, forced: bool = False) -> float:
        """Strength at a thickness [V/m]; beyond one decade from the data only if forced."""
        thickness = check_positive(thickness_m, "thickness_m", "m")
        if not forced and not 0.1 * self.thinnest_m <= thickness <= 10.0 * self.thickest_m:
            raise InputError(
                f"{thickness:g} m lies more than a decade from the thicknesses of the fit, {self.thinnest_m:g} to "
                f"{self.thickest_m:g} m. Measure there, or force it."
            )
        return math.exp(self.log_prefactor - self.exponent * (math.log(thickness) - self.mean_log_thickness))


def fit_thickness_law(thickness_m: ArrayLike, strength_v_per_m: ArrayLike, confidence: float = 0.95) -> ThicknessLaw:
    """Fit strengths of at least three thicknesses of one material.

    Parameters
    ----------
    thickness_m, strength_v_per_m
        Shape ``(n,)``, all > 0.
    confidence
        Of Student's interval.
    """
    depth = check_all_positive(thickness_m, "thickness_m", "m").ravel()
    strength = check_all_positive(strength_v_per_m, "strength_v_per_m", "V/m").ravel()
    if len(np.unique(depth)) < 3:
        raise InputError(f"a law of thickness needs three thicknesses; got {len(np.unique(depth))}.")
    logs = np.log(depth)
    found = fit_linear(np.column_stack([np.ones_like(logs), -(logs - logs.mean())]), np.log(strength))
    half = float(stdtrit(len(logs) - 2, 0.5 + 0.5 * confidence)) * float(found.standard_errors[1])
    exponent = float(found.coefficients[1])
    return ThicknessLaw(
        exponent=exponent, exponent_interval=(exponent - half, exponent + half),
        log_prefactor=float(found.coefficients[0]), mean_log_thickness=float(logs.mean()),
        thinnest_m=float(depth.min()), thickest_m=float(depth.max()), confidence=confidence,
    )  # fmt: skip
