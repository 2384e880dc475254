"""Displacements: invariances, tilts, linearity, and published trajectories."""

import ase.io
import numpy as np
import pytest
from ase import Atoms
from scipy.spatial.transform import Rotation

from entrox.order.bonds.bonds import bond_splitting
from entrox.order.displacement.displacement import displacements
from entrox.order.displacement.element_means import element_means
from entrox.order.displacement.projection import project_columns, projected_displacements
from entrox.order.lattice import fit_lattice
from perovskite_boxes import make_box


def both(atoms):
    """Displacements of A and B by atom, NaN for anions."""
    found = fit_lattice(atoms)
    vectors = np.full((len(atoms), 3), np.nan)
    for site, index in (("A", found.a), ("B", found.b)):
        vectors[index] = displacements(atoms, found, site).vectors_angstrom[0]
    return vectors


def crystal(seed=0):
    """A noisy, strained box whose cations are off center."""
    return make_box((4, 3, 3), np.random.default_rng(seed), noise=0.1, strain=0.03, shift_b=(0.05, 0.1, 0.2)).atoms


def test_no_cation_of_an_ideal_crystal_is_displaced():
    for matrix in ((3, 3, 3), [[1, 1, 0], [-1, 1, 0], [0, 0, 2]], (1, 1, 1)):
        vectors = both(make_box(matrix).atoms)
        assert np.nanmax(np.abs(vectors)) < 1e-10


def test_a_rigid_shift_a_lattice_translation_and_wrapping_change_nothing():
    atoms = crystal()
    before = both(atoms)
    rng = np.random.default_rng(1)
    for shift in (rng.uniform(-20, 20, 3), atoms.cell[0] / 4, rng.integers(-2, 3, (len(atoms), 3)) @ atoms.cell.array):
        moved = atoms.copy()
        moved.positions += shift
        assert np.nanmax(np.abs(both(moved) - before)) < 1e-10
        moved.wrap()
        assert np.nanmax(np.abs(both(moved) - before)) < 1e-10


def test_a_permutation_of_the_atoms_permutes_the_displacements():
    atoms = crystal()
    order = np.random.default_rng(2).permutation(len(atoms))
    assert np.nanmax(np.abs(both(atoms[order]) - both(atoms)[order])) < 1e-10


def test_vectors_rotate_with_the_box():
    atoms = crystal()
    rotation = Rotation.random(rng=np.random.default_rng(3)).as_matrix()
    turned = Atoms(atoms.symbols, positions=atoms.positions @ rotation.T, cell=atoms.cell @ rotation.T, pbc=True)
    assert np.nanmax(np.abs(both(turned) - both(atoms) @ rotation.T)) < 1e-10
    first, second = fit_lattice(atoms), fit_lattice(turned)
    assert np.array_equal(first.b, second.b)
    assert np.abs(second.axes - first.axes @ rotation.T).max() < 1e-10


def test_a_doubled_box_holds_the_same_displacements_twice():
    atoms = crystal()
    twice = both(atoms.repeat((2, 1, 1)))
    assert np.nanmax(np.abs(twice - np.tile(both(atoms), (2, 1)))) < 1e-10


def test_the_measure_is_linear_in_the_moves_of_the_cations():
    rng = np.random.default_rng(4)
    box = make_box((4, 3, 3))
    moves = np.zeros((2, len(box.atoms), 3))
    cations = np.concatenate([box.a, box.b])
    moves[:, cations] = rng.normal(0, 0.1, (2, len(cations), 3))
    seen = []
    for move in (moves[0], moves[1], moves[0] - 2.0 * moves[1]):
        atoms = box.atoms.copy()
        atoms.positions += move
        seen.append(both(atoms))
    assert np.nanmax(np.abs(seen[2] - (seen[0] - 2.0 * seen[1]))) < 1e-10


def test_pure_tilts_displace_no_cation():
    for angle in (4.0, 12.0):
        for site in "AB":
            box = make_box((4, 4, 4), tilt_deg=angle)
            d = displacements(box.atoms, fit_lattice(box.atoms), site).vectors_angstrom
            # what is left of a cage in antiphase tilts is symmetric about its center
            assert np.abs(d).max() < 1e-10


