"""Teachers: names, fingerprints, trust, and how each way to fail becomes a label with a reason."""

from __future__ import annotations

import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose, assert_array_equal

from entrox.core import InputError, MissingExtraError
from entrox.dynamics.calculators.sources import FactorySource
from entrox.potentials.label import stress_of_virial
from entrox.potentials.teachers.labeling import label_many, label_one
from entrox.potentials.teachers.teacher import (
    CalculatorTeacher,
    ase_teacher,
    chgnet_teacher,
    deepmd_teacher,
    parse_teacher,
    shell_teacher,
    toy_teacher,
)
from entrox.potentials.teachers.toy import toy_answer
from entrox.structure import build_perovskite
from odd_calculators import FILE


def shaken(seed: int, b_site: str = "Ti") -> Atoms:
    atoms = build_perovskite("Ba", b_site, (1, 1, 1), 4.0)
    atoms.rattle(0.05, seed=seed)
    return atoms


def odd(kind: str, **arguments: object) -> CalculatorTeacher:
    return CalculatorTeacher(kind, FactorySource(f"{FILE}:{kind}", arguments))


def test_label_holds_energy_forces_and_minus_volume_times_stress():
    atoms = shaken(1)
    label, expected = toy_teacher().label(atoms), toy_answer(atoms)
    assert (label.state, label.reason) == ("done", "")
    assert label.energy_ev == expected.energy_ev
    assert_array_equal(label.forces_ev_per_angstrom, expected.forces_ev_per_angstrom)
    assert_allclose(stress_of_virial(label.virial_ev, atoms.get_volume()), expected.stress_ev_per_angstrom3, rtol=1e-12)
    assert label.provenance["teacher"] == "toy"
    assert label.wall_s > 0.0


