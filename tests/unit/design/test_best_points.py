import numpy as np
import pandas as pd
import pytest

from entrox.core.errors import InputError
from entrox.design import best_points

E = "breakdown_field_mv_per_m"


def table(values: list[float], half_width: float = 5.0, family: str = "F") -> pd.DataFrame:
    x = np.linspace(0, 0.1 * (len(values) - 1), len(values)).round(10)
    field = np.array(values, dtype=float)
    low, high = "breakdown_field_low_mv_per_m", "breakdown_field_high_mv_per_m"
    names = [f"c{n}" for n in range(len(x))]
    return pd.DataFrame(
        {"family": family, "composition": names, "x": x, E: field, low: field - half_width, high: field + half_width}
    )


def test_the_maximum_and_its_indistinguishable_neighbours_are_found() -> None:
    (best,) = best_points(table([100, 120, 145, 150, 143, 120, 149]))
    assert (best.x, best.value, best.low, best.high) == (0.3, 150, 145, 155)
    assert (best.x_low, best.x_high) == (0.2, 0.4)  # x = 0.6 overlaps as well, but is no neighbour
    assert best.host_value == 100
    assert not best.at_edge


def test_narrow_intervals_leave_the_maximum_alone() -> None:
    (best,) = best_points(table([100, 120, 145, 150, 143], half_width=0.5))
    assert best.x_low == best.x == best.x_high


def test_a_maximum_at_the_end_of_the_range_is_marked() -> None:
    (best,) = best_points(table([100, 110, 140]))
    assert best.at_edge


def test_missing_values_are_passed_over_and_an_empty_family_left_out() -> None:
    points = pd.concat([table([np.nan, 110, 130, np.nan]), table([np.nan, np.nan], family="G")])
    (best,) = best_points(points)
    assert (best.family, best.x, best.host_value) == ("F", 0.2, None)


def test_a_quantity_without_interval_has_none() -> None:
    (best,) = best_points(table([1, 3, 2]).rename(columns={E: "other"}), "other", interval=None)
    assert (best.low, best.high, best.x_low, best.x_high) == (None, None, 0.1, 0.1)


def test_an_unknown_quantity_is_named() -> None:
    with pytest.raises(InputError, match="no column 'energy'"):
        best_points(table([1, 2]), "energy")
