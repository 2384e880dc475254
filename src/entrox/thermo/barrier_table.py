"""Tables of driving forces over configurational entropy, as CSV: one line for each composition.

Columns ``s_config_r``, ``df_j_per_m3``, ``df_error_j_per_m3`` and, where it differs from line to line,
``gamma_j_per_m2`` and ``label``; ``s_config``, ``df`` and ``error`` are understood too. The error may be left out.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from entrox.core import FormatError, InputError

__all__ = ["BarrierRow", "read_barrier_table"]

COLUMNS = ("s_config_r", "df_j_per_m3", "df_error_j_per_m3", "gamma_j_per_m2", "label")
NEEDED = COLUMNS[:2]
SHORT_NAMES = {
    "s_config": "s_config_r", "df": "df_j_per_m3", "error": "df_error_j_per_m3", "df_error": "df_error_j_per_m3",
}  # fmt: skip


@dataclass(frozen=True)
class BarrierRow:
    """A composition: its entropy [R] in the normalization of the table, and amorphous minus crystal [J/m3].

    ``df_error_j_per_m3`` is 0 where none is known, ``gamma_j_per_m2`` None where it is that of the whole series.
    """

    s_config_r: float
    df_j_per_m3: float
    df_error_j_per_m3: float = 0.0
    gamma_j_per_m2: float | None = None
    label: str = ""


def read_barrier_table(path: str | Path) -> tuple[BarrierRow, ...]:
    """Read a table.

    Raises
    ------
    InputError
        If the file cannot be opened.
    FormatError
        If a column is missing or unknown, or a cell is no number; with the line.
    """
    place = Path(path)
    try:
        lines = place.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError("a table of barriers must be UTF-8 text.", path=place) from error
    except OSError as error:
        raise InputError(f"cannot read the table {place}: {error.strerror}. Check the path.") from error
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not kept:
        raise FormatError("the table is empty.", path=place)
    cells = list(csv.reader([line for _, line in kept], skipinitialspace=True))
    names = [SHORT_NAMES.get(name.strip().lower(), name.strip().lower()) for name in cells[0]]
    _check_header(names, place, kept[0][0])
    rows = []
    for (number, _), row in zip(kept[1:], cells[1:], strict=True):
        if len(row) != len(names):
            raise FormatError(f"{len(names)} cells are needed; got {len(row)}.", path=place, line=number)
        rows.append(_row(dict(zip(names, row, strict=True)), place, number))
    if not rows:
        raise FormatError("the table has a header and no lines.", path=place)
    return tuple(rows)


def _check_header(names: list[str], path: Path, line: int) -> None:
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) < len(names):
        what = f"missing: {', '.join(missing)}" if missing else f"unknown or twice: {', '.join(unknown or names)}"
        raise FormatError(f"the columns are {', '.join(COLUMNS)}; {what}.", path=path, line=line)


def _row(cells: dict[str, str], path: Path, line: int) -> BarrierRow:
    numbers: dict[str, float] = {}
    for name, text in cells.items():
        if name == "label" or (not text.strip() and name not in NEEDED):
            continue
        try:
            numbers[name] = float(text)
        except ValueError:
            raise FormatError(f"{name} must be a number; got {text!r}.", path=path, line=line) from None
        lowest = 0.0 if name != "df_j_per_m3" else -math.inf
        if not math.isfinite(numbers[name]) or numbers[name] < lowest:
            allowed = "finite" if lowest < 0.0 else "finite and >= 0"
            raise FormatError(f"{name} must be {allowed}; got {text}.", path=path, line=line)
    return BarrierRow(**numbers, label=cells.get("label", "").strip())
