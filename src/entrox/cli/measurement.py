"""One run of a command that computes at once: the run folder made ready, the answer computed, written and printed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from entrox.cli.run_folder import finish_record, prepare_folder, start_record, write_figure, write_table
from entrox.cli.terminal import print_heading, print_json, print_message, print_table, print_warnings
from entrox.design.folder import RESULT, disk_errors_named, write_json

__all__ = ["Outcome", "Table", "run_measurement"]

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]


@dataclass(frozen=True)
class Outcome:
    """What a command gave.

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
    files
        What writes each other file, by name.
    show
        Prints the content instead of ``heading``, ``shown`` and warnings.
    written
        Files that the command wrote elsewhere, named beside the run folder.
    """

    content: dict[str, Any]
    heading: str = ""
    shown: Sequence[Table] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    files: Mapping[str, Callable[[Path], object]] = field(default_factory=dict)
    show: Callable[[dict[str, Any]], object] | None = None
    written: Sequence[Path] = ()


def run_measurement(
    measure: Callable[[], Outcome],
    asked: Mapping[str, Any],
    inputs: Sequence[Path],
    out: Path | None,
    command: Sequence[str],
    files: Sequence[str] = (),
    rooms: Sequence[str] = ("core",),
    *,
    overwrite: bool,
    json: bool,
    quiet: bool,
) -> dict[str, Any]:
    """Compute, write the run folder, print; return the content.

    Parameters
    ----------
    measure
        Does the work.
    asked
        All options as plain data.
    inputs
        Files that are read; their checksums are taken before the work.
    out
        Run folder, if one is asked for. One that is made for this run goes again if the work fails and left nothing.
    command
        As typed.
    files
        Names of the tables of the command.
    rooms
        Rooms whose code the numbers depend on.
    overwrite, json, quiet
        As everywhere.
    """
    new = out is not None and not out.exists()
    if out is not None:
        prepare_folder(out, asked, overwrite=overwrite, files=files)
    try:
        # a missing file is reported by the work itself, in the words of its reader
        readable = out is not None and all(map(Path.is_file, inputs))
        record = start_record(asked, inputs, command, rooms) if readable else None
        found = measure()
    except BaseException:
        if out is not None and new:
            with contextlib.suppress(OSError):  # a solver that gave up leaves its last state
                out.rmdir()
        raise
    if out is not None and record is not None:
        _write(out, found, record)
    if json:
        print_json(found.content)
    elif not quiet:
        _print(found)
        if written := [path for path in (out, *found.written) if path is not None]:
            print_message(f"Written: {', '.join(map(str, written))}")
    return found.content


def _write(folder: Path, found: Outcome, record: dict[str, Any]) -> None:
    write_json(folder / RESULT, found.content)
    with disk_errors_named(folder):
        for name, (columns, rows) in found.tables.items():
            write_table(folder / name, columns, rows)
        for name, write in found.files.items():
            write(folder / name)
    for name, draw in found.figures.items():
        write_figure(folder, name, draw())
    finish_record(folder, record)


def _print(found: Outcome) -> None:
    if found.show is not None:
        found.show(found.content)
        return
    print_heading(found.heading)
    for headers, rows in found.shown:
        print_table(headers, rows, right=range(1, len(headers)))
    print_warnings(found.content.get("warnings", ()))
