"""Sizes of crystals from widths: what is subtracted how, and when there is no size."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy import (
    crystallite_size,
    disc_diameter_inverse_nm,
    electron_wavelength,
    intrinsic_fwhm,
    williamson_hall,
)


@pytest.mark.parametrize(("width", "gaussian", "lorentzian"), [(0.51, 3.49, 12.9), (0.65, 1.88, 4.29)])
def test_published_widths_give_the_sizes_of_both_line_shapes(width, gaussian, lorentzian):
    found = crystallite_size(width, 0.44)
    assert found.size_nm == pytest.approx(gaussian, abs=0.01)
    assert found.size_lorentzian_nm == pytest.approx(lorentzian, abs=0.05)
    between = crystallite_size(width, 0.44, shape="pseudo-voigt", mixing=0.5).size_nm
    assert gaussian < between < lorentzian


def test_without_a_reference_there_is_no_size():
    found = crystallite_size(0.44, None)
    assert (found.size_nm, found.size_low_nm, found.intrinsic_fwhm_inverse_nm) == (None, None, None)
    assert "reference" in found.reason


def test_a_ring_as_narrow_as_the_reference_gives_a_lower_bound():
    found = crystallite_size(0.43, 0.44, fwhm_error_inverse_nm=0.01)
    assert found.size_nm is None
    assert found.size_low_nm == pytest.approx(0.9 / np.sqrt((0.43 + 1.96 * 0.01) ** 2 - 0.44**2))
    without = crystallite_size(0.43, 0.44)
    assert (without.size_nm, without.size_low_nm) == (None, None)
    assert "errors" in without.reason


def test_discs_wider_than_the_ring_forbid_a_size():
    disc = disc_diameter_inverse_nm(1.2, 300.0)
    assert disc == pytest.approx(1.22, abs=0.005)
    assert crystallite_size(0.65, 0.44, disc_inverse_nm=disc).size_nm is None
    assert crystallite_size(1.65, 0.44, disc_inverse_nm=disc).size_nm is not None


@pytest.mark.parametrize("mixing", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_widths_of_convolved_lines_are_recovered(mixing):
    """Gaussian and Lorentzian parts of the sample and of the instrument in the same proportion are convolved."""
    from scipy.special import voigt_profile

    x = np.linspace(-40.0, 40.0, 160001)

    def fwhm(values):
        half = values > 0.5 * values.max()
        return x[half][-1] - x[half][0]

    gauss, lorentz = 1.0 - mixing + 1e-9, 0.5 * mixing + 1e-9
    base = voigt_profile(x, 0.5 * gauss, 0.5 * lorentz)
    wide = voigt_profile(x, 0.5 * gauss * np.sqrt(2.0), lorentz)
    own = fwhm(base)
    if mixing in (0.0, 1.0):
        shape = "gaussian" if mixing == 0.0 else "lorentzian"
        assert intrinsic_fwhm(fwhm(wide), own, shape) == pytest.approx(own, rel=0.01)
    eta = _mixing(base, own, x)
    between = intrinsic_fwhm(fwhm(wide), own, "pseudo-voigt", eta)
    low = intrinsic_fwhm(fwhm(wide), own, "lorentzian")
    high = intrinsic_fwhm(fwhm(wide), own, "gaussian")
    assert low * (1 - 1e-6) <= between <= high * (1 + 1e-6)


@pytest.mark.parametrize("lorentz", [0.0, 0.1, 0.25, 0.4, 0.5])
def test_the_width_of_the_sample_comes_back_from_voigt_lines_of_one_shape(lorentz):
    """Instrument and observed line have one shape; what was convolved in between has a known width."""
    from scipy.special import voigt_profile

    x, factor = np.linspace(-40.0, 40.0, 160001), 1.7
    gauss = 0.5 - lorentz + 1e-9

    def fwhm(sigma, gamma):
        values = voigt_profile(x, sigma, gamma)
        half = values > 0.5 * values.max()
        return x[half][-1] - x[half][0]

    reference, observed = fwhm(gauss, 0.5 * lorentz), fwhm(factor * gauss, factor * 0.5 * lorentz)
    sample = fwhm(gauss * np.sqrt(factor**2 - 1.0), 0.5 * lorentz * (factor - 1.0))
    part = lorentz / reference
    mixing = min(1.36603 * part - 0.47719 * part**2 + 0.11116 * part**3, 1.0)
    assert intrinsic_fwhm(observed, reference, "pseudo-voigt", mixing) == pytest.approx(sample, rel=0.005)


def _mixing(values, width, x):
    """Share of the Lorentzian from the height at twice the half width."""
    at = np.interp(width, x, values / values.max())
    gauss, lorentz = np.exp(-4.0 * np.log(2.0)), 0.2
    return float(np.clip((at - gauss) / (lorentz - gauss), 0.0, 1.0))


def test_two_orders_give_size_and_strain_without_an_error():
    s = np.array([3.4, 6.8])
    found = williamson_hall(s, 0.9 / 6.0 + 2.0 * 0.008 * s)
    assert (found.size_nm, found.strain) == (pytest.approx(6.0), pytest.approx(0.008))
    assert (found.strain_error, found.spare_points) == (None, 0)
    assert "no spare point" in found.warnings[0]


def test_strain_alone_gives_no_size():
    s = np.array([3.0, 6.0, 9.0])
    found = williamson_hall(s, 0.02 * s - 0.001)
    assert found.size_nm is None
    assert any("no size" in text for text in found.warnings)


def test_one_order_cannot_part_size_and_strain():
    with pytest.raises(InputError, match="two or more orders"):
        williamson_hall([3.0], [0.2])
    with pytest.raises(InputError, match="line shape"):
        intrinsic_fwhm(0.5, 0.4, "triangular")  # type: ignore[arg-type]


@pytest.mark.parametrize(("energy_kv", "picometers"), [(200.0, 2.50793), (300.0, 1.96875)])
def test_fast_electrons_have_the_relativistic_wavelength(energy_kv, picometers):
    assert 100.0 * electron_wavelength(energy_kv) == pytest.approx(picometers, rel=3e-6)
