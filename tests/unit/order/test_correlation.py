"""Correlation in space and its length."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.correlation.correlation import correlation
from entrox.order.correlation.correlation_length import fit_correlation_length
from entrox.order.displacement.displacement import displacements
from entrox.order.lattice import fit_lattice
from perovskite_boxes import make_box


def exponential_field(rng, count, length, frames):
    """Periodic Gaussian vectors whose correlation decays with the length, in cells."""
    x = np.minimum(np.arange(count), count - np.arange(count))
    r = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    power = np.sqrt(np.maximum(np.fft.fftn(np.exp(-r / length)).real, 0.0))
    waves = np.fft.fftn(rng.normal(size=(frames, 3, count, count, count)), axes=(2, 3, 4))
    return np.moveaxis(np.fft.ifftn(waves * power, axes=(2, 3, 4)).real, 1, -1)


def direct(vectors, offset):
    """C at one offset of a periodic grid, by shifting it."""
    shifted = np.roll(vectors, tuple(-k for k in offset), axis=tuple(range(len(offset))))
    products = (vectors * shifted).sum(axis=-1)
    squares = (vectors**2).sum(axis=-1)
    return np.nanmean(products) / np.nanmean(squares)


def test_white_noise_is_uncorrelated():
    found = correlation(np.random.default_rng(0).normal(size=(20, 20, 20, 3)))
    away = found.offsets.any(axis=1)
    assert found.values[~away] == pytest.approx([1.0])
    # each product of three components has the variance <d^2>^2 / 3
    assert found.values[away].std() == pytest.approx(1 / np.sqrt(3 * 8000), rel=0.05)
    pulls = found.shell_values[1:] / found.shell_errors[1:]
    assert 0.5 < pulls.std() < 1.7
    assert found.correlation_length_angstrom is None
    assert "no_length" in found.warnings[-1]


@pytest.mark.parametrize(("length", "seed"), [(1.5, 1), (2.5, 2), (3.5, 3)])
def test_an_exponential_field_gives_back_its_length(length, seed):
    field = exponential_field(np.random.default_rng(seed), 32, length, 8)
    found = correlation(field, lattice_angstrom=4.0)
    assert found.error_source == "time"
    assert found.correlation_length_angstrom == pytest.approx(4.0 * length, rel=0.1)
    assert found.amplitude == pytest.approx(1.0, abs=0.1)
    assert not found.limited_by_box


def test_one_frame_gives_the_length_within_its_own_fluctuation():
    found = correlation(exponential_field(np.random.default_rng(4), 32, 2.0, 1))
    assert found.error_source == "cells"
    assert found.correlation_length_angstrom == pytest.approx(2.0, rel=0.1)


def test_a_length_near_the_box_is_flagged():
    found = correlation(exponential_field(np.random.default_rng(5), 10, 5.0, 8))
    assert found.limited_by_box
    assert correlation(np.random.default_rng(6).normal(size=(2, 2, 2, 3))).limited_by_box


def test_transforms_equal_direct_sums_with_holes_and_open_borders():
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(5, 4, 6, 3)) + 0.3
    vectors[rng.random((5, 4, 6)) < 0.1] = np.nan
    found = correlation(vectors)
    for offset, value in zip(found.offsets, found.values, strict=True):
        assert value == pytest.approx(direct(vectors, offset), abs=1e-12)
    opened = correlation(vectors, periodic=(False, True, True))
    k = int(np.flatnonzero((opened.offsets == [3, 1, 0]).all(axis=1))[0])
    pairs = (vectors[:2] * np.roll(vectors, -1, axis=1)[3:]).sum(axis=-1)
    assert opened.values[k] == pytest.approx(np.nanmean(pairs) / np.nanmean((vectors**2).sum(axis=-1)), abs=1e-12)


def test_the_mean_vector_is_taken_out_of_the_connected_correlation():
    vectors = np.random.default_rng(8).normal(size=(8, 8, 8, 3)) + np.array([3.0, 0.0, 0.0])
    assert correlation(vectors).nearest_neighbor == pytest.approx(9 / 12, abs=0.03)
    assert correlation(vectors, connected=True).nearest_neighbor == pytest.approx(0.0, abs=0.06)


def test_directions_are_told_apart():
    vectors = np.zeros((8, 8, 8, 3))
    vectors[..., 2] = (-1.0) ** np.arange(8)[:, None, None]
    found = correlation(vectors)
    assert found.directional[0] == pytest.approx([1, -1, 1, -1, 1])
    assert found.directional[1:] == pytest.approx(np.ones((2, 5)))


@pytest.mark.parametrize("matrix", [[[2, -2, 0], [2, 2, 0], [0, 0, 4]], [[1, 0, 3], [0, 2, 1], [1, 1, -4]]])
def test_any_supercell_is_summed_along_its_neighbors(matrix):
    box = make_box(matrix, np.random.default_rng(9), noise=0.1, lattice=4.0)
    lattice_map = fit_lattice(box.atoms)
    vectors = displacements(box.atoms, lattice_map).vectors_angstrom[0]
    found = correlation(vectors, lattice_map)
    near = (vectors[:, None] * vectors[lattice_map.neighbors]).sum(axis=2).mean() / (vectors**2).sum(axis=1).mean()
    one = {tuple(o): v for o, v in zip(found.offsets, found.values, strict=True)}
    steps = [v for o, v in one.items() if np.abs(o).sum() == 1]
    assert len(found.values) == len(lattice_map)
    if len(steps) in (3, 6):
        assert np.mean(steps) == pytest.approx(near, abs=1e-12)
    assert one[(0, 0, 0)] == 1.0


def test_a_diagonal_map_gives_the_same_by_both_routes():
    rng = np.random.default_rng(10)
    box = make_box((3, 4, 3), rng)
    lattice_map = fit_lattice(box.atoms)
    from entrox.order.correlation.pair_products import grid_products, group_products

    vectors = rng.normal(size=(2, 36, 3))
    edges = lattice_map.lattice_angstrom
    by_grid = grid_products(vectors, lattice_map.shape, (True,) * 3, edges)
    by_group = group_products(vectors, lattice_map.matrix, edges)
    table = {tuple(o % np.diag(lattice_map.matrix)): s for o, s in zip(by_group.offsets, by_group.sums.T, strict=True)}
    for offset, sums in zip(by_grid.offsets, by_grid.sums.T, strict=True):
        assert table[tuple(offset % np.diag(lattice_map.matrix))] == pytest.approx(sums, abs=1e-12)


def test_a_film_has_no_pairs_across_its_vacuum():
    box = make_box((4, 4, 6), np.random.default_rng(12), shift_b=(0.0, 0.0, 0.2), noise=0.02)
    atoms = box.atoms
    atoms.pbc = (True, True, False)
    lattice_map = fit_lattice(atoms, allow_vacancies=True)
    vectors = np.zeros((len(lattice_map), 3))
    layer = lattice_map.cells[:, 2]
    vectors[:, 2] = np.where(layer < 3, 1.0, -1.0)
    vectors[lattice_map.b < 0] = np.nan
    found = correlation(vectors, lattice_map)
    lags = {tuple(o): v for o, v in zip(found.offsets, found.values, strict=True)}
    assert lags[(0, 0, 5)] == pytest.approx(-1.0)
    assert lags[(0, 0, 1)] == pytest.approx(3 / 5)
    assert np.isnan(lags[(0, 0, 6)])


def test_known_noise_of_an_image_is_taken_off():
    rng = np.random.default_rng(11)
    a, b = rng.normal(0.0, 1.0, (201, 201, 2)), rng.normal(0.0, 0.5, (200, 200, 2))
    cage = 0.25 * (a[1:, 1:] + a[:-1, 1:] + a[1:, :-1] + a[:-1, :-1])
    signal = np.full((200, 200, 2), 0.7)
    covariance = (0.25 + 0.25) * np.eye(2)
    shared = {(1, 0): 0.25, (0, 1): 0.25, (1, 1): 0.125, (1, -1): 0.125}
    found = correlation(signal + b - cage, periodic=False, noise_covariance=covariance, noise_products=shared)
    assert found.mean_square == pytest.approx(0.98, abs=0.03)
    assert found.nearest_neighbor == pytest.approx(1.0, abs=0.03)
    assert correlation(signal + b - cage, periodic=False).nearest_neighbor < 0.75


def test_what_cannot_be_correlated_is_refused():
    with pytest.raises(InputError, match="grid"):
        correlation(np.ones((10, 3)))
    with pytest.raises(InputError, match="signal"):
        correlation(np.full((4, 4, 4, 3), 0.1), noise_covariance=np.eye(3))
    with pytest.raises(InputError, match="offsets"):
        correlation(np.ones((4, 4, 2)), noise_products={(0, 0): 0.1})
    with pytest.raises(InputError, match="cells"):
        correlation(np.ones((10, 3)), fit_lattice(make_box((2, 2, 2)).atoms))


def test_a_growing_correlation_has_no_length():
    r = np.arange(1.0, 6.0)
    assert fit_correlation_length(r, 0.1 * r, np.full(5, 0.01)) is None
    assert fit_correlation_length(r, np.exp(-r), np.full(5, 1.0)) is None
