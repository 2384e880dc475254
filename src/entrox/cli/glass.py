"""``entrox glass``: glasses by melt and quench, how they give way under strain, what moves in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from entrox.cli import glass_options as options
from entrox.cli.glass_strain import strain
from entrox.cli.polar_options import parse_names
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message

__all__ = ["glass"]

glass = typer.Typer(
    help="Glasses: melt and quench, stretch, local strain.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@glass.command()
def quench(
    context: typer.Context,
    start: options.StartArgument,
    x: options.XOption = None,
    lanthanides: options.LanthanidesOption = "La,Nd,Pr,Sm",
    size: options.SizeOption = "76",
    order: options.OrderOption = "random",
    atoms: options.AtomsOption = None,
    density_g_per_cm3: options.DensityOption = None,
    calculator: options.CalculatorOption = "chgnet",
    protocol: options.ProtocolOption = None,
    preset: options.PresetOption = None,
    melt_temperature_k: options.MeltTemperatureOption = None,
    melt_ps: options.MeltOption = None,
    longest_melt_ps: options.LongestMeltOption = None,
    if_not_melted: options.NotMeltedOption = None,
    quench_rate_k_per_ps: options.RateOption = None,
    end_temperature_k: options.EndTemperatureOption = None,
    hold_ps: options.HoldOption = None,
    timestep_fs: options.TimeStepOption = None,
    volume: options.VolumeOption = None,
    eos_ps: options.EosOption = None,
    seeds: options.SeedsOption = 5,
    rates: options.RatesOption = 2,
    seed: options.SeedOption = 1,
    workers: options.WorkersOption = 1,
    threads: options.ThreadsOption = 1,
    out: options.OutOption = None,
    resume: options.ResumeOption = False,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Glass from a melt, and whether it melted at all.

    A crystal is melted, judged by displacement and reflections, quenched, held, brought to its volume and relaxed, for
    several seeds and cooling rates. A melt that remembers its crystal gives no energy of a glass. With --out: glasses,
    members.csv, histories, figures, record, and checkpoints for --resume. Exit code 4: every run failed.

    Example: entrox glass quench Bi4Ti3O12 --x 0.75 --preset published --seeds 5 -o runs/bto
    """
    from entrox.cli.glass_input import build_settings
    from entrox.cli.glass_result import print_quench
    from entrox.cli.glass_run import QuenchJob, run_quench

    asked = {
        "melt_temperature_k": melt_temperature_k, "melt_ps": melt_ps, "longest_melt_ps": longest_melt_ps,
        "if_not_melted": if_not_melted, "quench_rate_k_per_ps": quench_rate_k_per_ps,
        "end_temperature_k": end_temperature_k, "hold_ps": hold_ps, "timestep_fs": timestep_fs, "volume": volume,
        "eos_ps": eos_ps,
    }  # fmt: skip
    built = {
        "x": x, "lanthanides": parse_names(lanthanides), "size": options.parse_size(size), "order": order,
        "atoms": atoms, "density_g_per_cm3": density_g_per_cm3,
    }  # fmt: skip
    job = QuenchJob(
        start=start, built=built, calculator=calculator, settings=build_settings(asked, preset, protocol), seeds=seeds,
        rates=rates, seed=seed, workers=workers, threads=threads,
        inputs=[path for path in (Path(start), protocol) if path is not None and path.is_file()],
    )  # fmt: skip
    content = run_quench(job, out, command_line(context), resume=resume, overwrite=overwrite, quiet=quiet or json)
    _answer(content, print_quench, out, json=json, quiet=quiet)
    if content["verdict"] == "failed":
        raise typer.Exit(ExitCode.NO_ANSWER)


@glass.command()
def stretch(
    context: typer.Context,
    structure: options.GlassArgument,
    mode: options.ModeOption = "uniaxial-strain",
    rate_per_ps: options.StrainRateOption = 0.3,
    max_strain_percent: options.StrainOption = 7.5,
    step_percent: options.StepOption = 0.25,
    axis: options.AxisOption = "x",
    volumetric: options.VolumetricOption = False,
    temperature_k: options.TemperatureOption = 300.0,
    timestep_fs: options.StretchTimeStepOption = 1.0,
    settle_ps: options.SettleOption = 0.5,
    no_bath: options.NoBathOption = False,
    calculator: options.CalculatorOption = "chgnet",
    seed: options.SeedOption = 1,
    threads: options.ThreadsOption = 1,
    out: options.OutOption = None,
    resume: options.ResumeOption = False,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Stress over strain of a glass along one axis.

    The strain is along one axis, by molecular dynamics or from minimum to minimum (athermal); --volumetric stretches
    all three. Modulus below 1 %, yield at the offset of 0.2 %, highest stress, and whether sound had the time to cross
    the cell. With --out: curve.csv, the stretched structure, figure, record. Exit code 4: the run exploded.

    Example: entrox glass stretch glass.extxyz --mode athermal --max-strain-percent 2 --calculator chgnet -o runs/pull
    """
    from entrox.cli.glass_result import print_stretch
    from entrox.cli.glass_run import StretchJob, run_stretch

    asked = {
        "mode": mode, "rate_per_ps": rate_per_ps, "max_strain": max_strain_percent / 100.0,
        "step": step_percent / 100.0, "axis": options.parse_axis(axis), "volumetric": volumetric,
        "temperature_k": temperature_k, "timestep_fs": timestep_fs, "settle_ps": settle_ps, "bath": not no_bath,
    }  # fmt: skip
    job = StretchJob(structure=structure, asked=asked, calculator=calculator, seed=seed, threads=threads)
    content = run_stretch(job, out, command_line(context), resume=resume, overwrite=overwrite, quiet=quiet or json)
    _answer(content, print_stretch, out, json=json, quiet=quiet)
    if content["status"] != "finished":
        raise typer.Exit(ExitCode.NO_ANSWER)


glass.command()(strain)


def _answer(content: dict[str, Any], show: Any, out: Path | None, *, json: bool, quiet: bool) -> None:
    if json:
        print_json(content)
        return
    if quiet:
        return
    show(content)
    if out is not None:
        print_message(f"Written: {out}")
