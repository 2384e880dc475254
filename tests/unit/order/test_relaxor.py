from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.response.relaxor import edwards_anderson, frozen_correlation, modulus_law
from entrox.order.response.relaxor_temperatures import burns_temperature, vogel_fulcher

BOLTZMANN = 8.617333262e-5


def test_one_frame_cannot_tell_frozen_from_fluctuating() -> None:
    with pytest.raises(InputError, match="two separate halves"):
        edwards_anderson(np.ones((1, 10, 3)))
    with pytest.raises(InputError, match="at least 7 frames with a gap of 5"):
        edwards_anderson(np.ones((6, 10, 3)), gap=5)


def test_cells_without_a_value_are_left_out_and_counted() -> None:
    p = np.ones((4, 10, 3))
    p[2, 3] = np.nan
    found = edwards_anderson(p)
    assert (found.n_cells, found.q) == (9, 3.0)
    assert "1 cells" in found.warnings[0]
    with pytest.raises(InputError, match="no cell"):
        edwards_anderson(np.full((4, 2, 3), np.nan))


def test_the_correlation_of_exponential_memory_is_exponential_and_has_no_level_plateau_at_short_times() -> None:
    rng = np.random.default_rng(0)
    memory, frames, cells = 20.0, 400, 3000
    phi = np.exp(-1.0 / memory)
    p = np.empty((frames, cells, 3))
    p[0] = rng.normal(size=(cells, 3))
    for k in range(1, frames):
        p[k] = phi * p[k - 1] + np.sqrt(1 - phi**2) * rng.normal(size=(cells, 3))
    long = frozen_correlation(p)
    assert long.q[:40] == pytest.approx(3.0 * phi ** np.arange(40), abs=0.05)
    assert abs(long.plateau) < 4 * long.plateau_error + 0.01
    short = frozen_correlation(p, max_lag=40)
    assert not short.level
    np.testing.assert_allclose(short.q, long.q[:41])


def test_the_fast_transform_equals_the_plain_sum_over_origins() -> None:
    p = np.random.default_rng(1).normal(size=(13, 5, 3))
    found = frozen_correlation(p, max_lag=12)
    for lag in range(13):
        plain = (p[: 13 - lag] * p[lag:]).sum(axis=2).mean()
        assert found.q[lag] == pytest.approx(plain, abs=1e-12)


def test_the_moduli_of_gaussian_vectors_follow_the_law_of_three_and_those_of_a_sphere_do_not() -> None:
    rng = np.random.default_rng(2)
    gauss = rng.normal(scale=0.2, size=(500, 3))
    found = modulus_law(gauss, rng=np.random.default_rng(3))
    assert found.p_value > 0.05
    assert found.scale == pytest.approx(0.2, rel=0.05)
    assert (found.density * np.diff(found.edges)).sum() == pytest.approx(1.0)
    sphere = gauss / np.linalg.norm(gauss, axis=1, keepdims=True)
    assert modulus_law(sphere, rng=np.random.default_rng(3)).p_value < 0.01
    assert modulus_law(gauss).p_value is None


def test_the_p_value_of_the_law_is_uniform_under_the_law() -> None:
    values = [
        modulus_law(np.random.default_rng(seed).normal(size=(60, 3)), rng=np.random.default_rng(900), draws=200).p_value
        for seed in range(60)
    ]
    assert np.mean(values) == pytest.approx(0.5, abs=0.12)
    assert np.mean(np.array(values) < 0.1) < 0.25


def susceptibility_line(t: np.ndarray, burns: float) -> np.ndarray:
    """Curie-Weiss above the Burns temperature, then a quadratic departure."""
    return (t - 300.0) / 1.5e5 + np.where(t < burns, ((burns - t) / 100.0) ** 2 * 2e-4, 0.0)


def test_curie_weiss_finds_where_the_inverse_susceptibility_leaves_its_line() -> None:
    t = np.arange(400.0, 901.0, 20.0)
    values = susceptibility_line(t, 620.0)
    errors = np.full_like(t, 2e-6)
    values += np.random.default_rng(4).normal(scale=2e-6, size=t.shape)
    found = burns_temperature(t, values, errors, "curie_weiss")
    assert 580.0 <= found.temperature_k <= 620.0
    assert found.next_k == found.temperature_k + 20.0
    assert found.curie_weiss_k == pytest.approx(300.0, abs=15.0)
    assert found.curie_constant_k == pytest.approx(1.5e5, rel=0.03)
    shuffled = np.random.default_rng(0).permutation(len(t))
    again = burns_temperature(t[shuffled], values[shuffled], errors, "curie_weiss")
    assert again.temperature_k == found.temperature_k


