from __future__ import annotations

import os
import sqlite3
import time

import numpy as np
import pytest
from ase import Atoms

from entrox.core import EngineError, InputError
from entrox.potentials.label import Label
from entrox.potentials.learning.frame_content import FrameContent
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.journal_lease import beating
from entrox.potentials.learning.journal_rows import NewFrame

TEACHER = "a teacher"


def frame(number: int, **changes: object) -> NewFrame:
    """Return one of many different frames."""
    positions = np.random.default_rng(number).random((3, 3))
    atoms = Atoms("BaTiO", positions=positions, cell=[4, 4, 4.1], pbc=(True, True, False))
    content = {"composition": "BaTiO3", "role": "training", "parent": "somewhere", "temperature_k": 300.0} | changes
    return NewFrame(atoms=atoms, **content)


def done(energy: float = -1.0) -> Label:
    forces = np.full((3, 3), 0.1) / 3.0
    return Label(state="done", energy_ev=energy, forces_ev_per_angstrom=forces, virial_ev=np.eye(3) / 7.0, cpu_s=0.5)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as opened:
        opened.take_over()
        yield opened


def test_a_frame_comes_back_with_every_bit() -> None:
    atoms = frame(1).atoms
    back = FrameContent.of(atoms).atoms()
    assert np.array_equal(back.positions, atoms.positions)
    assert np.array_equal(back.cell.array, atoms.cell.array)
    assert back.pbc.tolist() == [True, True, False]
    assert back.get_chemical_symbols() == ["Ba", "Ti", "O"]


def test_the_hash_of_a_frame_knows_its_content_and_nothing_else() -> None:
    atoms = frame(1).atoms
    noted = atoms.copy()
    noted.info["note"] = "the same frame"
    noted.set_array("site", np.array(["A", "B", "X"]))
    moved = atoms.copy()
    moved.positions[0, 0] = np.nextafter(moved.positions[0, 0], 1.0)
    assert FrameContent.of(noted).sha256() == FrameContent.of(atoms).sha256()
    assert FrameContent.of(moved).sha256() != FrameContent.of(atoms).sha256()
    assert FrameContent.of(atoms[[1, 0, 2]]).sha256() != FrameContent.of(atoms).sha256()


def test_a_frame_is_queued_once_for_each_teacher(journal) -> None:
    assert journal.add_frames([frame(1), frame(2), frame(1)], 0, TEACHER) == 2
    assert journal.add_frames([frame(2), frame(3)], 1, TEACHER) == 1
    assert journal.add_frames([frame(1)], 1, "another teacher") == 1
    assert len(journal.frames()) == 3
    assert [item.parent for item in journal.frames(1)] == ["somewhere"]


def test_a_label_comes_back_as_it_was_committed(journal) -> None:
    journal.add_frames([frame(1, deviation=0.25)], 0, TEACHER)
    (taken,) = journal.take_labels(TEACHER, 5)
    assert journal.commit_label(taken.number, TEACHER, done(-1.0 / 3.0), retries=2) == "done"
    (item,) = journal.labels(TEACHER)
    assert item.label.energy_ev == -1.0 / 3.0
    assert np.array_equal(item.label.forces_ev_per_angstrom, done().forces_ev_per_angstrom)
    assert np.array_equal(item.label.virial_ev, done().virial_ev)
    assert (item.frame.deviation, item.frame.temperature_k, item.generation) == (0.25, 300.0, 0)
    assert journal.take_labels(TEACHER, 5) == []


def test_labels_come_in_the_order_of_the_queue_and_not_of_the_answers(journal) -> None:
    journal.add_frames([frame(k) for k in range(4)], 0, TEACHER)
    for taken in reversed(journal.take_labels(TEACHER, 4)):
        journal.commit_label(taken.number, TEACHER, done(float(taken.number)), retries=2)
    assert [item.label.energy_ev for item in journal.labels(TEACHER)] == [1.0, 2.0, 3.0, 4.0]


def test_a_failing_frame_is_tried_again_and_then_quarantined_with_its_reason(journal) -> None:
    journal.add_frames([frame(1)], 0, TEACHER)
    states = []
    for _ in range(3):
        (taken,) = journal.take_labels(TEACHER, 1)
        states.append(
            journal.commit_label(taken.number, TEACHER, Label(state="failed", reason="out of memory"), retries=2)
        )
    assert states == ["failed", "failed", "quarantined"]
    assert journal.take_labels(TEACHER, 1) == []
    assert journal.failures(TEACHER) == [(1, "quarantined", "out of memory")]
    assert journal.labels(TEACHER) == []


def test_a_frame_that_failed_waits_behind_those_never_tried(journal) -> None:
    journal.add_frames([frame(1), frame(2)], 0, TEACHER)
    (taken,) = journal.take_labels(TEACHER, 1)
    journal.commit_label(taken.number, TEACHER, Label(state="failed", reason="once"), retries=2)
    assert [item.number for item in journal.take_labels(TEACHER, 2)] == [2, 1]


def test_an_unconverged_label_is_kept_apart_and_not_tried_again(journal) -> None:
    journal.add_frames([frame(1)], 0, TEACHER)
    (taken,) = journal.take_labels(TEACHER, 1)
    label = Label(state="unconverged", energy_ev=1.0, reason="the self-consistent field did not converge.")
    assert journal.commit_label(taken.number, TEACHER, label, retries=2) == "unconverged"
    assert journal.label_counts(TEACHER) == {
        "queued": 0, "running": 0, "done": 0, "unconverged": 1, "failed": 0, "quarantined": 0,
    }  # fmt: skip
    assert journal.labels(TEACHER) == []


