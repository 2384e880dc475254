from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.simulation.fields import domain_field
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.image_correlation import image_correlation
from entrox.microscopy.vectors.modulus_curves import noise_curve, noise_mean, rice_curve
from entrox.microscopy.vectors.spatial_blocks import block_numbers
from entrox.microscopy.vectors.vector_classes import strong_vectors, vector_classes
from entrox.microscopy.vectors.vector_statistics import (
    angle_distribution,
    column_sigma,
    magnitude_distribution,
    rule_of_thumb_sigma,
    vector_sigma,
)
from stem_fits import fit_of_truth

PIXEL = 0.1
SIGMA = (0.117, 0.213, 0.2)


def noisy_map(displacement: object, cells: int = 100, seed: int = 3, turn: float = 0.0) -> DisplacementMap:
    truth = perovskite_columns((cells, cells), displacement=displacement, rotation_deg=turn)
    return column_displacements(*fit_of_truth(truth, PIXEL, SIGMA, seed))


@pytest.fixture(scope="module")
def zero_field() -> DisplacementMap:
    return noisy_map(None, 110, seed=1)


def test_a_zero_field_escapes_weak_as_often_as_noise_of_three_sigma(zero_field: DisplacementMap) -> None:
    share = strong_vectors(zero_field, 3.0).mean()
    # neighbors share columns; their escapes are still nearly independent
    assert share == pytest.approx(np.exp(-4.5), abs=4 * np.sqrt(0.0111 / zero_field.n_good))
    found = vector_classes(zero_field)
    assert found.chance[0] == pytest.approx(1 - np.exp(-4.5))
    assert found.shares.sum() == pytest.approx(1.0)
    assert found.shares[0] == pytest.approx(1.0 - share)


def test_the_mean_length_of_a_zero_field_is_that_of_rayleigh(zero_field: DisplacementMap) -> None:
    found = magnitude_distribution(zero_field, np.random.default_rng(0))
    sigma = vector_sigma(zero_field)
    # spread of a Rayleigh length over its mean is 0.52
    error = 4 * 0.6551 / np.sqrt(zero_field.n_good)
    assert found.mean_raw_px / sigma == pytest.approx(1.2533, abs=1.3 * error)
    assert found.mean_noise_px / sigma == pytest.approx(np.sqrt(np.pi / 2), rel=1e-6)
    low, high = found.mean_square_interval_px2
    assert low < found.mean_square_px2 < high
    assert abs(found.mean_square_px2) < 4 * 2 * sigma**2 / np.sqrt(zero_field.n_good)
    assert found.rms_raw_px == pytest.approx(found.rms_noise_px, rel=0.02)


def test_directions_of_a_zero_field_are_isotropic(zero_field: DisplacementMap) -> None:
    found = vector_classes(zero_field, significance=1e-6)
    assert found.shares[1:] == pytest.approx([0.5, 0.5], abs=4 * 0.5 / np.sqrt(zero_field.n_good))
    assert (found.intervals[1:, 0] < found.shares[1:]).all()
    assert (found.intervals[1:, 1] > found.shares[1:]).all()


def test_noise_taken_off_gives_the_true_length() -> None:
    rng = np.random.default_rng(5)

    def random_directions(cells: np.ndarray) -> np.ndarray:
        angle = rng.uniform(0, 2 * np.pi, len(cells))
        return 0.04 * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    vectors = noisy_map(random_directions, 80)
    found = magnitude_distribution(vectors, np.random.default_rng(0))
    low, high = found.rms_debiased_interval_px
    assert low < 0.4 < high
    assert found.mean_raw_px > 0.42
    assert found.rms_debiased_px == pytest.approx(0.4, rel=0.03)
    # the lengths follow Rice's curve, not that of noise
    middle = 0.5 * (found.edges_px[1:] + found.edges_px[:-1])
    rice = np.interp(middle, found.curve_px, found.rice_density)
    noise = np.interp(middle, found.curve_px, found.noise_density)
    assert np.abs(found.density - rice).mean() < 0.3 * np.abs(found.density - noise).mean()


