"""``.rng`` range files: a table of atoms per range, and perhaps a second one that names the molecular ions.

The second table, under ``--- polyatomic extension``, repeats ranges of the first: it adds none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from entrox.atomprobe.formats.range_text import RangeText
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.composition.elements import known_elements
from entrox.composition.mapping import FrozenDict
from entrox.core import nearest_names

__all__ = ["parse_rng"]

_EXTENSION = re.compile(r"-+\s*polyatomic extension", re.IGNORECASE)


@dataclass(frozen=True)
class _Row:
    line: int
    edges: tuple[float, float]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class _Block:
    """One table: names with their colors, and rows of counts."""

    names: tuple[str, ...]
    colors: tuple[str, ...]
    lines: tuple[int, ...]
    rows: tuple[_Row, ...]


def parse_rng(text: RangeText) -> RangeTable:
    """Return the ranges of a ``.rng`` file, the molecular ones named by the second table where it has them.

    Raises
    ------
    FormatError
        If the numbers of elements or ranges differ from the head, a row is malformed or holds no atom, a name is no
        element, or the second table names a range that the first does not list; with the line.
    """
    lines = text.filled()
    main, rest = _parse_block(text, lines)
    for name, line in zip(main.names, main.lines, strict=True):
        if name not in known_elements():
            raise text.error(f"{name[:50]!r} is not an element; {nearest_names(name, known_elements())[:60]}", line)
    ranges = [_element_range(text, main, row) for row in main.rows]
    if rest:
        if not _EXTENSION.fullmatch(rest[0][1]):
            raise text.error(f"expected the end of the file after {len(main.rows)} ranges.", rest[0][0])
        extension, rest = _parse_block(text, rest[1:])
        if rest:
            raise text.error(f"expected the end of the file after {len(extension.rows)} named ranges.", rest[0][0])
        ranges = _rename(text, ranges, extension)
    return RangeTable(tuple(ranges), main.names, text.path)


def _parse_block(text: RangeText, lines: list[tuple[int, str]]) -> tuple[_Block, list[tuple[int, str]]]:
    """Return the first table of the lines, and the lines after it."""
    last = len(text.lines)
    if not lines or len(lines[0][1].split()) != 2:
        raise text.error("expected the number of names and the number of ranges.", lines[0][0] if lines else last)
    head, counts = lines[0][0], lines[0][1].split()
    n_names = text.count(counts[0], head, "the number of names", low=1)
    n_ranges = text.count(counts[1], head, "the number of ranges", low=1)
    rows_start = 2 + 2 * n_names
    if len(lines) < rows_start + n_ranges:
        raise text.error(
            f"{n_names} names and {n_ranges} ranges take {rows_start + n_ranges} lines that are not blank; the file "
            f"has {len(lines)} from here on. It is truncated or the numbers are wrong.",
            head,
        )
    names, colors, places = [], [], []
    for number, line in lines[2:rows_start:2]:
        parts = line.split()
        if len(parts) != 4:
            raise text.error(f"expected a name and three colors; got {len(parts)} words.", number)
        names.append(parts[0])
        colors.append(text.color(parts[1:], number))
        places.append(number)
    header_line, header = lines[rows_start - 1]
    if not header.startswith("-") or header.split()[1:] != names:
        raise text.error(f"expected dashes and the names {' '.join(names)}.", header_line)
    body = lines[rows_start : rows_start + n_ranges]
    rows = tuple(
        _parse_row(text, line, number, n_names, f"{place} of {n_ranges}")
        for place, (number, line) in enumerate(body, start=1)
    )
    if len(set(names)) != len(names):
        raise text.error("a name appears twice.", header_line)
    return _Block(tuple(names), tuple(colors), tuple(places), rows), lines[rows_start + n_ranges :]


def _parse_row(text: RangeText, line: str, number: int, n_names: int, place: str) -> _Row:
    parts = line.split()
    if parts[0] != "." or len(parts) != 3 + n_names:
        raise text.error(f"expected row {place}: '. lower upper' and {n_names} counts.", number)
    counts = tuple(text.count(part, number, "a count") for part in parts[3:])
    if not any(counts):
        raise text.error("the range holds no atom.", number)
    return _Row(number, text.edges(parts[1], parts[2], number), counts)


def _element_range(text: RangeText, block: _Block, row: _Row) -> MassRange:
    composition = FrozenDict({name: count for name, count in zip(block.names, row.counts, strict=True) if count})
    color = block.colors[next(place for place, count in enumerate(row.counts) if count)]
    return text.mass_range(row.edges, composition, None, row.line, color=color if len(composition) == 1 else None)


def _rename(text: RangeText, ranges: list[MassRange], extension: _Block) -> list[MassRange]:
    """Return the ranges with the names and colors of the second table."""
    listed = defaultdict(list)
    for place, item in enumerate(ranges):
        listed[item.lower_da, item.upper_da].append(place)
    named: dict[tuple[float, float], int] = {}
    renamed = list(ranges)
    for row in extension.rows:
        if sum(row.counts) != 1:
            raise text.error("a row of the polyatomic extension must name one ion, by one 1.", row.line)
        if not listed[row.edges]:
            raise text.error("the polyatomic extension names a range that is not listed above.", row.line)
        if row.edges in named:
            raise text.error(f"the range is already named in line {named[row.edges]}.", row.line)
        named[row.edges] = row.line
        which = row.counts.index(1)
        for place in listed[row.edges]:
            item = ranges[place]
            checked = text.mass_range(row.edges, item.composition, extension.names[which], row.line)
            renamed[place] = replace(item, ion=checked.ion, color=extension.colors[which])
    return renamed
