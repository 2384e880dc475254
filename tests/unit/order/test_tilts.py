"""Tilts of octahedra and Glazer's symbol."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from entrox.core import InputError
from entrox.order.lattice import fit_lattice
from entrox.order.tilts import _rotation_vectors, glazer_symbol, octahedral_tilts
from entrox.structure.perovskite import build_perovskite


@pytest.mark.parametrize(("system", "angles"), [
    ("a0a0c-", (0, 0, 5)), ("a0a0c+", (0, 0, 5)), ("a0b-b-", (0, 6, 6)), ("a-a-a-", (4, 4, 4)), ("a-a-c+", (8, 8, 9)),
    ("a+b+c+", (3, 5, 8)), ("a0b+c-", (0, 4, 9)), ("a0a0a0", (0, 0, 0)),
])  # fmt: skip
def test_tilts_give_back_the_generated_angles(system, angles):
    atoms = build_perovskite("Ca", "Ti", (4, 4, 4), 3.9, tilt_system=system, tilts_deg=angles)
    found = octahedral_tilts(atoms, fit_lattice(atoms))
    assert np.abs(found.in_phase_deg) + np.abs(found.antiphase_deg) == pytest.approx(angles, abs=2e-3)
    signs = np.array(list(system[1::2]))
    assert (np.abs(found.in_phase_deg)[signs != "+"] < 1e-3).all()
    assert (np.abs(found.antiphase_deg)[signs != "-"] < 1e-3).all()
    assert found.glazer == ("a0a0a0" if system == "a0a0a0" else system)


def test_a_rotated_setting_has_the_tilts_that_fit_it():
    atoms = build_perovskite("Ca", "Ti", (2, 2, 2), 3.8, setting="sqrt2", tilt_system="a-a-c+", tilts_deg=(8, 8, 9))
    found = octahedral_tilts(atoms, fit_lattice(atoms))
    tilts = np.abs(found.in_phase_deg) + np.abs(found.antiphase_deg)
    assert sorted(tilts) == pytest.approx([8, 8, 9], abs=2e-3)
    assert sorted(found.glazer[1::2]) == ["+", "-", "-"]


def test_tilts_turn_with_the_box_and_plain_angles_are_another_quantity():
    atoms = build_perovskite("Sr", "Ti", (2, 2, 2), 3.9, tilt_system="a0a0c-", tilts_deg=(0, 0, 5))
    turned = atoms.copy()
    turned.rotate(40.0, (1.0, 0.3, 2.0), rotate_cell=True)
    for box in (atoms, turned):
        found = octahedral_tilts(box, fit_lattice(box))
        assert np.abs(found.antiphase_deg) == pytest.approx([0, 0, 5], abs=1e-9)
        assert found.plain_angles_deg[0] == pytest.approx(np.tile([5.0, 5.0, 0.0], (8, 1)), abs=1e-9)


def test_rotation_vectors_are_those_of_scipy():
    turns = Rotation.random(200, rng=np.random.default_rng(0))
    turns = turns[turns.magnitude() < 3.0]
    assert _rotation_vectors(turns.as_matrix()) == pytest.approx(np.degrees(turns.as_rotvec()), abs=1e-9)
    mirrored = turns.as_matrix() @ np.diag([1.0, 1.0, -0.1])
    assert _rotation_vectors(mirrored) == pytest.approx(np.degrees(turns.as_rotvec()), abs=1e-9)


def test_odd_boxes_cannot_show_antiphase_tilts():
    atoms = build_perovskite("Sr", "Ti", (3, 3, 3), 3.9)
    found = octahedral_tilts(atoms, fit_lattice(atoms))
    assert np.isnan(found.antiphase_deg).all()
    assert "do not fit" in found.warnings[0]
    assert found.glazer == "a0a0a0"


def test_a_film_shows_the_tilts_that_need_not_close_across_it():
    for layers in (4, 5):
        atoms = build_perovskite("Sr", "Ti", (4, 4, 6), 3.9, tilt_system="a0a0c-", tilts_deg=(0, 0, 5))
        atoms = atoms[atoms.positions[:, 2] < (layers - 0.1) * 3.9]
        atoms.pbc = (True, True, False)
        found = octahedral_tilts(atoms, fit_lattice(atoms, allow_vacancies=True))
        assert found.glazer == "a0a0c-"
        assert np.abs(found.antiphase_deg[2]) == pytest.approx(5.0, abs=1e-6)


def test_a_fluctuation_is_no_tilt():
    rng = np.random.default_rng(1)
    atoms = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    frames = []
    for _ in range(64):
        frame = atoms.copy()
        frame.positions += rng.normal(0.0, 0.15, atoms.positions.shape)
        frames.append(frame)
    found = octahedral_tilts(frames, fit_lattice(atoms), minimum_deg=0.02)
    assert np.abs(found.antiphase_deg).max() > 0.02
    assert found.glazer == "a0a0a0"
    assert found.staggered_errors_deg is not None
    assert octahedral_tilts(frames[0], fit_lattice(atoms)).staggered_errors_deg is None


def test_chunks_do_not_change_the_tilts():
    atoms = build_perovskite("Ca", "Ti", (2, 2, 2), 3.9, tilt_system="a-a-c+", tilts_deg=(8, 8, 9))
    frames = [atoms.copy() for _ in range(5)]
    frames[3].positions[0] = np.nan
    lattice_map = fit_lattice(atoms)
    found = [octahedral_tilts(frames, lattice_map, chunk_frames=n) for n in (1, 5)]
    assert np.array_equal(found[0].rotations_deg, found[1].rotations_deg)
    assert found[0].failed_frames == 1
    assert found[0].n_frames == 4


def test_letters_follow_the_sizes():
    assert glazer_symbol([0, 0, 0], [0, 0, 0]) == "a0a0a0"
    assert glazer_symbol([0, 5.0, 0], [0, 0, 5.1]) == "a0b+b-"
    assert glazer_symbol([6, 0, 0], [0, 8, 8]) == "a+b-b-"
    assert glazer_symbol([0, 7, 0], [9, 0, 9]) == "a-b+a-"
    with pytest.raises(InputError):
        glazer_symbol([0, 0], [0, 0, 0])
    with pytest.raises(InputError, match="minimum_deg"):
        glazer_symbol([0, 0, 0], [0, 0, 0], 0.0)
