"""TOML texts whose mistakes are named with their place: the standard parser gives values without their lines.

The scan knows table headers, arrays of tables, keys and inline tables; text inside multi-line strings is skipped.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from entrox.core.errors import FormatError, InputError

__all__ = ["Place", "key_lines", "line_of", "parse_toml", "place_text", "read_toml_text"]

Place = tuple[str | int, ...]
"""Path of a key: table and key names, and the number of the table in an array of tables, counted from 0."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=\s*(.*)$""")
_INNER_KEY = re.compile(r"""(?:^|[{,])\s*([\w-]+|"[^"]*")\s*=""")
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*\'""")


def _split(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def key_lines(text: str) -> dict[Place, int]:
    r"""Return the line, counted from 1, of every table and key that the scan recognizes.

    Examples
    --------
    >>> key_lines("[study]\ntitle = 'a'\n[[family]]\nx = {start = 0}\n")[("family", 0, "x", "start")]
    4
    """
    lines: dict[Place, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    table: Place = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if header := _HEADER.match(line):
            table = _enter(header, counts)
            lines.setdefault(table, number)
            lines.setdefault(table[:1], number)
        elif key := _KEY.match(line):
            _record(table + _split(key.group(1)), key.group(2), number, lines)
            fence = next((mark for mark in ('"""', "'''") if key.group(2).count(mark) == 1), "")
    return lines


def _enter(header: re.Match[str], counts: dict[tuple[str, ...], int]) -> Place:
    name = _split(header.group(2))
    if header.group(1) == "[":
        return name
    counts[name] = counts.get(name, -1) + 1
    return (*name, counts[name])


def _record(place: Place, value: str, number: int, lines: dict[Place, int]) -> None:
    lines.setdefault(place, number)
    if value.lstrip().startswith("{"):
        for inner in _INNER_KEY.finditer(_STRING.sub('""', value)):
            lines.setdefault((*place, inner.group(1).strip('"')), number)


def line_of(lines: dict[Place, int], place: Sequence[str | int]) -> int | None:
    """Return the line of ``place``, or of the nearest table or key around it; None if not even its table is found."""
    path = tuple(place)
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def place_text(lines: dict[Place, int], place: Sequence[str | int], path: str | Path | None) -> str:
    """Start of a message about ``place``: file and line, as far as they are known, and a colon."""
    line = line_of(lines, place)
    parts = [str(path)] if path is not None else []
    parts += [f"line {line}"] if line is not None else []
    return ", ".join(parts) + ": " if parts else ""


def read_toml_text(path: str | Path, what: str) -> str:
    """Return the text of a TOML file; ``what`` names it in messages, such as ``study file``.

    Raises
    ------
    FormatError
        If it is not UTF-8.
    InputError
        If it cannot be opened.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"a {what} must be UTF-8 text.", path=path) from error
    except OSError as error:
        raise InputError(f"cannot read the {what} {path}: {error.strerror}. Check the path.") from error


def parse_toml(text: str, path: str | Path | None = None) -> dict[str, Any]:
    """Return the tables of a TOML text, or raise FormatError with line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line, column = _decode_position(message, text)
        shown = text.splitlines()[line - 1] if 0 < line <= len(text.splitlines()) else None
        reason = message.split(" (at ")[0]
        raise FormatError(
            f"not a valid TOML file: {reason}.", path=path, line=line, column=column if shown else None, text=shown
        ) from error


def _decode_position(message: str, text: str) -> tuple[int, int]:
    numbers = [int(part) for part in message.replace(",", " ").replace(")", " ").split() if part.isdigit()]
    return (numbers[-2], numbers[-1]) if "line" in message and len(numbers) >= 2 else (len(text.splitlines()), 1)
