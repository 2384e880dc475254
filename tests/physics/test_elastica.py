"""The elastica against the differential equation, its balances, its limits and its inverse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from entrox.mechanics import (
    Strip,
    bend_arc,
    bend_between_plates,
    bend_for_strain,
    bend_hinged,
    bend_needle,
    elastica,
    follow_path,
    needle_limit,
    push_needle,
    read_strain,
    strain_map,
    unit_elastica,
)
from entrox.mechanics.elliptic import legendre_integrals

STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)


def random_angles(count: int, seed: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        alpha, tip = rng.uniform(np.radians(20), np.radians(260)), rng.uniform(0.05, 4.0)
        if max(0.0, 2 * (alpha - np.pi)) + 0.02 < tip < 0.98 * alpha and alpha - tip < 3.1:
            found.append((float(alpha), float(tip)))
    return found


def test_the_closed_form_solves_the_differential_equation() -> None:
    inner = 0
    for alpha, tip in random_angles(60, 3):
        film = elastica(1.0, alpha, tip, n_points=3)
        p = film.force_over_stiffness
        done = solve_ivp(
            lambda _, z, a=alpha, p=p: [z[1], -p * math.sin(a - z[0]), math.cos(z[0]), math.sin(z[0])],
            (0.0, 1.0), [0.0, film.curvature[0], 0.0, 0.0], method="DOP853", rtol=1e-12, atol=1e-13, t_eval=film.s,
        )  # fmt: skip
        ours = np.array([film.theta, film.curvature, film.x, film.y])
        # an error at the clamp grows with the root of the force: both are compared at that scale
        assert np.abs(done.y - ours).max() < 1e-8 * math.exp(math.sqrt(p))
        inner += film.largest_at > 0.0
    assert inner > 5


def test_scipy_misses_an_integral_that_carlsons_form_gives() -> None:
    m, amplitude = 0.9330127018922194, np.array([1.25746238, 1.2556394736, 1.2556394737, 1.2538107])
    first, second = legendre_integrals(amplitude, m)
    for phi, f, e in zip(amplitude, first, second, strict=True):
        for power, found in ((-0.5, f), (0.5, e)):
            exact = quad(lambda t, power=power: (1 - m * math.sin(t) ** 2) ** power, 0, phi, epsabs=1e-13)[0]
            assert found == pytest.approx(exact, rel=1e-11)


def test_the_moment_at_the_clamp_is_the_force_times_its_arm() -> None:
    for alpha, tip in random_angles(40, 5):
        film = unit_elastica(alpha, tip)
        arm = film.tip_x * math.sin(alpha) - film.tip_y * math.cos(alpha)
        assert film.clamp_curvature == pytest.approx(film.root_force**2 * arm, rel=1e-10)


def test_the_energy_is_the_integral_of_the_square_of_the_curvature() -> None:
    film = elastica(2.0, np.radians(250), np.radians(160), n_points=4001)
    assert film.energy_over_stiffness == pytest.approx(np.trapezoid(film.curvature**2, film.s) / 2, rel=1e-6)


@pytest.mark.parametrize("bend", [bend_between_plates, bend_hinged])
def test_the_force_is_the_slope_of_the_energy_over_the_gap(bend: object) -> None:
    gap, step = 12e-6, 1e-10
    low, here, high = (bend(STRIP, gap + shift) for shift in (-step, 0.0, step))  # type: ignore[operator]
    assert (high.energy - low.energy) / (2 * step) == pytest.approx(-here.force, rel=1e-6)


def test_a_small_push_gives_euler_and_bernoulli_with_an_error_of_second_order() -> None:
    def excess(tip: float) -> float:
        film = unit_elastica(np.pi / 2, tip)
        return float(film.tip_y / (film.root_force**2 / 3.0) - 1.0)

    assert abs(excess(0.01)) < 1e-4
    assert math.log2(excess(0.04) / excess(0.02)) == pytest.approx(2.0, abs=0.01)


def test_the_first_push_on_hinged_ends_is_eulers_force() -> None:
    found = bend_hinged(STRIP, 49.999e-6)
    assert found.force_over_critical == pytest.approx(1.0, abs=2e-5)


def test_shapes_of_all_lengths_are_alike() -> None:
    small, large = elastica(1e-6, 1.5, 1.0), elastica(3.0, 1.5, 1.0)
    np.testing.assert_allclose(large.x, 3e6 * small.x, rtol=1e-12, atol=1e-15)
    assert small.largest_curvature == pytest.approx(3e6 * large.largest_curvature, rel=1e-12)


def test_a_uniform_arc_is_the_limit_of_a_force_far_outside() -> None:
    arc = bend_arc(STRIP, fold_angle=np.pi)
    assert arc.tension.mid_line == pytest.approx(np.pi * 0.4 / 100, rel=1e-12)
    assert arc.fold_angle == np.pi
    hinged = bend_hinged(STRIP, 49.9e-6)  # hardly bent: the middle sees pi / 2 times the mean of the curvature
    assert hinged.tension.mid_line / (hinged.turn * 0.4 / 100) == pytest.approx(np.pi / 2, rel=1e-3)


@pytest.mark.parametrize(
    ("case", "strain", "angle"),
    [("arc", 0.012, None), ("plates", 0.048, None), ("hinged", 0.015, None), ("clamped", 0.03, 1.7),
     ("clamped", 0.03, 4.3), ("needle", 0.015, None)],
)  # fmt: skip
@pytest.mark.parametrize("measure", ["mid_line", "logarithmic", "green"])
def test_the_load_found_for_a_strain_gives_that_strain(
    case: str, strain: float, angle: float | None, measure: str
) -> None:
    found = bend_for_strain(STRIP, case, strain, measure, force_angle=angle)
    assert getattr(found.tension, measure) == pytest.approx(strain, rel=1e-10)  # type: ignore[union-attr]


def test_the_direction_of_a_needle_rises_to_its_limit_and_falls_to_a_right_angle() -> None:
    limit, steepest = needle_limit()
    assert np.degrees([limit, steepest]) == pytest.approx([170.94, 99.568], abs=0.005)
    directions = []
    for tip in (*np.linspace(0.2, limit, 30), np.radians(175), np.pi - 1e-7):
        film = unit_elastica(tip + np.pi / 2, tip)
        directions.append(float(np.arctan2(film.tip_y, film.tip_x)))
    assert np.all(np.diff(directions[:30]) > 0)
    assert directions[29] > directions[30] > directions[31]
    last = unit_elastica(1.5 * np.pi - 1e-11, np.pi - 1e-11)
    assert float(last.largest_curvature) == pytest.approx(5.2441, abs=1e-4)
    assert (float(last.tip_x), float(last.tip_y)) == pytest.approx((0.0, 0.45695), abs=1e-5)


def test_a_needle_placed_where_the_film_is_finds_the_film_again() -> None:
    pushed = push_needle(STRIP, 1.9, contact_length=37e-6)
    found = bend_needle(STRIP, *pushed.tip)
    assert found.fold_angle == pytest.approx(1.9, abs=1e-10)
    assert found.loaded_length == pytest.approx(37e-6, rel=1e-10)


def test_a_needle_beyond_the_steepest_direction_or_the_end_of_the_film_releases_it() -> None:
    for place in ((-20e-6, 40e-6), (48e-6, 30e-6)):
        found = bend_needle(STRIP, *place)
        assert found.verdict == "released"
        assert found.loaded_length == STRIP.length
        assert "released" in found.warnings[0]


def test_friction_turns_the_force_from_the_normal() -> None:
    friction = math.atan(0.2)
    found = push_needle(STRIP, 1.0, friction_angle=friction)
    assert found.force_direction == pytest.approx(1.0 + np.pi / 2 + friction, abs=1e-12)
    assert needle_limit(friction)[1] != pytest.approx(needle_limit()[1], abs=1e-3)


def test_a_published_strain_of_five_percent_is_a_fold_between_plates_and_no_arc() -> None:
    readings = {(item.case, item.force_angle): item for item in read_strain(STRIP, 0.048)}
    assert {case for (case, _), item in readings.items() if item.reachable} == {"plates", "clamped"}
    assert readings["plates", None].bending.gap == pytest.approx(9.9845e-6, rel=1e-5)  # type: ignore[union-attr]
    assert readings["hinged", None].largest_strain == pytest.approx(0.033754, abs=1e-6)


def test_the_curves_of_the_map_are_those_of_single_cases() -> None:
    found = strain_map(STRIP, n_points=50)
    plates = found.curve("plates")
    for gap, strain in zip(plates.gap[[5, 30]], plates.strain[[5, 30]], strict=True):
        assert strain == pytest.approx(bend_between_plates(STRIP, gap).tension.mid_line, rel=1e-12)
    hinged = found.curve("hinged")
    assert hinged.strain[20] == pytest.approx(bend_hinged(STRIP, float(hinged.gap[20])).tension.mid_line, rel=1e-9)
    assert np.all(np.diff(hinged.strain) > 0)


def test_a_long_film_that_is_folded_hard_touches_itself() -> None:
    from entrox.mechanics import bend_clamped

    assert bend_clamped(STRIP, force_angle=3.0, tip_angle=1.0).contact == "none"
    crossing = bend_hinged(STRIP, 0.0)
    assert crossing.contact == "the ends"
    assert any("touch" in warning for warning in crossing.warnings)


def test_friction_against_the_way_a_needle_slides_is_noted() -> None:
    way = [[46e-6, 4e-6], [44e-6, 12e-6], [40e-6, 20e-6]]
    right, wrong = (follow_path(STRIP, "needle", way, friction_angle=math.atan(mu)) for mu in (0.2, -0.2))
    lengths = [step.loaded_length for step in right.steps]
    assert lengths == sorted(lengths, reverse=True)
    assert not any("slides" in words for step in right.steps for words in step.warnings)
    assert "towards the clamp" in wrong.steps[1].warnings[-1]
    assert wrong.force[-1] < right.force[-1]
