"""The whole loop on the toy lattice: dynamics of the ASE engine, active choice of frames, a linear student."""

from __future__ import annotations

import pytest

from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.potentials.learning.learn import learn
from toy_learning import toy_parts, toy_recipe

MOST_GENERATIONS = 4


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Return the result of a loop over four compositions at 300 K that starts from six labels."""
    recipe = toy_recipe(
        compositions=[{"formula": "Ba(1-y)CayTi(1-x)SnxO3", "x": [0, "1/8"], "y": [0, "1/4"], "lattice_angstrom": 4.0}],
        start={"frames": 6},
        explore={"first_ps": 0.1, "longest_ps": 0.4},
        trust={"sigma_low_ev_per_angstrom": 0.01, "sigma_high_ev_per_angstrom": 0.2},
        select={"labels_per_generation": 20, "held_out_share": 0.2},
        stop={"generations": MOST_GENERATIONS},
    )
    return learn(recipe, tmp_path_factory.mktemp("toy") / "run", parts=toy_parts(engine=AseEngine()))


def test_the_toy_lattice_is_learned_to_two_percent_within_four_generations(learned) -> None:
    errors = [report.relative_force_error for report in learned.generations]
    assert len(errors) <= MOST_GENERATIONS + 1
    assert errors[0] > 0.1
    assert errors[-1] < 0.02


def test_runs_live_longer_as_the_student_learns(learned) -> None:
    first, last = learned.generations[1], learned.generations[-1]
    assert first.failed > 0
    assert last.failed == 0
    assert last.life_ps == last.length_ps >= 4.0 * first.life_ps


def test_the_deviation_ranks_the_true_error_before_training(learned) -> None:
    """In the first generation, when the committee knows little; later both are as small as noise."""
    calibration = learned.generations[1].calibration
    assert calibration.rho > 0.5
    assert calibration.slope == pytest.approx(2.0, abs=1.0)


def test_explored_runs_have_the_temperature_that_was_set(learned) -> None:
    assert all(0.8 < report.warmth < 1.2 for report in learned.generations[1:])
