"""Reference dielectrics and measured fields."""

import pytest

from entrox.breakdown.materials import (
    LOWER_BOUND_KIND,
    dielectric_parameters,
    measured_fields,
    reference_dielectric,
    reference_dielectrics,
)
from entrox.composition import elements
from entrox.core import InputError


def test_there_are_fourteen_dielectrics_seven_of_them_perovskites():
    names = [item.name for item in reference_dielectrics()]
    assert len(set(names)) == 14
    assert sum(item.material_class == "perovskite" for item in reference_dielectrics()) == 7


@pytest.mark.parametrize("item", reference_dielectrics(), ids=lambda item: item.name)
def test_every_dielectric_is_consistent_with_its_formula(item):
    composition = item.composition()
    assert (composition.prototype == "perovskite") == (item.material_class == "perovskite")
    assert set(item.host_cations) == set(composition.amounts) - {"O"}
    low, high = item.permittivity_range
    assert 1.0 < low <= item.permittivity <= high
    assert {item.permittivity_status, item.band_gap_status} <= set("ABC")
    assert item.band_gap > 0
    assert item.source


@pytest.mark.parametrize("item", reference_dielectrics(), ids=lambda item: item.name)
def test_avalanche_takes_the_bond_that_the_table_calls_the_weakest(item):
    parameters = dielectric_parameters(item)
    weakest = elements.bond_energy_with_oxygen(item.weakest_bond_site).value
    assert parameters.bond_energy == pytest.approx(weakest)
    assert weakest == min(elements.bond_energy_with_oxygen(cation).value for cation in item.host_cations)
    assert any("assumed" in text for text in parameters.warnings)


def test_mean_free_path_is_assumed_by_class():
    low, high = reference_dielectric("BaTiO3").mean_free_path_range
    assert (low, high) == (10.0, 25.0)
    assert reference_dielectric("MgO").mean_free_path_range == (2.0, 10.0)
    for item in reference_dielectrics():
        low, high = item.mean_free_path_range
        assert low < item.assumed_mean_free_path < high


def test_a_given_mean_free_path_is_taken():
    assert dielectric_parameters(reference_dielectric("MgO"), 4.0).mean_free_path == 4.0


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(InputError, match="BaTiO3"):
        reference_dielectric("BaTiO")
    with pytest.raises(InputError, match="nanoscale estimate"):
        measured_fields("fim")


def test_measured_fields_keep_their_kind_and_lower_bounds_are_told_apart():
    films = measured_fields("film")
    assert films
    assert not any(row.is_lower_bound for row in films)
    bounds = measured_fields(LOWER_BOUND_KIND)
    assert bounds
    assert all(row.is_lower_bound for row in bounds)
    assert {row.kind for row in measured_fields()} > {"film", "crystal", "nanoscale estimate"}


def test_status_of_a_measured_field_can_be_chosen():
    sure = measured_fields("film", statuses="A")
    assert {row.status for row in sure} == {"A"}
    assert len(sure) < len(measured_fields("film"))


def test_measured_fields_are_in_volt_per_meter_and_inside_their_range():
    for row in measured_fields():
        assert 1e7 < row.field < 1e10
        if row.low is not None and row.high is not None:
            assert row.low <= row.field <= row.high
