"""The elastica of finite thickness: its section by hand, its limit, and the film of finite elements as its oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from entrox.core import InputError
from entrox.mechanics import (
    Layer,
    Strip,
    bend_arc,
    bend_between_plates,
    bend_clamped,
    bend_film,
    bend_hinged,
    bend_needle,
    bend_section,
    bend_thick_film,
    elastic_law,
)
from entrox.mechanics.thick_section import section_law

GAP = 9.984502e-6


def strip(thickness: float = 0.4e-6) -> Strip:
    return Strip.single(50e-6, 8e-6, thickness, 70e9, 0.24)


def test_a_section_of_st_venant_without_poisson_has_the_series_that_one_can_write_down() -> None:
    # hoop stress E (e + 3/2 e^2): the middle shortens by h^2 / 8; the hoops press, sigma = E kappa^2 (X^2 - t^2/4) / 2:
    # energy B kappa^2 / 2 (1 - 0.15 h^2 - 0.10 h^2), so the moment loses twice that
    found = section_law(elastic_law("st-venant", 3.0, 0.0), 2.0, 0.02)
    assert found.moment_series[0] == pytest.approx(-0.5, rel=1e-4)
    assert found.stretch_series[0] == pytest.approx(-0.125, rel=1e-4)
    assert found.stiffness == pytest.approx(3.0 * 8.0 / 12.0)


@pytest.mark.parametrize(("law", "second"), [("hencky", 1.5), ("neo-hooke", 0.7632), ("st-venant", -1.5)])
def test_the_middle_stretches_by_the_second_order_of_the_law_and_by_thinning(law: str, second: float) -> None:
    poisson = 0.24 / (1.0 - 0.24)
    found = section_law(elastic_law(law, 70e9, 0.24), 0.4e-6, 0.02 / 0.4e-6)
    assert found.stretch_series[0] == pytest.approx(second / 12.0 + poisson / 8.0, rel=2e-3)


def test_the_moment_is_the_derivative_of_the_energy_of_bending() -> None:
    law, step = elastic_law("neo-hooke", 1.0, 0.3), 1e-3
    found = section_law(law, 1.0, 0.12)
    moment, slope = found.moment(0.1, 0.002)
    up, down = (found.moment(0.1 + sign * step, 0.002)[0] for sign in (1.0, -1.0))
    assert slope == pytest.approx((up - down) / (2.0 * step), rel=1e-6)
    assert found.curvature(moment, 0.002) == pytest.approx(0.1, rel=1e-12)
    assert found.moment(0.1)[0] == pytest.approx(bend_section(law, 1.0, 0.1).moment, rel=1e-8)


@pytest.mark.parametrize("law", ["hencky", "neo-hooke", "st-venant"])
def test_elements_agree_with_the_film_of_finite_thickness_in_strain_and_force(law: str) -> None:
    bent = bend_between_plates(strip(), GAP)
    thick, off = bend_thick_film(bent, law), []
    for elements in ((120, 1), (120, 2)):
        film = bend_film(bent, law=law, elements=elements).fe
        assert film is not None and film.force is not None
        off.append(film.force / thick.force - 1.0)
        assert film.tension.mid_line == pytest.approx(thick.mid_line, rel=1e-3)
        assert film.tension.nominal == pytest.approx(thick.outer, abs=1.2e-4)
        assert film.compression.nominal == pytest.approx(thick.inner, abs=1.2e-4)
    assert abs(off[0]) < 1e-3
    assert abs(off[1]) < 1e-4  # what one element through the film leaves out is more than all else
    assert abs(thick.force_change) > 1.4e-3


@pytest.mark.parametrize("case", ["hinged", "clamped"])
def test_other_cases_agree_to_a_ten_thousandth(case: str) -> None:
    bent = bend_hinged(strip(), 20e-6) if case == "hinged" else bend_clamped(
        strip(), force_angle=math.radians(250.0), tip_angle=math.radians(160.0)
    )  # fmt: skip
    film, thick = bend_film(bent, elements=(120, 2)).fe, bend_thick_film(bent)
    assert film is not None
    assert film.force == pytest.approx(thick.force, rel=1e-4)
    assert film.tension.mid_line == pytest.approx(thick.mid_line, rel=2e-4)


def test_the_thin_film_is_the_limit_with_the_square_of_the_thickness() -> None:
    off = [bend_thick_film(bend_between_plates(strip(t), GAP)).force_change for t in (0.4e-6, 0.2e-6)]
    assert math.log2(off[0] / off[1]) == pytest.approx(2.0, abs=0.01)


def test_a_film_of_finite_thickness_needs_one_layer_and_a_force_of_given_direction() -> None:
    for bent in (bend_arc(strip(), fold_angle=1.0), bend_needle(strip(), 30e-6, 25e-6)):
        with pytest.raises(InputError, match="plates, hinged or clamped"):
            bend_thick_film(bent)
    two = Strip(50e-6, 8e-6, (Layer(0.2e-6, 70e9, 0.24), Layer(0.2e-6, 60e9, 0.25)))
    with pytest.raises(InputError, match="one layer"):
        bend_thick_film(bend_between_plates(two, 12e-6))
    assert np.isfinite(bend_thick_film(bend_between_plates(Strip.single(50e-6, 1e-6, 0.4e-6, 70e9, 0.24), GAP)).force)
