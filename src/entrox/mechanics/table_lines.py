"""Lines of a small table: commas, or semicolons with a decimal comma."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from entrox.core import InputError

__all__ = ["table_lines"]

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")


def table_lines(path: str | Path, what: str) -> list[tuple[int, list[str]]]:
    """Return the number and the cells of each line, the header first; empty lines and those after # are left out.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the {what} {path}: {error}.") from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    semicolon = bool(lines) and ";" in lines[0][1]
    return [(number, _cells(line, semicolon=semicolon)) for number, line in lines]


def _cells(line: str, *, semicolon: bool) -> list[str]:
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=";" if semicolon else ","))]
    if not semicolon:
        return cells
    return [cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell for cell in cells]
