"""What a learning loop works with: teacher, student and engine, made from a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrox.composition import VACANCY
from entrox.dynamics.engine import Engine
from entrox.potentials.learning.learn_settings import LearnSettings, StudentSettings
from entrox.potentials.learning.start_frames import LearningCell
from entrox.potentials.student import Student

if TYPE_CHECKING:
    from entrox.potentials.teachers.teacher import Teacher

__all__ = ["LearningParts", "build_engine", "build_parts", "build_student", "elements_of"]


@dataclass(frozen=True)
class LearningParts:
    """Teacher, student of the first training, student of those that go on from it, and engine; all can be pickled."""

    teacher: Teacher
    student: Student
    warm_student: Student
    engine: Engine


def build_parts(settings: LearnSettings, cells: Sequence[LearningCell], *, trust_model: bool = False) -> LearningParts:
    """Make the parts that a recipe names.

    Parameters
    ----------
    settings
        Recipe.
    cells
        Its boxes; the student must know their elements.
    trust_model
        Load a model file of unknown origin as the teacher.
    """
    from entrox.potentials.teachers.teacher import parse_teacher

    teacher = parse_teacher(
        settings.teacher.name,
        trust_model=trust_model,
        teacher_python=None if settings.teacher.python is None else str(settings.teacher.python),
        threads=settings.teacher.threads,
        device=settings.teacher.device,
    )
    _check_installed(settings)
    elements = elements_of(cells)
    return LearningParts(
        teacher=teacher,
        student=build_student(settings.student, elements, warm=False),
        warm_student=build_student(settings.student, elements, warm=True),
        engine=build_engine(settings.explore.engine),
    )


def _check_installed(settings: LearnSettings) -> None:
    """Raise MissingExtraError before the first label is paid, and not when its models are to be trained or run."""
    if settings.student.kind == "deepmd":
        from entrox.potentials.training.dp_command import check_deepmd

        check_deepmd()
    if settings.explore.engine == "lammps":
        from entrox.dynamics.lammps.program import find_lammps

        find_lammps()


def elements_of(cells: Sequence[LearningCell]) -> tuple[str, ...]:
    """Elements of all boxes, by site in the order in which they first appear."""
    order = [
        (label, symbol)
        for label in ("A", "B", "X")
        for cell in cells
        for symbol in cell.composition.sites[label].fractions
        if symbol != VACANCY
    ]
    return tuple(dict.fromkeys(symbol for _, symbol in order))


def build_student(settings: StudentSettings, elements: tuple[str, ...], *, warm: bool) -> Student:
    """Make the student for the first training, or for one that goes on from earlier models."""
    if settings.kind == "linear":
        from entrox.potentials.training.linear_student import LinearStudent

        return LinearStudent(elements=elements)
    from entrox.potentials.training.deepmd_student import DeepmdStudent
    from entrox.potentials.training.settings import TrainSettings

    train = TrainSettings.preset(settings.preset, **settings.settings)
    anew = None
    if warm and settings.warm_steps is not None:
        anew, train = train, train.model_copy(update={"n_steps": settings.warm_steps})
    return DeepmdStudent(train, elements, threads=settings.threads, settings_anew=anew)


def build_engine(name: str) -> Engine:
    """Make an engine by its name."""
    if name == "ase":
        from entrox.dynamics.ase_md.ase_engine import AseEngine

        return AseEngine()
    from entrox.dynamics.lammps.lammps_engine import LammpsEngine

    return LammpsEngine()
