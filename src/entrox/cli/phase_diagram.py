"""``entrox phase-diagram``: runs over composition and temperature, from a recipe to a diagram with its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, resumed_command

if TYPE_CHECKING:
    from entrox.dynamics.diagrams.phase_diagram import PhaseDiagram
    from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings
    from entrox.dynamics.engine import Engine
    from entrox.dynamics.potential import Potential

__all__ = ["phase_diagram"]

RUNS = Path("runs")


def phase_diagram(
    context: typer.Context,
    recipe: Annotated[Path | None, typer.Argument(help="Recipe, TOML; --example prints one.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder; runs/<name of RECIPE> if not given.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue: finished runs are read, others go on.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs side by side; all processors if not given.")] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler to compute on; all its machines must see RUN."),
    ] = None,
    trust_model: Annotated[
        bool, typer.Option("--trust-model", help="Load model files of unknown origin: they can run code.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a commented recipe and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Transition temperatures over composition.

    Heated and cooled, by molecular dynamics. Each composition, cation arrangement, direction and model is a run of
    its own. Writes a run folder with result.json, points.csv, bands.csv, curves.nc, figures, provenance.json and the
    runs. Exit code 4: no run shows a transition, or all failed; what there is, is written.

    Start with: entrox phase-diagram --example > my.toml
    """
    if example:
        _print_example()
        return
    if recipe is None:
        raise typer.BadParameter("give a recipe; `entrox phase-diagram --example > my.toml` writes one.")
    folder = RUNS / recipe.stem if out is None else out
    command = command_line(context)
    try:
        found = _run(recipe, folder, command, workers, scheduler, resume=resume, trust_model=trust_model,
                     quiet=quiet or json)  # fmt: skip
    except KeyboardInterrupt:
        print_message(
            f"Interrupted. All finished work is kept in {folder}; continue with:\n  {resumed_command(command)}"
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _report(found, json=json, quiet=quiet)


def _print_example() -> None:
    from entrox.dynamics.diagrams.phase_diagram_recipe import example_phase_diagram

    typer.echo(example_phase_diagram(), nl=False)


def _run(
    recipe: Path,
    folder: Path,
    command: Sequence[str],
    workers: int | None,
    scheduler: str | None,
    *,
    resume: bool,
    trust_model: bool,
    quiet: bool,
) -> PhaseDiagram:
    from entrox.cli.phase_diagram_folder import open_diagram_folder, write_diagram
    from entrox.cli.progress import parts_shown
    from entrox.design import open_executor
    from entrox.dynamics.diagrams.phase_diagram import check_diagram, phase_diagram
    from entrox.dynamics.diagrams.phase_diagram_recipe import read_phase_diagram_recipe

    settings = read_phase_diagram_recipe(recipe)
    engine = _engine(settings)
    # before the folder is made: what cannot be run must not leave one
    potentials = _potentials(settings, recipe.parent, trust_model=trust_model)
    check_diagram(settings, engine, potentials)
    record = open_diagram_folder(folder, settings, recipe, command, workers, scheduler, resume=resume)
    with (
        open_executor(workers, scheduler, preload=("entrox.dynamics.diagrams.series",)) as executor,
        parts_shown(quiet=quiet) as show,
    ):
        found = phase_diagram(
            settings,
            engine,
            potentials,
            folder.resolve(),
            executor=executor,
            progress=None if show is None else lambda done, total: show("the diagram", done, total),
        )
    write_diagram(folder, found, record)
    return found


def _engine(settings: PhaseDiagramSettings) -> Engine:
    if settings.run.engine == "ase":
        from entrox.dynamics.ase_md.ase_engine import AseEngine

        return AseEngine()
    from entrox.dynamics.lammps.lammps_engine import LammpsEngine
    from entrox.dynamics.lammps.program import find_lammps

    find_lammps()
    return LammpsEngine()


def _potentials(settings: PhaseDiagramSettings, home: Path, *, trust_model: bool) -> list[Potential]:
    """Return the force fields, one for each member of a committee that drives runs; files stand beside the recipe."""
    from entrox.cli.md_input import read_models
    from entrox.dynamics.potential import CalculatorPotential

    chosen = settings.potential
    if chosen.factory is not None:
        return [CalculatorPotential(chosen.factory, dict(chosen.arguments))]
    names = [str(home / name) if name.endswith(".pb") else name for name in chosen.models]
    potentials = [read_models([name], trust_model=trust_model, threads=1) for name in names]
    return potentials if chosen.committee else potentials[:1]


def _report(found: PhaseDiagram, *, json: bool, quiet: bool) -> None:
    from entrox.cli.phase_diagram_result import diagram_content, print_diagram

    if json:
        print_json(diagram_content(found))
    elif not quiet:
        print_diagram(found)
    if not found.points:
        lost = sum(not row.finished for row in found.runs)
        print_message(
            f"no run shows a transition, and {lost} of {len(found.runs)} runs failed; the warnings say why.", error=True
        )
        raise typer.Exit(ExitCode.NO_ANSWER)
