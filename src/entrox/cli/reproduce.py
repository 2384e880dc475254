"""``entrox reproduce``: published numbers, ours beside them, and a verdict for each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli.terminal import (
    ExitCode,
    open_console,
    print_heading,
    print_json,
    print_message,
    print_table,
    print_text,
    rounded,
)

if TYPE_CHECKING:
    from entrox.design import Verdict

__all__ = ["reproduce"]

WIDTH_OF_ALL_COLUMNS, WIDTH_OF_TOLERANCES = 180, 132
"""Narrower terminals show no quantity and no reason, then no tolerance; `--list` and `--json` do."""
SHORT_VERDICTS = {"reproduced under a stated convention": "by convention", "not recomputed here": "not here"}
"""Words where there is little place."""


def reproduce(
    ids: Annotated[list[str] | None, typer.Argument(help="Rows to recompute; all if not given.")] = None,
    room: Annotated[str | None, typer.Option(help="Only the rows of one room, such as breakdown.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the rows without computing.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Also the rows that take minutes.")] = False,
    record: Annotated[
        Path | None,
        typer.Option(help="Write our values to this CSV file; rows not recomputed keep theirs.", dir_okay=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Recompute published numbers.

    A verdict for each. Ends with code 1 if a row leaves its expected verdict. Numbers that the model was fitted to
    stand apart: agreement there is no prediction. Rows that read measured files need the folder of the files in the
    variable ENTROX_DATA; without it they are listed and not recomputed.

    Example: entrox reproduce --room breakdown
    """
    from entrox.design import reproduce as reproduce_rows

    if listed:
        _print_list(ids or (), room, json=json)
        return
    if record is not None:
        _check_record(record)
    verdicts = reproduce_rows(ids, room, slow=slow)
    if record is not None:
        _write_record(record, verdicts)
    if json:
        print_json([_content(verdict) for verdict in verdicts])
    else:
        _print_verdicts(verdicts)
    moved = [verdict for verdict in verdicts if not verdict.as_expected]
    for verdict in moved:
        print_message(
            f"{verdict.id}: {verdict.verdict}, expected: {verdict.expected} ({verdict.reason or 'no reason given'})",
            error=True,
        )
    if moved:
        raise typer.Exit(ExitCode.VERDICT_FAILED)


def _check_record(path: Path) -> None:
    """Find out before the computation whether the record can be written."""
    from entrox.core import InputError
    from entrox.design import read_ledger_record

    if not path.parent.is_dir():
        raise InputError(f"--record {path}: there is no folder {path.parent}; make it first.")
    if path.exists():
        read_ledger_record(path)


def _write_record(path: Path, verdicts: Sequence[Verdict]) -> None:
    from entrox.design import list_ledger, write_ledger_record

    count = write_ledger_record(path, verdicts, list_ledger())
    print_message(f"{path} holds {count} values.")


def _print_list(ids: Sequence[str], room: str | None, *, json: bool) -> None:
    """Print id and expected verdict of the chosen rows."""
    from entrox.core import InputError, nearest_names
    from entrox.design import LedgerEntry, list_ledger, read_ledger

    known, entries = list_ledger(), read_ledger()
    rooms = dict.fromkeys(name.split(".")[0] for name in known)
    if room is not None and room not in rooms:
        raise InputError(f"the ledger has no rows of a room {room!r}; {nearest_names(room, rooms)}.")
    for name in ids:
        if name not in known:
            raise InputError(f"the ledger has no row {name!r}; {nearest_names(name, known)}.")
    chosen = [name for name in known if (not ids or name in ids) and (room is None or name.split(".")[0] == room)]
    rows = [
        (name, entries.get(name, LedgerEntry()).expected, entries.get(name, LedgerEntry()).reason) for name in chosen
    ]
    if json:
        print_json([{"id": name, "expected": expected, "reason": reason} for name, expected, reason in rows])
    else:
        print_table(("Id", "Expected verdict", "Reason"), rows)


def _content(verdict: Verdict) -> dict[str, Any]:
    from entrox.core import to_jsonable

    return dict(to_jsonable(verdict))


def _print_verdicts(verdicts: Sequence[Verdict]) -> None:
    computed = [verdict for verdict in verdicts if verdict.ours is not None]
    full = open_console().width >= WIDTH_OF_ALL_COLUMNS
    for heading, rows in (
        ("Published numbers", [verdict for verdict in computed if not verdict.calibration]),
        ("Used to fit the model: agreement is no prediction", [verdict for verdict in computed if verdict.calibration]),
    ):
        if rows:
            print_heading(heading)
            titles, cells = _table(rows, full=full)
            print_table(titles, cells, right=range(1, titles.index("Unit")))
            print_text()
    if others := [verdict for verdict in verdicts if verdict.ours is None]:
        print_heading("No number of ours")
        columns = (0, 1, 2, 3, 4) if full else (0, 1, 2, 3)
        headers = ("Id", "Published", "Unit", "Verdict", "Reason")
        rows_without = [(v.id, _published(v), _unit(v), _verdict(v), v.reason) for v in others]
        print_table([headers[i] for i in columns], [[row[i] for i in columns] for row in rows_without], right=(1,))
        print_text()
    _print_counts(verdicts)


def _print_counts(verdicts: Sequence[Verdict]) -> None:
    """Print how many rows of each room have each verdict, where there are several rooms, and the sum."""
    counts = Counter(verdict.verdict for verdict in verdicts)
    by_room: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        by_room.setdefault(verdict.id.split(".")[0], Counter())[verdict.verdict] += 1
    if len(by_room) > 1:
        headers = ("Room", *(SHORT_VERDICTS.get(name, name) for name in counts))
        rows = [(room, *(str(found[name] or "") for name in counts)) for room, found in by_room.items()]
        print_table(headers, rows, right=range(1, len(headers)))
        print_text()
    print_text(", ".join(f"{count} {name}" for name, count in counts.items()) or "no rows")


def _table(verdicts: Sequence[Verdict], *, full: bool) -> tuple[list[str], list[list[str]]]:
    """Return headers and rows; tolerance, quantity and reason only where the terminal is wide enough."""
    wide = open_console().width >= WIDTH_OF_TOLERANCES
    headers = ["Id", "Published", "Ours", "Difference", *(("Tolerance",) if wide else ()), "Unit", "Verdict"]
    rows = [
        [
            v.id,
            _published(v),
            rounded(v.ours),
            "-" if v.difference is None else f"{v.difference:+.3g}",
            *((_tolerance(v),) if wide else ()),
            _unit(v),
            _verdict(v, short=not wide),
            *((v.quantity, v.reason) if full else ()),
        ]
        for v in verdicts
    ]
    return [*headers, *(("Quantity", "Reason") if full else ())], rows


def _published(verdict: Verdict) -> str:
    """Return the published value as it was printed."""
    return "-" if math.isnan(verdict.published) else f"{verdict.published:g}"


def _unit(verdict: Verdict) -> str:
    return "" if verdict.unit == "1" else verdict.unit


def _verdict(verdict: Verdict, *, short: bool = False) -> str:
    if not verdict.as_expected:
        return f"{verdict.verdict} (expected: {verdict.expected})"
    return SHORT_VERDICTS.get(verdict.verdict, verdict.verdict) if short else verdict.verdict


def _tolerance(verdict: Verdict) -> str:
    if verdict.tolerance is None:
        return "-"
    return f"{100 * verdict.tolerance:.3g} %" if verdict.relative else f"{verdict.tolerance:g}"
