"""Table and frames of a run: full precision, cut back after an interruption, half a line or frame left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.core import FormatError
from entrox.dynamics.runs.frames import cut_frames, frame_steps, write_frame
from entrox.dynamics.runs.thermo_rows import ThermoRows, append_rows, read_deviations, read_rows, write_deviations
from entrox.structure import read_frames


def some_rows(count: int = 5) -> ThermoRows:
    table = np.random.default_rng(1).normal(size=(count, 21))
    table[:, 0] = 10 * np.arange(count)
    return ThermoRows.from_table(table)


def some_frames(path: Path, count: int = 4) -> list[Atoms]:
    rng = np.random.default_rng(2)
    frames = []
    with path.open("wb") as file:
        for number in range(count):
            atoms = bulk("Ar", a=5.3).repeat((2, 1, 1))
            atoms.positions += rng.normal(scale=20, size=(2, 3))
            atoms.set_momenta(rng.normal(size=(2, 3)))
            write_frame(file, atoms, 50 * number, 0.1 * number)
            frames.append(atoms)
    return frames


def test_rows_come_back_bit_for_bit_and_can_be_appended(tmp_path: Path) -> None:
    rows = some_rows()
    append_rows(tmp_path / "thermo.csv", rows.chosen(slice(0, 2)))
    append_rows(tmp_path / "thermo.csv", rows.chosen(slice(2, 5)))
    np.testing.assert_array_equal(read_rows(tmp_path / "thermo.csv").table, rows.table)
    assert rows.until(20).step.tolist() == [0, 10, 20]
    append_rows(tmp_path / "thermo.csv", rows, anew=True)
    assert len(read_rows(tmp_path / "thermo.csv")) == 5


def test_a_row_that_was_not_finished_is_left_out_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "thermo.csv"
    append_rows(path, some_rows())
    whole = path.read_text()
    for cut in range(1, len(whole.splitlines()[-1]) + 1, 7):
        path.write_text(whole[:-cut])
        assert read_rows(path).step.tolist() == [0, 10, 20, 30]
    path.write_text(whole.replace("20,", "twenty,", 1))
    with pytest.raises(FormatError, match="line 4"):
        read_rows(path)
    path.write_text("a,b\n")
    with pytest.raises(FormatError, match="first line"):
        read_rows(path)


def test_a_run_without_rows_has_an_empty_table(tmp_path: Path) -> None:
    append_rows(tmp_path / "thermo.csv", some_rows(0))
    rows = read_rows(tmp_path / "thermo.csv")
    assert len(rows) == 0 and rows.cell_angstrom.shape == (0, 3, 3)


def test_deviations_come_back_with_what_is_not_a_number(tmp_path: Path) -> None:
    write_deviations(tmp_path / "deviation.csv", np.array([0, 20]), np.array([0.1, np.nan]))
    step, deviation = read_deviations(tmp_path / "deviation.csv")
    assert step.tolist() == [0, 20]
    np.testing.assert_array_equal(deviation, [0.1, np.nan])
    assert len(read_deviations(tmp_path / "absent.csv")[0]) == 0


def test_frames_keep_unwrapped_positions_momenta_and_their_time(tmp_path: Path) -> None:
    frames = some_frames(tmp_path / "frames.extxyz")
    assert frame_steps(tmp_path / "frames.extxyz").tolist() == [0, 50, 100, 150]
    for number, (mine, read) in enumerate(
        zip(frames, read_frames(tmp_path / "frames.extxyz", form="extxyz"), strict=True)
    ):
        np.testing.assert_allclose(read.positions, mine.positions, atol=1e-9)
        np.testing.assert_allclose(read.get_momenta(), mine.get_momenta(), atol=1e-9)
        np.testing.assert_allclose(read.cell.array, mine.cell.array, atol=1e-9)
        assert (read.info["step"], read.info["time_ps"]) == (50 * number, pytest.approx(0.1 * number))
        assert read.pbc.all()


def test_frames_are_cut_back_at_any_byte(tmp_path: Path) -> None:
    path = tmp_path / "frames.extxyz"
    some_frames(path)
    whole = path.read_bytes()
    assert cut_frames(path, 100).tolist() == [0, 50, 100]
    three = path.read_bytes()
    assert whole.startswith(three)
    for cut in range(1, len(three) // 3, 5):
        path.write_bytes(three[:-cut])
        assert cut_frames(path, 10**9).tolist() == [0, 50]
        assert three.startswith(path.read_bytes())
    assert cut_frames(tmp_path / "absent", 5).tolist() == []
