"""``entrox stem``: polarization maps of micrographs with error bars, and micrographs whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import stem_options as options
from entrox.cli.terminal import command_line, print_json, print_message

if TYPE_CHECKING:
    from entrox.microscopy.analysis.stem_settings import StemSettings

__all__ = ["stem"]

RUNS = Path("runs")

stem = typer.Typer(
    help="Micrographs: displacements with error bars.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@stem.command()
def analyze(
    context: typer.Context,
    image: options.ImageArgument,
    dataset: options.DatasetOption = None,
    frame: options.FrameOption = None,
    pixel_size_pm: options.PixelOption = None,
    period_angstrom: options.PeriodOption = None,
    mask: options.MaskOption = None,
    zone_axis: options.ZoneOption = "001",
    formula: options.FormulaOption = None,
    a_site: options.ASiteOption = "auto",
    dark: options.DarkOption = False,
    positions: options.PositionsOption = None,
    cations: options.CationsOption = None,
    fit: options.FitOption = "sweep",
    shape: options.ShapeOption = "circular",
    radius_angstrom: options.RadiusOption = None,
    likelihood: options.LikelihoodOption = "gauss",
    gain_counts_per_electron: options.GainOption = None,
    read_noise_counts: options.ReadNoiseOption = None,
    filter_kind: options.FilterOption = "none",
    low_pass_per_angstrom: options.LowPassOption = 1.6,
    mask_radius_rlu: options.MaskRadiusOption = 0.2,
    displaced: options.DisplacedOption = "B",
    reference: options.ReferenceOption = "cation",
    weak_sigma: options.WeakOption = 3.0,
    subtract_mean: options.SubtractMeanOption = False,
    subtract_plane: options.SubtractPlaneOption = False,
    fast_axis: options.FastAxisOption = "x",
    correct_row_jitter: options.CorrectOption = False,
    reference_a_angstrom: options.ReferenceAOption = None,
    reference_b_angstrom: options.ReferenceBOption = None,
    minimum_domain_cells: options.DomainOption = 4,
    null_fields: options.NullOption = 20,
    thickness_cells: options.ThicknessOption = None,
    workers: options.WorkersOption = 1,
    seed: options.SeedOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Displacements of atomic columns with error bars.

    Columns, sublattices, fit, displacements with covariance, classes beside chance, domains, correlation, strain, and
    beside all of it the null field: what noise and processing alone would show. Without the size of a pixel, lengths
    are in px. With --out: report.html, report.json, figures, tables. --reference oxygen needs an image that shows light
    atoms; for annular bright field add --dark, and --cations with the dark field of the same area.

    Example: entrox stem analyze image.tif --period-angstrom 3.86 -o runs/image
    """
    from entrox.core import InputError

    if subtract_mean and subtract_plane:
        raise InputError("give --subtract-mean or --subtract-plane, not both: a plane holds the mean.")
    asked = {
        "dataset": dataset, "frame": options.parse_frame(frame), "pixel_size_pm": pixel_size_pm,
        "period_angstrom": period_angstrom, "zone_axis": zone_axis, "formula": formula, "a_site": a_site, "dark": dark,
        "fit": fit, "shape": shape, "radius_angstrom": radius_angstrom, "likelihood": likelihood,
        "gain_counts_per_electron": gain_counts_per_electron, "read_noise_counts": read_noise_counts,
        "filter": filter_kind, "low_pass_per_angstrom": low_pass_per_angstrom, "mask_radius_rlu": mask_radius_rlu,
        "displaced": displaced, "reference": reference, "weak_sigma": weak_sigma,
        "subtract": "mean" if subtract_mean else "plane" if subtract_plane else "nothing", "fast_axis": fast_axis,
        "correct_row_jitter": correct_row_jitter, "reference_a_angstrom": reference_a_angstrom,
        "reference_b_angstrom": reference_b_angstrom, "minimum_domain_cells": minimum_domain_cells,
        "null_fields": null_fields, "thickness_cells": thickness_cells,
    }  # fmt: skip
    run = _Run(context, out, overwrite=overwrite, json=json, quiet=quiet)
    _analyze(run, _Inputs(image, mask, positions, cations), _checked(asked), seed, workers)


def _checked(asked: dict[str, Any]) -> StemSettings:
    """Return checked settings; the first mistake is named by its option."""
    from pydantic import ValidationError

    from entrox.core import InputError
    from entrox.microscopy.analysis.stem_settings import StemSettings

    try:
        return StemSettings(**asked)
    except ValidationError as error:
        raise InputError(options.mistake_text(error, tuple(asked))) from error