def test_curves_of_the_length_are_normalized_and_agree_without_a_field() -> None:
    r = np.linspace(0.0, 12.0, 4001)
    step = r[1]
    skew = np.array([[[1.0, 0.4], [0.4, 0.6]], [[0.5, 0.0], [0.0, 1.5]]])
    assert noise_curve(r, skew).sum() * step == pytest.approx(1.0, abs=1e-4)
    assert (r * noise_curve(r, skew)).sum() * step == pytest.approx(noise_mean(skew), rel=1e-4)
    assert rice_curve(r, 3.0, 0.8).sum() * step == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(rice_curve(r, 0.0, 1.3), noise_curve(r, 1.69 * np.eye(2)[None]), atol=1e-12)


def test_the_rule_of_thumb_holds_for_independent_columns() -> None:
    truth = perovskite_columns((10, 10))
    fit, sublattices = fit_of_truth(truth, PIXEL, SIGMA)
    vectors = column_displacements(fit, sublattices)
    assert column_sigma(fit, sublattices, "A") == pytest.approx(SIGMA[0])
    assert np.isnan(column_sigma(fit, sublattices, "O"))
    assert vector_sigma(vectors) == pytest.approx(np.hypot(SIGMA[1], SIGMA[0] / 2))
    assert rule_of_thumb_sigma(fit, sublattices, vectors) == pytest.approx(vector_sigma(vectors))


def test_angles_are_counted_from_the_axes_of_the_crystal() -> None:
    vectors = noisy_map([0.15, 0.0], 30, turn=20.0)
    found = angle_distribution(vectors, np.random.default_rng(0))
    assert np.nanmean(found.angle_deg) == pytest.approx(0.0, abs=1.5)
    assert found.density.argmax() == 0
    assert found.density.mean() == pytest.approx(1.0)
    classes = vector_classes(vectors)
    assert classes.classes == ("weak", "<10>", "<11>")
    assert classes.shares[1] > 0.95
    assert (classes.flip_probability[classes.labels == 1] < 0.5).all()


def test_row_jitter_counts_as_noise() -> None:
    vectors = noisy_map([0.05, 0.0], 20)
    extra = np.zeros_like(vectors.covariance_px2)
    extra[:, 0, 0] = 0.25
    shaken = replace(vectors, jitter_covariance_px2=extra)
    assert vector_sigma(shaken) == pytest.approx(np.sqrt(vector_sigma(vectors) ** 2 + 0.125))
    assert strong_vectors(shaken).sum() < strong_vectors(vectors).sum()
    assert magnitude_distribution(shaken, np.random.default_rng(0)).mean_square_px2 == pytest.approx(
        magnitude_distribution(vectors, np.random.default_rng(0)).mean_square_px2 - 0.25
    )


def test_blocks_are_two_correlation_lengths_wide() -> None:
    vectors = noisy_map(None, 61)
    period = vectors.period_px[0]
    narrow, wide = block_numbers(vectors), block_numbers(vectors, 5.0 * period)
    for blocks, width in ((narrow, 2), (wide, 10)):
        cells = vectors.cell[blocks == 0]
        assert (cells.max(axis=0) - cells.min(axis=0) + 1 == width).all()
    flag = np.ones(len(vectors.flag), dtype=int)
    with pytest.raises(InputError, match="no vector"):
        magnitude_distribution(replace(vectors, flag=flag), np.random.default_rng(0))


def bare_map(vectors_px: np.ndarray, sigma_px: float, rng: np.random.Generator) -> DisplacementMap:
    """Vectors of a square grid with independent noise, no columns behind them."""
    n = len(vectors_px)
    cell = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=-1).reshape(-1, 2)
    noise = sigma_px * rng.normal(size=(n * n, 2))
    return DisplacementMap(
        site="B", reference="cation", column=np.arange(n * n), cell=cell, position_px=40.0 * cell,
        vector_px=vectors_px.reshape(-1, 2) + noise, flag=np.zeros(n * n, dtype=int), axes=np.eye(2),
        covariance_px2=np.broadcast_to(sigma_px**2 * np.eye(2), (n * n, 2, 2)).copy(), period_px=np.full(2, 40.0),
    )  # fmt: skip


