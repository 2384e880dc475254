"""Warnings of a study, gathered by kind: the same sentence with other numbers is one kind.

Pure functions of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from entrox.plots.labels import number_text

__all__ = ["Remark", "gather_remarks", "remarks_of"]

SEPARATOR = "; "
# A number that is not part of a symbol such as Ba2+; a minus sign between two numbers joins them, as in 4-16.
_NUMBER = re.compile(r"(?<![A-Za-z\d.])(?:(?<!\d)[+\-])?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Remark:
    """One kind of warning.

    Parameters
    ----------
    pattern
        The sentence without its numbers; what all members share.
    text
        The sentence, with a range where its numbers differ.
    count
        Number of points that carry it.
    """

    pattern: str
    text: str
    count: int


def remarks_of(joined: str) -> list[str]:
    """Return the warnings of one line of the points table."""
    return [text for text in joined.split(SEPARATOR) if text]


def pattern_of(text: str) -> str:
    """Return a warning without its numbers.

    Examples
    --------
    >>> pattern_of("mean free path 1.14 angstrom (calibrated 4-16)")
    'mean free path # angstrom (calibrated #-#)'
    """
    return _NUMBER.sub("#", text)


def gather_remarks(lines: Iterable[str]) -> list[Remark]:
    """Gather the warnings of all points by kind, most frequent first.

    Parameters
    ----------
    lines
        The column ``warnings`` of the points table.

    Examples
    --------
    >>> gather_remarks(["path 1.5 short", "path 2.5 short; other"])[0].text
    'path 1.5 to 2.5 short'
    """
    members: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for line in lines:
        found = remarks_of(str(line))
        for text in found:
            members.setdefault(pattern_of(text), []).append(text)
        for pattern in {pattern_of(text) for text in found}:
            counts[pattern] = counts.get(pattern, 0) + 1
    remarks = [Remark(pattern, _with_ranges(texts), counts[pattern]) for pattern, texts in members.items()]
    return sorted(remarks, key=lambda remark: -remark.count)


def _with_ranges(texts: list[str]) -> str:
    """Return the first sentence with each number that differs among the sentences written as a range."""
    numbers = [[float(match[0]) for match in _NUMBER.finditer(text)] for text in texts]
    columns = list(zip(*numbers, strict=True))
    place = iter(columns)

    def written(match: re.Match[str]) -> str:
        values = next(place)
        if min(values) == max(values):
            return match[0]
        return f"{number_text(min(values))} to {number_text(max(values))}"

    return _NUMBER.sub(written, texts[0])
