from __future__ import annotations

import numpy as np
import pytest

from entrox.atomprobe.ledger import PUBLISHED_FRACTIONS
from entrox.atomprobe.paper import tangent_size_nm
from entrox.order.local_entropy.counting_noise import (
    chance_of_published_cubes,
    counting_sd,
    plateau_size_nm,
    poisson_cube_entropy,
    poisson_cube_sd,
)
from entrox.order.local_entropy.estimators import entropy_estimate, expected_entropy

P = list(PUBLISHED_FRACTIONS.values())
BULK = 1.37413
DEPRESSION = 0.148
"""Published entropy of all ions minus that of 1 nm cubes."""


@pytest.mark.parametrize(
    ("n", "sd"),
    [(10, 0.147), (11, 0.135), (12, 0.124), (15, 0.099), (20, 0.075), (25, 0.061), (32, 0.048), (87, 0.022)],
)
def test_the_spread_of_one_cube_is_that_of_multinomial_draws(n: int, sd: float) -> None:
    assert counting_sd(n, P) == pytest.approx(sd, rel=0.03)


def test_the_exact_spread_agrees_with_drawn_cubes_and_with_an_enumeration() -> None:
    drawn = entropy_estimate(np.random.default_rng(1).multinomial(12, P, size=200_000), "plugin")
    assert counting_sd(12, P) == pytest.approx(drawn.std(), rel=0.01)
    # Two ions of two species: S = ln 2 with probability 2 p q, else 0.
    chance = 2 * 0.3 * 0.7
    assert counting_sd(2, [0.3, 0.7]) == pytest.approx(np.log(2) * np.sqrt(chance * (1 - chance)))


@pytest.mark.parametrize(
    ("n", "share"), [(10, 116), (11, 104), (12, 94), (15, 73), (20, 54), (25, 42), (32, 33), (87, 12)]
)
def test_counting_explains_a_share_of_the_published_depression(n: int, share: float) -> None:
    assert 100.0 * (BULK - expected_entropy(n, P)) / DEPRESSION == pytest.approx(share, abs=0.6)


@pytest.mark.parametrize(
    ("mean", "plain", "weighted", "sd"),
    [(12, 1.2173, 1.2337, 0.153), (25, 1.3085, 1.3114, 0.066), (32, 1.3240, 1.3257, None)],
)
def test_poisson_counts_lower_the_entropy_further(mean: float, plain: float, weighted: float, sd: float | None) -> None:
    assert poisson_cube_entropy(mean, P) == pytest.approx(plain, abs=2e-4)
    assert poisson_cube_entropy(mean, P, weighted=True) == pytest.approx(weighted, abs=2e-4)
    assert sd is None or poisson_cube_sd(mean, P) == pytest.approx(sd, rel=0.03)


@pytest.mark.parametrize(
    ("mean", "low", "scattered", "tolerance"),
    [(11, 0.66, 0.38, 0.02), (12, 0.53, 0.29, 0.02), (13, 0.41, 0.21, 0.02), (25, 0.0017, 0.004, 0.001)],
)
def test_nine_cubes_of_a_random_alloy_look_like_the_published_ones_at_eleven_to_thirteen_ions(
    mean: float, low: float, scattered: float, tolerance: float
) -> None:
    rng = np.random.default_rng(7)
    found = chance_of_published_cubes(mean, P, entropy=1.226, scatter=0.16, rng=rng, n_draws=40_000)
    assert found == pytest.approx((low, scattered), abs=tolerance)


@pytest.mark.parametrize(
    ("second", "density", "linear", "log"),
    [
        (2.0, 9, 2.10, 2.15), (2.0, 12, 2.11, 2.16), (2.0, 25, 2.13, 2.19), (2.0, 32, 2.13, 2.19),
        (2.5, 9, 2.58, 2.62), (2.5, 32, 2.60, 2.65), (3.0, 9, 3.06, 3.10), (3.0, 32, 3.07, 3.12),
        (5.0, 9, 5.02, 5.05), (5.0, 32, 5.03, 5.06),
    ],
)  # fmt: skip
def test_the_tangent_of_a_random_alloy_returns_the_second_size(
    second: float, density: float, linear: float, log: float
) -> None:
    sizes = [1.0, second]
    noise = [poisson_cube_entropy(density * size**3, P) for size in sizes]
    assert tangent_size_nm(sizes, noise, BULK) == pytest.approx(linear, abs=0.02)
    assert tangent_size_nm(sizes, noise, BULK, "log") == pytest.approx(log, abs=0.02)


@pytest.mark.parametrize(
    ("density", "sizes"), [(25.0, (1.63, 2.06, 3.52)), (12.0, (2.09, 2.63, 4.50))]
)  # fmt: skip
def test_a_plateau_rule_finds_a_size_in_noise(density: float, sizes: tuple[float, ...]) -> None:
    found = [plateau_size_nm(density, tolerance, P) for tolerance in (0.01, 0.005, 0.001)]
    assert found == pytest.approx(sizes, abs=0.006)
