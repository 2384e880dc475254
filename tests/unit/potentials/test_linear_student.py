from __future__ import annotations

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.potentials.committee import force_deviation
from entrox.potentials.label import LabeledFrame, virial_of_stress
from entrox.potentials.learning.learn_settings import CompositionSettings, StartSettings
from entrox.potentials.learning.start_frames import build_cells, start_frames
from entrox.potentials.teachers.toy import toy_answer
from entrox.potentials.training.linear_features import PairBasis, pair_features, pair_sums
from entrox.potentials.training.linear_student import LinearStudent, linear_calculator

ELEMENTS = ("Ba", "Ca", "Ti", "O")
STUDENT = LinearStudent(elements=ELEMENTS)


def labeled_by_the_toy(count: int, seed: int) -> list[LabeledFrame]:
    table = CompositionSettings(formula="Ba(1-x)CaxTiO3", x=(0, "1/4"), lattice_angstrom=4.0)
    frames = []
    for cell, atoms in start_frames(build_cells([table], 1), StartSettings(), count, seed):
        answer = toy_answer(atoms)
        virial = virial_of_stress(answer.stress_ev_per_angstrom3, atoms.get_volume())
        frames.append(
            LabeledFrame(
                atoms=atoms, energy_ev=answer.energy_ev, forces_ev_per_angstrom=answer.forces_ev_per_angstrom,
                virial_ev=virial, source="toy", group=cell.name,
            )
        )  # fmt: skip
    return frames


@pytest.fixture(scope="module")
def frames() -> list[LabeledFrame]:
    return labeled_by_the_toy(24, 1)


@pytest.fixture(scope="module")
def models(frames, tmp_path_factory):
    return STUDENT.train(frames, tmp_path_factory.mktemp("models"), [11, 12, 13, 14])


