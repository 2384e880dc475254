"""The run folder of ``entrox label``: journal of the labels, data set, table of what failed, record."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.label_result import label_content
from entrox.cli.run_folder import begin_record, finish_record, start_record, write_table
from entrox.core import InputError
from entrox.design.folder import PROVENANCE, RESULT, disk_errors_named, prepare_run_folder, write_json

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.potentials.label import LabeledFrame
    from entrox.potentials.teachers.label_run import LabelingResult

__all__ = ["JOURNAL", "finish_labels", "grouped_frames", "prepare_labels", "start_labels"]

JOURNAL = "labels.sqlite"
JOURNAL_FILES = (JOURNAL, f"{JOURNAL}-wal", f"{JOURNAL}-shm")
DATA = {"deepmd": "data", "extxyz": "data.extxyz"}
PROBLEMS, PROBLEM_COLUMNS = "problems.csv", ("structure", "state", "reason")
ROOMS = ("core", "composition", "structure", "dynamics", "potentials")


def grouped_frames(files: Sequence[Path], reading: Mapping[str, Any], notices: list[str]) -> list[tuple[Atoms, str]]:
    """Read all structures, each with the name of its file as its group."""
    from entrox.structure import read_frames

    names = [path.name for path in files]
    frames = []
    for path, name in zip(files, names, strict=True):
        group = path.stem if names.count(name) == 1 else path.as_posix().replace("/", "_")
        frames += [(atoms, group) for atoms in read_frames(path, notices=notices, **reading)]
    if not frames:
        raise InputError("there is no structure to label.")
    return frames


def prepare_labels(folder: Path, settings: Mapping[str, Any], *, resume: bool, overwrite: bool) -> bool:
    """Make the run folder, or raise InputError; return whether earlier labels are continued."""
    continued = prepare_run_folder(folder, settings, resume=resume, overwrite=overwrite)
    if overwrite and (folder / PROVENANCE).is_file():
        for name in (*JOURNAL_FILES, PROBLEMS):
            (folder / name).unlink(missing_ok=True)
        _remove_data(folder)
    return continued


def _remove_data(folder: Path) -> None:
    shutil.rmtree(folder / DATA["deepmd"], ignore_errors=True)
    (folder / DATA["extxyz"]).unlink(missing_ok=True)


def start_labels(
    folder: Path,
    settings: Mapping[str, Any],
    files: Sequence[Path],
    execution: Mapping[str, Any],
    command: Sequence[str],
    *,
    continued: bool,
) -> dict[str, Any]:
    """Write the record of labels that start now, so that they can be continued, and return it."""
    inputs = [part for path in files for part in ([path] if path.is_file() else sorted(path.rglob("*.*")))]
    record = start_record(settings, [path for path in inputs if path.is_file()], command, ROOMS, execution)
    return begin_record(folder, record, continued=continued)


def finish_labels(
    folder: Path, result: LabelingResult, labeled: Sequence[LabeledFrame], form: str, record: dict[str, Any]
) -> None:
    """Write data set, result, what failed, and the finished record."""
    from entrox.potentials.datasets.dataset import write_dataset

    with disk_errors_named(folder):
        _remove_data(folder)
        if labeled:
            write_dataset(labeled, folder / DATA[form], "extxyz" if form == "extxyz" else "deepmd")
    write_json(folder / RESULT, label_content(result))
    write_table(folder / PROBLEMS, PROBLEM_COLUMNS, [astuple(problem) for problem in result.problems])
    finish_record(folder, record)
