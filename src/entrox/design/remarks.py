"""Warnings of a study, gathered by kind: the same sentence with other numbers is one kind.

Pure functions of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Remark", "count_warnings", "gather_remarks", "join_warnings", "pattern_of", "remarks_of"]

SEPARATOR = " | "
# A number that is not part of a symbol such as Ba2+; a minus sign between two numbers joins them, as in 4-16.
_NUMBER = re.compile(r"(?<![A-Za-z\d.])(?:(?<!\d)[+\-])?\d+(?:\.\d+)?(?:[eE][+\-]?\d+)?")


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


def join_warnings(warnings: Iterable[str]) -> str:
    """Return the warnings of one point as they stand in ``points.csv``: joined, on one line, nothing else changed."""
    return SEPARATOR.join(" ".join(text.splitlines()) for text in warnings)


def remarks_of(warnings: str | Sequence[str]) -> list[str]:
    """Return the warnings of one point.

    Parameters
    ----------
    warnings
        The warnings one by one, or joined as in the points table.
    """
    parts = warnings.split(SEPARATOR) if isinstance(warnings, str) else warnings
    return [text for text in parts if text]


def pattern_of(text: str) -> str:
    """Return a warning without its numbers.

    Examples
    --------
    >>> pattern_of("mean free path 1.14 angstrom (calibrated 4-16)")
    'mean free path # angstrom (calibrated #-#)'
    """
    return _NUMBER.sub("#", text)


def gather_remarks(points: Iterable[str | Sequence[str]]) -> list[Remark]:
    """Gather the warnings of all points by kind, most frequent first.

    Parameters
    ----------
    points
        Warnings of each point, as for :func:`remarks_of`.

    Examples
    --------
    >>> gather_remarks([["path 1.5 short"], ["path 2.5 short", "other"]])[0].text
    'path 1.5 to 2.5 short'
    """
    members: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for warnings in points:
        found = remarks_of(warnings)
        for text in found:
            members.setdefault(pattern_of(text), []).append(text)
        for pattern in {pattern_of(text) for text in found}:
            counts[pattern] = counts.get(pattern, 0) + 1
    remarks = [Remark(pattern, _with_ranges(texts), counts[pattern]) for pattern, texts in members.items()]
    return sorted(remarks, key=lambda remark: -remark.count)


def count_warnings(points: Sequence[str | Sequence[str]]) -> tuple[str, ...]:
    """Return each kind of warning with the number of points that carry it, most frequent first.

    Examples
    --------
    >>> count_warnings([["path 1.5 short"], ["path 2.5 short", "other"]])
    ('path 1.5 to 2.5 short (2 of 2 points)', 'other (1 of 2 points)')
    """
    return tuple(f"{remark.text} ({remark.count} of {len(points)} points)" for remark in gather_remarks(points))


def _with_ranges(texts: Sequence[str]) -> str:
    """Return the first sentence with each number that differs among the sentences written as a range."""
    columns = zip(*(_NUMBER.findall(text) for text in texts), strict=True)

    def written(match: re.Match[str]) -> str:
        numbers = next(columns)
        low, high = min(numbers, key=float), max(numbers, key=float)
        return match[0] if float(low) == float(high) else f"{low} to {high}"

    return _NUMBER.sub(written, texts[0])
