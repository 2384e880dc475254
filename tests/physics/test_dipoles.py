from __future__ import annotations

import numpy as np
import pytest
from scipy import constants

from entrox.order.response.dielectric import dielectric_tensor
from entrox.order.response.relaxor import edwards_anderson, frozen_correlation


def directions(rng: np.random.Generator, *shape: int) -> np.ndarray:
    vectors = rng.normal(size=(*shape, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize("temperature", [150.0, 600.0])
def test_independent_dipoles_have_the_susceptibility_of_langevin(temperature: float) -> None:
    count, moment, volume = 200, 2.0, 200 * 64.0  # e angstrom, angstrom3
    dipole = moment * directions(np.random.default_rng(0), 6000, count).sum(axis=1)
    found = dielectric_tensor(dipole / volume * 16.02176634, volume, temperature)
    moment_si = moment * constants.e * constants.angstrom
    exact = (
        count * moment_si**2 / (3 * volume * constants.angstrom**3 * constants.epsilon_0 * constants.k * temperature)
    )
    pull = (found.chi_ionic - exact * np.eye(3)) / found.chi_error
    assert np.abs(pull).max() < 4.0
    assert np.diag(found.chi_ionic) == pytest.approx(exact, rel=0.08)
    assert found.converged
    assert found.switched == (False, False, False)


def test_frozen_random_dipoles_are_all_glass() -> None:
    rng = np.random.default_rng(1)
    frozen = rng.normal(size=(1, 4000, 3))
    found = edwards_anderson(np.repeat(frozen, 20, axis=0))
    assert found.q == pytest.approx(found.mean_square, rel=1e-12)
    assert found.q_glass == pytest.approx(found.q, abs=4 * found.q_error)
    assert found.mean_squared == pytest.approx(0.0, abs=0.01)
    plateau = frozen_correlation(np.repeat(frozen, 20, axis=0))
    assert plateau.level
    assert plateau.plateau == pytest.approx(found.q, rel=1e-9)


def test_fast_dipoles_are_not_frozen_although_the_square_of_one_mean_says_so() -> None:
    frames, cells = 50, 4000
    found = edwards_anderson(np.random.default_rng(2).normal(size=(frames, cells, 3)))
    assert abs(found.q) < 3 * found.q_error
    assert found.q_one_mean == pytest.approx(3.0 / frames, rel=0.05)
    assert found.q_one_mean > 10 * found.q_error


def test_a_ferroelectric_is_frozen_and_no_glass() -> None:
    rng = np.random.default_rng(3)
    p = np.array([0.0, 0.0, 0.5]) + rng.normal(scale=0.1, size=(40, 3000, 3))
    found = edwards_anderson(p)
    assert found.q == pytest.approx(0.25, rel=0.01)
    assert abs(found.q_glass) < 4 * found.q_error


def test_a_frozen_part_under_fast_noise_is_the_plateau_of_the_correlation() -> None:
    rng = np.random.default_rng(4)
    frozen = rng.normal(scale=0.3, size=(1, 3000, 3))
    p = frozen + rng.normal(size=(60, 3000, 3))
    expected = float((frozen**2).sum(axis=2).mean())
    found, time = edwards_anderson(p), frozen_correlation(p)
    assert found.q == pytest.approx(expected, abs=4 * found.q_error)
    assert time.plateau == pytest.approx(expected, abs=4 * time.plateau_error)
    assert time.q[0] == pytest.approx(expected + 3.0, rel=0.02)


def test_a_gap_removes_what_memory_carries_from_one_half_to_the_other() -> None:
    rng = np.random.default_rng(5)
    phi, frames, cells = np.exp(-1.0 / 10.0), 100, 5000
    p = np.empty((frames, cells, 3))
    p[0] = rng.normal(size=(cells, 3))
    for k in range(1, frames):
        p[k] = phi * p[k - 1] + np.sqrt(1 - phi**2) * rng.normal(size=(cells, 3))
    touching, apart = edwards_anderson(p), edwards_anderson(p, gap=60)
    assert touching.q > 5 * touching.q_error
    assert abs(apart.q) < 3 * apart.q_error
