"""Laws of barriers over entropy: exact points, intervals, what few points cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.core.information_criterion import corrected_akaike
from entrox.thermo import BarrierRow, barrier_series, compare_laws, fit_law, predict_law

X = np.array([0.4, 0.8, 1.2, 1.6, 2.0, 2.4])


@pytest.mark.parametrize("target", ["y", "log y"])
@pytest.mark.parametrize(("law", "values"), [("power", 7.0 * X**-1.5), ("exponential", 7.0 * np.exp(-1.5 * X))])
def test_exact_points_give_back_their_law(law: str, values: np.ndarray, target) -> None:
    fit = fit_law(X, values, law, target=target)
    assert fit.parameters == pytest.approx([7.0, -1.5], rel=1e-9)
    assert fit.rms_deviation < 1e-9
    assert predict_law(fit, [1.0, 3.0]).extrapolated == (False, True)


def test_least_squares_in_y_and_in_log_y_differ_where_the_law_does_not_hold_and_weigh_large_values_differently() -> (
    None
):
    values = 7.0 * X**-1.5
    values[0] *= 1.3
    in_y, in_log = (fit_law(X, values, "power", target=target) for target in ("y", "log y"))
    assert abs(in_y.fitted[0] / values[0] - 1.0) < abs(in_log.fitted[0] / values[0] - 1.0)
    assert in_y.rms_deviation < in_log.rms_deviation
    # the minimum in y is one: steps to all sides are worse
    for a, b in ((1.001, 1.0), (0.999, 1.0), (1.0, 1.001), (1.0, 0.999)):
        other = in_y.parameters[0] * a * X ** (in_y.parameters[1] * b)
        assert ((values - other) ** 2).sum() > ((values - in_y.fitted) ** 2).sum()


def test_intervals_hold_the_true_exponent_as_often_as_they_say() -> None:
    rng, hits = generator(8), {"known": 0, "scatter": 0}
    runs = 200
    for _ in range(runs):
        values = 7.0 * X**-1.5 * (1.0 + 0.03 * rng.standard_normal(len(X)))
        for name, errors in (("known", np.full(len(X), 0.03)), ("scatter", None)):
            fit = fit_law(X, values, "power", relative_errors=errors, target="log y")
            hits[name] += bool(fit.interval_low[1] <= -1.5 <= fit.interval_high[1])
    # 95 %, binomial spread 1.5 %
    assert hits["known"] / runs == pytest.approx(0.95, abs=0.045)
    assert hits["scatter"] / runs == pytest.approx(0.95, abs=0.045)


def test_a_point_at_zero_entropy_is_in_no_power_law_and_that_is_said() -> None:
    fit = fit_law([0.0, *X], [100.0, *(7.0 * X**-1.5)], "power")
    assert len(fit.x) == len(X)
    assert any("no value at x = 0" in note for note in fit.warnings)
    linear = fit_law([0.0, *X], [100.0, *(7.0 * X**-1.5)], "linear")
    assert len(linear.x) == len(X) + 1


def test_two_points_leave_no_spare_one_no_interval_and_no_extrapolation() -> None:
    fit = fit_law([0.9, 1.4], [60.0, 40.0], "power")
    assert (fit.degrees_of_freedom, fit.has_spare_point, fit.interval_low) == (0, False, None)
    assert any("no spare point" in note for note in fit.warnings)
    assert 40.0 < predict_law(fit, [1.1]).value[0] < 60.0
    with pytest.raises(InputError, match="no spare point"):
        predict_law(fit, [1.6])
    # a third at zero does not help a power law
    assert not fit_law([0.0, 0.9, 1.4], [90.0, 60.0, 40.0], "power").has_spare_point


def test_laws_are_told_apart_by_many_points_and_not_by_few() -> None:
    assert compare_laws(X, 7.0 * X**-1.5, np.full(6, 0.02))[1].startswith("power law preferred")
    assert compare_laws(X, 7.0 * np.exp(-X), np.full(6, 0.02))[1].startswith("exponential law preferred")
    assert compare_laws(X, 9.0 - 3.0 * X, np.full(6, 0.02))[1].startswith("linear law preferred")
    assert compare_laws(X, np.full(6, 4.0), np.full(6, 0.02))[1].startswith("constant law preferred")
    few = compare_laws([0.0, 0.91, 1.39, 1.60], [130.0, 62.0, 41.0, 26.0], np.full(4, 0.2))[1]
    assert few.startswith("not distinguishable")


def test_the_criterion_has_no_value_where_points_are_no_more_than_parameters() -> None:
    assert corrected_akaike(0.0, 4, 3) is None
    assert corrected_akaike(1.0, 100, 2) == pytest.approx(1.0 + 4.0 + 12.0 / 97.0)


def test_a_monotone_sequence_pools_neighbors_that_are_out_of_order_and_is_not_extrapolated() -> None:
    fit = fit_law([1.0, 2.0, 3.0, 4.0], [9.0, 5.0, 7.0, 1.0], "monotone")
    assert fit.fitted.tolist() == [9.0, 6.0, 6.0, 1.0]
    assert fit.warnings == ("falling with 3 levels at 4 points",)
    assert predict_law(fit, [3.5]).value[0] == pytest.approx(3.5)
    with pytest.raises(InputError, match="not extrapolated"):
        predict_law(fit, [5.0])


@pytest.mark.parametrize(
    ("x", "y", "law", "message"),
    [
        ([1.0], [2.0], "power", "2 parameters"),
        ([1.0, 1.0, 1.0], [2.0, 3.0, 4.0], "linear", "1 places"),
        ([1.0, 2.0], [2.0, -3.0], "power", "> 0"),
        ([-1.0, 2.0], [2.0, 3.0], "power", "x >= 0"),
        ([1.0, 2.0], [2.0, 3.0], "cubic", "law must be one of"),
        ([0.0], [2.0], "power", "none that can be used"),
    ],
)
def test_points_that_determine_no_law_are_refused(x, y, law: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_law(x, y, law)


def test_barriers_of_a_driving_force_in_proportion_to_entropy_fall_as_its_inverse_square() -> None:
    rows = [BarrierRow(s, -1e9 * s, 3e7 * s) for s in (0.6, 0.9, 1.2, 1.4, 1.6)]
    found = barrier_series(
        rows, 300.0, gamma_j_per_m2=1.0, predict_at_r=(1.0, 2.0), entropy_per="A site", rng=generator(1)
    )
    assert found.chosen.parameters == pytest.approx([104.577, -2.0], rel=1e-4)
    assert found.prediction.value == pytest.approx([104.577, 104.577 / 4.0], rel=1e-4)
    assert found.prediction.extrapolated == (False, True)
    # d ln(barrier) = -2 d ln(df)
    assert found.relative_error == pytest.approx(0.06)
    assert found.law_verdict.startswith("power law preferred")
    assert found.warnings == ("extrapolated to 2 R: that the power law holds there is an assumption",)


def test_compositions_without_a_barrier_are_in_no_fit_and_missing_words_are_noted() -> None:
    rows = [
        BarrierRow(0.0, 2e8),
        BarrierRow(0.9, -1e9),
        BarrierRow(1.4, -2e9),
        BarrierRow(1.6, -2.4e9, gamma_j_per_m2=0.9),
    ]
    found = barrier_series(rows, 300.0)
    assert np.isnan(found.barrier_ev[0])
    assert len(found.chosen.x) == 3
    words = " ".join(found.warnings)
    assert "1 of 4 compositions have no barrier" in words
    assert "normalization of the entropy is not stated" in words
    assert "assumed" in words
    alone = barrier_series(rows[:2], 300.0)
    assert alone.fits == ()
    assert alone.law_verdict.startswith("no law")
    with pytest.raises(InputError, match="no power law to evaluate"):
        barrier_series(rows[:2], 300.0, predict_at_r=(1.0,))
