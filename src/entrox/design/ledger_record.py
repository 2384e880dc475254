"""Our values of published numbers in a file, so that a page can show them without computing them again."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from entrox.core.errors import FormatError
from entrox.core.whole_file import write_whole
from entrox.design.ledger import Verdict

__all__ = ["read_ledger_record", "write_ledger_record"]

COLUMNS = ("id", "ours")
DIGITS = 10
"""Significant digits that are kept."""


def read_ledger_record(path: str | Path) -> dict[str, float]:
    """Return our values by id, as :func:`write_ledger_record` left them.

    Raises
    ------
    FormatError
        If the file is no such table; the message names the line.
    """
    values: dict[str, float] = {}
    with Path(path).open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.reader(stream), start=1):
            if number == 1 and tuple(row) == COLUMNS:
                continue
            try:
                name, value = row
                values[name] = float(value)
            except ValueError:
                raise FormatError(
                    f"expected {','.join(COLUMNS)}; got {','.join(row)!r}. Write the file anew with "
                    "`entrox reproduce --record`.",
                    path=path,
                    line=number,
                ) from None
    return values


def write_ledger_record(path: str | Path, verdicts: Iterable[Verdict], ids: Iterable[str]) -> int:
    """Write our values by id; what was not recomputed now keeps the value that the file holds.

    Parameters
    ----------
    path
        File, made if it is not there.
    verdicts
        What came out.
    ids
        Ids of the ledger, in their order; others are taken out of the file.

    Returns
    -------
    int
        Number of values that the file holds now.
    """
    values = dict(read_ledger_record(path)) if Path(path).exists() else {}
    values |= {verdict.id: verdict.ours for verdict in verdicts if verdict.ours is not None}
    kept: Mapping[str, float] = {name: values[name] for name in ids if name in values}
    lines = [",".join(COLUMNS), *(f"{name},{value:.{DIGITS}g}" for name, value in kept.items())]
    write_whole(Path(path), "\n".join(lines) + "\n")
    return len(kept)
