"""The record of a run in its folder: which run it is, how far it came, how it ended; and the lock of the folder.

A run is taken up again only if everything its numbers depend on is the same. The record appears whole or not at all,
whatever is killed. Units: s.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.core import FormatError, InputError, to_jsonable
from entrox.core.whole_file import write_whole
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import MdProtocol

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["RECORD", "RunRecord", "hold_folder", "open_run", "read_record", "run_identity", "save_record"]

RECORD = "run.json"
FORMAT = "entrox run 1"
RUNNING, ENDED = "running", ("finished", "diverged")
SHOWN_NAMES = 3


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What ``run.json`` holds.

    Parameters
    ----------
    identity
        All that the numbers of the run depend on, by :func:`run_identity`.
    status
        ``running``, also of a run that was interrupted; ``finished`` or ``diverged``.
    reason
        Why it diverged.
    n_steps
        Time steps that were run, once it has ended.
    cpu_s, wall_s
        Processor time of the engine and time by the clock, over all its starts [s].
    warnings
        What is to be kept in mind.
    """

    identity: Mapping[str, Any]
    status: str = RUNNING
    reason: str = ""
    n_steps: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the run has ended, well or by diverging."""
        return self.status in ENDED


def run_identity(engine: str, atoms: Atoms, protocol: MdProtocol, potential: Potential, seed: int) -> dict[str, Any]:
    """All that the numbers of a run depend on, as plain data of JSON.

    Parameters
    ----------
    engine
        Its name.
    atoms
        Starting structure. Momenta count where the protocol keeps them, effective charges where its field needs them.
    protocol, potential, seed
        What to run, with which forces, from which velocities.
    """
    drive = protocol.field
    arrays = [atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc, atoms.get_masses()]
    if protocol.keep_velocities:
        arrays.append(atoms.get_momenta())
    if drive is not None and drive.charges_e is None and "born_charges_e" in atoms.arrays:
        arrays.append(atoms.arrays["born_charges_e"])
    digest = hashlib.sha256()
    for array in arrays:
        # the sum with zero makes one zero of two
        digest.update(np.ascontiguousarray(np.asarray(array, dtype="<f8") + 0.0).tobytes())
    identity: dict[str, Any] = to_jsonable(
        {
            "engine": engine,
            "protocol": {"kind": type(protocol).__name__, **asdict(protocol)},
            "structure": {"formula": atoms.get_chemical_formula(), "sha256": digest.hexdigest()},
            "potential": {"name": potential.name, "sha256": potential.fingerprint()},
            "seed": int(seed),
        }
    )
    return identity


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Make a folder and keep other processes from running in it as long as the block lasts.

    The folder itself is locked: nothing is left in it, and the death of the process frees it.

    Raises
    ------
    InputError
        If another process holds it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise InputError(
            f"cannot make the folder {folder} of the run: {error.strerror or error}. Give a folder that can be written."
        ) from error
    try:
        locked = _lock(descriptor, folder)
        try:
            yield
        finally:
            if locked:
                _unlock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> bool:
    """Lock an open folder; False where its file system has no locks."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            f"another process runs in {folder}. Wait until it has ended, or give another folder."
        ) from error
    except OSError:
        # some network file systems cannot lock a folder, and runs are made there all the same
        return False
    return True


def _unlock(descriptor: int) -> None:
    import fcntl

    # closing is not enough: a child that was forked meanwhile has the descriptor too
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def open_run(folder: Path, identity: Mapping[str, Any], *, resume: bool) -> RunRecord:
    """Return the record of a run in its folder; a new run gets its folder and record.

    Parameters
    ----------
    folder
        Folder of the run, made if absent.
    identity
        Which run it must be, by :func:`run_identity`.
    resume
        Take up what is there; False writes the record of a run that has not begun.

    Raises
    ------
    InputError
        If the folder holds another run, or files but no record.
    FormatError
        If the record is damaged or not ours.
    """
    record = read_record(folder)
    if record is None:
        _check_unused(folder)
    elif changed := [name for name in {**identity, **record.identity} if _differs(name, identity, record.identity)]:
        words = " and ".join(filter(None, (", ".join(changed[:-1]), changed[-1])))
        raise InputError(f"{folder} holds a run with another {words}. Give another folder, or remove this one.")
    if record is not None and resume:
        return record
    folder.mkdir(parents=True, exist_ok=True)
    record = RunRecord(identity=dict(identity))
    save_record(folder, record)
    return record


def _differs(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return name not in one or name not in other or one[name] != other[name]


def _check_unused(folder: Path) -> None:
    # hidden files are those of the system, or halves of a record that was being written
    names = sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []
    if names:
        shown = ", ".join(names[:SHOWN_NAMES]) + (" and more" if len(names) > SHOWN_NAMES else "")
        raise InputError(f"{folder} holds {shown}, but no {RECORD}: it is not that of a run. Give another folder.")


def save_record(folder: Path, record: RunRecord) -> None:
    """Write the record of a run into its folder, whole or not at all."""
    write_whole(folder / RECORD, json.dumps({"format": FORMAT, **asdict(record)}, indent=2) + "\n")


def read_record(folder: Path) -> RunRecord | None:
    """Read the record of a run, None if its folder has none.

    Raises
    ------
    FormatError
        If the file is damaged or not ours.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT!r}")
        record = RunRecord(**{**content, "warnings": tuple(content["warnings"])})
        if record.status not in (RUNNING, *ENDED):
            raise ValueError(f"unknown status {record.status!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"not a record of a run: {error!r}", path=path) from error
    return record
