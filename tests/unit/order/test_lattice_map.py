"""The map of a perovskite: sites, neighbors, films, vacancies, refusals."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.geometry import find_mic

from entrox.core import InputError
from entrox.order.lattice import fit_lattice, refit_lattice
from entrox.order.lattice.site_roles import site_elements
from entrox.order.lattice.topology import cell_grid
from perovskite_boxes import make_box

TROUBLE = dict(noise=0.15, tilt_deg=12.0, strain=0.04, wall=0.2, wrap=True)
SETTINGS = [
    (6, 4, 4),
    [[1, -1, 0], [1, 1, 0], [0, 0, 2]],
    [[2, -2, 0], [2, 2, 0], [0, 0, 2]],
]


@pytest.mark.parametrize("matrix", SETTINGS, ids=["6x4x4", "sqrt2", "2sqrt2"])
def test_the_map_is_recovered_for_100_of_100_seeds_under_every_trouble_at_once(matrix):
    missed = []
    for seed in range(100):
        box = make_box(matrix, np.random.default_rng(seed), **TROUBLE)
        found = fit_lattice(box.atoms)
        same = np.array_equal(found.matrix, box.grid.matrix)
        if not (same and (found.a == box.a).all() and (found.b == box.b).all() and (found.x == box.x).all()):
            missed.append(seed)
    assert missed == []


def test_a_box_turned_against_its_lattice_gets_the_right_neighbors():
    box = make_box([[3, 4, 0], [-4, 3, 0], [0, 0, 2]], np.random.default_rng(1), noise=0.1)
    found = fit_lattice(box.atoms)
    assert found.shape is None
    assert abs(round(np.linalg.det(found.matrix))) == 50
    lengths = box.atoms.get_all_distances(mic=True)
    assert lengths[found.b[:, None], found.b_x].max() < 2.6
    assert lengths[found.a[:, None], found.a_x].max() < 3.6
    assert lengths[found.b, found.b[found.neighbors[:, 0]]].max() < 4.6
    with pytest.raises(InputError, match="diagonal"):
        found.grid(found.a)


def test_neighbors_point_where_their_order_says():
    box = make_box((3, 4, 5))
    found, positions = fit_lattice(box.atoms), box.atoms.positions

    def vectors(centers, members):
        flat = find_mic((positions[members] - positions[centers][:, None]).reshape(-1, 3), box.atoms.cell)[0]
        return flat.reshape(*members.shape, 3)

    steps = 4.0 * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    assert np.allclose(vectors(found.b, found.b_x), steps / 2)
    assert np.allclose(vectors(found.a, found.a[found.neighbors]), steps)
    assert np.allclose(vectors(found.b, found.x), steps[::2] / 2)
    for centers, members, length in ((found.a, found.a_x, 2.0 * np.sqrt(2)), (found.b, found.b_a, 2.0 * np.sqrt(3)),
                                     (found.a, found.a_b, 2.0 * np.sqrt(3))):  # fmt: skip
        assert np.allclose(np.linalg.norm(vectors(centers, members), axis=-1), length)
        assert np.allclose(vectors(centers, members).mean(axis=1), 0.0)
        assert all(len(set(row)) == members.shape[1] for row in members.tolist())
    assert found.grid(found.a).shape == (3, 4, 5)
    assert (found.grid(found.cells)[1, 2, 3] == [1, 2, 3]).all()


def test_the_axes_are_right_handed_in_a_left_handed_cell():
    box = make_box((3, 4, 5), np.random.default_rng(3), noise=0.05)
    turned = box.atoms.copy()
    turned.set_cell(turned.cell[[1, 0, 2]])
    found = fit_lattice(turned)
    assert np.linalg.det(found.axes) == pytest.approx(1.0)
    assert found.shape == (4, 3, 5)
    assert turned.get_all_distances(mic=True)[found.b[:, None], found.b_x].max() < 2.5


def test_a_rigid_shift_of_one_sublattice_changes_no_site():
    for shift in ((0.5, 0.3, 0.4), (-0.6, 0.0, 0.6)):
        box = make_box((4, 4, 4), np.random.default_rng(2), noise=0.1, shift_a=shift, shift_b=(0.0, 0.4, -0.3))
        found = fit_lattice(box.atoms)
        assert (found.a == box.a).all()
        assert (found.b == box.b).all()
        assert (found.x == box.x).all()


def test_an_element_in_both_lists_is_placed_by_the_fit_and_reported():
    box = make_box((4, 4, 4), np.random.default_rng(5), noise=0.1, a_elements=("Ba", "Ca"), b_elements=("Ti", "Ca"))
    found = fit_lattice(box.atoms, a_site=("Ba", "Ca"), b_site=("Ti", "Ca"))
    assert (found.a == box.a).all()
    assert (found.b == box.b).all()
    on_a, on_b = found.a_symbols.count("Ca"), found.b_symbols.count("Ca")
    assert on_a > 0
    assert on_b > 0
    assert f"site_decided_by_fit: Ca, {on_a} on A, {on_b} on B" in found.warnings
    only = fit_lattice(make_box((3, 3, 3), a_elements=("Ca",)).atoms, a_site=("Ca",), b_site=("Ti", "Sn", "Ca"))
    assert only.a_symbols == ("Ca",) * 27


def test_two_atoms_at_one_site_are_settled_by_optimal_assignment():
    box = make_box((4, 4, 4), np.random.default_rng(0))
    from_cell, to_cell = 21, 22
    moved = box.atoms.positions
    moved[box.b[from_cell]] += [0.0, 0.0, 2.15]
    found = fit_lattice(box.atoms)
    assert (found.b == box.b).all()
    assert any("site_conflicts: 1 " in text for text in found.warnings)
    # both lean the same way: the pair keeps its order
    moved[box.b[to_cell]] += [0.0, 0.0, 1.0]
    assert (fit_lattice(box.atoms).b == box.b).all()


def test_a_crystal_that_is_no_perovskite_is_refused_with_residual_and_shape():
    atoms = bulk("BaO", "rocksalt", a=5.5, cubic=True).repeat(2)
    with pytest.raises(InputError, match=r"nearest shape tried, .* angstrom from their sites"):
        fit_lattice(atoms)


def test_random_points_are_refused_with_what_was_found():
    rng = np.random.default_rng(0)
    atoms = Atoms("Ba27Ti27O81", positions=rng.uniform(0, 12, (135, 3)), cell=[12, 12, 12], pbc=True)
    with pytest.raises(
        InputError, match=r"found 135 atoms, 27 on A, 27 on B, 81 on X.*tried, 3 x 3 x 3 .*allowed 0\.6"
    ):
        fit_lattice(atoms)


def test_elements_without_a_site_are_named_with_the_options():
    box = make_box((2, 2, 2), b_elements=("Ti", "Xe"))
    with pytest.raises(InputError, match=r"Xe: neither in a_site nor in b_site.*b_site="):
        fit_lattice(box.atoms)
    with pytest.raises(InputError, match="Sn: neither"):
        fit_lattice(make_box((2, 2, 2)).atoms, b_site=("Ti",))
    with pytest.raises(InputError, match="no element is sure"):
        site_elements(["Ca", "Ti"], ["Ca", "Ti"], ["Ca", "Ti"], ["O"])


def test_missing_cells_and_open_boxes_are_refused():
    atoms = make_box((2, 2, 2)).atoms
    atoms.pbc = False
    with pytest.raises(InputError, match=r"pbc \[False, False, False\]"):
        fit_lattice(atoms)
    atoms.pbc = True
    atoms.cell = np.zeros((3, 3))
    with pytest.raises(InputError, match="no volume"):
        fit_lattice(atoms)


def test_vacancies_need_leave_and_leave_minus_one():
    box = make_box((4, 3, 3), np.random.default_rng(4), noise=0.1)
    gone = [box.x[5, 2], box.b[7]]
    rest = np.delete(np.arange(len(box.atoms)), gone)
    atoms = box.atoms[rest]
    with pytest.raises(InputError, match="0 A, 1 B, 1 X"):
        fit_lattice(atoms)
    found = fit_lattice(atoms, allow_vacancies=True)
    assert found.vacancies == (0, 1, 1)
    assert found.b[7] == -1
    assert found.b_symbols[7] == ""
    assert (found.b_x < 0).sum() == 2
    assert (found.a_x < 0).sum() == 4
    assert (found.a_b < 0).sum() == 8
    assert (rest[found.a] == box.a).all()


def test_a_film_masks_its_borders_and_nothing_else():
    box = make_box((3, 3, 4), np.random.default_rng(6), noise=0.05, tilt_deg=5.0)
    atoms = box.atoms
    atoms.cell[2] = [0.0, 0.0, 40.0]
    atoms.pbc = [True, True, False]
    found = fit_lattice(atoms)
    assert found.periodic == (True, True, False)
    assert found.shape == (3, 3, 5)
    b = found.grid(found.b)
    assert (b[:, :, :4].ravel() == box.b).all()
    assert (b[:, :, 4] == -1).all()
    # the ideal box ends with BaO below and TiO2 with apical O above: only A cages at the bottom are cut
    complete = found.grid((found.b_x >= 0).all(axis=1))
    assert complete[:, :, 1:4].all()
    assert found.vacancies == (0, 0, 0)
    thick = make_box((3, 3, 4)).atoms
    thick.cell[2] = 0.0
    thick.pbc = [True, True, False]
    assert fit_lattice(thick).shape == (3, 3, 5)


def test_a_hop_is_followed_and_cells_keep_their_names():
    box = make_box((4, 4, 4), np.random.default_rng(8), noise=0.1)
    found = fit_lattice(box.atoms)
    later = box.atoms.copy()
    later.positions += [3.3, 0.9, -2.2]
    one, two = box.b[10], box.b[11]
    later.positions[[one, two]] = later.positions[[two, one]]
    again = refit_lattice(found, later)
    assert again.b[10] == two
    assert again.b[11] == one
    assert (again.a == found.a).all()
    assert (again.x == found.x).all()


def test_cells_of_a_matrix_are_counted_by_its_determinant_and_named_periodically():
    for matrix in (
        [[1, 1, 0], [-1, 1, 0], [0, 0, 2]],
        [[3, 4, 0], [-4, 3, 0], [1, 0, 2]],
        [[2, 1, 1], [0, 3, 1], [1, 0, -4]],
    ):
        grid = cell_grid(np.array(matrix))
        assert len(grid.cells) == abs(round(np.linalg.det(matrix)))
        assert (grid.index(grid.cells) == np.arange(len(grid.cells))).all()
        turns = np.random.default_rng(0).integers(-3, 4, (len(grid.cells), 3))
        assert (grid.index(grid.cells + turns @ grid.matrix) == np.arange(len(grid.cells))).all()
