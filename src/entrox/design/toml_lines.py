"""Where a key stands in a TOML text: the standard parser gives values without their lines.

The scan knows table headers, arrays of tables, keys and inline tables; text inside multi-line strings is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["Place", "key_lines", "line_of"]

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
