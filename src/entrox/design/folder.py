"""The run folder: what it may be, and files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entrox.core.errors import EngineError, FormatError, InputError
from entrox.core.sqlite_file import is_disk_full

__all__ = ["RUN_FILES", "disk_errors_named", "prepare_run_folder", "read_json", "write_atomically", "write_json"]

RESULT, POINTS, MAPS, STORE, PROVENANCE = "result.json", "points.csv", "maps.nc", "run.sqlite", "provenance.json"
STRUCTURES = "structures.csv"
RUN_FILES = (RESULT, POINTS, MAPS, STRUCTURES, STORE, PROVENANCE)
STORE_SIDE_FILES = (f"{STORE}-wal", f"{STORE}-shm", f"{STORE}-journal")
PROGRAM = "entrox"
_FREE_SETTINGS = ("title", "report")
_SHOWN_DIFFERENCES = 5


def prepare_run_folder(folder: Path, settings: Mapping[str, Any], *, resume: bool, overwrite: bool) -> bool:
    """Check that a run may go into ``folder``, make it, and return whether an earlier run is continued.

    Parameters
    ----------
    folder
        Run folder; it may be absent or empty.
    settings
        Settings of the study, as kept in ``provenance.json``.
    resume
        Continue the run that the folder holds, if the settings are the same.
    overwrite
        Replace the files of an earlier run of entrox; other files are left alone.

    Raises
    ------
    InputError
        If the folder holds something and neither is given, if the settings differ, or if files of other origin would
        be replaced.
    """
    if resume and overwrite:
        raise InputError("--resume and --overwrite exclude each other; give one of them.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"the run folder {folder} is a file. Give another path.")
    continued = False
    if folder.is_dir() and any(folder.iterdir()):
        if not (resume or overwrite):
            raise InputError(
                f"the run folder {folder} exists and is not empty. Continue it with --resume, replace the files that "
                "entrox wrote there with --overwrite, or give another --out."
            )
        continued = _check_resume(folder, settings) if resume else _clear_for_overwrite(folder)
    with disk_errors_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return continued


def _own_provenance(folder: Path) -> dict[str, Any] | None:
    path = folder / PROVENANCE
    if not path.is_file():
        return None
    with contextlib.suppress(FormatError):
        content = read_json(path)
        if isinstance(content, dict) and content.get("program") == PROGRAM:
            return content
    return None


def _check_resume(folder: Path, settings: Mapping[str, Any]) -> bool:
    provenance = _own_provenance(folder)
    if provenance is None:
        raise InputError(f"{folder} is not a run folder of entrox: it has no {PROVENANCE} of ours. Give another --out.")
    differences = _differences(provenance.get("settings", {}), settings)
    if differences:
        shown = "; ".join(differences[:_SHOWN_DIFFERENCES])
        more = f"; and {len(differences) - _SHOWN_DIFFERENCES} more" if len(differences) > _SHOWN_DIFFERENCES else ""
        raise InputError(
            f"the run in {folder} was started with other settings: {shown}{more}. Give another --out for the changed "
            "study, or replace the run with --overwrite."
        )
    return True


def _clear_for_overwrite(folder: Path) -> bool:
    present = [name for name in RUN_FILES if (folder / name).exists()]
    if present and _own_provenance(folder) is None:
        raise InputError(
            f"{folder} holds {', '.join(present)}, but no {PROVENANCE} that says entrox wrote them; they are not "
            "replaced. Give another --out."
        )
    for name in (STORE, *STORE_SIDE_FILES, STRUCTURES):  # the other files are replaced when the new ones are complete
        (folder / name).unlink(missing_ok=True)
    return False


def _differences(before: Any, now: Any, name: str = "") -> list[str]:
    """Return differing settings in words, without the title and the report, which change no number."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = [key for key in dict.fromkeys([*before, *now]) if name or key not in _FREE_SETTINGS]
        found = [_differences(before.get(key), now.get(key), f"{name}.{key}" if name else str(key)) for key in keys]
        return [text for part in found for text in part]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [text for index, (a, b) in pairs for text in _differences(a, b, f"{name}[{index}]")]
    return [] if before == now else [f"{name} was {_short(before)} and is {_short(now)}"]


def _short(value: Any) -> str:
    text = "absent" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


@contextmanager
def disk_errors_named(path: Path) -> Iterator[None]:
    """Turn errors of the file system into ours; a full disk keeps all finished rows."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise EngineError(
                f"the disk is full: cannot write {path}. Finished rows are kept; free space and use --resume."
            ) from error
        raise InputError(
            f"cannot write {path}: {error.strerror or error}. Give a folder that can be written."
        ) from error


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a file beside ``path`` and put it in place at once; on failure ``path`` stays as it was."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with disk_errors_named(path):
        try:
            write(temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as indented JSON, atomically."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda temporary: _write_text(temporary, text))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; InputError if it is not there, FormatError with the line if it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}. Is {path.parent} the folder of a finished run?"
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not valid JSON: {error}", path=path, line=getattr(error, "lineno", None)) from error
