"""What a command prints: tables and JSON to stdout, messages to stderr; no color codes in a pipe or with NO_COLOR.

rich is imported only when something is printed with it.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "ExitCode",
    "command_line",
    "open_console",
    "print_heading",
    "print_json",
    "print_message",
    "print_table",
    "print_text",
    "print_warnings",
    "resumed_command",
    "rounded",
]

WIDTH_IN_PIPE = 1000
"""Columns where the output is no terminal: lines are not broken, so that other programs can read them."""


class ExitCode(IntEnum):
    """What the exit code of a command says."""

    DONE = 0
    VERDICT_FAILED = 1
    BAD_INPUT = 2
    MISSING_EXTRA = 3
    NO_ANSWER = 4
    INTERRUPTED = 130


def command_line(context: typer.Context) -> list[str]:
    """Return the command as it was typed, for the record."""
    typed = context.find_root().obj
    return list(typed) if typed is not None else list(sys.argv)


def resumed_command(command: Sequence[str]) -> str:
    """Return the command that continues, ready to paste; a password in it is not shown."""
    from entrox.design.password import hide_password

    kept = [hide_password(part) for part in command if part not in ("--resume", "--overwrite")]
    return shlex.join([*kept, "--resume"])


def open_console(*, to_stderr: bool = False) -> Console:
    """Return a console that takes text as it is: no markup in formulas and titles, no highlighting of numbers."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_IN_PIPE
    plain = False if os.environ.get("NO_COLOR") else None
    return Console(file=stream, width=width, force_terminal=plain, markup=False, highlight=False, emoji=False)


def _print_lines(*renderables: Any) -> None:
    """Print to stdout what rich lays out, without the blanks that it leaves at the ends of lines."""
    console = open_console()
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()), color=console.is_terminal)


def print_text(text: str = "") -> None:
    """Print a paragraph to stdout, wrapped at the width of the terminal."""
    open_console().print(text)


def print_heading(text: str) -> None:
    """Print a bold line to stdout."""
    open_console().print(text, style="bold")


def print_message(text: str, *, error: bool = False) -> None:
    """Print a message to stderr as it is, so that a caret stays below its character."""
    typer.echo(f"Error: {text}" if error else text, err=True)


def print_json(content: Any) -> None:
    """Print ``content`` as JSON to stdout; plain ASCII, whatever the terminal."""
    typer.echo(json.dumps(content, indent=2, allow_nan=False))


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Print a table to stdout.

    Parameters
    ----------
    headers
        Header of each column.
    rows
        Cells, as many as headers.
    right
        Columns that are aligned to the right: numbers.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for index, header in enumerate(headers):
        table.add_column(header, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    _print_lines(table)


def print_warnings(warnings: Sequence[str]) -> None:
    """Print the warnings of a result as a list to stdout, or nothing."""
    if not warnings:
        return
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    lines = Table.grid(padding=(0, 1))
    for warning in warnings:
        lines.add_row("-", warning)
    _print_lines("", Text("Warnings", style="bold"), Padding(lines, (0, 0, 0, 2), expand=False))


def rounded(value: float | None, digits: int = 4) -> str:
    """Return a number with so many significant digits, without exponent where it is readable, or a dash.

    Examples
    --------
    >>> rounded(2050.94), rounded(0.12729, 3), rounded(None), rounded(0.0)
    ('2051', '0.127', '-', '0')
    """
    if value is None or value != value:
        return "-"
    if value == 0.0:
        return "0"
    if 1e-4 <= abs(value) < 1e7:
        decimals = max(digits - 1 - int(f"{value:e}".split("e")[1]), 0)
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if decimals > digits else text
    return f"{value:.{digits - 1}e}"
