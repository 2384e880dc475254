"""The run folders of ``entrox stem``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import FIGURE_FORMATS, FIGURES, finish_record, start_record
from entrox.design.folder import RESULT, disk_errors_named, write_atomically, write_json

if TYPE_CHECKING:
    from entrox.cli.stem_input import SimulatedImage
    from entrox.microscopy.analysis.stem_analysis import StemAnalysis

__all__ = ["ANALYSIS_FILES", "SIMULATION_FILES", "write_analysis", "write_simulation"]

ANALYSIS_FILES = ("report.json", "columns.csv", "vectors.csv", "analysis.nc", "report.html")
SIMULATION_FILES = ("image.tif", "image.npy", "truth.csv", "settings.toml")
ROOMS = ("core", "composition", "structure", "order", "microscopy")


def write_simulation(
    folder: Path, found: SimulatedImage, files: Sequence[Path], command: Sequence[str]
) -> tuple[Path, ...]:
    """Write image, truth and settings of a simulated micrograph and ``provenance.json``; return the former."""
    from entrox.cli.polar_input import input_files
    from entrox.microscopy.images.micrograph_files import write_micrograph
    from entrox.microscopy.simulation.truth_table import write_truth

    record = start_record(found.settings, input_files(files), command, ROOMS)
    for name in SIMULATION_FILES:
        (folder / name).unlink(missing_ok=True)
    with disk_errors_named(folder):
        for name in ("image.tif", "image.npy"):
            write_micrograph(folder / name, found.micrograph)
        written = ["image.tif", "image.npy"]
        if found.truth is not None:
            write_truth(folder / "truth.csv", found.truth, found.image_settings)
            written.append("truth.csv")
        if found.recipe:
            _write_text(folder / "settings.toml", _toml(found.recipe))
            written.append("settings.toml")
    finish_record(folder, record)
    return tuple(folder / name for name in written)


def _write_text(path: Path, text: str) -> None:
    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_atomically(path, write)


def _toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a recipe as text that ``entrox stem simulate`` reads; what is not given is left out."""
    import json

    # strings, numbers, booleans and lists of them are written alike in JSON and TOML
    parts = []
    for name, table in tables.items():
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items() if value is not None]
        parts.append("\n".join([f"[{name}]", *lines]))
    return "\n\n".join(parts) + "\n"


def write_analysis(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    analysis: StemAnalysis,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, ``report.json`` for comparisons, tables, figures, ``report.html`` and the record."""
    from entrox.microscopy.analysis.analysis_dataset import write_analysis_dataset
    from entrox.microscopy.analysis.column_table import write_column_table
    from entrox.microscopy.analysis.stem_report import stem_report
    from entrox.microscopy.analysis.vector_table import write_vector_table
    from entrox.order.report.polar_report import write_polar_report
    from entrox.plots.stem_figures import write_stem_figures
    from entrox.plots.stem_page import write_stem_page

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    # those of an earlier run with other settings must not stay, nor go into the report
    for name in ANALYSIS_FILES:
        (folder / name).unlink(missing_ok=True)
    for ending in FIGURE_FORMATS:
        for old in (folder / FIGURES).glob(f"*.{ending}"):
            old.unlink()
    with disk_errors_named(folder):
        write_column_table(analysis, folder / "columns.csv")
        if analysis.sites:
            write_vector_table(analysis, folder / "vectors.csv")
            if analysis.pixel_size_pm is not None:
                write_polar_report(stem_report(analysis), folder / "report.json")
        write_analysis_dataset(analysis, folder / "analysis.nc")
        write_stem_figures(analysis, folder / FIGURES)
        write_stem_page(
            analysis, content, folder, source=str(settings["file"]), provenance=record, figures=folder / FIGURES
        )
    finish_record(folder, record)
