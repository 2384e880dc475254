"""Progress of a long run on stderr: a bar on a terminal, a line now and then elsewhere, nothing if quiet."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from entrox.cli.terminal import open_console, print_message

if TYPE_CHECKING:
    from entrox.design import Progress

__all__ = ["QUICK_S", "parts_shown", "progress_shown", "remaining_text"]

SECONDS_BETWEEN_LINES = 10.0
QUICK_S = 2.0
"""Work that is done by then shows no progress."""


@contextmanager
def progress_shown(*, quiet: bool, counted: str = "evaluations") -> Iterator[Callable[[Progress], None] | None]:
    """Give the function that shows how far a run is, or None; ``counted`` names what is counted."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(counted) as show:
            yield show
    else:
        yield _lines(counted)


@contextmanager
def parts_shown(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a function that shows how far a part of the work is, by its name; None if quiet.

    Parts that take less than two seconds show nothing.
    """
    with contextlib.ExitStack() as stack:
        if quiet:
            yield None
            return
        yield _PartShow(stack).show


class _PartShow:
    """One display for each part of the work, one after the other."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack, self._part, self._start = stack, "", 0.0
        self._shown: Callable[[Progress], None] | None = None

    def show(self, part: str, done: int, total: int) -> None:
        from entrox.design import Progress

        now = time.monotonic()
        if part != self._part:
            self._stack.close()
            self._part, self._start, self._shown = part, now, None
        passed = now - self._start
        if passed < QUICK_S:
            return
        if self._shown is None:
            self._shown = self._stack.enter_context(progress_shown(quiet=False, counted=f"steps of {part}"))
        rate = done / passed
        left = (total - done) / rate if rate else None
        if self._shown is not None:
            self._shown(Progress(done=done, total=total, restored=0, rate=rate, remaining_s=left))


@contextmanager
def _bar(counted: str) -> Iterator[Callable[[Progress], None]]:
    from rich import progress as rich_progress

    layout = (
        rich_progress.BarColumn(),
        rich_progress.TextColumn("{task.completed:.0f} of {task.total:.0f} " + counted + "{task.fields[note]}"),
    )
    with rich_progress.Progress(*layout, console=open_console(to_stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, note="", visible=False)

        def show(state: Progress) -> None:
            bar.update(task, completed=state.done, total=state.total, note=_rate_text(state), visible=True)

        yield show


def _lines(counted: str) -> Callable[[Progress], None]:
    printed, started, remark = 0.0, False, ""

    def show(state: Progress) -> None:
        nonlocal printed, started, remark
        now, first = time.monotonic(), (state.done > 0 and not started) or state.remark != remark
        if printed and not first and now - printed < SECONDS_BETWEEN_LINES and state.done < state.total:
            return
        printed, started, remark = now, state.done > 0, state.remark
        print_message(f"{state.done} of {state.total} {counted}{_rate_text(state)}")

    return show


def _rate_text(state: Progress) -> str:
    parts = []
    if state.rate > 0:
        parts.append(f"{state.rate:.3g}/s")
    if state.remaining_s is not None and state.done < state.total:
        parts.append(f"{remaining_text(state.remaining_s)} left")
    if state.restored:
        parts.append(f"{state.restored} from the earlier run")
    if state.remark:
        parts.append(state.remark)
    return "".join(f", {part}" for part in parts)


def remaining_text(seconds: float) -> str:
    """Return a duration in two units at most.

    Examples
    --------
    >>> remaining_text(4.2), remaining_text(75), remaining_text(7380)
    ('4 s', '1 min 15 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
