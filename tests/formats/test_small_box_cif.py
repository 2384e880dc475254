"""Cells of CIF files, expanded by the operations that stand in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.io import write

from entrox.core import FormatError, InputError
from entrox.scattering.small_box.structure import mean_composition, read_small_box, shortest_distance, site_contents
from small_boxes import cubic_perovskite

CIF = """data_mixed
_cell_length_a 4.0
_cell_length_b 4.0
_cell_length_c 4.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'an odd setting'
loop_
_space_group_symop_operation_xyz
'x,y,z'
'y,z,x'
'z,x,y'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Ba1 Ba 0.5 0.5 0.5 0.926
Ca1 Ca 0.5 0.5 0.5 0.074
Ti1 Ti -0.01 -0.01 -0.01 1.0
O1 O 0.5 0 0 1.0
"""


def test_sites_are_expanded_by_the_operations_of_the_file_and_elements_share_a_place(tmp_path: Path) -> None:
    path = tmp_path / "mixed.cif"
    path.write_text(CIF, encoding="utf-8")
    atoms = read_small_box(path)
    assert str(atoms.symbols) == "BaTiO3"
    np.testing.assert_allclose(atoms.get_scaled_positions(wrap=False)[1], -0.01)
    contents = site_contents(atoms)
    assert contents[0] == {"Ba": 0.926, "Ca": 0.074}
    assert mean_composition(contents) == {"Ba": 0.926, "Ca": 0.074, "Ti": 1.0, "O": 3.0}


def test_the_setting_of_a_space_group_that_no_table_lists_is_no_obstacle(external_data) -> None:
    atoms = read_small_box(external_data("total-scattering/lamno3_pbnm.cif"))
    assert len(atoms) == 20
    assert sorted(set(atoms.symbols)) == ["La", "Mn", "O"]
    assert shortest_distance(atoms) == pytest.approx(1.903, abs=0.01)


def test_other_structures_are_read_as_ase_reads_them(tmp_path: Path) -> None:
    write(tmp_path / "POSCAR", cubic_perovskite(3.9), format="vasp")
    assert len(read_small_box(tmp_path / "POSCAR")) == 5


def test_what_is_no_structure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_small_box(tmp_path / "none.cif")
    empty = tmp_path / "empty.cif"
    empty.write_text("data_empty\n_cell_length_a 4\n", encoding="utf-8")
    with pytest.raises(FormatError, match="no atomic sites"):
        read_small_box(empty)
    odd = tmp_path / "odd.xyz"
    odd.write_text("not a structure\n", encoding="utf-8")
    with pytest.raises(FormatError, match="no structure"):
        read_small_box(odd)
