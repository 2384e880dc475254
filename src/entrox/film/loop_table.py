"""Reading loops: one or many in a table, told apart by a column such as cycle, field step or temperature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core.checks import check_positive
from entrox.core.errors import FormatError, InputError
from entrox.film.loop import turning_points
from entrox.film.measured_table import Column, read_measured_table
from entrox.film.measured_units import DIMENSIONS

__all__ = ["MeasuredLoop", "read_loops"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeasuredLoop:
    """Points of one loop [V/m, C/m2, s] and its label."""

    label: str
    field: Floats
    polarization: Floats
    time: Floats | None


def read_loops(
    path: str | Path,
    *,
    thickness_m: float | None = None,
    frequency_hz: float | None = None,
    cycles_column: str | None = None,
    field_unit: str | None = None,
) -> list[MeasuredLoop]:
    """Read polarization over field or voltage.

    Parameters
    ----------
    path
        Columns ``field`` or ``voltage``, ``polarization``; perhaps ``time``.
    thickness_m
        Turns voltages into fields.
    frequency_hz
        With it and without a column ``time`` the points of a loop are taken as evenly spaced, one cycle for two turning
        points.
    cycles_column
        Name of the column that tells loops apart.
    field_unit
        Unit of a header that states none.
    """
    if field_unit is not None and field_unit not in DIMENSIONS["field"]:
        raise InputError(f"--field-unit must be one of {', '.join(DIMENSIONS['field'])}; got {field_unit!r}.")
    columns = {
        "field": Column(("field", "e", "electric_field"), "field", unit=field_unit, option="--field-unit"),
        "voltage": Column(("voltage", "v"), "voltage"),
        "polarization": Column(("polarization", "p"), "polarization", needed=True),
        "time": Column(("time", "t"), "time"),
    }
    if cycles_column is not None:
        columns["label"] = Column((cycles_column.strip().lower(),))
    table = read_measured_table(path, columns)
    if cycles_column is not None and "label" not in table.texts:
        raise FormatError(f"the column {cycles_column} of --cycles-column is missing.", path=table.path)
    if table.first_of("field", "voltage") == "field":
        field = table.numbers["field"]
    elif thickness_m is None:
        raise InputError(f"{table.path} holds voltages: a thickness is needed. Give --thickness-nm.")
    else:
        field = table.numbers["voltage"] / check_positive(thickness_m, "thickness_m", "m")
    labels = table.texts.get("label", ("",) * len(field))
    loops = []
    for label in dict.fromkeys(labels):
        inside = np.array([item == label for item in labels])
        time = table.numbers["time"][inside] if "time" in table.numbers else None
        if time is None and frequency_hz is not None:
            time = _even_times(field[inside], check_positive(frequency_hz, "frequency_hz", "Hz"))
        loops.append(MeasuredLoop(label, field[inside], table.numbers["polarization"][inside], time))
    return loops


def _even_times(field: Floats, frequency_hz: float) -> Floats:
    """Times of evenly spaced points; whole periods are counted by sign changes or turns."""
    turns = len(turning_points(field)) - 2
    bipolar = field.min() < -0.5 * np.abs(field).max() and field.max() > 0.5 * np.abs(field).max()
    periods = max(1.0, round(0.5 * turns)) if bipolar else max(1.0, round(0.5 * (turns + 1)))
    return np.linspace(0.0, periods / frequency_hz, len(field))
