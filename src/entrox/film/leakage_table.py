"""Reading current over field, and points with a known law and known noise for trying it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core.checks import check_in_range, check_positive
from entrox.core.errors import InputError
from entrox.film.measured_table import Column, read_measured_table
from entrox.film.measured_units import DIMENSIONS

__all__ = ["LeakageCurve", "read_leakage"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LeakageCurve:
    """Points in the order of the sweep [V/m, A/m2, K]; without temperatures or errors those are None."""

    field: Floats
    current_density: Floats
    temperature: Floats | None
    relative_error: Floats | None
    electrode: tuple[str, ...] | None


def read_leakage(
    path: str | Path,
    thickness_m: float,
    *,
    area_m2: float | None = None,
    built_in_v: float = 0.0,
    field_unit: str | None = None,
    current_unit: str | None = None,
) -> LeakageCurve:
    """Read current density (or current) over field (or voltage).

    Parameters
    ----------
    path
        Columns ``field`` or ``voltage``, ``current_density`` or ``current``; also ``temperature``, ``relative_error``
        and ``electrode``.
    thickness_m
        Turns voltages into fields.
    area_m2
        Turns currents into densities.
    built_in_v
        Voltage that the film has without one from outside; it is subtracted.
    field_unit, current_unit
        Units of headers that state none.

    Raises
    ------
    InputError
        If a unit is missing or the area for a current.
    FormatError
        If columns are missing or cells are no numbers.
    """
    for unit, dimension, option in (
        (field_unit, "field", "--field-unit"),
        (current_unit, "current density", "--current-unit"),
    ):
        if unit is not None and unit not in DIMENSIONS[dimension]:
            raise InputError(f"{option} must be one of {', '.join(DIMENSIONS[dimension])}; got {unit!r}.")
    thickness = check_positive(thickness_m, "thickness_m", "m")
    table = read_measured_table(path, {
        "field": Column(("field", "e", "electric_field"), "field", unit=field_unit, option="--field-unit"),
        "voltage": Column(("voltage", "v", "u", "bias"), "voltage"),
        "current_density": Column(("current_density", "j"), "current density", unit=current_unit,
                                  option="--current-unit"),
        "current": Column(("current", "i"), "current"),
        "temperature": Column(("temperature", "t"), "temperature"),
        "relative_error": Column(("relative_error",), "share", unit="1"),
        "electrode": Column(("electrode", "spot")),
    })  # fmt: skip
    numbers = table.numbers
    field = numbers["field"] if table.first_of("field", "voltage") == "field" else numbers["voltage"] / thickness
    field = field - check_in_range(built_in_v, "built_in_v", unit="V") / thickness
    if table.first_of("current_density", "current") == "current_density":
        current = numbers["current_density"]
    elif area_m2 is None:
        raise InputError(f"{table.path} holds currents: their area is needed. Give --diameter-um.")
    else:
        current = numbers["current"] / check_positive(area_m2, "area_m2", "m2")
    return LeakageCurve(
        np.asarray(field), np.asarray(current), numbers.get("temperature"), numbers.get("relative_error"),
        table.texts.get("electrode"),
    )  # fmt: skip
