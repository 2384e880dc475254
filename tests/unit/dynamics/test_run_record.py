"""The record of a run folder: the same run is taken up, another one refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ase.build import bulk

from entrox.core import FormatError, InputError
from entrox.dynamics.potential import LennardJones
from entrox.dynamics.protocols import Field, FieldDriven, Npt, Nvt
from entrox.dynamics.runs.checkpoint import (
    RECORD,
    RunRecord,
    hold_folder,
    open_run,
    read_record,
    run_identity,
    save_record,
)
from entrox.dynamics.runs.trajectory_files import read_trajectory

ARGON = LennardJones(0.01, 3.4, 8.5)
CRYSTAL = bulk("Ar", cubic=True, a=5.3)
PROTOCOL = Npt(temperature_k=20, length_ps=1)


def test_the_identity_holds_all_that_the_numbers_depend_on() -> None:
    base = run_identity("lammps", CRYSTAL, PROTOCOL, ARGON, 1)
    moved = CRYSTAL.copy()
    moved.positions[0, 0] += 1e-9
    heavy = CRYSTAL.copy()
    heavy.set_masses([36.0, 40.0, 40.0, 40.0])
    others = [
        run_identity("ase", CRYSTAL, PROTOCOL, ARGON, 1),
        run_identity("lammps", moved, PROTOCOL, ARGON, 1),
        run_identity("lammps", heavy, PROTOCOL, ARGON, 1),
        run_identity("lammps", CRYSTAL, replace(PROTOCOL, temperature_k=21), ARGON, 1),
        run_identity("lammps", CRYSTAL, Nvt(temperature_k=20, length_ps=1), ARGON, 1),
        run_identity("lammps", CRYSTAL, PROTOCOL, LennardJones(0.01, 3.4, 8.0), 1),
        run_identity("lammps", CRYSTAL, PROTOCOL, ARGON, 2),
    ]
    assert all(other != base for other in others)
    assert run_identity("lammps", CRYSTAL.copy(), PROTOCOL, ARGON, 1) == json.loads(json.dumps(base)) == base


def test_momenta_and_charges_count_only_where_they_are_used() -> None:
    moving = CRYSTAL.copy()
    moving.set_momenta([[1.0, 0, 0]] * 4)
    assert run_identity("ase", moving, PROTOCOL, ARGON, 1) == run_identity("ase", CRYSTAL, PROTOCOL, ARGON, 1)
    keeping = replace(PROTOCOL, keep_velocities=True)
    assert run_identity("ase", moving, keeping, ARGON, 1) != run_identity("ase", CRYSTAL, keeping, ARGON, 1)
    charged = CRYSTAL.copy()
    charged.set_array("born_charges_e", charged.positions[:, :, None] * [1.0, 2.0, 3.0])
    assert run_identity("ase", charged, PROTOCOL, ARGON, 1) == run_identity("ase", CRYSTAL, PROTOCOL, ARGON, 1)
    driven = FieldDriven(temperature_k=20, length_ps=1, drive=Field(amplitude_v_per_m=(0, 0, 1e7)))
    assert run_identity("ase", charged, driven, ARGON, 1) != run_identity("ase", CRYSTAL, driven, ARGON, 1)


def test_a_record_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    identity = run_identity("lammps", CRYSTAL, PROTOCOL, ARGON, 1)
    record = open_run(tmp_path / "run", identity, resume=True)
    assert record == RunRecord(identity=identity) and not record.complete
    done = replace(record, status="diverged", reason="lost atoms", n_steps=7, cpu_s=0.5, warnings=("small",))
    save_record(tmp_path / "run", done)
    assert open_run(tmp_path / "run", identity, resume=True) == read_record(tmp_path / "run") == done
    assert open_run(tmp_path / "run", identity, resume=False) == record


def test_another_run_and_foreign_files_are_refused(tmp_path: Path) -> None:
    open_run(tmp_path, run_identity("lammps", CRYSTAL, PROTOCOL, ARGON, 1), resume=True)
    for resume in (True, False):
        with pytest.raises(InputError, match="another engine and seed"):
            open_run(tmp_path, run_identity("ase", CRYSTAL, PROTOCOL, ARGON, 2), resume=resume)
    (tmp_path / RECORD).write_text('{"program": "other"}')
    with pytest.raises(FormatError, match="not a record"):
        read_record(tmp_path)
    (tmp_path / RECORD).unlink()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds notes\.txt, but no run\.json"):
        open_run(tmp_path, {}, resume=True)
    with pytest.raises(InputError, match=r"has no run\.json"):
        read_trajectory(tmp_path)


def test_a_folder_is_held_by_one_process_and_freed_by_its_death(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from entrox.dynamics.runs.checkpoint import hold_folder\n"
        "with hold_folder(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another process"), hold_folder(tmp_path):
            pass
        process.kill()
    with hold_folder(tmp_path):
        assert list(tmp_path.iterdir()) == []
