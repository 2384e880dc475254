"""``entrox polar`` and its sisters: local polar order, comparisons, transitions, hysteresis loops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli import polar_options as options
from entrox.cli.terminal import command_line, print_json, print_message

if TYPE_CHECKING:
    from entrox.order.report.polar_analysis import PolarAnalysis
    from entrox.order.report.polar_settings import PolarSettings

__all__ = ["hysteresis", "polar", "polar_compare", "transitions"]


def polar(
    context: typer.Context,
    traj: options.FramesArgument,
    a_site: options.ASiteOption = None,
    b_site: options.BSiteOption = None,
    shape: options.ShapeOption = None,
    type_map: options.TypeMapOption = None,
    first: options.FirstOption = 0,
    every: options.EveryOption = 1,
    timestep_ps: options.TimeStepOption = None,
    window_ps: options.WindowOption = 1.0,
    averaged_over_ps: options.AveragedOption = None,
    reference: options.ReferenceOption = "oxygen",
    rule: options.RuleOption = "nearest-axis",
    threshold_angstrom: options.ThresholdOption = 0.05,
    max_angle_deg: options.MaxAngleOption = 15.0,
    born_charges: options.ChargesOption = None,
    temperature_k: options.TemperatureOption = None,
    eps_inf: options.EpsInfOption = None,
    environment: options.EnvironmentOption = None,
    zone_axis: options.ZoneOption = None,
    thickness_cells: options.ThicknessOption = None,
    measures: options.MeasuresOption = None,
    allow_vacancies: options.VacanciesOption = False,
    box: options.BoxOption = None,
    arrangements: options.ArrangementsOption = False,
    source: options.SourceOption = "md",
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Local polar order of a perovskite from its atoms.

    Displacements, phases, bonds, pair distributions, domains, correlation, tilts, polarization, relaxor measures.
    Shares of phases stand beside those of random directions, every mean has an error over time, and a measure that the
    data do not allow is refused with its reason. With --out: report.html, report.json, figures, tables.

    Example: entrox polar PTO.traj --timestep-ps 0.05 --born-charges pto.toml --temperature-k 300 -o runs/pto
    """
    from entrox.cli.polar_input import read_charges
    from entrox.order.report.polar_settings import MEASURES

    asked = {
        "source": source,
        "a_site": options.parse_names(a_site),
        "b_site": options.parse_names(b_site),
        "shape": options.parse_shape(shape),
        "allow_vacancies": allow_vacancies,
        "reference": reference,
        "time_step_ps": None if timestep_ps is None else timestep_ps * every,
        "window_ps": window_ps,
        "averaged_over_ps": averaged_over_ps,
        "rule": rule.replace("-", "_"),
        "threshold_angstrom": threshold_angstrom,
        "max_angle_deg": max_angle_deg,
        "born_charges_e": read_charges(born_charges),
        "temperature_k": temperature_k,
        "eps_inf": eps_inf,
        "environment": options.parse_names(environment) or (),
        "zone_axis": "001" if zone_axis is None and thickness_cells is not None else zone_axis,
        "thickness_cells": thickness_cells,
        "measures": MEASURES if measures is None else options.parse_names(measures),
    }
    reading = {
        "type_map": options.parse_names(type_map), "first": first, "every": every,
        "box": options.parse_numbers(box, "--box", 3),
    }  # fmt: skip
    settings = _checked(asked)
    inputs = [*traj, *([] if born_charges is None else [born_charges])]
    record = {
        "files": [str(path) for path in traj], **settings.model_dump(mode="json"), **reading,
        "arrangements": arrangements, "seed": None,
    }  # fmt: skip
    _run(context, traj, settings, reading, record, inputs, out, arrangements=arrangements, overwrite=overwrite,
         json=json, quiet=quiet)  # fmt: skip


def _checked(asked: dict[str, Any]) -> PolarSettings:
    """Return checked settings; the first mistake is named by its option."""
    from pydantic import ValidationError

    from entrox.core import InputError
    from entrox.order.report.polar_settings import PolarSettings

    try:
        return PolarSettings(**asked)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).replace("_", "-") if first["loc"] else "zone-axis"
        name = {"time-step-ps": "timestep-ps", "born-charges-e": "born-charges"}.get(name, name)
        raise InputError(f"--{name}: {first['msg']}; got {first['input']!r}.") from error


def _run(
    context: typer.Context,
    files: list[Path],
    settings: PolarSettings,
    reading: dict[str, Any],
    record: dict[str, Any],
    inputs: list[Path],
    out: Path | None,
    *,
    arrangements: bool,
    overwrite: bool,
    json: bool,
    quiet: bool,
) -> None:
    from entrox.cli.polar_folder import POLAR_FILES, write_polar
    from entrox.cli.polar_result import arrangement_content, polar_content, print_polar
    from entrox.cli.run_folder import prepare_folder

    if out is not None:
        _check_files(files)
        prepare_folder(out, record, overwrite=overwrite, files=POLAR_FILES)
    parts = [[path] for path in files] if arrangements else [files]
    analyses = [_analyzed(part, settings, reading, quiet=quiet or json) for part in parts]
    content = polar_content(analyses[0])
    if arrangements:
        content["arrangements"] = arrangement_content(analyses)
    if out is not None:
        write_polar(out, content, record, analyses, inputs, command_line(context))
        if not quiet and not json:
            print_message(f"Report: {out / 'report.html'}")
    if json:
        print_json(content)
    elif not quiet:
        print_polar(content)


