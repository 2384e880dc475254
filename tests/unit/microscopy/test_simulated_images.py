"""Simulated micrographs: electrons are conserved, positions and signs are those of the truth."""

import csv

import numpy as np
import pytest
from scipy.special import erf

from entrox.core import InputError
from entrox.core.toml_settings import parse_settings
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.drawing._kernels import add_integrated_columns, add_sampled_columns
from entrox.microscopy.simulation.perovskite_columns import (
    benchmark_settings,
    benchmark_truth,
    build_columns,
    perovskite_columns,
)
from entrox.microscopy.simulation.simulate import (
    detected,
    expected_electrons,
    picture_shape,
    picture_truth,
    simulate_micrograph,
    truth_position_px,
)
from entrox.microscopy.simulation.simulation_settings import CrystalSettings, MicrographRecipe, SimulationSettings
from entrox.microscopy.simulation.truth_table import TRUTH_HEADER, write_truth

QUIET = SimulationSettings(poisson=False, background=0.0)


def one_column(x, y, extent=(12.0, 10.0), sigma=0.45, peak=1000.0):
    """A single column at a place in angstrom."""
    return ColumnTruth(
        position_angstrom=[[x, y]], displacement_angstrom=[[0.0, 0.0]], site=[0], cell=[[0, 0]], peak=[peak],
        sigma_angstrom=[sigma], extent_angstrom=list(extent),
    )  # fmt: skip


def center_of_mass(image):
    """Center of an image, x right and y down [px]."""
    rows, columns = np.indices(image.shape)
    return np.array([(image * columns).sum(), (image * rows).sum()]) / image.sum()


def test_pixels_hold_all_electrons_of_a_column():
    truth = one_column(6.0, 5.0)
    total = expected_electrons(truth, QUIET, np.zeros(100)).sum()
    assert total == pytest.approx(1000.0 * 2.0 * np.pi * 0.45**2, rel=1e-8)


def test_a_coarse_pixel_holds_the_integral_and_not_the_value_at_its_center():
    truth, coarse = one_column(6.0, 5.0), QUIET.model_copy(update={"pixel_size_pm": 100.0})
    image = expected_electrons(truth, coarse, np.zeros(10))

    def edge(a, b):
        return 0.5 * (erf(b / (0.45 * np.sqrt(2.0))) - erf(a / (0.45 * np.sqrt(2.0))))

    expected = 1000.0 * 2.0 * np.pi * 0.45**2 * edge(0.0, 1.0) * edge(-1.0, 0.0)
    assert image[5, 6] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("offset", [0.0, 0.25, 0.5])
def test_a_column_between_pixels_is_drawn_where_it_is(offset):
    x, y = 6.0 + 0.1 * offset, 5.0 + 0.05 * offset
    image = expected_electrons(one_column(x, y), QUIET, np.zeros(100))
    # the lower left corner is the corner of a pixel, whose center is half a pixel away
    np.testing.assert_allclose(center_of_mass(image), [x / 0.1 - 0.5, 100 - y / 0.1 - 0.5], atol=1e-7)
    np.testing.assert_allclose(truth_position_px(one_column(x, y), QUIET)[0], center_of_mass(image), atol=1e-7)


def test_a_column_moved_up_in_the_picture_has_a_smaller_row():
    low, high = (center_of_mass(expected_electrons(one_column(6.0, y), QUIET, np.zeros(100))) for y in (5.0, 5.2))
    assert high[1] == pytest.approx(low[1] - 2.0)
    assert high[0] == pytest.approx(low[0])


def test_displaced_titanium_up_and_right_is_recorded_with_positive_components():
    field = np.zeros((2, 2, 2))
    field[1, 1] = [0.1, 0.2]
    moved, still = perovskite_columns((3, 3), displacement=field), perovskite_columns((3, 3))
    pixels = truth_position_px(moved, QUIET) - truth_position_px(still, QUIET)
    b = np.flatnonzero(moved.site == 1)
    np.testing.assert_allclose(pixels[b[3]], [1.0, -2.0], atol=1e-9)
    np.testing.assert_allclose(moved.displacement_angstrom[b[3]], [0.1, 0.2])
    assert np.abs(np.delete(pixels, b[3], axis=0)).max() < 1e-9


