"""What every command of ``entrox film`` gives, and how it is written and printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from entrox.cli.run_folder import finish_record, prepare_folder, start_record, write_figure, write_table
from entrox.cli.terminal import print_heading, print_json, print_message, print_table, print_warnings
from entrox.design.folder import RESULT, disk_errors_named, write_json

__all__ = ["Outcome", "Table", "run_measurement"]

ROOMS = ("core", "film")
Table = tuple[tuple[str, ...], Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Outcome:
    """What a measurement gave.

    Parameters
    ----------
    content
        The JSON document; its ``warnings`` are printed too.
    heading, shown
        What is printed: a line, and tables of text.
    tables
        CSV files of the run folder by name.
    figures
        What draws each figure, by name.
    """

    content: dict[str, Any]
    heading: str
    shown: Sequence[Table] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Any]] = field(default_factory=dict)


def run_measurement(
    measure: Callable[[], Outcome],
    asked: Mapping[str, Any],
    inputs: Sequence[Path],
    out: Path | None,
    command: Sequence[str],
    files: Sequence[str] = (),
    *,
    overwrite: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Compute, write the run folder, print.

    Parameters
    ----------
    measure
        Does the work.
    asked
        All options as plain data.
    inputs
        Files that are read.
    out
        Run folder, if one is asked for.
    command
        As typed.
    files
        Names of the tables of the command.
    overwrite, json, quiet
        As everywhere.
    """
    new = out is not None and not out.exists()
    if out is not None:
        prepare_folder(out, asked, overwrite=overwrite, files=files)
    try:
        record = (
            start_record(asked, inputs, command, ROOMS) if out is not None and all(map(Path.is_file, inputs)) else None
        )
        found = measure()
    except BaseException:
        if out is not None and new:
            out.rmdir()
        raise
    if out is not None and record is not None:
        _write(out, found, record)
    if json:
        print_json(found.content)
    elif not quiet:
        print_heading(found.heading)
        for headers, rows in found.shown:
            print_table(headers, rows, right=range(1, len(headers)))
        print_warnings(found.content.get("warnings", ()))
        if out is not None:
            print_message(f"Written: {out}")


def _write(folder: Path, found: Outcome, record: dict[str, Any]) -> None:
    write_json(folder / RESULT, found.content)
    with disk_errors_named(folder):
        for name, (columns, rows) in found.tables.items():
            write_table(folder / name, columns, rows)
    for name, draw in found.figures.items():
        write_figure(folder, name, draw())
    finish_record(folder, record)
