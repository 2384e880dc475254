"""``entrox learn``: a learning loop from a recipe to a run folder with its models, data and report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, resumed_command

if TYPE_CHECKING:
    from entrox.potentials.learning.learn_result import LearnResult
    from entrox.potentials.learning.learn_settings import LearnSettings

__all__ = ["learn"]

RUNS = Path("runs")
WORKERS = 2


def learn(
    context: typer.Context,
    recipe: Annotated[Path | None, typer.Argument(help="Recipe, TOML; --example prints one.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder; runs/<name of RECIPE> if not given.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a loop that was interrupted or ended.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Labels, trainings and runs side by side.")] = WORKERS,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler to compute on; all its machines must see RUN."),
    ] = None,
    generations: Annotated[int | None, typer.Option(min=1, help="Most generations; that of the recipe.")] = None,
    sigma_low: Annotated[
        float | None,
        typer.Option("--sigma-low-ev-per-angstrom", help="Deviation below which a frame is accurate; 0.125."),
    ] = None,
    sigma_high: Annotated[
        float | None,
        typer.Option("--sigma-high-ev-per-angstrom", help="Deviation from which on a frame has failed; 0.5."),
    ] = None,
    labels_per_generation: Annotated[int | None, typer.Option(min=1, help="Labels of each generation.")] = None,
    max_hours: Annotated[float | None, typer.Option(help="Stop after so many hours; --resume goes on.")] = None,
    trust_model: Annotated[
        bool, typer.Option("--trust-model", help="Load a teacher's model file of unknown origin: it can run code.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a commented recipe and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Learn a potential by active learning.

    Label, train a committee, explore, choose what it does not know, and again. Writes a run folder with
    journal.sqlite, models, data, result.json, generations.csv, cells.csv, calibration.csv, figures and
    provenance.json. A loop that was killed goes on with --resume and labels nothing twice. Exit code 4: it has not
    converged; what there is, is written.

    Start with: entrox learn --example > my.toml
    """
    if example:
        _print_example()
        return
    if recipe is None:
        raise typer.BadParameter("give a recipe; `entrox learn --example > my.toml` writes one.")
    changes: dict[str, dict[str, Any]] = {
        "stop": {"generations": generations, "max_hours": max_hours},
        "trust": {"sigma_low_ev_per_angstrom": sigma_low, "sigma_high_ev_per_angstrom": sigma_high},
        "select": {"labels_per_generation": labels_per_generation},
    }
    settings = _changed(recipe, changes)
    folder = RUNS / recipe.stem if out is None else out
    command = command_line(context)
    try:
        result = _run(settings, recipe, folder, command, workers, scheduler, resume=resume, trust_model=trust_model,
                      quiet=quiet or json)  # fmt: skip
    except KeyboardInterrupt:
        print_message(
            f"Interrupted. All finished work is kept in {folder}; continue with:\n  {resumed_command(command)}"
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _report(result, settings, command, json=json, quiet=quiet)


def _print_example() -> None:
    from entrox.potentials.learning.learn_recipe import example_recipe

    typer.echo(example_recipe(), nl=False)


def _changed(recipe: Path, changes: dict[str, dict[str, Any]]) -> LearnSettings:
    """Read a recipe and put in what was given on the command line."""
    from entrox.potentials.learning.learn_recipe import read_recipe

    given = {
        table: {name: value for name, value in values.items() if value is not None} for table, values in changes.items()
    }
    return read_recipe(recipe).changed(given)


def _run(
    settings: LearnSettings,
    recipe: Path,
    folder: Path,
    command: Sequence[str],
    workers: int,
    scheduler: str | None,
    *,
    resume: bool,
    trust_model: bool,
    quiet: bool,
) -> LearnResult:
    from entrox.cli.learn_folder import open_learn_folder, write_learn
    from entrox.cli.progress import parts_shown
    from entrox.potentials.learning.learn import learn as run_loop
    from entrox.potentials.learning.learn_parts import build_parts
    from entrox.potentials.learning.start_frames import build_cells

    # before the folder is made: what cannot be built must not leave one
    parts = build_parts(settings, build_cells(settings.compositions, settings.seed), trust_model=trust_model)
    execution = {"workers": workers, "scheduler": scheduler, **settings.stop.model_dump()}
    record = open_learn_folder(folder, settings, recipe, command, execution, resume=resume)
    with _place(workers, scheduler) as executor, parts_shown(quiet=quiet) as progress:
        result = run_loop(settings, folder, executor=executor, progress=progress, parts=parts)
    write_learn(folder, result, record)
    return result


@contextmanager
def _place(workers: int, scheduler: str | None) -> Iterator[Executor]:
    """Open where the work runs: threads, since every piece of it is a process of its own, or a Dask cluster."""
    if scheduler is not None:
        from entrox.design import open_executor

        with open_executor(scheduler=scheduler) as executor:
            yield executor
        return
    with ThreadPoolExecutor(workers) as threads:
        yield threads


def _report(result: LearnResult, settings: LearnSettings, command: Sequence[str], *, json: bool, quiet: bool) -> None:
    from entrox.cli.learn_result import print_learn

    if json:
        print_json(result.summary())
    elif not quiet:
        print_learn(result)
    if not result.converged:
        done = -1 if result.last is None else result.last.generation
        goal = max(done + 1, settings.stop.generations)
        print_message(
            f"the loop has not converged; {len(result.reasons)} reasons stand in result.json. Go on with:\n  "
            f"{resumed_command(command)} --generations {goal}",
            error=True,
        )
        raise typer.Exit(ExitCode.NO_ANSWER)
