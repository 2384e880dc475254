"""Trainings by DeePMD-kit itself on frames of the toy force field: errors, seeds, warm starts, tables, LAMMPS."""

from __future__ import annotations

from shutil import copytree

import numpy as np
import pytest

from entrox.dynamics.lammps.lammps_engine import LammpsEngine
from entrox.dynamics.protocols import Nve
from entrox.potentials.committee import Committee, deviation_of
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.training.deepmd_student import DeepmdStudent
from entrox.potentials.training.model_file import learning_curve, read_record
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import train, train_committee
from entrox.potentials.training.training_task import compress
from entrox.potentials.validation.validate import validate
from training_stand_in import toy_frames

pytestmark = pytest.mark.engine

STEPS = 400
# a high rate, since the toy has nothing to overlook
SETTINGS = TrainSettings.preset("laptop", n_steps=STEPS, start_rate=1e-2, stop_rate=1e-4)
ELEMENTS = ("Ba", "Ca", "Ti", "O")


@pytest.fixture(scope="module")
def frames():
    return Dataset(tuple(toy_frames(30, "pure", 0) + toy_frames(30, "mixed", 1)), ELEMENTS)


@pytest.fixture(scope="module")
def student():
    return DeepmdStudent(SETTINGS, ELEMENTS)


@pytest.fixture(scope="module")
def models(frames, student, tmp_path_factory):
    return student.train(frames.frames, tmp_path_factory.mktemp("committee"), [1, 2])


def test_models_learn_the_forces_of_frames_that_they_did_not_see(models):
    held = Dataset(tuple(toy_frames(10, "held", 1, seed=5)), ELEMENTS)
    report = validate(models, held)
    scale = float(np.sqrt((report.force.true**2).mean()))
    assert report.force_rmse_by_model.max() < 0.3 * scale
    assert report.energy.rmse < 0.02
    for model in models:
        assert model.force_rmse_ev_per_angstrom < 0.3 * scale
        curve = learning_curve(model)
        assert curve.step[-1] == STEPS
        assert curve.force_rmse_ev_per_angstrom[-1] < 0.5 * curve.force_rmse_ev_per_angstrom[0]
    assert report.calibration.n_left_out == 0


def test_absolute_energies_come_back(models, student, frames):
    atoms = [frames.frames[0].atoms, frames.frames[-1].atoms]
    answers = student.evaluate(models, atoms)
    for answer, frame in zip(answers, (frames.frames[0], frames.frames[-1]), strict=True):
        assert answer.energy_ev / 40 == pytest.approx(np.full(2, frame.energy_ev / 40), abs=0.05)


def test_the_same_seed_gives_the_same_model_and_another_seed_another(models, frames, tmp_path):
    again = train(frames, SETTINGS, 1, tmp_path / "again")
    atoms = [frames.frames[3].atoms]
    (first,), (second,) = (Committee((path,)).evaluate(atoms) for path in (models[0].path, again.path))
    assert np.array_equal(first.forces_ev_per_angstrom, second.forces_ev_per_angstrom)
    (other,) = Committee((models[1].path,)).evaluate(atoms)
    assert np.abs(first.forces_ev_per_angstrom - other.forces_ev_per_angstrom).max() > 1e-3


def test_lammps_gives_the_deviation_that_we_compute(models, student, frames, tmp_path):
    potential = student.potential(models)
    protocol = Nve(
        temperature_k=300, length_ps=0.02, timestep_fs=1, thermo_every=5, frame_every=5, deviation_every=5
    )  # fmt: skip
    run = LammpsEngine().run(frames.frames[-1].atoms, protocol, potential, tmp_path / "run", seed=1)
    answers = Committee(tuple(model.path for model in models)).evaluate(list(run.frames()))
    ours = [deviation_of(answer).largest_ev_per_angstrom for answer in answers]
    assert run.frame_step.tolist() == run.deviation_step.tolist() == [0, 5, 10, 15, 20]
    assert run.force_deviation_ev_per_angstrom == pytest.approx(ours, abs=1e-5)
    assert min(ours) > 1e-3


def test_a_warm_start_begins_where_its_model_ended(models, frames, tmp_path):
    short = SETTINGS.model_copy(update={"n_steps": 100})
    more = Dataset(tuple(toy_frames(10, "more", 1, seed=7)), ELEMENTS)
    (warm,) = train_committee(more, short, tmp_path / "warm", [9], init_from=models[:1])
    before, after = learning_curve(models[0]), learning_curve(warm)
    assert after.force_rmse_ev_per_angstrom[0] < 0.5 * before.force_rmse_ev_per_angstrom[0]
    assert read_record(warm.path).parent_sha256 == models[0].sha256


def test_a_tabulated_model_gives_the_same_forces(models, frames, tmp_path):
    atoms = [frames.frames[0].atoms]
    copytree(models[0].path.parent, tmp_path / "run")
    copy = tmp_path / "run" / models[0].path.name
    assert compress(copy, copy.with_suffix("")) > 0.0
    assert copy.stat().st_size > 2 * models[0].path.stat().st_size
    (plain,), (fast,) = (Committee((path,)).evaluate(atoms) for path in (models[0].path, copy))
    assert fast.forces_ev_per_angstrom == pytest.approx(plain.forces_ev_per_angstrom, abs=1e-3)
