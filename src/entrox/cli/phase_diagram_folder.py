"""The run folder of ``entrox phase-diagram``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.phase_diagram_result import POINT_COLUMNS, diagram_content
from entrox.cli.run_folder import (
    FIGURE_FORMATS,
    FIGURES,
    begin_record,
    finish_record,
    start_record,
    write_dataset,
    write_figure,
    write_table,
)
from entrox.core import InputError
from entrox.design.folder import POINTS, RESULT, prepare_run_folder, write_json

if TYPE_CHECKING:
    from entrox.dynamics.diagrams.phase_diagram import PhaseDiagram
    from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings

__all__ = ["open_diagram_folder", "write_diagram"]

ROOMS = ("core", "composition", "structure", "order", "dynamics")
CURVES, BANDS = "curves.nc", "bands.csv"
BAND_COLUMNS = ("line", "variable", "kind", "direction", "place", "t_k", "t_low_k", "t_high_k")


def open_diagram_folder(
    folder: Path,
    settings: PhaseDiagramSettings,
    recipe: Path,
    command: Sequence[str],
    workers: int | None,
    scheduler: str | None,
    *,
    resume: bool,
) -> dict[str, Any]:
    """Check that the runs may go into a folder, make it, and write and return its provenance."""
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise InputError(
            f"the run folder {folder} exists and is not empty. Go on with its runs by --resume, or give another --out."
        )
    plain = settings.model_dump(mode="json")
    continued = prepare_run_folder(folder, plain, resume=resume, overwrite=False)
    models = [recipe.parent / name for name in settings.potential.models if name.endswith(".pb")]
    execution = {"workers": workers, "scheduler": scheduler}
    record = start_record(plain, [recipe, *models], command, ROOMS, execution)
    return begin_record(folder, record, continued=continued)


def write_diagram(folder: Path, found: PhaseDiagram, record: dict[str, Any]) -> None:
    """Write ``result.json``, the tables, the curves, the figures and the finished record."""
    from entrox.plots.phase_diagram import plot_phase_diagram, plot_temperature_runs

    write_json(folder / RESULT, diagram_content(found))
    write_table(
        folder / POINTS, POINT_COLUMNS, [[getattr(point, name) for name in POINT_COLUMNS] for point in found.points]
    )
    rows = [
        (band.line, band.variable, band.kind, band.direction, *values)
        for band in found.bands
        for values in zip(
            band.x.tolist(), band.t_k.tolist(), band.t_low_k.tolist(), band.t_high_k.tolist(), strict=True
        )
    ]
    write_table(folder / BANDS, BAND_COLUMNS, rows)
    write_dataset(folder / CURVES, found)
    # those of the part before may show what is not there any more
    for ending in FIGURE_FORMATS:
        for old in (folder / FIGURES).glob(f"*.{ending}"):
            old.unlink()
    if found.points:
        write_figure(folder, "phase_diagram", plot_phase_diagram(found))
    for number, formula in enumerate(dict.fromkeys(row.formula for row in found.runs), start=1):
        runs = [row for row in found.runs if row.formula == formula and row.run is not None]
        largest = max((row.run.n_cells for row in runs if row.run), default=0)
        shown = [row for row in runs if row.run and row.run.n_cells == largest]
        if shown:
            write_figure(folder, f"runs_{number:02d}", plot_temperature_runs(shown))
    finish_record(folder, record)
