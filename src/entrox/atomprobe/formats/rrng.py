"""``.rrng`` range files: sections ``[Ions]`` and ``[Ranges]``, with ``RangeN=lower upper Vol:... El:n ...`` lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from entrox.atomprobe.formats.ion_records import written
from entrox.atomprobe.formats.range_text import RangeText
from entrox.atomprobe.ion_names import ion_formula
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.composition.elements import known_elements
from entrox.composition.mapping import FrozenDict
from entrox.core import InputError, nearest_names

__all__ = ["parse_rrng", "write_rrng"]

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_ENTRY = re.compile(r"(Number|Ion|Range)([0-9]{0,9})\s*=\s*(.*)", re.ASCII | re.IGNORECASE)
_COLOR = re.compile(r"[0-9A-Fa-f]{6}", re.ASCII)


@dataclass
class _Section:
    """What one section holds: line and value of its count, and number, line and text of each entry.

    Entries are not kept by their number: programs write a number twice, and no range may be lost.
    """

    line: int
    announced: tuple[int, int] | None = None
    entries: list[tuple[int, int, str]] = field(default_factory=list)


def parse_rrng(text: RangeText) -> RangeTable:
    """Return the ranges of a ``.rrng`` file.

    The tokens of a range may stand in any order. ``Name:`` without elements makes a label without composition. Entries
    that share a number are all kept; a notice says so.

    Raises
    ------
    FormatError
        If a line fits no pattern, a count differs from ``Number=``, or an edge, count, color or element is wrong; with
        the line.
    """
    sections = _sections(text)
    if "ranges" not in sections:
        raise text.error("the file has no section [Ranges].", len(text.lines))
    for name, section in sections.items():
        if section.announced is None:
            raise text.error(f"the section [{name.title()}] has no line Number=.", section.line)
        line, number = section.announced
        if number != len(section.entries):
            raise text.error(f"[{name.title()}] announces {number} entries but holds {len(section.entries)}.", line)
    ranges = tuple(_parse_range(text, value, line) for _, line, value in sections["ranges"].entries)
    if not ranges:
        raise text.error("[Ranges] holds no range.", sections["ranges"].line)
    declared = tuple(value for _, _, value in sections["ions"].entries) if "ions" in sections else ()
    used = _used_names(ranges)
    undeclared = [name for name in used if name not in declared]
    notices = [f"[Ions] does not declare {', '.join(undeclared)}."] if undeclared else []
    for name, section in sections.items():
        notices += _repeated_numbers(name.title()[:-1], section)
    return RangeTable(ranges, declared or used, text.path, tuple(notices))


def _used_names(ranges: Iterable[MassRange]) -> tuple[str, ...]:
    """Return the elements of the ranges, and the labels of those without composition."""
    return tuple(dict.fromkeys(name for item in ranges for name in item.composition or (item.ion,)))


def _repeated_numbers(name: str, section: _Section) -> list[str]:
    """Return a notice for every number that stands before several entries."""
    lines: dict[int, list[str]] = {}
    for number, line, _ in section.entries:
        lines.setdefault(number, []).append(str(line))
    return [
        f"{name}{number} stands in lines {', '.join(places)}; all of them count."
        for number, places in lines.items()
        if len(places) > 1
    ]


def _sections(text: RangeText) -> dict[str, _Section]:
    """Sort the lines into the sections."""
    found: dict[str, _Section] = {}
    current: str | None = None
    for number, raw in enumerate(text.lines, start=1):
        line = _COMMENT.sub("", raw).strip()
        if not line:
            continue
        if line.startswith("["):
            current = line[1:-1].strip().lower() if line.endswith("]") else ""
            if current not in ("ions", "ranges"):
                raise text.error("a section must be [Ions] or [Ranges].", number)
            section = found.setdefault(current, _Section(number))
            if section.entries or section.announced:
                raise text.error(f"the section [{current.title()}] appears twice.", number)
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None or current is None:
            raise text.error("expected [Ions], [Ranges], Number=, IonN= or RangeN= lines inside a section.", number)
        _add_entry(text, found[current], current, entry, number)
    return found


def _add_entry(text: RangeText, section: _Section, name: str, entry: re.Match[str], line: int) -> None:
    kind, index, value = entry[1].lower(), entry[2], entry[3].strip()
    if kind == "number" and not index:
        if section.announced is not None:
            raise text.error("Number= appears twice in the section.", line)
        section.announced = (line, text.count(value, line, "Number="))
        return
    if kind + "s" != name or not index:
        raise text.error(f"this line does not belong into the section [{name.title()}].", line)
    if kind == "ion" and (not value or len(value.split()) != 1):
        raise text.error(f"an ion needs one name without spaces; got {value[:50]!r}.", line)
    section.entries.append((int(index), line, value))


def _parse_range(text: RangeText, value: str, line: int) -> MassRange:
    edges: list[str] = []
    composition: dict[str, int] = {}
    extras: dict[str, str] = {}
    for token in value.split():
        key, colon, content = token.partition(":")
        if not colon:
            edges.append(token)
        elif key in known_elements():
            if key in composition:
                raise text.error(f"the element {key} appears twice in the range.", line)
            composition[key] = text.count(content, line, f"the number of {key} atoms", low=1)
        elif key.lower() in ("vol", "name", "color"):
            if key.lower() in extras or not content:
                raise text.error(f"{key}: must appear once and with a value.", line)
            extras[key.lower()] = content
        else:
            raise text.error(
                f"{key!r} is neither Vol, Name, Color nor an element; {nearest_names(key, known_elements())[:60]} A "
                "label without composition is written as Name:.",
                line,
            )
    if len(edges) != 2:
        raise text.error(f"a range needs two edges; got {len(edges)}.", line)
    if not composition and "name" not in extras:
        raise text.error("a range needs elements (Fe:1) or a label (Name:).", line)
    volume = text.number(extras["vol"], line, "Vol") if "vol" in extras else None
    if volume is not None and volume < 0.0:
        raise text.error(f"Vol must be >= 0; got {extras['vol']}.", line)
    color = extras.get("color")
    if color is not None and not _COLOR.fullmatch(color):
        raise text.error(f"Color must be six hexadecimal digits; got {color[:50]!r}.", line)
    atoms = FrozenDict(composition) if composition else None
    return text.mass_range(text.edges(edges[0], edges[1], line), atoms, extras.get("name"), line, volume, color)


def write_rrng(path: str | Path, table: RangeTable) -> None:
    """Write ranges as a ``.rrng`` file; reading it returns the same ranges, and the same elements if there are any.

    An existing file is replaced once the new one is complete.

    Raises
    ------
    InputError
        If a name contains spaces, or the file cannot be written.
    """
    elements = table.elements or _used_names(table.ranges)
    spaced = [name for name in (*elements, *table.ions) if name.split() != [name] or name.startswith("#")]
    if spaced:
        raise InputError(
            f"names in a .rrng file have no spaces and do not start with #; got {', '.join(map(repr, spaced))}."
        )
    lines = ["[Ions]", f"Number={len(elements)}"]
    lines += [f"Ion{number}={name}" for number, name in enumerate(elements, start=1)]
    lines += ["[Ranges]", f"Number={len(table)}"]
    lines += [f"Range{number}={_range_line(item)}" for number, item in enumerate(table.ranges, start=1)]
    with written(path) as file:
        file.write(("\n".join(lines) + "\n").encode("utf-8"))


def _range_line(item: MassRange) -> str:
    tokens = [_exact(item.lower_da, 4), _exact(item.upper_da, 4)]
    if item.volume_nm3 is not None:
        tokens.append(f"Vol:{_exact(item.volume_nm3, 5)}")
    tokens += [f"{symbol}:{count}" for symbol, count in (item.composition or {}).items()]
    if item.composition is None or item.ion != ion_formula(item.composition):
        tokens.append(f"Name:{item.ion}")
    if item.color is not None:
        tokens.append(f"Color:{item.color}")
    return " ".join(tokens)


def _exact(value: float, digits: int) -> str:
    """Return a number with the usual digits, or with as many as it takes to read back the same value."""
    usual = f"{value:.{digits}f}"
    return usual if float(usual) == value else repr(float(value))
