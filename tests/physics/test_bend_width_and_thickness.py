"""Saddle of a strip of finite width, and what an error of the thickness does."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import legendre

from entrox.core import InputError
from entrox.mechanics import (
    Layer,
    Strip,
    anticlastic_share,
    bend_arc,
    bend_between_plates,
    bend_hinged,
    bend_needle,
    thickness_error,
)

STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)


def saddle_energy(curvature: float, width: float, thickness: float, poisson: float) -> float:
    """Least energy per length of a strip with E = 1, by polynomials across its width, over that of a wide strip."""
    nodes, weights = legendre.leggauss(60)
    half, rigidity = 0.5 * width, thickness**3 / 12.0 / (1.0 - poisson**2)
    basis = [np.eye(40)[2 * order] for order in range(20)]
    shape = np.array([legendre.legval(nodes, row) for row in basis])
    bend = np.array([legendre.legval(nodes, legendre.legder(row, 2)) for row in basis]) / half**2
    matrix = half * ((rigidity * bend * weights) @ bend.T + (thickness * curvature**2 * shape * weights) @ shape.T)
    load = half * rigidity * poisson * curvature * (bend @ weights)
    return float(0.5 * rigidity * curvature**2 * width - 0.5 * load @ np.linalg.solve(matrix, load))


@pytest.mark.parametrize("width", [1e-6, 4e-6, 8e-6])
def test_the_moment_of_a_strip_is_the_slope_of_the_energy_of_its_saddle(width: float) -> None:
    thickness, curvature, poisson = 0.4e-6, 1 / 8e-6, 0.24
    step = 1e-4 * curvature
    up, down = (saddle_energy(curvature + sign * step, width, thickness, poisson) for sign in (1.0, -1.0))
    wide = thickness**3 / 12.0 / (1.0 - poisson**2) * curvature * width
    share = anticlastic_share(width, thickness, 1.0 / curvature, poisson)
    assert (up - down) / (2.0 * step) / wide == pytest.approx(1.0 - poisson**2 * share, rel=1e-6)


def test_a_narrow_strip_has_youngs_modulus_and_a_wide_one_that_of_plane_strain() -> None:
    assert anticlastic_share(1e-7, 4e-7, 1e-3, 0.24) == pytest.approx(1.0, abs=1e-6)
    assert anticlastic_share(1e-3, 4e-7, 4e-6, 0.24) < 2e-3
    near = [anticlastic_share(width, 4e-7, 4e-6, 0.24) for width in (28.9e-6, 29.1e-6)]  # both sides of the switch
    assert near[1] < near[0] < 1.01 * near[1]


def test_the_error_of_the_thickness_is_that_of_the_strain_and_three_times_that_of_the_force() -> None:
    found = thickness_error(STRIP, 0.004e-6, lambda film: bend_between_plates(film, 9.9845e-6))
    bent = bend_between_plates(STRIP, 9.9845e-6)
    assert found.strain / bent.tension.nominal == pytest.approx(0.01)
    assert found.force_per_width / bent.force_per_width == pytest.approx(0.03, rel=1e-3)
    assert found.radius == pytest.approx(0.0, abs=1e-15)
    assert found.gap == 0.0
    assert not found.one_sided


def test_a_film_on_the_verge_of_a_limit_gets_the_error_of_one_side() -> None:
    strip = Strip.single(50e-6, 8e-6, 9.9e-6, 70e9, 0.24)
    found = thickness_error(strip, 0.2e-6, lambda film: bend_arc(film, radius=100e-6))
    assert found.one_sided
    assert found.strain == pytest.approx(0.1e-6 / 100e-6)


def test_an_error_of_the_thickness_needs_one_layer_and_less_than_the_thickness() -> None:
    with pytest.raises(InputError, match="smaller than the thickness"):
        thickness_error(STRIP, 0.4e-6, lambda film: bend_hinged(film, 20e-6))
    two = Strip(50e-6, 8e-6, (Layer(2e-7, 70e9, 0.24), Layer(2e-7, 60e9, 0.24)))
    with pytest.raises(InputError, match="one layer"):
        thickness_error(two, 0.01e-6, lambda film: bend_hinged(film, 20e-6))


def test_a_needle_at_the_face_bends_the_film_further_than_one_at_the_axis() -> None:
    axis, face = (bend_needle(STRIP, 30e-6, 25e-6, offset=offset) for offset in (0.0, 0.2e-6))
    assert face.fold_angle > axis.fold_angle
    assert bend_needle(STRIP, 30e-6, 25e-6, offset=1e-12).fold_angle == pytest.approx(axis.fold_angle, abs=1e-6)
    assert bend_needle(STRIP, 30e-6, 45e-6, offset=0.2e-6).verdict == "released"
    with pytest.raises(InputError, match=r"y > -0\.2 um"):
        bend_needle(STRIP, 30e-6, -0.3e-6, offset=0.2e-6)
