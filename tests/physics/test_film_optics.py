"""Fringes, edges and gaps from spectra of known index, thickness and gap."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.film.film_optics import film_transmittance, fit_fringes, fringe_extrema, substrate_index
from entrox.film.transmittance import (
    absorption_edge,
    absorption_spectrum,
    mean_transmittance,
    tauc_gap,
    urbach_energy,
)

NANO = 1e-9
WAVELENGTH = np.arange(430.0, 1001.0, 1.0) * NANO


def test_extrema_of_a_film_of_400_nm_lie_where_they_should():
    places, heights, maxima = fringe_extrema(WAVELENGTH, film_transmittance(WAVELENGTH, 2.3, 400 * NANO))
    assert places / NANO == pytest.approx([460.0, 525.7, 613.3, 736.0, 920.0], abs=0.5)
    assert maxima.tolist() == [True, False, True, False, True]
    assert heights[maxima] == pytest.approx(0.91832, abs=1e-4)
    assert heights[~maxima] == pytest.approx(0.67278, abs=1e-4)


@pytest.mark.parametrize("thickness", [400.0, 900.0])
@pytest.mark.parametrize("substrate", [1.45, 1.76])
def test_fringes_give_index_and_thickness_within_one_percent(thickness, substrate):
    wavelength = np.arange(430.0, 1501.0, 1.0)
    index = 2.1 + 3e4 / wavelength**2
    values = film_transmittance(wavelength * NANO, index, thickness * NANO, substrate)
    noisy = values + 5e-4 * generator(1).standard_normal(len(values))
    found = fit_fringes(wavelength * NANO, noisy, substrate)
    assert found.thickness / NANO == pytest.approx(thickness, rel=0.01)
    assert np.abs(found.index / np.interp(found.extrema / NANO, wavelength, index) - 1.0).max() < 0.01


def test_a_film_as_dense_as_its_substrate_has_no_fringes():
    values = film_transmittance(WAVELENGTH, 1.52, 400 * NANO, 1.52)
    assert np.ptp(values) < 1e-12
    assert float(substrate_index(values[0])) == pytest.approx(1.52)
    with pytest.raises(InputError, match="extrema"):
        fit_fringes(WAVELENGTH, values, 1.52)


@pytest.mark.parametrize(("kind", "power"), [("direct", 0.5), ("indirect", 2.0)])
def test_a_synthetic_gap_comes_back_to_ten_millielectronvolts(kind, power):
    wavelength = np.arange(300.0, 801.0, 1.0)
    energy = 1239.842 / wavelength
    strength = {"direct": 1.2e7, "indirect": 4e7}[kind]
    absorption = strength * np.maximum(energy - 3.2, 0.0) ** power / energy
    values = 0.9 * np.exp(-absorption * 400 * NANO)
    noisy = np.clip(values + 1e-4 * generator(2).standard_normal(len(values)), 1e-6, 1.0)
    photon, alpha = absorption_spectrum(wavelength * NANO, noisy, 400 * NANO, 0.9)
    found = tauc_gap(photon, alpha, 400 * NANO, kind)
    assert found.gap_ev == pytest.approx(3.2, abs=0.010)
    assert found.error_ev < 0.02


def test_an_exponential_tail_has_its_energy():
    energy = np.linspace(2.8, 3.3, 200)
    alpha = 5e6 * np.exp((energy - 3.3) / 0.08)
    assert urbach_energy(energy, alpha, 400 * NANO, 3.3) == pytest.approx(0.08, rel=1e-6)
    assert urbach_energy(energy[:9], 1e-3 * alpha[:9], 400 * NANO, 3.3) is None


@pytest.mark.parametrize(("edge", "photon"), [(377.0, 3.2887), (443.0, 2.7987)])
def test_the_published_edges_are_energies_of_half_the_plateau(edge, photon):
    wavelength = np.arange(300.0, 801.0, 1.0)
    values = 0.9 / (1.0 + np.exp(-(wavelength - edge) / 4.0))
    found = absorption_edge(wavelength * NANO, values)
    assert found.t50_nm == pytest.approx(edge, abs=0.2)
    assert found.t10_nm < found.t50_nm < found.t90_nm
    assert 1239.842 / found.t50_nm == pytest.approx(photon, abs=2e-3)
    mean, low, high = mean_transmittance(wavelength * NANO, np.full(len(wavelength), 0.91))
    assert (mean, low, high) == pytest.approx((0.91, 0.91, 0.91))


def test_fringes_are_not_read_as_the_edge():
    wavelength = np.arange(320.0, 1001.0, 1.0)
    energy = 1239.842 / wavelength
    absorption = 2e7 * np.sqrt(np.maximum(energy - 3.4, 0.0)) / energy
    found = absorption_edge(wavelength * NANO, film_transmittance(wavelength * NANO, 2.3, 400 * NANO, 1.52, absorption))
    assert found.plateau == pytest.approx(np.sqrt(0.91832 * 0.67278), abs=0.01)
    assert found.t50_nm < 1239.842 / 3.4