def test_intervals_of_shares_cover_as_often_as_they_say_in_domains_too() -> None:
    n, edge, trials = 40, 6, 200
    inside, worth, shares = 0, [], []
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        start = rng.integers(0, edge, 2)
        field = domain_field((n + edge, n + edge), 1.5, edge, rng)[start[0] : start[0] + n, start[1] : start[1] + n]
        vectors = bare_map(field, 0.2, rng)
        # the 1/e length of square domains is 0.56 of their edge
        found = vector_classes(vectors, correlation_length_px=0.56 * edge * 40.0)
        low, high = found.intervals[1]
        inside += low < 0.5 * (1.0 - found.shares[0]) < high
        worth.append(found.effective_number[1])
        shares.append(found.shares[1])
    # as many independent vectors would scatter as the shares do from image to image
    assert np.mean(1.0 / np.array(worth)) == pytest.approx(np.var(shares) / 0.25, rel=0.25)
    assert np.median(worth) < 0.1 * n**2
    # 95 %, known to two; blocks of twice the length alone reach 84 %
    assert inside / trials > 0.91


def test_a_class_without_vectors_has_an_upper_limit() -> None:
    rng = np.random.default_rng(3)
    found = vector_classes(bare_map(np.broadcast_to([1.0, 0.0], (12, 12, 2)), 0.05, rng))
    assert found.shares.tolist() == [0.0, 1.0, 0.0]
    assert found.intervals[0, 0] == 0.0
    assert 0.0 < found.intervals[0, 1] < 0.4
    assert found.intervals[1, 1] == 1.0


def test_intervals_of_a_correlated_field_are_wider_with_wider_blocks() -> None:
    rng = np.random.default_rng(2)
    domains = rng.normal(size=(12, 12, 2)) * 0.1
    vectors = noisy_map(lambda cells: domains[cells[:, 0] // 5, cells[:, 1] // 5], 60)
    narrow = magnitude_distribution(vectors, np.random.default_rng(0)).mean_square_interval_px2
    wide = magnitude_distribution(
        vectors, np.random.default_rng(0), correlation_length_px=3.0 * vectors.period_px[0]
    ).mean_square_interval_px2
    assert np.ptp(wide) > 1.3 * np.ptp(narrow)


def test_shared_columns_are_not_taken_for_order() -> None:
    rng = np.random.default_rng(7)
    field = rng.normal(size=(79, 79, 2)) * 0.015
    vectors = noisy_map(field, 80)
    found = image_correlation(vectors)
    assert found is not None
    raw = image_correlation(replace(vectors, shared_covariance_px2=None))
    assert raw is not None
    # 79^2 pairs of two components: the error of a mean correlation of neighbors
    square = found.mean_square_px2
    error = (square + 2 * vector_sigma(vectors) ** 2) / square / np.sqrt(2 * 2 * 79**2)
    assert abs(found.nearest_neighbor) < 4 * error
    expected = 2 * SIGMA[0] ** 2 / 8 / square
    assert raw.nearest_neighbor - found.nearest_neighbor == pytest.approx(expected, rel=1e-6)
    assert expected > 1.5 * error


def test_the_correlation_of_a_smooth_field_falls_to_one_over_e_at_its_length() -> None:
    n, length = 96, 4.0
    rng = np.random.default_rng(8)
    wave = np.fft.fftfreq(n) * 2 * np.pi
    # the transform of exp(-r / length) in two dimensions
    power = (1.0 + length**2 * (wave[:, None] ** 2 + wave[None] ** 2)) ** -1.5
    noise = rng.normal(size=(2, n, n))
    field = np.fft.ifft2(np.fft.fft2(noise) * np.sqrt(power)).real
    field = np.moveaxis(field / field.std(), 0, -1)[: n - 1, : n - 1] * 0.1
    found = image_correlation(noisy_map(field, n))
    assert found is not None
    assert found.one_over_e_px is not None
    assert found.one_over_e_px / 40.0 == pytest.approx(length, rel=0.2)
    assert found.scale_pm == pytest.approx(10.0)


def test_without_a_field_there_is_no_correlation(zero_field: DisplacementMap) -> None:
    larger = replace(zero_field, covariance_px2=1.1 * zero_field.covariance_px2)
    assert image_correlation(larger) is None