def test_one_row_off_the_line_is_no_burns_temperature() -> None:
    t = np.arange(400.0, 901.0, 20.0)
    values = (t - 300.0) / 1.5e5
    values[8] += 1e-4
    found = burns_temperature(t, values, np.full_like(t, 2e-6), "curie_weiss")
    assert found.temperature_k is None
    assert "no Burns temperature" in found.warnings[0]


def test_noise_about_a_straight_line_seldom_looks_like_a_burns_temperature() -> None:
    t = np.arange(400.0, 901.0, 20.0)
    errors = np.full_like(t, 2e-6)
    found = 0
    for seed in range(200):
        values = (t - 300.0) / 1.5e5 + np.random.default_rng(seed).normal(scale=2e-6, size=t.shape)
        found += burns_temperature(t, values, errors, "curie_weiss", n_hot=5).temperature_k is not None
    assert found <= 6


def test_the_local_estimator_takes_the_hottest_row_with_frozen_polarization() -> None:
    t = np.array([300.0, 400.0, 500.0, 600.0])
    found = burns_temperature(t, [0.4, 0.2, 0.05, 0.001], [0.01, 0.01, 0.01, 0.01], "local")
    assert (found.estimator, found.temperature_k, found.next_k) == ("local", 500.0, 600.0)
    assert found.curie_weiss_k is None
    assert burns_temperature(t, [0.0] * 4, [0.01] * 4, "local").temperature_k is None
    assert "lies higher" in burns_temperature(t, [0.4] * 4, [0.01] * 4, "local").warnings[0]


def test_a_burns_temperature_without_its_estimator_or_error_is_refused() -> None:
    t = np.arange(400.0, 500.0, 10.0)
    with pytest.raises(InputError, match="estimator"):
        burns_temperature(t, t, np.ones_like(t), "best")
    with pytest.raises(InputError, match="errors"):
        burns_temperature(t, t, np.zeros_like(t), "local")
    with pytest.raises(InputError, match="two colder ones"):
        burns_temperature(t[:5], t[:5], np.ones(5), "curie_weiss")


@pytest.mark.parametrize(("freezing", "energy"), [(230.0, 0.04), (150.0, 0.12)])
def test_vogel_fulcher_times_give_back_their_law(freezing: float, energy: float) -> None:
    t = np.linspace(freezing + 25.0, freezing + 120.0, 8)
    tau = 1e-12 * np.exp(energy / (BOLTZMANN * (t - freezing)))
    found = vogel_fulcher(t, tau)
    assert found.freezing_k == pytest.approx(freezing, abs=1e-2)
    assert found.activation_ev == pytest.approx(energy, rel=1e-3)
    assert found.attempt_s == pytest.approx(1e-12, rel=1e-2)
    assert found.rms_log < 1e-4 < found.rms_log_arrhenius
    assert not found.at_bound


def test_the_error_of_the_freezing_temperature_covers_its_scatter() -> None:
    t = np.linspace(260.0, 350.0, 10)
    clean = np.log(1e-12) + 0.04 / (BOLTZMANN * (t - 230.0))
    pulls = []
    for seed in range(40):
        noisy = clean + np.random.default_rng(seed).normal(scale=0.1, size=t.shape)
        found = vogel_fulcher(t, np.exp(noisy))
        pulls.append((found.freezing_k - 230.0) / found.freezing_error_k)
    assert 0.6 < np.std(pulls) < 1.6
    assert abs(np.mean(pulls)) < 0.6


def test_activated_times_show_no_freezing_temperature() -> None:
    t = np.linspace(200.0, 300.0, 6)
    found = vogel_fulcher(t, 1e-12 * np.exp(0.3 / (BOLTZMANN * t)))
    assert found.at_bound
    assert found.warnings


def test_three_temperatures_are_too_few_for_three_parameters() -> None:
    with pytest.raises(InputError, match="needs 4 temperatures; got 3"):
        vogel_fulcher([200.0, 220.0, 240.0, 240.0], [3.0, 2.0, 1.0, 1.0])
