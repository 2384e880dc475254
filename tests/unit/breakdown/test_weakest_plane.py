from __future__ import annotations

import pytest
from ase import Atoms

from entrox.breakdown import bond_forms, calibrated_patterns, plane_parameters, planes_of_atoms, stored_calibration
from entrox.breakdown.calibration import PERMITTIVITY
from entrox.breakdown.ensemble import onset_law
from entrox.breakdown.weakest_plane import weakest_plane
from entrox.core import InputError

PEROVSKITE = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]


def planes_of(formula, a=4.0):
    return planes_of_atoms(Atoms(formula, scaled_positions=PEROVSKITE, cell=[a] * 3, pbc=True), (0, 0, 1))


def test_the_barium_plane_of_barium_titanate_breaks_before_the_titanium_plane():
    plane, parameters = weakest_plane(planes_of("BaTiO3"), mean_free_path=16.0)
    assert plane.label == parameters.plane == "(0 0 1) BaO"
    assert parameters.ionization_energy == pytest.approx(5.2117, abs=1e-4)


def test_a_plane_of_easily_ionized_cations_is_the_weakest_wherever_it_stands():
    # potassium on the B place: the BO2 plane holds the smaller ionization energy
    plane, parameters = weakest_plane(planes_of("TiKO3"), mean_free_path=16.0)
    assert set(plane.species) == {"K", "O"}
    assert parameters.ionization_energy == pytest.approx(4.3407, abs=1e-4)


def test_no_other_plane_has_a_lower_onset():
    planes = planes_of("SrTiO3")
    _, weakest = weakest_plane(planes, mean_free_path=10.0)
    onsets = {}
    for plane in planes:
        parameters = plane_parameters(plane, mean_free_path=10.0)
        forms = bond_forms(plane, calibrated_patterns(), PERMITTIVITY)
        onsets[plane.label] = onset_law(parameters, stored_calibration().ramp_rate, forms, plane)
    assert len(onsets) == 2
    assert min(onsets, key=onsets.__getitem__) == weakest.plane


def test_values_of_the_user_replace_those_of_the_tables():
    _, parameters = weakest_plane(planes_of("BaTiO3"), mean_free_path=16.0, ionization_energy=6.0, bond_energy=4.0)
    assert (parameters.ionization_energy, parameters.bond_energy) == (6.0, 4.0)


def test_without_a_plane_there_is_no_weakest_one():
    with pytest.raises(InputError, match="at least one plane"):
        weakest_plane((), mean_free_path=16.0)
