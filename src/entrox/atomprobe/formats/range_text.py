"""What the text formats of ranges share: lines with their numbers, strict numbers, colors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from entrox.atomprobe.formats.ion_records import opened
from entrox.atomprobe.ion_names import named_ion
from entrox.atomprobe.range_table import MassRange
from entrox.core import FormatError, InputError

__all__ = ["LARGEST_DA", "RangeText", "read_range_text"]

LARGEST_DA = 1e5
"""No ion has a larger mass-to-charge ratio."""
LARGEST_FILE_BYTES = 50_000_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}[.,]?[0-9]{0,30}|[.,][0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass
class RangeText:
    """The lines of a range file and the checks that every format needs; it remembers the decimal mark of the file.

    Parameters
    ----------
    path
        The file, for messages.
    lines
        Its lines without their ends.
    """

    path: str
    lines: Sequence[str]
    _decimal: str | None = field(default=None, init=False)

    def error(self, message: str, line: int) -> FormatError:
        """Return the error for a line, counted from 1."""
        text = self.lines[line - 1].strip() if 0 < line <= len(self.lines) else None
        return FormatError(message, path=self.path, line=line, text=text[:200] if text else None)

    def filled(self) -> list[tuple[int, str]]:
        """Return number and stripped text of the lines that are not blank."""
        return [(number, line.strip()) for number, line in enumerate(self.lines, start=1) if line.strip()]

    def number(self, text: str, line: int, what: str) -> float:
        """Return a finite number; all numbers of a file share one decimal mark."""
        if not _NUMBER.fullmatch(text):
            raise self.error(f"{what} must be a number; got {text[:50]!r}.", line)
        mark = "," if "," in text else "." if "." in text else None
        if mark is not None:
            if self._decimal not in (None, mark):
                raise self.error(f"{what} is {text!r}, but the file has decimal {self._decimal!r} above.", line)
            self._decimal = mark
        value = float(text.replace(",", "."))
        if abs(value) > LARGEST_DA:
            raise self.error(f"{what} must not be beyond {LARGEST_DA:g}; got {text}.", line)
        return value

    def count(self, text: str, line: int, what: str, low: int = 0) -> int:
        """Return a whole number."""
        if not _COUNT.fullmatch(text) or int(text) < low:
            raise self.error(f"{what} must be a whole number >= {low}; got {text[:50]!r}.", line)
        return int(text)

    def edges(self, lower: str, upper: str, line: int) -> tuple[float, float]:
        """Return the edges of a range [Da]."""
        low, high = self.number(lower, line, "the lower edge"), self.number(upper, line, "the upper edge")
        if low < 0.0 or high <= low:
            raise self.error(f"a range needs 0 <= lower < upper; got {lower} and {upper}.", line)
        return low, high

    def color(self, parts: Sequence[str], line: int) -> str:
        """Return six hexadecimal digits for red, green and blue between 0 and 1."""
        shares = [self.number(part, line, "a color") for part in parts]
        if any(not 0.0 <= share <= 1.0 for share in shares):
            raise self.error(f"colors must lie between 0 and 1; got {' '.join(parts)}.", line)
        return "".join(f"{round(255 * share):02X}" for share in shares)

    def mass_range(
        self, edges: tuple[float, float], composition: Mapping[str, int] | None, name: str | None, line: int,
        volume_nm3: float | None = None, color: str | None = None,
    ) -> MassRange:  # fmt: skip
        """Return a range, named by its atoms or its label."""
        try:
            ion = named_ion(composition, name)
        except InputError as error:
            raise self.error(str(error), line) from error
        return MassRange(*edges, ion, composition, volume_nm3, color, line)


def read_range_text(path: str | Path) -> RangeText:
    """Return the lines of a range file: UTF-8, else Latin-1; line ends of any system."""
    with opened(path) as file:
        try:
            raw = file.read(LARGEST_FILE_BYTES + 1)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error}") from error
    if len(raw) > LARGEST_FILE_BYTES:
        raise FormatError(f"a range file has at most {LARGEST_FILE_BYTES} bytes; this is other data.", path=path)
    if not raw.strip():
        raise FormatError("the file is empty.", path=path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return RangeText(str(path), re.split(r"\r\n|\r|\n", text))
