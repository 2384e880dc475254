"""The order of a training, by a stand-in: what is finished is not repeated, what was interrupted goes on."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from entrox.core import EngineError, InputError, MissingExtraError
from entrox.potentials.committee import Committee
from entrox.potentials.datasets.dataset import Dataset, read_dataset
from entrox.potentials.training import dp_command, train, training_task
from entrox.potentials.training.deepmd_student import DeepmdStudent
from entrox.potentials.training.model_file import learning_curve, read_model, read_record
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import train_committee
from entrox.potentials.training.training_run import model_seeds, run_training
from entrox.potentials.training.training_task import last_checkpoint
from training_stand_in import StandIn, stand_in_answers, toy_dataset, toy_frames

SETTINGS = TrainSettings.preset("laptop", n_steps=100, report_every=20)


@pytest.fixture
def dp(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setattr(training_task, "run_dp", stand_in.run)
    monkeypatch.setattr(train, "check_deepmd", lambda python=None: None)
    monkeypatch.setattr(Committee, "evaluate", stand_in_answers())
    return stand_in


def test_every_seed_is_trained_frozen_and_recorded(tmp_path, dp):
    models = train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [5, 6, 7])
    assert [model.seed for model in models] == [5, 6, 7]
    assert sorted(call[1] for call in dp.calls) == ["freeze"] * 3 + ["train"] * 3
    assert len({model.sha256 for model in models}) == 3
    for model in models:
        assert read_model(model.path) == model
        assert learning_curve(model).step.tolist() == [0, 20, 40, 60, 80, 100]
    assert read_record(models[0].path).sel["Ca"] == read_record(models[0].path).sel["Ba"]


def test_a_finished_model_is_read_and_not_trained_again(tmp_path, dp):
    first = train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1, 2])
    dp.calls.clear()
    assert train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1, 2]) == first
    assert dp.calls == []
    third = train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1, 2, 3])
    assert third[:2] == first
    assert {call[0] for call in dp.calls} == {"model_002"}


def test_an_interrupted_training_goes_on_from_its_checkpoint(tmp_path, dp):
    dp.stop_after = 40
    with pytest.raises(EngineError, match="killed"):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    dp.stop_after = None
    dp.calls.clear()
    (model,) = train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    assert dp.calls[0][-2:] == ("--restart", "model.ckpt-40")
    assert learning_curve(model).step.tolist() == [0, 20, 40, 60, 80, 100]


def test_a_checkpoint_that_was_not_written_whole_does_not_count(tmp_path, dp):
    for step, endings in ((200, ("index", "meta", "data-00000-of-00001")), (300, ("index", "data-00000-of-00001"))):
        for ending in endings:
            (tmp_path / f"model.ckpt-{step}.{ending}").touch()
    assert last_checkpoint(tmp_path) == "model.ckpt-200"
    assert last_checkpoint(tmp_path / "absent") is None


def test_a_training_that_ended_before_it_was_frozen_is_only_frozen(tmp_path, dp):
    dp.stop_after = SETTINGS.n_steps
    with pytest.raises(EngineError):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    dp.stop_after = None
    dp.calls.clear()
    train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    assert [call[1] for call in dp.calls] == ["freeze"]


def test_a_folder_of_other_frames_or_settings_is_refused(tmp_path, dp):
    train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    with pytest.raises(InputError, match="other frames"):
        train_committee(toy_dataset(4), SETTINGS, tmp_path / "run", [1])
    longer = TrainSettings.preset("laptop", n_steps=200, report_every=20)
    with pytest.raises(InputError, match="other settings, frames or seed"):
        train_committee(toy_dataset(), longer, tmp_path / "run", [1])
    with pytest.raises(InputError, match="other settings, frames or seed"):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [2])
    (tmp_path / "mine" / "data").mkdir(parents=True)
    with pytest.raises(InputError, match="not ours"):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "mine", [1])


def test_a_changed_graph_is_not_taken_for_the_trained_one(tmp_path, dp):
    (model,) = train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    model.path.write_bytes(b"something else")
    with pytest.raises(InputError, match="SHA-256 differ"):
        read_model(model.path)
    bare = tmp_path / "other.pb"
    bare.write_bytes(b"graph")
    with pytest.raises(InputError, match="not a model that entrox trained"):
        read_model(bare)


def test_the_systems_are_one_for_each_composition_with_energies_above_the_reference(tmp_path, dp):
    train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    systems = read_dataset(tmp_path / "run" / "data")
    assert systems.compositions == systems.groups == ("Ba7Ca1Ti8O24", "Ba8Ti8O24")
    assert len(systems) == 12
    assert np.abs(systems.energies_ev).max() < 5.0 < np.abs(toy_dataset().energies_ev).min()
    first = systems.frames[0].atoms.get_chemical_symbols()
    assert first == sorted(first, key=["Ba", "Ca", "Ti", "O"].index)
    content = json.loads((tmp_path / "run" / "model_000" / "input.json").read_text())
    shares = content["training"]["training_data"]["sys_probs"]
    assert shares == pytest.approx([0.5, 0.5])


def test_a_warm_start_keeps_elements_neighbors_and_reference_of_its_models(tmp_path, dp):
    dataset = toy_dataset()
    before = train_committee(dataset, SETTINGS, tmp_path / "first", [1, 2])
    more = Dataset(tuple(toy_frames(3, "new", 0, seed=9)))
    dp.calls.clear()
    after = train_committee(more, SETTINGS, tmp_path / "second", [3, 4], init_from=before)
    assert dp.calls[0][-2] == "--init-model"
    assert dp.calls[0][-1].endswith("model.ckpt-100")
    old, new = read_record(before[0].path), read_record(after[0].path)
    assert (new.reference, new.sel, new.model.type_map) == (old.reference, old.sel, old.model.type_map)
    assert new.parent_sha256 == before[0].sha256
    with pytest.raises(InputError, match="one model for each seed"):
        train_committee(more, SETTINGS, tmp_path / "third", [3], init_from=before)


def test_models_without_room_for_the_neighbors_are_not_gone_on_from(tmp_path, dp):
    cramped = replace_sel({"Ba": 20, "Ca": 20, "Ti": 25, "O": 60})
    dataset = toy_dataset()
    before = train_committee(dataset, cramped, tmp_path / "first", [1])
    frame = toy_frames(1, "dense", 0, seed=3)[0]
    frame.atoms.set_cell(frame.atoms.cell.array * 0.85, scale_atoms=True)
    with pytest.raises(InputError, match="it needs"):
        train_committee(Dataset((frame,), dataset.elements), SETTINGS, tmp_path / "second", [2], init_from=before)
    student = DeepmdStudent(SETTINGS, dataset.elements)
    (model,) = student.train([frame], tmp_path / "third", [2], start_from=before)
    assert read_record(model.path).parent_sha256 is None


def replace_sel(sel):
    return SETTINGS.model_copy(update={"sel": sel})


def test_elements_that_the_models_lack_are_named(tmp_path, dp):
    before = train_committee(Dataset(tuple(toy_frames(2))), SETTINGS, tmp_path / "first", [1])
    with pytest.raises(InputError, match="the data also have Ca"):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "second", [2], init_from=before)


def test_seeds_must_differ_and_frames_must_have_labels(tmp_path, dp):
    with pytest.raises(InputError, match="seed of its own"):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1, 1])
    bare = [replace(frame, energy_ev=None, forces_ev_per_angstrom=None) for frame in toy_frames(2)]
    with pytest.raises(InputError, match="energies or forces"):
        train_committee(Dataset(tuple(bare)), SETTINGS, tmp_path / "run", [1])


def test_the_student_gives_absolute_energies_and_errors_on_its_frames(tmp_path, dp):
    dataset = toy_dataset()
    student = DeepmdStudent(SETTINGS, dataset.elements)
    models = student.train(dataset.frames, tmp_path / "run", [1, 2])
    assert [model.force_rmse_ev_per_angstrom for model in models] == pytest.approx([0.1, 0.2])
    assert read_model(models[0].path) == models[0]
    answer = student.evaluate(models, [dataset.frames[0].atoms])[0]
    # the stand-in answers with the reference alone
    assert answer.energy_ev[0] == pytest.approx(dataset.frames[0].energy_ev, abs=3.0)
    assert student.potential(models).elements == dataset.elements
    assert student.fingerprint() == SETTINGS.fingerprint()


def test_progress_counts_the_steps_of_all_models(tmp_path, dp):
    seen = []
    train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1, 2], progress=lambda *state: seen.append(state))
    assert seen[-1] == ("training", 200, 200)


def test_a_whole_training_reports_the_frames_that_it_held_out(tmp_path, dp):
    result = run_training(toy_dataset(), SETTINGS, tmp_path / "run", 1, n_models=2, held_out=0.3)
    assert (result.n_training, result.n_held_out) == (8, 4)
    assert result.held_out.force.rmse == pytest.approx(0.1)
    assert result.held_out.force_rmse_by_model.tolist() == pytest.approx([0.1, 0.2])
    assert [model.seed for model in result.models] == list(model_seeds(1, 2))
    assert any("0.1 to 0.3 eV/angstrom" in warning for warning in result.warnings)
    without = run_training(toy_dataset(), SETTINGS, tmp_path / "all", 1, n_models=1, held_out=0.0)
    assert without.held_out is None
    assert any("no frame was held out" in warning for warning in without.warnings)


def test_training_without_deepmd_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(dp_command.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"deepmd-kit.*entrox\[potentials\]"):
        train_committee(toy_dataset(), SETTINGS, tmp_path / "run", [1])
    assert not (tmp_path / "run").exists()


def test_a_command_that_fails_shows_the_end_of_its_log(tmp_path, monkeypatch):
    worker = tmp_path / "worker.py"
    worker.write_text("import sys\nprint('loss is not finite')\nsys.exit(3)\n")
    monkeypatch.setattr(dp_command, "WORKER", worker)
    monkeypatch.setattr(dp_command, "check_deepmd", lambda python=None: None)
    with pytest.raises(EngineError, match=r"(?s)exit code 3.*loss is not finite"):
        dp_command.run_dp(["train"], tmp_path, tmp_path / "log")
    worker.write_text("import os\nprint(os.environ['OMP_NUM_THREADS'])\nsum(k * k for k in range(10**6))\n")
    assert dp_command.run_dp(["train"], tmp_path, tmp_path / "log2", threads=3) > 0.0
    assert (tmp_path / "log2").read_text().strip() == "3"
