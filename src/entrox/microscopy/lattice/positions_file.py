"""Start positions of columns from a table, as the user or another program found them."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError

__all__ = ["read_positions"]

NAMES = (("x_px", "y_px"), ("x", "y"))
FEWEST = 4


def read_positions(path: str | Path) -> NDArray[np.float64]:
    """Read places of columns from a CSV table.

    Parameters
    ----------
    path
        Table with columns ``x_px`` and ``y_px`` (or ``x`` and ``y``), others are ignored; or two bare columns of
        numbers without a header. Lines that begin with ``#`` are comments.

    Returns
    -------
    ndarray
        x right and y down, from the center of the first pixel [px], shape ``(n, 2)``, in the order of the file.

    Raises
    ------
    FormatError
        If a line has no two finite numbers, with its line; or the header names no x and y.
    InputError
        If there is no file.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"there is no file {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"no text: byte {error.start} is not UTF-8.", path=path) from error
    lines = [
        (number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line.strip()[0] != "#"
    ]
    if not lines:
        raise FormatError("the table is empty.", path=path)
    first = next(csv.reader([lines[0][1]]))
    places, rows = ((0, 1), lines) if _numbers(first, (0, 1)) is not None else (_header(first, path), lines[1:])
    found = []
    for number, line in rows:
        values = _numbers(next(csv.reader([line])), places)
        if values is None:
            raise FormatError("two finite numbers, x and y in px, are needed.", path=path, line=number, text=line)
        found.append(values)
    if len(found) < FEWEST:
        raise FormatError(f"{len(found)} positions; at least {FEWEST} are needed.", path=path, line=lines[-1][0])
    return np.array(found)


def _header(words: list[str], path: Path) -> tuple[int, int]:
    names = [word.strip().lower() for word in words]
    for x, y in NAMES:
        if x in names and y in names:
            return names.index(x), names.index(y)
    raise FormatError(f"the header must name x_px and y_px (or x and y); got {', '.join(words)}.", path=path, line=1)


def _numbers(words: list[str], places: tuple[int, int]) -> tuple[float, float] | None:
    try:
        x, y = float(words[places[0]]), float(words[places[1]])
    except (ValueError, IndexError):
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None
