"""Images that are no good, or not good everywhere: refused with the reason, or measured where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.analysis.analyze import analyze_micrograph
from entrox.microscopy.analysis.stem_analysis import StemAnalysis
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.fit.noise import estimate_noise
from entrox.microscopy.fit.residual_patches import ResidualPatches
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.images.micrograph_files import read_micrograph
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

PM = 20.0
CELLS = 12


def picture(cells: int = CELLS, rotation_deg: float = 0.0, **microscope: float) -> Micrograph:
    """Image of 20 pm per pixel whose B are displaced by 12 pm to the right and 8 pm up."""
    truth = perovskite_columns((cells, cells), displacement=[0.12, 0.08], rotation_deg=rotation_deg)
    return simulate_micrograph(truth, SimulationSettings(pixel_size_pm=PM, **microscope), np.random.default_rng(1))


def analyzed(image: Micrograph, **options: object) -> StemAnalysis:
    return analyze_micrograph(image, StemSettings(null_fields=0, bootstrap=20, **options))


def mean_pm(found: StemAnalysis) -> np.ndarray:
    assert found.main is not None
    return found.main.field_mean.mean_px * PM


def of_values(values: np.ndarray) -> Micrograph:
    return Micrograph(intensity=np.asarray(values, dtype=float))


@pytest.fixture(scope="module")
def good() -> Micrograph:
    return picture()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((200, 200), np.nan), "no value"),
        (np.full((200, 200), 7.0), "the same everywhere"),
        (np.arange(300.0)[None], "32 x 32"),
        (np.random.default_rng(2).poisson(20.0, (200, 200)), "period"),
    ],
)
def test_an_image_without_a_lattice_is_refused_with_the_reason(values, said):
    with pytest.raises(InputError, match=said):
        analyzed(of_values(values))


def test_too_few_pixels_to_learn_the_noise_say_what_would_help():
    nothing = np.full((3, 5, 5), np.nan)
    patches = ResidualPatches(
        image=np.ones((40, 40)), residual=np.zeros((40, 40)), references=np.full((3, 2), 20), half=2, cleaned=nothing
    )
    with pytest.raises(InputError, match="3 columns are too few to estimate the noise") as refusal:
        estimate_noise(patches, np.zeros((3, 9)), 1)
    assert "gain-counts-per-electron" in str(refusal.value)


def test_few_cells_are_measured_and_no_conclusion_is_drawn(good):
    found = analyzed(replace(good, intensity=good.intensity[:60, :60]), gain_counts_per_electron=1.0)
    assert 1 <= found.main.vectors.n_good <= 9
    assert found.main.domains is None
    assert any(text.startswith("insufficient") for text in found.warnings)


def test_saturated_columns_are_flagged_and_give_no_vectors(good, tmp_path):
    values = np.asarray(good.intensity)
    np.save(tmp_path / "bytes.npy", np.clip(values / np.quantile(values, 0.985) * 255.0, 0.0, 255.0).astype(np.uint8))
    image = read_micrograph(tmp_path / "bytes.npy", pixel_size_pm=PM)
    assert any("upper end of the detector" in text for text in image.warnings)
    with pytest.raises(InputError, match=r"no B column .* \d+ saturated"):
        analyzed(image)


def test_columns_without_pixels_are_left_out_and_the_others_measured(good):
    values = np.array(good.intensity)
    values[:, : values.shape[1] // 2] = np.nan
    found = analyzed(replace(good, intensity=values))
    assert 50 < found.main.vectors.n_good < 0.6 * (CELLS - 1) ** 2
    assert any("NaN" in text or "no value" in text for text in found.warnings)
    assert mean_pm(found) == pytest.approx([12.0, 8.0], abs=1.2)


def test_an_amorphous_region_has_no_columns(good):
    values = np.array(good.intensity)
    third = values.shape[1] // 3
    values[:, :third] = np.random.default_rng(3).poisson(values.mean(), (len(values), third))
    found = analyzed(replace(good, intensity=values))
    placed = found.sublattices.position_px[found.sublattices.site >= 0]
    assert (placed[:, 0] < third - 20).sum() <= 2
    assert mean_pm(found) == pytest.approx([12.0, 8.0], abs=1.0)


@pytest.mark.parametrize("rotation_deg", [33.0, -20.0])
def test_a_rotated_lattice_gives_the_vectors_as_displayed(rotation_deg):
    found = analyzed(picture(rotation_deg=rotation_deg))
    turn = np.radians(rotation_deg)
    expected = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [12.0, 8.0]
    assert mean_pm(found) == pytest.approx(expected, abs=0.9)


def test_drifted_rows_bend_the_lattice_and_not_the_vectors():
    found = analyzed(picture(drift_pm_per_row=0.5))
    assert abs(found.main.vectors.lattice_angle_deg - 90.0) == pytest.approx(np.degrees(0.5 / PM), abs=0.2)
    assert mean_pm(found) == pytest.approx([12.0, 8.0], abs=0.9)


def test_a_scale_that_contradicts_the_formula_is_refused_before_the_fit(good):
    for wrong in (14.0, 40.0):
        with pytest.raises(InputError, match=r"BaTiO3 has about 4\.0"):
            analyzed(good, pixel_size_pm=wrong, formula="BaTiO3")
    with pytest.raises(InputError, match="period-angstrom"):
        analyzed(replace(good, pixel_size_angstrom=None), period_angstrom=7.0, formula="BaTiO3")
    assert not any("wrong_scale" in text for text in analyzed(good, formula="BaTiO3").warnings)


def test_a_scale_that_no_perovskite_has_is_named(good):
    found = analyzed(good, pixel_size_pm=200.0)
    assert any(text.startswith("wrong_scale") and "40 angstrom" in text for text in found.warnings)
    # at root two times the scale one sublattice would look right: the intensities contradict
    other = analyzed(good, pixel_size_pm=np.sqrt(2.0) * PM)
    assert "check the size of a pixel" in other.refused["displacement"]


@pytest.mark.parametrize("options", [{"radius_angstrom": 1.4}, {"filter": "low-pass"}])
def test_lengths_in_angstrom_need_a_pixel_before_anything_is_searched(options):
    with pytest.raises(InputError, match="pixel-size-pm"):
        analyzed(of_values(np.zeros((64, 64))), **options)
