"""The labels of a learning loop as data sets. Units: eV, eV/angstrom, angstrom."""

from __future__ import annotations

from pathlib import Path

from entrox.potentials.label import LabeledFrame
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.journal_rows import JournaledLabel

__all__ = ["labeled_frame", "labels_of_loop"]


def labeled_frame(item: JournaledLabel, source: str) -> LabeledFrame:
    """Return a journaled label as a labeled frame; its group is the arrangement or the run that it comes from."""
    return LabeledFrame(
        atoms=item.frame.atoms,
        energy_ev=item.label.energy_ev,
        forces_ev_per_angstrom=item.label.forces_ev_per_angstrom,
        virial_ev=item.label.virial_ev,
        source=source,
        group=item.frame.parent,
    )


def labels_of_loop(journal: str | Path, source: str) -> dict[str, list[LabeledFrame]]:
    """Return the finished labels of a loop, those to train on (``training``) and those ``held_out``.

    Parameters
    ----------
    journal
        Journal of the loop.
    source
        Name of the teacher, which becomes the source of the labels.
    """
    with Journal(journal) as opened:
        fingerprint = opened.setting("teacher fingerprint")
        return {
            role: [labeled_frame(item, source) for item in opened.labels(fingerprint, role=role)]
            for role in ("training", "held_out")
        }
