from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from entrox.dynamics.protocols import Npt
from entrox.potentials.committee import TrustLevels
from entrox.potentials.learning.choose import count_cells, held_out_runs
from entrox.potentials.learning.explore import (
    ExplorationRun,
    ExploredRun,
    explore,
    judge_run,
    life_ps,
    next_length_ps,
    plan_runs,
)
from entrox.potentials.learning.learn_settings import CompositionSettings, ExploreSettings, StartSettings
from entrox.potentials.learning.start_frames import build_cells, compositions_of, start_frame, start_frames
from entrox.potentials.training.linear_student import LinearStudent
from toy_learning import StepEngine, toy_recipe

LEVELS = TrustLevels(0.1, 0.5)
FORMULA = "Ba(1-y)CayTi(1-x)SnxO3"


def cells(**changes: object):
    return build_cells([CompositionSettings(**({"formula": FORMULA, "x": (0, "1/8"), "y": (0, "1/4")} | changes))], 1)


def explored(deviations: list[float], *, n_steps: int = 40, every: int = 10, status: str = "finished") -> ExploredRun:
    """Return a run with a deviation every ten steps, and a frame for each that is one atom at x = step."""
    from ase import Atoms

    steps = every * np.arange(len(deviations))
    protocol = Npt(temperature_k=300.0, length_ps=n_steps * 0.002, deviation_every=every, frame_every=every)
    run = ExplorationRun(
        name="a run", cell="BaTiO3#1", composition="BaTiO3", atoms=Atoms("O"), protocol=protocol, seed=1
    )
    frames = tuple(Atoms("O", positions=[(float(step), 0, 0)]) for step in steps)
    return ExploredRun(
        run=run, step=steps, deviation=np.array(deviations), frame_step=steps, frames=frames, status=status, reason="",
        warmth=1.0, cpu_s=0.0,
    )  # fmt: skip


def counts(run: ExploredRun) -> tuple[int, int, int, int]:
    judged = judge_run(run, LEVELS)
    return judged.accurate, judged.candidate, judged.failed, judged.life_steps


def test_a_run_counts_up_to_its_first_failed_frame() -> None:
    """What comes after is another material, however small its deviation."""
    judged = judge_run(explored([0.05, 0.2, 0.6, 0.05, 0.3]), LEVELS)
    assert (judged.accurate, judged.candidate, judged.failed, judged.life_steps) == (1, 1, 3, 20)
    ((atoms, deviation),) = judged.candidates
    assert (atoms.positions[0, 0], deviation) == (10.0, 0.2)


def test_frames_that_a_diverged_run_does_not_have_are_failed() -> None:
    assert counts(explored([0.05, 0.2], status="diverged")) == (1, 1, 3, 20)
    assert counts(explored([], status="diverged")) == (0, 0, 5, 0)


def test_a_deviation_that_is_no_number_is_failed() -> None:
    assert counts(explored([0.05, float("nan"), 0.05, 0.05, 0.05])) == (1, 0, 4, 10)
    assert counts(explored([0.05, float("inf"), 0.05, 0.05, 0.05])) == (1, 0, 4, 10)


def test_a_run_without_a_failed_frame_lives_to_its_end() -> None:
    assert counts(explored([0.05] * 5)) == (5, 0, 0, 40)
    assert life_ps([judge_run(explored([0.05] * 5), LEVELS)]) == pytest.approx(0.08)


def test_runs_of_one_composition_and_temperature_are_counted_together() -> None:
    first, second = judge_run(explored([0.05] * 5), LEVELS), judge_run(explored([0.2, 0.6]), LEVELS)
    (cell,) = count_cells([first, second])
    assert (cell.accurate, cell.candidate, cell.failed, cell.n_frames) == (5, 1, 4, 10)


def test_runs_grow_only_when_the_median_run_lives_to_its_end() -> None:
    settings = ExploreSettings(first_ps=1.0, longest_ps=5.0, growth=2.0)
    assert next_length_ps(settings, None, None) == 1.0
    assert next_length_ps(settings, 1.0, 0.9) == 1.0
    assert next_length_ps(settings, 1.0, 1.0) == 2.0
    assert next_length_ps(settings, 4.0, 4.0) == 5.0


def test_every_cell_runs_at_every_temperature_with_velocities_of_its_own() -> None:
    settings = ExploreSettings(temperatures_k=(300.0, 500.0), runs_per_cell=2)
    runs = plan_runs(cells(), settings, 1, 0.8, seed=5)
    assert len(runs) == 4 * 2 * 2
    assert len({run.name for run in runs}) == len({run.seed for run in runs}) == len(runs)
    again = plan_runs(cells(), settings, 1, 0.8, seed=5)
    assert [run.seed for run in again] == [run.seed for run in runs]
    assert {run.seed for run in plan_runs(cells(), settings, 2, 0.8, seed=5)}.isdisjoint(run.seed for run in runs)


def test_some_runs_are_held_out_but_never_all() -> None:
    names = [f"run {k}" for k in range(22)]
    assert len(held_out_runs(names, 0.1, 1, 1)) == 2
    assert held_out_runs(names, 0.1, 1, 1) == held_out_runs(names, 0.1, 1, 1)
    assert held_out_runs(names[:2], 0.9, 1, 1) < frozenset(names[:2])
    assert held_out_runs(names[:1], 0.5, 1, 1) == held_out_runs(names[:4], 0.1, 1, 1) == frozenset()


