"""Noise that vectors share, and what it does to means, correlations, null fields and the test for a field."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.analysis.site_analysis import _error_scale
from entrox.microscopy.controls.field_detection import detect_field
from entrox.microscopy.controls.fitted_image import fitted_image, noise_excess
from entrox.microscopy.controls.null_covariance import with_null_covariance
from entrox.microscopy.scan.distortion import RowJitter
from entrox.microscopy.scan.jitter_covariance import jitter_products, with_row_jitter
from entrox.microscopy.scan.row_weights import row_weights
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.field_mean import field_mean
from entrox.microscopy.vectors.image_correlation import image_correlation
from entrox.microscopy.vectors.noise_products import noise_products
from entrox.microscopy.vectors.spatial_blocks import block_intervals
from stem_fits import fit_of_truth

SIGMA = (0.117, 0.213, 0.3)
JITTER = RowJitter(
    shift_px=np.zeros(1), sigma_px=0.6, variance_px2=0.36, variance_error_px2=0.01, noise_factor=1.0, row_noise_px=0.1,
    fast_axis="x",
)  # fmt: skip


@pytest.fixture(scope="module")
def shaken_maps() -> list[DisplacementMap]:
    """Maps without a field, moved by noise and by rows that lie along the lattice."""
    fit, sublattices = fit_of_truth(perovskite_columns((20, 20)), 0.1, SIGMA)
    weights = row_weights(fit).weights.toarray()
    maps = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        position = fit.position_px + rng.normal(size=fit.position_px.shape) * np.sqrt(fit.covariance_px2[:, :1, 0])
        position[:, 0] += rng.normal(0.0, JITTER.sigma_px, len(weights)) @ weights
        shaken = replace(fit, position_px=position)
        vectors = column_displacements(shaken, sublattices)
        if not maps:
            # what rows do to vectors does not depend on where noise has moved them
            known = with_row_jitter(vectors, fit, JITTER)
        maps.append(
            replace(
                vectors, jitter_covariance_px2=known.jitter_covariance_px2, offset_cells=known.offset_cells,
                offset_covariance_px2=known.offset_covariance_px2,
            )
        )  # fmt: skip
    return maps


def test_the_error_of_the_mean_knows_that_rows_move_their_vectors_together(shaken_maps: list[DisplacementMap]) -> None:
    found = [field_mean(item) for item in shaken_maps]
    scatter = np.std([item.mean_px for item in found], axis=0)
    # forty means: their scatter is known to 11 %
    np.testing.assert_allclose(scatter / found[0].sigma_px, 1.0, atol=0.35)
    alone = field_mean(replace(shaken_maps[0], offset_cells=None, offset_covariance_px2=None))
    assert scatter[0] > 2.0 * alone.sigma_px[0]


def test_row_jitter_without_a_field_is_not_taken_for_order(shaken_maps: list[DisplacementMap]) -> None:
    assert sum(image_correlation(item) is not None for item in shaken_maps) <= 1
    assert sum(image_correlation(item, connected=True) is not None for item in shaken_maps) <= 1


def test_the_noise_products_of_a_map_are_those_of_columns_and_rows(shaken_maps: list[DisplacementMap]) -> None:
    fit, _ = fit_of_truth(perovskite_columns((20, 20)), 0.1, SIGMA)
    vectors = shaken_maps[0]
    columns = noise_products(replace(vectors, offset_cells=None, offset_covariance_px2=None))
    rows, both = jitter_products(vectors, fit, JITTER), noise_products(vectors)
    assert both[1, 0] == pytest.approx(columns[1, 0] + rows[1, 0])
    assert both[5, 0] == pytest.approx(rows[5, 0])


def test_what_a_correction_leaves_of_the_jitter_is_shared_less(shaken_maps: list[DisplacementMap]) -> None:
    truth = perovskite_columns((10, 10), rotation_deg=15.0)
    fit, sublattices = fit_of_truth(truth, 0.1, SIGMA)
    vectors = column_displacements(fit, sublattices)
    before, after = (jitter_products(vectors, fit, JITTER, corrected=c) for c in (False, True))
    assert before.keys() == after.keys()
    assert sum(np.abs(list(after.values()))) < 0.7 * sum(np.abs(list(before.values())))


def test_pure_noise_has_no_correlation() -> None:
    truth = perovskite_columns((24, 24))
    maps = [column_displacements(*fit_of_truth(truth, 0.1, SIGMA, seed)) for seed in range(30)]
    found = [image_correlation(item, connected=connected) for item in maps for connected in (False, True)]
    # three errors: one in 740
    assert sum(item is not None for item in found) <= 1


def test_noise_shared_in_null_fields_is_found_at_its_offsets() -> None:
    truth = perovskite_columns((30, 30))
    vectors = column_displacements(*fit_of_truth(truth, 0.1, SIGMA, 1))
    rng = np.random.default_rng(2)
    cells = vectors.cell - vectors.cell.min(axis=0)
    white = rng.normal(size=(20, *(cells.max(axis=0) + 4), 2))
    smooth = (white[:, :-3] + white[:, 3:]) / np.sqrt(2.0)
    null = SimpleNamespace(column=vectors.column, vector_px=smooth[:, cells[:, 0], cells[:, 1]])
    products = noise_products(with_null_covariance(vectors, null))
    # 20 fields of 800 pairs
    assert products[3, 0] == pytest.approx(1.0, abs=0.06)
    assert products[1, 0] == pytest.approx(0.0, abs=0.06)
    assert products[0, 3] == pytest.approx(0.0, abs=0.06)
    with pytest.raises(InputError, match="other columns"):
        with_null_covariance(vectors, SimpleNamespace(column=vectors.column + 1, vector_px=null.vector_px))


def test_the_error_of_the_mean_of_a_filtered_image_is_the_scatter_of_null_means() -> None:
    vectors = column_displacements(*fit_of_truth(perovskite_columns((8, 8)), 0.1, SIGMA, 1))
    found = field_mean(vectors, [[0.3, 0.0], [-0.3, 0.2], [0.3, 0.0], [-0.3, -0.2]])
    assert found.sigma_px == pytest.approx([0.3, np.sqrt(0.02)])
    with pytest.raises(InputError, match="two or more"):
        field_mean(vectors, [[0.3, 0.0]])


def test_an_image_is_drawn_again_with_all_the_noise_that_its_errors_hold() -> None:
    fit, sublattices = fit_of_truth(perovskite_columns((8, 8)), 0.1, SIGMA)
    fit = replace(
        fit, noise_known=False, covariance_scale=2.4, noise_correlation_px=2.0, reduced_chi2=1.8 * fit.reduced_chi2
    )
    image = fitted_image(fit, sublattices)
    assert image.noise_excess == pytest.approx(1.2 * 1.8)
    columns = np.arange(len(fit.position_px))
    assert noise_excess(replace(fit, likelihood="unweighted"), columns) == pytest.approx(1.2)
    assert noise_excess(replace(fit, noise_known=True), columns) == 1.0
    still = np.zeros_like(image.centers_px)
    quiet = replace(image, noise_gain=0.0).micrograph(still, np.random.default_rng(0)).intensity
    image = replace(image, noise_correlation_px=1.0)
    noise = np.asarray(image.micrograph(still, np.random.default_rng(0)).intensity - quiet)
    assert (noise**2 / quiet).mean() == pytest.approx(1.2 * 1.8, rel=0.02)


def test_an_offset_of_the_detector_carries_no_noise() -> None:
    fit, sublattices = fit_of_truth(perovskite_columns((8, 8)), 0.1, SIGMA)
    image = fitted_image(replace(fit, noise_offset=0.5 * float(fit.background[0])), sublattices)
    still = np.zeros_like(image.centers_px)
    quiet = replace(image, noise_gain=0.0).micrograph(still, np.random.default_rng(0)).intensity
    noise = np.asarray(image.micrograph(still, np.random.default_rng(0)).intensity - quiet)
    assert (noise**2).mean() == pytest.approx((quiet - image.noise_offset).mean(), rel=0.02)


def test_a_field_is_held_against_the_errors_where_null_fields_are_too_quiet() -> None:
    vectors = column_displacements(*fit_of_truth(perovskite_columns((30, 30)), 0.1, SIGMA, 3))
    noise = float(np.trace(vectors.noise_covariance_px2[vectors.good], axis1=1, axis2=2).mean())
    quiet = 0.6 * noise * (1.0 + 0.03 * np.random.default_rng(4).normal(size=20))
    found = detect_field(vectors, quiet)
    assert not found.detected
    assert found.null_mean_square_px2 == pytest.approx(noise)
    assert found.null_spread_px2 == pytest.approx(quiet.std(ddof=1) * noise / quiet.mean())


def test_row_jitter_is_counted_once_in_the_errors_of_a_filtered_image(shaken_maps: list[DisplacementMap]) -> None:
    vectors = shaken_maps[0]
    assert vectors.jitter_covariance_px2 is not None
    fit, jitter = (
        np.trace(part[vectors.good], axis1=1, axis2=2).mean()
        for part in (vectors.covariance_px2, vectors.jitter_covariance_px2)
    )
    null = SimpleNamespace(lengths_px=np.full((2, 5), np.sqrt(0.5 * fit + jitter)))
    assert _error_scale(vectors, null) == pytest.approx(0.5)
    assert _error_scale(vectors, SimpleNamespace(lengths_px=np.full((2, 5), np.sqrt(0.5 * jitter)))) > 0.0


def test_intervals_of_few_blocks_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    blocks = np.repeat(np.arange(8), 10)
    inside = 0
    for _ in range(500):
        values = np.repeat(rng.normal(size=8), 10)[:, None]
        low, high = block_intervals(values, blocks, rng, draws=400)[0]
        inside += low < 0.0 < high
    # 95 %, known to one percent; without the widening 89 %
    assert inside / 500 > 0.92
