"""Read range files of any format into one table."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from entrox.atomprobe.formats.env import parse_env
from entrox.atomprobe.formats.range_text import RangeText, read_range_text
from entrox.atomprobe.formats.rng import parse_rng
from entrox.atomprobe.formats.rrng import parse_rrng, write_rrng
from entrox.atomprobe.range_table import RangeTable
from entrox.core import FormatError

__all__ = ["read_ranges", "write_rrng"]

_PARSERS = {"rrng": parse_rrng, "rng": parse_rng, "env": parse_env}


def read_ranges(path: str | Path) -> RangeTable:
    """Read a ``.rrng``, ``.rng`` or ``.env`` file.

    The content decides; the suffix, in any case, where the content does not tell. A suffix that contradicts the content
    gives a notice.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    RangeTable
        Every range of the file in its order, repetitions included, each with its line.

    Raises
    ------
    FormatError
        If the file breaks its format, with path and line; no line is skipped.
    InputError
        If the file cannot be read.
    """
    text = read_range_text(path)
    suffix = Path(path).suffix.lower().lstrip(".")
    kind = _kind(text) or (suffix if suffix in _PARSERS else None)
    if kind is None:
        raise FormatError(
            "this is no range file: expected the sections [Ions] and [Ranges] (.rrng), a first line with two whole "
            "numbers (.rng), or a comment '# Definition of Mass ranges' (.env).",
            path=path,
        )
    table = _PARSERS[kind](text)
    if suffix in _PARSERS and suffix != kind:
        table = replace(table, notices=(*table.notices, f"the file is named .{suffix} but holds .{kind} ranges."))
    return table


def _kind(text: RangeText) -> str | None:
    """Return the format that the content shows."""
    lines = text.filled()
    if any(re.match(r"\[\s*(ions|ranges)\s*\]", line, re.IGNORECASE) for _, line in lines):
        return "rrng"
    if any(re.match(r"#+\s*definition of\s+mass ranges", line, re.IGNORECASE) for _, line in lines):
        return "env"
    if lines and re.fullmatch(r"[0-9]+\s+[0-9]+", lines[0][1], re.ASCII):
        return "rng"
    return None
