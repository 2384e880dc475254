"""Tables of layers, bottom first: comma-separated, units in the header."""

from __future__ import annotations

import csv
from pathlib import Path

from entrox.core import FormatError, InputError
from entrox.core.units import METER_PER_MICROMETER, PASCAL_PER_GIGAPASCAL, PERCENT
from entrox.mechanics.layers import Layer

__all__ = ["read_layers"]

COLUMNS = ("thickness_um", "modulus_gpa", "poisson")
FREE_COLUMNS = ("misfit_percent", "name")


def read_layers(path: str | Path) -> tuple[Layer, ...]:
    """Read layers from a table with the columns thickness_um, modulus_gpa, poisson; misfit_percent and name are free.

    Raises
    ------
    FormatError
        If a column is missing or unknown, a cell is no number, or there is no layer; with the line.
    InputError
        If a value is out of its range.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the layers {path}: {error}.") from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    if len(lines) < 2:
        raise FormatError(f"layers need a header {','.join(COLUMNS)} and a line each, bottom first.", path=path)
    header = [name.strip() for name in next(csv.reader([lines[0][1]]))]
    if not set(COLUMNS) <= set(header) <= {*COLUMNS, *FREE_COLUMNS}:
        allowed = f"{', '.join(COLUMNS)} and may be {', '.join(FREE_COLUMNS)}"
        raise FormatError(f"the columns must be {allowed}; got {', '.join(header)}.", path=path, line=lines[0][0])
    return tuple(_layer(dict(zip(header, _cells(line, len(header), number, path), strict=True)), number, path)
                 for number, line in lines[1:])  # fmt: skip


def _cells(line: str, count: int, number: int, path: str | Path) -> list[str]:
    cells = [cell.strip() for cell in next(csv.reader([line]))]
    if len(cells) != count:
        raise FormatError(f"{count} cells expected, got {len(cells)}.", path=path, line=number, text=line)
    return cells


def _layer(row: dict[str, str], number: int, path: str | Path) -> Layer:
    try:
        numbers = {name: float(row.get(name) or 0.0) for name in (*COLUMNS, FREE_COLUMNS[0])}
    except ValueError as error:
        raise FormatError(f"not a number: {error}.", path=path, line=number) from error
    return Layer(
        thickness=numbers["thickness_um"] * METER_PER_MICROMETER,
        modulus=numbers["modulus_gpa"] * PASCAL_PER_GIGAPASCAL,
        poisson=numbers["poisson"],
        misfit=numbers["misfit_percent"] / PERCENT,
        name=row.get("name", ""),
    )
