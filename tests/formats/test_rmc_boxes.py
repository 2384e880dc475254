"""Boxes of refinements in the files of other programs, and control files of RMCProfile."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.scattering.run.box_files import write_box
from entrox.scattering.run.refine import run_rmc
from entrox.scattering.setup.problem_of_settings import problem_of_settings
from entrox.scattering.setup.rmcprofile_input import read_rmcprofile_dat
from entrox.structure.frames import read_frames
from entrox.structure.rmc6f import read_rmc6f, write_rmc6f
from rmc_cases import virtual_experiment

CONTROL = """%% a comment
TITLE :: barium titanate
MATERIAL :: BTO
NUMBER_DENSITY :: 0.078125 Angstrom^-3
PRINT_PERIOD :: 100
INPUT_CONFIGURATION_FORMAT ::  rmc6f
SAVE_CONFIGURATION_FORMAT  ::  rmc6f
IGNORE_HISTORY_FILE ::
ATOMS :: Ba Ca Sn Ti O
FLAGS ::
  > NO_MOVEOUT
  > NO_SAVE_CONFIGURATIONS
MINIMUM_DISTANCES :: 3.0 3.0 2.5 2.5 2.2 3.0 2.5 2.5 2.2 3.0 3.0 1.6 3.0 1.6 2.2 Angstrom
MAXIMUM_MOVES :: 0.05 0.05 0.04 0.04 0.06 Angstrom
R_SPACING :: 0.02 Angstrom
TIME_LIMIT :: 30.0 MINUTES
SAVE_PERIOD :: 5.0 MINUTES

NEUTRON_REAL_SPACE_DATA :: 1
 > FILENAME :: g.gr
 > DATA_TYPE :: G(r)
 > FIT_TYPE :: D(r)
 > START_POINT :: 80
 > END_POINT :: 240
 > CONSTANT_OFFSET 0.0010
 > NO_FITTED_OFFSET
 > FITTED_SCALE
 > WEIGHT :: 0.02
NEUTRON_RECIPROCAL_SPACE_DATA ::
 > FILENAME :: f.fq
 > DATA_TYPE :: F(Q)
 > START_POINT :: 1
 > END_POINT :: 500
 > WEIGHT :: 0.01
 > NO_FITTED_OFFSET
 > NO_FITTED_SCALE
 > CONVOLVE ::
BVS ::
 > ATOM :: Ba Ca Sn Ti O
 > WEIGHTS :: 0.05 0.05 0.05 0.05 0.05 0.05 0.05 0.05 0.05 0.05
 > OXID :: +2 +2 +4 +4 -2
 > RIJ :: 0.0 0.0 0.0 2.285 0.0 0.0 1.967 0.0 1.905 1.815
 > BVAL :: 0.0 0.0 0.0 0.37 0.0 0.0 0.37 0.0 0.37 0.37
 > SAVE :: 100000
 > UPDATE :: 100000
DISTANCE_WINDOW ::
 > MNDIST :: 0 0 0 0 2.4 0 0 0 2.4 0 0 1.6 0 1.6 0
 > MXDIST :: 0 0 0 0 3.2 0 0 0 3.2 0 0 2.5 0 2.5 0
AVERAGE_COORDINATION_CONSTRAINTS ::
 > CAVSTR1 :: 4 5 1.6 2.5 6.0 0.01
SWAP_MULTI ::
 > SWAP_ATOMS :: 1 2 0.10
END ::
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("rmcprofile")
    _, truth = virtual_experiment(place, (3, 3, 3))
    write_rmc6f(place / "bto.rmc6f", truth)
    for name in ("g.gr", "f.fq"):
        rows = [line.split()[:2] for line in (place / name).read_text().splitlines() if not line.startswith("#")]
        text = "\n".join(" ".join(row) for row in rows)
        (place / name).write_text(f" {len(rows)}\nvirtual\n{text}\n")
    (place / "bto.dat").write_text(CONTROL)
    return place


