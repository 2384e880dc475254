"""``entrox rmc``: boxes of atoms that agree with total scattering, and what the data determine in them."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import rmc_options as options
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message

if TYPE_CHECKING:
    from entrox.scattering.run.ensemble import RmcEnsemble
    from entrox.scattering.setup.rmc_settings import RmcSettings

__all__ = ["rmc"]

RUNS = Path("runs")
SECONDS_BETWEEN_LINES = 10.0
OCCUPATION = 0
"""Stream of random numbers of the occupation, as in a run."""

rmc = typer.Typer(
    help="Reverse Monte Carlo: boxes that agree with data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@rmc.command()
def run(
    context: typer.Context,
    file: options.SettingsArgument = None,
    rmcprofile: options.RmcprofileOption = None,
    ignore_unknown: options.IgnoreOption = False,
    seed: options.SeedOption = None,
    seeds: options.SeedsOption = None,
    bond_valence: options.BondValenceOption = None,
    moves_per_atom: options.MovesOption = None,
    time_limit_min: options.TimeOption = None,
    hold_out: options.HoldOutOption = None,
    data_weight: options.WeightOption = None,
    compare_weights: options.CompareOption = None,
    workers: options.WorkersOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Refine boxes against total scattering.

    Several seeds, each with and without the bond valence constraint: what differs between seeds the data do not
    determine, what differs between on and off the constraint puts in. Beside every displacement stands what thermal
    motion alone gives. Writes report.html, boxes, tables and figures; ends with code 4 if a run has not converged.

    Example: entrox rmc run examples/srtio3_5k/small.toml -o runs/srtio3
    """
    from entrox.cli.rmc_folder import begin_run, prepare_run
    from entrox.cli.rmc_input import RunOptions, input_paths, rmc_settings

    asked = RunOptions(
        seed, seeds, bond_valence, moves_per_atom, time_limit_min, data_weight,
        options.parse_weights(compare_weights), options.parse_hold_out(hold_out),
    )  # fmt: skip
    settings, notes = rmc_settings(file, rmcprofile, asked, ignore_unknown=ignore_unknown)
    source = file or rmcprofile
    assert source is not None
    folder = RUNS / source.stem if out is None else out
    _check(settings)
    plain = _plain(settings)
    prepare_run(folder, plain, overwrite=overwrite)
    record = begin_run(folder, plain, [source, *input_paths(settings)], command_line(context))
    show = _Show(quiet=quiet or json)
    for note in notes:
        show.say(note)

    def refine(settings: RmcSettings, executor: Any) -> RmcEnsemble:
        from entrox.scattering.run.ensemble import run_ensemble

        return run_ensemble(settings, executor=executor, folder=folder, progress=show.progress)

    _report(folder, _refined(refine, settings, workers, folder), record, notes, json=json, quiet=quiet)


