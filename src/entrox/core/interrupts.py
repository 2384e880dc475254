"""Interrupts that wait for compiled code to return.

Python raises KeyboardInterrupt at the next safe point of its own code, which can be in the middle of handing arguments
to a compiled kernel; some kernels do not survive that. A short piece of compiled work is therefore done to its end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["deferred_interrupt"]


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Hold an interrupt (Ctrl-C) back until the block is done, then raise it; a second one is raised at once.

    Outside the main thread, and where interrupts are ignored, the block simply runs.
    """
    handler = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    if not callable(handler):
        yield
        return
    waiting: list[tuple[int, FrameType | None]] = []

    def hold(number: int, frame: FrameType | None) -> None:
        if waiting:
            handler(number, frame)
        waiting.append((number, frame))

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if waiting:
        handler(*waiting[0])
