"""The errors of entrox: one family, one clear message each.

A message says what is wrong, what was given, what is allowed and what to do. Only the command line catches
:class:`EntroxError`; it turns each class into an exit code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "ConvergenceError",
    "EngineError",
    "EntroxError",
    "FormatError",
    "InputError",
    "MissingExtraError",
    "nearest_names",
]


class EntroxError(Exception):
    """Base of every error that entrox raises on purpose."""


class InputError(EntroxError, ValueError):
    """A value that cannot be used: outside its range, inconsistent, or unknown."""


class FormatError(EntroxError, ValueError):
    """Text or a file that cannot be parsed, with the place where parsing stopped.

    Parameters
    ----------
    message
        What was expected and what was found.
    path
        File, if the text came from one.
    line, column
        Position, counted from 1.
    text
        The offending line; it is shown with a caret under ``column``.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        text: str | None = None,
    ) -> None:
        self.path, self.line, self.column, self.text = path, line, column, text
        place = ", ".join(
            part
            for part in (
                str(path) if path is not None else "",
                f"line {line}" if line is not None else "",
                f"column {column}" if column is not None else "",
            )
            if part
        )
        full = f"{place}: {message}" if place else message
        if text is not None:
            full += f"\n    {text}"
            if column is not None:
                full += "\n    " + " " * (column - 1) + "^"
        super().__init__(full)


class MissingExtraError(EntroxError, ImportError):
    """An optional package is needed and not installed.

    Parameters
    ----------
    package
        The package that could not be imported.
    extra
        The extra of entrox that brings it.
    purpose
        What it is needed for.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package, self.extra, self.purpose = package, extra, purpose
        super().__init__(f"{purpose} needs {package}, which is not installed: pip install 'entrox[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, str]]:
        # the message is made from three arguments, so that the default of exceptions cannot send one between processes
        return type(self), (self.package, self.extra, self.purpose)


class ConvergenceError(EntroxError, RuntimeError):
    """A solver stopped without an answer; ``state`` holds the last one it had."""

    def __init__(self, message: str, state: object = None) -> None:
        self.state = state
        super().__init__(message)


class EngineError(EntroxError, RuntimeError):
    """An external program failed; the message carries its command and the end of its log."""

    def __init__(self, message: str, *, command: str = "", log_tail: str = "") -> None:
        self.command, self.log_tail = command, log_tail
        parts = [message]
        if command:
            parts.append(f"command: {command}")
        if log_tail:
            parts.append(f"end of its log:\n{log_tail}")
        super().__init__("\n".join(parts))


def nearest_names(name: str, known: Iterable[str], count: int = 3) -> str:
    """Known names that look like ``name``, as a phrase for an error message.

    Examples
    --------
    >>> nearest_names("famly", ["family", "study"])
    'did you mean family?'
    """
    known = sorted(set(known))
    close = difflib.get_close_matches(name, known, n=count, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(known)}"
