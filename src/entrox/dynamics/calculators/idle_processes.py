"""Processes of calculators that outlive a question, so that a model is loaded once and asked often.

They belong to the process that made them and end with it.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from entrox.dynamics.calculators.process import CalculatorProcess
from entrox.dynamics.calculators.sources import CalculatorSource

__all__ = ["borrowed_process", "end_processes"]

_LOCK = threading.Lock()
_IDLE: dict[str, list[CalculatorProcess]] = {}
_BUSY: dict[str, list[CalculatorProcess]] = {}
_OWNER = os.getpid()


@contextmanager
def borrowed_process(
    source: CalculatorSource, python: str | None = None, threads: int = 1
) -> Iterator[CalculatorProcess]:
    """Give a process of this calculator, one that waits or a new one; it waits again after the block if it lives."""
    key = _key(source, python, threads)
    with _LOCK:
        _forget_after_fork()
        waiting = _IDLE.setdefault(key, [])
        process = waiting.pop() if waiting else None
    if process is None or not process.alive:
        process = CalculatorProcess(source, python, threads)
    with _LOCK:
        _BUSY.setdefault(key, []).append(process)
    try:
        yield process
    finally:
        with _LOCK:
            _BUSY[key].remove(process)
            kept = process.alive
            if kept:
                _IDLE.setdefault(key, []).append(process)
        if not kept:
            process.close()


def end_processes(source: CalculatorSource, python: str | None = None, threads: int = 1) -> None:
    """End all processes of this calculator; those at work are killed, and who waits for them gets an EngineError."""
    key = _key(source, python, threads)
    with _LOCK:
        _forget_after_fork()
        idle, busy = _IDLE.pop(key, []), list(_BUSY.get(key, []))
    for process in busy:
        process.kill()
    for process in idle:
        process.close()


def _key(source: CalculatorSource, python: str | None, threads: int) -> str:
    return json.dumps([source.to_message(), python, threads], sort_keys=True, default=str)


def _forget_after_fork() -> None:
    """A forked process must not talk to the children of its parent."""
    global _OWNER
    if os.getpid() != _OWNER:
        _IDLE.clear()
        _BUSY.clear()
        _OWNER = os.getpid()


@atexit.register
def _end_all() -> None:
    with _LOCK:
        _forget_after_fork()
        left = [process for group in _IDLE.values() for process in group]
        _IDLE.clear()
    for process in left:
        process.close()