def test_the_displacement_of_the_truth_is_that_from_the_cage_center():
    rng = np.random.default_rng(3)
    truth = perovskite_columns(
        (6, 5), displacement=rng.normal(0, 0.1, (5, 4, 2)), rotation_deg=31.0, affine=[[1.01, 0.02], [0.0, 0.99]]
    )
    place = {(s, *c): p for s, c, p in zip(truth.site, map(tuple, truth.cell), truth.position_angstrom, strict=True)}
    for site, cell, d in zip(truth.site, truth.cell, truth.displacement_angstrom, strict=True):
        i, j = cell
        steps = [(0, 0), (1, 0), (0, 1), (1, 1)] if site == 1 else [(0, 0), (-1, 0), (0, -1), (-1, -1)]
        cage = [place.get((1 - site, i + a, j + b)) for a, b in steps]
        if any(member is None for member in cage):
            assert np.isnan(d).all()
        else:
            np.testing.assert_allclose(d, place[site, i, j] - np.mean(cage, axis=0), atol=1e-12)


def test_along_110_two_members_make_the_cage_and_rows_repeat_at_half_the_diagonal():
    truth = perovskite_columns((6, 5), 3.9, zone_axis="110", displacement=[0.05, 0.1], o_peak_ratio=0.1)
    a, b, o = (truth.position_angstrom[truth.site == k] for k in range(3))
    assert (len(a), len(b), len(o)) == (30, 24, 20)
    assert np.diff(np.unique(a[:, 0].round(6))) == pytest.approx(3.9 / np.sqrt(2.0))
    a_of = {tuple(c): p for c, p in zip(truth.cell[truth.site == 0], a, strict=True)}
    centers = [0.5 * (a_of[i, j] + a_of[i, j + 1]) for i, j in truth.cell[truth.site == 1]]
    np.testing.assert_allclose(b - centers, np.tile([0.05, 0.1], (24, 1)), atol=1e-12)


def test_a_turned_crystal_carries_its_displacements_along():
    truth = perovskite_columns((8, 8), displacement=[0.1, 0.0], rotation_deg=90.0)
    b = truth.displacement_angstrom[truth.site == 1]
    np.testing.assert_allclose(b, np.tile([0.0, 0.1], (len(b), 1)), atol=1e-12)


def test_a_picture_cut_from_a_turned_crystal_keeps_whole_cages():
    truth = perovskite_columns((30, 30), rotation_deg=37.0, picture_angstrom=(50.0, 40.0))
    inside = (truth.position_angstrom >= 2.0) & (truth.position_angstrom <= truth.extent_angstrom - 2.0)
    assert inside.all()
    cells = {tuple(c) for c in truth.cell[truth.site == 0]}
    corners = ((0, 0), (1, 0), (0, 1), (1, 1))
    assert all((i + a, j + b) in cells for i, j in truth.cell[truth.site == 1] for a, b in corners)
    np.testing.assert_allclose(truth.extent_angstrom, [50.0, 40.0])


def test_the_benchmark_image_has_its_columns_pixels_and_electrons():
    truth = benchmark_truth(np.random.default_rng(0))
    assert len(truth.site) == 4901
    assert picture_shape(truth, benchmark_settings()) == (2000, 2000)
    b = truth.displacement_angstrom[truth.site == 1]
    assert np.linalg.norm(b, axis=1) == pytest.approx(0.15)
    assert truth.peak[truth.site == 1] == pytest.approx(840.0)


def test_counts_scatter_as_poisson_with_gain_and_read_noise():
    settings = SimulationSettings(gain_counts_per_electron=3.0, read_noise_counts=2.0, offset_counts=10.0)
    counts = detected(np.full((400, 400), 5.0), settings, np.random.default_rng(1)).intensity
    # the error of the variance of 160,000 pixels is 0.4 %
    assert counts.mean() == pytest.approx(25.0, abs=0.07)
    assert counts.var() == pytest.approx(3.0**2 * 5.0 + 4.0, rel=0.02)


def test_the_dose_scales_columns_and_background_together():
    truth = perovskite_columns((4, 4))
    base = expected_electrons(truth, SimulationSettings(poisson=False), np.zeros(160))
    thin = expected_electrons(truth, SimulationSettings(poisson=False, dose_per_square_angstrom=300.0), np.zeros(160))
    np.testing.assert_allclose(thin, 0.15 * base, rtol=1e-12)


