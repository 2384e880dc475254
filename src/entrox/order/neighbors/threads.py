"""Compiled work in pieces, side by side on threads, that an interrupt can stop between pieces.

Results come in the order of the pieces, so that sums over them do not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from entrox.core.checks import check_integer
from entrox.core.interrupts import deferred_interrupt

__all__ = ["available_threads", "in_order"]


def available_threads(threads: int | None) -> int:
    """Return the number of threads asked for, or all that this process may use."""
    if threads is not None:
        return check_integer(threads, "threads", low=1)
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


Piece = TypeVar("Piece")
Found = TypeVar("Found")


def in_order(work: Callable[[Piece], Found], pieces: Sequence[Piece], threads: int) -> Iterator[Found]:
    """Yield ``work(piece)`` for every piece, in their order.

    Parameters
    ----------
    work
        A function that spends its time in compiled code without the interpreter lock.
    pieces
        What it is called with; a piece should take well under a second, which is how long an interrupt waits.
    threads
        Pieces that run side by side.
    """
    if threads == 1 or len(pieces) < 2:
        for piece in pieces:
            with deferred_interrupt():
                found = work(piece)
            yield found
        return
    with ThreadPoolExecutor(threads) as pool:
        for begin in range(0, len(pieces), threads):
            with deferred_interrupt():
                batch = list(pool.map(work, pieces[begin : begin + threads]))
            yield from batch
