from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.lattice.sublattices import FEWEST_CAGES
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.field_mean import field_mean, subtract_mean, subtract_plane
from entrox.microscopy.vectors.noise_products import noise_products
from stem_fits import fit_at, fit_of_truth
from stem_truth import truth_in_pixels

PIXEL = 0.1
SIGMA = (0.117, 0.213, 0.2)


def vectors_of(truth: ColumnTruth, site: str = "B") -> DisplacementMap:
    return column_displacements(*fit_of_truth(truth, PIXEL), displaced=site)


def by_place(vectors: DisplacementMap, position: np.ndarray) -> np.ndarray:
    """Row of the vector at a place in px."""
    return np.linalg.norm(vectors.position_px[:, None] - position[None], axis=2).argmin(axis=0)


def one_moved(turn: float = 0.0) -> ColumnTruth:
    field = np.zeros((5, 5, 2))
    field[2, 2] = (0.12, 0.05)
    return perovskite_columns((6, 6), displacement=field, rotation_deg=turn)


def test_a_column_moved_right_and_up_has_positive_components() -> None:
    vectors = vectors_of(one_moved())
    moved = vectors.vector_px[(vectors.cell == 2).all(axis=1)][0]
    assert moved == pytest.approx([1.2, 0.5])
    assert np.abs(vectors.vector_px[~(vectors.cell == 2).all(axis=1)]).max() < 1e-9
    assert vectors.scale_pm == pytest.approx(10.0)


def test_flipping_the_image_flips_the_vertical_component_only() -> None:
    truth = one_moved()
    height = truth.extent_angstrom[1]
    flipped = replace(
        truth, position_angstrom=truth.position_angstrom * [1, -1] + [0, height], cell=truth.cell * [1, -1]
    )
    before, after = vectors_of(truth), vectors_of(flipped)
    rows = round(float(height) / PIXEL)
    match = by_place(after, before.position_px * [1, -1] + [0, rows - 1])
    np.testing.assert_allclose(after.vector_px[match], before.vector_px * [1, -1], atol=1e-9)


def test_transposing_the_image_swaps_the_components() -> None:
    truth = one_moved()
    extent = truth.extent_angstrom
    # x and y down change places, which in the frame with y up also turns both signs
    turned = replace(
        truth, position_angstrom=extent - truth.position_angstrom[:, ::-1], cell=-np.asarray(truth.cell)[:, ::-1]
    )
    before, after = vectors_of(truth), vectors_of(turned)
    match = by_place(after, before.position_px[:, ::-1])
    np.testing.assert_allclose(after.vector_px[match], -before.vector_px[:, ::-1], atol=1e-9)


def test_a_rotation_of_the_crystal_turns_the_vectors_but_not_their_components_along_the_axes() -> None:
    straight, turned = vectors_of(one_moved()), vectors_of(one_moved(37.0))
    angle = np.radians(37.0)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(turned.vector_px, straight.vector_px @ matrix.T, atol=1e-9)
    np.testing.assert_allclose(turned.along_axes_px, straight.along_axes_px, atol=1e-9)


def test_a_rigid_shift_of_b_moves_a_the_other_way() -> None:
    truth = perovskite_columns((8, 8), displacement=[0.08, -0.03])
    b, a = vectors_of(truth), vectors_of(truth, "A")
    np.testing.assert_allclose(field_mean(b).mean_px, [0.8, -0.3], atol=1e-9)
    np.testing.assert_allclose(field_mean(a).mean_px, [-0.8, 0.3], atol=1e-9)
    # every A at the border lacks a part of its cage
    assert a.n_good == 36
    assert (a.flag == 1).sum() == 28


def test_a_missing_member_leaves_no_vector_and_no_mean_over_the_rest() -> None:
    fit, sublattices = fit_of_truth(one_moved(), PIXEL)
    cage = np.array(sublattices.cage)
    b = int(np.flatnonzero((sublattices.site == 1) & (sublattices.cell == 2).all(axis=1))[0])
    cage[b, 1] = -1
    vectors = column_displacements(fit, replace(sublattices, cage=cage))
    row = np.flatnonzero(vectors.column == b)[0]
    assert np.isnan(vectors.vector_px[row]).all()
    assert vectors.flag[row] == 1
    assert any("incomplete_cages: 1 of 25" in w for w in vectors.warnings)


