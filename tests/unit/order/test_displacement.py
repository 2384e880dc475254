"""Displacements and their averages: signs, references, windows, frames that fail or hop."""

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError
from entrox.order.displacement.displacement import DisplacementSeries, displacements
from entrox.order.displacement.element_means import element_means
from entrox.order.displacement.frame_chunks import frame_chunks
from entrox.order.lattice import fit_lattice
from perovskite_boxes import make_box


def shaken(box, count, rng, sigma=0.05):
    """Frames with fresh noise."""
    frames = []
    for _ in range(count):
        frame = box.atoms.copy()
        frame.positions += rng.normal(0.0, sigma, frame.positions.shape)
        frames.append(frame)
    return frames


def test_a_cation_moved_along_z_is_displaced_by_just_that():
    box = make_box((3, 3, 3), shift_b=(0.0, 0.0, 0.1))
    found = fit_lattice(box.atoms)
    assert np.abs(displacements(box.atoms, found, "B").vectors_angstrom[0] - [0, 0, 0.1]).max() < 1e-12
    # the twelve X around A belong to a box whose B atoms do not count
    assert np.abs(displacements(box.atoms, found, "A").vectors_angstrom).max() < 1e-12
    one = box.atoms.copy()
    one.positions[box.a[5]] += [0.2, 0.0, 0.0]
    d = displacements(one, found, "A").vectors_angstrom[0]
    assert d[5] == pytest.approx([0.2, 0.0, 0.0])
    assert np.abs(np.delete(d, 5, axis=0)).max() < 1e-12


def test_the_cation_reference_points_oppositely_on_the_two_sites():
    box = make_box((3, 3, 3), shift_a=(0.0, 0.1, 0.0), shift_b=(0.0, 0.0, 0.3))
    found = fit_lattice(box.atoms)
    a, b = (displacements(box.atoms, found, site, "cation").vectors_angstrom for site in "AB")
    of_a, of_b = (displacements(box.atoms, found, site).vectors_angstrom for site in "AB")
    assert np.abs(b - (of_b - of_a)).max() < 1e-12
    assert np.abs(a + b).max() < 1e-12


def test_boxes_one_cell_wide_have_whole_cages():
    box = make_box((1, 1, 1), shift_b=(0.0, 0.0, 0.1))
    found = fit_lattice(box.atoms)
    assert len(found) == 1
    assert displacements(box.atoms, found, "B").vectors_angstrom[0, 0] == pytest.approx([0.0, 0.0, 0.1])
    assert displacements(box.atoms, found, "B", "cation").vectors_angstrom[0, 0] == pytest.approx([0.0, 0.0, 0.1])


def test_a_window_is_the_mean_of_its_frames_and_chunks_change_nothing():
    rng = np.random.default_rng(0)
    box = make_box((3, 3, 3))
    frames, found = shaken(box, 23, rng), fit_lattice(box.atoms)
    single = displacements(frames, found, "B").vectors_angstrom
    window = displacements(frames, found, "B", window_ps=0.5, time_step_ps=0.1)
    assert window.window_frames == 5
    assert np.abs(window.vectors_angstrom - single[:20].reshape(4, 5, 27, 3).mean(axis=1)).max() < 1e-14
    assert any("last 3 frames" in text for text in window.warnings)
    for size in (1, 4, 64):
        again = displacements(iter(frames), found, "B", window_ps=0.5, time_step_ps=0.1, chunk_frames=size)
        assert np.array_equal(again.vectors_angstrom, window.vectors_angstrom)
    with pytest.raises(InputError, match="needs the time between frames"):
        displacements(frames, found, "B", window_ps=1.0)
    with pytest.raises(InputError, match="takes 50 frames"):
        displacements(frames, found, "B", window_ps=5.0, time_step_ps=0.1)


def test_one_pass_serves_many_measures():
    frames = shaken(make_box((3, 3, 3)), 6, np.random.default_rng(1))
    found = fit_lattice(frames[0])
    series = [DisplacementSeries(found, site) for site in "AB"]
    for chunk in frame_chunks(iter(frames), found, 4):
        for item in series:
            item.add(chunk)
    for item, site in zip(series, "AB", strict=True):
        alone = displacements(frames, found, site).vectors_angstrom
        assert np.array_equal(item.result().vectors_angstrom, alone)


def test_bad_frames_are_left_out_and_counted():
    box = make_box((3, 3, 3))
    frames, found = shaken(box, 5, np.random.default_rng(2)), fit_lattice(box.atoms)
    frames[1].positions[3, 0] = np.nan
    frames[3].positions[:] = np.random.default_rng(3).uniform(0, 12, frames[3].positions.shape)
    d = displacements(frames, found, "B")
    assert d.failed_frames == 2
    assert d.n_frames == 3
    assert len(d.vectors_angstrom) == 3
    assert np.isfinite(d.vectors_angstrom).all()
    assert any("failed_frames: 2" in text for text in d.warnings)
    with pytest.raises(InputError, match="all 2 frames failed"):
        displacements([frames[1], frames[3]], found, "B")
    with pytest.raises(InputError, match="empty"):
        displacements([], found, "B")


def test_frames_in_another_order_are_placed_anew_with_a_warning():
    rng = np.random.default_rng(4)
    box = make_box((3, 3, 3), rng, noise=0.1)
    found = fit_lattice(box.atoms)
    mixed = box.atoms[rng.permutation(len(box.atoms))]
    d = displacements([box.atoms, mixed, box.atoms], found, "A")
    assert d.refitted_frames == 1
    assert any(text.startswith("hops") for text in d.warnings)
    assert np.abs(d.vectors_angstrom[1] - d.vectors_angstrom[0]).max() < 1e-12


