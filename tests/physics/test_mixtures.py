"""Mixing rules: published values, bounds, duality, inverses, and mosaics against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.film.mixture import (
    bruggeman,
    ellipsoid_mixture,
    inclusion_fraction,
    inclusion_permittivity,
    inverse_maxwell_garnett,
    looyenga,
    maxwell_garnett,
    wiener_bounds,
)
from entrox.film.voxel_mosaic import homogenize

MATRIX, GRAIN = 30.0, 120.0
SHARES = np.linspace(0.0, 1.0, 101)


def test_published_values_of_a_share_of_three_tenths():
    found = [*wiener_bounds(MATRIX, GRAIN, 0.3), maxwell_garnett(MATRIX, GRAIN, 0.3),
             inverse_maxwell_garnett(MATRIX, GRAIN, 0.3), bruggeman(MATRIX, GRAIN, 0.3),
             maxwell_garnett(MATRIX, GRAIN, 0.3, 2),
             bruggeman(MATRIX, GRAIN, 0.3, 2)]  # fmt: skip
    assert [float(item) for item in found] == pytest.approx(
        [38.7097, 57.0, 45.8824, 51.8919, 48.0, 43.1707, 44.6418], rel=1e-5
    )


@pytest.mark.parametrize("dimension", [2, 3])
def test_rules_lie_between_the_bounds_and_meet_at_the_pure_phases(dimension):
    low, high = wiener_bounds(MATRIX, GRAIN, SHARES)
    first, second = (
        maxwell_garnett(MATRIX, GRAIN, SHARES, dimension),
        inverse_maxwell_garnett(MATRIX, GRAIN, SHARES, dimension),
    )
    middle = bruggeman(MATRIX, GRAIN, SHARES, dimension)
    for a, b in ((low, first), (first, middle), (middle, second), (second, high)):
        assert (a <= b * (1.0 + 1e-12)).all()
    other = looyenga(MATRIX, GRAIN, SHARES, dimension)
    assert (first <= other * (1.0 + 1e-12)).all()
    assert (other <= second * (1.0 + 1e-12)).all()
    for rule in (low, high, first, second, middle, other):
        assert (rule[0], rule[-1]) == pytest.approx((MATRIX, GRAIN))
    assert np.allclose(bruggeman(MATRIX, MATRIX, SHARES, dimension), MATRIX)


def test_columns_in_equal_parts_mix_as_their_geometric_mean():
    assert float(bruggeman(MATRIX, GRAIN, 0.5, 2)) == pytest.approx(np.sqrt(MATRIX * GRAIN))


def test_ellipsoids_reach_from_layer_to_layer_over_the_ball():
    low, high = wiener_bounds(MATRIX, GRAIN, 0.3)
    assert float(ellipsoid_mixture(MATRIX, GRAIN, 0.3, 1.0)) == pytest.approx(float(low))
    assert float(ellipsoid_mixture(MATRIX, GRAIN, 0.3, 0.0)) == pytest.approx(float(high))
    assert float(ellipsoid_mixture(MATRIX, GRAIN, 0.3, 1.0 / 3.0)) == pytest.approx(
        float(maxwell_garnett(MATRIX, GRAIN, 0.3))
    )


def test_loss_mixes_too_and_never_turns_into_gain():
    lossy = bruggeman(MATRIX * (1 + 0.01j), GRAIN * (1 + 0.1j), SHARES)
    assert (lossy.imag > 0.0).all()
    tangent = lossy.imag / lossy.real
    assert (np.diff(tangent) > 0.0).all()
    assert np.allclose(lossy.real, bruggeman(MATRIX, GRAIN, SHARES), rtol=0.02)


def test_the_share_of_a_measured_value_depends_on_the_rule_and_may_not_exist():
    found = inclusion_fraction(25.0, 120.0, 35.0)
    assert (found.maxwell_garnett, found.bruggeman) == pytest.approx((0.21053, 0.19048), abs=1e-4)
    assert found.wiener_low < found.low < found.high < found.wiener_high
    assert inclusion_fraction(25.0, 120.0, 20.0).verdict == "not a mixture of these two"
    assert inclusion_fraction(25.0, 120.0, 130.0).low is None
    phase = inclusion_permittivity(25.0, 0.21053, 35.0)
    assert phase.maxwell_garnett == pytest.approx(120.0, rel=1e-3)
    assert inclusion_permittivity(25.0, 0.1, 400.0).maxwell_garnett is None
    assert inclusion_fraction(25.0, 25.0, 25.0).verdict.endswith("any share gives it")


@pytest.mark.parametrize(("matrix", "share", "measured"), [(25.0, 0.4, 35.0), (25.0, 0.9, 20.0), (100.0, 0.5, 60.0)])
def test_the_phase_that_a_value_asks_for_lies_within_what_any_arrangement_allows(matrix, share, measured):
    found = inclusion_permittivity(matrix, share, measured)
    assert found.wiener_low < found.low < found.high < (found.wiener_high or np.inf)
    for end in (found.wiener_low, found.wiener_high):
        assert end is None or measured == pytest.approx(
            min(wiener_bounds(matrix, end, share), key=lambda value: abs(float(value) - measured))
        )


def test_a_phase_below_vacuum_is_none():
    found = inclusion_permittivity(25.0, 0.2, 15.0)
    assert found.wiener_low is None
    assert found.wiener_high == pytest.approx(5.769, abs=1e-3)
    assert found.looyenga is None
    assert found.inverse_maxwell_garnett == pytest.approx(3.094, abs=1e-3)
    assert inclusion_permittivity(25.0, 0.1, 2.0).verdict.startswith("no phase")


def test_weak_contrast_mixes_alike_by_every_isotropic_rule():
    for dimension in (2, 3):
        values = [float(rule(10.0, 10.1, 0.4, dimension)) for rule in (maxwell_garnett, bruggeman, looyenga)]
        expected = 10.04 - 0.4 * 0.6 * 0.1**2 / (dimension * 10.04)  # the mean less its variance over d times it
        assert values == pytest.approx([expected] * 3, abs=2e-6)


@pytest.mark.parametrize("dimension", [2, 3])
def test_bruggeman_solves_its_equation_for_any_loss(dimension):
    rng = generator(12)
    m, i = (rng.uniform(1.0, 100.0, 200) * (1.0 + 1j * rng.uniform(0.0, 3.0, 200)) for _ in range(2))
    f, d = rng.uniform(0.0, 1.0, 200), dimension
    e = bruggeman(m, i, f, d)
    rest = f * (i - e) / (i + (d - 1) * e) + (1.0 - f) * (m - e) / (m + (d - 1) * e)
    assert np.abs(rest).max() < 1e-12
    assert (e.imag >= 0.0).all()
    assert (e.real > 0.0).all()


@pytest.mark.parametrize("shape", [(8, 6), (7, 5), (6, 4, 5)])
def test_a_laminate_of_voxels_is_that_of_wiener(shape):
    phases = (np.arange(shape[0]) % 3 == 0).reshape(-1, *[1] * (len(shape) - 1)) * np.ones(shape)
    share = float(phases.mean())
    found = homogenize(np.where(phases > 0.0, GRAIN, MATRIX), tolerance=1e-10).tensor
    low, high = wiener_bounds(MATRIX, GRAIN, share)
    assert np.allclose(found, np.diag([float(low), *[float(high)] * (len(shape) - 1)]), rtol=1e-9, atol=1e-8)


def test_a_checkerboard_is_the_geometric_mean():
    cells = np.kron(np.indices((2, 2)).sum(axis=0) % 2, np.ones((32, 32)))
    found = homogenize(np.where(cells > 0, 4.0, 1.0)).tensor
    assert np.allclose(found, 2.0 * np.eye(2), rtol=0.03, atol=1e-6)


def test_a_dilute_ball_is_that_of_maxwell_and_garnett():
    n, radius = 32, 6.2
    places = np.indices((n, n, n)) - 0.5 * (n - 1)
    inside = (places**2).sum(axis=0) < radius**2
    share = float(inside.mean())
    found = homogenize(np.where(inside, 3.0, 1.0)).tensor
    first_order = 3.0 * share * (3.0 - 1.0) / (3.0 + 2.0)
    assert np.allclose(found.diagonal() - 1.0, first_order, rtol=0.06)
    assert float(maxwell_garnett(1.0, 3.0, share)) == pytest.approx(float(found.diagonal().mean()), rel=3e-3)


def test_a_random_mosaic_lies_between_the_bounds():
    phases = generator(1).random((16, 16, 16)) < 0.3
    found = homogenize(np.where(phases, GRAIN, MATRIX)).tensor.diagonal()
    share = float(phases.mean())
    low, high = wiener_bounds(MATRIX, GRAIN, share)
    assert (found > float(low)).all()
    assert (found < float(high)).all()


def test_shares_and_permittivities_out_of_range_are_refused():
    for bad in ((MATRIX, GRAIN, 1.2), (MATRIX, -1.0, 0.2), (MATRIX * (1 - 0.1j), GRAIN, 0.2)):
        with pytest.raises(InputError):
            bruggeman(*bad)
    with pytest.raises(InputError, match="2 or 3 axes"):
        homogenize(np.ones(4))
