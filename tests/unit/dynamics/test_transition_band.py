from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.dynamics.diagrams.transition_band import transition_band

PLACES = np.linspace(0.0, 0.25, 6)
AT = np.linspace(0.0, 0.25, 26)


def coverage(bend_k: float, error_k: float, rng: np.random.Generator, draws: int = 60) -> float:
    """Share of places at which the band holds the true line, over many sets of noisy points."""
    held = []
    for _ in range(draws):
        curvature = bend_k / 0.25**2 * rng.normal()

        def line(x: np.ndarray, curvature: float = curvature) -> np.ndarray:
            return 400.0 - 300.0 * x + curvature * (x - 0.1) ** 2

        band = transition_band(PLACES, line(PLACES) + error_k * rng.normal(size=6), np.full(6, 1.96 * error_k), AT)
        held.append(((band.t_low_k <= line(AT)) & (line(AT) <= band.t_high_k)).mean())
    return float(np.mean(held))


@pytest.mark.parametrize(("bend_k", "error_k"), [(0.0, 8.0), (10.0, 2.0), (60.0, 2.0), (60.0, 8.0)])
def test_the_band_holds_straight_and_bent_lines_as_often_as_it_says(bend_k: float, error_k: float) -> None:
    # 60 sets of points: the error of the share itself is some 0.02
    assert 0.90 <= coverage(bend_k, error_k, np.random.default_rng(1)) <= 1.0


def test_the_band_is_no_wider_than_its_points_need() -> None:
    band = transition_band(PLACES, 400.0 - 300.0 * PLACES, np.full(6, 10.0))
    assert float((band.t_high_k - band.t_low_k).mean()) < 20.0
    assert band.t_k == pytest.approx(400.0 - 300.0 * band.x, abs=0.5)


def test_two_points_give_a_straight_line_with_their_errors_at_the_ends() -> None:
    band = transition_band([0.0, 0.2], [400.0, 300.0], [5.0, 10.0], at=[0.0, 0.1, 0.2])
    assert band.t_k == pytest.approx([400.0, 350.0, 300.0])
    half = 0.5 * (band.t_high_k - band.t_low_k)
    assert half == pytest.approx([5.0, 0.5 * np.hypot(5.0, 10.0), 10.0], rel=1e-6)


def test_a_point_with_a_large_error_pulls_less() -> None:
    x, t = [0.0, 0.1, 0.2, 0.3], [400.0, 380.0, 330.0, 340.0]
    pulled = transition_band(x, t, [2.0, 2.0, 2.0, 2.0], at=[0.2])
    ignored = transition_band(x, t, [2.0, 2.0, 80.0, 2.0], at=[0.2])
    assert pulled.t_k[0] < 340.0
    assert ignored.t_k[0] == pytest.approx(360.0, abs=4.0)


def test_the_order_of_the_points_does_not_matter() -> None:
    x, t, e = np.array([0.0, 0.1, 0.2]), np.array([400.0, 370.0, 350.0]), np.array([3.0, 4.0, 5.0])
    one, other = transition_band(x, t, e, AT), transition_band(x[::-1], t[::-1], e[::-1], AT)
    assert one.t_low_k == pytest.approx(other.t_low_k, rel=1e-9)


@pytest.mark.parametrize(
    ("x", "half_width", "message"),
    [([0.1], [1.0], "at least two points"), ([0.1, 0.1], [1.0, 1.0], "x of its own"), ([0.0, 0.1], [1.0, 0.0], "> 0")],
)
def test_a_line_needs_two_places_and_errors(x: list[float], half_width: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        transition_band(x, [300.0] * len(x), half_width)
