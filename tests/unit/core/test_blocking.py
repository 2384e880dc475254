from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from entrox.core import InputError
from entrox.core.blocking import block_average, block_errors


def autoregressive(phi: float, count: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=count + 2000)
    return np.asarray(lfilter([1.0], [1.0, -phi], noise))[2000:]


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_blocking_gives_the_variance_of_the_mean_of_an_autoregressive_series_within_ten_percent(phi: float) -> None:
    count = 2**16
    exact = (1.0 + phi) / ((1.0 - phi) * count * (1.0 - phi**2))
    found = [block_average(autoregressive(phi, count, seed)) for seed in range(24)]
    assert all(item.converged for item in found)
    assert np.mean([item.error**2 for item in found]) / exact == pytest.approx(1.0, abs=0.1)
    time = np.mean([item.correlation_steps for item in found])
    assert time == pytest.approx(0.5 * (1.0 + phi) / (1.0 - phi), rel=0.1)


def test_a_random_walk_has_no_plateau_and_its_error_is_that_of_the_longest_blocks() -> None:
    walk = np.cumsum(np.random.default_rng(0).normal(size=4000))
    found = block_average(walk)
    assert not found.converged
    assert found.error > 50 * walk.std() / np.sqrt(4000) / 10
    assert found.block_steps == 512
    assert found.n_eff < 20


def test_a_series_shorter_than_its_memory_is_not_converged() -> None:
    assert not block_average(autoregressive(0.98, 300, 1)).converged


def test_too_few_blocks_are_no_plateau_even_without_correlation() -> None:
    assert not block_average(np.random.default_rng(0).normal(size=40)).converged
    assert block_average(np.random.default_rng(0).normal(size=400)).converged


def test_a_single_sample_has_a_mean_and_no_error() -> None:
    found = block_average([0.3])
    assert (found.mean, found.error, found.correlation_steps, found.converged) == (0.3, None, None, False)
    assert block_errors(np.zeros((1, 4))) is None


def test_a_constant_series_has_no_error_at_all() -> None:
    found = block_average(np.full(1000, 0.1))
    assert found.error == 0.0
    assert found.n_eff == 1000


def test_many_series_get_the_errors_that_each_gets_alone() -> None:
    series = np.stack([autoregressive(phi, 3000, 5) for phi in (0.0, 0.6, 0.97)], axis=1)
    errors, converged = block_errors(series.reshape(3000, 3, 1))
    assert errors.shape == converged.shape == (3, 1)
    alone = [block_average(column) for column in series.T]
    assert errors[:, 0] == pytest.approx([item.error for item in alone], rel=1e-12)
    assert converged[:, 0].tolist() == [item.converged for item in alone]


def test_a_shift_and_a_scale_of_the_series_shift_and_scale_mean_and_error() -> None:
    series = autoregressive(0.7, 4096, 2)
    plain, moved = block_average(series), block_average(5.0 + 3.0 * series)
    assert moved.mean == pytest.approx(5.0 + 3.0 * plain.mean)
    assert moved.error == pytest.approx(3.0 * plain.error)
    assert moved.correlation_steps == pytest.approx(plain.correlation_steps)


@pytest.mark.parametrize("bad", [[], [[1.0, 2.0]], [1.0, np.nan]])
def test_what_is_no_finite_series_is_refused(bad: list[float]) -> None:
    with pytest.raises(InputError, match="series"):
        block_average(bad)
