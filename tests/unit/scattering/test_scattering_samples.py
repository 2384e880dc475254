from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.composition.scattering_factors import (
    LENGTH_TABLES,
    scattering_length,
    scattering_lengths,
    x_ray_form_factors,
)
from entrox.core import InputError
from entrox.scattering.data.independent_data import independent_data, independent_data_warnings
from entrox.scattering.data.sample import sample_of
from entrox.scattering.data.weights import faber_ziman_weights, pair_weights
from entrox.scattering.operators.bins import Bins, check_table_radius, largest_table_radius

DOPED = "Ba0.926Ca0.074Ti0.892Sn0.108O3"


def test_sears_lengths_are_the_published_ones() -> None:
    table = scattering_lengths("sears1992")
    expected = {"Ti": -3.438, "O": 5.803, "Sr": 7.02, "Ba": 5.07, "Ca": 4.70, "Sn": 6.225}
    assert {name: table[name] for name in expected} == expected


def test_periodictable_lengths_differ_where_newer_measurements_do() -> None:
    table = scattering_lengths("periodictable")
    assert (table["Ti"], table["O"], table["Sn"]) == (-3.37, 5.8037, 6.2239)


def test_the_shipped_lengths_are_those_of_the_package_they_are_named_after() -> None:
    periodictable = pytest.importorskip("periodictable")
    if periodictable.__version__ != "2.1.0":
        pytest.skip("the table is that of periodictable 2.1.0")
    for symbol, length in scattering_lengths("periodictable").items():
        assert length == pytest.approx(getattr(periodictable, symbol).neutron.b_c, abs=5e-6 * 10)


@pytest.mark.parametrize("table", LENGTH_TABLES)
def test_every_length_has_a_source(table: str) -> None:
    assert len(scattering_lengths(table)) >= 85
    assert all(scattering_length(name, table).source and scattering_length(name, table).unit == "fm" for name in "HOVW")


def test_an_element_without_length_is_named_with_the_key_to_set() -> None:
    with pytest.raises(InputError, match=r"'Po'.*lengths_fm"):
        sample_of({"Po": 1.0}, 0.05)


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="sears1992"):
        scattering_lengths("sears")


def test_form_factors_begin_at_the_number_of_electrons_and_fall() -> None:
    factors = x_ray_form_factors(["Ba", "Ti", "O"], [0.0, 5.0, 10.0, 20.0])
    assert factors[:, 0] == pytest.approx([56.0, 22.0, 8.0], abs=0.02)
    assert (np.diff(factors, axis=1) < 0.0).all()


def test_an_ion_has_fewer_electrons_than_its_atom_only_near_zero() -> None:
    ion = x_ray_form_factors(["Ba"], [0.0, 20.0], {"Ba": 2})[0]
    atom = x_ray_form_factors(["Ba"], [0.0, 20.0])[0]
    assert ion[0] == pytest.approx(54.0, abs=0.02)
    assert ion[1] == pytest.approx(atom[1], rel=0.01)


@pytest.mark.parametrize(
    ("elements", "q", "charges"), [(["Ba"], [-1.0], None), (["Ba"], [1.0], {"Ba": 7}), (["Qq"], [1.0], None)]
)
def test_form_factors_out_of_the_tables_are_refused(
    elements: list[str], q: list[float], charges: dict[str, int] | None
) -> None:
    with pytest.raises(InputError):
        x_ray_form_factors(elements, q, charges)


def test_the_doped_titanate_has_the_published_mean_lengths() -> None:
    sample = sample_of(DOPED, 5 / 64)
    assert sample.mean_length_squared == pytest.approx(0.16092, abs=1e-5)
    assert sample.mean_squared_length == pytest.approx(0.28238, abs=1e-5)


def test_strontium_titanate_differs_by_0_7_percent_between_the_tables() -> None:
    sears, newer = (sample_of("SrTiO3", 0.084, table=table) for table in LENGTH_TABLES)
    assert sears.mean_length_squared == pytest.approx(0.176249, abs=1e-6)
    assert newer.mean_length_squared == pytest.approx(0.177428, abs=1e-6)
    assert sears.mean_squared_length == pytest.approx(0.324249, abs=1e-6)


