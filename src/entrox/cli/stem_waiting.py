"""What ``entrox stem`` says while one step takes long: why nothing is seen to happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from entrox.cli.progress import QUICK_S
from entrox.cli.terminal import print_message

__all__ = ["reasons_told"]

Show = Callable[[str, int, int], None]
REASONS = {
    "fit": "Fitting columns. The first run on a machine compiles the fit, for about a minute.",
    "null fields": "Null fields: each is one more analysis of an image (--null-fields).",
    "gain": "Gain of the filter: known fields go through the same analysis.",
}
"""By the beginning of the name of a part."""


@contextmanager
def reasons_told(show: Show | None) -> Iterator[Show | None]:
    """Give the same display, with a sentence where a part has not moved after two seconds; None stays None."""
    if show is None:
        yield None
        return
    waiting: list[Timer] = []
    seen: set[str] = set()

    def told(part: str, done: int, total: int) -> None:
        for timer in waiting:
            timer.cancel()
        waiting.clear()
        reason = next((text for name, text in REASONS.items() if part.startswith(name)), None)
        if reason is not None and part not in seen:
            seen.add(part)
            timer = Timer(QUICK_S, print_message, (reason,))
            timer.daemon = True
            timer.start()
            waiting.append(timer)
        show(part, done, total)

    try:
        yield told
    finally:
        for timer in waiting:
            timer.cancel()
