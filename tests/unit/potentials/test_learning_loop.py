from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from entrox.core import EngineError, InputError
from entrox.potentials.label import Label
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.journal_rows import NewFrame
from entrox.potentials.learning.label_queue import check_some_succeeded, label_queued
from entrox.potentials.learning.learn import JOURNAL, learn
from entrox.potentials.learning.learned_data import labels_of_loop
from toy_learning import InstantTeacher, NoisyFailures, StepEngine, toy_parts, toy_recipe


def label_set(folder: Path) -> dict[str, tuple[str, float | None]]:
    """Return state and energy of every label by the content of its frame."""
    connection = sqlite3.connect(folder / JOURNAL)
    rows = connection.execute("SELECT hash, state, energy FROM labels JOIN frames ON id = frame").fetchall()
    connection.close()
    found = {key: (state, energy) for key, state, energy in rows}
    assert len(found) == len(rows)
    return found


@dataclass(frozen=True)
class Unreliable(InstantTeacher):
    """Fails at random, so that a frame that failed may succeed when it is tried again."""

    share: float = 0.3
    rng = np.random.default_rng(5)

    def label(self, atoms, timeout_s=600.0) -> Label:
        if self.rng.random() < self.share:
            return Label(state="failed", reason="bad weather")
        return super().label(atoms)


