"""How a run of LAMMPS ended: well, because it exploded, or because something else is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from entrox.core import EngineError
from entrox.dynamics.lammps.cell import LammpsCell
from entrox.dynamics.lammps.output import read_log
from entrox.dynamics.lammps.program import LammpsExit

__all__ = ["divergence", "reason_of_end"]

EXPLODED = {
    r"Fix halt condition.* met on step (?P<step>\d+) with value (?P<value>\S+)": "temperature of {value} K",
    r"ERROR.*Lost atoms": "lost atoms",
    r"ERROR.*Non-numeric pressure": "pressure not finite",
    r"ERROR.*Non-numeric (atom coords|positions|box dimensions)": "positions or cell not finite",
    r"ERROR.*Out of range atoms": "atoms far outside the cell",
    r"ERROR.*(tilted box too far|box has been tilted too far|Domain too large for neighbor bins)": "the cell ran away",
    r"ERROR.*(Too many neighbor bins|Neighbor list overflow|Illegal number of neighbors)": "atoms collapsed",
}
"""What LAMMPS says when a run explodes, and our words for it."""
LOG_TAIL = 2000
"""Characters of a log in an error message."""


def reason_of_end(end: LammpsExit, log: Path) -> str | None:
    """Return why a run exploded, None if it came to its end.

    A program that dies on numbers that are not finite has exploded too; the table of the log says so.

    Raises
    ------
    EngineError
        If LAMMPS failed for another reason.
    """
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    reason = divergence(text + end.screen)
    if reason is not None or end.code == 0 or not _finite(log):
        return reason
    lines = [line.strip() for line in (text + "\n" + end.screen).splitlines() if line.startswith("ERROR")]
    said = lines[0] if lines else f"exit code {end.code}"
    raise EngineError(f"LAMMPS failed: {said}", command=end.command, log_tail=(text or end.screen)[-LOG_TAIL:])


def _finite(log: Path) -> bool:
    return bool(read_log(log, LammpsCell(np.eye(3), np.eye(3)), 1.0).finite.all())


def divergence(text: str) -> str | None:
    """Return why a run exploded in a few words, from its log and screen; None if nothing there says that it did."""
    for pattern, words in EXPLODED.items():
        found = re.search(pattern, text)
        if found:
            named = found.groupdict()
            return words.format(**named) + (f" at step {named['step']}" if "step" in named else "")
    return None
