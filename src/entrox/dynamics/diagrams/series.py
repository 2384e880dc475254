"""Runs over compositions, cation arrangements, directions and models: independent work, named by what it is.

Each piece builds its box and draws its velocities from the seed and its own name, so that the same numbers come out in
one process, in several, or on a cluster, and whichever other pieces there are. A finished run is read from its folder;
a run that diverged or failed is a row with its reason, and the others go on.
Units: K, angstrom, ps; see :mod:`entrox.dynamics.diagrams.ramps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.composition import Composition, parse_formula
from entrox.core import EngineError, InputError, Result, check_integer, quantity
from entrox.dynamics.diagrams.ramps import ROW_K, TemperatureRun, temperature_run
from entrox.dynamics.diagrams.series_task import SeriesBox, SeriesTask, Shape, starting_box
from entrox.dynamics.engine import Engine
from entrox.dynamics.potential import Potential, check_elements
from entrox.dynamics.protocols import MdProtocol
from entrox.order.lattice import fit_lattice
from entrox.order.polarization.born_charges import Charges

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "SeriesResult",
    "SeriesRow",
    "composition_series",
    "run_task",
    "run_tasks",
    "series_tasks",
    "series_warnings",
]


@dataclass(frozen=True, kw_only=True)
class SeriesRow(Result):
    """What one run of a series gave.

    ``status`` is ``finished``, ``diverged`` or ``failed``, the last two with a ``reason``; ``run`` holds the rows of
    temperature that were complete, None if none was.
    """

    formula: str
    shape: Shape
    arrangement: int = quantity("1", "number of the cation arrangement")
    direction: str
    model: int = quantity("1", "number of the model")
    status: str
    reason: str = ""
    folder: Path
    seed: int = quantity("1", "seed of the velocities")
    cpu_s: float = quantity("s", "processor time of the engine")
    run: TemperatureRun | None

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.status == "finished" and self.run is not None


@dataclass(frozen=True, kw_only=True)
class SeriesResult(Result):
    """All runs of a series, ordered by composition, arrangement, direction and model."""

    rows: tuple[SeriesRow, ...]
    seed: int = quantity("1", "seed of the series")
    warnings: tuple[str, ...] = ()


def composition_series(
    formulas: Sequence[str | Composition],
    box: SeriesBox,
    protocols: Mapping[str, MdProtocol],
    engine: Engine,
    potentials: Potential | Sequence[Potential],
    folder: str | Path,
    *,
    seed: int,
    n_arrangements: int = 1,
    executor: Executor | None = None,
    resume: bool = True,
    charges: Charges | None = None,
    row_k: float = ROW_K,
    progress: Callable[[int, int], None] | None = None,
) -> SeriesResult:
    """Run protocols for several compositions, arrangements and models.

    Parameters
    ----------
    formulas
        Perovskites without variables.
    box
        How each is built.
    protocols
        Protocol by the name of its direction, such as ``heating`` and ``cooling``.
    engine, potentials
        What runs them; several potentials are the members of a committee, and each drives runs of its own.
    folder
        Each run gets a folder of its own below, named by composition, shape, arrangement, direction and model.
    seed
        Seed of cation arrangements and velocities.
    n_arrangements
        Cation arrangements of each composition.
    executor
        Where the runs go; one after the other in this process if None.
    resume
        Read finished runs and continue interrupted ones; False runs all anew.
    charges, row_k
        As for :func:`entrox.dynamics.diagrams.ramps.temperature_run`.
    progress
        Called with the numbers of finished and of all runs.

    Raises
    ------
    InputError
        If a composition does not fit the box, occurs twice, or has an element that a potential does not know; nothing
        is run then.
    """
    tasks = series_tasks(
        formulas, box, protocols, engine, potentials, Path(folder), seed=seed, n_arrangements=n_arrangements,
        resume=resume, charges=charges, row_k=row_k,
    )  # fmt: skip
    rows = run_tasks(tasks, executor, progress)
    return SeriesResult(rows=rows, seed=seed, warnings=series_warnings(rows))


def series_tasks(
    formulas: Sequence[str | Composition],
    box: SeriesBox,
    protocols: Mapping[str, MdProtocol],
    engine: Engine,
    potentials: Potential | Sequence[Potential],
    folder: Path,
    *,
    seed: int,
    n_arrangements: int = 1,
    resume: bool = True,
    charges: Charges | None = None,
    row_k: float = ROW_K,
) -> tuple[SeriesTask, ...]:
    """Spell out the runs of a series and check them; parameters and errors as for :func:`composition_series`."""
    members = list(potentials) if isinstance(potentials, Sequence) else [potentials]
    if not members or not protocols or not formulas:
        raise InputError("a series needs at least one formula, one protocol and one potential.")
    check_integer(n_arrangements, "n_arrangements", low=1)
    names = [_canonical(formula) for formula in formulas]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"each composition may occur once in a series; got {repeated[0]} more than once.")
    tasks = tuple(
        SeriesTask(
            formula=name,
            box=box,
            arrangement=arrangement,
            direction=direction,
            protocol=protocol,
            model=model,
            potential=potential,
            engine=engine,
            seed=seed,
            folder=folder / _folder_name(name, box, arrangement, direction, model),
            resume=resume,
            charges=charges,
            row_k=row_k,
        )
        for name in names
        for arrangement in range(n_arrangements)
        for direction, protocol in protocols.items()
        for model, potential in enumerate(members)
    )
    _check_boxes(tasks)
    return tasks


def run_tasks(
    tasks: Sequence[SeriesTask], executor: Executor | None = None, progress: Callable[[int, int], None] | None = None
) -> tuple[SeriesRow, ...]:
    """Run tasks and return their rows in the order of the tasks, whichever is done first."""
    report = progress or (lambda done, total: None)
    report(0, len(tasks))
    if executor is None:
        rows = []
        for task in tasks:
            rows.append(run_task(task))
            report(len(rows), len(tasks))
        return tuple(rows)
    futures = [executor.submit(run_task, task) for task in tasks]
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            report(done, len(tasks))
    finally:
        for future in futures:
            future.cancel()
    return tuple(future.result() for future in futures)


def run_task(task: SeriesTask) -> SeriesRow:
    """Run one task in this process, or read what it left in its folder."""
    atoms = starting_box(task)
    status, reason, cpu_s, run = "failed", "", 0.0, None
    try:
        trajectory = task.engine.run(
            atoms, task.protocol, task.potential, task.folder, seed=task.velocity_seed, resume=task.resume
        )
        status, reason, cpu_s = trajectory.status, trajectory.reason, trajectory.cpu_s
        lattice_map = fit_lattice(atoms, shape=task.box.matrix)
        run = temperature_run(trajectory, task.protocol, lattice_map, charges=task.charges, row_k=task.row_k)
    except EngineError as error:
        reason = reason or str(error)
    return SeriesRow(
        formula=task.formula,
        shape=task.box.shape,
        arrangement=task.arrangement,
        direction=task.direction,
        model=task.model,
        status=status,
        reason=reason,
        folder=task.folder,
        seed=task.velocity_seed,
        cpu_s=cpu_s,
        run=run,
    )


def _canonical(formula: str | Composition) -> str:
    return formula.formula if isinstance(formula, Composition) else parse_formula(formula).at().formula


def _folder_name(formula: str, box: SeriesBox, arrangement: int, direction: str, model: int) -> Path:
    setting = "" if box.setting == "cubic" else f"-{box.setting}"
    name = f"{formula.replace('/', '_')}-{'x'.join(map(str, box.shape))}{setting}"
    return Path(name) / f"arrangement{arrangement}-{direction}-model{model}"


def _check_boxes(tasks: Sequence[SeriesTask]) -> None:
    """Build one box of each composition and ask each potential for its elements, before anything is run."""
    boxes: dict[str, Atoms] = {}
    for task in tasks:
        if task.formula not in boxes:
            boxes[task.formula] = starting_box(task)
            fit_lattice(boxes[task.formula], shape=task.box.matrix)
        if task.arrangement == 0:
            check_elements(task.potential, boxes[task.formula])


def series_warnings(rows: Sequence[SeriesRow]) -> tuple[str, ...]:
    """Return the runs that did not finish, with their reasons, and what the others have to say."""
    lost = [row for row in rows if not row.finished]
    remarks = [
        f"{row.formula}, arrangement {row.arrangement}, {row.direction}, model {row.model}: {row.status}: {row.reason}"
        for row in lost
    ]
    for row in rows:
        remarks += [] if row.run is None else [f"{row.formula}, {row.direction}: {text}" for text in row.run.warnings]
    return tuple(dict.fromkeys(remarks))
