"""``entrox bend``: how far a film is strained when it is bent, by which load, with which force."""

from __future__ import annotations

from typing import Any

import typer

from entrox.cli import bend_options as options
from entrox.cli.terminal import command_line

__all__ = ["bend"]

bend = typer.Typer(
    help="Bending of films: strain, gap, force, and back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@bend.command()
def arc(
    context: typer.Context,
    length_um: options.LengthOption = None,
    width_um: options.WidthOption = None,
    thickness_um: options.ThicknessOption = None,
    thickness_error_um: options.ThicknessErrorOption = None,
    modulus_gpa: options.ModulusOption = None,
    poisson: options.PoissonOption = None,
    layers: options.LayersOption = None,
    plane: options.PlaneOption = "auto",
    fold_angle_deg: options.FoldOption = None,
    radius_um: options.RadiusOption = None,
    mandrel_radius_um: options.MandrelOption = None,
    free_standing: options.FreeOption = False,
    strain_percent: options.StrainOption = None,
    measure: options.MeasureOption = "mid_line",
    path: options.PathOption = None,
    fe: options.FeOption = False,
    elements: options.ElementsOption = "250x1",
    law: options.LawOption = "hencky",
    animate: options.AnimateOption = None,
    frames: options.FramesOption = 60,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """A uniform arc: pure moment, or a film on a cylinder.

    Give one of --fold-angle-deg, --radius-um, --mandrel-radius-um, --strain-percent and --path (fold_angle_deg).
    A film on a sheet needs all layers.

    Example: entrox bend arc --length-um 1000 --layers sheet.csv --radius-um 3000
    """
    _run(context, locals(), case="arc")


@bend.command()
def plates(
    context: typer.Context,
    length_um: options.LengthOption = None,
    width_um: options.WidthOption = None,
    thickness_um: options.ThicknessOption = None,
    thickness_error_um: options.ThicknessErrorOption = None,
    modulus_gpa: options.ModulusOption = None,
    poisson: options.PoissonOption = None,
    layers: options.LayersOption = None,
    plane: options.PlaneOption = "auto",
    gap_um: options.GapOption = None,
    strain_percent: options.StrainOption = None,
    measure: options.MeasureOption = "mid_line",
    path: options.PathOption = None,
    fe: options.FeOption = False,
    elements: options.ElementsOption = "250x1",
    law: options.LawOption = "hencky",
    animate: options.AnimateOption = None,
    frames: options.FramesOption = 60,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """A fold between two parallel plates.

    Give one of --gap-um, --strain-percent and --path (column gap_um). The gap is that of the neutral axes of the legs;
    the plates are one thickness further apart.

    Example: entrox bend plates --length-um 50 --thickness-um 0.4 --modulus-gpa 70 --poisson 0.24 --strain-percent 4.8
    """
    _run(context, locals(), case="plates")


@bend.command()
def hinged(
    context: typer.Context,
    length_um: options.LengthOption = None,
    width_um: options.WidthOption = None,
    thickness_um: options.ThicknessOption = None,
    thickness_error_um: options.ThicknessErrorOption = None,
    modulus_gpa: options.ModulusOption = None,
    poisson: options.PoissonOption = None,
    layers: options.LayersOption = None,
    plane: options.PlaneOption = "auto",
    end_distance_um: options.DistanceOption = None,
    strain_percent: options.StrainOption = None,
    measure: options.MeasureOption = "mid_line",
    path: options.PathOption = None,
    fe: options.FeOption = False,
    elements: options.ElementsOption = "250x1",
    law: options.LawOption = "hencky",
    animate: options.AnimateOption = None,
    frames: options.FramesOption = 60,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Hinged ends pushed together.

    Give one of --end-distance-um, --strain-percent and --path (column end_distance_um).

    Example: entrox bend hinged --length-um 50 --thickness-um 0.4 --modulus-gpa 70 --poisson 0.24 --end-distance-um 20
    """
    _run(context, locals(), case="hinged")


@bend.command()
def clamped(
    context: typer.Context,
    length_um: options.LengthOption = None,
    width_um: options.WidthOption = None,
    thickness_um: options.ThicknessOption = None,
    thickness_error_um: options.ThicknessErrorOption = None,
    modulus_gpa: options.ModulusOption = None,
    poisson: options.PoissonOption = None,
    layers: options.LayersOption = None,
    plane: options.PlaneOption = "auto",
    force_direction_deg: options.DirectionOption = None,
    tip_angle_deg: options.TipOption = None,
    strain_percent: options.StrainOption = None,
    measure: options.MeasureOption = "mid_line",
    path: options.PathOption = None,
    fe: options.FeOption = False,
    elements: options.ElementsOption = "250x1",
    law: options.LawOption = "hencky",
    animate: options.AnimateOption = None,
    frames: options.FramesOption = 60,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """A clamped film, its tip pushed in a fixed direction.

    Give --force-direction-deg and one of --tip-angle-deg, --strain-percent and --path (column tip_angle_deg).

    Example: entrox bend clamped --length-um 59 --thickness-um 0.4 --modulus-gpa 122 --poisson 0.24
    --force-direction-deg 90 --strain-percent 0.8
    """
    _run(context, locals(), case="clamped")


@bend.command()
def needle(
    context: typer.Context,
    length_um: options.LengthOption = None,
    width_um: options.WidthOption = None,
    thickness_um: options.ThicknessOption = None,
    thickness_error_um: options.ThicknessErrorOption = None,
    modulus_gpa: options.ModulusOption = None,
    poisson: options.PoissonOption = None,
    layers: options.LayersOption = None,
    plane: options.PlaneOption = "auto",
    needle_um: options.NeedleOption = None,
    tip_angle_deg: options.TipOption = None,
    contact_um: options.ContactOption = None,
    needle_radius_um: options.NeedleRadiusOption = None,
    friction: options.FrictionOption = 0.0,
    strain_percent: options.StrainOption = None,
    measure: options.MeasureOption = "mid_line",
    path: options.PathOption = None,
    fe: options.FeOption = False,
    elements: options.ElementsOption = "250x1",
    law: options.LawOption = "hencky",
    animate: options.AnimateOption = None,
    frames: options.FramesOption = 60,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """A clamped film, pushed by a needle that slides along it.

    Give one of --needle-um, --tip-angle-deg (needle at --contact-um), --strain-percent and --path (columns x_um,y_um).
    A needle from which the film has slipped off gives the verdict "released" with the last equilibrium.

    Example: entrox bend needle --length-um 50 --thickness-um 0.4 --modulus-gpa 70 --poisson 0.24 --needle-um 30,25
    """
    _run(context, locals(), case="needle")


@bend.command()
def verdict(
    context: typer.Context,
    length_um: options.LengthOption = None,
    width_um: options.WidthOption = None,
    thickness_um: options.ThicknessOption = None,
    modulus_gpa: options.ModulusOption = None,
    poisson: options.PoissonOption = None,
    layers: options.LayersOption = None,
    plane: options.PlaneOption = "auto",
    strain_percent: options.StrainOption = None,
    measure: options.MeasureOption = "mid_line",
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Which way of bending can give a quoted strain.

    Example: entrox bend verdict --length-um 50 --thickness-um 0.4 --modulus-gpa 70 --poisson 0.24 --strain-percent 4.8
    """
    _run(context, locals(), case="verdict")


_COMMON = ("context", "out", "overwrite", "json", "quiet")


def _run(context: typer.Context, given: dict[str, Any], case: str) -> None:
    """Check, bend, print, write."""
    from entrox.cli.bend_folder import BEND_FILES, ROOMS
    from entrox.cli.bend_input import Asked, check_asked
    from entrox.cli.bend_run import bending, verdict
    from entrox.cli.measurement import run_measurement

    options_of_load = {name: value for name, value in given.items() if name not in _COMMON}
    asked = check_asked(Asked(case=case, **options_of_load))
    out, quiet, json = given["out"], given["quiet"], given["json"]
    run_measurement(
        verdict(asked) if case == "verdict" else bending(asked, out, quiet=quiet or json), asked.settings(),
        asked.inputs(), out, command_line(context), BEND_FILES, ROOMS, overwrite=given["overwrite"], json=json,
        quiet=quiet,
    )  # fmt: skip
