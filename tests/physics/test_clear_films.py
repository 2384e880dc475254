"""Index and thickness from the whole clear range, where extrema fail: noise, coarse steps, narrow or few fringes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.film import film_transmittance, fit_clear_film, fit_fringes, tauc_gap
from entrox.film.film_optics import absorption_of_index

NANO = 1e-9


def film(wavelength: Any, a: float, b: float, thickness: float, substrate: float, noise: float, *key: int) -> Any:
    clean = film_transmittance(wavelength * NANO, a + b / wavelength**2, thickness * NANO, substrate)
    return clean + noise * generator(8, *key).standard_normal(len(wavelength))


@pytest.mark.parametrize(
    ("a", "b", "thickness", "substrate", "noise", "step"),
    [
        (2.0, 1.5e4, 600.0, 1.46, 1e-2, 1.0),
        (2.0, 1.5e4, 2000.0, 1.46, 2e-3, 5.0),
        (2.2, 1.5e4, 3000.0, 1.46, 1e-3, 1.0),
        (1.45, 4e3, 800.0, 1.75, 1e-3, 2.0),
        (2.4, 4e4, 300.0, 1.52, 2e-3, 2.0),
    ],
)
def test_index_and_thickness_come_back_within_half_a_percent(
    a: float, b: float, thickness: float, substrate: float, noise: float, step: float
) -> None:
    wavelength = np.arange(420.0, 1100.0, step)
    found = fit_clear_film(wavelength * NANO, film(wavelength, a, b, thickness, substrate, noise, 1), substrate)
    assert found.thickness / NANO == pytest.approx(thickness, rel=5e-3)
    assert found.index(600 * NANO) == pytest.approx(a + b / 360_000.0, rel=5e-3)
    assert found.residual == pytest.approx(noise, rel=0.15)
    fringes = found.fringes(substrate)
    assert fringes is not None
    order = 2.0 * (a + b * (fringes.extrema / NANO) ** -2.0) * thickness * NANO / fringes.extrema
    assert np.abs(order - fringes.order).max() < 0.02


def test_the_errors_cover_the_truth_as_often_as_two_standard_errors_should() -> None:
    wavelength, inside = np.arange(450.0, 1000.0, 4.0), []
    for seed in range(14):
        found = fit_clear_film(wavelength * NANO, film(wavelength, 2.1, 2e4, 500.0, 1.52, 4e-3, 2, seed), 1.52)
        assert found.thickness_error is not None
        inside.append(abs(found.thickness - 500 * NANO) < 2.0 * found.thickness_error)
    assert sum(inside) >= 11


def test_a_film_too_thin_for_fringes_gives_its_index_with_its_thickness_and_then_its_gap() -> None:
    wavelength = np.arange(260.0, 1000.0, 1.0)
    energy = 1239.842 / wavelength
    alpha = 1.5e7 * np.sqrt(np.maximum(energy - 3.5, 0.0)) / energy
    clean = film_transmittance(wavelength * NANO, 2.1 + 2e4 / wavelength**2, 80 * NANO, 1.52, alpha)
    values = clean + 1e-3 * generator(3).standard_normal(len(clean))
    clear = wavelength > 370.0
    with pytest.raises(InputError, match="Give the thickness instead"):
        fit_clear_film(wavelength[clear] * NANO, values[clear], 1.52)
    found = fit_clear_film(wavelength[clear] * NANO, values[clear], 1.52, 80 * NANO)
    assert found.thickness_error is None
    assert found.index(550 * NANO) == pytest.approx(2.1 + 2e4 / 302_500.0, rel=0.01)
    measured = absorption_of_index(wavelength * NANO, values, found.index(wavelength * NANO), 80 * NANO, 1.52)
    assert tauc_gap(energy[::-1], measured[::-1], 80 * NANO).gap_ev == pytest.approx(3.5, abs=0.04)


def test_what_absorbs_and_what_has_no_fringes_is_told() -> None:
    wavelength = np.arange(450.0, 1000.0, 2.0)
    grey = film_transmittance(wavelength * NANO, 2.1 + 2e4 / wavelength**2, 700 * NANO, 1.52, 0.02 / (700 * NANO))
    assert fit_clear_film(wavelength * NANO, grey, 1.52).absorbed == pytest.approx(0.02, abs=1e-4)
    flat = 0.9 + 5e-3 * generator(4).standard_normal(len(wavelength))
    with pytest.raises(InputError, match="Give the thickness instead"):
        fit_clear_film(wavelength * NANO, flat, 1.52)
    with pytest.raises(InputError, match="12 are needed"):
        fit_clear_film(wavelength[:5] * NANO, flat[:5], 1.52)


def test_noise_makes_no_fringes_and_a_film_less_dense_than_its_substrate_has_its_maxima_between_the_orders() -> None:
    wavelength = np.arange(430.0, 1501.0, 1.0)
    found = fit_fringes(wavelength * NANO, film(wavelength, 1.45, 4e3, 900.0, 1.76, 5e-4, 5), 1.76)
    assert found.thickness / NANO == pytest.approx(900.0, rel=0.01)
    index = 1.45 + 4e3 * (found.extrema / NANO) ** -2.0
    assert np.median(found.index / index) == pytest.approx(1.0, abs=0.01)
    noisy = fit_fringes(wavelength * NANO, film(wavelength, 2.1, 2e4, 600.0, 1.46, 3e-3, 6), 1.46)
    assert noisy.thickness / NANO == pytest.approx(600.0, rel=0.03)


def test_a_gap_is_found_in_noise_and_one_of_the_other_kind_is_not() -> None:
    wavelength = np.arange(280.0, 420.0, 1.0)
    energy = (1239.842 / wavelength)[::-1]
    depth = 0.6e-6
    direct = 1.5e7 * np.sqrt(np.maximum(energy - 3.6, 0.0)) / energy
    values = np.exp(-direct * depth) + 1e-2 * generator(7).standard_normal(len(energy))
    alpha = -np.log(np.maximum(values, 1e-6)) / depth
    assert tauc_gap(energy, alpha, depth, "direct").gap_ev == pytest.approx(3.6, abs=0.03)
    with pytest.raises(InputError, match="no such gap"):
        tauc_gap(energy, alpha, depth, "indirect")
