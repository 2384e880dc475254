"""Where measured files lie that do not come with the package: a folder that the user names."""

from __future__ import annotations

import os
from pathlib import Path

from entrox.core.errors import InputError

__all__ = ["DATA_VARIABLE", "find_measured_file", "measured_file"]

DATA_VARIABLE = "ENTROX_DATA"
"""Environment variable that holds the folder of measured files."""


def find_measured_file(name: str) -> Path | None:
    """Return the path of a measured file, or None where it is not there or no folder is named.

    Parameters
    ----------
    name
        Path below the folder that the environment variable ENTROX_DATA names.

    Examples
    --------
    >>> find_measured_file("no such file") is None
    True
    """
    folder = os.environ.get(DATA_VARIABLE)
    path = None if not folder else Path(folder) / name
    return path if path is not None and path.exists() else None


def measured_file(name: str) -> Path:
    """Return the path of a measured file.

    Parameters
    ----------
    name
        Path below the folder that the environment variable ENTROX_DATA names.

    Raises
    ------
    InputError
        If the file is not there.

    Examples
    --------
    >>> measured_file("no such file")
    Traceback (most recent call last):
    ...
    entrox.core.errors.InputError: the measured file 'no such file' is not here; set ENTROX_DATA to its folder.
    """
    path = find_measured_file(name)
    if path is None:
        raise InputError(f"the measured file {name!r} is not here; set {DATA_VARIABLE} to its folder.")
    return path