def test_a_transaction_is_kept_whole_or_not_at_all(journal) -> None:
    with pytest.raises(ZeroDivisionError), journal.transaction():
        journal.add_frames([frame(1)], 0, TEACHER)
        journal.finish_stage(0, "chosen", {})
        raise ZeroDivisionError
    assert journal.frames() == []
    assert journal.stage(0, "chosen") is None


def test_what_a_dead_process_had_in_hand_is_queued_again(tmp_path) -> None:
    path = tmp_path / "journal.sqlite"
    child = os.fork()
    if child == 0:
        journal = Journal(path)
        journal.take_over()
        journal.add_frames([frame(k) for k in range(3)], 0, TEACHER)
        journal.take_labels(TEACHER, 2)
        os._exit(0)  # as if it were killed: nothing is closed
    os.waitpid(child, 0)
    with Journal(path) as journal:
        assert journal.label_counts(TEACHER)["running"] == 2
        assert journal.take_over() == 2
        assert [item.number for item in journal.take_labels(TEACHER, 5)] == [1, 2, 3]


def test_two_processes_do_not_work_on_one_journal(tmp_path) -> None:
    path = tmp_path / "journal.sqlite"
    first = Journal(path)
    first.take_over()
    with Journal(path) as second:
        with pytest.raises(InputError, match=f"the process {os.getpid()} on .* works on the journal"):
            second.take_over()
        first.close()
        assert second.take_over() == 0


def test_a_process_without_a_sign_of_life_loses_its_leases(tmp_path) -> None:
    path = tmp_path / "journal.sqlite"
    silent = Journal(path, lease_s=0.2)
    silent.take_over()
    silent.add_frames([frame(1)], 0, TEACHER)
    (taken,) = silent.take_labels(TEACHER, 1)
    time.sleep(0.3)
    with Journal(path, lease_s=60.0) as other:
        assert other.take_over() == 1
        with pytest.raises(InputError, match="frame 1 is not leased to this process"):
            silent.commit_label(taken.number, TEACHER, done(), retries=2)
    silent.close()


def test_signs_of_life_keep_the_leases(tmp_path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path, lease_s=0.4) as working, Journal(path) as other:
        working.take_over()
        with beating(path, working.owner, working.lease_s):
            time.sleep(0.9)
            with pytest.raises(InputError, match="works on the journal"):
                other.take_over()


def test_an_exploration_replaces_its_earlier_record_and_keeps_nan_apart(journal) -> None:
    row = {
        "run": "g01_c001_t01_r01", "generation": 1, "composition": "BaTiO3", "temperature_k": 300.0, "seed": 7,
        "n_steps": 40, "life_steps": 20, "status": "diverged", "reason": "too hot", "cpu_s": 1.5,
    }  # fmt: skip
    journal.keep_exploration(row, [(0, 0.1), (10, 0.2), (20, float("nan"))])
    journal.keep_exploration({**row, "life_steps": 30}, [(0, 0.1), (10, float("nan"))])
    with sqlite3.connect(journal.path) as connection:
        assert connection.execute("SELECT run, life_steps FROM explorations").fetchall() == [("g01_c001_t01_r01", 30)]
        assert connection.execute("SELECT step, deviation FROM deviations").fetchall() == [(0, 0.1), (10, None)]
    connection.close()


def test_models_stages_settings_and_events_come_back(journal) -> None:
    journal.keep_model(0, 1, "models/b.json", "b" * 64, {"seed": 2})
    journal.keep_model(0, 0, "models/a.json", "a" * 64, {"seed": 1})
    journal.finish_stage(0, "trained", {"n_training": 5})
    journal.keep_setting("seed", 3)
    journal.add_event("5 labels queued", 0)
    assert journal.models(0) == [("models/a.json", "a" * 64, {"seed": 1}), ("models/b.json", "b" * 64, {"seed": 2})]
    assert journal.stage(0, "trained") == {"n_training": 5}
    assert journal.stage(1, "trained") is None
    assert (journal.setting("seed"), journal.setting("title")) == (3, None)
    assert [row[1:] for row in journal.events()] == [(0, "5 labels queued")]


def test_a_file_that_is_no_journal_is_left_as_it_was(tmp_path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="is an SQLite file of another program, not a journal of entrox"):
        Journal(path)
    assert path.read_bytes() == before
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, but long enough for a header of one hundred bytes" * 3, encoding="utf-8")
    with pytest.raises(InputError, match="is not an SQLite file"):
        Journal(text)


def test_a_store_of_studies_is_not_taken_for_a_journal(tmp_path) -> None:
    from entrox.design import Store

    Store(tmp_path / "store.sqlite").close()
    with pytest.raises(InputError, match="not a journal of entrox"):
        Journal(tmp_path / "store.sqlite")


def test_a_damaged_table_is_an_error_of_ours(journal) -> None:
    with sqlite3.connect(journal.path) as connection:
        connection.execute("DROP TABLE labels")
    connection.close()
    with pytest.raises(EngineError, match="no such table: labels"):
        journal.take_labels(TEACHER, 1)


def test_a_thousand_labels_are_queued_and_committed_one_by_one(journal) -> None:
    for number in range(1000):
        journal.add_frames([frame(number)], 0, TEACHER)
        (taken,) = journal.take_labels(TEACHER, 1)
        journal.commit_label(taken.number, TEACHER, done(), retries=2)
    assert journal.label_counts(TEACHER)["done"] == 1000
