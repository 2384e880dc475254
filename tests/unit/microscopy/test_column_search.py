"""Columns found in images whose truth is known, and their places in the lattice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from entrox.core import InputError
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.assign_sublattices import assign_sublattices
from entrox.microscopy.lattice.column_lattice import index_lattice
from entrox.microscopy.lattice.columns import columns_at, find_columns
from entrox.microscopy.lattice.image_spots import find_spots, period_vectors, reduced_basis
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph, truth_position_px
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

Floats = NDArray[np.float64]
PIXELS = SimulationSettings(pixel_size_pm=20.0)


def random_directions(cells: NDArray[np.int64]) -> Floats:
    angle = np.random.default_rng(7).uniform(0.0, 2.0 * np.pi, len(cells))
    return 0.15 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def crystal(**choices: object) -> ColumnTruth:
    return perovskite_columns(**({"cells": (14, 12), "displacement": random_directions} | choices))  # type: ignore[arg-type]


def without(truth: ColumnTruth, rows: NDArray[np.bool_]) -> ColumnTruth:
    per_column = ("position_angstrom", "displacement_angstrom", "site", "cell", "peak", "sigma_angstrom")
    return dataclasses.replace(truth, **{name: getattr(truth, name)[~rows] for name in per_column})


def picture(truth: ColumnTruth, settings: SimulationSettings = PIXELS) -> Micrograph:
    return simulate_micrograph(truth, settings, np.random.default_rng(3))


def assigned(micrograph: Micrograph, zone_axis: str = "001", **choices: object) -> Sublattices:
    columns = find_columns(micrograph)
    return assign_sublattices(columns, index_lattice(columns), zone_axis=zone_axis, **choices)  # type: ignore[arg-type]


def check_against_truth(
    found: Sublattices, truth: ColumnTruth, settings: SimulationSettings = PIXELS, limit: float = 1.5
) -> NDArray[np.int64]:
    """Every column of the truth is found once, of its kind; return the true column of each."""
    true = truth_position_px(truth, settings)
    distance, row = cKDTree(true).query(found.position_px)
    assert len(found.site) == len(true)
    assert len(np.unique(row)) == len(true)
    assert distance.max() < limit
    np.testing.assert_array_equal(found.site, truth.site[row])
    return np.asarray(row)


@pytest.mark.parametrize("zone_axis", ["001", "110"])
@pytest.mark.parametrize("rotation", [0.0, 15.0, 37.0, 44.0, 46.0])
def test_every_column_is_found_and_named_at_any_rotation(zone_axis: str, rotation: float) -> None:
    truth = crystal(zone_axis=zone_axis, rotation_deg=rotation)
    found = assigned(picture(truth), zone_axis)
    check_against_truth(found, truth)
    shown = found.basis_px * [1.0, -1.0]
    angle = np.degrees(np.arctan2(shown[:, 1], shown[:, 0]))
    expected = rotation if rotation < 45.0 else rotation - 90.0
    assert angle[0] == pytest.approx(expected, abs=0.2)
    assert angle[1] == pytest.approx(expected + 90.0, abs=0.2)


@pytest.mark.parametrize("zone_axis", ["001", "110"])
def test_b_lies_half_a_step_from_a_of_its_cell_and_cages_keep_their_order(zone_axis: str) -> None:
    found = assigned(picture(crystal(zone_axis=zone_axis, rotation_deg=20.0, displacement=None)), zone_axis)
    c = int(np.argmax(np.linalg.norm(found.basis_px, axis=1)))
    half = np.full(2, 0.5) if zone_axis == "001" else 0.5 * np.eye(2)[c]
    place = found.cell + np.where((found.site == 1)[:, None], half, 0.0)
    start = found.position_px - place @ found.basis_px
    assert np.abs(start - start.mean(axis=0)).max() < 1.0
    signs = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]) if zone_axis == "001" else 2 * np.array([-half, half])
    whole = np.flatnonzero((found.cage >= 0).all(axis=1))
    assert len(whole) > 100
    steps = found.position_px[found.cage[whole]] - found.position_px[whole, None]
    expected = (signs * (0.5 if zone_axis == "001" else half[c])) @ found.basis_px
    assert np.abs(steps - expected).max() < 1.5
    assert (found.site[found.cage[whole]] == 1 - found.site[whole, None]).all()


def test_cells_of_one_kind_are_unique_and_start_at_zero() -> None:
    found = assigned(picture(crystal(rotation_deg=30.0)))
    for site in (0, 1):
        cells = found.cell[found.site == site]
        assert len(np.unique(cells, axis=0)) == len(cells)
    np.testing.assert_array_equal(found.cell.min(axis=0), [0, 0])


def test_periods_are_those_of_one_cation() -> None:
    columns = find_columns(picture(crystal(rotation_deg=10.0)))
    np.testing.assert_allclose(columns.period_px, [20.0, 20.0], atol=0.1)
    x, y = columns.period_vectors_px
    assert x[0] * y[1] - x[1] * y[0] < 0.0  # counter-clockwise as displayed
    assert np.degrees(np.arctan2(-x[1], x[0])) == pytest.approx(10.0, abs=0.5)


@pytest.mark.parametrize("zone_axis", ["001", "110"])
def test_distortion_drift_and_jitter_miscount_no_column(zone_axis: str) -> None:
    settings = SimulationSettings(
        pixel_size_pm=20.0, affine=((1.01, 0.01), (0.0, 0.99)), drift_pm_per_row=0.3, row_jitter_pm=5.0
    )
    truth = crystal(zone_axis=zone_axis, rotation_deg=15.0)
    check_against_truth(assigned(picture(truth, settings), zone_axis), truth, settings, limit=2.0)


def test_three_hundred_electrons_lose_no_column() -> None:
    settings = SimulationSettings()
    truth = crystal(cells=(12, 12), a_peak=300.0)
    check_against_truth(assigned(picture(truth, settings)), truth, settings, limit=4.0)


def test_faint_b_columns_beside_heavy_a_are_found() -> None:
    truth = crystal(b_peak_ratio=0.12)
    check_against_truth(assigned(picture(truth)), truth)


def test_domain_walls_do_not_break_the_lattice() -> None:
    def walls(cells: NDArray[np.int64]) -> Floats:
        return np.where(cells[:, :1] < 7, 1.0, -1.0) * np.array([0.25, 0.1])

    truth = crystal(displacement=walls)
    check_against_truth(assigned(picture(truth)), truth)


def test_vacancies_are_gaps_and_the_growth_goes_around_them() -> None:
    truth = crystal(rotation_deg=5.0)
    inner = (truth.cell > 2).all(axis=1) & (truth.cell < 9).all(axis=1)
    gone = np.zeros(len(inner), dtype=bool)
    gone[np.flatnonzero(inner)[[3, 20, 41]]] = True
    rest = without(truth, gone)
    found = assigned(picture(rest))
    check_against_truth(found, rest)
    assert found.n_gaps == 3
    assert any("3 places inside the crystal" in text for text in found.warnings)
    assert (found.cage >= 0).all(axis=1).sum() < (assigned(picture(truth)).cage >= 0).all(axis=1).sum()


def test_a_dislocation_is_reported_and_gives_no_cage_out_of_shape() -> None:
    truth = crystal(cells=(16, 16), displacement=None)
    relative = truth.position_angstrom - truth.extent_angstrom / 2 - np.array([0.3, 0.3])
    burgers = 4.0 * np.arctan2(relative[:, 1], relative[:, 0]) / (2.0 * np.pi)
    moved = truth.position_angstrom + np.stack([burgers, np.zeros_like(burgers)], axis=1)
    broken = dataclasses.replace(truth, position_angstrom=moved)
    columns = find_columns(picture(broken))
    index = index_lattice(columns)
    assert index.n_contradictions > 0
    assert any("dislocation" in text for text in index.warnings)
    found = assign_sublattices(columns, index)
    whole = (found.cage >= 0).all(axis=1)
    assert whole.sum() > 250
    center = found.position_px[found.cage[whole]].mean(axis=1)
    assert np.linalg.norm(found.position_px[whole] - center, axis=1).max() < 0.3 * 20.0


def test_two_columns_on_one_place_collide() -> None:
    micrograph = picture(crystal())
    position = find_columns(micrograph).position_px
    middle = int(np.argmin(np.linalg.norm(position - position.mean(axis=0), axis=1)))
    doubled = np.concatenate([position, position[[middle]] + np.array([2.0, 1.0])])
    columns = columns_at(micrograph, doubled)
    found = assign_sublattices(columns, index_lattice(columns))
    np.testing.assert_array_equal(np.flatnonzero(found.collision), [middle, len(position)])
    assert sorted(found.site[[middle, len(position)]])[0] == -1
    assert any("collision" in text for text in found.warnings)


def test_a_gain_an_offset_and_a_flip_of_contrast_find_the_same_columns() -> None:
    micrograph = picture(crystal())
    columns = find_columns(micrograph)
    scaled = dataclasses.replace(micrograph, intensity=3.0 * micrograph.intensity - 1e4)
    np.testing.assert_allclose(find_columns(scaled).position_px, columns.position_px, atol=0.01)
    np.testing.assert_allclose(find_columns(scaled).peak, 3.0 * columns.peak, rtol=1e-3)
    dark = find_columns(dataclasses.replace(micrograph, intensity=-micrograph.intensity), dark=True)
    np.testing.assert_allclose(dark.position_px, columns.position_px, atol=0.01)
    assert dark.dark


def test_noise_has_no_periods_and_the_error_holds_the_table_of_spots() -> None:
    noise = Micrograph(intensity=np.random.default_rng(5).poisson(20.0, (256, 300)).astype(float))
    with pytest.raises(InputError, match=r"no periodicity.*Spot table: period"):
        find_columns(noise)


def test_stripes_have_only_one_period() -> None:
    x = np.arange(256.0)
    stripes = np.cos(2 * np.pi * x / 16.0) + np.random.default_rng(5).normal(0.0, 0.3, (256, 256))
    with pytest.raises(InputError, match="no periodicity"):
        find_columns(Micrograph(intensity=stripes))


def test_an_even_image_and_a_tiny_image_are_refused() -> None:
    with pytest.raises(InputError, match="same everywhere"):
        find_columns(Micrograph(intensity=np.ones((64, 64))))
    with pytest.raises(InputError, match="32 x 32"):
        find_columns(Micrograph(intensity=np.ones((16, 64))))


def test_a_period_that_is_not_in_the_image_is_refused() -> None:
    micrograph = picture(crystal())
    assert find_columns(micrograph, period_px=20.5).period_px == pytest.approx([20.0, 20.0], abs=0.1)
    with pytest.raises(InputError, match="period of 33 px"):
        find_columns(micrograph, period_px=33.0)
    with pytest.raises(InputError, match="minimum_separation"):
        find_columns(micrograph, minimum_separation=2.0)


def test_columns_over_missing_pixels_are_refused_and_single_pixels_bridged() -> None:
    micrograph = picture(crystal())
    everywhere = find_columns(micrograph)
    intensity = np.array(micrograph.intensity)
    intensity[::37, ::41] = np.nan
    few = find_columns(dataclasses.replace(micrograph, intensity=intensity))
    assert few.n_refused == 0
    assert len(few.position_px) == len(everywhere.position_px)
    intensity[:30, :100] = np.nan
    many = find_columns(dataclasses.replace(micrograph, intensity=intensity))
    inside = (everywhere.position_px[:, 1] < 28) & (everywhere.position_px[:, 0] < 98)
    assert len(many.position_px) <= len(everywhere.position_px) - inside.sum()
    away = (everywhere.position_px[:, 1] > 36) | (everywhere.position_px[:, 0] > 106)
    assert len(many.position_px) >= away.sum()
    assert np.isfinite(many.peak).all()


def test_saturated_columns_are_flagged_and_only_they() -> None:
    settings = SimulationSettings(pixel_size_pm=20.0, counts="uint8", gain_counts_per_electron=2.9)
    truth = crystal(displacement=None)
    micrograph = picture(truth, settings)
    assert micrograph.saturated is not None
    found = assigned(micrograph)
    check_against_truth(found, truth, settings)
    assert 5 < found.saturated.sum() <= (found.site == 0).sum()
    assert not found.saturated[found.site == 1].any()
    assert any("saturated" in text for text in found.warnings)


def test_given_positions_keep_their_order_and_outside_ones_are_refused() -> None:
    micrograph = picture(crystal())
    position = find_columns(micrograph).position_px[::-1]
    np.testing.assert_array_equal(columns_at(micrograph, position).position_px, position)
    with pytest.raises(InputError, match="1 of them outside"):
        columns_at(micrograph, np.concatenate([position, [[-3.0, 5.0]]]))


def test_spots_of_a_cosine_lattice_give_its_periods() -> None:
    y, x = np.mgrid[:200, :240].astype(float)
    image = np.cos(2 * np.pi * (0.05 * x + 0.01 * y)) + np.cos(2 * np.pi * (-0.012 * x + 0.06 * y))
    spots = find_spots(image + np.random.default_rng(2).normal(0.0, 0.1, image.shape))
    found = np.abs(spots[:2, :2][np.argsort(-np.abs(spots[:2, 0]))])
    np.testing.assert_allclose(found, [[0.05, 0.01], [0.012, 0.06]], atol=0.1 / 200)  # a tenth of a bin
    vectors = period_vectors(spots)
    np.testing.assert_allclose(np.abs(vectors @ np.array([[0.05, 0.01], [-0.012, 0.06]]).T), np.eye(2), atol=0.01)


def test_a_reduced_basis_is_the_shortest() -> None:
    basis = np.array([[3.0, 0.5], [0.2, 4.0]])
    skewed = np.array([[2, 1], [7, 4]]) @ basis
    np.testing.assert_allclose(np.abs(reduced_basis(skewed)), np.abs(basis), atol=1e-9)


def test_columns_without_order_have_no_lattice() -> None:
    columns = find_columns(picture(crystal()))
    scattered = np.random.default_rng(1).uniform(5.0, 200.0, columns.position_px.shape)
    with pytest.raises(InputError, match="lattice"):
        index_lattice(dataclasses.replace(columns, position_px=scattered))