def test_a_flagged_member_keeps_the_vector_out_of_statistics() -> None:
    fit, sublattices = fit_of_truth(one_moved(), PIXEL)
    flag = np.array(fit.flag)
    corner = int(np.flatnonzero((sublattices.site == 0) & (sublattices.cell == 0).all(axis=1))[0])
    flag[corner] = 1
    vectors = column_displacements(replace(fit, flag=flag), sublattices)
    assert (vectors.flag == 2).sum() == 1
    assert vectors.n_good == 24
    assert np.isfinite(vectors.vector_px).all()
    assert np.isnan(vectors.on_grid(vectors.vector_px)).any()
    assert np.isfinite(vectors.on_grid(vectors.vector_px, flagged=True)).all()
    assert any(w.startswith("insufficient") for w in vectors.warnings) == (vectors.n_good < FEWEST_CAGES)


def test_the_covariance_of_a_vector_is_that_of_its_block_with_y_turned_up() -> None:
    fit, sublattices = fit_of_truth(one_moved(), PIXEL, SIGMA)
    blocks = np.array(fit.cage_covariance_px2)
    blocks[:, 0, 0] = [[0.04, 0.01], [0.01, 0.02]]
    vectors = column_displacements(replace(fit, cage_covariance_px2=blocks), sublattices)
    expected = np.array([[0.04, -0.01], [-0.01, 0.02]]) + SIGMA[0] ** 2 / 4 * np.eye(2)
    np.testing.assert_allclose(vectors.covariance_px2[0], expected, atol=1e-12)


def test_neighboring_cells_share_the_noise_of_their_common_columns() -> None:
    truth = perovskite_columns((60, 60))
    fit, sublattices = fit_of_truth(truth, PIXEL, SIGMA)
    vectors = column_displacements(fit, sublattices)
    products = noise_products(vectors)
    # both components: twice sigma_A^2 / 8 side by side, twice sigma_A^2 / 16 on the diagonal
    assert products[1, 0] == pytest.approx(SIGMA[0] ** 2 / 4)
    assert products[0, 1] == pytest.approx(SIGMA[0] ** 2 / 4)
    assert products[1, 1] == products[1, -1] == pytest.approx(SIGMA[0] ** 2 / 8)
    grids = []
    for seed in range(12):
        noisy = fit_at(truth_in_pixels(truth, PIXEL), truth, sublattices, PIXEL, SIGMA, seed)
        found = column_displacements(noisy, sublattices)
        grids.append(found.on_grid(found.vector_px))
    field = np.array(grids)
    side = (field[:, 1:] * field[:, :-1]).sum(axis=-1).mean()
    diagonal = (field[:, 1:, 1:] * field[:, :-1, :-1]).sum(axis=-1).mean()
    # 12 x 3422 products of two components each with a spread of sigma_d^2 sqrt(2)
    error = (SIGMA[1] ** 2 + SIGMA[0] ** 2 / 4) * np.sqrt(2.0 / (12 * 3422))
    assert side == pytest.approx(products[1, 0], abs=4 * error)
    assert diagonal == pytest.approx(products[1, 1], abs=4 * error)
    assert diagonal > 4 * error


def test_the_error_of_the_mean_counts_shared_columns() -> None:
    truth = perovskite_columns((30, 30), displacement=[0.05, 0.0])
    _, sublattices = fit_of_truth(truth, PIXEL)
    means = []
    for seed in range(100):
        fit = fit_at(truth_in_pixels(truth, PIXEL), truth, sublattices, PIXEL, SIGMA, seed)
        vectors = column_displacements(fit, sublattices)
        means.append(field_mean(vectors))
    scatter = np.array([m.mean_px for m in means]).std(axis=0)
    # far from the border every A counts once, as every B does
    rule = np.sqrt((SIGMA[1] ** 2 + SIGMA[0] ** 2) / 29**2)
    assert means[0].sigma_px == pytest.approx(rule, rel=0.02)
    assert scatter == pytest.approx(means[0].sigma_px, rel=0.2)
    assert np.mean([m.mean_px for m in means], axis=0) == pytest.approx([0.5, 0.0], abs=4 * rule / np.sqrt(100))


