from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.structure.composition_field import (
    correlated_labels,
    draw_labels,
    gaussian_fields,
    leading_excess_information,
    local_fractions,
)

FRACTIONS = [0.306, 0.267, 0.219, 0.208]


def test_fields_have_mean_zero_and_variance_one_in_their_box() -> None:
    fields = gaussian_fields(3, [8.0, 9.0, 10.0], 0.6, np.random.default_rng(1))
    assert fields.values.shape[0] == 3
    assert fields.values.mean(axis=(1, 2, 3)) == pytest.approx(np.zeros(3), abs=1e-6)
    assert fields.values.astype(np.float64).var(axis=(1, 2, 3)) == pytest.approx(np.ones(3), abs=1e-5)


def test_the_correlation_of_a_field_is_a_gaussian_of_twice_the_kernel_variance() -> None:
    box, xi = 20.0, 0.8
    fields = gaussian_fields(6, box, xi, np.random.default_rng(2))
    nodes = fields.values.shape[1]
    step = box / nodes
    # Without its mean, a field in a periodic box correlates by C(d) minus the mean of C over the box.
    mean = (4.0 * np.pi * xi**2) ** 1.5 / box**3
    for lag in (2, 4, 8, 16):
        seen = np.mean([np.mean(fields.values * np.roll(fields.values, lag, axis)) for axis in (1, 2, 3)])
        expected = (np.exp(-((lag * step) ** 2) / (4.0 * xi**2)) - mean) / (1.0 - mean)
        assert seen == pytest.approx(expected, abs=0.02)


def test_fields_of_different_species_are_independent() -> None:
    box, xi = 24.0, 0.7
    fields = gaussian_fields(2, box, xi, np.random.default_rng(3))
    # The mean product over a box scatters by the integral of C(d)^2 over its volume.
    spread = np.sqrt((2.0 * np.pi * xi**2) ** 1.5 / box**3)
    assert abs(np.mean(fields.values[0] * fields.values[1])) < 3.0 * spread < 0.06


def test_a_field_takes_its_nodal_values_at_the_nodes_and_repeats_with_the_box() -> None:
    fields = gaussian_fields(2, [6.0, 7.0, 8.0], 0.9, np.random.default_rng(4))
    shape = np.array(fields.values.shape[1:])
    node = np.array([[1, 2, 3], [0, 0, 0], shape - 1])
    places = node * fields.box_nm / shape
    nodal = fields.values[:, node[:, 0], node[:, 1], node[:, 2]].T
    assert fields.at(places) == pytest.approx(nodal, abs=1e-5)
    assert fields.at(places + np.array([6.0, -14.0, 8.0])) == pytest.approx(nodal, abs=1e-4)
    between = fields.at(places[:1] + 0.5 * fields.box_nm / shape * [1.0, 0.0, 0.0])
    both = fields.values[:, 1:3, 2, 3].mean(axis=1)
    assert between[0] == pytest.approx(both, abs=1e-5)


def test_local_fractions_sum_to_one_and_follow_the_field() -> None:
    values = np.array([[0.0] * 4, [1.0, 0.0, 0.0, 0.0]])
    found = local_fractions(FRACTIONS, 0.5, values)
    assert found.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert found[0] == pytest.approx(FRACTIONS)
    assert found[1, 0] / found[1, 1] == pytest.approx(FRACTIONS[0] / FRACTIONS[1] * np.exp(0.5))


def test_drawn_labels_have_the_fractions_of_their_places() -> None:
    rows = np.tile([[0.1, 0.9, 0.0], [0.0, 0.0, 1.0]], (20_000, 1))
    labels = draw_labels(rows, np.random.default_rng(5))
    assert set(labels[1::2].tolist()) == {2}
    assert np.mean(labels[::2] == 0) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 20_000))
    assert not (labels[::2] == 2).any()


def test_same_seed_same_labels() -> None:
    def draw(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        fields = gaussian_fields(4, 8.0, 0.7, rng)
        return correlated_labels(rng.random((1000, 3)) * 8.0, FRACTIONS, 0.5, fields, rng)

    assert (draw(1) == draw(1)).all()
    assert (draw(1) != draw(2)).any()


def test_the_leading_order_of_a_point_is_the_variance_of_the_fractions() -> None:
    point = leading_excess_information(FRACTIONS, 0.5, 1.0, [1e-3])[0]
    assert point == pytest.approx(0.125 * (1.0 - np.sum(np.square(FRACTIONS))), rel=1e-5)
    known = leading_excess_information(FRACTIONS, 0.5, 0.7, [1.0, 2.0, 3.0, 4.0])
    assert (np.diff(known) < 0.0).all()


def test_bad_boxes_and_numbers_of_fields_are_refused() -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(InputError, match="two correlation lengths"):
        gaussian_fields(2, 1.0, 0.7, rng)
    with pytest.raises(InputError, match="smaller box_nm"):
        gaussian_fields(4, 2000.0, 0.1, rng)
    fields = gaussian_fields(2, 5.0, 0.7, rng)
    with pytest.raises(InputError, match="need as many fields"):
        correlated_labels(np.zeros((3, 3)), FRACTIONS, 0.5, fields, rng)
    with pytest.raises(InputError, match="one field per species"):
        local_fractions(FRACTIONS, 0.5, np.zeros((3, 2)))