def test_a_control_file_becomes_settings(folder):
    found = read_rmcprofile_dat(folder / "bto.dat")
    settings = found.settings
    assert found.unknown == ()
    assert settings.constraints.closest_approach_angstrom["Sn-O"] == 1.6
    assert settings.constraints.closest_approach_angstrom["Ba-Ba"] == 3.0
    assert settings.moves.radius_angstrom == {"Ba": 0.05, "Ca": 0.05, "Sn": 0.04, "Ti": 0.04, "O": 0.06}
    assert not settings.moves.tune
    assert settings.moves.swap_share == {"A": 0.1}
    assert settings.run.time_limit_min == 30.0
    assert settings.run.save_every_s == 300.0
    real, reciprocal = settings.data
    assert (real.form, real.fit_form, real.sigma) == ("G_keen", "D", 0.02)
    # points are counted from one, the first at 0.02 angstrom
    assert (real.r_min_angstrom, real.r_max_angstrom) == pytest.approx((1.6, 4.8))
    assert (real.offset, real.fit_offset, real.fit_scale) == (0.001, False, True)
    assert (reciprocal.form, reciprocal.convolve, reciprocal.fit_scale) == ("F", True, False)
    assert settings.constraints.bond_valence.mode == "on"
    bonds = settings.constraints.bond_valence
    assert bonds.r0_angstrom == {"Ba": 2.285, "Ca": 1.967, "Sn": 1.905, "Ti": 1.815}
    assert (bonds.anion, bonds.b_angstrom["Ca"], bonds.charges_e["Sn"]) == ("O", 0.37, 4.0)
    assert any("WEIGHTS" in note for note in found.notes)
    windows = {rule.pair: (rule.low_angstrom, rule.high_angstrom) for rule in settings.constraints.distance_window}
    assert windows == {
        ("Ba", "O"): (2.4, 3.2),
        ("Ca", "O"): (2.4, 3.2),
        ("Sn", "O"): (1.6, 2.5),
        ("Ti", "O"): (1.6, 2.5),
    }
    (rule,) = settings.constraints.coordination
    assert (rule.center, rule.neighbor, rule.target) == ("Ti", "O", 6.0)


def test_the_settings_of_a_control_file_can_be_set_up(folder):
    setup = problem_of_settings(read_rmcprofile_dat(folder / "bto.dat").settings, np.random.default_rng(0))
    assert setup.start.perovskite
    assert [item.form for item in setup.problem.operators] == ["D", "F"]
    assert setup.problem.operators[0].x[[0, -1]] == pytest.approx([1.6, 4.8])


def test_keys_that_are_not_understood_are_listed_and_refused(folder):
    path = folder / "strange.dat"
    (folder / "strange.rmc6f").write_bytes((folder / "bto.rmc6f").read_bytes())
    text = CONTROL.replace("SWAP_MULTI ::", "POTENTIALS ::\nSWAP :: Ba Ca 0.1\nSWAP_MULTI ::").replace(
        " > WEIGHT :: 0.02", " > WEIGHT :: 0.02\n > STOG"
    )
    path.write_text(text)
    with pytest.raises(InputError, match=r"REAL_SPACE_DATA > STOG \(line 29\), POTENTIALS \(line \d+\), SWAP \(line"):
        read_rmcprofile_dat(path)
    assert len(read_rmcprofile_dat(path, ignore_unknown=True).unknown) == 3


def test_a_name_of_several_meanings_is_left_to_the_limits_of_the_data(folder):
    path = folder / "open.dat"
    (folder / "open.rmc6f").write_bytes((folder / "bto.rmc6f").read_bytes())
    path.write_text(CONTROL.replace(" > DATA_TYPE :: F(Q)", " > DATA_TYPE :: S(Q)"))
    assert read_rmcprofile_dat(path).settings.data[1].form is None
    path.write_text(CONTROL.replace(" > DATA_TYPE :: F(Q)", " > DATA_TYPE :: S(Q) normalized"))
    assert read_rmcprofile_dat(path).settings.data[1].form == "S"
    path.write_text(CONTROL.replace(" > FIT_TYPE :: D(r)", " > FIT_TYPE :: S(Q)"))
    with pytest.raises(FormatError, match="several meanings"):
        read_rmcprofile_dat(path)


