"""Settings of a learning loop: the tables of its recipe.

Units: angstrom, eV/angstrom, K, ps, bar, h.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

__all__ = [
    "CompositionSettings",
    "ExploreSettings",
    "LearnSettings",
    "SelectSettings",
    "StartSettings",
    "StopSettings",
    "StudentSettings",
    "TeacherSettings",
    "TrustSettings",
]

Amount = int | float | str

FREE_SETTINGS: dict[str, Any] = {
    "title": True, "stop": True, "teacher": {"timeout_s", "retries", "python", "threads", "device"},
    "student": {"threads"},
}  # fmt: skip
"""Settings that change no number: names, limits of time, where and how a program is run."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompositionSettings(_Settings):
    """One ``[[compositions]]`` table: a formula, values of its variables, and the boxes that stand for them.

    Parameters
    ----------
    formula
        Perovskite, with the variables x and y or without.
    x, y
        Values, numbers or exact fractions as text such as ``"1/8"``.
    pairs
        Take the values of x and y side by side instead of every x with every y.
    shape, setting
        Box as for ``build_perovskite``: 2 x 2 x 2 of ``cubic`` has 40 atoms, 1 x 1 x 1 of ``2sqrt2`` has 80.
    arrangements, method, rounding
        Number of boxes, and how their sites are filled.
    lattice_angstrom
        Pseudo-cubic edge of the ideal crystal; Vegard's rule if None.
    """

    formula: str
    x: tuple[Amount, ...] = ()
    y: tuple[Amount, ...] = ()
    pairs: bool = False
    shape: tuple[PositiveInt, PositiveInt, PositiveInt] = (2, 2, 2)
    setting: Literal["cubic", "sqrt2", "2sqrt2"] = "cubic"
    arrangements: PositiveInt = 1
    method: Literal["random", "clustered", "sqs"] = "random"
    rounding: Literal["error", "largest-remainder"] = "error"
    lattice_angstrom: PositiveFloat | None = None


class TeacherSettings(_Settings):
    """The ``[teacher]`` table.

    Parameters
    ----------
    name
        ``toy``, ``shell``, ``chgnet``, ``deepmd:FILE``, ``cp2k`` or ``ase:module:factory``.
    timeout_s, retries
        Longest time of one label, and how often a failed one is tried again.
    python
        Interpreter of another environment that has the teacher.
    threads
        Threads of one label (chgnet, cp2k).
    device
        Where chgnet runs; ``auto`` takes a graphics card if there is one.
    """

    name: str = "chgnet"
    timeout_s: PositiveFloat = 600.0
    retries: int = Field(default=2, ge=0)
    python: FilePath | None = None
    threads: PositiveInt = 1
    device: Literal["cpu", "auto"] = "cpu"


class StudentSettings(_Settings):
    """The ``[student]`` table.

    Parameters
    ----------
    kind
        ``deepmd`` for Deep Potentials, ``linear`` for sums of pair functions, which learn toys in seconds.
    models
        Size of the committee.
    preset, settings
        Settings of Deep Potentials by name, and changes of them.
    warm_steps
        Steps from the second training on, which goes on from the models before; as the first if None.
    threads
        Threads of one training.
    """

    kind: Literal["deepmd", "linear"] = "deepmd"
    models: int = Field(default=4, ge=2)
    preset: Literal["laptop", "paper"] = "laptop"
    settings: dict[str, Any] = Field(default_factory=dict)
    warm_steps: PositiveInt | None = None
    threads: PositiveInt = 1


class StartSettings(_Settings):
    """The ``[start]`` table: starting frames, and how far they are from the ideal crystal."""

    frames: PositiveInt = 120
    rattle_angstrom: tuple[NonNegativeFloat, NonNegativeFloat] = (0.03, 0.10)
    polar_angstrom: NonNegativeFloat = 0.15
    strain: NonNegativeFloat = Field(default=0.012, lt=0.2)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.rattle_angstrom[0] > self.rattle_angstrom[1]:
            raise ValueError("rattle_angstrom must be a smaller and a larger value")
        return self