@dataclass(frozen=True)
class Helpless(InstantTeacher):
    """Fails always, each time for another reason."""

    def label(self, atoms, timeout_s=600.0) -> Label:
        return Label(state="failed", reason="reason " + hashlib.sha256(atoms.positions.tobytes()).hexdigest()[:8])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the result of an undisturbed loop; tests only read it."""
    return learn(toy_recipe(), tmp_path_factory.mktemp("loop") / "run", parts=toy_parts())


def test_every_generation_reports_what_it_explored_and_labeled(finished) -> None:
    start, first, second = finished.generations
    assert (start.generation, start.accurate, start.candidate, start.failed) == (0, 0, 0, 0)
    assert (start.queued, start.n_training, start.n_held_out) == (6, 4, 2)
    for report in (first, second):
        n_planned = 2 * (round(report.length_ps * 1000 / 2 / 2) + 1)
        assert report.accurate + report.candidate + report.failed == n_planned
        assert [cell.composition for cell in report.cells] == ["BaTiO3", "Ba0.75Ca0.25TiO3"]
        assert report.labeled == report.queued <= 6
    assert second.n_training + second.n_held_out == len(label_set(finished.folder))


def test_the_summary_has_the_keys_of_the_command(finished) -> None:
    summary = finished.summary()
    assert summary["generation"] == 2
    assert {"accurate", "candidate", "failed", "labeled", "life_ps", "per_cell", "converged", "reasons"} <= set(summary)
    assert {"rho", "slope"} <= set(summary["calibration"])
    assert {"composition", "temperature_k", "accurate_lower_bound"} <= set(summary["per_cell"][0])
    assert len(summary["generations"]) == 3


def test_a_short_loop_has_not_converged_and_says_why(finished) -> None:
    assert not finished.converged
    assert any("so few frames cannot show" in reason for reason in finished.reasons)
    assert "A student copies its teacher: agreement with it is no evidence about the material." in finished.warnings


def test_a_finished_loop_is_read_back_and_does_nothing(finished) -> None:
    events = len(Journal(finished.folder / JOURNAL).events())
    again = learn(toy_recipe(), finished.folder, parts=toy_parts(teacher=Helpless(), engine=None))
    assert again.summary() == finished.summary()
    assert len(Journal(finished.folder / JOURNAL).events()) == events


def test_held_out_frames_are_of_arrangements_and_runs_that_are_never_trained_on(finished) -> None:
    labels = labels_of_loop(finished.folder / JOURNAL, "toy")
    groups = {role: {frame.group for frame in frames} for role, frames in labels.items()}
    assert groups["training"].isdisjoint(groups["held_out"])
    assert {frame.source for frame in labels["training"]} == {"toy"}


def test_the_labels_do_not_depend_on_the_number_of_workers(finished, tmp_path) -> None:
    with ThreadPoolExecutor(3) as executor:
        other = learn(toy_recipe(), tmp_path / "run", parts=toy_parts(), executor=executor)
    assert label_set(other.folder) == label_set(finished.folder)
    assert [model.sha256 for model in other.models] == [model.sha256 for model in finished.models]


def test_a_loop_with_more_generations_goes_on_where_the_shorter_one_ended(finished, tmp_path) -> None:
    one = learn(toy_recipe(stop={"generations": 1}), tmp_path / "run", parts=toy_parts())
    assert len(one.generations) == 2
    two = learn(toy_recipe(), tmp_path / "run", parts=toy_parts())
    assert label_set(two.folder) == label_set(finished.folder)
    assert two.generations[1].to_dict() == one.generations[1].to_dict()


def test_another_recipe_or_teacher_is_refused_in_the_folder_of_a_loop(finished) -> None:
    with pytest.raises(InputError, match="started with another seed: it was 3 and is 4"):
        learn(toy_recipe(seed=4), finished.folder, parts=toy_parts())
    with pytest.raises(InputError, match="started with another select"):
        learn(toy_recipe(select={"labels_per_generation": 7}), finished.folder, parts=toy_parts())

    @dataclass(frozen=True)
    class Newer(InstantTeacher):
        def fingerprint(self) -> str:
            return "a newer version"

    with pytest.raises(InputError, match="another teacher fingerprint"):
        learn(toy_recipe(), finished.folder, parts=toy_parts(teacher=Newer()))


def test_a_composition_whose_every_frame_failed_gets_new_starting_frames(tmp_path) -> None:
    """Otherwise it would never have a candidate, and the loop would never learn it."""
    result = learn(
        toy_recipe(stop={"generations": 1}), tmp_path / "run", parts=toy_parts(engine=StepEngine(hasty=True))
    )
    report = result.generations[1]
    assert report.failed >= 2 * 10
    assert report.life_ps <= 0.004
    lost = toy_recipe(trust={"sigma_low_ev_per_angstrom": 1e-9, "sigma_high_ev_per_angstrom": 2e-9},
                      stop={"generations": 1})  # fmt: skip
    result = learn(lost, tmp_path / "lost", parts=toy_parts())
    report = result.generations[1]
    assert (report.accurate, report.candidate, report.labeled) == (0, 0, 6)
    assert any("every frame failed, so that no candidate was left" in reason for reason in result.reasons)
    with Journal(tmp_path / "lost" / JOURNAL) as journal:
        assert {frame.parent for frame in journal.frames(1)} == {"BaTiO3#1", "Ba0.75Ca0.25TiO3#1"}
        assert any("6 new starting frames" in text for _, _, text in journal.events())


def test_a_loop_with_nothing_left_to_learn_keeps_its_models(tmp_path) -> None:
    sure = toy_recipe(trust={"sigma_low_ev_per_angstrom": 50.0, "sigma_high_ev_per_angstrom": 100.0})
    result = learn(sure, tmp_path / "run", parts=toy_parts())
    assert [report.labeled for report in result.generations] == [6, 0, 0]
    assert [report.accurate for report in result.generations[1:]] == [22, 42]
    assert {model.path.parent.name for model in result.models} == {"generation_00"}
    assert result.generations[2].force_rmse_ev_per_angstrom == result.generations[0].force_rmse_ev_per_angstrom


def test_one_composition_that_is_known_converges(tmp_path) -> None:
    known = toy_recipe(
        compositions=[{"formula": "BaTiO3", "lattice_angstrom": 4.0}],
        start={"frames": 8},
        explore={"first_ps": 0.16, "longest_ps": 0.16, "runs_per_cell": 2},
        trust={"sigma_low_ev_per_angstrom": 0.2, "sigma_high_ev_per_angstrom": 1.0},
    )
    result = learn(known, tmp_path / "run", parts=toy_parts())
    assert result.converged, result.reasons
    assert result.reasons == ()
    assert result.generations[-1].cells[0].accurate == 2 * 41


def test_a_teacher_that_fails_at_random_is_asked_again_and_the_loop_completes(tmp_path) -> None:
    result = learn(toy_recipe(start={"frames": 20}), tmp_path / "run", parts=toy_parts(teacher=Unreliable()))
    with Journal(tmp_path / "run" / JOURNAL) as journal:
        counts = journal.label_counts(InstantTeacher().fingerprint())
    assert counts["queued"] == counts["running"] == counts["failed"] == 0
    assert counts["done"] + counts["quarantined"] == sum(report.queued for report in result.generations)
    assert counts["quarantined"] == len(result.quarantined) == sum(report.unlabeled for report in result.generations)
    # three tries at 30 %: one frame in 37 is given up
    assert counts["quarantined"] <= 4


def test_frames_that_no_try_can_label_are_quarantined_and_counted(tmp_path) -> None:
    teacher = NoisyFailures()
    result = learn(toy_recipe(start={"frames": 30}), tmp_path / "run", parts=toy_parts(teacher=teacher))
    with Journal(tmp_path / "run" / JOURNAL) as journal:
        frames = journal.frames()
        states = {frame.atoms.positions.tobytes(): teacher.fails(frame.atoms) for frame in frames}
        rows = journal.failures(teacher.fingerprint())
        assert len(rows) == sum(states.values()) > 0
        assert {(state, reason) for _, state, reason in rows} == {("quarantined", "out of luck")}
        assert len(journal.labels(teacher.fingerprint())) == len(frames) - len(rows)
    assert sum(report.unlabeled for report in result.generations) == len(rows)
    assert any(f"{len(rows)} frames have no label" in warning for warning in result.warnings)


def test_a_teacher_that_always_fails_stops_the_loop_with_three_reasons(tmp_path) -> None:
    with pytest.raises(EngineError) as caught:
        learn(toy_recipe(), tmp_path / "run", parts=toy_parts(teacher=Helpless()))
    text = str(caught.value)
    assert "none of the 6 labels of generation 0 succeeded" in text
    assert [line[:4] for line in text.splitlines() if line.startswith("  ")] == ["  1.", "  2.", "  3."]
    with Journal(tmp_path / "run" / JOURNAL) as journal:
        assert journal.label_counts("instant toy")["quarantined"] == 6


@pytest.mark.parametrize(("n_labels", "generation", "stops"), [(1, 0, True), (2, 1, False), (3, 1, True)])
def test_one_or_two_failed_labels_after_the_start_stop_nothing(
    tmp_path, n_labels: int, generation: int, stops: bool
) -> None:
    atoms = [Atoms("O", positions=[(float(k), 0.0, 0.0)]) for k in range(n_labels)]
    frames = [NewFrame(atoms=item, composition="O", role="training", parent="here") for item in atoms]
    with Journal(tmp_path / JOURNAL) as journal, ThreadPoolExecutor(1) as executor:
        journal.take_over()
        journal.add_frames(frames, generation, "instant toy")
        label_queued(journal, Helpless(), "instant toy", executor, timeout_s=1.0, retries=0)
        with pytest.raises(EngineError) if stops else nullcontext():
            check_some_succeeded(journal, "instant toy", generation)


def test_a_loop_whose_hours_are_over_keeps_what_it_has_and_goes_on_later(finished, tmp_path) -> None:
    result = learn(toy_recipe(stop={"max_hours": 1e-9}), tmp_path / "run", parts=toy_parts())
    assert not result.converged
    assert result.generations == ()
    assert result.reasons[0] == "the 1e-09 h of the recipe are over; run again to go on."
    later = learn(toy_recipe(), tmp_path / "run", parts=toy_parts())
    assert label_set(later.folder) == label_set(finished.folder)


def test_a_raised_trust_level_is_said(tmp_path) -> None:
    raised = toy_recipe(trust={"early_sigma_high_ev_per_angstrom": 1.0}, stop={"generations": 1})
    result = learn(raised, tmp_path / "run", parts=toy_parts())
    assert result.generations[1].sigma_high_ev_per_angstrom == 1.0
    assert "Up to generation 1 frames counted as failed from 1 eV/angstrom on instead of 0.5." in result.warnings
