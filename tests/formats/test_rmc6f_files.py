"""Boxes in the format rmc6f: round trips with ourselves and with ASE, variants of the text, wrong counts."""

from __future__ import annotations

import ase.io
import numpy as np
import pytest

from entrox.core import FormatError, InputError, generator
from entrox.structure.frames import read_frames
from entrox.structure.perovskite import build_perovskite
from entrox.structure.rmc6f import read_rmc6f, write_rmc6f


@pytest.fixture
def box():
    atoms = build_perovskite(
        {"Ba": 0.75, "Ca": 0.25}, "Ti", (2, 2, 3), (4.0, 4.1, 4.2), rng=generator(1), rounding="error"
    )
    atoms.set_cell(atoms.cell.array + np.array([[0, 0, 0], [0.3, 0, 0], [-0.2, 0.5, 0]]), scale_atoms=True)
    atoms.positions += generator(2).normal(0.0, 0.1, atoms.positions.shape)
    atoms.positions[3] += atoms.cell.array[0]
    return atoms


def test_a_round_trip_keeps_everything_even_atoms_beyond_the_border(box, tmp_path):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box, title="round trip")
    back = read_rmc6f(path)
    kinds = list(dict.fromkeys(box.get_chemical_symbols()))
    order = sorted(range(len(box)), key=lambda k: kinds.index(box.symbols[k]))
    assert back.get_chemical_symbols() == box[order].get_chemical_symbols()
    assert back.positions == pytest.approx(box.positions[order], abs=1e-11)
    assert back.cell.array == pytest.approx(box.cell.array, abs=1e-12)
    assert np.array_equal(back.get_array("site_number"), box.get_array("site_number")[order])
    assert np.array_equal(back.get_array("cell_index"), box.get_array("cell_index")[order])
    assert back.info["supercell"] == (2, 2, 3)
    (frame,) = read_frames(path)
    assert np.array_equal(frame.positions, back.positions)


def test_ase_reads_what_we_write(box, tmp_path):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box)
    theirs, ours = ase.io.read(path), read_rmc6f(path)
    assert theirs.get_chemical_symbols() == ours.get_chemical_symbols()
    assert theirs.positions == pytest.approx(ours.positions, abs=1e-5)
    assert theirs.cell.array == pytest.approx(ours.cell.array, abs=1e-5)


def test_we_read_what_ase_writes(box, tmp_path):
    path = tmp_path / "ase.rmc6f"
    box.wrap()
    ase.io.write(path, box)
    ours, theirs = read_rmc6f(path), ase.io.read(path)
    assert ours.get_chemical_symbols() == theirs.get_chemical_symbols()
    assert ours.positions == pytest.approx(theirs.positions, abs=1e-5)


def test_windows_line_ends_and_fortran_exponents_are_understood(box, tmp_path):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box)
    want = read_rmc6f(path)
    lines = path.read_text().splitlines()
    begin = lines.index("Atoms:") + 1
    for k in range(begin, len(lines)):
        words = lines[k].split()
        words[3:6] = [f"{float(word):.16E}".replace("E", "D") for word in words[3:6]]
        lines[k] = " ".join(words)
    path.write_bytes("\r\n".join(lines).encode() + b"\r\n")
    assert read_rmc6f(path).positions == pytest.approx(want.positions, abs=1e-12)


def test_rows_without_bracket_and_site_are_understood(box, tmp_path):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box)
    want = read_rmc6f(path)
    head, rows = path.read_text().split("Atoms:\n")
    short = "\n".join(" ".join(row.replace("[1]", "").split()[:5]) for row in rows.splitlines())
    path.write_text(head + "Atoms:\n" + short + "\n")
    back = read_rmc6f(path)
    assert np.array_equal(back.positions, want.positions)
    assert not back.has("site_number")


def test_the_cell_is_made_of_edges_and_angles_without_vectors(box, tmp_path):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box)
    head, rest = path.read_text().split("Lattice vectors (Ang):\n")
    path.write_text(head + rest.split("\n", 3)[3])
    assert read_rmc6f(path).cell.cellpar() == pytest.approx(box.cell.cellpar(), abs=1e-8)


def test_vacancies_are_left_out_with_a_notice(box, tmp_path):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box)
    path.write_text(path.read_text().replace(" Ca", " Va"))
    notices = []
    assert len(read_rmc6f(path, notices=notices)) == 57
    assert "3 vacancies" in notices[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Number of atoms:             60", "Number of atoms: 61", "61 atoms announced, 60 found"),
        ("9 3 12 36", "8 4 12 36", "atoms by type"),
        ("Atoms:", "Atoms", "'Atoms:' is missing"),
        ("   Ti [1]", "   Tj [1]", "'Tj' is no element"),
        ("   Ti [1]", "   Ti [1] 1 2", "index label"),
        ("Supercell dimensions:        2 2 3", "Supercell dimensions: 2 2", "3 numbers expected"),
    ],
)
def test_what_does_not_fit_together_is_refused(box, tmp_path, old, new, message):
    path = tmp_path / "box.rmc6f"
    write_rmc6f(path, box)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(FormatError, match=message):
        read_rmc6f(path)


def test_a_box_without_a_volume_is_not_written(box, tmp_path):
    box.set_cell(None)
    with pytest.raises(InputError, match="volume"):
        write_rmc6f(tmp_path / "box.rmc6f", box)
