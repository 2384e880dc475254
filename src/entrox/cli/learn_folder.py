"""The run folder of ``entrox learn``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import begin_record, finish_record, start_record, write_figure, write_table
from entrox.core import InputError
from entrox.design.folder import RESULT, disk_errors_named, prepare_run_folder, write_json

if TYPE_CHECKING:
    from entrox.potentials.learning.learn_result import LearnResult
    from entrox.potentials.learning.learn_settings import LearnSettings

__all__ = ["open_learn_folder", "write_learn"]

ROOMS = ("core", "composition", "structure", "dynamics", "potentials")
DATA = "data"
GENERATION_COLUMNS = (
    "generation", "accurate", "candidate", "failed", "length_ps", "life_ps", "warmth", "sigma_high_ev_per_angstrom",
    "sieved", "queued", "labeled", "unlabeled", "n_training", "n_held_out", "force_rmse_ev_per_angstrom",
    "force_rmse_before_ev_per_angstrom", "relative_force_error",
)  # fmt: skip
CELL_COLUMNS = (
    "generation", "composition", "temperature_k", "accurate", "candidate", "failed", "accurate_lower_bound",
)  # fmt: skip
CALIBRATION_COLUMNS = ("generation", "deviation_ev_per_angstrom", "true_error_ev_per_angstrom")


def open_learn_folder(
    folder: Path,
    settings: LearnSettings,
    recipe: Path,
    command: Sequence[str],
    execution: Mapping[str, Any],
    *,
    resume: bool,
) -> dict[str, Any]:
    """Check that the loop may go into a folder, make it, and write and return its provenance."""
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise InputError(
            f"the run folder {folder} exists and is not empty. Go on with its loop by --resume, or give another --out."
        )
    plain = {"title": settings.title, **settings.numbers()}
    continued = prepare_run_folder(folder, plain, resume=resume, overwrite=False)
    record = start_record(plain, [recipe], command, ROOMS, execution)
    return begin_record(folder, record, continued=continued)


def write_learn(folder: Path, result: LearnResult, record: dict[str, Any]) -> None:
    """Write ``result.json``, the tables, the labels, the figure and the record."""
    from entrox.plots.potentials import plot_learning

    write_json(folder / RESULT, result.summary())
    reports = result.generations
    write_table(
        folder / "generations.csv",
        (*GENERATION_COLUMNS, "rho", "slope"),
        [
            [*(getattr(report, name) for name in GENERATION_COLUMNS), report.calibration.rho, report.calibration.slope]
            for report in reports
        ],
    )
    cells = [
        [report.generation, *(getattr(cell, name) for name in CELL_COLUMNS[1:])]
        for report in reports
        for cell in report.cells
    ]
    write_table(folder / "cells.csv", CELL_COLUMNS, cells)
    pairs = [
        [report.generation, *pair]
        for report in reports
        for pair in zip(
            report.calibration.deviation_ev_per_angstrom.tolist(),
            report.calibration.true_error_ev_per_angstrom.tolist(),
            strict=True,
        )
    ]
    write_table(folder / "calibration.csv", CALIBRATION_COLUMNS, pairs)
    _write_data(folder, result.teacher)
    if result.generations:
        write_figure(folder, "learning", plot_learning(result))
    finish_record(folder, record)


def _write_data(folder: Path, teacher: str) -> None:
    """Write the labels as folders of DeePMD-kit, ``data/training`` and ``data/held_out``, in place of earlier ones."""
    from entrox.potentials.datasets.dataset import write_dataset
    from entrox.potentials.learning.learn import JOURNAL
    from entrox.potentials.learning.learned_data import labels_of_loop

    temporary = folder / f".{DATA}.tmp"
    with disk_errors_named(folder):
        shutil.rmtree(temporary, ignore_errors=True)
        for role, frames in labels_of_loop(folder / JOURNAL, teacher).items():
            if frames:
                write_dataset(frames, temporary / role)
        shutil.rmtree(folder / DATA, ignore_errors=True)
        if temporary.exists():
            temporary.rename(folder / DATA)
