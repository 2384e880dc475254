"""Published trajectories: classes, tilts, walls and correlation."""

import ase.io
import numpy as np
import pytest

from entrox.order.correlation.correlation import correlation
from entrox.order.displacement.displacement import displacements
from entrox.order.domains import bound_charge, find_domains, wall_profile
from entrox.order.lattice import fit_lattice
from entrox.order.pair_distribution import partial_rdf
from entrox.order.phases.phases import classify
from entrox.order.polarization.polarization import local_polarization
from entrox.order.tilts import octahedral_tilts
from entrox.structure.frames import read_frames

FOLDER = "perovskite/ferrodispcalc-traj"


def test_lead_titanate_is_tetragonal_at_room_temperature(external_data):
    frames = ase.io.read(external_data(f"{FOLDER}/PTO-300K.traj"), ":")
    lattice_map = fit_lattice(frames[0])
    d = displacements(frames, lattice_map, "B")
    found = classify(d)
    assert found.fractions == pytest.approx([0.0, 0.778, 0.179, 0.043, 0.0], abs=2e-3)
    averaged = classify(d.vectors_angstrom.mean(axis=0)[None], axes=d.axes)
    assert averaged.fractions[1] > 0.99
    # all tetragonal cells of a frame point one way and hang together
    assert find_domains(d, lattice_map).largest_fraction == pytest.approx(found.fractions[1])
    assert find_domains(d, lattice_map, join_angle_deg=60.0).largest_fraction > 0.98
    assert correlation(d, lattice_map).nearest_neighbor == pytest.approx(0.874, abs=2e-3)
    assert correlation(d, lattice_map, connected=True).nearest_neighbor == pytest.approx(0.130, abs=2e-3)


def test_frames_of_barium_titanate_show_no_phase(external_data):
    frames = list(read_frames(external_data("perovskite/unipero-aimd/BT-300K")))
    found = classify(displacements(frames, fit_lattice(frames[0]), "B"))
    assert found.fractions == pytest.approx([0.003, 0.261, 0.439, 0.297, 0.0], abs=5e-3)
    assert np.abs(found.excess[1:] / found.errors[1:].clip(1e-3)).max() < 2.0
    assert "instantaneous" in found.warnings[0]


def test_strontium_titanate_tilts_in_antiphase_about_one_axis(external_data):
    atoms = ase.io.read(external_data(f"{FOLDER}/STO-50K.vasp"))
    lattice_map = fit_lattice(atoms)
    found = octahedral_tilts(atoms, lattice_map)
    assert found.glazer == "a0a0c-"
    assert found.antiphase_deg == pytest.approx([-0.040, -0.009, 4.734], abs=5e-3)
    m_points = [found.wave_vectors.index(name) for name in ("Mx", "My", "Mz")]
    assert np.abs(found.staggered_deg[m_points]).max() < 5e-3


def test_the_published_tilts_are_ours_where_no_bond_was_wrapped_wrongly(external_data):
    atoms = ase.io.read(external_data(f"{FOLDER}/STO-50K.vasp"))
    reference = np.load(external_data(f"{FOLDER}/STO-50K_octahedral_tilt.npy"))
    lattice_map = fit_lattice(atoms)
    angles = octahedral_tilts(atoms, lattice_map).plain_angles_deg[0]
    cells = lattice_map.cells[np.argsort(lattice_map.b)]
    off = np.abs(angles[np.argsort(lattice_map.b)] - reference)
    good = (off < 1e-6).all(axis=1)
    assert good.sum() == 725
    # in the rest, the bond that leaves the box along the axis of the wrong angle decides
    assert (off > 1e-6).sum(axis=0).tolist() == [100, 100, 100]
    assert ((cells[~good] == 0) | (cells[~good] == 9)).any(axis=1).all()
    # a shift across the border changes none of ours, so that all of them can be trusted
    moved = atoms.copy()
    moved.positions += moved.cell.sum(axis=0) * 0.37
    moved.wrap()
    again = fit_lattice(moved)
    shifted = octahedral_tilts(moved, again).plain_angles_deg[0]
    assert np.abs(shifted[np.argsort(again.b)] - angles[np.argsort(lattice_map.b)]).max() < 1e-9
    assert angles.max() < 5.1


def test_the_walls_of_lead_titanate_are_narrow_and_neutral(external_data):
    atoms = ase.io.read(external_data(f"{FOLDER}/PTO-180DW.vasp"))
    lattice_map = fit_lattice(atoms)
    charges = {"Pb": 3.44, "Ti": 5.18, "O": -(3.44 + 5.18) / 3}
    p = local_polarization(atoms, lattice_map, charges)
    profile = wall_profile(p, lattice_map)
    assert profile.component == 2
    assert profile.plateau == pytest.approx(0.722, abs=2e-3)
    assert len(profile.center_angstrom) == 2
    assert np.abs(profile.amplitude) == pytest.approx([0.724, 0.724], abs=2e-3)
    assert profile.width_angstrom == pytest.approx([2.35, 2.35], abs=0.02)
    found = find_domains(displacements(atoms, lattice_map), lattice_map)
    assert found.domain_cells.tolist() == [40, 40]
    assert found.wall_faces == {"T 180": 8.0}
    # a wall along the polarization carries no charge: far less than the head-to-head 2 P / a
    assert bound_charge(p, lattice_map).rms_e_per_angstrom3 < 0.02 * 2 * 0.722 / 16.02 / 4.0


def test_the_cages_of_lead_titanate_hold_twelve_and_six(external_data):
    frames = ase.io.read(external_data(f"{FOLDER}/PTO-300K.traj"), ":5")
    found = partial_rdf(frames, [("Ti", "O"), ("Pb", "O")], bin_edges=[0.0, 2.9, 3.7])
    assert found.coordination[0, 0] == pytest.approx(6.0, abs=0.05)
    assert found.coordination[1, 1] == pytest.approx(12.0, abs=0.3)
