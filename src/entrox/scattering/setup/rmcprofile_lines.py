"""Lines of a control file of RMCProfile: ``KEY :: value``, and lines with ``>`` that belong to the key above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from entrox.core import FormatError

__all__ = ["ControlLine", "control_lines"]


@dataclass(frozen=True)
class ControlLine:
    """One key in capitals with its value, its line, and the lines below it."""

    key: str
    value: str
    number: int
    inner: tuple[ControlLine, ...] = ()

    @property
    def words(self) -> list[str]:
        """Words of the value."""
        return self.value.replace(",", " ").split()

    def sub(self, key: str) -> ControlLine | None:
        """First line of a key below this one; None if there is none."""
        return next((item for item in self.inner if item.key == key), None)


def control_lines(path: Path) -> list[ControlLine]:
    """Lines of a file; those with ``>`` are below the key they belong to.

    Raises
    ------
    FormatError
        With the line, if one has no ``::``, or one with ``>`` comes before any key.
    """
    found: list[ControlLine] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        text = raw.split("%%")[0].strip()
        if not text:
            continue
        inner = text.startswith(">")
        key, separator, value = text.lstrip("> ").partition("::")
        if inner and not separator:  # a flag, or a number after its key: both are written without colons
            key, _, value = key.strip().partition(" ")
        if not separator and not inner:
            raise FormatError("expected KEY :: value", path=path, line=number, text=raw)
        line = ControlLine(re.sub(r"\s+", "_", key.strip().upper()), value.strip(), number)
        if not inner:
            found.append(line)
        elif not found:
            raise FormatError("a line with > belongs below a key", path=path, line=number, text=raw)
        else:
            above = found.pop()
            found.append(ControlLine(above.key, above.value, above.number, (*above.inner, line)))
    return found
