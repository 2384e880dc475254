from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.start_box import build_start_box
from entrox.structure.perovskite import build_perovskite
from entrox.structure.rmc6f import write_rmc6f

FORMULA = "Ba0.926Ca0.074Ti0.892Sn0.108O3"


def settings_of(**sample):
    return RmcSettings(sample=sample)


def box_of(seed=0, **sample):
    return build_start_box(settings_of(**sample), np.random.default_rng(seed))


def test_twenty_cells_cubed_hold_the_published_numbers_of_atoms():
    start = box_of(formula=FORMULA, cells=(20, 20, 20), lattice_a_angstrom=4.0)
    assert start.counts == {"Ba": 7408, "Ca": 592, "O": 24000, "Sn": 864, "Ti": 7136}
    assert start.warnings == ()
    assert start.number_density == pytest.approx(5.0 / 64.0)


def test_rounding_to_whole_atoms_is_said():
    start = box_of(formula=FORMULA, cells=(4, 4, 4), lattice_a_angstrom=4.0)
    assert start.counts == {"Ba": 59, "Ca": 5, "O": 192, "Sn": 7, "Ti": 57}
    assert any("5 Ca" in note and "7 Sn" in note for note in start.warnings)


def test_another_seed_is_another_arrangement_of_the_same_atoms():
    one, two = (box_of(seed, formula=FORMULA, cells=(4, 4, 4), lattice_a_angstrom=4.0) for seed in (1, 2))
    assert one.counts == two.counts
    assert (one.atoms.numbers != two.atoms.numbers).any()


def test_the_kinds_of_a_cubic_perovskite_are_a_b_and_three_anions():
    start = box_of(formula="SrTiO3", cells=(2, 3, 4), lattice_a_angstrom=3.9)
    symbols = np.array(start.atoms.get_chemical_symbols())
    assert start.grid == (2, 3, 4)
    assert [set(symbols[start.site_kind == k]) for k in range(5)] == [{"Sr"}, {"Ti"}, {"O"}, {"O"}, {"O"}]


@pytest.mark.parametrize(
    ("formula", "words"), [("BaTi2O5", "1:1:3"), ("BaTiO2.5Va0.5", "vacancies"), ("BaMnO3x", "variables")]
)
def test_a_formula_without_a_cubic_perovskite_is_refused(formula, words):
    with pytest.raises(InputError, match=words):
        box_of(formula=formula, cells=(2, 2, 2), lattice_a_angstrom=4.0)


def write_cif(folder):
    from ase import Atoms
    from ase.io import write

    fractions = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    unit = Atoms("BaTiO3", scaled_positions=fractions, cell=[4.0, 4.0, 4.0], pbc=True)
    path = folder / "unit.cif"
    write(path, unit)
    return path


def test_a_unit_cell_with_another_order_of_its_atoms_becomes_a_perovskite(tmp_path):
    start = box_of(structure=write_cif(tmp_path), cells=(3, 3, 3), occupation={"Ba": {"Ba": 0.8, "Ca": 0.2}})
    symbols = np.array(start.atoms.get_chemical_symbols())
    assert start.perovskite
    assert set(symbols[start.site_kind == 0]) == {"Ba", "Ca"}
    assert set(symbols[start.site_kind == 1]) == {"Ti"}
    assert start.counts["Ca"] == 5


def test_the_lattice_parameter_scales_a_unit_cell(tmp_path):
    start = box_of(structure=write_cif(tmp_path), cells=(2, 2, 2), lattice_a_angstrom=4.02)
    assert np.allclose(start.atoms.cell.lengths(), 8.04)
    with pytest.raises(InputError, match="more than 5 %"):
        box_of(structure=write_cif(tmp_path), cells=(2, 2, 2), lattice_a_angstrom=5.0)


