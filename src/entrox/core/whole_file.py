"""Files that appear complete or not at all, whatever is killed while they are written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["write_whole", "write_whole_with"]


def write_whole(path: Path, text: str) -> None:
    """Write a text into a file beside ``path`` and put it in place at once."""
    write_whole_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_whole_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path`` and put it in place at once; what fails leaves nothing behind."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
