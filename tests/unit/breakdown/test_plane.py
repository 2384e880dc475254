"""Planes and samples: geometry by hand."""

import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal

from entrox.breakdown import build_sample, perovskite_plane, planes_of_atoms, rock_salt_plane
from entrox.core import InputError


def barium_titanate(a=4.0):
    return crystal(
        ["Ba", "Ti", "O"],
        basis=[(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)],
        spacegroup=221,
        cellpar=[a, a, a, 90, 90, 90],
    )


def test_ao_plane_has_four_bonds_of_half_a_face_diagonal():
    plane = perovskite_plane(4.0)
    assert np.allclose(np.linalg.norm(plane.bond_vectors, axis=1), 4.0 / np.sqrt(2))
    assert len(plane.bonds) == 4
    assert plane.spacing == 2.0


def test_bo2_plane_has_four_bonds_of_half_the_lattice_parameter():
    plane = perovskite_plane(4.0, plane="BO2")
    assert np.allclose(np.linalg.norm(plane.bond_vectors, axis=1), 2.0)
    assert plane.is_anion.tolist() == [False, True, True]


def test_rock_salt_plane_binds_each_cation_to_four_anions():
    plane = rock_salt_plane(4.2)
    assert len(plane.bonds) == 8
    assert np.allclose(np.linalg.norm(plane.bond_vectors, axis=1), 2.1)


def test_planes_cut_from_a_perovskite_crystal_equal_the_presets():
    planes = {frozenset(p.species): p for p in planes_of_atoms(barium_titanate(), (0, 0, 1))}
    cut, preset = planes[frozenset({"Ba", "O"})], perovskite_plane(4.0, "Ba")
    assert cut.spacing == pytest.approx(preset.spacing)
    assert np.allclose(np.sort(cut.bond_vectors, axis=0), np.sort(preset.bond_vectors, axis=0))
    titanium = planes[frozenset({"Ti", "O"})]
    assert np.allclose(np.linalg.norm(titanium.bond_vectors, axis=1), 2.0)


def test_plane_spacings_of_a_crystal_add_up_to_its_repeat():
    planes = planes_of_atoms(barium_titanate(), (0, 0, 1))
    assert sum(p.spacing for p in planes) == pytest.approx(4.0)


def test_inclined_plane_of_rock_salt_holds_both_ions():
    planes = planes_of_atoms(bulk("MgO", "rocksalt", a=4.21), (1, 1, 0))
    assert all(np.allclose(np.linalg.norm(p.bond_vectors, axis=1), 2.105, atol=1e-6) for p in planes)


def test_polar_planes_of_rock_salt_are_refused_with_what_was_found():
    with pytest.raises(InputError, match="holds cations and anions"):
        planes_of_atoms(bulk("MgO", "rocksalt", a=4.21, cubic=True), (1, 1, 1))


@pytest.mark.parametrize("miller", [(0, 0, 0), (1, 0)])
def test_impossible_miller_indices_are_refused(miller):
    with pytest.raises(InputError, match="miller"):
        planes_of_atoms(barium_titanate(), miller)


def test_crystal_without_anions_is_refused():
    with pytest.raises(InputError, match="no anion"):
        planes_of_atoms(bulk("Cu", cubic=True), (0, 0, 1))


def test_unknown_preset_plane_names_the_way_to_other_planes():
    with pytest.raises(InputError, match="planes_of_atoms"):
        perovskite_plane(4.0, plane="AB")


def test_sample_is_periodic_across_and_open_along_the_field():
    sample = build_sample(perovskite_plane(4.0), (5, 7))
    assert len(sample.positions) == 2 * 5 * 7
    # All bonds but those that the lower electrode's row of cut ones would make: 4 per cell less 2 per column.
    assert len(sample.bonds) == 4 * 5 * 7 - 2 * 5
    assert sample.touches_bottom.sum() == 5
    assert sample.touches_top.sum() == 5
    assert not (sample.touches_bottom & sample.touches_top).any()


def test_bonds_of_a_sample_have_the_length_of_the_plane():
    sample = build_sample(perovskite_plane(4.0), (5, 7))
    offset = sample.positions[sample.bonds[:, 1]] - sample.positions[sample.bonds[:, 0]]
    offset[:, 0] -= 20.0 * np.round(offset[:, 0] / 20.0)
    assert np.allclose(offset, sample.lattice.bond_vectors[sample.basis_bond])


@pytest.mark.parametrize("cells", [(0, 5), (5, 0), (5, 5, 5)])
def test_too_small_samples_are_refused(cells):
    with pytest.raises(InputError, match="cells"):
        build_sample(perovskite_plane(4.0), cells)
