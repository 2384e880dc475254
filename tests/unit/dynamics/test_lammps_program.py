"""LAMMPS as a program: how it is found, started and ended. A script stands in for it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from entrox.core import InputError, MissingExtraError
from entrox.dynamics.lammps.program import find_lammps, run_lammps
from entrox.dynamics.lammps.run_end import reason_of_end


def program(folder: Path, body: str) -> str:
    """Write a program that stands in for LAMMPS."""
    path = folder / "stand_in"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_is_named_by_argument_or_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, "exit 0")
    assert find_lammps(path) == [path]
    monkeypatch.setenv("ENTROX_LMP", path)
    assert find_lammps() == [path]
    monkeypatch.setenv("ENTROX_LMP", str(tmp_path / "absent"))
    with pytest.raises(InputError, match="ENTROX_LMP"):
        find_lammps()
    with pytest.raises(InputError, match="the argument"):
        find_lammps(tmp_path / "absent")


def test_without_lammps_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTROX_LMP", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(MissingExtraError, match=r"lmp.*entrox\[potentials\]") as caught:
        find_lammps()
    assert "2025.7.22" in str(caught.value)


def test_a_lammps_without_deep_potentials_names_the_extra(tmp_path: Path) -> None:
    path = program(tmp_path, "echo \"ERROR: Unrecognized pair style 'deepmd'\" > log.lammps; exit 1")
    with pytest.raises(MissingExtraError, match="pair style deepmd"):
        run_lammps("pair_style deepmd model.pb\n", tmp_path, program=path)


def test_exit_code_screen_and_processor_time_are_those_of_the_child(tmp_path: Path) -> None:
    path = program(tmp_path, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo out; echo err >&2; exit 3")
    end = run_lammps("text\n", tmp_path, program=path)
    assert end.code == 3 and end.screen.split() == ["out", "err"]
    assert 0.0 < end.cpu_s < 30 and end.wall_s > 0
    assert path in end.command and (tmp_path / "in.lammps").read_text() == "text\n"


def test_threads_are_set_for_the_child_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    path = program(tmp_path, "echo $OMP_NUM_THREADS $DP_INTRA_OP_PARALLELISM_THREADS $TF_CPP_MIN_LOG_LEVEL")
    assert run_lammps("", tmp_path, program=path, threads=2).screen.split() == ["2", "2", "3"]
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_a_launcher_starts_the_program(tmp_path: Path) -> None:
    end = run_lammps("", tmp_path, program=program(tmp_path, "exit 0"), launcher="env MARK=1")
    assert end.command.split()[1:3] == ["MARK=1", str(tmp_path / "stand_in")]
    with pytest.raises(InputError, match="no_such_launcher"):
        run_lammps("", tmp_path, program=program(tmp_path, "exit 0"), launcher="no_such_launcher -n 2")


def test_an_interrupt_ends_the_child(tmp_path: Path) -> None:
    path = program(tmp_path, "echo $$ > pid; exec sleep 60")

    def interrupt() -> None:
        if (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text().strip():
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_lammps("", tmp_path, program=path, watch=interrupt)
    assert time.monotonic() - start < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the signal at the end of the parent is one of Linux")
def test_the_child_of_a_killed_process_ends_with_it(tmp_path: Path) -> None:
    path = program(tmp_path, "echo $$ > pid; exec sleep 60")
    code = "import sys; from pathlib import Path; from entrox.dynamics.lammps.program import run_lammps\n"
    code += "run_lammps('', Path(sys.argv[1]), program=sys.argv[2])"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), path])
    _wait_for(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text().strip() != "")
    child = int((tmp_path / "pid").read_text())
    process.kill()
    process.wait()
    _wait_for(lambda: not _lives(child))


def _lives(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.is_file() and status.read_text().split(")")[-1].split()[0] != "Z"


def _wait_for(condition: object, limit_s: float = 30.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_failure_without_a_word_is_an_error_with_the_end_of_the_log(tmp_path: Path) -> None:
    from entrox.core import EngineError

    end = run_lammps("", tmp_path, program=program(tmp_path, "echo last words > log.lammps; exit 9"))
    with pytest.raises(EngineError, match=r"(?s)exit code 9.*last words"):
        reason_of_end(end, tmp_path / "log.lammps")
