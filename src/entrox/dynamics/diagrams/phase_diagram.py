"""Phase diagram over composition from runs over temperature: points with their uncertainty, and the lines between.

Compositions, cation arrangements, directions, box sizes and models are runs of their own
(:mod:`entrox.dynamics.diagrams.series`); their transitions are combined
(:mod:`entrox.dynamics.diagrams.transition_points`) and joined over composition
(:mod:`entrox.dynamics.diagrams.transition_band`). Units: x and y dimensionless, K, angstrom, degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, generator, quantity
from entrox.dynamics.diagrams.phase_diagram_remarks import diagram_warnings
from entrox.dynamics.diagrams.phase_diagram_settings import CompositionLine, PhaseDiagramSettings
from entrox.dynamics.diagrams.series import SeriesRow, run_tasks, series_tasks
from entrox.dynamics.diagrams.series_task import SeriesTask, Shape, work_key
from entrox.dynamics.diagrams.transition_band import TransitionBand, transition_band
from entrox.dynamics.diagrams.transition_points import (
    RunTransitions,
    TransitionPoint,
    run_transitions,
    transition_points,
)
from entrox.dynamics.engine import Engine
from entrox.dynamics.potential import Potential

__all__ = ["DiagramBand", "DiagramPoint", "PhaseDiagram", "check_diagram", "phase_diagram"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RUNS = "runs"


@dataclass(frozen=True, kw_only=True)
class DiagramPoint(TransitionPoint):
    """A transition with its place in the diagram; x or y is None where the formula has no such variable."""

    x: float | None = quantity("1", "composition x")
    y: float | None = quantity("1", "composition y")
    formula: str
    shape: Shape
    n_cells: int = quantity("1", "cells of the box")


@dataclass(frozen=True, kw_only=True)
class DiagramBand(TransitionBand):
    """A line of transitions along one line of compositions, for the largest box; ``x`` is the variable that changes."""

    line: int = quantity("1", "number of the line of compositions")
    variable: str
    kind: str
    direction: str
    n_points: int = quantity("1", "points of the line")


@dataclass(frozen=True, kw_only=True)
class PhaseDiagram(Result):
    """Points, bands, and the curves that they come from.

    Curves stand in rows of runs; a run with fewer rows of temperature ends in NaN.
    """

    title: str
    points: tuple[DiagramPoint, ...]
    bands: tuple[DiagramBand, ...]
    lines: tuple[CompositionLine, ...]
    runs: tuple[SeriesRow, ...]
    order_unit: str
    x: Floats = quantity("1", "composition x", axes=("run",))
    y: Floats = quantity("1", "composition y", axes=("run",))
    cells: Ints = quantity("1", "cells of the box", axes=("run",))
    arrangement: Ints = quantity("1", "number of the cation arrangement", axes=("run",))
    model: Ints = quantity("1", "number of the model", axes=("run",))
    heating: NDArray[np.bool_] = quantity("1", "whether the run heats", axes=("run",))
    temperature_k: Floats = quantity("K", "temperature", axes=("run", "row"))
    order_parameter: Floats = quantity("as the order", "mean order parameter", axes=("run", "row", "component"))
    order_error: Floats = quantity("as the order", "standard error of the order", axes=("run", "row", "component"))
    lattice_angstrom: Floats = quantity("angstrom", "pseudo-cubic edges, sorted", axes=("run", "row", "edge"))
    lattice_error_angstrom: Floats = quantity("angstrom", "standard error of the edges", axes=("run", "row", "edge"))
    angle_deg: Floats = quantity("degree", "angle between the two other axes", axes=("run", "row", "edge"))
    warnings: tuple[str, ...] = ()


def phase_diagram(
    settings: PhaseDiagramSettings,
    engine: Engine,
    potentials: Potential | Sequence[Potential],
    folder: str | Path,
    *,
    executor: Executor | None = None,
    resume: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> PhaseDiagram:
    """Run and evaluate a recipe.

    Parameters
    ----------
    settings
        The recipe.
    engine, potentials
        What runs it. Several potentials are a committee: each drives runs of its own, and their spread is a component
        of the uncertainty.
    folder
        The runs go into its folder ``runs``.
    executor
        Where the runs go; one after the other in this process if None.
    resume
        Read finished runs and continue interrupted ones; False runs all anew.
    progress
        Called with the numbers of finished and of all runs.

    Raises
    ------
    InputError
        If a composition does not fit its box, or has an element that a potential does not know; nothing is run then.
    """
    places = _places(settings.line)
    tasks = _tasks(settings, tuple(places), engine, potentials, Path(folder) / RUNS, resume=resume)
    rows = run_tasks(tasks, executor, progress)
    found = {row.folder: _searched(row, settings) for row in rows if row.finished}
    points = _points(rows, found, places)
    bands = _bands(settings.line, points)
    return PhaseDiagram(
        title=settings.title,
        points=points,
        bands=bands,
        lines=settings.line,
        runs=rows,
        order_unit="angstrom" if settings.order.charges_e is None else "C/m2",
        warnings=diagram_warnings(settings, rows, points, bands, tuple(found.values())),
        **_curves(rows, places),
    )


def check_diagram(settings: PhaseDiagramSettings, engine: Engine, potentials: Potential | Sequence[Potential]) -> int:
    """Check a recipe without running anything, and return the number of its runs; raises as :func:`phase_diagram`."""
    return len(_tasks(settings, tuple(_places(settings.line)), engine, potentials, Path(RUNS), resume=True))


def _tasks(
    settings: PhaseDiagramSettings,
    formulas: Sequence[str],
    engine: Engine,
    potentials: Potential | Sequence[Potential],
    folder: Path,
    *,
    resume: bool,
) -> list[SeriesTask]:
    return [
        task
        for box in settings.box.boxes()
        for task in series_tasks(
            formulas,
            box,
            settings.run.protocols(),
            engine,
            potentials,
            folder,
            seed=settings.seed,
            n_arrangements=settings.box.arrangements,
            resume=resume,
            charges=settings.order.charges_e,
            row_k=settings.run.step_k,
        )
    ]


def _places(lines: Sequence[CompositionLine]) -> dict[str, tuple[float | None, float | None]]:
    """Values of x and y of each composition by its formula; one that lies on two lines is run once."""
    places: dict[str, tuple[float | None, float | None]] = {}
    for line in lines:
        for composition in line.compositions():
            places.setdefault(composition.formula, (composition.x, composition.y))
    return places


def _searched(row: SeriesRow, settings: PhaseDiagramSettings) -> RunTransitions:
    assert row.run is not None
    key = work_key(row.formula, *row.shape, row.arrangement, row.direction, row.model, "noise")
    return run_transitions(
        row.run,
        generator(settings.seed, *key),
        arrangement=row.arrangement,
        model=row.model,
        fraction=settings.order.fraction,
        min_run=settings.order.min_run,
        smallest_order=settings.order.smallest_order,
    )


def _points(
    rows: Sequence[SeriesRow],
    found: Mapping[Path, RunTransitions],
    places: Mapping[str, tuple[float | None, float | None]],
) -> tuple[DiagramPoint, ...]:
    """Points ordered by the size of the box, then by composition."""
    groups: dict[tuple[Shape, str, str], list[SeriesRow]] = {}
    for row in rows:
        if row.finished:
            groups.setdefault((row.shape, row.formula, row.direction), []).append(row)
    return tuple(
        DiagramPoint(
            x=places[formula][0],
            y=places[formula][1],
            formula=formula,
            shape=shape,
            n_cells=members[0].run.n_cells if members[0].run else 0,
            **vars(point),
        )
        for (shape, formula, _), members in groups.items()
        for point in transition_points([found[row.folder] for row in members])
    )


def _bands(lines: Sequence[CompositionLine], points: Sequence[DiagramPoint]) -> tuple[DiagramBand, ...]:
    largest = max((point.n_cells for point in points), default=0)
    bands = []
    for number, line in enumerate(lines):
        places = {item.formula: float(getattr(item, line.variable)) for item in line.compositions()}
        groups: dict[tuple[str, str], list[DiagramPoint]] = {}
        for point in points:
            if point.n_cells == largest and point.formula in places:
                groups.setdefault((point.direction, point.kind), []).append(point)
        for (direction, kind), members in groups.items():
            if len(members) < 2:
                continue
            band = transition_band(
                [places[point.formula] for point in members],
                [point.t_k for point in members],
                [point.half_width_k for point in members],
            )
            bands.append(
                DiagramBand(
                    **vars(band),
                    line=number,
                    variable=line.variable,
                    kind=kind,
                    direction=direction,
                    n_points=len(members),
                )
            )
    return tuple(bands)


def _curves(rows: Sequence[SeriesRow], places: Mapping[str, tuple[float | None, float | None]]) -> dict[str, Any]:
    """Arrays over the runs that have rows of temperature, those that broke off included."""
    shown = [(row, row.run) for row in rows if row.run is not None]
    length = max((len(run.temperature_k) for _, run in shown), default=0)
    arrays: dict[str, Any] = {
        "x": np.array([places[row.formula][0] for row, _ in shown], dtype=float),
        "y": np.array([places[row.formula][1] for row, _ in shown], dtype=float),
        "cells": np.array([run.n_cells for _, run in shown], dtype=np.int64),
        "arrangement": np.array([row.arrangement for row, _ in shown], dtype=np.int64),
        "model": np.array([row.model for row, _ in shown], dtype=np.int64),
        "heating": np.array([row.direction == "heating" for row, _ in shown], dtype=bool),
        "temperature_k": np.full((len(shown), length), np.nan),
    }
    for name in ("order_parameter", "order_error", "lattice_angstrom", "lattice_error_angstrom", "angle_deg"):
        arrays[name] = np.full((len(shown), length, 3), np.nan)
    for place, (_, run) in enumerate(shown):
        for name, array in arrays.items():
            if array.ndim > 1:
                array[place, : len(run.temperature_k)] = getattr(run, name)
    return arrays
