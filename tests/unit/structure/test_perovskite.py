"""Boxes of perovskites: distances, settings, tilts, arrangements."""

from __future__ import annotations

import numpy as np
import pytest
from ase.neighborlist import neighbor_list
from scipy.spatial.transform import Rotation

from entrox.core import InputError, generator
from entrox.structure.arrangements import build_arrangements
from entrox.structure.perovskite import SETTINGS, build_perovskite


@pytest.mark.parametrize("setting", list(SETTINGS))
@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2)])
def test_every_setting_has_the_neighbors_of_the_ideal_structure(setting, shape):
    atoms = build_perovskite("Ba", "Ti", shape, 4.0, setting=setting)
    n_cells = round(abs(np.linalg.det(SETTINGS[setting]))) * int(np.prod(shape))
    assert atoms.symbols.formula.count() == {"Ba": n_cells, "Ti": n_cells, "O": 3 * n_cells}
    assert atoms.get_volume() == pytest.approx(64.0 * n_cells)
    first = neighbor_list("i", atoms, {("Ti", "O"): 2.1})
    assert (np.bincount(first, minlength=len(atoms))[n_cells : 2 * n_cells] == 6).all()
    first = neighbor_list("i", atoms, {("Ba", "O"): 3.0})
    assert (np.bincount(first, minlength=len(atoms))[:n_cells] == 12).all()
    first = neighbor_list("i", atoms, {("Ba", "Ti"): 3.6})
    assert (np.bincount(first, minlength=len(atoms))[:n_cells] == 8).all()
    assert atoms.get_scaled_positions(wrap=False).min() > -1e-9
    assert atoms.get_scaled_positions(wrap=False).max() < 1.0


def test_cells_are_in_the_order_of_the_grid():
    atoms = build_perovskite("Ba", "Ti", (2, 3, 4), (4.0, 4.1, 4.2))
    cells = atoms.get_array("cell_index")[:24]
    assert np.array_equal(cells, np.array(list(np.ndindex(2, 3, 4))))
    assert atoms.positions[:24] == pytest.approx(cells * [4.0, 4.1, 4.2])
    assert atoms.positions[24:48] == pytest.approx((cells + 0.5) * [4.0, 4.1, 4.2])
    assert atoms.get_array("site_number").tolist() == [n for n in range(1, 6) for _ in range(24)]


def octahedron(atoms, cell):
    """Return the unit vectors of the three O-O axes of one octahedron in columns, by the nearest oxygens."""
    center = int(np.flatnonzero((atoms.get_array("cell_index") == cell).all(axis=1) & (atoms.symbols == "Ti"))[0])
    oxygen = np.flatnonzero(atoms.symbols == "O")
    vectors = atoms.get_distances(center, oxygen, mic=True, vector=True)
    nearest = vectors[np.argsort(np.linalg.norm(vectors, axis=1))[:6]]
    columns = [nearest[np.argmax(nearest[:, k])] - nearest[np.argmin(nearest[:, k])] for k in range(3)]
    return np.array([c / np.linalg.norm(c) for c in columns]).T


@pytest.mark.parametrize(
    ("system", "tilts", "tolerance"),
    [("a0a0c-", (0, 0, 5.0), 1e-9), ("a0a0c+", (0, 0, 12.0), 1e-9), ("a-a-c+", (6.0, 6.0, 8.0), 0.2),
     ("a-a-a-", (4.0, 4.0, 4.0), 0.05), ("a0b-c+", (0, 3.0, 2.0), 0.02)],
)  # fmt: skip
def test_octahedra_are_turned_by_the_given_angles_with_the_given_signs(system, tilts, tolerance):
    atoms = build_perovskite("Ca", "Ti", (2, 2, 2), 3.8, tilt_system=system, tilts_deg=tilts)
    for cell in np.ndindex(2, 2, 2):
        u, _, vt = np.linalg.svd(octahedron(atoms, cell))
        angles = np.degrees(Rotation.from_matrix(u @ vt).as_rotvec())
        signs = [
            0 if s == "0" else (-1) ** (sum(cell) - (cell[k] if s == "+" else 0)) for k, s in enumerate(system[1::2])
        ]
        assert angles == pytest.approx(np.array(signs) * tilts, abs=tolerance)


