"""Stretch and rotation of bonds, and what affine strain alone does to them."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError, generator
from entrox.order import affine_shares, affine_shell, atomic_strain, stretch_rotation

X = np.array([1.0, 0.0, 0.0])


def dimers(count, length=2.0, seed=0, cell=400.0):
    """Pairs of atoms with random directions, far apart from each other."""
    rng = generator(seed)
    edge = round(count ** (1.0 / 3.0))
    centers = (np.stack(np.meshgrid(*[np.arange(edge)] * 3), axis=-1).reshape(-1, 3) + 0.5) * cell / edge
    directions = rng.normal(size=centers.shape)
    directions *= 0.5 * length / np.linalg.norm(directions, axis=1)[:, None]
    places = np.concatenate([centers - directions, centers + directions])
    return Atoms(f"Ti{len(centers)}O{len(centers)}", positions=places, cell=[cell] * 3, pbc=True)


def stretched(atoms, strain, poisson, move=None):
    later = atoms.copy()
    gradient = np.diag([1.0 + strain, 1.0 - poisson * strain, 1.0 - poisson * strain])
    later.set_cell(atoms.cell.array @ gradient, scale_atoms=True)
    if move is not None:
        later.positions += move
    return later


def test_stretch_and_rotation_add_up_to_the_elongation():
    atoms = dimers(4000)
    later = stretched(atoms, 0.05, 0.3, generator(1).normal(0.0, 0.1, (len(atoms), 3)))
    found = stretch_rotation(atoms, later, {("Ti", "O"): 3.0}, bridges=False)
    half = len(atoms) // 2
    before = atoms.positions[half:] - atoms.positions[:half]
    after = later.positions[half:] - later.positions[:half]
    total = (np.sign(before[:, 0]) * (after - before)[:, 0]).sum() / np.abs(before[:, 0]).sum()
    assert found.elongation[0] == pytest.approx(total, abs=1e-12)
    assert found.stretch[0] + found.rotation[0] == pytest.approx(total, abs=1e-12)
    assert found.stretch_share[0] + found.rotation_share[0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("poisson", "shares"), [(0.0, (0.5, 0.5)), (0.24, (0.38, 0.62))])
def test_affine_stretch_turns_an_isotropic_set_of_bonds(poisson, shares):
    assert affine_shares(poisson) == pytest.approx(shares)
    atoms = dimers(64_000, cell=1000.0)
    found = stretch_rotation(atoms, stretched(atoms, 0.002, poisson), {("Ti", "O"): 3.0}, bridges=False, draws=20)
    assert found.stretch_share[0] == pytest.approx(shares[0], rel=0.01)
    assert found.baseline_rotation_share[0] == pytest.approx(found.rotation_share[0], abs=1e-9)
    assert np.abs(found.excess_interval).max() < 1e-9


def test_only_the_rotation_beyond_the_affine_one_is_a_mechanism():
    atoms = dimers(8000)
    later, half = stretched(atoms, 0.03, 0.25), len(atoms) // 2
    before = atoms.positions[half:] - atoms.positions[:half]
    after = later.positions[half:] - later.positions[:half]
    # rigid bonds that turn as the affine ones do
    rigid = after * (np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1))[:, None]
    later.positions[half:] = later.positions[:half] + rigid
    found = stretch_rotation(atoms, later, {("Ti", "O"): 3.0}, bridges=False)
    assert found.stretch_share[0] == pytest.approx(0.0, abs=1e-12)
    assert found.baseline_rotation_share[0] == pytest.approx(affine_shares(0.25)[1], abs=0.02)
    low, high = found.excess_interval[0]
    assert 0.3 < low < found.excess_rotation[0] < high < 0.45
    assert found.length_after_angstrom[0] == pytest.approx(found.length_before_angstrom[0])


def test_noise_that_follows_the_cell_has_no_excess():
    atoms = dimers(8000)
    atoms.positions += generator(2).normal(0.0, 0.03, (len(atoms), 3))
    later = stretched(atoms, 0.04, 0.25)
    # motion of equal size before and after: it passes for no mechanism
    still = dimers(8000)
    later.positions += generator(3).normal(0.0, 0.03, later.positions.shape)
    later.positions -= (atoms.positions - still.positions) @ np.diag([1.04, 0.99, 0.99])
    found = stretch_rotation(atoms, later, {("Ti", "O"): 3.0}, bridges=False)
    low, high = found.excess_interval[0]
    assert low < 0.0 < high
    assert high - low < 0.1


def test_bridges_give_the_vector_between_the_centers_and_the_angle():
    angle = np.radians(150.0)
    arm = 1.6 * np.array([np.sin(angle / 2.0), np.cos(angle / 2.0), 0.0])
    atoms = Atoms("OSi2", positions=[[5, 5, 5], 5.0 + arm, 5.0 + arm * [-1, 1, 1]], cell=[10.0] * 3, pbc=True)
    later = atoms.copy()
    wider = np.radians(160.0)
    arm = 1.6 * np.array([np.sin(wider / 2.0), np.cos(wider / 2.0), 0.0])
    later.positions[1:] = [5.0 + arm, 5.0 + arm * [-1, 1, 1]]
    found = stretch_rotation(atoms, later, {("Si", "O"): 2.0})
    assert found.kinds == ("Si-O", "Si-O-Si")
    assert found.n_bonds.tolist() == [2, 1]
    assert found.angle_before_deg[1] == pytest.approx(150.0)
    assert found.angle_change_deg[1] == pytest.approx(10.0)
    # two rigid bonds turn, so that the pair of centers only stretches
    assert found.stretch_share == pytest.approx([0.0, 1.0], abs=1e-12)
    assert found.elongation[1] == pytest.approx(np.sin(wider / 2.0) / np.sin(angle / 2.0) - 1.0)
    assert np.isnan(found.angle_change_deg[0])


def test_bonds_of_a_repeated_cell_are_those_of_the_cell():
    rng = generator(4)
    atoms = Atoms("Ti4O8", positions=rng.uniform(0.0, 4.0, (12, 3)), cell=[4.0, 4.5, 5.0], pbc=True)
    later = stretched(atoms, 0.05, 0.2, rng.normal(0.0, 0.1, (12, 3)))
    small = stretch_rotation(atoms, later, {("Ti", "O"): 3.5})
    later.wrap()
    large = stretch_rotation(atoms.repeat(2), later.repeat(2), {("Ti", "O"): 3.5})
    assert large.n_bonds.tolist() == (8 * small.n_bonds).tolist()
    assert large.rotation == pytest.approx(small.rotation, abs=1e-12)
    assert large.gradient == pytest.approx(small.gradient)


def test_without_elongation_there_are_no_shares():
    atoms = dimers(27)
    found = stretch_rotation(atoms, atoms, {("Ti", "O"): 3.0}, bridges=False)
    assert np.isnan(found.rotation_share[0])
    assert "no_elongation" in found.warnings[0]


def test_bonds_normal_to_the_axis_have_no_strain_along_it():
    sheet = Atoms("TiO", positions=[[0.0, 0.0, 5.0], [2.0, 0.0, 5.0]], cell=[4.0, 4.0, 10.0], pbc=True)
    found = stretch_rotation(sheet, stretched(sheet, 0.03, 0.0), {("Ti", "O"): 2.5}, "z", bridges=False)
    assert np.isnan([found.elongation[0], found.stretch[0], found.rotation_share[0]]).all()
    assert "no_elongation" in found.warnings[0]
    assert found.length_after_angstrom[0] == pytest.approx(2.06)


def test_affine_peaks_move_and_widen_as_directions_on_a_sphere_do():
    found = affine_shell([2.2, 3.7], 0.0408, 0.24)
    assert found.mean_shift_angstrom[0] == pytest.approx(0.016, abs=5e-4)
    assert found.spread_angstrom[1] == pytest.approx(0.056, abs=5e-4)
    directions = generator(5).normal(size=(200_000, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    strain, ratio = 1e-4, 0.24
    lengths = 3.7 * np.linalg.norm(directions * [1.0 + strain, 1.0 - ratio * strain, 1.0 - ratio * strain], axis=1)
    shell = affine_shell(3.7, strain, ratio)
    assert lengths.mean() - 3.7 == pytest.approx(float(shell.mean_shift_angstrom[0]), rel=0.02)
    assert lengths.std() == pytest.approx(float(shell.spread_angstrom[0]), rel=0.01)
    plane = np.linspace(0.0, 2.0 * np.pi, 1000, endpoint=False)
    inside = 3.7 * np.hypot(np.cos(plane) * (1.0 + strain), np.sin(plane) * (1.0 - ratio * strain))
    assert inside.mean() - 3.7 == pytest.approx(float(shell.in_plane_shift_angstrom[0]), rel=1e-3)
    assert shell.along_shift_angstrom[0] == pytest.approx(3.7 * strain)


def test_bond_lists_that_cannot_be_are_refused():
    atoms = dimers(27)
    with pytest.raises(InputError, match="no bond Ti-Ti up to 3"):
        stretch_rotation(atoms, atoms, {("Ti", "Ti"): 3.0})
    with pytest.raises(InputError, match="at least one pair"):
        stretch_rotation(atoms, atoms, {})
    with pytest.raises(InputError, match="the structure holds O, Ti"):
        stretch_rotation(atoms, atoms, {("Si", "O"): 2.0})
    with pytest.raises(InputError, match="axis must be x, y, z"):
        stretch_rotation(atoms, atoms, {("Ti", "O"): 3.0}, "w")
    with pytest.raises(InputError, match="same atoms"):
        atomic_strain(atoms, atoms[:-1])