def test_jitter_moves_rows_as_a_whole_along_the_fast_axis():
    truth = one_column(6.0, 5.0)
    shift = np.zeros(100)
    shift[45:50] = 0.7
    still, moved = (expected_electrons(truth, QUIET, s) for s in (np.zeros(100), shift))
    columns = np.arange(120)
    centers = (moved * columns).sum(axis=1)[40:60] / moved.sum(axis=1)[40:60]
    np.testing.assert_allclose(centers - 59.5, shift[40:60], atol=1e-7)
    np.testing.assert_allclose(moved.sum(axis=1), still.sum(axis=1), rtol=1e-8, atol=1e-9)


def test_the_fast_axis_y_is_the_transposed_scan():
    truth = one_column(6.0, 5.0, extent=(10.0, 10.0))
    mirrored = one_column(5.0, 4.0, extent=(10.0, 10.0))  # x = 5, row 60 -> after transposing column 60, row 50
    shift = np.random.default_rng(0).normal(0.0, 0.5, 100)
    slow = expected_electrons(truth, QUIET.model_copy(update={"fast_axis": "y"}), shift)
    fast = expected_electrons(mirrored, QUIET, shift)
    # x_px = 59.5, y_px = 49.5 against x_px = 49.5, y_px = 59.5
    np.testing.assert_allclose(slow.T, fast, atol=1e-12)


def test_drift_shears_the_picture_and_its_truth_alike():
    truth = one_column(8.0, 7.0)
    drifting = QUIET.model_copy(update={"drift_pm_per_row": 0.5})
    image = expected_electrons(truth, drifting, np.zeros(100))
    # the row is 29.5, 20 above the middle: scanned earlier by 20 rows of 0.05 px
    np.testing.assert_allclose(center_of_mass(image), [79.5 - 1.0, 29.5], atol=1e-6)
    np.testing.assert_allclose(truth_position_px(truth, drifting)[0], [78.5, 29.5], atol=1e-9)


def test_affine_distortion_moves_the_truth_and_turns_its_displacements():
    truth = perovskite_columns((6, 6), displacement=[0.1, 0.0])
    distorted = SimulationSettings(affine=((1.01, 0.0), (0.02, 1.0)))
    seen = picture_truth(truth, distorted)
    middle = 0.5 * truth.extent_angstrom
    np.testing.assert_allclose(seen.position_angstrom.mean(axis=0), middle, atol=0.05)
    np.testing.assert_allclose(seen.displacement_angstrom[truth.site == 1][0], [0.101, 0.002])


def test_dark_columns_are_shadows_and_oxygen_can_be_left_out():
    truth = perovskite_columns((4, 4), o_peak_ratio=0.2)
    dark = SimulationSettings(contrast="dark", background=2.0, poisson=False)
    image = expected_electrons(truth, dark, np.zeros(160))
    assert image.max() == pytest.approx(40.0, rel=1e-3)
    assert image.min() < 21.0
    without = expected_electrons(truth, dark.model_copy(update={"oxygen": False}), np.zeros(160))
    oxygen = (truth.peak * 2 * np.pi * truth.sigma_angstrom**2)[truth.site == 2].sum()
    # those at the border of the picture lose nothing: they are two angstroms inside
    assert (without - image).sum() == pytest.approx(oxygen, rel=1e-5)


def test_integer_counts_end_at_the_largest_number_and_are_marked():
    settings = SimulationSettings(counts="uint8", gain_counts_per_electron=20.0)
    image = simulate_micrograph(perovskite_columns((4, 4)), settings, np.random.default_rng(0))
    assert image.intensity.max() == 255.0
    np.testing.assert_array_equal(image.saturated, image.intensity == 255.0)
    np.testing.assert_array_equal(image.intensity, np.rint(image.intensity))


