"""Checks return the value or name what is wrong."""

import numpy as np
import pytest

from entrox.core import (
    InputError,
    check_finite,
    check_in_range,
    check_integer,
    check_positive,
    check_shape,
    check_site_fractions,
)


def test_positive_numbers_pass_unchanged():
    assert check_positive(2, "x") == 2.0


@pytest.mark.parametrize("value", [0, -1.0, np.nan, np.inf, "a"])
def test_other_numbers_are_refused_with_name_and_unit(value):
    with pytest.raises(InputError, match="length"):
        check_positive(value, "length", "angstrom")


@pytest.mark.parametrize("value", [-0.1, 1.0, np.nan, None])
def test_range_ends_can_be_open(value):
    with pytest.raises(InputError, match=r"\[0, 1\)"):
        check_in_range(value, "x", low=0.0, high=1.0, high_open=True)


@pytest.mark.parametrize("value", [True, 1.0, 0, 11])
def test_whole_numbers_exclude_booleans_and_floats(value):
    with pytest.raises(InputError, match="whole number"):
        check_integer(value, "n", low=1, high=10)


def test_shape_may_leave_an_axis_free():
    assert check_shape(np.zeros((4, 2)), (None, 2), "points").shape == (4, 2)
    with pytest.raises(InputError, match=r"\(any, 3\)"):
        check_shape(np.zeros((4, 2)), (None, 3), "points")


def test_nan_is_counted():
    with pytest.raises(InputError, match="1 NaN or infinite of 3"):
        check_finite([0.0, np.nan, 1.0], "data")


def test_site_fractions_must_sum_to_one_on_each_sublattice():
    assert len(check_site_fractions([[0.5, 0.5], [1.0]])) == 2
    with pytest.raises(InputError, match=r"site_fractions\[1\].*sum 1.1.*vacancy"):
        check_site_fractions([[1.0], [0.5, 0.6]])


def test_site_fractions_of_many_compositions_are_checked_at_once():
    many = np.array([[0.5, 0.5], [0.4, 0.5]])
    with pytest.raises(InputError, match=r"sum 0\.9"):
        check_site_fractions([many])