class _Run:
    """Where the answer of a command goes."""

    def __init__(self, context: typer.Context, out: Path | None, *, overwrite: bool, json: bool, quiet: bool) -> None:
        self.command, self.out, self.overwrite = command_line(context), out, overwrite
        self.json, self.quiet = json, quiet

    def prepare(self, record: dict[str, Any], files: tuple[str, ...]) -> None:
        """Make the run folder, if there is one."""
        from entrox.cli.run_folder import prepare_folder

        if self.out is not None:
            prepare_folder(self.out, record, overwrite=self.overwrite, files=files)


@dataclass(frozen=True)
class _Inputs:
    """Files that are analyzed."""

    image: Path
    mask: Path | None
    positions: Path | None
    cations: Path | None

    @property
    def given(self) -> list[Path]:
        """Those that there are."""
        return [path for path in (self.image, self.mask, self.positions, self.cations) if path is not None]

    def record(self) -> dict[str, str | None]:
        """Return them as plain data."""
        paths = {"file": self.image, "mask": self.mask, "positions": self.positions, "cations": self.cations}
        return {name: None if path is None else str(path) for name, path in paths.items()}


def _analyze(run: _Run, inputs: _Inputs, settings: StemSettings, seed: int, workers: int) -> None:
    from entrox.cli.progress import parts_shown
    from entrox.cli.stem_folder import ANALYSIS_FILES, write_analysis
    from entrox.cli.stem_input import read_cations, read_image, read_start
    from entrox.cli.stem_result import print_analysis
    from entrox.cli.stem_waiting import reasons_told
    from entrox.core import generator
    from entrox.microscopy.analysis.analyze import analyze_micrograph
    from entrox.microscopy.analysis.stem_record import stem_record

    record = {**inputs.record(), **settings.model_dump(mode="json"), "seed": seed}
    micrograph = read_image(inputs.image, inputs.mask, settings)
    start, cations = read_start(inputs.positions), read_cations(inputs.cations)
    run.prepare(record, ANALYSIS_FILES)
    with parts_shown(quiet=run.quiet or run.json) as shown, reasons_told(shown) as progress:
        analysis = analyze_micrograph(
            micrograph, settings, generator(seed), positions=start, cations=cations, progress=progress, workers=workers
        )
    content = stem_record(analysis)
    if run.out is not None:
        write_analysis(run.out, content, record, analysis, inputs.given, run.command)
        if not run.quiet and not run.json:
            print_message(f"Report: {run.out / 'report.html'}")
    if run.json:
        print_json(content)
    elif not run.quiet:
        print_analysis(content)


@stem.command()
def simulate(
    context: typer.Context,
    source: options.SourceArgument = None,
    pixel_size_pm: options.SimulatedPixelOption = None,
    dose_per_square_angstrom: options.DoseOption = None,
    row_jitter_pm: options.JitterOption = None,
    drift_pm_per_row: options.DriftOption = None,
    engine: options.EngineOption = "gaussian",
    zone_axis: options.ViewOption = "001",
    thickness_cells: options.ColumnOption = None,
    type_map: options.TypeMapOption = None,
    first: options.FirstOption = 0,
    every: options.EveryOption = 1,
    seed: options.SeedOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Simulate a micrograph whose truth is known.

    The columns are those of a recipe, SETTINGS.toml, or those of the frames of a simulation, projected along
    --zone-axis and averaged over their thickness and time. Without either: the benchmark image. Written are image.tif,
    image.npy, truth.csv and the settings.

    Example: entrox stem simulate examples/stem_benchmark.toml -o runs/benchmark
    """
    from entrox.cli.stem_input import MicroscopeOptions, ViewOptions, simulated

    files = source or []
    microscope = MicroscopeOptions(pixel_size_pm, dose_per_square_angstrom, row_jitter_pm, drift_pm_per_row)
    view = ViewOptions(zone_axis, thickness_cells, options.parse_names(type_map), first, every)
    folder = (RUNS / (files[0].stem if files else "benchmark")) if out is None else out
    run = _Run(context, folder, overwrite=overwrite, json=json, quiet=quiet)
    _simulate(run, folder, simulated(files, microscope, view, engine, seed), files)


def _simulate(run: _Run, folder: Path, found: Any, files: list[Path]) -> None:
    from entrox.cli.stem_folder import SIMULATION_FILES, write_simulation
    from entrox.cli.stem_result import print_simulation, simulation_content

    run.prepare(found.settings, SIMULATION_FILES)
    written = write_simulation(folder, found, files, run.command)
    content = simulation_content(found, written)
    if run.json:
        print_json(content)
    elif not run.quiet:
        print_simulation(content)