def test_the_same_seed_gives_the_same_image():
    truth, settings = perovskite_columns((4, 4)), SimulationSettings(row_jitter_pm=3.0, read_noise_counts=1.0)
    first, second = (simulate_micrograph(truth, settings, np.random.default_rng(5)).intensity for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_sampled_ellipse_is_the_gaussian_it_says():
    image = np.zeros((40, 50))
    covariance = np.array([[9.0, 2.0], [2.0, 5.0]])
    inverse = np.linalg.inv(covariance)
    coefficients = np.array([[inverse[0, 0], inverse[0, 1], inverse[1, 1]]])
    add_sampled_columns(image, np.array([24.3]), np.array([19.6]), np.array([7.0]), coefficients, np.zeros(40))
    rows, columns = np.indices(image.shape)
    d = np.stack([columns - 24.3, rows - 19.6], axis=-1)
    expected = 7.0 * np.exp(-0.5 * np.einsum("rci,ij,rcj->rc", d, inverse, d))
    np.testing.assert_allclose(image, expected, atol=7.0 * np.exp(-18.0))


def test_integration_over_a_pixel_widens_a_column_by_a_twelfth():
    fine = np.zeros((41, 41))
    add_integrated_columns(fine, np.array([20.2]), np.array([19.9]), np.array([1.0]), np.array([2.0]), np.zeros(41))
    columns = np.arange(41)
    profile = fine.sum(axis=0)
    assert (profile * (columns - 20.2) ** 2).sum() == pytest.approx(4.0 + 1.0 / 12.0, rel=1e-5)


def test_the_truth_table_holds_pixels_down_and_displacements_up(tmp_path):
    truth = perovskite_columns((3, 3), displacement=[0.1, 0.2])
    write_truth(tmp_path / "truth.csv", truth, SimulationSettings())
    with (tmp_path / "truth.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == TRUTH_HEADER
    assert [row["sublattice"] for row in rows] == ["A"] * 9 + ["B"] * 4
    assert (float(rows[9]["dx_pm"]), float(rows[9]["dy_pm"])) == (10.0, 20.0)
    # B of cell (0, 0): 4.1 and 4.2 angstrom from the lower left corner of 120 px
    assert (float(rows[9]["x_px"]), float(rows[9]["y_px"])) == pytest.approx((40.5, 77.5))
    assert rows[0]["dx_pm"] == ""


def test_a_recipe_names_crystal_and_microscope():
    recipe = parse_settings(
        '[crystal]\ncells = [6, 5]\nfield = "domains"\ndomain_cells = 2\n[image]\nrow_jitter_pm = 2.0\n',
        MicrographRecipe,
    )
    truth = build_columns(recipe.crystal, np.random.default_rng(0))
    assert np.bincount(truth.site).tolist() == [30, 20]
    d = truth.displacement_angstrom[truth.site == 1].reshape(5, 4, 2)
    np.testing.assert_allclose(d[0, 0], d[1, 1])
    assert np.abs(d[0, 0] - d[2, 0]).max() > 1e-3
    assert recipe.image.row_jitter_pm == 2.0


def test_a_recipe_with_an_unknown_key_names_the_nearest():
    with pytest.raises(InputError, match="row_jitter_pm"):
        parse_settings("[image]\nrow_jiter_pm = 2.0\n", MicrographRecipe)


def test_shadows_without_light_are_refused():
    with pytest.raises(InputError, match="background of at least 1"):
        parse_settings('[image]\ncontrast = "dark"\n', MicrographRecipe)


def test_overlapping_shadows_deeper_than_the_light_are_refused():
    crowded = perovskite_columns((6, 6), 1.0)
    with pytest.raises(InputError, match="raise it"):
        expected_electrons(crowded, SimulationSettings(contrast="dark", background=1.0), np.zeros(60))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"zone_axis": "111"}, "zone_axis must be one of"),
        ({"displacement": np.zeros((4, 4, 2))}, "displacement must have shape"),
        ({"displacement": [np.nan, 0.0]}, "displacement must be finite"),
        ({"cells": (1, 4)}, "cells"),
        ({"b_peak_ratio": 0.0}, "b_peak_ratio"),
        ({"picture_angstrom": (0.0, 4.0)}, "picture_angstrom"),
    ],
)
def test_impossible_crystals_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        perovskite_columns(**{"cells": (4, 4), **arguments})


def test_uniform_and_no_field_of_a_recipe():
    up = build_columns(CrystalSettings(cells=(4, 4), field="uniform", direction_deg=90.0), np.random.default_rng(0))
    np.testing.assert_allclose(up.displacement_angstrom[up.site == 1], np.tile([0.0, 0.15], (9, 1)), atol=1e-12)
    none = build_columns(CrystalSettings(cells=(4, 4), field="none"), np.random.default_rng(0))
    assert np.abs(none.displacement_angstrom[none.site == 1]).max() == 0.0