def test_empty_sites_leave_the_table_of_neighbors(tmp_path):
    start = box_of(structure=write_cif(tmp_path), cells=(3, 3, 3), occupation={"O": {"O": 0.9, "Va": 0.1}})
    assert start.grid is None
    assert len(start.atoms) == len(start.sites_angstrom) == len(start.site_kind) == 27 * 5 - 8


def test_a_crystal_that_is_no_perovskite_keeps_its_own_sites(tmp_path):
    from ase.build import bulk
    from ase.io import write

    write(tmp_path / "ni.cif", bulk("Ni", cubic=True))
    start = box_of(structure=tmp_path / "ni.cif", cells=(3, 3, 3))
    assert start.grid == (3, 3, 3)
    assert not start.perovskite
    assert sorted(set(start.site_kind.tolist())) == [0, 1, 2, 3]


def test_the_sites_of_a_given_box_are_found_under_its_displacements(tmp_path):
    atoms = build_perovskite("Ba", "Ti", (3, 4, 5), (4.0, 4.1, 4.2))
    rng = np.random.default_rng(3)
    sites = atoms.get_positions()
    atoms.positions += rng.normal(0.0, 0.05, sites.shape)
    atoms = atoms[rng.permutation(len(atoms))]
    atoms.arrays.pop("site_number"), atoms.arrays.pop("cell_index"), atoms.arrays.pop("site")
    write_rmc6f(tmp_path / "box.rmc6f", atoms)
    start = box_of(box=tmp_path / "box.rmc6f")
    assert start.perovskite
    assert start.grid == (3, 4, 5)
    away = start.atoms.get_positions() - start.sites_angstrom
    away -= np.rint(away @ np.linalg.inv(np.asarray(start.atoms.cell))) @ np.asarray(start.atoms.cell)
    assert np.sqrt((away**2).mean()) == pytest.approx(0.05, rel=0.1)
    assert np.abs(away.mean(axis=0)).max() < 1e-9


def test_a_box_of_another_composition_or_density_is_refused_with_both(tmp_path):
    write_rmc6f(tmp_path / "box.rmc6f", build_perovskite("Ba", "Ti", (2, 2, 2), 4.0))
    with pytest.raises(InputError, match=r"Ba 0\.2000 against 0\.1800.*Ca 0\.0000 against 0\.0200"):
        box_of(box=tmp_path / "box.rmc6f", formula="Ba0.9Ca0.1TiO3")
    with pytest.raises(InputError, match=r"0\.08.*0\.078125"):
        box_of(box=tmp_path / "box.rmc6f", number_density_per_angstrom3=0.08)


def test_settings_without_a_box_say_what_is_missing():
    with pytest.raises(ValueError, match="cells"):
        settings_of(formula="SrTiO3", lattice_a_angstrom=3.9)
    with pytest.raises(ValueError, match="lattice_a_angstrom"):
        settings_of(formula="SrTiO3", cells=(2, 2, 2))


SHARED_CIF = """data_bct
_cell_length_a 4.0
_cell_length_b 4.0
_cell_length_c 4.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
_symmetry_Int_Tables_number 221
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Ba1 Ba 0 0 0 0.75
Ca1 Ca 0 0 0 0.25
Ti1 Ti 0.5 0.5 0.5 1
O1 O 0.5 0.5 0 1
"""


def test_partial_occupancies_of_a_structure_are_drawn(tmp_path):
    path = tmp_path / "shared.cif"
    path.write_text(SHARED_CIF)
    start = box_of(structure=path, cells=(4, 4, 4), formula="Ba0.75Ca0.25TiO3")
    assert start.counts == {"Ba": 48, "Ca": 16, "O": 192, "Ti": 64}
    assert start.perovskite


def test_a_tilted_crystal_keeps_the_sites_of_its_own_cell(external_data):
    path = external_data("total-scattering/lamno3_pbnm.cif")
    start = box_of(structure=path, cells=(2, 2, 2))
    assert len(start.atoms) == 160
    assert not start.perovskite
    assert start.grid == (2, 2, 2)
    assert set(start.sublattice) == {"La", "Mn", "O"}