@pytest.mark.parametrize(
    ("teacher", "state", "reason"),
    [
        (odd("not_finite"), "failed", "the answer is not finite"),
        (odd("failing"), "failed", "matrix is singular"),
        (odd("crashing"), "failed", "last words"),
        (odd("unconverged"), "unconverged", "60 iterations"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_failure_is_a_label_with_its_reason(teacher, state, reason):
    label = teacher.label(shaken(1))
    teacher.end()
    assert label.state == state
    assert reason in label.reason


def test_element_that_a_teacher_does_not_know_is_a_failed_label():
    label = toy_teacher().label(shaken(1, "Zr"))
    assert label.state == "failed"
    assert "also has Zr" in label.reason


def test_unconverged_label_keeps_its_numbers():
    label = odd("unconverged").label(shaken(1))
    assert label.state == "unconverged"
    assert label.energy_ev is not None


def test_hanging_teacher_fails_after_the_time_limit_and_the_next_structure_gets_a_new_process():
    teacher = odd("hanging")
    start = time.monotonic()
    labels = [teacher.label(shaken(seed), timeout_s=0.3) for seed in range(2)]
    assert [label.state for label in labels] == ["failed", "failed"]
    assert "gave no answer within 0.3 s" in labels[0].reason
    assert time.monotonic() - start < 20.0


@pytest.mark.parametrize(("times", "state", "attempts"), [(2, "done", 3), (3, "failed", 3)])
def test_crashed_label_is_tried_three_times(tmp_path, times, state, attempts):
    teacher = odd("flaky", path=str(tmp_path / "count"), times=times)
    label = label_one(teacher, shaken(1))
    teacher.end()
    assert (label.state, label.provenance["attempts"]) == (state, attempts)


def test_labels_do_not_depend_on_the_number_of_workers_and_none_is_lost():
    frames = [shaken(seed, "Zr" if seed == 4 else "Ti") for seed in range(12)]
    counted: list[int] = []
    one = dict(label_many(toy_teacher(), frames, progress=counted.append, retries=0))
    two = dict(label_many(toy_teacher(), iter(frames), workers=2, retries=0))
    assert counted == list(range(1, 13))
    assert sorted(one) == sorted(two) == list(range(12))
    assert [one[index].state for index in range(12)] == ["failed" if index == 4 else "done" for index in range(12)]
    for index in range(12):
        assert one[index].energy_ev == two[index].energy_ev


@pytest.mark.parametrize("workers", [1, 2])
def test_as_many_labels_are_at_work_as_there_are_workers(tmp_path, workers):
    notes = tmp_path / "times"
    for _ in label_many(odd("slow", path=str(notes)), [shaken(seed) for seed in range(8)], workers=workers):
        pass
    times = [tuple(map(float, line.split())) for line in notes.read_text().splitlines()]
    at_work = [sum(start <= moment < end for start, end in times) for moment, _ in times]
    assert max(at_work) == workers


def test_any_executor_labels_as_well():
    frames = [shaken(seed) for seed in range(4)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        labels = dict(label_many(toy_teacher(), frames, executor=executor))
    assert [labels[index].energy_ev for index in range(4)] == [toy_answer(atoms).energy_ev for atoms in frames]


def test_stopping_in_the_middle_ends_the_processes():
    labels = label_many(odd("hanging"), [shaken(seed) for seed in range(4)], workers=2, timeout_s=60.0)
    toy = label_many(toy_teacher(), [shaken(seed) for seed in range(50)], workers=2)
    assert next(toy)[1].state == "done"
    start = time.monotonic()
    toy.close()
    labels.close()
    assert time.monotonic() - start < 5.0


def test_label_does_not_change_its_structure():
    atoms = shaken(1)
    before = atoms.copy()
    toy_teacher().label(atoms)
    assert atoms == before
    assert atoms.calc is None


def test_teacher_travels_as_plain_data():
    for teacher in (toy_teacher(), shell_teacher(), odd("springs")):
        sent = pickle.loads(pickle.dumps(teacher))
        assert sent == teacher
        assert sent.fingerprint() == teacher.fingerprint()


def test_fingerprint_tells_teachers_and_settings_apart(tmp_path):
    code = tmp_path / "mine.py"
    code.write_text("def make():\n    return None\n")
    before = ase_teacher(f"{code}:make").fingerprint()
    code.write_text("def make():\n    return 1\n")
    after = ase_teacher(f"{code}:make").fingerprint()
    prints = {toy_teacher().fingerprint(), shell_teacher().fingerprint(), before, after}
    assert len(prints) == 4
    assert toy_teacher().fingerprint() == parse_teacher("toy").fingerprint()


def test_own_calculator_labels_by_the_name_of_its_file():
    label = parse_teacher(f"ase:{FILE}:springs").label(shaken(1))
    assert_allclose(label.forces_ev_per_angstrom, -shaken(1).positions, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chgnett", "did you mean chgnet"),
        ("toy:1", "a teacher is toy, shell"),
        ("deepmd", "a teacher is toy, shell"),
        ("deepmd:missing.pb", "there is no model file missing.pb"),
        ("ase:module_only", "MODULE:FUNCTION"),
        ("ase:no_such_module:make", "there is no module no_such_module"),
        ("ase:missing.py:make", "there is no file missing.py"),
    ],
)
def test_unknown_teacher_is_one_clear_error(text, message):
    with pytest.raises(InputError, match=message):
        parse_teacher(text)


def test_model_of_unknown_origin_loads_only_if_trusted(tmp_path):
    graph = tmp_path / "foreign.pb"
    graph.write_bytes(b"graph")
    with pytest.raises(InputError, match="--trust-model"):
        deepmd_teacher(graph)
    trusted = deepmd_teacher(graph, trust_model=True)
    assert len(trusted.origin["sha256"]) == 64


def test_environment_without_chgnet_names_the_extra(tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    with pytest.raises(MissingExtraError, match=r"entrox\[potentials\]"):
        chgnet_teacher(str(fake))


def test_timeout_must_be_positive():
    with pytest.raises(InputError, match="timeout_s"):
        list(label_many(toy_teacher(), [shaken(1)], timeout_s=0.0))
    assert np.isfinite(toy_teacher().label(shaken(1)).energy_ev)