def test_a_drifting_box_has_no_hops():
    box = make_box((3, 3, 3), np.random.default_rng(5), noise=0.15, tilt_deg=8.0)
    found = fit_lattice(box.atoms)
    frames = []
    for k in range(8):
        frame = box.atoms.copy()
        frame.positions += k * np.array([1.1, -0.7, 2.3])
        frames.append(frame)
    d = displacements(frames, found, "B")
    assert d.refitted_frames == 0
    assert np.ptp(d.vectors_angstrom, axis=0).max() < 1e-12


def test_without_oxygen_the_cation_reference_is_named():
    box = make_box((3, 3, 3), shift_b=(0.0, 0.1, 0.0))
    bare = box.atoms[[atom.index for atom in box.atoms if atom.symbol != "O"]]
    found = fit_lattice(bare)
    with pytest.raises(InputError, match="reference='cation'"):
        displacements(bare, found, "B")
    assert displacements(bare, found, "B", "cation").vectors_angstrom[0] == pytest.approx(
        np.tile([0.0, 0.1, 0.0], (27, 1))
    )


def test_vacancies_leave_a_count_and_no_displacement_of_their_own():
    box = make_box((3, 3, 3))
    cell, gone = 13, box.x[13, 0]
    keep = np.delete(np.arange(len(box.atoms)), gone)
    found = fit_lattice(box.atoms[keep], allow_vacancies=True)
    d = displacements(box.atoms[keep], found, "B")
    assert d.n_found[cell] == 5
    assert (d.n_found == 5).sum() == 2
    # the centroid of the five that are left lies 0.4 A off the center, and so does that of their ideal places
    assert np.abs(d.vectors_angstrom).max() < 1e-12
    moved = box.atoms.copy()
    moved.positions[box.b[cell]] += [0.0, 0.03, 0.1]
    d = displacements(moved[keep], found, "B")
    assert d.vectors_angstrom[0, cell] == pytest.approx([0.0, 0.03, 0.1])
    assert np.abs(displacements(moved[keep], found, "A").vectors_angstrom).max() < 1e-12


def test_borders_of_a_film_are_masked_and_its_inside_is_not():
    box = make_box((3, 3, 4), shift_b=(0.0, 0.0, 0.2))
    box.atoms.cell[2] = [0.0, 0.0, 60.0]
    box.atoms.pbc = [True, True, False]
    found = fit_lattice(box.atoms)
    d = found.grid(displacements(box.atoms, found, "B").vectors_angstrom[0])
    # layer 0 lacks its lower apical X, layer 4 is the empty one
    assert np.isnan(d[:, :, [0, 4]]).all()
    assert np.abs(d[:, :, 1:4] - [0, 0, 0.2]).max() < 1e-12
    means = element_means(displacements(box.atoms, found, "B"))
    assert means.count.sum() == 27
    assert any("masked: 9 B" in text for text in means.warnings)


def test_opposite_domains_have_no_mean_vector_and_a_mean_modulus():
    box = make_box((4, 3, 3), wall=0.2, b_elements=("Ti",))
    found = fit_lattice(box.atoms)
    means = element_means(displacements(box.atoms, found, "B"))
    assert means.elements == ("Ti",)
    assert means.taid_angstrom[0] == pytest.approx(0.0, abs=1e-12)
    assert means.mean_modulus_angstrom[0] == pytest.approx(0.2)
    assert means.taid_error_angstrom is None
    assert means.mean_modulus_error_angstrom is None
    assert not means.converged


def test_noise_alone_gives_the_mean_modulus_of_a_maxwellian_with_honest_errors():
    rng = np.random.default_rng(6)
    box = make_box((4, 4, 4), b_elements=("Ti", "Sn"))
    frames = []
    for _ in range(256):
        frame = box.atoms.copy()
        frame.positions[box.b] += rng.normal(0.0, 0.1, (64, 3))
        frames.append(frame)
    means = element_means(displacements(frames, fit_lattice(box.atoms), "B"))
    expected = 0.1 * np.sqrt(8.0 / np.pi)
    assert np.abs(means.mean_modulus_angstrom - expected).max() < 4.0 * means.mean_modulus_error_angstrom.max()
    assert means.mean_vector_error_angstrom == pytest.approx(
        np.tile(0.1 / np.sqrt(256.0 * means.count)[:, None], (1, 3)), rel=0.6
    )
    assert (np.abs(means.mean_vector_angstrom) < 4.5 * means.mean_vector_error_angstrom).all()


def test_atoms_of_another_structure_are_refused():
    found = fit_lattice(make_box((3, 3, 3)).atoms)
    with pytest.raises(InputError, match="all 1 frames failed"):
        displacements(Atoms("BaTiO3", positions=np.zeros((5, 3)), cell=[4, 4, 4], pbc=True), found)


def test_frames_whose_elements_changed_sites_are_left_out():
    box = make_box((3, 3, 3), a_elements=("Ba", "Ca"), b_elements=("Ti",))
    found = fit_lattice(box.atoms)
    ba, ca = (box.a[np.array(found.a_symbols) == name][0] for name in ("Ba", "Ca"))
    renamed, moved = box.atoms.copy(), box.atoms.copy()
    renamed.numbers[[ba, ca]] = renamed.numbers[[ca, ba]]
    moved.positions[[ba, ca]] = moved.positions[[ca, ba]]
    d = displacements([box.atoms, renamed, moved, box.atoms], found, "A")
    assert (d.n_frames, d.failed_frames, d.refitted_frames) == (2, 2, 0)
    assert "other elements on the sites" in d.warnings[0]
    with pytest.raises(InputError, match="all 1 frames failed"):
        displacements(renamed, found, "A")
