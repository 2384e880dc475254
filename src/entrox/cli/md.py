"""``entrox md``: molecular dynamics of a structure or a formula with a trained model or any calculator."""

from __future__ import annotations

from pathlib import Path

import typer

from entrox.cli import md_options as options
from entrox.cli.polar_options import parse_names, parse_numbers, parse_shape
from entrox.cli.terminal import ExitCode, command_line, print_json

__all__ = ["md"]

PAPER_BAR, PAPER_SHAPE = 1000.0, (12, 12, 4)


def md(
    context: typer.Context,
    structure: options.StructureArgument,
    model: options.ModelOption,
    engine: options.EngineOption = None,
    protocol: options.ProtocolOption = "npt",
    shape: options.ShapeOption = None,
    lattice_angstrom: options.LatticeOption = None,
    rounding: options.RoundingOption = "error",
    frame: options.FrameOption = "last",
    type_map: options.TypeMapOption = None,
    temperature_k: options.TemperatureOption = 300.0,
    end_temperature_k: options.EndTemperatureOption = None,
    rate_k_per_ps: options.RateOption = None,
    step_k: options.StepOption = 10.0,
    pressure_bar: options.PressureOption = None,
    timestep_fs: options.TimeStepOption = 2.0,
    length_ps: options.LengthOption = 10.0,
    frame_every: options.FrameEveryOption = 100,
    field_v_per_m: options.FieldOption = None,
    field_shape: options.FieldShapeOption = "constant",
    period_ps: options.PeriodOption = None,
    born_charges: options.ChargesOption = None,
    seed: options.SeedOption = 1,
    threads: options.ThreadsOption = 1,
    launcher: options.LauncherOption = "",
    preset: options.PresetOption = None,
    trust_model: options.TrustOption = False,
    out: options.OutOption = None,
    resume: options.ResumeOption = False,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Run molecular dynamics.

    Means are taken over the part that has settled by the blocking test, with errors. A run that explodes is written up
    to there and ends with exit code 4. With --out: thermo.csv, frames.extxyz, checkpoints, result.json, a figure.

    Example: entrox md Ba0.875Ca0.125TiO3 --shape 4x4x4 --model models/model_0.pb --temperature-k 300 -o runs/md
    """
    from entrox.cli.md_input import build_protocol, read_models, read_subject
    from entrox.cli.md_result import print_md
    from entrox.cli.md_run import MdJob, run_job
    from entrox.cli.polar_input import read_charges
    from entrox.core import InputError

    if preset not in (None, "paper"):
        raise InputError(f"--preset must be paper; got {preset!r}.")
    paper = preset == "paper"
    asked = {
        "temperature_k": temperature_k, "end_temperature_k": end_temperature_k, "rate_k_per_ps": rate_k_per_ps,
        "step_k": step_k, "length_ps": length_ps, "field_shape": field_shape, "period_ps": period_ps,
        "field_v_per_m": parse_numbers(field_v_per_m, "--field-v-per-m", 3), "charges_e": read_charges(born_charges),
    }  # fmt: skip
    shared = {
        "timestep_fs": timestep_fs, "frame_every": frame_every,
        "pressure_bar": (PAPER_BAR if paper else 0.0) if pressure_bar is None else pressure_bar,
    }  # fmt: skip
    plan = build_protocol(protocol, asked, **shared)
    units = parse_shape(shape) or (PAPER_SHAPE if paper and not Path(structure).exists() else None)
    kinds = parse_names(type_map)
    subject = read_subject(
        structure, units, frame=frame, type_map=kinds, lattice_angstrom=lattice_angstrom, rounding=rounding, seed=seed
    )
    potential = read_models(model, trust_model=trust_model, threads=threads)
    record = {
        "structure": structure, "models": model, "engine": engine, "protocol": protocol, "shape": units, **asked,
        **shared, "frame": frame, "type_map": kinds, "lattice_angstrom": lattice_angstrom, "rounding": rounding,
        "seed": seed, "preset": preset,
    }  # fmt: skip
    named = (subject.file, born_charges, *map(Path, model))
    job = MdJob(
        subject=subject, protocol=plan, potential=potential, settings=record, engine=engine, threads=threads,
        launcher=launcher, seed=seed, inputs=[path for path in named if path is not None and path.is_file()],
    )  # fmt: skip
    content = run_job(job, out, command_line(context), resume=resume, overwrite=overwrite, quiet=quiet or json)
    if json:
        print_json(content)
    elif not quiet:
        print_md(content)
    if content["status"] != "finished":
        raise typer.Exit(ExitCode.NO_ANSWER)
