"""First stage of a generation: which frames get labels, from starting frames or from exploration.

Units: eV/angstrom, K, ps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS
from entrox.potentials.learning.choose import Chooser, ChosenFrames, build_sieves, count_cells
from entrox.potentials.learning.convergence import CellCounts
from entrox.potentials.learning.explore import JudgedRun, explore, judge_run, life_ps, next_length_ps, plan_runs
from entrox.potentials.learning.journal_rows import NewFrame
from entrox.potentials.learning.learn_loop import CHOSEN, Loop
from entrox.potentials.learning.learn_parts import elements_of
from entrox.potentials.learning.learn_result import GenerationReport
from entrox.potentials.learning.start_frames import build_cells, start_frames

__all__ = ["choose_explored", "choose_start"]

SIEVED_EVENTS = 20
"""So many reasons of the sieve are noted in a generation."""


def choose_start(loop: Loop) -> dict[str, Any]:
    """Queue the starting frames, and others of other arrangements that are held out."""
    settings, seed = loop.settings.start, loop.settings.seed
    n_held_out = max(math.ceil(loop.settings.select.held_out_share * settings.frames), len(loop.cells))
    held_out_cells = build_cells(loop.settings.compositions, seed, held_out=True)
    frames = [
        NewFrame(atoms=atoms, composition=cell.formula, role=role, parent=cell.name)
        for role, cells, count in (
            ("training", loop.cells, settings.frames), ("held_out", held_out_cells, n_held_out),
        )
        for cell, atoms in start_frames(cells, settings, count, seed, held_out=role == "held_out")
    ]  # fmt: skip
    return _queue(loop, 0, frames, {"cells": [], "length_ps": 0.0, "life_ps": 0.0, "warmth": None,
                                   "sieved": 0})  # fmt: skip


def choose_explored(loop: Loop, number: int, before: Sequence[GenerationReport]) -> dict[str, Any]:
    """Run with the models before, judge every frame, and queue the frames worth a label."""
    last = before[-1] if number > 1 else None
    wanted = next_length_ps(
        loop.settings.explore, None if last is None else last.length_ps, None if last is None else last.life_ps
    )
    judged = _judged_runs(loop, number, wanted)
    cells = count_cells(judged)
    new_starts = _frames_for_lost(loop, number, cells)
    chosen = _choose(loop, number, judged, loop.settings.select.labels_per_generation - len(new_starts))
    protocol = judged[0].explored.run.protocol
    warmth = [run.explored.warmth for run in judged if math.isfinite(run.explored.warmth)]
    for reason in chosen.sieved[:SIEVED_EVENTS]:
        loop.journal.add_event(f"sieved out: {reason}", number)
    return _queue(loop, number, [*new_starts, *chosen.frames], {
        "cells": [cell.to_dict() for cell in cells],
        "length_ps": protocol.n_steps * protocol.timestep_fs / FEMTOSECONDS_PER_PS,
        "life_ps": life_ps(judged),
        "warmth": median(warmth) if warmth else None,
        "sieved": len(chosen.sieved),
    })  # fmt: skip


def _judged_runs(loop: Loop, number: int, length_ps: float) -> list[JudgedRun]:
    runs = plan_runs(loop.cells, loop.settings.explore, number, length_ps, loop.settings.seed)
    models, levels = loop.models(number - 1), loop.levels(number)
    judged: dict[str, JudgedRun] = {}
    loop.advance("exploration", 0, len(runs))
    explored = explore(runs, loop.parts.engine, loop.parts.student, models, loop.folder / "runs", loop.executor)
    for made in explored:
        judged[made.run.name] = judge_run(made, levels)
        _keep(loop, number, judged[made.run.name])
        loop.advance("exploration", len(judged), len(runs))
    return [judged[run.name] for run in runs]


def _keep(loop: Loop, number: int, judged: JudgedRun) -> None:
    explored = judged.explored
    run = explored.run
    row = {
        "run": run.name, "generation": number, "composition": run.composition,
        "temperature_k": run.protocol.temperature_k, "seed": run.seed, "n_steps": run.protocol.n_steps,
        "life_steps": judged.life_steps, "status": explored.status, "reason": explored.reason,
        "cpu_s": explored.cpu_s,
    }  # fmt: skip
    deviations = list(zip(explored.step.tolist(), explored.deviation.tolist(), strict=True))
    loop.journal.keep_exploration(row, deviations)


def _choose(loop: Loop, number: int, judged: Sequence[JudgedRun], total: int) -> ChosenFrames:
    chooser = Chooser(
        loop.settings.select, build_sieves(loop.cells, loop.settings.select), elements_of(loop.cells),
        loop.parts.student, loop.models(number - 1),
    )  # fmt: skip
    known = [frame.atoms for frame in loop.journal.frames()]
    return chooser.choose(judged, known, total, loop.settings.seed, number)


def _frames_for_lost(loop: Loop, number: int, cells: Sequence[CellCounts]) -> list[NewFrame]:
    """New starting frames for compositions whose every frame failed: they offer nothing else to learn from.

    They get the share of the labels that their cells have of all cells.
    """
    alive = {cell.composition for cell in cells if cell.failed < cell.n_frames}
    lost = [cell for cell in loop.cells if cell.formula not in alive]
    if not lost:
        return []
    share = math.ceil(loop.settings.select.labels_per_generation * len(lost) / len(loop.cells))
    names = ", ".join(dict.fromkeys(cell.formula for cell in lost))
    loop.journal.add_event(f"{share} new starting frames for {names}: every frame failed there", number)
    made = start_frames(lost, loop.settings.start, share, loop.settings.seed, number)
    return [NewFrame(atoms=atoms, composition=cell.formula, role="training", parent=cell.name) for cell, atoms in made]


def _queue(loop: Loop, number: int, frames: Sequence[NewFrame], record: dict[str, Any]) -> dict[str, Any]:
    """Keep frames, their queued labels and the record of the choice in one transaction."""
    with loop.journal.transaction():
        queued = loop.journal.add_frames(frames, number, loop.fingerprint)
        content = {**record, "queued": queued}
        loop.journal.finish_stage(number, CHOSEN, content)
        loop.journal.add_event(f"{queued} labels queued", number)
    return content
