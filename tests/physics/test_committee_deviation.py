"""Deviation of a committee: closed forms, invariances, and what is not finite."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from entrox.core import InputError, generator
from entrox.potentials.committee import Deviation, TrustLevels, deviation_of, force_deviation, virial_deviation
from entrox.potentials.student import CommitteeAnswer


def answer(forces, virial=None):
    forces = np.asarray(forces, dtype=float)
    virials = np.zeros((len(forces), 3, 3)) if virial is None else virial
    return CommitteeAnswer(np.zeros(len(forces)), forces, virials)


def test_four_forces_on_the_corners_of_a_square_deviate_by_its_half_diagonal():
    # mean at the origin, every force at distance sqrt(2)
    corners = [[[1, 1, 0]], [[1, -1, 0]], [[-1, 1, 0]], [[-1, -1, 0]]]
    assert force_deviation(corners) == pytest.approx([np.sqrt(2.0)])


def test_the_variance_is_over_n_models_and_not_one_less():
    forces = [[[0.0, 0, 0]], [[0.0, 0, 0]], [[0.0, 0, 0]], [[4.0, 0, 0]]]
    assert force_deviation(forces) == pytest.approx([np.sqrt((3 * 1 + 9) / 4)])


def test_models_that_agree_do_not_deviate():
    forces = np.repeat(generator(1).normal(size=(1, 7, 3)), 4, axis=0)
    assert force_deviation(forces).max() == 0.0
    assert force_deviation(forces[:1]).max() == 0.0


def test_a_rotation_a_common_force_and_another_order_of_models_change_nothing():
    forces = generator(2).normal(size=(4, 9, 3))
    expected = force_deviation(forces)
    turn = Rotation.random(rng=np.random.default_rng(3)).as_matrix()
    assert force_deviation(forces @ turn.T) == pytest.approx(expected)
    assert force_deviation(forces + generator(4).normal(size=(9, 3))) == pytest.approx(expected)
    assert force_deviation(forces[[2, 0, 3, 1]]) == pytest.approx(expected)
    assert force_deviation(3.0 * forces) == pytest.approx(3.0 * expected)


def test_the_largest_the_mean_and_the_percentile_are_over_atoms():
    forces = np.zeros((2, 100, 3))
    forces[0, :, 0], forces[1, :, 0] = np.arange(100), -np.arange(100)
    found = deviation_of(answer(forces))
    assert found == Deviation(
        largest_ev_per_angstrom=99.0, mean_ev_per_angstrom=49.5,
        percentile_95_ev_per_angstrom=pytest.approx(94.05), virial_ev_per_atom=0.0,
    )  # fmt: skip


def test_the_deviation_of_the_virial_is_per_atom():
    virials = np.stack([np.full((3, 3), 8.0), np.full((3, 3), -8.0)])
    assert virial_deviation(virials, 4) == pytest.approx(2.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_forces_that_are_not_finite_are_failed_and_never_an_exception(value):
    forces = generator(5).normal(size=(4, 6, 3))
    forces[2, 3, 1] = value
    found = deviation_of(answer(forces))
    assert not np.isfinite(found.largest_ev_per_angstrom)
    assert TrustLevels().level(found.largest_ev_per_angstrom) == "failed"


def test_a_force_of_one_atom_decides_on_the_frame():
    forces = np.zeros((4, 50, 3))
    forces[0, 17, 2] = 2.0
    level = TrustLevels().level(deviation_of(answer(forces)).largest_ev_per_angstrom)
    assert level == "failed"
    assert deviation_of(answer(forces)).mean_ev_per_angstrom < 0.02


def test_levels_and_shapes_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="must lie below"):
        TrustLevels(0.5, 0.125)
    with pytest.raises(InputError, match="low_ev_per_angstrom"):
        TrustLevels(0.0, 0.5)
    with pytest.raises(InputError, match="n_models, n_atoms, 3"):
        force_deviation(np.zeros((4, 3)))
