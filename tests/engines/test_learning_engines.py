"""The learning loop with Deep Potentials and LAMMPS, on labels of the toy: small, so that it is the plumbing alone."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from entrox.potentials.learning.learn import JOURNAL, learn
from entrox.potentials.learning.learn_settings import LearnSettings

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def recipe() -> LearnSettings:
    """Return a recipe that trusts every frame, so that one training is enough."""
    return LearnSettings(
        seed=2,
        compositions=[{"formula": "Ba0.75Ca0.25TiO3", "lattice_angstrom": 4.0}],
        teacher={"name": "toy"},
        student={"models": 2, "settings": {"n_steps": 50, "save_every": 50}},
        start={"frames": 8},
        explore={"temperatures_k": [200, 300], "first_ps": 0.04, "longest_ps": 0.04, "deviation_every": 2},
        trust={"sigma_low_ev_per_angstrom": 50.0, "sigma_high_ev_per_angstrom": 100.0},
        stop={"generations": 1},
    )


@pytest.fixture(scope="module")
def learned(recipe, tmp_path_factory):
    with ThreadPoolExecutor(2) as executor:
        return learn(recipe, tmp_path_factory.mktemp("loop") / "run", executor=executor)


def test_deep_potentials_are_trained_run_in_lammps_and_judged_frame_by_frame(learned) -> None:
    start, first = learned.generations
    assert start.n_training == 8
    assert start.force_rmse_ev_per_angstrom > 0.0
    assert [(cell.temperature_k, cell.accurate) for cell in first.cells] == [(200.0, 11), (300.0, 11)]
    assert first.life_ps == first.length_ps == pytest.approx(0.04)


def test_the_deviations_of_lammps_are_in_the_journal(learned) -> None:
    connection = sqlite3.connect(learned.folder / JOURNAL)
    rows = connection.execute("SELECT run, step, deviation FROM deviations ORDER BY run, step").fetchall()
    connection.close()
    assert [row[1] for row in rows] == 2 * list(range(0, 21, 2))
    assert all(0.0 < row[2] < 50.0 for row in rows)


def test_a_finished_loop_starts_no_engine_again(learned, recipe, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert learn(recipe, learned.folder).summary() == learned.summary()
