"""The checkpoint of a run: one file that appears whole or not at all, and is taken up only by the run it is of.

It holds arrays and JSON, no code. Units: s.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.core.whole_file import write_whole
from entrox.scattering.engine.advance import state_of_arrays
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import state_arrays
from entrox.scattering.run.chain import RmcChain
from entrox.scattering.setup.rmc_settings import RmcSettings

__all__ = [
    "CHECKPOINT",
    "INPUTS",
    "SETTINGS",
    "differing_keys",
    "keep_inputs",
    "kept_settings",
    "load_checkpoint",
    "read_identity",
    "run_identity",
    "save_checkpoint",
]

CHECKPOINT, SETTINGS, INPUTS = "checkpoint.npz", "settings.json", "inputs"
FORMAT = "entrox rmc checkpoint 2"
FREE_KEYS = {
    "run": (
        "seed",
        "seeds",
        "moves_per_atom",
        "burn_in_moves_per_atom",
        "compare_weights",
        "time_limit_min",
        "save_every_s",
        "threads",
    ),
    "moves": ("early_rejection",),
}
"""Keys that leave the chain as it is, or are recorded by what they led to."""


def run_identity(settings: RmcSettings, seed: int, bond_valence: bool) -> dict[str, Any]:
    """All that the chain of a run depends on, as plain data of JSON.

    Files count by their content, not by their place.
    """
    content = settings.model_dump(mode="json", exclude={"folder"})
    for table, names in FREE_KEYS.items():
        content[table] = {key: value for key, value in content[table].items() if key not in names}
    content["constraints"]["bond_valence"].pop("mode")
    for item, row in zip(settings.data, content["data"], strict=True):
        row |= {"file": _digest(settings.path(item.file)), "name": item.label}
    for key in ("structure", "box"):
        file = getattr(settings.sample, key)
        content["sample"][key] = None if file is None else _digest(settings.path(file))
    return {**content, "seed": int(seed), "bond_valence": bool(bond_valence)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differing_keys(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys in which two identities differ, with their tables: ``moves.tune``."""
    first, second = dict(_flat(one)), dict(_flat(other))
    absent = object()
    return tuple(key for key in dict.fromkeys([*first, *second]) if first.get(key, absent) != second.get(key, absent))


def _flat(content: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping) and content:
        for key, value in content.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(content, (list, tuple)) and content and isinstance(content[0], Mapping):
        for number, value in enumerate(content):
            yield from _flat(value, f"{prefix}[{number}]")
    else:
        yield prefix, content


def save_checkpoint(folder: Path, chain: RmcChain, identity: Mapping[str, Any]) -> Path:
    """Write the checkpoint of a run; the old one stays until the new one is complete.

    Raises
    ------
    InputError
        If it cannot be written, such as on a full disk; the old checkpoint is untouched.
    """
    notes = {
        "format": FORMAT,
        "identity": identity,
        "terms": chain.terms,
        "rounds": chain.rounds,
        "sampling_start": chain.sampling_start,
        "drift": chain.drift,
        "wall_s": chain.wall_s,
        "timed_moves": chain.timed_moves,
        "timed_s": chain.timed_s,
    }
    arrays: dict[str, NDArray[Any]] = {f"state.{name}": array for name, array in state_arrays(chain.state).items()}
    arrays |= {
        "costs": np.array(chain.costs).reshape(-1, len(chain.terms)),
        "temperatures": np.array(chain.temperatures),
        "acceptances": np.array(chain.acceptances),
        "variances": np.array(chain.variances),
        "tuned": chain.tuned,
        "burned": chain.burned,
        "notes": np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8),
    }
    # np.savez has no place for errors of the disk between opening and closing
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    path = folder / CHECKPOINT
    draft = folder / f".{CHECKPOINT}.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(
            f"cannot write {path}: {error.strerror or error}. Free the disk or give another folder; an earlier "
            "checkpoint is untouched."
        ) from error
    return path