class ExploreSettings(_Settings):
    """The ``[explore]`` table.

    Parameters
    ----------
    engine
        ``lammps`` or ``ase``.
    temperatures_k, pressure_bar, timestep_fs
        Conditions; every cell runs at every temperature.
    runs_per_cell
        Runs of each cell at each temperature, with different velocities.
    first_ps, longest_ps, growth
        Length of the first runs, the length that they shall come to, and the factor by which they grow once the median
        run lives to its end.
    deviation_every
        Steps between two frames that are judged.
    """

    engine: Literal["lammps", "ase"] = "lammps"
    temperatures_k: tuple[PositiveFloat, ...] = Field(default=(300.0, 500.0), min_length=1)
    pressure_bar: float = 0.0
    timestep_fs: float = Field(default=2.0, gt=0.0, le=20.0)
    runs_per_cell: PositiveInt = 1
    first_ps: PositiveFloat = 0.8
    longest_ps: PositiveFloat = 10.0
    growth: float = Field(default=2.0, gt=1.0)
    deviation_every: PositiveInt = 10

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_ps > self.longest_ps:
            raise ValueError("first_ps must not exceed longest_ps")
        return self


class TrustSettings(_Settings):
    """The ``[trust]`` table: below the lower deviation a frame is accurate, from the upper one on it has failed.

    ``early_sigma_high_ev_per_angstrom`` replaces the upper level in the first ``early_generations``, when hardly any
    frame lies below it; the result says so.
    """

    sigma_low_ev_per_angstrom: PositiveFloat = 0.125
    sigma_high_ev_per_angstrom: PositiveFloat = 0.5
    early_sigma_high_ev_per_angstrom: PositiveFloat | None = None
    early_generations: PositiveInt = 1

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.sigma_low_ev_per_angstrom >= self.sigma_high_ev_per_angstrom:
            raise ValueError("sigma_low_ev_per_angstrom must lie below sigma_high_ev_per_angstrom")
        early = self.early_sigma_high_ev_per_angstrom
        if early is not None and early < self.sigma_high_ev_per_angstrom:
            raise ValueError("early_sigma_high_ev_per_angstrom must not lie below sigma_high_ev_per_angstrom")
        return self

    def sigma_high(self, generation: int) -> float:
        """Upper level of a generation [eV/angstrom]."""
        early = self.early_sigma_high_ev_per_angstrom
        return early if early is not None and generation <= self.early_generations else self.sigma_high_ev_per_angstrom


class SelectSettings(_Settings):
    """The ``[select]`` table.

    Parameters
    ----------
    labels_per_generation
        Labels of each generation after the start.
    random_share, min_distance
        As for :func:`~entrox.potentials.learning.select.select_frames`.
    held_out_share
        Part of the arrangements and runs whose frames are never trained on: each as a whole.
    largest_force_ev_per_angstrom, shortest_pair, volume_tolerance
        As for :class:`~entrox.potentials.learning.sieve.Sieve`.
    """

    labels_per_generation: PositiveInt = 60
    random_share: float = Field(default=0.3, ge=0.0, le=1.0)
    min_distance: NonNegativeFloat = 0.0
    held_out_share: float = Field(default=0.1, gt=0.0, lt=1.0)
    largest_force_ev_per_angstrom: PositiveFloat = 15.0
    shortest_pair: float = Field(default=0.6, gt=0.0, lt=1.0)
    volume_tolerance: float = Field(default=0.15, gt=0.0, lt=1.0)


class StopSettings(_Settings):
    """The ``[stop]`` table: most generations after the start, and most hours; neither changes a number."""

    generations: PositiveInt = 4
    max_hours: PositiveFloat | None = None


class LearnSettings(_Settings):
    """A recipe."""

    title: str = ""
    seed: int = Field(default=1, ge=0)
    compositions: tuple[CompositionSettings, ...] = Field(min_length=1)
    teacher: TeacherSettings = TeacherSettings()
    student: StudentSettings = StudentSettings()
    start: StartSettings = StartSettings()
    explore: ExploreSettings = ExploreSettings()
    trust: TrustSettings = TrustSettings()
    select: SelectSettings = SelectSettings()
    stop: StopSettings = StopSettings()

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.student.kind == "linear" and self.explore.engine == "lammps":
            raise ValueError('LAMMPS has no linear student; set engine = "ase" in [explore]')
        return self

    def numbers(self) -> dict[str, Any]:
        """Return the settings that the numbers depend on, as plain data; a loop may go on with others of the rest."""
        content: dict[str, Any] = self.model_dump(mode="json", exclude=FREE_SETTINGS)
        return content

    def changed(self, changes: Mapping[str, Mapping[str, Any]]) -> LearnSettings:
        """Return settings with other values in some tables, checked again.

        Raises
        ------
        InputError
            If a value is wrong.
        """
        from pydantic import ValidationError

        from entrox.core import InputError

        content = self.model_dump()
        for table, values in changes.items():
            content[table] = {**content[table], **values}
        try:
            return LearnSettings(**content)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{place}: {first['msg'].removeprefix('Value error, ')}.") from error