def test_lead_titanate_agrees_with_the_published_displacements(external_data):
    folder = "perovskite/ferrodispcalc-traj"
    frames = ase.io.read(external_data(f"{folder}/PTO-300K.traj"), ":")
    reference = np.load(external_data(f"{folder}/PTO-300K-disp.npz"))
    found = fit_lattice(frames[0])
    expected = {"A": (found.a, "ao", 0.3675, 0.3964), "B": (found.b, "bo", 0.2541, 0.2698)}
    for site, (atoms, key, taid, modulus) in expected.items():
        d = displacements(frames, found, site)
        assert np.abs(d.vectors_angstrom[:, np.argsort(atoms)] - reference[key]).max() < 1e-10
        means = element_means(d)
        assert means.taid_angstrom[0] == pytest.approx(taid, abs=2e-4)
        assert means.mean_modulus_angstrom[0] == pytest.approx(modulus, abs=2e-4)
    bonds = bond_splitting(frames, found, "Ti", average="frame")
    seen = [bonds.short_angstrom, bonds.middle_angstrom, bonds.long_angstrom, bonds.mean_angstrom]
    assert seen == pytest.approx([1.806, 1.980, 2.286, 2.0022], abs=1e-3)
    # seen by a microscope, Ti leans against Pb the other way than against oxygen
    against_lead = projected_displacements(project_columns(frames, found, "100"), "B")
    against_oxygen = displacements(frames, found, "B").vectors_angstrom.mean(axis=(0, 1))
    assert against_lead[..., 1].mean() == pytest.approx(0.113, abs=1e-3)
    assert against_oxygen[2] == pytest.approx(-0.254, abs=1e-3)


def test_the_published_neighbor_lists_are_ours(external_data):
    folder = "perovskite/ferrodispcalc-traj"
    atoms = ase.io.read(external_data(f"{folder}/PTO-T.vasp"))
    lists = np.load(external_data(f"{folder}/PTO-T_nl.npz"))
    found = fit_lattice(atoms)
    for key, centers, members in (("ao", found.a, found.a_x), ("bo", found.b, found.b_x), ("ba", found.b, found.b_a)):
        rows = lists[key].astype(int) - 1
        published = {row[0]: sorted(row[1:]) for row in rows.tolist()}
        assert {int(c): sorted(m) for c, m in zip(centers, members.tolist(), strict=True)} == published


def first_principles_run(folder):
    """Frames of a run stored as arrays."""
    kinds = np.loadtxt(folder / "type.raw", dtype=int)
    names = (folder / "type_map.raw").read_text().split()
    symbols = [names[k] for k in kinds]
    positions = np.load(folder / "set.000" / "coord.npy").reshape(-1, len(kinds), 3)
    cells = np.load(folder / "set.000" / "box.npy").reshape(-1, 3, 3)
    return [Atoms(symbols, positions=p, cell=c, pbc=True) for p, c in zip(positions, cells, strict=True)]


def means_of(frames):
    found = fit_lattice(frames[0])
    rows = {}
    for site in "AB":
        means = element_means(displacements(frames, found, site))
        pairs = np.column_stack([means.taid_angstrom, means.mean_modulus_angstrom])
        rows |= {name: tuple(pair) for name, pair in zip(means.elements, pairs, strict=True)}
    return rows


def test_barium_titanate_from_first_principles_has_the_known_means(external_data):
    rows = means_of(first_principles_run(external_data("perovskite/unipero-aimd/BT-300K")))
    assert rows["Ba"] == pytest.approx((0.0678, 0.1353), abs=2e-3)
    assert rows["Ti"] == pytest.approx((0.1163, 0.1828), abs=2e-3)


def test_displacements_of_the_solid_solution_fall_from_calcium_to_zirconium(external_data):
    rows = means_of(first_principles_run(external_data("perovskite/unipero-aimd/BZT-BCT-300K")))
    expected = {"Ca": (0.244, 0.388), "Ti": (0.105, 0.192), "Ba": (0.055, 0.127), "Zr": (0.041, 0.094)}
    for name, pair in expected.items():
        assert rows[name] == pytest.approx(pair, abs=3e-3)
    assert sorted(rows, key=lambda name: -rows[name][1]) == ["Ca", "Ti", "Ba", "Zr"]


@pytest.mark.parametrize("system", ["init.054", "init.059", "init.076"])
def test_strongly_tilted_calcium_titanate_keeps_its_map(external_data, system):
    frames = first_principles_run(external_data(f"perovskite/unipero-db/{system}"))
    maps = [fit_lattice(frame) for frame in (frames[0], frames[-1])]
    for found, frame in zip(maps, (frames[0], frames[-1]), strict=True):
        assert found.shape == (2, 2, 2)
        lengths = frame.get_all_distances(mic=True)
        assert lengths[found.b[:, None], found.b_x].max() < 2.7