def _opened(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    if not path.is_file():
        raise InputError(f"{path} does not exist: there is no run to resume.")
    try:
        # read first: np.load leaves a file open that is no archive
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        notes = json.loads(arrays.pop("notes").tobytes().decode())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise FormatError(f"the checkpoint cannot be read: {error}", path=path) from error
    if not isinstance(notes, dict) or notes.get("format") != FORMAT:
        raise FormatError(f"not a checkpoint of a refinement: expected the format {FORMAT!r}.", path=path)
    return arrays, notes


def read_identity(folder: Path) -> dict[str, Any]:
    """Identity of the run whose checkpoint a folder holds.

    Raises
    ------
    InputError
        If there is none.
    FormatError
        If it is damaged.
    """
    identity: dict[str, Any] = _opened(folder / CHECKPOINT)[1]["identity"]
    return identity


def load_checkpoint(
    folder: Path, problem: RmcProblem, identity: Mapping[str, Any], *, threads: int | None = None
) -> RmcChain:
    """Take up a run where its checkpoint left it.

    Parameters
    ----------
    folder
        Folder of the run.
    problem
        The problem of the run, made anew from its settings.
    identity
        Which run it must be, by :func:`run_identity`.
    threads
        Threads of an evaluation; they do not change the chain.

    Raises
    ------
    InputError
        If there is no checkpoint, or it is one of other settings; with the keys that differ.
    FormatError
        If it is damaged.
    """
    arrays, notes = _opened(folder / CHECKPOINT)
    changed = differing_keys(json.loads(json.dumps(identity)), notes["identity"])
    if changed:
        raise InputError(
            f"{folder} holds a run with other settings: {', '.join(changed)} differ. Resume it with its own settings, "
            "or give another folder; it is untouched."
        )
    state = {name.removeprefix("state."): array for name, array in arrays.items() if name.startswith("state.")}
    return RmcChain(
        state=state_of_arrays(state, problem, threads=threads),
        terms=tuple(notes["terms"]),
        sampling_start=int(notes["sampling_start"]),
        tuned=arrays["tuned"],
        burned=arrays["burned"],
        rounds=int(notes["rounds"]),
        costs=list(arrays["costs"]),
        temperatures=arrays["temperatures"].tolist(),
        acceptances=arrays["acceptances"].tolist(),
        variances=list(arrays["variances"]),
        drift=float(notes["drift"]),
        wall_s=float(notes["wall_s"]),
        timed_moves=int(notes["timed_moves"]),
        timed_s=float(notes["timed_s"]),
    )


def keep_inputs(settings: RmcSettings, folder: Path) -> RmcSettings:
    """Copy all files that settings name into a run folder, so that a run can be taken up from there alone.

    Returns
    -------
    RmcSettings
        The settings with the copies; they are written into the folder too.
    """
    place = folder / INPUTS
    content = settings.model_dump()
    taken: dict[str, Path] = {}
    try:
        place.mkdir(parents=True, exist_ok=True)
        for row, key in _file_keys(content):
            source = settings.path(row[key])
            name = source.name if taken.get(source.name, source) == source else f"{len(taken)}-{source.name}"
            taken[name] = source
            if key == "file":
                row["name"] = row["name"] or source.stem
            if not (place / name).exists() or not (place / name).samefile(source):
                shutil.copyfile(source, place / name)
            row[key] = Path(INPUTS) / name
    except OSError as error:
        raise InputError(f"cannot keep the input of the run in {place}: {error.strerror or error}.") from error
    kept = RmcSettings(**content).model_copy(update={"folder": folder})
    write_whole(folder / SETTINGS, kept.model_dump_json(exclude={"folder"}, indent=1) + "\n")
    return kept


def _file_keys(content: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    found = [(row, "file") for row in content["data"]]
    found += [(content["sample"], key) for key in ("structure", "box") if content["sample"][key] is not None]
    return found


def kept_settings(folder: Path) -> RmcSettings:
    """Settings of the run that a folder holds.

    Raises
    ------
    InputError
        If there are none.
    FormatError
        If they are damaged.
    """
    path = folder / SETTINGS
    if not path.is_file():
        raise InputError(f"{folder} holds no {SETTINGS}: it is not the folder of a refinement.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return RmcSettings(**content).model_copy(update={"folder": folder})
    except (ValueError, TypeError) as error:
        raise FormatError(f"the settings of the run cannot be read: {error}", path=path) from error
