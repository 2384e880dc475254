"""Whether a labeled frame can be used: shapes, finite numbers, a cell where one is needed. Units: eV, angstrom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from entrox.core import FormatError
from entrox.potentials.label import LabeledFrame

__all__ = ["Dropped", "FrameSieve"]


@dataclass(frozen=True)
class Dropped:
    """Frames that were left out: where, which (counted from 0; None for a whole set of arrays), how many, why."""

    path: Path
    frame: int | None
    n_frames: int
    reason: str

    def __str__(self) -> str:
        """Return place and reason as a phrase."""
        place = f"{self.path}" if self.frame is None else f"{self.path}, frame {self.frame}"
        return f"{place}: {self.reason}"


class FrameSieve:
    """Lets good frames pass; a bad one is an error with its place, or is counted where ``skip_bad``."""

    def __init__(self, *, skip_bad: bool) -> None:
        self.skip_bad = skip_bad
        self.dropped: list[Dropped] = []

    def passes(self, frame: LabeledFrame, path: Path, index: int) -> bool:
        """Return whether the frame can be used.

        Raises
        ------
        FormatError
            If it cannot and ``skip_bad`` is off.
        """
        reason = _fault(frame)
        if not reason:
            return True
        self.drop(Dropped(path, index, 1, reason))
        return False

    def drop(self, item: Dropped) -> None:
        """Count what is left out, or raise it as an error."""
        if not self.skip_bad:
            place = "" if item.frame is None else f"frame {item.frame}: "
            raise FormatError(
                f"{place}{item.reason}. Repair the data, or leave such frames out with skip_bad=True (--skip-bad)",
                path=item.path,
            )
        self.dropped.append(item)


def _fault(frame: LabeledFrame) -> str:
    """Return what is wrong with a frame, or nothing."""
    atoms = frame.atoms
    if len(atoms) == 0:
        return "no atoms"
    if not np.isfinite(atoms.positions).all():
        return "a position is not finite"
    if atoms.pbc.any() and not (np.isfinite(atoms.cell.array).all() and atoms.cell.rank == 3):
        return "the cell has no volume"
    labels = {
        "energy": (frame.energy_ev, ()),
        "forces": (frame.forces_ev_per_angstrom, (len(atoms), 3)),
        "virial": (frame.virial_ev, (3, 3)),
    }
    if all(value is None for value, _ in labels.values()):
        return "no energy, no forces and no virial"
    for name, (value, shape) in labels.items():
        if value is None:
            continue
        if np.shape(value) != shape:
            return f"the {name} must have shape {shape}, found {np.shape(value)}"
        if not np.isfinite(value).all():
            return f"the {name} is not finite"
    return ""
