"""Dumps of LAMMPS: every way to write the same box, and files that are cut, unsorted or damaged."""

from __future__ import annotations

import gzip
import tracemalloc

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.structure import text_stream
from entrox.structure.frames import read_frames
from entrox.structure.lammps_dump import read_lammps_dump
from entrox.structure.notices import StructureNotice

TYPES = ("Ba", "Ti", "O")
ORIGIN = np.array([0.3, -1.25, 2.0])
CELL = np.array([[8.1, 0.0, 0.0], [1.2, 7.9, 0.0], [-0.7, 0.9, 9.0]])


def bounds_text(cell=CELL, origin=ORIGIN, flags="pp pp pp"):
    xy, xz, yz = (float(cell[k]) for k in ((1, 0), (2, 0), (2, 1)))
    low = origin + np.array([min(0, xy, xz, xy + xz), min(0, yz), 0])
    high = origin + np.diag(cell) + np.array([max(0, xy, xz, xy + xz), max(0, yz), 0])
    rows = [f"{a!r} {b!r} {t!r}" for a, b, t in zip(low.tolist(), high.tolist(), [xy, xz, yz], strict=True)]
    return "\n".join([f"ITEM: BOX BOUNDS xy xz yz {flags}", *rows])


def frame_text(step, columns, rows, box=None):
    lines = [" ".join(v if isinstance(v, str) else repr(v) for v in row) for row in rows]
    head = f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(rows)}\n{box or bounds_text()}\n"
    return head + f"ITEM: ATOMS {columns}\n" + "\n".join(lines) + "\n"


def atoms_table(n=30, seed=1):
    rng = np.random.default_rng(seed)
    scaled = rng.random((n, 3))
    images = rng.integers(-2, 3, (n, 3))
    kinds = rng.integers(1, 4, n)
    return scaled, images, kinds


def simple_dump(n_frames, n_atoms=30, seed=1):
    rng = np.random.default_rng(seed)
    _, _, kinds = atoms_table(n_atoms)
    frames = rng.random((n_frames, n_atoms, 3)) @ CELL
    text = ""
    for step, positions in enumerate(frames):
        rows = [(i + 1, int(kinds[i]), *p) for i, p in enumerate((positions + ORIGIN).tolist())]
        text += frame_text(100 * step, "id type x y z", rows)
    return text, frames


@pytest.mark.parametrize(
    ("names", "unwrapped"),
    [("x y z", False), ("xu yu zu", True), ("xs ys zs", False), ("xsu ysu zsu", True), ("x y z ix iy iz", True),
     ("xs ys zs ix iy iz", True)],
)  # fmt: skip
def test_every_kind_of_coordinates_gives_the_same_box(tmp_path, names, unwrapped):
    scaled, images, kinds = atoms_table()
    whole = scaled + images if unwrapped else scaled
    written = scaled if "ix" in names else whole
    values = written if "s" in names.split()[0] else written @ CELL + ORIGIN
    rows = [
        (i + 1, int(kinds[i]), *values[i].tolist(), *(images[i].tolist() if "ix" in names else ()))
        for i in range(len(kinds))
    ]
    path = tmp_path / "a.dump"
    path.write_text(frame_text(7, "id type " + names, rows))
    (atoms,) = read_frames(path, TYPES)
    assert atoms.positions == pytest.approx(whole @ CELL, abs=1e-12)
    assert atoms.cell.array == pytest.approx(CELL, abs=1e-12)
    assert atoms.get_chemical_symbols() == [TYPES[k - 1] for k in kinds]
    assert atoms.info["timestep"] == 7
    assert atoms.pbc.all()


def test_numbers_of_a_dump_are_those_of_python(tmp_path):
    rng = np.random.default_rng(3)
    values = rng.normal(size=(400, 3)) * 10.0 ** rng.integers(-12, 12, (400, 3))
    forms = ["{:.6g}", "{:.17g}", "{:.15g}", "{:.20e}", "{:.3f}", "{:.16E}"]
    tokens = [[forms[(i + k) % 6].format(v) for k, v in enumerate(row)] for i, row in enumerate(values.tolist())]
    box = "ITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1"
    path = tmp_path / "a.dump"
    path.write_text(frame_text(0, "id type x y z", [(i + 1, 1, *row) for i, row in enumerate(tokens)], box))
    (atoms,) = read_frames(path, ("O",))
    assert np.array_equal(atoms.positions, np.array([[float(t) for t in row] for row in tokens]))


