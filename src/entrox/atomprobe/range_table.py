"""Mass ranges: which ion a mass-to-charge ratio belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from entrox.core import InputError

__all__ = ["MassRange", "RangeTable"]


@dataclass(frozen=True)
class MassRange:
    """One range, half-open: ``lower_da <= m/q < upper_da``.

    Parameters
    ----------
    lower_da, upper_da
        Edges [Da].
    ion
        Formula of the ion in Hill-free field order, for example ``"AlO2"``, or its label.
    composition
        Atoms of each element in the ion; None for a label without composition.
    volume_nm3
        Volume of the ion; None if not stated.
    color
        Color as six hexadecimal digits, None if not stated.
    line
        Line of the file that holds the range.
    """

    lower_da: float
    upper_da: float
    ion: str
    composition: Mapping[str, int] | None
    volume_nm3: float | None = None
    color: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class RangeTable:
    """The ranges of a file in their order.

    Parameters
    ----------
    ranges
        The ranges.
    elements
        Names that the file declares.
    source
        Path of the file, None for a table made in memory.
    notices
        What the reader found worth saying.
    """

    ranges: tuple[MassRange, ...]
    elements: tuple[str, ...] = ()
    source: str | None = field(default=None, compare=False)
    notices: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.ranges:
            raise InputError(f"{self.source or 'the range table'} holds no range; at least one is needed.")

    def __len__(self) -> int:
        return len(self.ranges)

    @property
    def ions(self) -> tuple[str, ...]:
        """Distinct ions in the order of their first range."""
        return tuple(dict.fromkeys(item.ion for item in self.ranges))
