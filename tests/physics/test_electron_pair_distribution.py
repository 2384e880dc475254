"""Pair distributions from electron diffraction: known clusters, real silica, and what is refused."""

import numpy as np
import pytest
from ase.build import bulk

from entrox.core import InputError
from entrox.microscopy import (
    DiffractionCurve,
    PatternSettings,
    PdfSettings,
    curve_of_profile,
    debye_curve,
    electron_pdf,
    fit_geometry,
    mean_factors,
    radial_profile,
    read_profile,
    simulate_pattern,
)


def cluster(displacement=0.12):
    """Return a ball of gold atoms displaced at random: known distances, constant weights."""
    atoms = bulk("Au", "fcc", a=4.0782, cubic=True) * (6, 6, 6)
    middle = atoms.positions.mean(axis=0)
    atoms = atoms[np.linalg.norm(atoms.positions - middle, axis=1) < 11.0]
    atoms.positions += np.random.default_rng(1).normal(0.0, displacement, atoms.positions.shape)
    return atoms


@pytest.fixture(scope="module")
def debye():
    s = np.arange(0.2, 3.0, 0.005)
    atoms = cluster()
    return s, debye_curve(atoms, s), len(atoms)


def test_distances_of_a_debye_cluster_come_back_within_two_hundredths(debye):
    s, intensity, count = debye
    found = electron_pdf(
        DiffractionCurve(s_per_angstrom=s, intensity=1000.0 * intensity + 50.0), "Au",
        PdfSettings(damping_square_angstrom=0.01),
    )  # fmt: skip
    shells = 4.0782 * np.sqrt(np.arange(1, 6) / 2.0)
    assert [peak.r_angstrom for peak in found.peaks[:5]] == pytest.approx(shells, abs=0.02)
    assert all(peak.seen_share == 1.0 for peak in found.peaks[:5])
    assert found.scale_n == pytest.approx(1000.0 * count, rel=0.06)


def test_they_come_back_through_a_whole_pattern_with_counting_noise(debye):
    s, intensity, _ = debye
    settings = PatternSettings(size_px=512, pixel_per_angstrom=0.011, electrons=3e8, beam_share=0.0)
    pattern = simulate_pattern(s, intensity, settings, np.random.default_rng(2))
    curve = curve_of_profile(radial_profile(pattern, fit_geometry(pattern)))
    found = electron_pdf(curve, "Au", PdfSettings(s_min_per_angstrom=0.22, s_max_per_angstrom=2.8))
    assert found.peaks[0].r_angstrom == pytest.approx(2.8837, abs=0.03)
    assert found.peaks[1].r_angstrom == pytest.approx(4.0782, abs=0.05)


def test_a_lone_kind_of_atom_without_neighbors_has_no_structure():
    s = np.arange(0.1, 3.0, 0.005)
    square, _ = mean_factors("SiO2", s)
    found = electron_pdf(DiffractionCurve(s_per_angstrom=s, intensity=500.0 * square + 3.0), "SiO2")
    assert found.scale_n == pytest.approx(500.0, rel=1e-6)
    assert found.offset_c == pytest.approx(3.0, rel=1e-6)
    assert np.abs(found.phi).max() < 1e-9


def test_the_polynomial_acts_below_the_first_distance_only(debye):
    s, intensity, _ = debye
    curve = DiffractionCurve(s_per_angstrom=s, intensity=intensity)
    with_it, without = (electron_pdf(curve, "Au", PdfSettings(polynomial_order=n), error_band=False) for n in (5, 0))
    far = with_it.r > 2.0
    assert np.abs(with_it.g_pdf - without.g_pdf)[far].max() < 0.05 * without.g_pdf.max()


def test_real_silica_has_its_distances_wherever_the_data_end(external_data):
    curve = read_profile(
        external_data("amorphous/aSiO2_electron_radial_profile.hspy"), s_step_per_angstrom=0.00167
    )  # fmt: skip
    assert any("beam stop" in text for text in curve.warnings)
    for end in (2.0, 2.5, 3.0, 3.5, 4.0):
        found = electron_pdf(curve, "SiO2", PdfSettings(s_max_per_angstrom=end))
        places = [peak.r_angstrom for peak in found.peaks[:4]]
        assert places[0] == pytest.approx(1.60, abs=0.03)
        assert places[1:] == pytest.approx([2.71, 4.08, 5.06], abs=0.05)


def test_the_debye_sum_of_a_silica_glass_returns_its_bonds(external_data):
    from ase.io import read

    glass = read(external_data("glass/aSiO2_300_atoms.xyz")) * (2, 2, 2)
    middle = glass.positions.mean(axis=0)
    glass = glass[np.linalg.norm(glass.positions - middle, axis=1) < 11.0]
    s = np.arange(0.2, 3.5, 0.01)
    curve = DiffractionCurve(s_per_angstrom=s, intensity=debye_curve(glass, s))
    found = electron_pdf(curve, "SiO2", PdfSettings(damping_square_angstrom=0.01))
    assert found.peaks[0].r_angstrom == pytest.approx(1.610, abs=0.02)
    assert found.peaks[1].r_angstrom == pytest.approx(2.603, abs=0.03)


def test_mott_bethe_and_lobato_factors_give_the_same_distances(debye):
    s, intensity, _ = debye
    curve = DiffractionCurve(s_per_angstrom=s, intensity=intensity)
    pair = [electron_pdf(curve, "Au", PdfSettings(factors=name)).peaks for name in ("lobato", "mott-bethe")]
    assert pair[0][0].r_angstrom == pytest.approx(pair[1][0].r_angstrom, abs=0.01)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"s_max_per_angstrom": 9.0}, "must lie in the data, s = 0.2"),
        ({"tail_per_angstrom": (2.0, 5.0)}, "tail must lie between s = 0.2"),
        ({"tail_per_angstrom": (2.95, 3.0)}, "hold 20 points"),
        ({"polynomial_order": 9}, "polynomial_order"),
        ({"window": "hann"}, "no window"),
    ],
)
def test_ends_outside_the_data_are_refused_with_the_range_that_works(debye, settings, text):
    s, intensity, _ = debye
    with pytest.raises(InputError, match=text):
        electron_pdf(DiffractionCurve(s_per_angstrom=s, intensity=intensity), "Au", PdfSettings(**settings))


def test_a_tail_of_noise_is_refused_with_the_end_of_the_signal():
    s = np.arange(0.2, 4.0, 0.005)
    rng = np.random.default_rng(3)
    curve = DiffractionCurve(
        s_per_angstrom=s, intensity=1e4 * np.exp(-4.0 * s) + rng.normal(0.0, 2.0, len(s)),
        standard_error=np.full(len(s), 2.0),
    )  # fmt: skip
    with pytest.raises(InputError, match="above their noise"):
        electron_pdf(curve, "Au", PdfSettings(tail_per_angstrom=(3.0, 4.0)))