def test_general_triclinic_boxes_are_read(tmp_path):
    cell = np.array([[5.0, 0.4, -0.2], [0.3, 6.0, 0.5], [0.1, -0.6, 7.0]])
    scaled, _, kinds = atoms_table()
    box = "\n".join(
        ["ITEM: BOX BOUNDS abc origin pp ff pp"]
        + [" ".join(repr(v) for v in [*row, o]) for row, o in zip(cell.tolist(), ORIGIN.tolist(), strict=True)]
    )
    rows = [(i + 1, int(k), *p) for i, (k, p) in enumerate(zip(kinds, (scaled @ cell + ORIGIN).tolist(), strict=True))]
    path = tmp_path / "a.dump"
    path.write_text(frame_text(0, "id type x y z", [(i, int(t), *p) for i, t, *p in rows], box))
    (atoms,) = read_frames(path, TYPES)
    assert atoms.positions == pytest.approx(scaled @ cell, abs=1e-12)
    assert atoms.pbc.tolist() == [True, False, True]


def test_atoms_are_sorted_by_id_whatever_their_order(tmp_path):
    text, frames = simple_dump(1)
    scaled_rows = [line.split() for line in text.splitlines()[9:]]
    mixed = [[scaled_rows[k] for k in np.random.default_rng(s).permutation(30)] for s in range(3)]
    path = tmp_path / "a.dump"
    path.write_text("".join(frame_text(s, "id type x y z", rows) for s, rows in enumerate(mixed)))
    read = list(read_frames(path, TYPES))
    assert len(read) == 3
    for atoms in read:
        assert atoms.positions == pytest.approx(frames[0], abs=1e-12)
        assert atoms.arrays["id"].tolist() == list(range(1, 31))
        assert np.array_equal(atoms.numbers, read[0].numbers)


def test_elements_of_the_dump_are_used_without_a_type_map(tmp_path):
    path = tmp_path / "a.dump"
    rows = [(2, "Ti", 0.5, 0.5, 0.5), (1, "Ba", 0.0, 0.0, 0.0), (3, "O", 0.5, 0.5, 0.0)]
    path.write_text(frame_text(0, "id element xs ys zs", rows))
    (atoms,) = read_frames(path)
    assert atoms.get_chemical_symbols() == ["Ba", "Ti", "O"]


def test_packed_and_plain_dumps_are_the_same(tmp_path):
    text, frames = simple_dump(5)
    path = tmp_path / "a.dump.gz"
    path.write_bytes(gzip.compress(text.encode()))
    read = list(read_frames(path, TYPES))
    assert np.stack([atoms.positions for atoms in read]) == pytest.approx(frames, abs=1e-12)


def test_every_and_first_choose_frames(tmp_path):
    text, frames = simple_dump(10)
    path = tmp_path / "a.dump"
    path.write_text(text)
    read = list(read_frames(path, TYPES, every=3, first=2))
    assert [atoms.info["timestep"] for atoms in read] == [200, 500, 800]
    assert read[1].positions == pytest.approx(frames[5], abs=1e-12)
    with pytest.raises(InputError, match="first = 10"):
        list(read_frames(path, TYPES, first=10))


@pytest.mark.parametrize("cut", [1, 2, 40, 700, 1100, 1400])
def test_a_cut_last_frame_is_left_out_and_its_byte_told(tmp_path, cut):
    text, frames = simple_dump(4)
    begin = text.rindex("ITEM: TIMESTEP")
    path = tmp_path / "a.dump"
    path.write_text(text[:-cut])
    assert len(text) - cut > begin
    notices = []
    read = list(read_frames(path, TYPES, notices=notices))
    assert np.stack([atoms.positions for atoms in read]) == pytest.approx(frames[:3], abs=1e-12)
    assert len(notices) == 1
    assert f"byte {begin} " in notices[0]
    assert f"byte {len(text) - cut};" in notices[0]
    assert "3 complete frames" in notices[0]


def test_a_cut_frame_that_is_passed_over_is_noticed_too(tmp_path):
    text, _ = simple_dump(4)
    path = tmp_path / "a.dump"
    path.write_text(text[:-30])
    notices = []
    assert len(list(read_frames(path, TYPES, every=2, notices=notices))) == 2
    assert "incomplete" in notices[0]


def test_a_cut_packed_dump_gives_its_complete_frames(tmp_path):
    text, _ = simple_dump(60)
    packed = gzip.compress(text.encode())
    path = tmp_path / "a.dump.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    notices = []
    read = list(read_frames(path, TYPES, notices=notices))
    assert 20 < len(read) < 60
    assert "unpacked text" in notices[0]


