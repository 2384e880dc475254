"""Files of LAMMPS runs: what is complete is read, what a killed run left half is not, nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.core import FormatError, InputError
from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR
from entrox.dynamics.lammps.cell import lammps_cell
from entrox.dynamics.lammps.input_text import THERMO_COLUMNS
from entrox.dynamics.lammps.output import last_step, read_deviation, read_dump, read_log
from entrox.dynamics.lammps.run_end import divergence
from entrox.dynamics.lammps.structure_files import id_order, lammps_data, lammps_dump, write_lammps_data
from entrox.structure.lammps_data import read_lammps_data

DEVIATIONS = """\
#       step         max_devi_v         min_devi_v         avg_devi_v         max_devi_f         min_devi_f         avg_devi_f
           0       4.000000e-03       1.000000e-03       2.000000e-03       1.250000e-01       1.000000e-02       6.000000e-02
          20       5.000000e-03       1.000000e-03       2.000000e-03                nan                nan                nan
"""  # noqa: E501 - as the program writes it


def turned_crystal() -> Atoms:
    """Two elements, interleaved, in a tilted and turned cell that some atoms have left."""
    atoms = bulk("Ar", a=5.3).repeat((2, 3, 2))
    atoms.symbols[::3] = "Kr"
    atoms.rotate(50.0, (3, 1, 2), rotate_cell=True)
    atoms.positions[::4] += 2 * atoms.cell.array[0] - atoms.cell.array[2]
    atoms.set_momenta(np.random.default_rng(1).normal(size=(len(atoms), 3)))
    return atoms


def turned_back(atoms: Atoms, like: Atoms) -> np.ndarray:
    """Positions of a structure in the order of LAMMPS and its orientation, as those of the input."""
    positions = np.empty((len(atoms), 3))
    positions[id_order(like, ("Ar", "Kr"))] = lammps_cell(like).to_input(atoms.positions)
    return positions


def test_a_data_file_is_the_structure_turned(tmp_path: Path) -> None:
    atoms = turned_crystal()
    before = atoms.copy()
    write_lammps_data(atoms, tmp_path / "start.data")
    read = read_lammps_data(tmp_path / "start.data", notices=[])
    assert read.get_chemical_symbols() == sorted(atoms.get_chemical_symbols())
    np.testing.assert_allclose(turned_back(read, atoms), atoms.positions, atol=1e-12)
    np.testing.assert_allclose(read.cell.cellpar(), atoms.cell.cellpar(), atol=1e-12)
    assert np.array_equal(atoms.positions, before.positions)


def test_a_box_without_tilt_is_written_as_a_tilted_one() -> None:
    text = lammps_data(bulk("Ar", cubic=True, a=5.0), ("Ar",))
    assert "0.0 0.0 0.0 xy xz yz" in text
    assert "0.0 5.0 xlo xhi" in text


def test_the_dump_of_a_start_is_the_structure_of_the_data_file() -> None:
    atoms = turned_crystal()
    lines = lammps_dump(atoms, ("Ar", "Kr")).splitlines()
    assert lines[8] == "ITEM: ATOMS id x y z ix iy iz vx vy vz"
    rows = np.array([line.split() for line in lines[9:]], dtype=float)
    cell = lammps_cell(atoms)
    unwrapped = rows[:, 1:4] + rows[:, 4:7] @ cell.lower
    back = np.empty_like(unwrapped)
    back[id_order(atoms, ("Ar", "Kr"))] = cell.to_input(unwrapped)
    np.testing.assert_allclose(back, atoms.positions, atol=1e-12)


def test_a_type_has_one_mass_and_atoms_stay_near_their_cell() -> None:
    atoms = bulk("Ar", cubic=True, a=5.0)
    atoms.set_masses([36.0, 40.0, 40.0, 40.0])
    with pytest.raises(InputError, match="one mass; the atoms of Ar have 36 and 40"):
        lammps_data(atoms, ("Ar",))
    far = bulk("Ar", cubic=True, a=5.0)
    far.positions[0] += 5000
    with pytest.raises(InputError, match="wrap"):
        lammps_data(far, ("Ar",))


def _log(rows: list[list[object]], end: str = "") -> str:
    head = "   " + " ".join(name.capitalize() for name in THERMO_COLUMNS)
    return "\n".join(["units metal", head, *(" ".join(map(str, row)) for row in rows)]) + "\n" + end


def _row(step: int, temperature: object = 300.0) -> list[object]:
    return [step, temperature, 10.0, 60.0, -20.0, -10.0, 3.0, 2.0, 1.0, -5.0, -4.0, 5.0, 6.0, 7.0, 0.1, 0.2, 0.3]


def test_a_log_is_read_up_to_the_line_that_was_not_finished(tmp_path: Path) -> None:
    path, cell = tmp_path / "log.lammps", lammps_cell(bulk("Ar", cubic=True, a=5.0))
    path.write_text(_log([_row(0), _row(10)], "WARNING: something\n" + " ".join(map(str, _row(20)))[:-2]))
    rows = read_log(path, cell, 2.0)
    assert rows.step.tolist() == [0, 10] and last_step(path) == 10
    np.testing.assert_allclose(rows.time_ps, [0, 0.02])
    expected = -np.array([60.0, -20.0, -10.0, 3.0, 2.0, 1.0]) * EV_PER_ANGSTROM3_PER_BAR
    np.testing.assert_allclose(rows.stress_ev_per_angstrom3[0], expected)
    np.testing.assert_allclose(rows.cell_angstrom[0], [[5, 0, 0], [0.1, 6, 0], [0.2, 0.3, 7]])
    assert len(read_log(tmp_path / "absent", cell, 2.0)) == last_step(tmp_path / "absent") == 0


def test_two_stages_that_meet_give_one_row_and_what_is_not_finite_is_kept(tmp_path: Path) -> None:
    path, cell = tmp_path / "log.lammps", lammps_cell(bulk("Ar", cubic=True, a=5.0))
    first = _log([_row(0), _row(10, 1.0)], "Loop time of 1 on 1 procs\n")
    path.write_text(first + _log([_row(10, 2.0), _row(20, "-nan")]))
    rows = read_log(path, cell, 2.0)
    assert rows.step.tolist() == [0, 10, 20]
    assert rows.temperature_k[1] == 1.0
    assert rows.finite.tolist() == [True, True, False]


def test_deviations_keep_what_is_not_a_number_and_drop_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "deviation.out"
    path.write_text(DEVIATIONS + "          40       5.0000")
    table = read_deviation(path)
    assert table.step.tolist() == [0, 20]
    np.testing.assert_array_equal(table.force_ev_per_angstrom, [0.125, np.nan])
    assert (table.virial_ev[0], table.mean_force_ev_per_angstrom[0]) == (0.004, 0.06)
    path.write_text(DEVIATIONS + "          20       words\n")
    with pytest.raises(FormatError, match="line 4"):
        read_deviation(path)
    assert len(read_deviation(tmp_path / "absent").step) == 0


def test_deviations_of_runs_behind_each_other_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "deviation.out"
    head, *rows = DEVIATIONS.splitlines()
    path.write_text("\n".join([head, *rows, rows[0], *rows]) + "\n")
    assert [table.step.tolist() for table in read_deviation(path).runs()] == [[0, 20], [0], [0, 20]]
    path.write_text(head + "\n")
    assert read_deviation(path).runs() == []


def test_a_dump_that_was_cut_gives_its_whole_frames(tmp_path: Path) -> None:
    atoms = turned_crystal()
    order, cell = id_order(atoms, ("Ar", "Kr")), lammps_cell(atoms)
    frame = _dump_frame(atoms, 0) + _dump_frame(atoms, 100)
    for cut in range(len(_dump_frame(atoms, 0)), len(frame), 97):
        (tmp_path / "frames.dump").write_text(frame[:cut])
        found = list(read_dump(tmp_path / "frames.dump", atoms, order, cell))
        assert [step for step, _ in found] == [0]
    (tmp_path / "frames.dump").write_text(frame)
    *_, (step, last) = read_dump(tmp_path / "frames.dump", atoms, order, cell)
    assert step == 100
    np.testing.assert_allclose(last.positions - last.cell.array[0], atoms.positions - atoms.cell.array[0], atol=1e-9)
    np.testing.assert_allclose(last.cell.array, atoms.cell.array, atol=1e-9)
    np.testing.assert_allclose(last.get_momenta(), atoms.get_momenta(), atol=1e-9)
    assert last.get_chemical_symbols() == atoms.get_chemical_symbols()


def _dump_frame(atoms: Atoms, step: int) -> str:
    """Return a frame as LAMMPS writes it, unwrapped, with the corner of the box away from the origin."""
    corner = [1.0, -2.0, 3.0]
    rows = [line.split() for line in lammps_dump(atoms, ("Ar", "Kr")).splitlines()]
    cell = lammps_cell(atoms).lower
    bounds = [
        [float(low) + c, float(high) + c, float(tilt)] for (low, high, tilt), c in zip(rows[5:8], corner, strict=True)
    ]
    table = np.array(rows[9:], dtype=float)
    places = table[:, 1:4] + table[:, 4:7] @ cell + np.array(corner)
    lines = [
        "ITEM: TIMESTEP",
        str(step),
        "ITEM: NUMBER OF ATOMS",
        str(len(atoms)),
        "ITEM: BOX BOUNDS xy xz yz pp pp pp",
    ]
    lines += [" ".join(map(repr, row)) for row in bounds]
    lines += ["ITEM: ATOMS id xu yu zu vx vy vz"]
    lines += [" ".join(map(repr, [*row])) for row in np.hstack([table[:, :1], places, table[:, 7:]]).tolist()]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Fix halt condition for fix-id hot met on step 120 with value 1834.5 (src/fix_halt.cpp:1)",
         "temperature of 1834.5 K at step 120"),
        ("ERROR: Lost atoms: original 40 current 39 (src/thermo.cpp:494)", "lost atoms"),
        ("ERROR: Non-numeric pressure - simulation unstable (src/fix_nh.cpp:1)", "pressure not finite"),
        ("ERROR on proc 0: Non-numeric atom coords - simulation unstable", "positions or cell not finite"),
        ("ERROR: Unrecognized pair style 'none/such'", None),
        ("implib-gen: libcudart.so.12: failed to load library", None),
    ],
)  # fmt: skip
def test_an_explosion_is_told_from_other_errors_and_from_noise(text: str, reason: str | None) -> None:
    assert divergence(f"LAMMPS (22 Jul 2025)\n{text}\nLast command: run 100\n") == reason
