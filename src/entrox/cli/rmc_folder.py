"""The run folders of ``entrox rmc``: when one may be used, and what is written into it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.rmc_input import BOXES, AnalyzedBoxes
from entrox.cli.run_folder import (
    FIGURE_FORMATS,
    FIGURES,
    begin_record,
    finish_record,
    prepare_folder,
    start_record,
    write_table,
)
from entrox.core import InputError
from entrox.design.folder import PROVENANCE, RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.plots.rmc_figures import BoxView
    from entrox.scattering.run.analyze import RmcAnalysis
    from entrox.scattering.run.ensemble import RmcEnsemble

__all__ = ["ANALYSIS_FILES", "begin_run", "prepare_run", "write_boxes_analysis", "write_run"]

ANALYSIS_FILES = ("report.json", "displacements.csv", "partials.csv", "report.html")
RUN_FILES = (*ANALYSIS_FILES, "settings.json", "history.csv")
ROOMS = ("core", "composition", "structure", "order", "scattering")


def prepare_run(folder: Path, settings: Mapping[str, Any], *, overwrite: bool) -> None:
    """Make the folder of a new refinement, or raise InputError if it holds one that may not be replaced."""
    held = sorted(folder.glob("seed-*/checkpoint.npz")) if folder.is_dir() else []
    if held and not overwrite:
        raise InputError(
            f"{folder} holds a refinement with {len(held)} checkpoints. Go on with it: entrox rmc resume {folder}. "
            "Or replace it with --overwrite, or give another --out."
        )
    # what a run left that ended before its first checkpoint is worth nothing
    abandoned = not held and not (folder / RESULT).exists() and (folder / "settings.json").exists()
    prepare_folder(folder, settings, overwrite=overwrite or abandoned, files=RUN_FILES)
    with disk_errors_named(folder):
        for path in held:
            path.unlink()
        _clear(folder)


def _clear(folder: Path) -> None:
    """Remove what an earlier run wrote; it must not stay beside results of other settings."""
    for name in (*RUN_FILES, RESULT):
        (folder / name).unlink(missing_ok=True)
    for pattern in ("report_[0-9]*.json", "fit_*.csv", f"{BOXES}/seed-*.rmc6f", f"{BOXES}/seed-*.xyz"):
        for old in folder.glob(pattern):
            old.unlink()
    for ending in FIGURE_FORMATS:
        for old in (folder / FIGURES).glob(f"*.{ending}"):
            old.unlink()


def begin_run(
    folder: Path, settings: Mapping[str, Any], inputs: Sequence[Path], command: Sequence[str], *, resumed: bool = False
) -> dict[str, Any]:
    """Write the provenance of a run that starts now, or goes on, and return it."""
    record = start_record(settings, inputs, command, ROOMS)
    return begin_record(folder, record, continued=resumed and (folder / PROVENANCE).is_file())


def write_run(folder: Path, content: Mapping[str, Any], ensemble: RmcEnsemble, record: dict[str, Any]) -> None:
    """Write ``result.json``, boxes, tables, figures, reports and the record of a refinement."""
    from entrox.plots.rmc_figures import run_figures
    from entrox.plots.rmc_page import write_rmc_page
    from entrox.scattering.run.box_files import write_boxes

    with disk_errors_named(folder):
        for old in ("report_[0-9]*.json", f"{FIGURES}/*.png", f"{FIGURES}/*.svg"):
            for path in folder.glob(old):
                path.unlink()
        write_json(folder / RESULT, content)
        write_boxes(ensemble, folder / BOXES)
        _write_fits(folder, ensemble)
        _write_history(folder / "history.csv", ensemble)
        if ensemble.analysis is not None:
            _write_analysis(folder, [item for item in (ensemble.analysis_on, ensemble.analysis_off) if item])
        write_rmc_page(run_figures(ensemble), content, folder, provenance=record)
    finish_record(folder, record)


def write_boxes_analysis(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: AnalyzedBoxes,
    view: BoxView,
    command: Sequence[str],
) -> None:
    """Write ``result.json``, tables, figures, reports and the record of an analysis."""
    from entrox.plots.rmc_figures import analysis_figures
    from entrox.plots.rmc_page import write_rmc_page

    record = start_record(settings, found.files, command, ROOMS)
    with disk_errors_named(folder):
        _clear(folder)
        write_json(folder / RESULT, content)
        _write_analysis(folder, [item for item in (found.main, found.other) if item is not None])
        figures = analysis_figures(found.main, found.other, bond_valence=found.bond_valence, view=view)
        write_rmc_page(figures, content, folder, provenance=record)
    finish_record(folder, record)


def _write_fits(folder: Path, ensemble: RmcEnsemble) -> None:
    from entrox.scattering.run.box_files import box_name

    for name in ensemble.set_names:
        runs = [(box_name(item), item.fit_of(name)) for item in ensemble.results]
        first = runs[0][1]
        columns = ("x", "observed", "sigma", "held_out", *(f"calculated_{run}" for run, _ in runs))
        rows = zip(
            first.x.tolist(), first.observed.tolist(), first.sigma.tolist(), first.held_out.astype(int).tolist(),
            *(item.calculated.tolist() for _, item in runs), strict=True,
        )  # fmt: skip
        write_table(folder / f"fit_{re.sub(r'[^A-Za-z0-9.-]', '_', name)}.csv", columns, rows)


def _write_history(path: Path, ensemble: RmcEnsemble) -> None:
    from entrox.scattering.run.box_files import box_name

    # runs without bond valence lack its term
    terms = list(dict.fromkeys(term for item in ensemble.results for term in item.history.terms))
    rows: list[list[Any]] = []
    for item in ensemble.results:
        history = item.history
        places = [history.terms.index(term) if term in history.terms else None for term in terms]
        for k in range(len(history.moves_per_atom)):
            cost = [None if place is None else float(history.cost[k, place]) for place in places]
            rows.append(
                [box_name(item), float(history.moves_per_atom[k]), float(history.temperature[k]),
                 float(history.acceptance[k]), *cost]
            )  # fmt: skip
    write_table(path, ("run", "moves_per_atom", "temperature", "acceptance", *terms), rows)


def _write_analysis(folder: Path, analyses: Sequence[RmcAnalysis]) -> None:
    from entrox.order.report.polar_report import write_polar_report

    for number, report in enumerate(analyses[0].reports, start=1):
        write_polar_report(report, folder / ("report.json" if number == 1 else f"report_{number}.json"))
    _write_partials(folder / "partials.csv", analyses[0])
    columns = ("box", "element", "site", "cell_x", "cell_y", "cell_z", "d_x_angstrom", "d_y_angstrom", "d_z_angstrom",
               "modulus_angstrom", "angle_to_001_deg")  # fmt: skip
    write_table(folder / "displacements.csv", columns, _displacement_rows(analyses))


def _displacement_rows(analyses: Sequence[RmcAnalysis]) -> Iterable[tuple[Any, ...]]:
    """One row for each cation of each box; vectors in the pseudo-cubic frame."""
    for number, analysis in enumerate(analyses):
        for box in analysis.boxes:
            # seeds go by the same label with and without bond valence
            label = box.label if len(analyses) == 1 else f"{box.label}, bond valence {'off' if number else 'on'}"
            for found in (box.a, box.b):
                vectors = found.vectors_angstrom[0] @ box.lattice_map.axes.T
                length = np.linalg.norm(vectors, axis=1)
                angle = np.degrees(np.arccos(np.clip(vectors[:, 2] / np.maximum(length, 1e-300), -1.0, 1.0)))
                for k in np.flatnonzero(found.valid):
                    yield (
                        label, found.elements[k], found.site, *box.lattice_map.cells[k].tolist(),
                        *np.round(vectors[k], 6).tolist(), round(float(length[k]), 6), round(float(angle[k]), 3),
                    )  # fmt: skip


def _write_partials(path: Path, analysis: RmcAnalysis) -> None:
    rdf, spread = analysis.partials, analysis.partials_spread
    names = ["-".join(pair) for pair in rdf.pairs]
    columns = ["r_angstrom", *names]
    table = [rdf.r_angstrom, *rdf.g]
    if spread is not None:
        columns += [f"{name}_spread" for name in names]
        table += [*spread]
    write_table(path, columns, np.round(np.column_stack(table), 6).tolist())
