from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import binomtest

from entrox.potentials.learning.convergence import (
    CellCounts,
    ConvergenceRule,
    GenerationEvidence,
    convergence_reasons,
    wilson_lower_bound,
)

RULE = ConvergenceRule()


def cell(accurate: int, candidate: int = 0, failed: int = 0, name: str = "BaTiO3", temperature: float = 300.0):
    return CellCounts(
        composition=name, temperature_k=temperature, accurate=accurate, candidate=candidate, failed=failed
    )


def good(generation: int, **changes: object) -> GenerationEvidence:
    """Return a generation with nothing to complain of."""
    evidence = GenerationEvidence(
        generation=generation, cells=(cell(200), cell(199, 1, name="Ba0.75Ca0.25TiO3")), life_ps=10.0, length_ps=10.0,
        longest_ps=10.0, warmth=1.0, n_labels=10, n_labels_without=1, force_rmse=0.100, force_rmse_before=0.104,
    )  # fmt: skip
    return replace(evidence, **changes)


def reasons(**changes: object) -> tuple[str, ...]:
    return convergence_reasons([good(1), good(2, **changes)], RULE)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (7, 10), (95, 100), (100, 100), (399, 400)])
def test_the_bound_is_that_of_wilson(successes: int, trials: int) -> None:
    exact = binomtest(successes, trials).proportion_ci(0.95, method="wilson").low
    assert wilson_lower_bound(successes, trials) == pytest.approx(exact, abs=1e-9)


def test_two_good_generations_converge() -> None:
    assert convergence_reasons([good(1), good(2)], RULE) == ()


def test_one_good_generation_is_not_enough() -> None:
    (reason,) = convergence_reasons([good(1)], RULE)
    assert reason == "the rule needs 2 generations one after the other; there is 1."


def test_a_bad_generation_is_forgotten_after_two_good_ones() -> None:
    bad = good(1, life_ps=1.0)
    assert convergence_reasons([bad, good(2)], RULE) == ("generation 1: the median life is 1 of 10 ps.",)
    assert convergence_reasons([bad, good(2), good(3)], RULE) == ()


def test_one_bad_composition_is_not_hidden_by_many_good_ones() -> None:
    cells = (*(cell(2000, name=f"good {k}") for k in range(10)), cell(180, 20, name="BaSnO3"))
    (reason,) = reasons(cells=cells)
    assert reason.startswith("generation 2: BaSnO3 at 300 K: 180 of 200 frames are accurate, at least 85.1 %")
    # the share of all frames would have passed
    assert wilson_lower_bound(20180, 20200) > RULE.accurate_share


def test_no_candidates_while_everything_failed_is_not_convergence() -> None:
    found = reasons(cells=(cell(0, 0, 200),), n_labels=0, n_labels_without=0, life_ps=0.0)
    assert "generation 2: every frame failed, so that no candidate was left to learn from." in found
    assert len(found) == 3


def test_nothing_explored_is_not_convergence() -> None:
    assert convergence_reasons([], RULE) == ("nothing has been explored yet.",)
    assert "generation 2: no frame was explored." in reasons(cells=())


def test_few_frames_cannot_show_a_high_share_and_the_reason_says_so() -> None:
    (reason,) = reasons(cells=(cell(41),))
    assert "41 of 41 frames are accurate, at least 91.4 %" in reason
    assert "take longer or more runs" in reason
    assert reasons(cells=(cell(74),)) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"life_ps": 8.0}, "the median life is 8 of 10 ps."),
        ({"force_rmse": 0.09}, "the error of the held-out forces went from 0.104 to 0.09 eV/angstrom."),
        ({"force_rmse": 0.11}, "the error of the held-out forces went from 0.104 to 0.11 eV/angstrom."),
        ({"force_rmse": float("nan")}, "the error of the held-out forces went from 0.104 to nan eV/angstrom."),
        ({"force_rmse_before": None}, "no held-out frame has a label, so that the error cannot be told."),
        ({"n_labels_without": 2}, "2 of 10 labels failed."),
        ({"warmth": 0.6}, "exploration too timid: the runs had 60 % of the temperature that was set."),
    ],
)
def test_each_bound_of_the_rule_has_its_reason(changes: dict[str, object], reason: str) -> None:
    assert reasons(**changes) == (f"generation 2: {reason}",)


def test_short_runs_without_candidates_are_too_timid() -> None:
    found = reasons(length_ps=0.8, life_ps=0.8, n_labels=0, n_labels_without=0)
    assert found == ("generation 2: exploration too timid: runs of 0.8 of 10 ps.",)


def test_no_labels_are_no_failed_labels() -> None:
    assert reasons(n_labels=0, n_labels_without=0) == ()
