from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.scattering.data.hold_out import check_hold_out, held_out_points, narrowest_block
from entrox.scattering.operators.set_operator import SetOperator


def data_set(name: str, held: list[int] | None = None, measurement: str = "run 1") -> SetOperator:
    mask = np.zeros(5, dtype=bool)
    mask[held or []] = True
    zeros = np.zeros(5)
    return SetOperator(
        name=name,
        form="F",
        measurement=measurement,
        channels=("total",),
        x=np.arange(5.0),
        observed=zeros,
        sigma=zeros + 1.0,
        held_out=mask,
        matrix=np.zeros((5, 3)),
        constant=zeros,
    )


def test_blocks_of_q_are_held_out_whole() -> None:
    q = np.arange(0.5, 10.0, 0.1)
    held = held_out_points(q, [(2.0, 2.7), (6.0, 7.0)], radius_angstrom=10.0)
    assert q[held][[0, -1]] == pytest.approx([2.0, 7.0])
    assert held.sum() == 8 + 11


def test_a_block_narrower_than_two_pi_over_r_only_tests_interpolation() -> None:
    q = np.arange(0.5, 10.0, 0.1)
    assert narrowest_block(radius_angstrom=10.0) == pytest.approx(0.6283, abs=1e-4)
    with pytest.raises(InputError, match=r"0\.6283 wide"):
        held_out_points(q, [(2.0, 2.6)], radius_angstrom=10.0)


def test_a_block_of_r_is_at_least_two_pi_over_qmax_wide() -> None:
    r = np.arange(1.0, 10.0, 0.02)
    assert held_out_points(r, [(3.0, 3.2)], qmax_per_angstrom=35.0).sum() == 11
    with pytest.raises(InputError, match="wide"):
        held_out_points(r, [(3.0, 3.1)], qmax_per_angstrom=35.0)


def test_a_block_beside_the_data_or_over_all_of_them_is_refused() -> None:
    q = np.arange(0.5, 10.0, 0.1)
    with pytest.raises(InputError, match="holds no point"):
        held_out_points(q, [(12.0, 14.0)], radius_angstrom=10.0)
    with pytest.raises(InputError, match="nothing is left"):
        held_out_points(q, [(0.0, 11.0)], radius_angstrom=10.0)
    with pytest.raises(InputError, match="give radius"):
        narrowest_block()


def test_held_out_points_leak_through_a_second_set_of_the_measurement() -> None:
    with pytest.raises(InputError, match="G is a transform"):
        check_hold_out([data_set("F", [1, 2]), data_set("G")])


def test_nothing_leaks_from_another_measurement_or_a_recomputed_set() -> None:
    check_hold_out([data_set("F", [1, 2]), data_set("G", measurement="run 2")])
    check_hold_out([data_set("F", [1, 2]), data_set("G")], recomputed=["G"])
    check_hold_out([data_set("F"), data_set("G")])
    check_hold_out([data_set("F", [1, 2], ""), data_set("G", measurement="")])
