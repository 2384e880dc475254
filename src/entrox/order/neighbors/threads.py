"""Compiled work in pieces, side by side on threads, that an interrupt can stop between pieces.

Results come in the order of the pieces, so that sums over them do not depend on the number of threads. Where there are
no results, threads take pieces as they come free: processors are seldom equally fast.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from entrox.core.checks import check_integer
from entrox.core.interrupts import deferred_interrupt

__all__ = ["available_threads", "in_order", "side_by_side"]

SHARE_OF_PIECE = 0.5
"""Of the even share of a thread in what is left, the part that it takes at once."""


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


def side_by_side(work: Callable[[int, int], object], count: int, threads: int, *, most: int, least: int = 1) -> None:
    """Call ``work(first, last)`` until all of ``count`` rows are done; this thread and others take what comes next.

    Pieces become smaller towards the end, so that all threads end together.

    Parameters
    ----------
    work
        A function that spends its time in compiled code without the interpreter lock.
    count
        Rows.
    threads
        Threads that share them.
    most
        Rows of a thread between two looks at an interrupt: well under a second.
    least
        Rows that are worth a call.
    """
    for begin in range(0, count, most * threads):
        end = min(begin + most * threads, count)
        with deferred_interrupt():
            pieces = _pieces(begin, end, threads, least)
            if threads == 1 or len(pieces) == 1:
                work(begin, end)
            else:
                _shared(work, iter(pieces), min(threads, len(pieces)))


def _pieces(begin: int, end: int, threads: int, least: int) -> list[tuple[int, int]]:
    """Pieces of falling length."""
    pieces = []
    while begin < end:
        rows = max(round(SHARE_OF_PIECE * (end - begin) / threads), least)
        pieces.append((begin, min(begin + rows, end)))
        begin += rows
    return pieces


def _shared(work: Callable[[int, int], object], pieces: Iterator[tuple[int, int]], threads: int) -> None:
    """Take pieces from one iterator on several threads; the first error ends them all.

    The interpreter lock lets one thread at a time take the next piece.
    """
    errors: list[BaseException] = []

    def take() -> None:
        try:
            for piece in pieces:
                work(*piece)
                if errors:
                    return
        except BaseException as error:
            errors.append(error)

    others = [Thread(target=take, daemon=True) for _ in range(threads - 1)]
    for other in others:
        other.start()
    take()
    for other in others:
        other.join()
    if errors:
        raise errors[0]
