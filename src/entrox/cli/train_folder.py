"""The run folder of ``entrox train``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import begin_record, finish_record, start_record, write_figure, write_table
from entrox.cli.train_input import MODELS, data_files
from entrox.design.folder import PROVENANCE, RESULT, prepare_run_folder, write_json

if TYPE_CHECKING:
    from entrox.potentials.training.training_run import TrainingResult

__all__ = ["finish_training", "prepare_training", "start_training"]

CURVES, COMPOSITIONS = "learning_curves.csv", "compositions.csv"
ROOMS = ("core", "composition", "structure", "dynamics", "potentials")
CURVE_COLUMNS = (
    "step", "loss", "energy_rmse_mev_per_atom", "force_rmse_ev_per_angstrom", "virial_rmse_mev_per_atom", "rate",
)  # fmt: skip
COMPOSITION_COLUMNS = (
    "composition", "n_frames", "energy_rmse_mev_per_atom", "force_rmse_ev_per_angstrom", "virial_rmse_mev_per_atom",
)  # fmt: skip


def prepare_training(folder: Path, settings: Mapping[str, Any], *, resume: bool, overwrite: bool) -> bool:
    """Make the run folder, or raise InputError; return whether an earlier training is continued."""
    continued = prepare_run_folder(folder, settings, resume=resume, overwrite=overwrite)
    if overwrite and (folder / PROVENANCE).is_file():
        shutil.rmtree(folder / MODELS, ignore_errors=True)
    return continued


def start_training(
    folder: Path, settings: Mapping[str, Any], data: Sequence[Path], command: Sequence[str], *, continued: bool
) -> dict[str, Any]:
    """Write the record of a training that starts now, so that it can be continued, and return it."""
    record = start_record(settings, data_files(data), command, ROOMS)
    return begin_record(folder, record, continued=continued)


def finish_training(folder: Path, result: TrainingResult, record: dict[str, Any]) -> dict[str, Any]:
    """Write result, tables, figures and the finished record; return the result as plain data."""
    from entrox.cli.train_result import training_content
    from entrox.plots.potentials import plot_parity, plot_training

    content = training_content(result, folder)
    write_json(folder / RESULT, content)
    write_table(folder / CURVES, ("model", *CURVE_COLUMNS), _curve_rows(result))
    write_figure(folder, "learning_curves", plot_training(result.curves))
    if result.held_out is not None:
        rows = [[getattr(row, name) for name in COMPOSITION_COLUMNS] for row in result.held_out.compositions]
        write_table(folder / COMPOSITIONS, COMPOSITION_COLUMNS, rows)
        write_figure(folder, "parity", plot_parity(result.held_out))
    finish_record(folder, record)
    return content


def _curve_rows(result: TrainingResult) -> Iterator[tuple[Any, ...]]:
    for number, curve in enumerate(result.curves):
        columns = [getattr(curve, name).tolist() for name in CURVE_COLUMNS]
        for row in zip(*columns, strict=True):
            yield (number, *row)
