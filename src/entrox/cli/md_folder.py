"""The run folder of ``entrox md``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from entrox.cli.run_folder import FIGURES, begin_record, finish_record, start_record, write_figure
from entrox.core import InputError
from entrox.design.folder import PROVENANCE, RESULT, prepare_run_folder, write_json
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.runs.checkpoint import RECORD

__all__ = ["ENGINE_FOLDER", "begin_md", "finish_md"]

ENGINE_FOLDER = "md"
"""The engine keeps record, table (``thermo.csv``), deviations, frames and checkpoints there."""
ROOMS = ("core", "composition", "structure", "order", "dynamics")


def begin_md(
    folder: Path,
    settings: Mapping[str, Any],
    inputs: Sequence[Path],
    command: Sequence[str],
    *,
    resume: bool,
    overwrite: bool,
) -> dict[str, Any]:
    """Make the run folder, or take up that of the same run, and return its record, which says that it is running.

    Raises
    ------
    InputError
        If the folder holds another run, or files that are not ours.
    """
    prepare_run_folder(folder, settings, resume=resume, overwrite=overwrite)
    if not resume and (folder / ENGINE_FOLDER).is_dir():
        if not (folder / PROVENANCE).is_file() or not (folder / ENGINE_FOLDER / RECORD).is_file():
            raise InputError(
                f"{folder / ENGINE_FOLDER} is not a run of entrox; it is not replaced. Give another --out."
            )
        shutil.rmtree(folder / ENGINE_FOLDER)
    record = start_record(settings, inputs, command, ROOMS)
    return begin_record(folder, record, continued=resume and (folder / PROVENANCE).is_file())


def finish_md(folder: Path, record: dict[str, Any], content: Mapping[str, Any], trajectory: Trajectory) -> None:
    """Write ``result.json``, the figure and the record beside what the engine wrote."""
    from entrox.plots.dynamics import plot_run

    write_json(folder / RESULT, content)
    if len(trajectory.step):
        write_figure(folder, "run", plot_run(trajectory))
    else:
        shutil.rmtree(folder / FIGURES, ignore_errors=True)
    finish_record(folder, record)