def test_forces_and_virial_are_derivatives_of_the_energy(models, frames) -> None:
    atoms = frames[1].atoms
    (answer,) = STUDENT.evaluate(models[:1], [atoms])

    def energy(changed) -> float:
        return float(STUDENT.evaluate(models[:1], [changed])[0].energy_ev[0])

    step = 1e-4
    for atom, axis in ((0, 0), (9, 1), (20, 2)):
        ends = []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.positions[atom, axis] += sign * step
            ends.append(energy(moved))
        assert answer.forces_ev_per_angstrom[0, atom, axis] == pytest.approx(
            -(ends[0] - ends[1]) / (2 * step), abs=1e-6
        )
    for i, j in ((0, 0), (2, 2), (0, 1), (1, 2)):
        ends = []
        for sign in (1, -1):
            strain = np.zeros((3, 3))
            strain[i, j] += 0.5 * sign * step
            strain[j, i] += 0.5 * sign * step
            strained = atoms.copy()
            strained.set_cell(atoms.cell.array @ (np.eye(3) + strain), scale_atoms=True)
            ends.append(energy(strained))
        assert answer.virial_ev[0, i, j] == pytest.approx(-(ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-5)


def test_features_times_coefficients_are_the_fast_sums(frames) -> None:
    basis = PairBasis(ELEMENTS, 6.0, 1.2, 14)
    atoms, coefficients = frames[1].atoms, np.random.default_rng(2).normal(size=(3, basis.n_terms))
    features = pair_features(basis, atoms)
    energy, forces, virial = pair_sums(basis, atoms, coefficients)
    assert energy == pytest.approx(coefficients @ features.energy, rel=1e-12)
    assert forces == pytest.approx(np.einsum("mt,nxt->mnx", coefficients, features.forces), abs=1e-10)
    assert virial == pytest.approx(np.einsum("mt,xyt->mxy", coefficients, features.virial), abs=1e-9)


def test_a_sum_of_pair_functions_is_learned_exactly(frames, tmp_path) -> None:
    """A teacher inside the student's space comes back but for the ridge."""
    basis = STUDENT.basis
    true = np.random.default_rng(3).normal(size=(1, basis.n_terms))
    planted = []
    for frame in frames:
        (energy,), (forces,), (virial,) = pair_sums(basis, frame.atoms, true)
        planted.append(
            LabeledFrame(
                atoms=frame.atoms, energy_ev=energy, forces_ev_per_angstrom=forces, virial_ev=virial, source="planted",
                group=frame.group,
            )
        )  # fmt: skip
    (model,) = STUDENT.train(planted, tmp_path, [1])
    size = np.sqrt(np.mean(np.concatenate([item.forces_ev_per_angstrom for item in planted]) ** 2))
    assert model.force_rmse_ev_per_angstrom < 2e-3 * size


def test_the_error_on_unseen_frames_falls_with_their_number(frames, tmp_path) -> None:
    unseen = labeled_by_the_toy(8, 2)
    size = np.sqrt(np.mean([item.forces_ev_per_angstrom**2 for item in unseen]))
    errors = []
    for count in (2, 24):
        model = STUDENT.train(frames[:count], tmp_path / str(count), [1])
        answers = STUDENT.evaluate(model, [item.atoms for item in unseen])
        gaps = [a.forces_ev_per_angstrom[0] - b.forces_ev_per_angstrom for a, b in zip(answers, unseen, strict=True)]
        errors.append(float(np.sqrt(np.mean(np.square(gaps))) / size))
    assert errors[1] < 0.01
    assert errors[1] < 0.5 * errors[0]


def test_models_of_a_committee_differ_by_their_seeds_alone(models, frames, tmp_path) -> None:
    again = STUDENT.train(frames, tmp_path, [11, 12, 13, 14])
    assert [model.sha256 for model in again] == [model.sha256 for model in models]
    assert len({model.sha256 for model in models}) == 4
    (answer,) = STUDENT.evaluate(models, [frames[0].atoms])
    assert force_deviation(answer.forces_ev_per_angstrom).max() > 0.0


def test_parts_of_a_label_that_are_missing_are_left_out(frames, tmp_path) -> None:
    bare = [
        LabeledFrame(
            atoms=frame.atoms, energy_ev=None, forces_ev_per_angstrom=frame.forces_ev_per_angstrom, virial_ev=None,
            source="toy", group=frame.group,
        )
        for frame in frames
    ]  # fmt: skip
    (model,) = STUDENT.train(bare, tmp_path, [1])
    assert model.energy_rmse_mev_per_atom is None
    assert model.force_rmse_ev_per_angstrom < 0.05


def test_the_calculator_of_the_engine_gives_what_the_student_answers(models, frames) -> None:
    atoms = frames[3].atoms.copy()
    (answer,) = STUDENT.evaluate(models[:1], [atoms])
    with STUDENT.potential(models).open_calculator() as calculator:
        atoms.calc = calculator
        assert atoms.get_forces() == pytest.approx(answer.forces_ev_per_angstrom[0])
        stress = atoms.get_stress(voigt=False)
    assert -atoms.get_volume() * stress == pytest.approx(answer.virial_ev[0])


def test_a_changed_or_foreign_model_file_is_refused(models, tmp_path) -> None:
    changed = tmp_path / "model.json"
    changed.write_bytes(models[0].path.read_bytes() + b" ")
    with pytest.raises(InputError, match="has changed since it was trained"):
        linear_calculator(str(changed), models[0].sha256)
    changed.write_text("{}", encoding="utf-8")
    with pytest.raises(FormatError, match="not a linear model of entrox"):
        linear_calculator(str(changed))
    with pytest.raises(InputError, match="cannot read the model"):
        linear_calculator(str(tmp_path / "absent.json"))


def test_a_model_refuses_elements_that_it_was_not_made_for(models) -> None:
    table = CompositionSettings(formula="SrTiO3")
    (cell,) = build_cells([table], 1)
    with pytest.raises(InputError, match="the model knows Ba, Ca, Ti, O; the structure also has Sr"):
        STUDENT.evaluate(models, [cell.atoms])


def test_without_frames_nothing_is_trained(tmp_path) -> None:
    with pytest.raises(InputError, match="at least one labeled frame"):
        STUDENT.train([], tmp_path, [1])
