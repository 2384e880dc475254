"""Readers of frames: LAMMPS data, extended XYZ, trajectories of ASE, POSCAR, deepmd folders; all agree with ASE."""

from __future__ import annotations

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from entrox.core import FormatError, InputError, generator
from entrox.structure.frames import FRAME_FORMS, frame_form, read_frames
from entrox.structure.notices import StructureNotice

SYMBOLS = ("Ba", "Ti", "O", "O", "O")


def frame(seed, symbols=SYMBOLS):
    rng = generator(seed)
    cell = np.array([[4.0, 0.0, 0.0], [0.2, 4.1, 0.0], [-0.1, 0.3, 4.2]])
    atoms = Atoms(symbols, positions=rng.random((len(symbols), 3)) @ cell, cell=cell, pbc=True)
    stress = rng.normal(size=6)
    atoms.calc = SinglePointCalculator(
        atoms, energy=float(rng.normal()), forces=rng.normal(size=(len(symbols), 3)), stress=stress
    )
    return atoms


def same(a, b, tolerance=1e-9):
    assert a.get_chemical_symbols() == b.get_chemical_symbols()
    assert a.positions == pytest.approx(b.positions, abs=tolerance)
    assert a.cell.array == pytest.approx(b.cell.array, abs=tolerance)
    assert a.pbc.tolist() == b.pbc.tolist()


def same_results(a, b):
    assert a.get_potential_energy() == pytest.approx(b.get_potential_energy(), abs=1e-8)
    assert a.get_forces() == pytest.approx(b.get_forces(), abs=1e-8)
    assert a.get_stress() == pytest.approx(b.get_stress(), abs=1e-8)


@pytest.mark.parametrize("style", ["atomic", "charge", "full"])
def test_data_files_of_lammps_give_the_box_that_ase_wrote(tmp_path, style):
    atoms = frame(1)
    atoms.set_initial_charges([2.0, 4.0, -2.0, -2.0, -2.0])
    path = tmp_path / "box.data"
    ase.io.write(path, atoms, format="lammps-data", atom_style=style, specorder=["O", "Ti", "Ba"])
    assert frame_form(path) == "lammps-data"
    (back,) = read_frames(path, ("O", "Ti", "Ba"))
    same(back, atoms)
    if style != "atomic":
        assert back.get_initial_charges() == pytest.approx(atoms.get_initial_charges())


DATA = """a comment

3 atoms
2 atom types
-1.0 4.0 xlo xhi
0 5 ylo yhi
0 5 zlo zhi

Masses

1 137.3 {first}
2 15.999 {second}

Atoms{style}

3 2 1.0 1.0 1.0 0 0 1
1 1 0.0 0.0 0.0 0 0 0
2 2 -1.0 2.0 2.0 -1 0 0

Velocities

1 0 0 0
2 0 0 0
3 0 0 0
"""


def test_image_flags_origin_and_commented_masses_of_a_data_file_are_used(tmp_path):
    path = tmp_path / "box.data"
    path.write_text(DATA.format(first="# Ba", second="# O", style=" # atomic"))
    notices = []
    (atoms,) = read_frames(path, notices=notices)
    assert atoms.get_chemical_symbols() == ["Ba", "O", "O"]
    assert atoms.positions.tolist() == [[1, 0, 0], [-5, 2, 2], [2, 1, 6]]
    assert "comments of the masses" in notices[0]


def test_types_of_a_data_file_without_elements_are_listed_with_masses(tmp_path):
    path = tmp_path / "box.data"
    path.write_text(DATA.format(first="", second="", style=" # atomic"))
    with pytest.raises(InputError, match=r"1 \(mass 137\.3\), 2 \(mass 15\.999\)"):
        next(read_frames(path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("3 atoms", "4 atoms", "4 atoms announced, 3 found"), ("0 5 zlo zhi", "", "box"),
     ("# atomic", "# hybrid", "not supported"), ("0 0 1\n", "0 0\n", "8 columns|found 7"),
     ("1 1 0.0", "1 1 zero", "zero"), ("2 2 -1.0", "1 2 -1.0", "twice")],
)  # fmt: skip
def test_damaged_data_files_are_refused(tmp_path, old, new, message):
    path = tmp_path / "box.data"
    path.write_text(DATA.format(first="", second="", style=" # atomic").replace(old, new, 1))
    with pytest.raises(FormatError, match=message):
        next(read_frames(path, ("Ba", "O")))