def test_tilts_leave_the_center_of_every_cage_in_place():
    atoms = build_perovskite("Ca", "Ti", (2, 2, 2), 3.8, tilt_system="a-a-c+", tilts_deg=(6, 6, 8))
    for center in np.flatnonzero(atoms.symbols == "Ti"):
        vectors = atoms.get_distances(center, np.flatnonzero(atoms.symbols == "O"), mic=True, vector=True)
        cage = vectors[np.argsort(np.linalg.norm(vectors, axis=1))[:6]]
        assert cage.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-12)


@pytest.mark.parametrize("setting", ["sqrt2", "2sqrt2"])
def test_tilts_of_orthorhombic_perovskites_fit_the_rotated_settings(setting):
    atoms = build_perovskite("Ca", "Ti", (1, 1, 1), 3.8, setting=setting, tilt_system="a-a-c+", tilts_deg=(6, 6, 8))
    nearest = neighbor_list("d", atoms, {("Ti", "O"): 2.3})
    assert len(nearest) == 2 * 6 * (len(atoms) // 5)
    assert nearest == pytest.approx(np.full(len(nearest), 1.9), abs=0.05)


def test_solid_solutions_need_a_generator_and_have_their_composition():
    with pytest.raises(InputError, match="rng"):
        build_perovskite({"Ba": 0.5, "Ca": 0.5}, "Ti", (2, 2, 2), 4.0)
    atoms = build_perovskite(
        {"Ba": 0.5, "Ca": 0.5}, {"Ti": 0.75, "Sn": 0.25}, (2, 2, 2), 4.0, x_site={"O": 23 / 24, "Va": 1 / 24},
        rng=generator(1),
    )  # fmt: skip
    assert atoms.symbols.formula.count() == {"Ba": 4, "Ca": 4, "Ti": 6, "Sn": 2, "O": 23}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"setting": "sqrt3"}, "setting"),
        ({"shape": (2, 0, 2)}, r"shape\[1\]"),
        ({"lattice_angstrom": (4.0, 4.0)}, "one edge or three"),
        ({"lattice_angstrom": -4.0}, "> 0"),
        ({"tilt_system": "abc"}, "symbol"),
        ({"tilt_system": "a0a0c-", "tilts_deg": (1, 0, 1)}, "0 for each 0"),
        ({"tilt_system": "a0a0c-", "tilts_deg": (0, 0, 50)}, "below 45"),
        ({"tilt_system": "a0a0c-", "tilts_deg": (0, 0, 5), "shape": (2, 2, 3)}, "even number"),
    ],
)
def test_what_cannot_be_built_is_refused(more, message):
    with pytest.raises(InputError, match=message):
        build_perovskite(**({"a_site": "Ca", "b_site": "Ti", "shape": (2, 2, 2), "lattice_angstrom": 4.0} | more))


def test_arrangements_share_the_composition_and_differ_in_the_sites():
    boxes = build_arrangements("Ba0.875Ca0.125Ti0.875Sn0.125O3", (4, 4, 4), 4, rng=generator(1))
    assert {box.get_chemical_formula() for box in boxes} == {"Ba56Ca8O192Sn8Ti56"}
    assert len({box.numbers.tobytes() for box in boxes}) == 4
    assert len({box.positions.tobytes() for box in boxes}) == 1
    fewer = build_arrangements("Ba0.875Ca0.125Ti0.875Sn0.125O3", (4, 4, 4), 2, rng=generator(1))
    assert all(np.array_equal(a.numbers, b.numbers) for a, b in zip(fewer, boxes, strict=False))


def test_arrangements_take_vegards_edge_or_the_given_one():
    (box,) = build_arrangements("BaTiO3", (2, 2, 2), 1, rng=generator(1))
    assert box.cell.lengths() == pytest.approx([8.0] * 3, abs=0.06)
    (box,) = build_arrangements("BaTiO3", (2, 2, 2), 1, rng=generator(1), lattice_angstrom=(4.0, 4.0, 4.1))
    assert box.cell.lengths() == pytest.approx([8.0, 8.0, 8.2])
    with pytest.raises(InputError, match="perovskite"):
        build_arrangements("MgO", (2, 2, 2), 1, rng=generator(1))
