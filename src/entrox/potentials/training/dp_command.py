"""The commands of DeePMD-kit in processes of their own. Times in s."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from entrox.core import EngineError, MissingExtraError, check_integer

__all__ = ["check_deepmd", "run_dp", "stop_dp"]

LOG_TAIL = 2000
RUNNING: dict[Path, subprocess.Popen[bytes]] = {}
"""Commands that this process runs now, by their working folder."""
WORKER = Path(__file__).with_name("_dp_worker.py")


def check_deepmd(python: str | None = None) -> None:
    """Raise MissingExtraError if DeePMD-kit is not installed beside this interpreter; another one is not looked at."""
    if python is None and importlib.util.find_spec("deepmd") is None:
        raise MissingExtraError("deepmd-kit", "potentials", "training a Deep Potential")


def run_dp(arguments: Sequence[str], folder: Path, log: Path, *, threads: int = 1, python: str | None = None) -> float:
    """Run ``dp --tf`` with arguments in a folder and return the processor time that it took [s].

    Parameters
    ----------
    arguments
        Such as ``["train", "input.json"]``.
    folder, log
        Working folder; file that takes up everything that is printed.
    threads
        Threads of one operation, and of operations side by side.
    python
        Interpreter of another environment that has DeePMD-kit.

    Raises
    ------
    MissingExtraError
        If DeePMD-kit is not installed.
    EngineError
        If the command fails, with the end of its log. What the wheels print when all is well is no failure.
    """
    check_deepmd(python)
    count = str(check_integer(threads, "threads", low=1))
    names = ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, count), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [python or sys.executable, str(WORKER), "--tf", *arguments]
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
        )
        RUNNING[folder] = child
        try:
            _, status, usage = os.wait4(child.pid, 0)
        finally:
            del RUNNING[folder]
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stdin is not None:
        child.stdin.close()
    if child.returncode != 0:
        tail = log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
        raise EngineError(
            f"DeePMD-kit ended with exit code {child.returncode} in {folder}.", command=" ".join(command), log_tail=tail
        )
    return usage.ru_utime + usage.ru_stime


def stop_dp(folder: Path) -> None:
    """End the commands that this process runs in a folder or below it."""
    for place, child in list(RUNNING.items()):
        if folder == place or folder in place.parents:
            child.kill()