def test_extended_xyz_agrees_with_ase_and_keeps_names(tmp_path):
    frames = [frame(seed) for seed in range(6)]
    for atoms in frames:
        atoms.info["polarization"] = np.array([0.1, 0.2, 0.3])
        atoms.set_array("born_charge", generator(9).normal(size=(5, 9)))
    path = tmp_path / "run.xyz"
    ase.io.write(path, frames)
    read = list(read_frames(path))
    assert len(read) == 6
    for back, atoms in zip(read, frames, strict=True):
        same(back, atoms, 1e-7)
        same_results(back, atoms)
        assert back.info["polarization"] == pytest.approx(atoms.info["polarization"])
        assert back.get_array("born_charge") == pytest.approx(atoms.get_array("born_charge"), abs=1e-7)
    chosen = list(read_frames(path, every=2, first=1))
    assert [a.get_potential_energy() for a in chosen] == [read[k].get_potential_energy() for k in (1, 3, 5)]


def test_a_cut_extended_xyz_gives_its_complete_frames(tmp_path):
    path = tmp_path / "run.xyz"
    ase.io.write(path, [frame(seed) for seed in range(3)])
    text = path.read_text()
    begin = text.rindex("5\nLattice")
    for end in (begin + 1, begin + 20, len(text) - 30):
        path.write_text(text[:end])
        notices = []
        assert len(list(read_frames(path, notices=notices))) == 2
        assert f"byte {begin} " in notices[0]


def test_a_last_line_without_an_end_is_read_with_a_notice(tmp_path):
    path = tmp_path / "run.xyz"
    ase.io.write(path, [frame(seed) for seed in range(2)])
    path.write_text(path.read_text().rstrip())
    with pytest.warns(StructureNotice, match="no end"):
        assert len(list(read_frames(path))) == 2


def test_plain_xyz_has_no_cell(tmp_path):
    path = tmp_path / "plain.xyz"
    path.write_text("2\njust words\nO 0 0 0\nTi 0 0 2\n")
    (atoms,) = read_frames(path)
    assert atoms.get_chemical_symbols() == ["O", "Ti"]
    assert not atoms.pbc.any()
    assert atoms.cell.rank == 0


def test_trajectories_of_ase_are_read_one_frame_at_a_time(tmp_path):
    frames = [frame(seed) for seed in range(5)]
    path = tmp_path / "run.traj"
    ase.io.write(path, frames)
    read = list(read_frames(path, every=2))
    assert len(read) == 3
    for back, atoms in zip(read, frames[::2], strict=True):
        same(back, atoms)
        same_results(back, atoms)


def test_a_poscar_without_symbols_needs_a_type_map(tmp_path):
    path = tmp_path / "POSCAR"
    ase.io.write(path, frame(1), format="vasp")
    (atoms,) = read_frames(path)
    same(atoms, frame(1), 1e-8)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(["old\n", *lines[1:5], *lines[6:]]))
    with pytest.raises(InputError, match="no symbols for its 3 counts"):
        next(read_frames(path))
    (atoms,) = read_frames(path, ("Ba", "Ti", "O"))
    same(atoms, frame(1), 1e-8)


def write_system(folder, frames, names=("Ba", "Ti", "O"), parts=2, mixed=False):
    folder.mkdir(parents=True)
    types = np.array([[names.index(s) for s in atoms.get_chemical_symbols()] for atoms in frames])
    (folder / "type_map.raw").write_text("\n".join(names))
    (folder / "type.raw").write_text("\n".join("0" if mixed else str(t) for t in types[0]))
    for number, rows in enumerate(np.array_split(np.arange(len(frames)), parts)):
        part = folder / f"set.{number:03d}"
        part.mkdir()
        some = [frames[k] for k in rows]
        volume = some[0].get_volume()
        np.save(part / "coord.npy", np.array([a.positions.ravel() for a in some]))
        np.save(part / "box.npy", np.array([a.cell.array.ravel() for a in some]))
        np.save(part / "energy.npy", np.array([a.get_potential_energy() for a in some]))
        np.save(part / "force.npy", np.array([a.get_forces().ravel() for a in some]))
        np.save(part / "virial.npy", np.array([-volume * a.get_stress(voigt=False).ravel() for a in some]))
        if mixed:
            np.save(part / "real_atom_types.npy", types[rows])