def _check_files(files: list[Path]) -> None:
    from entrox.core import InputError

    for path in files:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder.")


def _analyzed(files: list[Path], settings: PolarSettings, reading: dict[str, Any], *, quiet: bool) -> PolarAnalysis:
    from dataclasses import replace

    from entrox.cli.polar_input import stream_frames
    from entrox.cli.progress import parts_shown
    from entrox.order.report.polar_analysis import analyze_polar

    notices: list[str] = []
    with parts_shown(quiet=quiet) as progress:
        frames = stream_frames(files, notices=notices, **reading)
        analysis = analyze_polar(frames, settings, label=files[0].name, progress=progress)
    # what the readers had to say is known only now
    warnings = tuple(dict.fromkeys([*notices, *analysis.warnings]))
    return replace(analysis, warnings=warnings, report=replace(analysis.report, warnings=warnings))


def polar_compare(
    context: typer.Context,
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="report.json files or run folders.")],
    bootstrap: Annotated[int, typer.Option(min=0, help="Draws for intervals and p-values.")] = 500,
    seed: options.SeedOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
) -> None:
    """Compare reports of polar order, quantity by quantity.

    Simulations, reverse Monte Carlo and images alike. Reports must agree in dimension, reference, thickness and window;
    a refusal says how to make them alike. A window that no file tells is allowed with a warning.

    Example: entrox polar-compare runs/md/report.json runs/rmc/report.json
    """
    from entrox.cli.polar_folder import COMPARISON_FILES, write_comparison
    from entrox.cli.polar_result import comparison_content, print_comparison
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import generator
    from entrox.order.report.polar_report import read_polar_report
    from entrox.order.report.report_comparison import compare_reports

    record = {"files": [str(path) for path in reports], "bootstrap": bootstrap, "seed": seed}
    found = [read_polar_report(path) for path in reports]
    names = [report.label or path.stem for report, path in zip(found, reports, strict=True)]
    comparison = compare_reports(found, rng=generator(seed), bootstrap=bootstrap, names=names)
    content = comparison_content(comparison)
    if out is not None:
        prepare_folder(out, record, overwrite=overwrite, files=COMPARISON_FILES)
        write_comparison(out, content, record, comparison, reports, command_line(context))
    print_json(content) if json else print_comparison(content)


def transitions(
    context: typer.Context,
    curves: Annotated[list[Path], typer.Argument(metavar="CURVE...", help="Heating and cooling runs of one system.")],
    form: Annotated[str, typer.Option("--format", metavar="feram|csv", help="Form of the files.")] = "feram",
    fraction: Annotated[float, typer.Option(help="A component counts above this part of the reference.")] = 0.5,
    min_run: Annotated[int, typer.Option(min=1, help="Shorter runs of one phase are fluctuations.")] = 2,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
) -> None:
    """Find transition temperatures of heating and cooling runs.

    Each is bracketed by two rows; heating minus cooling is the hysteresis.

    A csv file has the columns temperature_k, p_x, p_y, p_z, and susceptibility, energy_ev if there are any.

    Example: entrox transitions heating.avg cooling.avg --format feram
    """
    from entrox.cli.polar_folder import TRANSITION_FILES, write_transitions
    from entrox.cli.polar_input import read_curve
    from entrox.cli.polar_result import print_transitions, transitions_content
    from entrox.cli.run_folder import prepare_folder
    from entrox.order.response.transitions import find_transitions

    record = {"files": [str(path) for path in curves], "format": form, "fraction": fraction, "min_run": min_run,
              "seed": None}  # fmt: skip
    read = [read_curve(path, form) for path in curves]
    found = find_transitions(read, fraction, min_run)
    content = transitions_content(found)
    if out is not None:
        prepare_folder(out, record, overwrite=overwrite, files=TRANSITION_FILES)
        write_transitions(out, content, record, found, read, curves, command_line(context))
    print_json(content) if json else print_transitions(content)


def hysteresis(
    context: typer.Context,
    log: Annotated[Path, typer.Argument(metavar="LOG", help="LAMMPS log of a run in a cyclic field.")],
    block_steps: Annotated[int, typer.Option("--block-steps", min=1, help="Time steps of one average.")] = 500,
    field: Annotated[str, typer.Option(help="Column of the field [V/angstrom].")] = "v_efield",
    polarization: Annotated[str, typer.Option(help="Column of the polarization [e/angstrom2].")] = "v_Pz",
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
) -> None:
    """Measure a loop of polarization against field.

    Coercive fields, remanence, imprint, area, and the frequency of the drive.

    Example: entrox hysteresis log.lammps --block-steps 500
    """
    from entrox.cli.polar_folder import LOOP_FILES, write_loop
    from entrox.cli.polar_result import loop_content, print_loop
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import InputError
    from entrox.order.response.hysteresis import loop_of_log
    from entrox.order.response.switching_log import read_switching_log

    if not log.is_file():
        raise InputError(f"there is no file {log}. Check the path.")
    record = {"file": str(log), "block_steps": block_steps, "field": field, "polarization": polarization,
              "seed": None}  # fmt: skip
    read = read_switching_log(log, field, polarization)
    loop = loop_of_log(read, block_steps)
    content = loop_content(loop, read)
    if out is not None:
        prepare_folder(out, record, overwrite=overwrite, files=LOOP_FILES)
        write_loop(out, content, record, loop, log, command_line(context))
    print_json(content) if json else print_loop(content)
