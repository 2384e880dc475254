"""What symmetry leaves free, and how octahedra tilt."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.core import InputError
from entrox.scattering.data.sample import sample_of
from entrox.scattering.small_box.cell import SmallBoxCell
from entrox.scattering.small_box.setup import box_cell
from entrox.scattering.small_box.structure import site_contents
from entrox.scattering.small_box.symmetry import cell_symmetry, lattice_numbers
from entrox.scattering.small_box.tilt import tilt_modes
from small_boxes import cubic_perovskite, nickel, polar_perovskite


def symmetry_of(atoms: Atoms):
    return cell_symmetry(np.asarray(atoms.cell), atoms.get_scaled_positions(), atoms.numbers.astype(np.int64))


def cell_of(atoms: Atoms, ties: str | None = None) -> SmallBoxCell:
    return box_cell(atoms, site_contents(atoms), sample_of(atoms), ties, 1e-3)


@pytest.mark.parametrize(
    ("atoms", "operations", "orbits"),
    [
        (nickel(), 192, 1), (cubic_perovskite(3.9), 48, 3), (polar_perovskite(3.9, 4.1), 8, 4),
        (bulk("Ti", "hcp", a=2.95, c=4.68), 24, 1),
    ],
)  # fmt: skip
def test_crystals_have_the_operations_of_their_space_groups(atoms: Atoms, operations: int, orbits: int) -> None:
    found = symmetry_of(atoms)
    assert (len(found.rotations), len(np.unique(found.orbits))) == (operations, orbits)


def test_free_numbers_of_a_cell_are_those_of_its_crystal_system() -> None:
    assert [name for name, _ in cell_of(nickel()).lattice_modes] == ["a"]
    assert [name for name, _ in cell_of(polar_perovskite(3.9, 4.1)).lattice_modes] == ["a", "c"]
    assert [name for name, _ in cell_of(bulk("Ti", "hcp", a=2.95, c=4.68)).lattice_modes] == ["a", "c"]
    # the primitive cell of fcc keeps its angle
    assert [name for name, _ in cell_of(bulk("Ni", "fcc", a=3.52)).lattice_modes] == ["a"]


def test_a_lattice_mode_changes_its_own_number_by_one() -> None:
    atoms = Atoms("NaCl", scaled_positions=[[0, 0, 0], [0.4, 0.3, 0.2]], cell=[4.0, 5.0, 6.0, 80.0, 95.0, 100.0], pbc=1)
    cell = cell_of(atoms)
    assert [name for name, _ in cell.lattice_modes] == ["a", "b", "c", "alpha", "beta", "gamma"]
    for number, (_, mode) in enumerate(cell.lattice_modes):
        slope = (lattice_numbers(cell.lattice + 1e-5 * mode) - lattice_numbers(cell.lattice - 1e-5 * mode)) / 2e-5
        np.testing.assert_allclose(slope, np.eye(6)[number], atol=1e-6)


def test_ties_replace_what_symmetry_says() -> None:
    assert [name for name, _ in cell_of(cubic_perovskite(3.9), "a=b").lattice_modes] == ["a", "c"]
    assert [name for name, _ in cell_of(cubic_perovskite(3.9), "none").lattice_modes] == ["a", "b", "c"]
    with pytest.raises(InputError, match="a=d"):
        cell_of(cubic_perovskite(3.9), "a=d")


def test_a_polar_crystal_leaves_one_coordinate_less_than_sites_may_move() -> None:
    cell = cell_of(polar_perovskite(3.9, 4.1))
    assert cell.labels == ("Pb", "Ti", "O1", "O2", "O2")
    assert [name for name, _ in cell.coordinate_modes] == ["Ti.z", "O1.z", "O2.z"]
    assert [name for name, _ in cell_of(cubic_perovskite(3.9)).coordinate_modes] == []


def test_tensors_follow_the_symmetry_of_their_sites() -> None:
    cell = cell_of(cubic_perovskite(3.9))
    modes = dict(cell.tensor_modes)
    assert list(modes) == ["u11_Sr", "u11_Ti", "u11_O", "u22_O"]
    # u11 of the first anion lies along its bonds; for the others along theirs
    for site, axis in ((2, 0), (3, 1), (4, 2)):
        np.testing.assert_allclose(modes["u11_O"][site], np.diag(np.eye(3)[axis]), atol=1e-12)
    hexagonal = dict(cell_of(bulk("Ti", "hcp", a=2.95, c=4.68)).tensor_modes)
    assert list(hexagonal) == ["u11_Ti", "u33_Ti"]
    np.testing.assert_allclose(hexagonal["u11_Ti"][0], np.diag([1.0, 1.0, 0.0]), atol=1e-9)


@pytest.mark.parametrize(("symbol", "alike_along_c"), [("a0a0c-", False), ("a0a0c+", True)])
def test_a_tilt_turns_octahedra_as_rigid_bodies_against_their_neighbors(symbol: str, alike_along_c: bool) -> None:
    cell = cell_of(cubic_perovskite(4.0))
    ((name, mode),) = tilt_modes(cell, symbol)
    big = cell.repeated(2)
    assert name == "tilt_c"
    moved = mode @ big.lattice / 4.0
    assert {round(float(size), 9) for size in np.linalg.norm(moved, axis=1)} == {0.0, 1.0}
    places = big.positions @ big.lattice
    turns = {}
    for site in np.flatnonzero(np.array(big.symbols) == "Ti"):
        away = places - places[site]
        away -= 8.0 * np.round(away / 8.0)
        bonds = np.flatnonzero((np.array(big.symbols) == "O") & (np.linalg.norm(away, axis=1) < 2.1))
        assert len(bonds) == 6
        turn = np.cross(away[bonds], moved[bonds])[:, 2]
        flat = np.abs(away[bonds, 2]) < 0.1
        np.testing.assert_allclose(turn[flat], turn[flat][0])
        np.testing.assert_allclose(moved[bonds[~flat]], 0.0, atol=1e-12)
        turns[tuple(np.round(places[site] / 4.0).astype(int).tolist())] = np.sign(turn[flat][0])
    assert turns[0, 0, 0] == -turns[1, 0, 0] == -turns[0, 1, 0]
    assert bool(turns[0, 0, 0] == turns[0, 0, 1]) is alike_along_c


def test_equal_letters_share_an_angle_and_others_are_refused() -> None:
    cell = cell_of(cubic_perovskite(4.0))
    assert [name for name, _ in tilt_modes(cell, "a-b+a-")] == ["tilt_a", "tilt_b"]
    for wrong in ("a0a0a0", "abc", "a0a0d-"):
        with pytest.raises(InputError, match="Glazer"):
            tilt_modes(cell, wrong)
    with pytest.raises(InputError, match="cubic perovskite"):
        tilt_modes(cell_of(nickel()), "a0a0c-")


def test_two_atoms_on_one_place_are_refused() -> None:
    atoms = Atoms("BaCa", positions=[[0, 0, 0], [0, 0, 0]], cell=[4.0] * 3, pbc=True)
    with pytest.raises(InputError, match="shared site"):
        symmetry_of(atoms)
