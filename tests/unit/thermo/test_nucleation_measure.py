"""The measure of studies: free energies along a family, what they do not cover, what is counted twice."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from entrox.composition import parse_formula
from entrox.core import generator
from entrox.core.units import BOLTZMANN_EV_PER_K, J_PER_M3_PER_EV_PER_ANGSTROM3
from entrox.thermo import barrier
from entrox.thermo.measures import MEASURES, NucleationMeasureSettings

SERIES = parse_formula("Bi(4-4x)LaxNdxPrxSmxTi3O12")
ALONG = {"temperature_k": 300.0, "x": (0.0, 0.5, 0.75), "df_j_per_m3": (-1e9, -2e9, -4e9), "gamma_j_per_m2": 1.0}


def evaluate(at: float, /, **settings):
    return MEASURES[0].evaluate(SERIES.at(x=at), NucleationMeasureSettings(**settings), generator(1))


def test_between_the_points_of_a_family_the_free_energy_is_interpolated() -> None:
    found = evaluate(0.25, **ALONG)
    assert found["df_j_per_m3"] == pytest.approx(-1.5e9)
    assert found["barrier_ev"] == pytest.approx(barrier(-1.5e9, 1.0))
    assert found["warnings"] == ()
    assert set(found) - {"warnings"} == {declared.name for declared in MEASURES[0].quantities}


def test_outside_the_points_there_is_no_answer() -> None:
    found = evaluate(0.9, **ALONG)
    assert (found["barrier_ev"], found["df_j_per_m3"]) == (None, None)
    assert "outside the points" in found["warnings"][0]


def test_one_free_energy_for_all_gives_one_barrier_whatever_the_entropy() -> None:
    values = [evaluate(x, temperature_k=300.0, df_j_per_m3=(-1e9,)) for x in (0.1, 0.7)]
    assert values[0]["barrier_ev"] == values[1]["barrier_ev"]
    assert "every composition" in values[0]["warnings"][0]


def test_mixing_all_cations_lowers_the_free_energy_by_the_same_amount_everywhere() -> None:
    mixed = {**ALONG, "substitutional": "all-cations", "volume_angstrom3_per_atom": 13.0}
    shifts = [evaluate(x, **mixed)["df_j_per_m3"] - evaluate(x, **ALONG)["df_j_per_m3"] for x in (0.0, 0.6)]
    expected = -0.251598 * BOLTZMANN_EV_PER_K * 300.0 / 13.0 * J_PER_M3_PER_EV_PER_ANGSTROM3
    assert shifts == pytest.approx([expected] * 2, rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": (0.0, 0.5)}, "one value for each"),
        ({"x": (0.0, 0.75, 0.5)}, "must rise"),
        ({"df_error_j_per_m3": (1e8,)}, "df_error_j_per_m3 needs"),
        ({"substitutional": "all-cations"}, "needs volume"),
        ({"temperature_k": -1.0}, "greater than 0"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(changes, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NucleationMeasureSettings(**{**ALONG, **changes})


def test_the_temperature_has_no_default() -> None:
    with pytest.raises(ValidationError, match="temperature_k"):
        NucleationMeasureSettings(df_j_per_m3=(-1e9,))
