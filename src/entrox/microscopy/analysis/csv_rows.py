"""Tables as CSV: one line of names, then numbers with all their digits; nothing where there is no number."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from entrox.core.whole_file import write_whole

__all__ = ["Row", "write_rows"]

Row = tuple[Any, ...]


def write_rows(path: str | Path, names: Sequence[str], rows: Iterable[Row]) -> Path:
    """Write a table; the file is replaced whole or not at all.

    Parameters
    ----------
    path
        File to write.
    names
        Heads of the columns.
    rows
        Numbers and words; None and NaN become empty.
    """
    path = Path(path)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_text(value) for value in row] for row in rows)
    write_whole(path, text.getvalue())
    return path


def _text(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.10g}" if isinstance(value, float) else value
