"""``entrox reproduce``: published numbers, ours beside them, and a verdict for each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
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

WIDTH_OF_ALL_COLUMNS = 180
"""Narrower terminals show no quantity and no reason; `--list` and `--json` do."""


def reproduce(
    ids: Annotated[list[str] | None, typer.Argument(help="Rows to recompute; all if not given.")] = None,
    room: Annotated[str | None, typer.Option(help="Only the rows of one room, such as breakdown.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the rows without computing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Recompute published numbers.

    A verdict for each. Ends with code 1 if a row leaves its expected verdict. Numbers that the model was fitted to
    stand apart: agreement there is no prediction.
    """
    from entrox.design import reproduce as reproduce_rows

    if listed:
        _print_list(ids or (), room, json=json)
        return
    verdicts = reproduce_rows(ids, room)
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
            print_table(*_table(rows, full=full), right=(1, 2, 3, 4))
            print_text()
    if others := [verdict for verdict in verdicts if verdict.ours is None]:
        print_heading("No number of ours")
        columns = (0, 1, 2, 3, 4) if full else (0, 1, 2, 3)
        headers = ("Id", "Published", "Unit", "Verdict", "Reason")
        rows_without = [(v.id, _published(v), _unit(v), _verdict(v), v.reason) for v in others]
        print_table([headers[i] for i in columns], [[row[i] for i in columns] for row in rows_without], right=(1,))
        print_text()
    counts = Counter(verdict.verdict for verdict in verdicts)
    print_text(", ".join(f"{count} {name}" for name, count in counts.items()) or "no rows")


def _table(verdicts: Sequence[Verdict], *, full: bool) -> tuple[list[str], list[list[str]]]:
    """Return headers and rows; quantity and reason only where the terminal is wide enough."""
    headers = ["Id", "Published", "Ours", "Difference", "Tolerance", "Unit", "Verdict"]
    rows = [
        [
            v.id,
            _published(v),
            rounded(v.ours),
            "-" if v.difference is None else f"{v.difference:+.3g}",
            _tolerance(v),
            _unit(v),
            _verdict(v),
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


def _verdict(verdict: Verdict) -> str:
    return verdict.verdict if verdict.as_expected else f"{verdict.verdict} (expected: {verdict.expected})"


def _tolerance(verdict: Verdict) -> str:
    if verdict.tolerance is None:
        return "-"
    return f"{100 * verdict.tolerance:.3g} %" if verdict.relative else f"{verdict.tolerance:g}"
