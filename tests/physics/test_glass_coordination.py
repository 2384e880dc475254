"""Coordination, angles and crystalline share of glasses and crystals."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from scipy.special import lpmv

from entrox.core import InputError, generator
from entrox.order import bond_angles, bond_order, coordination, crystallinity, first_shell, order_threshold, pair_list
from entrox.structure import read_frames

WHERE = "amorphous/"


@pytest.fixture(scope="module")
def silica(external_data):
    return next(read_frames(external_data("glass/aSiO2_300_atoms.xyz"), notices=[]))


def test_silica_is_a_network_of_tetrahedra(silica):
    found = coordination(silica, [("Si", "O"), ("O", "Si"), ("O", "O")], {("Si", "O"): 2.2, ("O", "Si"): 2.2})
    assert found.mean[:2] == pytest.approx([4.0, 2.0], abs=0.002)
    assert found.peak_angstrom == pytest.approx([1.610, 1.610, 2.603], abs=0.01)
    assert found.shares[0, 4] == 1.0
    assert found.shares[1, 2] == pytest.approx(0.99)
    inside = bond_angles(silica, "O-Si-O", {("Si", "O"): 2.2})
    assert inside.n_angles == 600
    assert inside.mean_deg == pytest.approx(109.4, abs=0.2)
    between = bond_angles(silica, "Si-O-Si", {("O", "Si"): 2.2})
    assert 140.0 < between.mean_deg < 160.0
    assert (between.density_per_deg * np.diff(between.edges_deg)).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "mean", "peak"),
    [
        ("NaSiO_glass_25.extxyz", (4.0004, 5.73, 3.336), (1.608, 2.33)),
        ("NaSiO_glass_5.extxyz", (4.0016, 5.20, 3.901), (1.608,)),
    ],
)
def test_sodium_silicates_have_their_coordination(external_data, name, mean, peak):
    atoms = next(read_frames(external_data(WHERE + name), notices=[]))
    found = coordination(atoms, [("Si", "O"), ("Na", "O"), ("Si", "Si")], {("Na", "O"): 3.2, ("Si", "Si"): 3.5})
    assert found.mean == pytest.approx(mean, abs=0.004)
    assert found.mean[0] == pytest.approx(mean[0], abs=0.002)
    assert found.peak_angstrom[: len(peak)] == pytest.approx(peak, abs=0.01)
    assert found.cutoff_given == (False, True, True)
    assert 2.0 < found.cutoff_angstrom[0] < 2.4


def test_boron_is_three_and_fourfold(external_data):
    notices = []
    atoms = next(read_frames(external_data(WHERE + "NaBSiO_glass.dump"), ["O", "Si", "B", "Na"], notices=notices))
    found = coordination(atoms, [("B", "O"), ("Si", "O")], {("B", "O"): 2.0})
    assert found.mean == pytest.approx([3.565, 4.002], abs=0.002)
    assert found.peak_angstrom[0] == pytest.approx(1.381, abs=0.01)
    assert found.shares[0, 3:5] == pytest.approx([0.43, 0.57], abs=0.01)


def test_a_gas_has_no_shell_but_a_number_within_a_given_distance():
    rng = generator(1)
    gas = Atoms("Na300O300", positions=rng.uniform(0.0, 20.0, (600, 3)), cell=[20.0] * 3, pbc=True)
    found = coordination(gas, [("Na", "O")], {("Na", "O"): 3.0})
    assert found.mean[0] == pytest.approx(300 / 8000 * 4 / 3 * np.pi * 27, rel=0.1)
    assert found.error[0] == pytest.approx(np.sqrt(found.mean[0] / 300), rel=0.2)
    with pytest.raises(InputError, match="no first peak"):
        first_shell(np.arange(0.01, 6.0, 0.02), np.ones(300))


def test_a_shallow_minimum_is_said_so(external_data):
    atoms = next(read_frames(external_data(WHERE + "NaSiO_glass_5.extxyz"), notices=[]))
    found = coordination(atoms, [("Na", "O")])
    assert found.minimum_depth[0] > 0.3
    assert "shallow_minimum: g of Na-O" in found.warnings[0]


def test_the_minimum_of_a_wide_gap_is_its_middle():
    r = np.arange(0.005, 6.0, 0.01)
    g = 10.0 * np.exp(-0.5 * ((r - 1.6) / 0.04) ** 2) + np.clip(r - 2.8, 0.0, 1.0)
    found = first_shell(r, g)
    assert found.peak_angstrom == pytest.approx(1.6, abs=1e-3)
    assert found.minimum_angstrom == pytest.approx(0.5 * (1.76 + 2.56), abs=0.05)
    assert found.depth < 1e-3


@pytest.mark.parametrize(
    ("atoms", "cutoff", "value"),
    [(bulk("Cu"), 3.0, 0.57452), (bulk("Fe"), 2.6, 0.62854), (bulk("Po", "sc", a=3.3), 3.5, 0.35355)],
)
def test_crystals_have_the_bond_order_of_their_lattice(atoms, cutoff, value):
    assert bond_order(atoms, cutoff) == pytest.approx(value, abs=1e-5)
    turned = atoms.copy()
    turned.rotate(33.0, (1, 2, 3), rotate_cell=True)
    assert bond_order(turned, cutoff) == pytest.approx(value, abs=1e-5)


def test_bond_order_is_the_sum_over_legendre_polynomials():
    # the addition theorem: the squared sum over m is a sum of P6 over pairs of neighbors
    rng = generator(3)
    atoms = Atoms("Ar20", positions=rng.uniform(0.0, 8.0, (20, 3)), cell=[8.0] * 3, pbc=True)
    pairs = pair_list(atoms, 3.6)
    vectors = pairs.vectors(atoms.positions, atoms.cell.array)
    units = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    expected = np.full(20, np.nan)
    for atom in range(20):
        own = np.concatenate([units[pairs.first == atom], units[pairs.second == atom]])
        if len(own):
            expected[atom] = np.sqrt(lpmv(0, 6, np.clip(own @ own.T, -1.0, 1.0)).mean())
    assert bond_order(atoms, 3.6, averaged=False) == pytest.approx(expected, abs=1e-9, nan_ok=True)


def hard_spheres(count, cell, distance, seed):
    """Points pushed apart until few are closer than a distance."""
    rng = generator(seed)
    atoms = Atoms(f"Ti{count}", positions=rng.uniform(0.0, 1.0, (count, 3)) @ cell, cell=cell, pbc=True)
    for _ in range(60):
        pairs = pair_list(atoms, distance)
        vectors = pairs.vectors(atoms.positions, cell)
        lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-3)
        push = (0.3 * (distance - lengths) / lengths)[:, None] * vectors
        for axis in range(3):
            atoms.positions[:, axis] += np.bincount(pairs.second, push[:, axis], count)
            atoms.positions[:, axis] -= np.bincount(pairs.first, push[:, axis], count)
    return atoms


def test_the_crystalline_share_of_a_half_molten_box_is_a_half():
    crystal = bulk("Ti", "sc", a=4.0).repeat((24, 6, 6))
    cell = crystal.cell.array
    crystal.positions += generator(4).normal(0.0, 0.2, crystal.positions.shape)
    melt = hard_spheres(len(crystal), cell, 3.4, 5)
    melt.wrap()
    left, right = crystal[crystal.positions[:, 0] < 48.0], melt[melt.positions[:, 0] >= 48.0]
    half = left + right
    found = crystallinity(half, crystal, melt, ["Ti"], rng=generator(6))
    assert found.limit.misclassified < 0.12
    assert found.limit.melt_median < found.limit.threshold < found.limit.crystal_median
    # a layer or two at both borders of the crystal have neighbors in the melt
    assert 0.36 < found.fraction < 0.52
    assert 0.0 < found.error < 0.15
    assert crystallinity(crystal, crystal, melt, ["Ti"]).fraction == pytest.approx(1.0, abs=0.01)
    assert crystallinity(melt, crystal, melt, ["Ti"]).fraction == pytest.approx(0.0, abs=0.01)
    with pytest.raises(InputError, match="must be above that of the melt"):
        crystallinity(half, melt, crystal, ["Ti"], 4.8)
    with pytest.raises(InputError, match="holds none of Bi"):
        crystallinity(half, crystal, melt, ["Bi"])


def test_a_threshold_between_separate_distributions_makes_no_errors():
    # atoms of a perfect crystal differ by rounding alone
    perfect = order_threshold(0.5745242597 + 1e-13 * np.arange(8.0), [0.1, 0.2])
    assert perfect.threshold == pytest.approx(0.5 * (0.2 + 0.5745242597), abs=1e-6)
    found = order_threshold([0.5, 0.6], [0.1, 0.2])
    assert found.misclassified == 0.0
    assert 0.2 < found.threshold < 0.5


def test_angles_that_are_not_there_are_refused(silica):
    with pytest.raises(InputError, match="end-vertex-end"):
        bond_angles(silica, "Si-O", {("Si", "O"): 2.2})
    with pytest.raises(InputError, match="needs the longest bonds O-O"):
        bond_angles(silica, "Si-O-O", {("Si", "O"): 2.2})
    with pytest.raises(InputError, match="no angle Si-Si-Si"):
        bond_angles(silica, "Si-Si-Si", {("Si", "Si"): 1.0})
    with pytest.raises(InputError, match="must belong to pairs"):
        coordination(silica, [("Si", "O")], {("O", "O"): 3.0})
