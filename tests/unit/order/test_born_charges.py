from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from entrox.core import FormatError, InputError
from entrox.order.lattice import fit_lattice
from entrox.order.polarization.born_charges import (
    MEASURED_CHARGES_E,
    BornCharges,
    mean_charges,
    read_born_charges,
    site_charges,
)
from entrox.order.polarization.dipole_branch import unfold_born_dipole, unfold_dipole

SNAPSHOTS = "perovskite/allegro-pol-batio3/BaTiO3.xyz"


@pytest.fixture(scope="module")
def snapshots(external_data: Callable[[str], Path]) -> BornCharges:
    return read_born_charges(external_data(SNAPSHOTS))


def test_the_mean_charges_of_barium_titanate_are_the_published_ones(snapshots: BornCharges) -> None:
    table = mean_charges(snapshots)
    mean = dict(zip(table.groups, table.isotropic_e, strict=True))
    assert mean == pytest.approx({"Ba": 2.751, "Ti": 5.395, "O": -2.715}, abs=1e-3)
    assert mean == pytest.approx(MEASURED_CHARGES_E, abs=1e-3)
    titanium = table.mean_tensor_e[table.groups.index("Ti")]
    assert np.diag(titanium) == pytest.approx([5.84, 5.86, 4.48], abs=0.01)
    assert snapshots.sum_rule_e.max() < 2e-7


def test_the_charge_of_oxygen_is_large_along_its_bond_and_small_across(
    snapshots: BornCharges, external_data: Callable[[str], Path]
) -> None:
    table = site_charges(snapshots, fit_lattice(read(external_data(SNAPSHOTS), index=0)))
    assert table.groups == ("A", "B", "X1", "X2", "X3")
    for k in range(3):
        diagonal = np.diag(table.mean_tensor_e[2 + k])
        assert diagonal[k] < -3.7
        assert (np.delete(diagonal, k) > -1.95).all()


def test_born_charges_predict_the_dipole_only_with_the_polarization_in_the_rows(snapshots: BornCharges) -> None:
    found = unfold_born_dipole(snapshots)
    assert found.rms_residual_e_angstrom == pytest.approx([0.19, 0.20, 0.31], abs=0.03)
    assert found.largest_residual_quanta < 0.1
    assert np.abs(found.quanta).max() > 0
    transposed = unfold_dipole(
        snapshots.dipole_e_angstrom,
        snapshots.positions_angstrom,
        snapshots.cells_angstrom,
        snapshots.tensors_e.transpose(0, 1, 3, 2),
    )
    assert transposed.rms_residual_e_angstrom[2] == pytest.approx(0.88, abs=0.03)


@pytest.mark.parametrize("reference", ["first", "previous"])
def test_a_dipole_folded_at_random_is_unfolded(reference: str) -> None:
    rng = np.random.default_rng(3)
    cell = np.array([[8.0, 0.0, 0.0], [1.0, 8.0, 0.0], [0.0, -0.5, 9.0]])
    charges = rng.normal(size=(20, 3, 3))
    charges -= charges.mean(axis=0)
    positions = rng.uniform(size=(20, 3)) @ cell + np.cumsum(rng.normal(scale=0.05, size=(30, 20, 3)), axis=0)
    moved = positions - positions[0]
    dipole = np.einsum("nab,fnb->fa", charges, moved)
    folded = dipole - rng.integers(-3, 4, size=(30, 3)) @ cell
    folded[0] = dipole[0]
    wrapped = np.einsum("fnc,cd->fnd", (positions @ np.linalg.inv(cell)) % 1.0, cell)
    found = unfold_dipole(folded, wrapped, cell, charges, reference)
    np.testing.assert_allclose(found.dipole_e_angstrom, dipole, atol=1e-10)
    assert found.largest_residual_quanta < 1e-10
    assert found.warnings == ()


def test_a_dipole_that_the_charges_do_not_explain_is_in_doubt() -> None:
    found = unfold_dipole([[0.0, 0.0, 0.0], [3.9, 0.0, 0.0]], np.zeros((2, 1, 3)), np.eye(3) * 8.0, np.eye(3)[None])
    assert found.largest_residual_quanta == pytest.approx(3.9 / 8.0)
    assert "in doubt" in found.warnings[0]


def test_one_frame_has_nothing_to_unfold() -> None:
    with pytest.raises(InputError, match="two frames"):
        unfold_dipole([[0.0, 0.0, 0.0]], np.zeros((1, 1, 3)), np.eye(3), np.eye(3)[None])


HEADER = (
    'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3:born_charge:R:9 polarization="0.1 0.2 0.3" pbc="T T T"'
)
ROW = "Ti 0 0 0 1 2 3 4 5 6 7 8 9"


def test_the_rows_of_a_tensor_follow_each_other_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "one.xyz"
    path.write_text(f"1\n{HEADER}\n{ROW}\n")
    found = read_born_charges(path)
    assert found.tensors_e[0, 0, 0].tolist() == [1.0, 2.0, 3.0]
    # ASE moves this field into the results of a calculator
    assert found.dipole_e_angstrom.tolist() == [[0.1, 0.2, 0.3]]


def test_a_file_without_charges_is_refused_with_the_columns_it_has(tmp_path: Path) -> None:
    path = tmp_path / "none.xyz"
    path.write_text('1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 pbc="T T T"\nTi 0 0 0\n')
    with pytest.raises(FormatError, match="born_charge"):
        read_born_charges(path)


def test_frames_of_different_atoms_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.xyz"
    path.write_text(f"1\n{HEADER}\n{ROW}\n1\n{HEADER}\n{ROW.replace('Ti', 'Ba')}\n")
    with pytest.raises(FormatError, match="frame 1"):
        read_born_charges(path)