def test_exploration_gives_the_same_runs_on_any_number_of_workers(tmp_path) -> None:
    from entrox.potentials.label import LabeledFrame
    from entrox.potentials.teachers.toy import toy_answer

    boxes = cells(x=(0,), y=(0, "1/4"))
    labeled = []
    for cell, atoms in start_frames(boxes, StartSettings(), 6, 1):
        answer = toy_answer(atoms)
        labeled.append(
            LabeledFrame(
                atoms=atoms, energy_ev=answer.energy_ev, forces_ev_per_angstrom=answer.forces_ev_per_angstrom,
                virial_ev=None, source="toy", group=cell.name,
            )
        )  # fmt: skip
    student = LinearStudent(elements=("Ba", "Ca", "Ti", "O"))
    models = student.train(labeled, tmp_path / "models", [1, 2])
    runs = plan_runs(boxes, toy_recipe().explore, 1, 0.02, seed=1)
    found = []
    for workers in (1, 3):
        with ThreadPoolExecutor(workers) as executor:
            made = explore(runs, StepEngine(), student, models, tmp_path / str(workers), executor)
            found.append({item.run.name: item.deviation for item in made})
    assert found[0].keys() == found[1].keys() == {run.name for run in runs}
    assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0])


def test_compositions_are_every_pair_or_the_pairs_side_by_side() -> None:
    grid = compositions_of(CompositionSettings(formula=FORMULA, x=(0, "1/8"), y=(0, "1/4")))
    assert [item.formula for item in grid] == [
        "BaTiO3", "Ba0.75Ca0.25TiO3", "BaTi0.875Sn0.125O3", "Ba0.75Ca0.25Ti0.875Sn0.125O3",
    ]  # fmt: skip
    pairs = compositions_of(CompositionSettings(formula=FORMULA, x=(0, "1/8"), y=(0, "1/4"), pairs=True))
    assert [item.formula for item in pairs] == ["BaTiO3", "Ba0.75Ca0.25Ti0.875Sn0.125O3"]
    assert [item.formula for item in compositions_of(CompositionSettings(formula="SrTiO3"))] == ["SrTiO3"]


def test_a_composition_in_several_tables_has_several_arrangements() -> None:
    table = CompositionSettings(formula="Ba0.5Ca0.5TiO3", arrangements=2)
    boxes = build_cells([table, table], 1)
    assert [cell.name for cell in boxes] == [f"Ba0.5Ca0.5TiO3#{k}" for k in (1, 2, 3, 4)]
    assert len({cell.atoms.get_atomic_numbers().tobytes() for cell in boxes}) == 4
    held_out = build_cells([table, table], 1, held_out=True)
    assert {cell.atoms.numbers.tobytes() for cell in held_out}.isdisjoint(
        cell.atoms.numbers.tobytes() for cell in boxes
    )


def test_a_starting_frame_is_strained_polar_and_shaken_as_asked() -> None:
    ideal = cells()[0].atoms
    still = StartSettings(rattle_angstrom=(0.0, 0.0), polar_angstrom=0.0, strain=0.0)
    rng = np.random.default_rng(1)
    assert np.array_equal(start_frame(ideal, still, rng).positions, ideal.positions)

    strained = start_frame(ideal, replace_settings(still, strain=0.012), rng)
    deformation = np.linalg.solve(ideal.cell.array, strained.cell.array) - np.eye(3)
    assert deformation == pytest.approx(deformation.T, abs=1e-12)
    assert 0.0 < np.abs(deformation).max() <= 0.012

    polar = start_frame(ideal, replace_settings(still, polar_angstrom=0.15), rng).positions - ideal.positions
    site = ideal.get_array("site")
    assert polar[site == "X"] == pytest.approx(0.0)
    assert polar[site == "A"] == pytest.approx(0.5 * np.broadcast_to(polar[site == "B"][0], (8, 3)))
    assert 0.0 < np.linalg.norm(polar[site == "B"][0]) <= 0.15

    shaken = start_frame(ideal, replace_settings(still, rattle_angstrom=(0.05, 0.05)), rng).positions - ideal.positions
    assert shaken.std() == pytest.approx(0.05, rel=0.15)


def replace_settings(settings: StartSettings, **changes: object) -> StartSettings:
    return StartSettings(**{**settings.model_dump(), **changes})


def test_starting_frames_are_dealt_out_in_turn_and_differ() -> None:
    boxes = cells()
    frames = start_frames(boxes, StartSettings(), 9, 1)
    assert [cell.name for cell, _ in frames] == [boxes[k % 4].name for k in range(9)]
    others = start_frames(boxes, StartSettings(), 9, 1, held_out=True)
    later = start_frames(boxes, StartSettings(), 9, 1, 2)
    positions = {atoms.positions.tobytes() for part in (frames, others, later) for _, atoms in part}
    assert len(positions) == 27


def test_a_run_starts_about_as_warm_as_it_shall_be() -> None:
    """Atoms are shaken by the square root of the temperature, so that half of the heat need not flow into them."""
    settings = ExploreSettings(temperatures_k=(300.0, 600.0))
    boxes = cells(x=(0,), y=(0,))
    cold, hot = plan_runs(boxes, settings, 1, 0.8, seed=1)
    spread = [(run.atoms.positions - boxes[0].atoms.positions).std() for run in (cold, hot)]
    assert spread[1] / spread[0] == pytest.approx(np.sqrt(2.0), rel=0.25)
