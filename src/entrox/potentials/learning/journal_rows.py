"""What the journal of a learning loop holds of a frame, and frames and labels made from its rows.

Units: eV, eV/angstrom, K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from entrox.potentials.label import Label
from entrox.potentials.learning.frame_content import FrameContent, array_of_bytes

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["JournaledLabel", "NewFrame", "TakenFrame", "frame_of_row", "label_of_row"]


@dataclass(frozen=True, kw_only=True)
class NewFrame:
    """A structure to be labeled.

    ``role`` is ``training`` or ``held_out``; ``parent`` names the arrangement or the run that it comes from;
    ``deviation`` is that of the committee that chose it [eV/angstrom], None for a starting structure.
    """

    atoms: Atoms
    composition: str
    role: str
    parent: str
    temperature_k: float | None = None
    deviation: float | None = None


@dataclass(frozen=True)
class TakenFrame:
    """A frame whose label this process has leased."""

    number: int
    atoms: Atoms


@dataclass(frozen=True, kw_only=True)
class JournaledLabel:
    """A frame with its finished label, as :class:`NewFrame` and :class:`~entrox.potentials.label.Label`."""

    frame: NewFrame
    generation: int
    label: Label


def frame_of_row(row: Sequence[Any]) -> NewFrame:
    """Return the frame of a row that starts with :data:`~entrox.potentials.learning.journal_tables.FRAME_COLUMNS`."""
    composition, temperature_k, _, role, parent, deviation = row[:6]
    return NewFrame(
        atoms=FrameContent(*row[6:10]).atoms(), composition=composition, role=role, parent=parent,
        temperature_k=temperature_k, deviation=deviation,
    )  # fmt: skip


def label_of_row(row: Sequence[Any]) -> JournaledLabel:
    """Return frame and label of a row of these columns and energy, forces, virial, cpu_s, wall_s."""
    frame = frame_of_row(row)
    energy, forces, virial, cpu_s, wall_s = row[10:]
    label = Label(
        state="done", energy_ev=energy, forces_ev_per_angstrom=array_of_bytes(forces, (len(frame.atoms), 3)),
        virial_ev=array_of_bytes(virial, (3, 3)), cpu_s=cpu_s, wall_s=wall_s,
    )  # fmt: skip
    return JournaledLabel(frame=frame, generation=row[2], label=label)
