"""Errors of models on labeled frames, from answers made by hand: closed forms, zeros of energy, missing labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError, generator
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.reference import EnergyReference
from entrox.potentials.label import LabeledFrame
from entrox.potentials.student import CommitteeAnswer
from entrox.potentials.validation.validate import validate, validation_report

REFERENCE = EnergyReference(("Ba", "Ti", "O"), {"known": (-3.0, -8.0, -7.0)}, {"known": 1}, {"known": 0.0})


def labeled(symbols=("Ba", "Ti", "O"), source="known", energy=-18.0, seed=1):
    rng = generator(seed)
    atoms = Atoms(symbols, positions=rng.random((len(symbols), 3)), cell=np.eye(3) * 4, pbc=True)
    return LabeledFrame(
        atoms=atoms, energy_ev=energy, forces_ev_per_angstrom=rng.normal(size=(len(symbols), 3)),
        virial_ev=rng.normal(size=(3, 3)), source=source, group="run",
    )  # fmt: skip


def answers(frames, *, energy_shift=0.0, force_shifts=(0.0,), virial_shift=0.0, zero=-18.0):
    found = []
    for frame in frames:
        forces = np.array([frame.forces_ev_per_angstrom + shift for shift in force_shifts])
        virials = np.array([frame.virial_ev + virial_shift] * len(force_shifts))
        energies = np.full(len(force_shifts), frame.energy_ev - zero + energy_shift)
        found.append(CommitteeAnswer(energies, forces, virials))
    return found


def test_constant_errors_are_their_own_mean_and_root_mean_square():
    frames = [labeled(seed=seed, energy=-18.0 + 0.1 * seed) for seed in range(4)]
    report = validation_report(
        answers(frames, energy_shift=0.006, force_shifts=(0.2,), virial_shift=-0.3), Dataset(tuple(frames)), REFERENCE
    )
    assert (report.energy.rmse, report.energy.mae) == (pytest.approx(0.002), pytest.approx(0.002))
    assert (report.force.rmse, report.force.mae) == (pytest.approx(0.2), pytest.approx(0.2))
    assert report.virial.rmse == pytest.approx(0.1)
    assert report.calibration is None
    variance = float(np.var(np.concatenate([frame.forces_ev_per_angstrom.ravel() for frame in frames])))
    assert report.force.r_squared == pytest.approx(1.0 - 0.04 / variance)


def test_errors_are_those_of_the_first_model_and_each_model_is_listed():
    frames = [labeled(seed=seed) for seed in range(6)]
    report = validation_report(answers(frames, force_shifts=(0.1, 0.3)), Dataset(tuple(frames)), REFERENCE)
    assert report.force.rmse == pytest.approx(0.1)
    assert report.force_rmse_by_model.tolist() == pytest.approx([0.1, 0.3])
    # both forces lie 0.1 from their mean along each axis
    assert report.calibration.deviation_ev_per_angstrom == pytest.approx([0.1 * np.sqrt(3)] * 6)
    assert report.calibration.slope == pytest.approx(1.0)


def test_errors_by_composition_are_those_of_its_frames():
    frames = [labeled(), labeled(("Ba", "Ti", "O", "O"), energy=-25.0)]
    found = answers(frames)
    found[1] = replace(found[1], forces_ev_per_angstrom=found[1].forces_ev_per_angstrom + 0.5)
    report = validation_report(found, Dataset(tuple(frames)), REFERENCE)
    rows = {row.composition: row for row in report.compositions}
    assert rows["Ba1Ti1O1"].force_rmse_ev_per_angstrom == pytest.approx(0.0)
    assert rows["Ba1Ti1O2"].force_rmse_ev_per_angstrom == pytest.approx(0.5)
    assert rows["Ba1Ti1O2"].n_frames == 1


def test_the_zero_of_a_source_that_the_models_do_not_know_is_taken_off_by_composition():
    frames = [labeled(source="other", energy=-700.0 + 0.3 * seed, seed=seed) for seed in range(5)]
    report = validation_report(answers(frames, zero=-50.0), Dataset(tuple(frames)), REFERENCE)
    assert report.energy.rmse == pytest.approx(0.0, abs=1e-9)
    assert any("no energy zero for other" in warning for warning in report.warnings)
    known = validation_report(answers([labeled()]), Dataset((labeled(),)), REFERENCE)
    assert not any("energy zero" in warning for warning in known.warnings)


def test_labels_that_no_frame_has_are_absent_from_the_report():
    frames = [replace(labeled(), energy_ev=None, virial_ev=None)]
    found = answers([labeled()], force_shifts=(0.1, 0.2))
    report = validation_report(found, Dataset(tuple(frames)), REFERENCE)
    assert (report.energy, report.virial) == (None, None)
    assert report.force.rmse == pytest.approx(0.1)
    bare = validation_report(found, Dataset((replace(labeled(), forces_ev_per_angstrom=None),)), REFERENCE)
    assert (bare.force, bare.force_rmse_by_model, bare.calibration) == (None, None, None)


def test_every_report_says_what_agreement_with_a_teacher_means():
    report = validation_report(answers([labeled()]), Dataset((labeled(),)), REFERENCE)
    assert any("no evidence about the material" in warning for warning in report.warnings)
    summary = report.summary()
    assert summary["force"]["rmse"] == pytest.approx(0.0)
    assert "true" not in summary["force"]


def test_a_validation_without_models_is_refused():
    with pytest.raises(InputError, match="at least one model"):
        validate([], Dataset((labeled(),)))