def test_without_a_list_notices_are_warnings(tmp_path):
    text, _ = simple_dump(2)
    path = tmp_path / "a.dump"
    path.write_text(text[:-30])
    with pytest.warns(StructureNotice, match="incomplete"):
        list(read_frames(path, TYPES))


def test_a_file_with_no_complete_frame_is_refused(tmp_path):
    path = tmp_path / "a.dump"
    path.write_text(simple_dump(1)[0][:-30])
    with pytest.raises(FormatError, match="only frame is incomplete"):
        list(read_frames(path, TYPES))


def test_types_without_elements_are_listed_with_their_masses(tmp_path):
    path = tmp_path / "a.dump"
    rows = [(1, 1, 137.327, 0.0, 0.0, 0.0), (2, 3, 15.999, 0.5, 0.5, 0.0)]
    path.write_text(frame_text(0, "id type mass xs ys zs", rows))
    with pytest.raises(InputError, match=r"1 \(mass 137\.327\), 3 \(mass 15\.999\).*type_map"):
        list(read_frames(path))
    with pytest.raises(InputError, match="types 3 have no element"):
        list(read_frames(path, ("Ba", "O")))
    with pytest.raises(InputError, match="'Oxygen'"):
        list(read_frames(path, ("Ba", "Ti", "Oxygen")))


def test_a_dump_without_ids_keeps_its_order_and_says_so(tmp_path):
    path = tmp_path / "a.dump"
    path.write_text(frame_text(0, "type xs ys zs", [(2, 0.5, 0.5, 0.5), (1, 0.0, 0.0, 0.0)]))
    notices = []
    (atoms,) = read_frames(path, TYPES, notices=notices)
    assert atoms.get_chemical_symbols() == ["Ti", "Ba"]
    assert "no ids" in notices[0]


@pytest.mark.parametrize(
    ("old", "new", "message", "line"),
    [("\n3 ", "\nthree ", "'three' is no number", 12), ("ITEM: NUMBER", "NUMBER", "ITEM", 3),
     ("id type x y z", "id type x y", "no coordinates", 9), ("\n3 ", "\n3 3 ", "5 columns expected, 6 found", 12),
     ("\n3 ", "\n2 ", "id 2 stands twice", 39), ("ITEM: TIMESTEP\n0", "ITEM: TIMESTEP\nzero", "number", 2)],
)  # fmt: skip
def test_damage_is_refused_with_its_line(tmp_path, old, new, message, line):
    text, _ = simple_dump(1)
    path = tmp_path / "a.dump"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(FormatError, match=message) as caught:
        list(read_frames(path, TYPES))
    assert caught.value.line == line


def test_numbers_that_are_none_pass_through(tmp_path):
    path = tmp_path / "a.dump"
    path.write_text(frame_text(0, "id type x y z", [(1, 1, "nan", "-nan", "inf"), (2, 1, "1", "2", "3")]))
    (atoms,) = read_frames(path, TYPES)
    assert not np.isfinite(atoms.positions[0]).any()
    assert np.isfinite(atoms.positions[1]).all()


@pytest.mark.parametrize("piece", [100, 5000, 10**7])
def test_frames_larger_than_a_piece_and_long_numbers_are_read_whole(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(text_stream, "PIECE", piece)
    values = np.random.default_rng(4).random((400, 3))
    # 25 digits, more than the compiled reader takes: all are handed over.
    rows = [(i + 1, 1 + i % 3, *(f"{v:.25f}" for v in row)) for i, row in enumerate(values.tolist())]
    path = tmp_path / "a.dump"
    path.write_text(
        "".join(frame_text(s, "id type x y z", rows, "ITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1") for s in "012")
    )
    read = list(read_frames(path, TYPES))
    assert len(read) == 3
    assert all(np.array_equal(atoms.positions, values) for atoms in read)


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path):
    text, _ = simple_dump(40, n_atoms=200)
    peaks = []
    for copies in (20, 80):
        path = tmp_path / f"{copies}.dump"
        path.write_text(text * copies)
        list(zip(range(2), read_lammps_dump(path, TYPES), strict=False))
        tracemalloc.start()
        count = sum(1 for _ in read_lammps_dump(path, TYPES))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == 40 * copies
    assert peaks[1] < 1.1 * peaks[0]
    assert path.stat().st_size > 2 * peaks[1]
