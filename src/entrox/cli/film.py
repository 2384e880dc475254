"""``entrox film``: what is measured on films, from tables to numbers with errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from entrox.cli import film_options as options
from entrox.cli.terminal import command_line

__all__ = ["film"]

film = typer.Typer(
    help="Films as measured: leakage, loops, breakdown, optics.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
COMMON = ("table", "out", "overwrite", "json", "quiet")
FILES = ("table", "substrate", "voxels", "breakdown")


@film.command()
def tensile(
    context: typer.Context,
    table: options.TableArgument,
    length_um: options.LengthOption,
    width_um: options.WidthOption,
    thickness_um: options.ThicknessUmOption,
    compliance_um_per_un: options.ComplianceOption = 0.0,
    window_percent: options.WindowOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Tensile curve of a strip: modulus and fracture.

    TABLE has displacement and force. Engineering stress and strain; the compliance of the machine is subtracted.

    Example: entrox film tensile examples/film/pull.csv --length-um 50 --width-um 8 --thickness-um 0.4
    """
    from entrox.cli.film_tensile import TENSILE_FILES, measure_pull

    _run(context, measure_pull, TENSILE_FILES)


@film.command()
def leakage(
    context: typer.Context,
    table: options.TableArgument,
    thickness_nm: options.ThicknessNmOption,
    temperature_k: options.TemperatureOption = 300.0,
    diameter_um: options.MaybeDiameterOption = None,
    field_unit: options.FieldUnitOption = None,
    current_unit: options.CurrentUnitOption = None,
    static_permittivity: options.StaticOption = None,
    refractive_index: options.IndexOption = None,
    gap_ev: options.GapOption = None,
    effective_mass: options.MassOption = 1.0,
    models: options.ModelsOption = None,
    floor_a_per_m2: options.FloorOption = 0.0,
    built_in_v: options.BuiltInOption = 0.0,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Which law of conduction a current over field follows.

    TABLE has field or voltage, and current_density or current; perhaps temperature, relative_error, electrode. Laws are
    compared by AICc for each polarity and direction of the sweep; those outside physics keep a flag.

    Example: entrox film leakage examples/film/leakage.csv --thickness-nm 400 --static-permittivity 35
    """
    from entrox.cli.film_leakage import LEAKAGE_FILES, measure_leakage

    _run(context, measure_leakage, LEAKAGE_FILES)


@film.command()
def weibull(
    context: typer.Context,
    table: options.TableArgument,
    thickness_nm: options.MaybeThicknessNmOption = None,
    field_unit: options.FieldUnitOption = None,
    area_mm2: options.AreaOption = None,
    target_area_mm2: options.TargetAreaOption = None,
    target_thickness_nm: options.TargetThicknessOption = None,
    extrapolate: options.ForceOption = False,
    percentile: options.PercentileOption = 1.0,
    group_by: options.GroupOption = None,
    confidence_percent: options.ConfidenceOption = 95.0,
    draws: options.DrawsOption = 4000,
    seed: options.SeedOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Weibull statistics of breakdown fields.

    TABLE has field, or voltage with a thickness; perhaps censored, thickness, material, kind, group. Exact intervals by
    simulation and those of the likelihood; materials and kinds are never pooled.

    Example: entrox film weibull examples/film/breakdown.csv --area-mm2 0.02 --target-area-mm2 1
    """
    from entrox.cli.film_weibull import WEIBULL_FILES, measure_weibull

    _run(context, measure_weibull, WEIBULL_FILES)


@film.command()
def loop(
    context: typer.Context,
    table: options.TableArgument,
    thickness_nm: options.MaybeThicknessNmOption = None,
    frequency_hz: options.FrequencyOption = None,
    field_unit: options.FieldUnitOption = None,
    cycles_column: options.CyclesColumnOption = None,
    conductivity_s_per_m: options.ConductivityOption = None,
    remove_leakage: options.RemoveLeakageOption = False,
    remove_drift: options.RemoveDriftOption = False,
    breakdown: options.BreakdownOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Energy and efficiency of polarization loops.

    TABLE has field (or voltage) and polarization, in the order of the measurement; perhaps time. Gap, offset and
    leakage are told, and taken out only on request.

    Example: entrox film loop examples/film/loop.csv --frequency-hz 1000
    """
    from entrox.cli.film_loop import LOOP_FILES, measure_loops

    _run(context, measure_loops, LOOP_FILES)


@film.command()
def transmittance(
    context: typer.Context,
    table: options.TableArgument,
    thickness_nm: options.MaybeThicknessNmOption = None,
    substrate: options.SubstrateOption = None,
    substrate_index: options.SubstrateIndexOption = None,
    kind: options.KindOption = "both",
    sort: options.SortOption = False,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Edge, gap, index and thickness from transmittance.

    TABLE has wavelength and transmittance, `[%]` or `[1]` by its header. The edge of T and both kinds of gap are told;
    thickness and index come from interference fringes where there are three.

    Example: entrox film transmittance examples/film/transmittance.csv --thickness-nm 400
    """
    from entrox.cli.film_transmittance import TRANSMITTANCE_FILES, measure_transmittance

    _run(context, measure_transmittance, TRANSMITTANCE_FILES)


@film.command()
def mixture(
    context: typer.Context,
    matrix: options.MatrixOption,
    inclusion: options.InclusionOption = None,
    matrix_loss: options.MatrixLossOption = 0.0,
    inclusion_loss: options.InclusionLossOption = 0.0,
    fraction: options.FractionOption = None,
    measured: options.MeasuredOption = None,
    dimension: options.DimensionOption = 3,
    voxels: options.VoxelsOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Permittivity of a crystalline and amorphous mixture.

    Bounds and rules for a share; or the share, or a phase, that a measured value asks for; or a mosaic of voxels.

    Example: entrox film mixture --matrix 25 --inclusion 120 --measured 35
    """
    from entrox.cli.film_mixture import MIXTURE_FILES, measure_mixture

    _run(context, measure_mixture, MIXTURE_FILES)


@film.command()
def permittivity(
    context: typer.Context,
    table: options.TableArgument,
    thickness_nm: options.ThicknessNmOption,
    diameter_um: options.DiameterOption,
    cycles: options.CyclesFlag = False,
    stable_percent: options.StableOption = 2.4,
    reproducibility_percent: options.ReproducibilityOption = 0.0,
    loss_limit: options.LossLimitOption = 0.1,
    remove_resistance: options.ResistanceOption = True,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Permittivity and loss, also over bending cycles.

    TABLE has capacitance; perhaps loss, frequency, temperature, cycles, thickness. A resistance in series is found from
    four frequencies and taken out with its amount shown.

    Example: entrox film permittivity examples/film/capacitance.csv --thickness-nm 400 --diameter-um 150 --cycles
    """
    from entrox.cli.film_permittivity import PERMITTIVITY_FILES, measure_permittivity

    _run(context, measure_permittivity, PERMITTIVITY_FILES)


def _run(context: typer.Context, measure: Any, files: tuple[str, ...]) -> None:
    from entrox.cli.measurement import run_measurement

    given = dict(context.params)
    table = None if given.get("table") is None else Path(given["table"])
    out = None if given["out"] is None else Path(given["out"])
    asked = {
        name: str(value) if isinstance(value, Path) else value for name, value in given.items() if name not in COMMON
    }
    inputs = [Path(value) for value in (given.get(name) for name in FILES) if value is not None]
    record = {"table": None if table is None else str(table), "seed": None, **asked}
    run_measurement(
        lambda: measure(table, asked), record, inputs, out, command_line(context), files, ("core", "film"),
        overwrite=given["overwrite"], json=given["json"], quiet=given["quiet"],
    )  # fmt: skip