def test_faber_ziman_weights_of_the_doped_titanate() -> None:
    weights = faber_ziman_weights(sample_of(DOPED, 5 / 64))
    expected = {
        "O-O": 75.34,
        "Ba-O": 40.63,
        "O-Ti": -26.54,
        "Ba-Ti": -7.16,
        "O-Sn": 5.82,
        "Ba-Ba": 5.48,
        "Ca-O": 3.01,
        "Ti-Ti": 2.34,
        "Ba-Sn": 1.57,
        "Sn-Ti": -1.02,
        "Ba-Ca": 0.81,
        "Ca-Ti": -0.53,
    }
    assert weights.pairs[: len(expected)] == tuple(expected)
    assert {name: weights.by_pair[name] for name in expected} == pytest.approx(expected, abs=0.01)
    assert weights.percent.sum() == pytest.approx(100.0)
    assert np.abs(weights.percent[len(expected) :]).max() <= 0.12
    assert "Ca-Ti" in weights.unseen
    assert "Ti-Ti" not in weights.unseen


def test_x_ray_weights_sum_to_one_at_every_q_and_begin_with_the_electrons() -> None:
    sample = sample_of("BaTiO3", 0.078, probe="xray")
    weights = pair_weights(sample, np.linspace(0.0, 25.0, 6))
    assert weights.sum(axis=0) == pytest.approx(np.ones(6))
    assert weights[0, 0] == pytest.approx(56.0**2 / (56 + 22 + 24) ** 2, rel=2e-3)
    assert faber_ziman_weights(sample, 25.0).by_pair["O-O"] < faber_ziman_weights(sample, 0.0).by_pair["O-O"]


def test_x_rays_have_no_mean_length() -> None:
    with pytest.raises(InputError, match="depend on Q"):
        _ = sample_of("BaTiO3", 0.078, probe="xray").mean_length_squared


def test_a_structure_is_its_own_sample() -> None:
    sample = sample_of(bulk("Ni", "fcc", a=3.524, cubic=True))
    assert sample.number_density == pytest.approx(4 / 3.524**3)
    assert sample.fractions == {"Ni": 1.0}


def test_a_density_that_is_not_that_of_the_structure_is_refused_with_both() -> None:
    with pytest.raises(InputError, match=r"0\.1 .*0\.0914"):
        sample_of(bulk("Ni", "fcc", a=3.524, cubic=True), 0.1)


@pytest.mark.parametrize("composition", ["SrxTiO3", {"Ba": -1.0}, {}])
def test_a_composition_without_numbers_is_refused(composition: str | dict[str, float]) -> None:
    with pytest.raises(InputError):
        sample_of(composition, 0.08)


def test_a_formula_needs_a_density_and_a_structure_a_cell() -> None:
    with pytest.raises(InputError, match="number_density"):
        sample_of("SrTiO3")
    with pytest.raises(InputError, match="no cell"):
        sample_of(Atoms("Ni"))


def test_own_lengths_replace_the_table_and_are_called_so() -> None:
    sample = sample_of("SrTiO3", 0.084, lengths_fm={"Ti": -3.3})
    assert (sample.lengths_fm["Ti"], sample.lengths_fm["O"], sample.table) == (-3.3, 5.803, "own")


def test_independent_numbers_of_the_usual_range() -> None:
    assert independent_data(20.0, 35.0) == pytest.approx(223, rel=0.01)
    assert independent_data_warnings(20.0, 35.0, 40_000) == ()


def test_data_to_q_7_alone_are_too_few_numbers_for_a_box() -> None:
    (note,) = independent_data_warnings(12.0, 7.15, 12**3 * 5)
    assert "27 for 25920 coordinates" in note


def test_a_table_ends_within_half_the_shortest_width_of_a_skewed_box() -> None:
    cell = np.array([[10.0, 0.0, 0.0], [5.0, 8.0, 0.0], [0.0, 0.0, 20.0]])
    assert largest_table_radius(cell) == pytest.approx(0.5 * 8.0)
    check_table_radius(Bins(0.1, 39), cell)
    with pytest.raises(InputError, match=r"4\.0000"):
        check_table_radius(Bins(0.1, 41), cell)


def test_shells_fill_the_sphere_but_for_the_half_bin_in_the_middle() -> None:
    bins = Bins(0.02, 1000)
    whole = 4.0 / 3.0 * np.pi * (bins.radius_angstrom**3 - 0.01**3)
    assert bins.volumes_angstrom3.sum() == pytest.approx(whole, rel=1e-12)
    r, step = bins.centers_angstrom, bins.step_angstrom
    assert bins.volumes_angstrom3 == pytest.approx(4 * np.pi * r**2 * step + np.pi * step**3 / 3)