@rmc.command()
def resume(
    context: typer.Context,
    folder: options.RunArgument,
    moves_per_atom: options.MovesOption = None,
    time_limit_min: options.TimeOption = None,
    workers: options.WorkersOption = 1,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Go on with a refinement from its checkpoints.

    The numbers are those of a run that was never interrupted. More --moves-per-atom than before lengthen it.

    Example: entrox rmc resume runs/srtio3 --moves-per-atom 400
    """
    from entrox.cli.rmc_folder import begin_run
    from entrox.cli.rmc_input import RunOptions, input_paths
    from entrox.scattering.run.checkpoint import kept_settings

    settings = RunOptions(moves_per_atom=moves_per_atom).laid_over(kept_settings(folder))
    settings = settings.replaced(run={"time_limit_min": time_limit_min})
    record = begin_run(folder, _plain(settings), input_paths(settings), command_line(context), resumed=True)
    show = _Show(quiet=quiet or json)

    def refine(settings: RmcSettings, executor: Any) -> RmcEnsemble:
        from entrox.scattering.run.ensemble import run_ensemble

        return run_ensemble(settings, executor=executor, folder=folder, resume=True, progress=show.progress)

    _report(folder, _refined(refine, settings, workers, folder), record, (), json=json, quiet=quiet)


def _plain(settings: RmcSettings) -> dict[str, Any]:
    """Return settings as they stand in the record of a run."""
    return {"seed": settings.run.seed, **settings.model_dump(mode="json", exclude={"folder"})}


def _check(settings: RmcSettings) -> None:
    """Set the refinement up once before a folder is touched: bad input must leave an earlier result as it is."""
    from entrox.core import generator
    from entrox.scattering.setup.problem_of_settings import problem_of_settings

    problem_of_settings(settings, generator(settings.run.seed, OCCUPATION))


class _Show:
    """Progress on stderr: a line now and then."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._last = quiet, time.monotonic()

    def say(self, text: str) -> None:
        if not self._quiet:
            print_message(text)

    @property
    def progress(self) -> Callable[[str, int, int], None] | None:
        return None if self._quiet else self._line

    def _line(self, text: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            print_message(f"{done} of {total}: {text}")


def _refined(
    refine: Callable[[RmcSettings, Any], RmcEnsemble], settings: RmcSettings, workers: int, folder: Path
) -> RmcEnsemble:
    """Run side by side if asked for; Ctrl-C ends with the command that goes on."""
    from entrox.design.executors import default_workers, open_executor

    try:
        if workers == 1:
            return refine(settings, None)
        # threads of all runs together as many as processors
        threads = settings.run.threads or max(1, default_workers() // workers)
        shared = settings.replaced(run={"threads": threads})
        with open_executor(workers, preload=("entrox.scattering.run.ensemble",)) as executor:
            return refine(shared, executor)
    except KeyboardInterrupt:
        print_message(
            f"Interrupted. The checkpoints are kept; continue with:\n  entrox rmc resume {shlex.quote(str(folder))}"
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _report(
    folder: Path, ensemble: RmcEnsemble, record: dict[str, Any], notes: tuple[str, ...], *, json: bool, quiet: bool
) -> None:
    from entrox.cli.rmc_folder import write_run
    from entrox.cli.rmc_result import print_run
    from entrox.scattering.run.rmc_record import rmc_record

    content: Mapping[str, Any] = rmc_record(ensemble)
    content = {**content, "warnings": [*notes, *content["warnings"]]}
    write_run(folder, content, ensemble, record)
    if json:
        print_json(content)
    elif not quiet:
        print_run(content)
        print_message(f"Report: {folder / 'report.html'}")
    if not ensemble.converged:
        print_message(
            f"not converged ({'the time' if ensemble.stopped_by == 'time' else 'all moves'} used up); the result is "
            f"written. Go on: entrox rmc resume {shlex.quote(str(folder))} --moves-per-atom N",
            error=True,
        )
        raise typer.Exit(ExitCode.NO_ANSWER)


@rmc.command()
def analyze(
    context: typer.Context,
    boxes: options.BoxesArgument,
    zone_axis: options.ZoneOption = "001",
    layer: options.SliceOption = "z=0",
    null: options.NullOption = False,
    out: options.ReportOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Local order of refined boxes beside chance.

    Mean lengths of the displacements with their thermal floor and the shuffled box, classes beside chance, directions,
    pair distributions, with the spread over boxes.

    Example: entrox rmc analyze runs/srtio3 --slice z=2 -o runs/srtio3-order
    """
    from entrox.cli.rmc_folder import ANALYSIS_FILES, write_boxes_analysis
    from entrox.cli.rmc_input import analyzed
    from entrox.cli.rmc_result import analysis_content, print_boxes
    from entrox.cli.run_folder import prepare_folder

    direction, (normal, number) = options.parse_zone_axis(zone_axis), options.parse_slice(layer)
    found = analyzed(boxes, null=null)
    content = analysis_content(found)
    if out is not None:
        from entrox.plots.rmc_figures import BoxView

        plain = {
            "boxes": [str(path) for path in boxes],
            "zone_axis": zone_axis,
            "slice": layer,
            "null": null,
            "seed": 0,
        }
        view = BoxView(zone_axis=direction, normal=normal, layer=number)
        view.check(found.main.boxes[0])
        prepare_folder(out, plain, overwrite=overwrite, files=ANALYSIS_FILES)
        write_boxes_analysis(out, content, plain, found, view, command_line(context))
        if not quiet and not json:
            print_message(f"Report: {out / 'report.html'}")
    if json:
        print_json(content)
    elif not quiet:
        print_boxes(content)
