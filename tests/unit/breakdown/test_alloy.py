"""From composition to mean parameters: published changes and what is warned of."""

import numpy as np
import pytest

from entrox.breakdown import (
    PUBLISHED_BOND_ENERGIES,
    linear_mean_free_path,
    mean_parameters,
    plane_parameters,
    planes_of_atoms,
)
from entrox.composition import parse_formula
from entrox.core import InputError


def parameters(formula, x=None, **options):
    family = parse_formula(formula)
    composition = family.at(x) if x is not None else family.at()
    return mean_parameters(composition, **{"host_path": 16.0, **options})


@pytest.mark.parametrize(
    ("formula", "change"),
    [
        ("BaTi0.5Zr0.1Hf0.1Sn0.1Sc0.1Ta0.1O3", -60.4),
        ("Ba0.4Sr0.2Na0.2Sm0.2Ti0.6Zr0.2Hf0.2O3", -92.9),
    ],
)
def test_published_changes_of_the_mean_free_path(formula, change):
    ours = parameters(formula)
    assert 100 * (ours.mean_free_path / 16.0 - 1) == pytest.approx(change, abs=0.3)


@pytest.mark.parametrize(
    ("formula", "plane", "change"),
    [
        ("Ba0.2Sr0.2Ca0.2Na0.2Sm0.2TiO3", "AO", -21.7),
        ("BaTi(1/6)Zr(1/6)Hf(1/6)Sn(1/6)Sc(1/6)Ta(1/6)O3", "BO2", 6.3),
    ],
)
def test_published_changes_of_the_bond_energy(formula, plane, change):
    ratio = parameters(formula, plane=plane).bond_energy / parameters("BaTiO3", plane=plane).bond_energy
    assert 100 * (ratio - 1) == pytest.approx(change, abs=0.3)


def test_published_distortion_of_the_sodium_samarium_series():
    assert 100 * parameters("Ba(1-2x)NaxSmxTiO3", 0.3).lattice_distortion == pytest.approx(10.87, abs=0.05)


def test_host_energies_are_exact_or_the_published_rounding():
    assert parameters("BaTiO3").bond_energy == pytest.approx(5.825, abs=5e-4)
    assert parameters("BaTiO3", bond_energies=PUBLISHED_BOND_ENERGIES).bond_energy == 5.85
    assert parameters("BaTiO3", plane="BO2").bond_energy == pytest.approx(6.908, abs=5e-4)


def test_smallest_ionization_energy_of_the_plane_rules():
    assert parameters("Ba(1-2x)NaxSmxTiO3", 0.1).ionization_energy == pytest.approx(5.139, abs=1e-3)
    assert parameters("BaTiO3").ionization_energy == pytest.approx(5.2117, abs=1e-3)
    assert parameters("BaTiO3", plane="BO2").ionization_energy == pytest.approx(6.828, abs=1e-3)


def test_mean_free_path_falls_to_its_floor_and_says_so():
    assert linear_mean_free_path(16.0, 0.0) == (16.0, False)
    assert linear_mean_free_path(16.0, 0.05) == (pytest.approx(16 * (1 - 7.29 * 0.05)), False)
    assert linear_mean_free_path(16.0, 0.2) == (1.0, True)
    low = parameters("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", 0.2, host_path=4.0)
    assert low.mean_free_path == 1.0
    assert any(w.startswith("mean_free_path_floor") for w in low.warnings)


def test_other_laws_can_take_the_place_of_the_linear_one():
    ours = parameters("BaTi0.9Zr0.1O3", mean_free_path_law=lambda host, distortion: (host / 2, False))
    assert ours.mean_free_path == 8.0


def test_warnings_name_extrapolation_assumption_imbalance_and_unchecked_values():
    text = "\n".join(parameters("BaTi0.9Sc0.1O3", host_path=None, ionization_energy=12.0).warnings)
    assert "extrapolated: ionization energy 12 eV (calibrated 4-10)" in text
    assert "mean free path of the host assumed: 16 angstrom" in text
    assert "not charge balanced: -0.1 e per formula unit" in text
    assert "0.05 oxygen vacancies" in text
    assert "status C" in "\n".join(parameters("Ba(1-2x)NaxSmxTiO3", 0.1).warnings)


def test_ordered_compounds_read_as_mixtures_are_flagged():
    assert any(w.startswith("large_distortion") for w in parameters("BiVO4").warnings)
    assert not any(w.startswith("large_distortion") for w in parameters("Ba(1-2x)NaxSmxTiO3", 0.3).warnings)


def test_calibrated_box_itself_is_no_extrapolation():
    assert not any(w.startswith("extrapolated") for w in parameters("BaTiO3").warnings)


@pytest.mark.parametrize("option", ["host_path", "ionization_energy", "bond_energy"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_nonpositive_values_are_refused(option, value):
    with pytest.raises(InputError, match="must be finite and > 0"):
        parameters("BaTiO3", **{option: value})


def test_element_without_bond_energy_lists_the_known_ones():
    with pytest.raises(InputError, match=r"(?s)Rb.*Ba"):
        parameters("RbTaO3")
    assert parameters("RbTaO3", bond_energy=2.5).bond_energy == 2.5


def test_other_anions_need_a_bond_energy():
    with pytest.raises(InputError, match="M-O only"):
        parameters("BaTiO2.5F0.5")


def test_plane_of_a_simple_oxide_is_a_model_and_says_so():
    ours = parameters("MgO", host_path=None)
    assert ours.mean_free_path == 5.0
    assert any(w.startswith("model plane") for w in ours.warnings)
    with pytest.raises(InputError, match="one cation site"):
        parameters("MgO", plane="BO2")


def test_planes_of_a_crystal_take_the_mean_of_their_bonds():
    from ase.build import bulk

    plane = planes_of_atoms(bulk("MgO", "rocksalt", a=4.21, cubic=True), (0, 0, 1))[0]
    ours = plane_parameters(plane, mean_free_path=5.0)
    assert ours.bond_energy == pytest.approx(3.712, abs=1e-3)
    assert ours.ionization_energy == pytest.approx(7.646, abs=1e-3)
