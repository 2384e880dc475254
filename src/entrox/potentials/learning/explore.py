"""Exploration: short runs of every composition and temperature with the committee, judged frame by frame.

A run counts up to its first frame with a deviation above the upper trust level: after that the student invents another
material. Frames that a run should have had and has not, because it diverged, are failed too; so is NaN.
Units: angstrom, eV/angstrom, K, ps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import generator
from entrox.dynamics.engine import Engine, Trajectory
from entrox.dynamics.lammps.batch import Start
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS, Npt
from entrox.potentials.committee import TrustLevels, force_deviation
from entrox.potentials.learning.learn_settings import ExploreSettings, StartSettings
from entrox.potentials.learning.start_frames import LearningCell, start_frame
from entrox.potentials.student import Model, Student

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "ExplorationRun",
    "ExploredRun",
    "JudgedRun",
    "explore",
    "judge_run",
    "life_ps",
    "next_length_ps",
    "plan_runs",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

THERMAL_RATTLE_ANGSTROM, RATTLE_AT_K = 0.045, 300.0
"""A run starts from the ideal crystal, shaken by this much for each coordinate, and by the square root of its
temperature: about as much potential energy as its velocities are worth, so that it does not cool down at once."""
LARGEST_SEED = 2**31 - 1
RUN_KEY = 3
"""First number of the random streams of runs."""


@dataclass(frozen=True, kw_only=True)
class ExplorationRun:
    """One run to be made; ``name`` is unique in the loop."""

    name: str
    cell: str
    composition: str
    atoms: Atoms
    protocol: Npt
    seed: int


@dataclass(frozen=True, kw_only=True)
class ExploredRun:
    """What came of a run: deviations [eV/angstrom] by step, the kept frames by step, and how warm it was.

    ``warmth`` is the mean temperature of the second half over the one that was set; NaN where there is none.
    """

    run: ExplorationRun
    step: Ints
    deviation: Floats
    frame_step: Ints
    frames: tuple[Atoms, ...]
    status: str
    reason: str
    warmth: float
    cpu_s: float


@dataclass(frozen=True, kw_only=True)
class JudgedRun:
    """Counts of a run by trust level, its life in steps, and its candidate frames with their deviations."""

    explored: ExploredRun
    accurate: int
    candidate: int
    failed: int
    life_steps: int
    candidates: tuple[tuple[Atoms, float], ...]


def next_length_ps(settings: ExploreSettings, length_ps: float | None, life_ps: float | None) -> float:
    """Length of the next runs: short at first; longer once the median run lived to its end.

    Parameters
    ----------
    settings
        First length, longest length and growth.
    length_ps, life_ps
        Length and median life of the generation before; None if there is none.
    """
    if length_ps is None or life_ps is None:
        return settings.first_ps
    return min(length_ps * settings.growth, settings.longest_ps) if life_ps >= length_ps else length_ps


def plan_runs(
    cells: Sequence[LearningCell], settings: ExploreSettings, generation: int, length_ps: float, seed: int
) -> tuple[ExplorationRun, ...]:
    """Runs of a generation: every cell at every temperature, ``runs_per_cell`` times with other velocities."""
    runs = []
    for c, cell in enumerate(cells):
        for t, temperature in enumerate(settings.temperatures_k):
            protocol = Npt(
                temperature_k=temperature, length_ps=length_ps, pressure_bar=settings.pressure_bar,
                timestep_fs=settings.timestep_fs, thermo_every=settings.deviation_every,
                frame_every=settings.deviation_every, deviation_every=settings.deviation_every,
            )  # fmt: skip
            start = _shaken_only(temperature)
            for r in range(settings.runs_per_cell):
                rng = generator(seed, RUN_KEY, generation, c, t, r)
                runs.append(
                    ExplorationRun(
                        name=f"g{generation:02d}_c{c + 1:03d}_t{t + 1:02d}_r{r + 1:02d}", cell=cell.name,
                        composition=cell.formula, atoms=start_frame(cell.atoms, start, rng), protocol=protocol,
                        seed=int(rng.integers(1, LARGEST_SEED)),
                    )
                )  # fmt: skip
    return tuple(runs)


def _shaken_only(temperature_k: float) -> StartSettings:
    rattle = THERMAL_RATTLE_ANGSTROM * (temperature_k / RATTLE_AT_K) ** 0.5
    return StartSettings(rattle_angstrom=(rattle, rattle), polar_angstrom=0.0, strain=0.0)


def explore(
    runs: Sequence[ExplorationRun],
    engine: Engine,
    student: Student,
    models: Sequence[Model],
    folder: Path,
    executor: Executor,
) -> Iterator[ExploredRun]:
    """Make the runs side by side and yield each as it is finished; finished runs are read from their folders.

    An engine that can make several runs in one start gets all runs of a composition in one size of box at once.
    """
    groups: dict[str, list[ExplorationRun]] = {}
    for run in runs:
        alike = f"{run.composition} {run.atoms.get_chemical_formula()}"
        groups.setdefault(alike if hasattr(engine, "run_many") else run.name, []).append(run)
    futures = [
        executor.submit(explore_group, group, engine, student, models, folder / group[0].name)
        for group in groups.values()
    ]
    try:
        for future in as_completed(futures):
            yield from future.result()
    finally:
        for future in futures:
            future.cancel()


def explore_group(
    runs: Sequence[ExplorationRun], engine: Engine, student: Student, models: Sequence[Model], folder: Path
) -> list[ExploredRun]:
    """Make runs of one composition in a folder, in whatever process this is called."""
    potential = student.potential(models)
    run_many = getattr(engine, "run_many", None)
    if run_many is None:
        (run,) = runs
        made = [engine.run(run.atoms, run.protocol, potential, folder, seed=run.seed)]
    else:
        made = run_many(
            [Start(atoms=run.atoms, protocol=run.protocol, seed=run.seed) for run in runs], potential, folder
        )
    return [_explored(run, trajectory, student, models) for run, trajectory in zip(runs, made, strict=True)]


def _explored(run: ExplorationRun, made: Trajectory, student: Student, models: Sequence[Model]) -> ExploredRun:
    frames = tuple(made.frames())
    step, deviation = made.deviation_step, made.force_deviation_ev_per_angstrom
    if len(step) == 0:
        answers = student.evaluate(models, frames)
        step = made.frame_step
        deviation = np.array([force_deviation(answer.forces_ev_per_angstrom).max() for answer in answers])
    second_half = made.temperature_k[len(made.temperature_k) // 2 :]
    warmth = float(second_half.mean()) / run.protocol.temperature_k if len(second_half) else float("nan")
    return ExploredRun(
        run=run, step=step, deviation=deviation, frame_step=made.frame_step, frames=frames, status=made.status,
        reason=made.reason, warmth=warmth, cpu_s=made.cpu_s,
    )  # fmt: skip


def judge_run(explored: ExploredRun, levels: TrustLevels) -> JudgedRun:
    """Sort the frames of a run by trust; all from the first failed or missing one on are failed."""
    protocol = explored.run.protocol
    planned = np.arange(0, protocol.n_steps + 1, protocol.deviation_every)
    known = dict(zip(explored.step.tolist(), explored.deviation.tolist(), strict=True))
    trusts = [levels.level(known.get(step, float("nan"))) for step in planned.tolist()]
    n_good = trusts.index("failed") if "failed" in trusts else len(trusts)
    frames = dict(zip(explored.frame_step.tolist(), explored.frames, strict=True))
    good = list(zip(planned.tolist(), trusts, strict=True))[:n_good]
    candidates = [(frames[step], known[step]) for step, trust in good if trust == "candidate" and step in frames]
    accurate = trusts[:n_good].count("accurate")
    return JudgedRun(
        explored=explored,
        accurate=accurate,
        candidate=n_good - accurate,
        failed=len(trusts) - n_good,
        life_steps=int(planned[n_good]) if n_good < len(trusts) else protocol.n_steps,
        candidates=tuple(candidates),
    )


def life_ps(judged: Sequence[JudgedRun]) -> float:
    """Median life of runs [ps]."""
    return float(np.median([run.life_steps * run.explored.run.protocol.timestep_fs for run in judged])) / (
        FEMTOSECONDS_PER_PS
    )
