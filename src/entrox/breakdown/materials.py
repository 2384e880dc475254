"""Reference dielectrics and measured breakdown fields, with the status of each number.

The tables ship in ``data/``. A measured field belongs to its kind of specimen: films, nanoscale estimates, crystals
and maximum applied fields (lower bounds) differ by up to an order of magnitude and never enter one fit.
Status letters: A read in a named public source; B recalled and confirmed by an independent value; C recalled only.
Units: V/m, eV, angstrom; relative permittivities.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from entrox.breakdown.alloy import MeanParameters, host_mean_free_path, mean_parameters
from entrox.composition import Composition, parse_formula
from entrox.core import InputError, nearest_names
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = [
    "LOWER_BOUND_KIND",
    "Dielectric",
    "MeasuredField",
    "dielectric_parameters",
    "measured_fields",
    "reference_dielectric",
    "reference_dielectrics",
]

LOWER_BOUND_KIND = "film, maximum applied field"
"""Kind of a field that was applied without breakdown."""


@dataclass(frozen=True, kw_only=True)
class Dielectric:
    """One reference dielectric.

    Parameters
    ----------
    name, formula, phase
        Name, chemical formula and the phase of the tabulated values.
    material_class
        ``"perovskite"`` or ``"simple oxide"``; it decides the assumed mean free path.
    permittivity, permittivity_range
        Static relative permittivity and its range over specimens; ``permittivity_note`` tells what spans it.
    band_gap
        [eV].
    host_cations
        Cations of the formula.
    weakest_bond_site
        Cation of the M-O bond that breaks first.
    permittivity_status, band_gap_status
        Status letters.
    source
        Where permittivity and gap were taken from.
    """

    name: str
    formula: str
    phase: str
    material_class: str
    permittivity: float
    permittivity_range: tuple[float, float]
    permittivity_note: str
    band_gap: float
    host_cations: tuple[str, ...]
    weakest_bond_site: str
    permittivity_status: str
    band_gap_status: str
    source: str

    def composition(self) -> Composition:
        """Return the composition of the formula."""
        return parse_formula(self.formula).at()

    @property
    def assumed_mean_free_path(self) -> float:
        """Mean free path [angstrom] assumed for the class; none is published per material."""
        return host_mean_free_path(self.composition())[0]

    @property
    def mean_free_path_range(self) -> tuple[float, float]:
        """Plausible range of the mean free path [angstrom] of the class."""
        _, low, high = host_mean_free_path(self.composition())
        return low, high


@dataclass(frozen=True, kw_only=True)
class MeasuredField:
    """One measured breakdown field.

    Parameters
    ----------
    identifier, material
        Key of the row and the material as the source names it.
    field
        Breakdown field [V/m].
    low, high
        Range over specimens or reports [V/m]; None where the source gives one value.
    permittivity
        Relative permittivity reported beside it, None if none was.
    kind
        ``"film"``, ``"nanoscale estimate"``, ``"in-situ microscopy"``, ``"crystal"`` or ``LOWER_BOUND_KIND``.
    specimen
        What was measured, and how.
    status, reading, source
        Status letter, how the value was obtained, and from where.
    """

    identifier: str
    material: str
    field: float
    low: float | None
    high: float | None
    permittivity: float | None
    kind: str
    specimen: str
    status: str
    reading: str
    source: str

    @property
    def is_lower_bound(self) -> bool:
        """Whether the specimen had not broken at this field."""
        return self.kind == LOWER_BOUND_KIND


@cache
def reference_dielectrics() -> tuple[Dielectric, ...]:
    """Return the 14 reference dielectrics."""
    return tuple(
        Dielectric(
            name=row["material"],
            formula=row["formula"],
            phase=row["phase"],
            material_class=row["class"],
            permittivity=float(row["permittivity"]),
            permittivity_range=(float(row["permittivity_low"]), float(row["permittivity_high"])),
            permittivity_note=row["permittivity_note"],
            band_gap=float(row["band_gap_ev"]),
            host_cations=tuple(row["host_cations"].split(";")),
            weakest_bond_site=row["weakest_bond_site"],
            permittivity_status=row["permittivity_status"],
            band_gap_status=row["band_gap_status"],
            source=row["source"],
        )
        for row in _table("dielectrics")
    )


def reference_dielectric(name: str) -> Dielectric:
    """Return one reference dielectric; InputError with the nearest names if there is none.

    Examples
    --------
    >>> reference_dielectric("MgO").permittivity
    9.8
    """
    known = {item.name: item for item in reference_dielectrics()}
    if name not in known:
        raise InputError(f"{name!r} is none of the reference dielectrics; {nearest_names(name, known)}.")
    return known[name]


def dielectric_parameters(dielectric: Dielectric, mean_free_path: float | None = None) -> MeanParameters:
    """Parameters of the avalanche in a reference dielectric.

    Parameters
    ----------
    dielectric
        The material; the plane is that of its first cation site.
    mean_free_path
        [angstrom]; by default the assumed one of its class, and the result says so.
    """
    return mean_parameters(dielectric.composition(), host_path=mean_free_path)


def measured_fields(
    kind: str | None = None, *, material: str | None = None, statuses: str = "ABC"
) -> tuple[MeasuredField, ...]:
    """Return measured breakdown fields, of one kind if ``kind`` is given.

    Parameters
    ----------
    kind
        Kind of specimen; all, if not given.
    material
        Material as the table names it.
    statuses
        Status letters to take.

    Raises
    ------
    InputError
        If the table has no such kind.
    """
    rows = _measured()
    kinds = {row.kind for row in rows}
    if kind is not None and kind not in kinds:
        raise InputError(f"no field of kind {kind!r} is tabulated; known: {', '.join(sorted(kinds))}.")
    return tuple(
        row for row in rows if kind in (None, row.kind) and material in (None, row.material) and row.status in statuses
    )


@cache
def _measured() -> tuple[MeasuredField, ...]:
    return tuple(
        MeasuredField(
            identifier=row["id"],
            material=row["material"],
            field=float(row["field_mv_per_m"]) * MEGA,
            low=_optional(row["low_mv_per_m"], MEGA),
            high=_optional(row["high_mv_per_m"], MEGA),
            permittivity=_optional(row["permittivity"], 1.0),
            kind=row["kind"],
            specimen=row["specimen"],
            status=row["status"],
            reading=row["reading"],
            source=row["source"],
        )
        for row in _table("measured_fields")
    )


def _optional(text: str, unit: float) -> float | None:
    return float(text) * unit if text else None


def _table(name: str) -> list[dict[str, str]]:
    text = files("entrox.breakdown").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
