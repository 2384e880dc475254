"""What a run records about itself: versions, command, settings, seed, checksums of its input."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import entrox
from entrox.design.password import hide_password

__all__ = ["add_command", "build_provenance", "file_sha256", "package_versions"]

RECORDED_PACKAGES = (
    "numpy", "scipy", "numba", "ase", "pandas", "xarray", "h5netcdf", "pydantic", "SQLAlchemy", "matplotlib", "plotly",
    "dask", "distributed", "pymoo",
)  # fmt: skip


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that numbers and files depend on."""
    versions = {}
    for name in RECORDED_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def now() -> str:
    """Time now, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def build_provenance(
    settings: Mapping[str, Any],
    *,
    command: Sequence[str] | None,
    inputs: Mapping[str, str],
    execution: Mapping[str, Any],
    code_versions: Mapping[str, str],
) -> dict[str, Any]:
    """Build the content of ``provenance.json`` of a run that starts now.

    Parameters
    ----------
    settings
        Settings of the study, complete with defaults.
    command
        Command line; that of this process, if not given. It is kept as ``command``, and as the first of ``commands``;
        the password of a URL in it is not.
    inputs
        SHA-256 by name of the input file.
    execution
        Workers, scheduler, and where the rows are stored.
    code_versions
        Version of the code by measure, or by room as :func:`~entrox.design.identity.room_versions` gives it.
    """
    used = [hide_password(part) for part in (sys.argv if command is None else command)]
    return {
        "program": "entrox",
        "version": entrox.__version__,
        "status": "running",
        "command": used,
        "commands": [used],
        "settings": dict(settings),
        "seed": settings["seed"],
        "input_sha256": dict(inputs),
        "execution": dict(execution),
        "code_versions": dict(code_versions),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": package_versions(),
        "started": now(),
        "finished": None,
    }


def add_command(before: Mapping[str, Any], now_running: Mapping[str, Any]) -> dict[str, Any]:
    """Provenance of a run that is continued: started when it was first, with the commands of all its parts in order.

    Parameters
    ----------
    before
        Provenance of the run so far.
    now_running
        Provenance of the part that starts now; all else is taken from it.
    """
    earlier = before.get("commands") or ([before["command"]] if "command" in before else [])
    return {
        **now_running,
        "commands": [*earlier, *now_running["commands"]],
        "started": before.get("started", now_running["started"]),
    }
