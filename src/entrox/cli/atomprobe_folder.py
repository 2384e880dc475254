"""The run folders of ``entrox atomprobe``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import FIGURES, finish_record, start_record, write_dataset, write_figure, write_table
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.atomprobe import EntropyAnalysis, SimulatedTip, SpectrumAnalysis

__all__ = ["ENTROPY_FILES", "SPECTRUM_FILES", "TIP_FILES", "write_entropy", "write_simulation", "write_spectrum"]

SPECTRUM_FILES = ("spectrum.csv",)
ENTROPY_FILES = ("scan.csv", "scan.nc", "map.nc", "report.html")
TIP_FILES = ("tip.pos", "tip.epos", "tip.rrng", "truth.json", "truth_labels.npz")
ROOMS = ("core", "composition", "structure", "order", "atomprobe")
SCAN_COLUMNS = (
    "size_nm", "n_areas", "n_per_area_mean", "n_per_area_q05", "n_per_area_q50", "n_per_area_q95", "entropy_weighted",
    "entropy_unweighted", "sd_unweighted", "entropy_corrected", "entropy_null", "sd_null", "excess_information",
    "excess_lower", "excess_upper", "excess_upper_one_sided", "excess_origin_sd", "z", "p", "p_adjusted",
    "detectable_excess",
)  # fmt: skip


def write_entropy(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    analysis: EntropyAnalysis,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, ``scan.csv``, ``scan.nc``, the map, figures, ``report.html`` and ``provenance.json``."""
    from entrox.plots import write_entropy_figures, write_entropy_report

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    scan = analysis.scan
    rows = zip(*(getattr(scan, name).tolist() for name in SCAN_COLUMNS), strict=True)
    write_table(folder / "scan.csv", SCAN_COLUMNS, rows)
    with disk_errors_named(folder):
        write_dataset(folder / "scan.nc", scan)
        (folder / "map.nc").unlink(missing_ok=True)
        if analysis.map is not None:
            write_dataset(folder / "map.nc", analysis.map)
        write_entropy_figures(analysis, folder / FIGURES)
        write_entropy_report(
            analysis, folder, source=settings["file"], settings=settings, provenance=record, figures=folder / FIGURES
        )
    finish_record(folder, record)


def write_spectrum(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    analysis: SpectrumAnalysis,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, ``spectrum.csv``, the figure and ``provenance.json``."""
    from entrox.plots import plot_mass_spectrum

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    found = analysis.spectrum
    bins = zip(found.bin_lower_da.tolist(), found.counts.tolist(), strict=True)
    write_table(folder / "spectrum.csv", ("mass_to_charge_da", "events"), bins)
    write_figure(folder, "spectrum", plot_mass_spectrum(analysis))
    finish_record(folder, record)


def write_simulation(
    folder: Path, settings: Mapping[str, Any], tip: SimulatedTip, file: Path, command: Sequence[str]
) -> tuple[Path, ...]:
    """Write the files of a simulated tip and ``provenance.json``; return the paths of the former."""
    from entrox.atomprobe import write_tip

    record = start_record(settings, [file], command, ROOMS)
    with disk_errors_named(folder):
        files = write_tip(folder, tip)
    finish_record(folder, record)
    return files
