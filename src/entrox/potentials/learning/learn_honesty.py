"""What a reader must know of a learned potential, whatever its numbers say."""

from __future__ import annotations

from collections.abc import Sequence

from entrox.potentials.learning.learn_settings import LearnSettings
from entrox.potentials.learning.start_frames import LearningCell

__all__ = ["honesty_of"]

CHGNET = (
    "CHGNet's labels mix PBE and PBE+U, soften curvatures and overestimate tetragonality; its graph of bonds up to "
    "3 angstrom jumps when one leaves it."
)
LAPTOP = (
    "Models of the preset laptop stop at errors of 0.1 to 0.3 eV/angstrom; published ones take 1e5 and more steps and "
    "thousands of labels from density functional theory."
)
SMALL_CELL = 40


def honesty_of(settings: LearnSettings, cells: Sequence[LearningCell]) -> tuple[str, ...]:
    """Limits of the method that apply to a recipe and its boxes, as warnings."""
    lines = ["A student copies its teacher: agreement with it is no evidence about the material."]
    if settings.teacher.name in ("toy", "shell"):
        lines.append(f"The teacher {settings.teacher.name} is a model for tests and stands for no material.")
    if settings.teacher.name == "chgnet":
        lines.append(CHGNET)
    lines.append("The bounds of the accurate shares count frames of one run as independent: they are too high.")
    lines.append("The model is short-ranged: it has no dipole-dipole tail.")
    lines.append("Absolute transition temperatures depend on functional, size and rate: quote shifts and order.")
    if min(len(cell.atoms) for cell in cells) <= SMALL_CELL:
        lines.append("Cells of 40 atoms suppress or fake the sequence of ferroelectric phases.")
    if settings.student.kind == "deepmd" and settings.student.preset == "laptop":
        lines.append(LAPTOP)
    if all(table.arrangements == 1 for table in settings.compositions):
        lines.append("One arrangement of the cations is an anecdote.")
    return (*lines, "Nuclei are classical.")