def test_what_is_subtracted_is_recorded_and_removes_real_polarization_too() -> None:
    truth = perovskite_columns((12, 12), displacement=lambda cells: [0.05, 0.0] + 0.002 * cells)
    vectors = vectors_of(truth)
    flat = subtract_mean(vectors)
    assert flat.subtracted.startswith("mean (+")
    assert field_mean(flat).mean_px == pytest.approx([0.0, 0.0], abs=1e-9)
    level = subtract_plane(vectors)
    assert level.subtracted.startswith("plane (")
    assert np.abs(level.vector_px).max() < 1e-9
    assert vectors.subtracted == "nothing"
    assert "mean" in subtract_plane(flat).subtracted


def test_oxygen_columns_are_a_reference_of_their_own() -> None:
    truth = perovskite_columns((8, 8), displacement=[0.06, 0.02], o_peak_ratio=0.2)
    fit, sublattices = fit_of_truth(truth, PIXEL, SIGMA)
    b = column_displacements(fit, sublattices, displaced="B", reference="oxygen")
    assert b.reference == "oxygen"
    assert b.n_good > 0
    np.testing.assert_allclose(b.vector_px[b.good], np.tile([0.6, 0.2], (b.n_good, 1)), atol=1e-6)
    np.testing.assert_allclose(b.covariance_px2[b.good], np.tile(
        (SIGMA[1] ** 2 + SIGMA[2] ** 2 / 4) * np.eye(2), (b.n_good, 1, 1)))  # fmt: skip
    a = column_displacements(fit, sublattices, displaced="A", reference="oxygen")
    # A did not move off the oxygen, though it moved off B
    assert np.abs(a.vector_px[a.good]).max() < 1e-6
    with pytest.raises(InputError, match="oxygen"):
        column_displacements(*fit_of_truth(one_moved(), PIXEL), reference="oxygen")


def test_cages_along_110_have_two_members() -> None:
    truth = perovskite_columns((8, 8), zone_axis="110", displacement=[0.03, 0.07])
    fit, sublattices = fit_of_truth(truth, PIXEL, SIGMA, zone_axis="110")
    vectors = column_displacements(fit, sublattices)
    assert vectors.members is not None
    assert vectors.members.shape[1] == 2
    np.testing.assert_allclose(vectors.vector_px[vectors.good], np.tile([0.3, 0.7], (vectors.n_good, 1)), atol=1e-9)
    products = noise_products(vectors)
    # along c two cells share one A of two, across it none
    assert products[0, 1] == pytest.approx(2 * SIGMA[0] ** 2 / 4)
    assert products[1, 0] == pytest.approx(0.0, abs=1e-12)


def test_one_sublattice_alone_gives_no_displacement() -> None:
    fit, sublattices = fit_of_truth(one_moved(), PIXEL)
    alone = replace(sublattices, site=np.zeros_like(sublattices.site))
    with pytest.raises(InputError, match="second sublattice not found"):
        column_displacements(fit, alone)
    with pytest.raises(InputError, match="displaced"):
        column_displacements(fit, sublattices, displaced="O")  # type: ignore[arg-type]


def test_an_affine_distortion_changes_displacements_by_no_more_than_itself() -> None:
    truth = perovskite_columns((10, 10), displacement=[0.12, -0.05])
    fit, sublattices = fit_of_truth(truth, PIXEL)
    bent = np.array([[1.006, 0.008], [-0.003, 0.995]])
    moved = fit_at(fit.position_px @ bent.T + [3.0, -2.0], truth, sublattices, PIXEL, (0, 0, 0), None)
    before, after = (column_displacements(f, sublattices).vector_px for f in (fit, moved))
    limit = 0.01 * np.linalg.norm(before, axis=1) + 0.01
    assert (np.linalg.norm(after - before, axis=1) < limit).all()
    assert np.abs(after - before).max() > 1e-4