def test_a_deepmd_folder_gives_its_frames_with_energy_forces_and_stress(tmp_path):
    frames = [frame(seed) for seed in range(5)]
    write_system(tmp_path / "sys", frames)
    read = list(read_frames(tmp_path / "sys"))
    assert len(read) == 5
    for back, atoms in zip(read, frames, strict=True):
        same(back, atoms)
        same_results(back, atoms)
    (one,) = read_frames(tmp_path / "sys", every=3, first=2)
    same(one, frames[2])


def test_mixed_sets_and_folders_of_folders_are_read(tmp_path):
    orders = [("Ba", "Ti", "O", "O", "O"), ("Ti", "O", "Ba", "O", "O"), ("O", "O", "O", "O", "Ba")]
    frames = [frame(seed, symbols) for seed, symbols in enumerate(orders)]
    write_system(tmp_path / "all" / "mixed" / "5", frames, mixed=True, parts=1)
    write_system(tmp_path / "all" / "plain", frames[:1], parts=1)
    types = tmp_path / "all" / "mixed" / "5" / "set.000" / "real_atom_types.npy"
    table = np.load(types)
    table[2, 3] = -1
    np.save(types, table)
    read = list(read_frames(tmp_path / "all"))
    assert [a.get_chemical_symbols() for a in read] == [
        list(orders[0]), list(orders[1]), ["O", "O", "O", "Ba"], list(orders[0]),
    ]  # fmt: skip


def test_damaged_deepmd_folders_are_refused(tmp_path):
    write_system(tmp_path / "sys", [frame(1)], parts=1)
    (tmp_path / "sys" / "type_map.raw").unlink()
    with pytest.raises(InputError, match=r"types 0, 1, 2.*type_map"):
        next(read_frames(tmp_path / "sys"))
    (atoms,) = read_frames(tmp_path / "sys", ("Ca", "Zr", "O"))
    assert atoms.get_chemical_symbols()[:2] == ["Ca", "Zr"]
    np.save(tmp_path / "sys" / "set.000" / "force.npy", np.zeros((1, 12)))
    with pytest.raises(FormatError, match=r"\(1, 15\) expected"):
        next(read_frames(tmp_path / "sys", ("Ca", "Zr", "O")))
    (tmp_path / "sys" / "set.000" / "box.npy").unlink()
    with pytest.raises(FormatError, match="missing"):
        next(read_frames(tmp_path / "sys", ("Ca", "Zr", "O")))
    with pytest.raises(FormatError, match="no deepmd system"):
        next(read_frames(tmp_path / "sys" / "set.000"))


def test_arguments_are_checked_before_the_first_frame(tmp_path):
    path = tmp_path / "a.xyz"
    with pytest.raises(InputError, match="no such file"):
        read_frames(path)
    path.write_text("1\n\nO 0 0 0\n")
    with pytest.raises(InputError, match="every"):
        read_frames(path, every=0)
    with pytest.raises(InputError, match=FRAME_FORMS[0]):
        read_frames(path, form="pdb")
    strange = tmp_path / "a.bin"
    strange.write_text("what is this\n")
    with pytest.raises(FormatError, match="not recognized"):
        read_frames(strange)


def test_published_frames_are_read_as_ase_reads_them(external_data):
    path = external_data("perovskite/allegro-pol-batio3/BaTiO3.xyz")
    ours, theirs = list(read_frames(path)), ase.io.read(path, index=":5")
    assert len(ours) == 59
    for a, b in zip(ours, theirs, strict=False):
        assert np.array_equal(a.positions, b.positions)
        assert np.array_equal(a.get_array("born_charge"), b.get_array("born_charge"))
        assert np.array_equal(a.get_forces(), b.get_forces())
        assert np.array_equal(a.info["polarization"], b.calc.results["polarization"])
    for system, count in (("BT-300K", 290), ("BT-450K", 281), ("BT-900K", 227), ("BZT-BCT-300K", 300)):
        assert sum(1 for _ in read_frames(external_data(f"perovskite/unipero-aimd/{system}"))) == count
    assert sum(1 for _ in read_frames(external_data("perovskite/ferrodispcalc-traj/PTO-300K.traj"))) == 20
