"""Notices of the readers: what was assumed or left out, for the caller's list or as a Python warning."""

from __future__ import annotations

import warnings

__all__ = ["StructureNotice", "give_notice"]


class StructureNotice(UserWarning):
    """Something about a file that the reader could live with and the user should know."""


def give_notice(message: str, notices: list[str] | None) -> None:
    """Append a message to the list, once; without a list it becomes a Python warning."""
    if notices is None:
        warnings.warn(message, StructureNotice, stacklevel=3)
    elif message not in notices:
        notices.append(message)
