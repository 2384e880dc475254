"""Tables of measurements as CSV or text: the unit stands in the header of each column and is never guessed.

Cells are separated by commas, semicolons or tabs; with semicolons or tabs a comma is a decimal point. Lines that
start with ``#`` are remarks. Numbers come back in SI.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core.errors import FormatError, InputError
from entrox.film.measured_units import DIMENSIONS, OFFSETS, split_header

__all__ = ["Column", "MeasuredTable", "read_measured_table"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column that a table may have.

    Parameters
    ----------
    names
        The names by which it goes.
    dimension
        Key of :data:`~entrox.film.measured_units.DIMENSIONS`; empty for text.
    needed
        Whether a table without it is refused.
    unit
        The unit of a header that states none; None: such a header is refused.
    option
        Option of the command that gives the unit, for the message.
    """

    names: tuple[str, ...]
    dimension: str = ""
    needed: bool = False
    unit: str | None = None
    option: str = ""


@dataclass(frozen=True)
class MeasuredTable:
    """Columns in SI by their key, text columns, and the number of the line of each row."""

    numbers: Mapping[str, Floats]
    texts: Mapping[str, tuple[str, ...]]
    units: Mapping[str, str]
    lines: tuple[int, ...]
    path: Path
    header: tuple[str, ...] = ()

    def first_of(self, *keys: str) -> str:
        """Return the first of these columns that the table has; FormatError if there is none."""
        for key in keys:
            if key in self.numbers:
                return key
        raise FormatError(
            f"one of the columns {', '.join(keys)} is needed; got {', '.join(self.header)}. Cells are separated by "
            "commas, semicolons or tabs.",
            path=self.path,
        )


def read_measured_table(path: str | Path, columns: Mapping[str, Column]) -> MeasuredTable:
    """Read the asked columns of a table; other columns are left aside.

    Parameters
    ----------
    path
        The file, UTF-8, with or without a byte order mark.
    columns
        What to look for, by the key under which it comes back.

    Raises
    ------
    InputError
        If the file cannot be opened, a header has no unit or an unknown one, or a number is not finite.
    FormatError
        If the table is empty or truncated, a cell is no number, or a needed column is missing; with the line.
    """
    place = Path(path)
    kept = _lines(place)
    separator = next((sign for sign in (";", "\t") if sign in kept[0][1]), ",")
    # line by line: a quotation mark that is never closed must not swallow the lines below it
    rows = [next(csv.reader([line], delimiter=separator, skipinitialspace=True)) for _, line in kept]
    found, units = _assign(rows[0], columns, place, kept[0][0])
    if len(rows) < 2:
        raise FormatError("the table has a header and no lines.", path=place)
    for (number, _), row in zip(kept[1:], rows[1:], strict=True):
        if len(row) != len(rows[0]):
            raise FormatError(f"{len(rows[0])} cells are needed; got {len(row)}.", path=place, line=number)
    lines = tuple(number for number, _ in kept[1:])
    numbers: dict[str, Floats] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for key, index in found.items():
        cells = [row[index].strip() for row in rows[1:]]
        if columns[key].dimension:
            values = _numbers(cells, separator, lines, key, place)
            numbers[key] = values * DIMENSIONS[columns[key].dimension][units[key]] + OFFSETS.get(units[key], 0.0)
        else:
            texts[key] = tuple(cells)
    return MeasuredTable(numbers, texts, units, lines, place, tuple(cell.strip() for cell in rows[0]))


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError("a table must be UTF-8 text.", path=path) from error
    except OSError as error:
        raise InputError(f"cannot read the table {path}: {error.strerror}. Check the path.") from error
    kept = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip(" \t,;") and line.lstrip()[0] != "#"
    ]
    if not kept:
        raise FormatError("the table is empty.", path=path)
    return kept


def _assign(
    header: Sequence[str], columns: Mapping[str, Column], path: Path, line: int
) -> tuple[dict[str, int], dict[str, str]]:
    found: dict[str, int] = {}
    units: dict[str, str] = {}
    for key, column in columns.items():
        for index, text in enumerate(header):
            name, unit = split_header(text, column.dimension or "number")
            if name not in column.names:
                continue
            if key in found:
                raise FormatError(
                    f"the columns {header[found[key]].strip()!r} and {text.strip()!r} are both {column.names[0]}. "
                    "Leave one in the table.",
                    path=path,
                    line=line,
                )
            found[key] = index
            if column.dimension:
                units[key] = _unit(unit, column, text, path, line)
    missing = [column.names[0] for key, column in columns.items() if column.needed and key not in found]
    if missing:
        raise FormatError(
            f"the column {', '.join(missing)} is missing; got {', '.join(header)}. Write a header with units, such as "
            "`field [MV/m]`.",
            path=path,
            line=line,
        )
    return found, units


def _unit(unit: str | None, column: Column, text: str, path: Path, line: int) -> str:
    allowed = DIMENSIONS[column.dimension]
    chosen = unit if unit is not None else column.unit
    hint = f", or give {column.option}" if column.option else ""
    if chosen is None:
        raise InputError(
            f"{path}, line {line}: the header {text.strip()!r} states no unit. Write `{column.names[0]} [unit]` with "
            f"one of {', '.join(allowed)}{hint}."
        )
    if chosen not in allowed:
        raise InputError(
            f"{path}, line {line}: the unit {chosen!r} of {text.strip()!r} is unknown; allowed are "
            f"{', '.join(allowed)}. Convert the column."
        )
    return chosen


def _numbers(cells: Sequence[str], separator: str, lines: Sequence[int], key: str, path: Path) -> Floats:
    values = np.empty(len(cells))
    for index, (cell, line) in enumerate(zip(cells, lines, strict=True)):
        try:
            values[index] = float(cell.replace(",", ".") if separator != "," else cell)
        except ValueError:
            raise FormatError(f"{key} must be a number; got {cell!r}.", path=path, line=line) from None
        if not np.isfinite(values[index]):
            raise InputError(f"{path}, line {line}: {key} must be finite; got {cell}. Remove the line.")
    return values
