"""Calculators that misbehave, each in its own way; made by name in the process that owns them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

__all__ = ["FILE", "crashing", "failing", "flaky", "hanging", "noisy", "not_finite", "slow", "springs", "unconverged"]

FILE = str(Path(__file__).resolve())


class _Odd(Calculator):
    """Atoms on springs to the origin, k = 1 eV/angstrom2, after something odd."""

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012 - as ASE declares it

    def __init__(self, kind: str, path: str = "", times: int = 0) -> None:
        super().__init__()
        self.kind, self.path, self.times = kind, path, times

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties or ["energy"], system_changes)
        getattr(self, f"_be_{self.kind}")()
        positions = self.atoms.positions
        self.results.update(energy=0.5 * float((positions**2).sum()), forces=-positions, stress=np.zeros(6))
        if self.kind == "not_finite":
            self.results["forces"] = np.full_like(positions, np.nan)

    def _be_springs(self) -> None:
        return

    _be_not_finite = _be_springs

    def _be_noisy(self) -> None:
        sys.stdout.write("noise on stdout\n")
        sys.stdout.flush()
        sys.stderr.write("noise on stderr\n")

    def _be_unconverged(self) -> None:
        self.results.update(converged=False, remark="60 iterations")

    def _be_hanging(self) -> None:
        helper = subprocess.Popen(["sleep", "600"])
        if self.path:
            Path(self.path).write_text(f"{os.getpid()} {helper.pid}")
        time.sleep(600)

    def _be_slow(self) -> None:
        start = time.time()
        time.sleep(0.2)
        with Path(self.path).open("a") as file:
            file.write(f"{start} {time.time()}\n")

    def _be_crashing(self) -> None:
        sys.stderr.write("last words\n")
        sys.stderr.flush()
        os._exit(7)

    def _be_failing(self) -> None:
        raise RuntimeError("matrix is singular")

    def _be_flaky(self) -> None:
        """Crash the first times; a file counts them across processes."""
        count = len(Path(self.path).read_text()) if Path(self.path).exists() else 0
        if count < self.times:
            Path(self.path).write_text("x" * (count + 1))
            os._exit(1)


def springs() -> _Odd:
    return _Odd("springs")


def noisy() -> _Odd:
    return _Odd("noisy")


def not_finite() -> _Odd:
    return _Odd("not_finite")


def unconverged() -> _Odd:
    return _Odd("unconverged")


def hanging(path: str = "") -> _Odd:
    return _Odd("hanging", path)


def slow(path: str) -> _Odd:
    return _Odd("slow", path)


def crashing() -> _Odd:
    return _Odd("crashing")


def failing() -> _Odd:
    return _Odd("failing")


def flaky(path: str, times: int) -> _Odd:
    return _Odd("flaky", path, times)
