"""Products with an operator in two short steps."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.scattering.operators.two_step import LEFT_OUT, ROUNDING, two_step

R = 0.02 * np.arange(1, 1001)
Q = np.linspace(0.5, 35.0, 230)
WAVES = np.sin(R[:, None] * Q) / R[:, None]
"""A band-limited operator: Q up to 35 per angstrom, R up to 20 angstrom."""


def product(operator, rows, first=0):
    steps = two_step(operator, first)
    out = np.zeros((len(rows), operator.shape[1]), dtype=np.float32)
    steps.product(rows.astype(np.float32), np.zeros((len(rows), len(steps.right)), dtype=np.float32), out)
    return steps, out


def test_product_is_that_of_one_step_within_single_precision():
    rows = np.random.default_rng(0).integers(-9, 10, (40, len(R))).astype(float)
    _, found = product(WAVES, rows)
    scale = np.abs(rows) @ np.linalg.norm(WAVES, axis=1)
    error = np.linalg.norm(found - rows @ WAVES, axis=1) / scale
    assert error.max() < LEFT_OUT * ROUNDING
    assert error.max() > 0.0


def test_what_a_block_leaves_out_of_a_row_is_below_the_bound():
    steps = two_step(WAVES, 0)
    at, rebuilt = 0, []
    for left in steps.lefts:
        rebuilt.append(left.astype(float) @ steps.right[at : at + left.shape[1]].astype(float))
        at += left.shape[1]
    lost = np.linalg.norm(np.vstack(rebuilt) - WAVES, axis=1) / np.linalg.norm(WAVES, axis=1)
    # The factors themselves are rounded, each by half a unit in the last place.
    assert lost.max() < (LEFT_OUT + 2.0) * ROUNDING


def test_band_limited_operator_is_short_and_takes_less_work():
    steps = two_step(WAVES, 0)
    work = sum(left.size for left in steps.lefts) + steps.right.size
    # A block sees w Qmax/pi numbers, and about a dozen more at its ends.
    assert len(steps.right) < 35.0 * 20.0 / np.pi + 14 * len(steps.lefts)
    assert work < 0.55 * WAVES.size


def test_parts_of_the_second_step_are_orthonormal():
    steps, at = two_step(WAVES, 0), 0
    for left in steps.lefts:
        part = steps.right[at : at + left.shape[1]].astype(float)
        np.testing.assert_allclose(part @ part.T, np.eye(len(part)), atol=1e-6)
        at += left.shape[1]


def test_short_rows_are_kept_as_exactly_as_long_ones():
    lengths = np.where(np.arange(len(R)) % 125 < 60, 1.0, 1e-6)[:, None]
    steps, at = two_step(lengths * WAVES, 0), 0
    for low, left in zip(steps.edges, steps.lefts, strict=False):
        block = (lengths * WAVES)[low : low + len(left)]
        lost = left.astype(float) @ steps.right[at : at + left.shape[1]].astype(float) - block
        assert np.max(np.linalg.norm(lost, axis=1) / np.linalg.norm(block, axis=1)) < (LEFT_OUT + 2.0) * ROUNDING
        at += left.shape[1]


def test_rows_before_the_first_are_not_read():
    rows = np.random.default_rng(1).normal(size=(5, len(R)))
    rows[:, :70] = np.nan
    steps, found = product(WAVES, rows, first=70)
    assert steps.edges[0] == 70
    np.testing.assert_allclose(found, rows[:, 70:] @ WAVES[70:], atol=1e-4 * np.abs(found).max())


@pytest.mark.parametrize(
    "operator",
    [
        pytest.param(np.zeros((30, 4)), id="nothing is seen"),
        pytest.param(np.random.default_rng(2).normal(size=(7, 20)), id="more numbers than bins"),
        pytest.param(np.random.default_rng(3).normal(size=(300, 20)), id="nothing can be left out"),
        pytest.param(np.ones((1, 1)), id="one bin"),
    ],
)
def test_operators_of_any_shape(operator):
    rows = np.random.default_rng(4).normal(size=(6, len(operator)))
    _, found = product(operator, rows)
    np.testing.assert_allclose(found, rows @ operator, rtol=1e-5, atol=1e-5)
    _, last = product(operator, rows, first=len(operator) + 3)  # nothing is seen but the last bin
    np.testing.assert_allclose(last, rows[:, -1:] @ operator[-1:], rtol=1e-5, atol=1e-5)