def test_all_missing_files_of_a_control_file_are_listed(tmp_path):
    (tmp_path / "bto.dat").write_text(CONTROL)
    with pytest.raises(InputError, match=r"bto\.rmc6f, g\.gr, f\.fq"):
        read_rmcprofile_dat(tmp_path / "bto.dat")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("R_SPACING :: 0.02", "R_SPACING :: wide", "line 15.*numbers expected"),
        ("2.2 3.0 2.5 2.5 2.2", "2.2", "line 13.*15 numbers"),
        ("DATA_TYPE :: G(r)", "DATA_TYPE :: H(r)", "function must be one of"),
        ("TITLE :: barium titanate", "barium titanate", "expected KEY :: value"),
        ("MAXIMUM_MOVES :: 0.05", "MAXIMUM_MOVES :: 0.00", "never move"),
        ("FORMAT ::  rmc6f", "FORMAT ::  cfg", "rmc6f only"),
        ("SWAP_ATOMS :: 1 2", "SWAP_ATOMS :: 0 1", "by number from one"),
        ("SWAP_ATOMS :: 1 2", "SWAP_ATOMS :: 1 4", "share no sublattice"),
        ("> ATOM :: Ba Ca", "> ATOM :: Ca Ba", "those of ATOMS"),
        ("RIJ :: 0.0 0.0", "RIJ :: 0.0 2.0", "one anion"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(folder, old, new, words):
    path = folder / "wrong.dat"
    (folder / "wrong.rmc6f").write_bytes((folder / "bto.rmc6f").read_bytes())
    path.write_text(CONTROL.replace(old, new))
    with pytest.raises(FormatError, match=words):
        read_rmcprofile_dat(path)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    settings, _ = virtual_experiment(tmp_path_factory.mktemp("data"), (3, 3, 3), run={"moves_per_atom": 2})
    return run_rmc(settings, seed=1)


def by_site(atoms):
    tags = np.column_stack([atoms.get_array("cell_index"), atoms.get_array("site_number")])
    order = np.lexsort(tags.T[::-1])
    return np.array(atoms.get_chemical_symbols())[order], atoms.get_positions()[order]


def test_a_refined_box_is_read_back_from_rmc6f(result, tmp_path):
    rmc6f, _ = write_box(result, tmp_path / "box")
    names, positions = by_site(read_rmc6f(rmc6f))
    wanted, places = by_site(result.atoms)
    assert (names == wanted).all()
    assert np.abs(positions - places).max() < 1e-12


def test_ase_reads_our_boxes(result, tmp_path):
    from ase.io import read

    rmc6f, xyz = write_box(result, tmp_path / "box")
    for path, form in ((rmc6f, "rmc6f"), (xyz, "extxyz")):
        atoms = read(path, format=form)
        assert sorted(atoms.get_chemical_symbols()) == sorted(result.species)
        assert atoms.get_volume() == pytest.approx(abs(np.linalg.det(result.cell_angstrom)))
        own = atoms.get_scaled_positions().sum(axis=0)
        assert np.allclose(
            np.exp(2j * np.pi * own), np.exp(2j * np.pi * result.atoms.get_scaled_positions().sum(axis=0))
        )


def test_we_read_the_boxes_of_ase(result, tmp_path):
    from ase.io import write

    write(tmp_path / "ase.rmc6f", result.atoms, format="rmc6f")
    atoms = read_rmc6f(tmp_path / "ase.rmc6f")
    assert sorted(atoms.get_chemical_symbols()) == sorted(result.species)


def test_bond_valences_go_with_the_extended_file(result, tmp_path):
    _, xyz = write_box(result, tmp_path / "box")
    (atoms,) = read_frames(xyz)
    assert len(atoms) == result.n_atoms
    from ase.io import read

    assert np.allclose(read(xyz).get_array("bond_valence_e"), result.valence_e, atol=1e-6)
