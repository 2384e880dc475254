"""Tables of layers, bottom first, units in the header."""

from __future__ import annotations

from pathlib import Path

from entrox.core import FormatError
from entrox.core.units import METER_PER_MICROMETER, PASCAL_PER_GIGAPASCAL, PERCENT
from entrox.mechanics.layers import Layer
from entrox.mechanics.table_lines import table_lines

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
    lines = table_lines(path, "layers")
    if len(lines) < 2:
        raise FormatError(f"layers need a header {','.join(COLUMNS)} and a line each, bottom first.", path=path)
    header = lines[0][1]
    if not set(COLUMNS) <= set(header) <= {*COLUMNS, *FREE_COLUMNS}:
        allowed = f"{', '.join(COLUMNS)} and may be {', '.join(FREE_COLUMNS)}"
        raise FormatError(f"the columns must be {allowed}; got {', '.join(header)}.", path=path, line=lines[0][0])
    return tuple(_layer(dict(zip(header, _checked(cells, len(header), number, path), strict=True)), number, path)
                 for number, cells in lines[1:])  # fmt: skip


def _checked(cells: list[str], count: int, number: int, path: str | Path) -> list[str]:
    if len(cells) != count:
        text = ",".join(cells)
        raise FormatError(f"{count} cells expected, got {len(cells)}.", path=path, line=number, text=text)
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
