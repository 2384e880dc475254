import math
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from entrox.composition import parse_formula
from entrox.core import InputError
from entrox.core.points_along import value_along
from entrox.mechanics import bend_between_plates, bending_limit
from entrox.mechanics.measures import SAME_FOR_ALL, STRAIN_ALONE, BendingMeasureSettings, bending_of_composition
from entrox.mechanics.smallest_radius import _ratio_interval
from entrox.mechanics.strip import Strip

FAMILY = parse_formula("Ba(1-x)SrxTiO3")


def bend(place, **settings):
    return bending_of_composition(FAMILY.at(place), BendingMeasureSettings(**settings), np.random.default_rng(0))


def test_the_smallest_radius_is_half_the_thickness_over_the_strain():
    found = bending_limit(0.4e-6, 0.02)
    assert found.radius == pytest.approx(10e-6)
    assert found.radius_interval is None
    assert found.gap_interval is None


def test_a_film_between_plates_at_the_smallest_gap_shows_the_failure_strain():
    found = bending_limit(0.4e-6, 0.02, length=200e-6)
    strip = Strip.single(200e-6, 50e-6, 0.4e-6, 100e9, 0.25)
    assert bend_between_plates(strip, found.gap).tension.nominal == pytest.approx(0.02, rel=1e-9)


@pytest.mark.parametrize(("measure", "strain"), [("logarithmic", math.log(1.05)), ("green", 0.05 + 0.05**2 / 2)])
def test_the_same_strain_in_another_measure_gives_the_same_limit(measure, strain):
    nominal = bending_limit(1e-6, 0.05, failure_strain_error=1e-4)
    slope = {"logarithmic": 1 / 1.05, "green": 1.05}[measure]
    found = bending_limit(1e-6, strain, failure_strain_error=1e-4 * slope, measure=measure)
    assert found.radius == pytest.approx(nominal.radius)
    assert found.radius_interval == pytest.approx(nominal.radius_interval)


def test_the_interval_holds_the_true_radius_in_95_percent_of_all_measurements():
    rng = np.random.default_rng(5)
    thickness, strain, errors, draws = 0.4e-6, 0.02, (0.02e-6, 0.005), 4000
    truth, inside = 0.5 * thickness / strain, 0
    for t, e in zip(rng.normal(thickness, errors[0], draws), rng.normal(strain, errors[1], draws), strict=True):
        if e <= 0.0:
            continue
        low, high = _ratio_interval(0.5 * t, 0.5 * errors[0], e, errors[1])
        inside += low <= truth <= high
    assert inside / draws == pytest.approx(0.95, abs=0.01)
    found = bending_limit(thickness, strain, thickness_error=errors[0], failure_strain_error=errors[1])
    assert found.radius_interval == _ratio_interval(0.5 * thickness, 0.5 * errors[0], strain, errors[1])


def test_a_strain_that_cannot_be_told_from_zero_leaves_the_radius_without_an_upper_end():
    found = bending_limit(0.4e-6, 0.02, failure_strain_error=0.011)
    assert math.isinf(found.radius_interval[1])
    assert "no upper end" in found.warnings[0]
    values = bend(0.1, thickness_um=0.4, failure_strain_percent=2.0, failure_strain_error_percent=1.1)
    assert values["bending_radius_high_um"] is None
    assert values["bending_radius_low_um"] == pytest.approx(found.radius_interval[0] * 1e6)


def test_a_film_too_short_for_so_wide_a_fold_survives_none():
    found = bending_limit(0.4e-6, 0.008, length=50e-6)
    assert found.gap is None
    assert "breaks in every fold" in found.warnings[0]
    assert found.radius == pytest.approx(25e-6)


def test_one_failure_strain_gives_one_limit_and_says_that_the_composition_does_not_enter():
    values = [bend(x, thickness_um=0.4, failure_strain_percent=2) for x in (0.0, 0.4)]
    assert values[0] == values[1]
    assert values[0]["warnings"] == (SAME_FOR_ALL, STRAIN_ALONE)
    assert values[0]["bending_radius_low_um"] is None


def test_failure_strains_along_the_family_are_interpolated_and_never_continued():
    settings = {
        "thickness_um": 0.4, "x": [0.0, 0.2], "failure_strain_percent": [1.0, 3.0],
        "failure_strain_error_percent": [0.1, 0.1],
    }  # fmt: skip
    middle = bend(0.1, **settings)
    assert middle["failure_strain"] == pytest.approx(0.02)
    assert middle["bending_radius_um"] == pytest.approx(10.0)
    assert SAME_FOR_ALL not in middle["warnings"]
    # the error in the middle of two points is smaller than theirs
    end = bend(0.2, **{**settings, "failure_strain_percent": [1.0, 2.0]})
    width = [item["bending_radius_high_um"] - item["bending_radius_low_um"] for item in (middle, end)]
    assert width[0] < width[1]
    outside = bend(0.3, **settings)
    assert outside["bending_radius_um"] is None
    assert "outside the points" in outside["warnings"][0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"failure_strain_percent": 30.0}, "less than or equal to 20"),
        ({"failure_strain_percent": 0.0}, "greater than 0"),
        ({"failure_strain_percent": [1.0, 2.0]}, "x needs one value"),
        ({"failure_strain_percent": [1.0, 2.0], "x": [0.2, 0.1]}, "x must rise"),
        ({"thickness_error_um": 0.4}, "smaller than thickness_um"),
        ({"failure_strain_error_percent": [0.1, 0.2]}, "failure_strain_error_percent needs one value"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(wrong, words):
    with pytest.raises(ValidationError, match=words):
        BendingMeasureSettings(**{"thickness_um": 0.4, "failure_strain_percent": 2.0, **wrong})


def test_points_along_a_family_need_a_composition_with_an_x():
    settings = BendingMeasureSettings(thickness_um=0.4, failure_strain_percent=[1.0, 2.0], x=[0.0, 0.1])
    fixed = SimpleNamespace(x=None, formula="BaTiO3")
    with pytest.raises(InputError, match="has no x"):
        bending_of_composition(fixed, settings, np.random.default_rng(0))


def test_one_point_is_known_there_and_nowhere_else():
    assert value_along(0.1, [0.1], [2.0], [0.3]) == (2.0, 0.3)
    assert value_along(0.1 + 1e-12, [0.1], [2.0]) == (2.0, 0.0)
    assert value_along(0.2, [0.1], [2.0]) is None
