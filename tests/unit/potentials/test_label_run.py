"""Labels kept in a journal: nothing is paid twice, what fails is set aside, a killed run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ase import Atoms

from entrox.dynamics.calculators.sources import FactorySource
from entrox.potentials.teachers.label_run import label_frames
from entrox.potentials.teachers.teacher import CalculatorTeacher, toy_teacher
from entrox.potentials.teachers.toy import toy_answer
from entrox.structure import build_perovskite
from odd_calculators import FILE


def shaken(seed: int, b_site: str = "Ti") -> Atoms:
    atoms = build_perovskite("Ba", b_site, (1, 1, 1), 4.0)
    atoms.rattle(0.05, seed=seed)
    return atoms


def frames(count: int) -> list[tuple[Atoms, str]]:
    return [(shaken(seed), "run") for seed in range(count)]


def test_labels_are_those_of_the_teacher_in_the_order_of_the_structures(tmp_path: Path) -> None:
    asked = frames(10)
    result, labeled = label_frames(toy_teacher(), asked, tmp_path / "labels.sqlite", workers=2)
    assert (result.n, result.done, result.quarantined, result.failed) == (10, 10, 0, 0)
    for (atoms, group), frame in zip(asked, labeled, strict=True):
        assert (frame.source, frame.group) == ("toy", group)
        assert frame.energy_ev == toy_answer(atoms).energy_ev


def test_second_run_pays_only_for_new_structures(tmp_path: Path) -> None:
    journal, counted = tmp_path / "labels.sqlite", []
    label_frames(toy_teacher(), frames(5), journal)
    result, _ = label_frames(toy_teacher(), frames(8), journal, progress=lambda done, total: counted.append(done))
    assert (result.n, result.done) == (8, 8)
    assert counted == [6, 7, 8]


def test_structure_that_always_fails_is_quarantined_with_its_reason(tmp_path: Path) -> None:
    asked = [*frames(3), (shaken(0, "Zr"), "run")]
    result, labeled = label_frames(toy_teacher(), asked, tmp_path / "labels.sqlite")
    assert (result.done, result.quarantined, len(labeled)) == (3, 1, 3)
    assert [(problem.structure, problem.state) for problem in result.problems] == [(4, "quarantined")]
    assert "also has Zr" in result.reasons[0]


def test_crash_of_the_teacher_is_tried_again(tmp_path: Path) -> None:
    arguments = {"path": str(tmp_path / "count"), "times": 2}
    teacher = CalculatorTeacher("flaky", FactorySource(f"{FILE}:flaky", arguments))
    result, _ = label_frames(teacher, frames(4), tmp_path / "labels.sqlite", workers=1)
    assert (result.done, result.quarantined) == (4, 0)


def test_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    journal = tmp_path / "labels.sqlite"
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_label_run import frames
from entrox.potentials.teachers.label_run import label_frames
from entrox.potentials.teachers.teacher import toy_teacher
label_frames(toy_teacher(), frames(150), Path({str(journal)!r}), progress=lambda done, total: print(done, flush=True))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(FILE).parent)}
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout is not None
    with child.stdout as lines:
        while int(next(lines)) < 20:
            time.sleep(0)
        child.send_signal(signal.SIGKILL)
    child.wait()
    counted: list[int] = []
    result, labeled = label_frames(
        toy_teacher(), frames(60), journal, progress=lambda done, total: counted.append(done)
    )  # fmt: skip
    assert (result.done, result.n) == (150, 150)
    assert counted[0] > 20
    assert [frame.energy_ev for frame in labeled[:60]] == [toy_answer(atoms).energy_ev for atoms, _ in frames(60)]
