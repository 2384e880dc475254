"""``.env`` range files of the Rouen software: sections under comments, names parsed as formulas where they are ones."""

from __future__ import annotations

from dataclasses import dataclass

from entrox.atomprobe.formats.range_text import RangeText
from entrox.atomprobe.ion_names import parse_ion_formula
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.core.units import NANOMETER_PER_ANGSTROM

__all__ = ["parse_env"]

_SECTIONS = {"number of elements": "numbers", "list of element": "elements", "definition of mass ranges": "ranges"}
"""Start of the comment above a section that we read."""


@dataclass(frozen=True)
class _Line:
    number: int
    fields: tuple[str, ...]


def parse_env(text: RangeText) -> RangeTable:
    """Return the ranges of an ``.env`` file.

    Names that are no formula of elements (``X23``, ``Hyd``) stay labels without composition. Volumes are converted from
    cubic angstrom. A notice counts the lines of the other sections, which hold settings of the instrument.

    Raises
    ------
    FormatError
        If a section is missing, its length differs from the announced one, or a line is malformed; with the line.
    """
    sections, others = _sections(text)
    numbers = sections["numbers"]
    if len(numbers) != 1 or len(numbers[0].fields) != 2:
        raise text.error("expected one line with the numbers of elements and of mass ranges.", numbers[0].number)
    head = numbers[0].number
    n_elements = text.count(numbers[0].fields[0], head, "the number of elements", low=1)
    n_ranges = text.count(numbers[0].fields[1], head, "the number of mass ranges", low=1)
    for name, number in (("elements", n_elements), ("ranges", n_ranges)):
        if len(sections[name]) != number:
            raise text.error(f"{number} {name} are announced, the section holds {len(sections[name])}.", head)
    colors: dict[str, str] = {}
    for line in sections["elements"]:
        if len(line.fields) != 4:
            raise text.error(f"expected a name and three colors; got {len(line.fields)} words.", line.number)
        if line.fields[0] in colors:
            raise text.error(f"the name {line.fields[0]} appears twice.", line.number)
        colors[line.fields[0]] = text.color(line.fields[1:], line.number)
    ranges = tuple(_parse_range(text, line, colors) for line in sections["ranges"])
    notices = (f"{others} lines with settings of the instrument are not used.",) if others else ()
    return RangeTable(ranges, tuple(colors), text.path, notices)


def _sections(text: RangeText) -> tuple[dict[str, list[_Line]], int]:
    """Return the lines of the sections that we read, and the number of the other lines."""
    found: dict[str, list[_Line]] = {}
    current: list[_Line] | None = None
    others = 0
    for number, line in text.filled():
        if line.startswith("#"):
            words = " ".join(line.lstrip("#").lower().split())
            name = next((name for start, name in _SECTIONS.items() if words.startswith(start)), None)
            if name in found:
                raise text.error("this section appears twice.", number)
            current = found.setdefault(name, []) if name else None
        elif current is None:
            others += 1
        else:
            current.append(_Line(number, tuple(line.split())))
    missing = [start for start, name in _SECTIONS.items() if not found.get(name)]
    if missing:
        raise text.error(f"no lines under a comment '# {missing[0].capitalize()} ...'.", len(text.lines))
    return found, others


def _parse_range(text: RangeText, line: _Line, colors: dict[str, str]) -> MassRange:
    if len(line.fields) != 5:
        raise text.error(f"expected ion, lower, upper, volume, increment; got {len(line.fields)} words.", line.number)
    name, lower, upper, volume, increment = line.fields
    if name not in colors:
        raise text.error(
            f"the ion {name[:50]} is not in the list of elements ({', '.join(colors)[:200]}).", line.number
        )
    edges = text.edges(lower, upper, line.number)
    cubic_angstrom = text.number(volume, line.number, "the volume")
    text.number(increment, line.number, "the increment")
    if cubic_angstrom < 0.0:
        raise text.error(f"the volume must be >= 0; got {volume}.", line.number)
    # Rounded far below any stated digit, so that a volume of three digits stays one.
    cubic_nanometer = round(cubic_angstrom * NANOMETER_PER_ANGSTROM**3, 12)
    return text.mass_range(edges, parse_ion_formula(name), name, line.number, cubic_nanometer, colors[name])
