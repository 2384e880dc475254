"""Looks at a space: screen it, choose candidates, run them again; from the second look on with a corrected screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.errors import InputError
from entrox.core.random import generator
from entrox.design.search.archive import Archive
from entrox.design.search.balance import GridRepair
from entrox.design.search.correction import Correction, fit_correction
from entrox.design.search.evolution import evolve
from entrox.design.search.plan import SearchPlan
from entrox.design.search.screen import screen_space
from entrox.design.search.second_run import SecondRun, read_second_run
from entrox.design.search.selection import Selected, select_candidates
from entrox.design.store import Store
from entrox.design.sweep import Progress, SweepRows, run_sweep

__all__ = ["Looked", "ProgressOfPart", "take_looks"]

Floats = NDArray[np.float64]
ProgressOfPart = Callable[[str, int, int], None]
ARCHIVE, CONTROLS, EVOLUTION = 1, 2, 3
"""Streams of random numbers."""
LEADERS = 10_000
SECOND_RUN = "the second run"


@dataclass(frozen=True)
class Looked:
    """What all looks gave together.

    Parameters
    ----------
    archive, balanced
        What the first screen, without correction, kept, and how many candidates it looked at.
    selected
        The candidates that were run again.
    expected
        What the screen of its look expected of the first objective of each, shape ``(n,)``; NaN without fast form.
    run, published
        Second run of the candidates and of the published compositions; None where there are none.
    notes
        What is to be known of the later looks.
    """

    archive: Archive
    balanced: int
    selected: Selected
    expected: Floats
    run: SecondRun
    published: SecondRun | None
    notes: tuple[str, ...]


def take_looks(
    plan: SearchPlan, store: Store, executor: Executor, clock: dict[str, Any], progress: ProgressOfPart | None = None
) -> Looked:
    """Take all looks of a search.

    Parameters
    ----------
    plan
        The search.
    store, executor
        Of the second run; what the store has is not run again.
    clock
        Gets the number of candidates and the time of all screens.
    progress
        Called with the name of the part, what is done of it, and all of it.

    Raises
    ------
    InputError
        If no candidate fulfils the constraints, or a correction cannot be fitted.
    """
    settings, screen = plan.search.search, plan.screen
    screen.correction, notes = None, list[str]()
    first: tuple[Archive, int] | None = None
    selected, expected = Selected(np.empty((0, 0)), ()), np.empty(0)
    for look in range(settings.looks):
        archive, looked_at = _screened(plan, clock, progress)
        first = first or (archive, looked_at)
        count = settings.rerun // settings.looks + (look < settings.rerun % settings.looks)
        chosen = _chosen(plan, archive, count, selected if look else None)
        expected = np.concatenate([expected, _expected(plan, chosen)])
        selected = _joined(selected, chosen) if look else chosen
        run, published = _second_run(plan, selected, store, executor, progress)
        if look + 1 < settings.looks:
            screen.correction = _correction(plan, selected, run)
            notes.append(
                f"look {look + 2}: the screen is corrected by a fit to the {len(selected.rows)} candidates run so far, "
                f"which predicts {100 * screen.correction.explained:.0f} % of the variance of second run over screen"
            )
    assert first is not None
    screen.correction = None
    return Looked(*first, selected, expected, run, published, tuple(notes))


def _screened(plan: SearchPlan, clock: dict[str, Any], progress: ProgressOfPart | None) -> tuple[Archive, int]:
    """Screen the space; return what is kept and how many candidates were looked at. ``clock`` gets the times."""
    settings, screen = plan.search.search, plan.screen
    archive = Archive(
        len(screen.space.species),
        int(screen.screened.sum()),
        generator(settings.seed, ARCHIVE),
        leaders=max(LEADERS, 2 * settings.rerun),
        dtype=np.float64 if plan.search.space.continuous else np.int16,
    )
    wall, cpu = time.perf_counter(), time.process_time()
    if settings.method == "exhaustive":
        shown = None if progress is None else lambda done, total: progress("the screen", done, total)
        looked_at = screen_space(screen, archive, shown)
    else:
        shown = None if progress is None else lambda done, total: progress("generations", done, total)
        looked_at = evolve(screen, archive, generator(settings.seed, EVOLUTION), shown)
    clock.setdefault("candidates", looked_at)
    clock["wall_s"] = clock.get("wall_s", 0.0) + time.perf_counter() - wall
    clock["cpu_s"] = clock.get("cpu_s", 0.0) + time.process_time() - cpu
    if archive.count == 0:
        raise InputError(
            f"none of {looked_at} charge-balanced candidates fulfils the constraints. Widen them: the quantities of "
            "the host show where they begin (`entrox describe`)."
        )
    return archive, looked_at


def _chosen(plan: SearchPlan, archive: Archive, count: int, before: Selected | None) -> Selected:
    """Choose what is run again in this look, as counts on the grid of the space."""
    settings = plan.search.search
    earlier = None if before is None else before.rows
    control = settings.control if before is None else 0
    chosen = select_candidates(archive, count, control, generator(settings.seed, CONTROLS), earlier)
    if not plan.search.space.continuous:
        return chosen
    repair = GridRepair(plan.screen.space, plan.screen.low, plan.screen.high)
    taken = set() if earlier is None else {row.tobytes() for row in earlier}
    rows: dict[bytes, tuple[Any, str]] = {}
    for row, group in zip(chosen.rows, chosen.groups, strict=True):
        counts = repair.repair(np.asarray(row, dtype=float))
        if counts is not None and counts.tobytes() not in taken:
            rows.setdefault(counts.tobytes(), (counts, group))
    found = np.array([row for row, _ in rows.values()], dtype=np.int64).reshape(len(rows), archive.front.rows.shape[1])
    return Selected(found, tuple(group for _, group in rows.values()))


def _joined(first: Selected, second: Selected) -> Selected:
    return Selected(np.concatenate([first.rows, second.rows]), (*first.groups, *second.groups))


def _expected(plan: SearchPlan, chosen: Selected) -> Floats:
    """Return the first objective as the screen sees it now, in the unit and sign of its quantity."""
    screen, name = plan.screen, plan.screen.objectives[0].screened_by
    if name is None or not len(chosen.rows):
        return np.full(len(chosen.rows), np.nan)
    values = screen.values(chosen.rows / screen.space.denominator)
    return values[name] if screen.correction is None else values[name] * screen.correction.factor(values)


def _correction(plan: SearchPlan, selected: Selected, run: SecondRun) -> Correction:
    """Fit what is left of the screened first objective in the second run."""
    screen, target = plan.screen, plan.screen.objectives[0]
    if target.screened_by is None:
        raise InputError(f"{target.name} has no fast form: a further look cannot correct it. Set looks = 1.")
    values = screen.values(selected.rows / screen.space.denominator)
    ratio = run.values(target.name) / values[target.screened_by]
    known = np.isfinite(ratio)
    return fit_correction({name: numbers[known] for name, numbers in values.items()}, ratio[known])


def _second_run(
    plan: SearchPlan, selected: Selected, store: Store, executor: Executor, progress: ProgressOfPart | None
) -> tuple[SecondRun, SecondRun | None]:
    """Run the chosen candidates and the published compositions with the measures themselves."""
    members = [plan.screen.space.composition(row) for row in selected.rows]

    def shown(state: Progress) -> None:
        if progress is not None:
            progress(SECOND_RUN, state.done, state.total)

    rows = run_sweep(
        [*members, *plan.published], plan.requests, store, seed=plan.search.search.seed, executor=executor,
        progress=shown,
    )  # fmt: skip
    split = len(members)
    first, second = rows.points[:split], rows.points[split:]
    candidates = read_second_run(members, SweepRows(first, 0, 0), plan.columns, plan.screen)
    if not plan.published:
        return candidates, None
    return candidates, read_second_run(plan.published, SweepRows(second, 0, 0), plan.columns, plan.screen)
