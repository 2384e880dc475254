"""The options of the commands on polar order: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_names", "parse_numbers", "parse_shape"]

FramesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="TRAJ...",
        help="LAMMPS dump or data, extended XYZ, .traj, POSCAR, deepmd folder, rmc6f; several follow one another.",
    ),
]
ASiteOption = Annotated[str | None, typer.Option("--a-site", help="Elements of the A site, such as Ba,Ca.")]
BSiteOption = Annotated[str | None, typer.Option("--b-site", help="Elements of the B site, such as Ti,Sn.")]
ShapeOption = Annotated[str | None, typer.Option(help="Formula units along the axes, such as 12x12x4.")]
TypeMapOption = Annotated[
    str | None, typer.Option("--type-map", help="Elements of the type numbers, such as Ba,Ca,Ti,Sn,O.")
]
FirstOption = Annotated[int, typer.Option(min=0, help="First frame, counted from 0.")]
EveryOption = Annotated[int, typer.Option(min=1, help="Read every how many frames.")]
TimeStepOption = Annotated[
    float | None, typer.Option("--timestep-ps", help="Time between two frames of the file; windows need it.")
]
WindowOption = Annotated[
    float, typer.Option("--window-ps", help="Displacements are averaged over this time; 0 for single frames.")
]
AveragedOption = Annotated[
    float | None,
    typer.Option(
        "--averaged-over-ps", help="Time that each frame averages already: for files of mean positions, beside images."
    ),
]
ReferenceOption = Annotated[
    str, typer.Option(metavar="oxygen|cation", help="What the center of a cage is counted from.")
]
RuleOption = Annotated[str, typer.Option(metavar="nearest-axis|cone|components", help="Rule of the local phases.")]
ThresholdOption = Annotated[
    float, typer.Option("--threshold-angstrom", help="Shorter displacements belong to no axis (class C).")
]
MaxAngleOption = Annotated[float, typer.Option("--max-angle-deg", help="Half angle of the cones of the rule cone.")]
ChargesOption = Annotated[
    Path | None,
    typer.Option("--born-charges", help="TOML or JSON of element = charge, or extended XYZ with Born charges."),
]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature-k", help="Temperature of the run; the dielectric tensor needs it.")
]
EpsInfOption = Annotated[float | None, typer.Option("--eps-inf", help="Electronic permittivity.")]
EnvironmentOption = Annotated[
    str | None, typer.Option(help="Neighbors whose effect on bonds is tested, such as Sn,Ca.")
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--zone-axis", metavar="001|100|010|110|011|101", help="Project along this axis: image_report.json for images."
    ),
]
ThicknessOption = Annotated[
    int | None, typer.Option("--thickness-cells", min=1, help="Cells of a projected column; the whole box by default.")
]
MeasuresOption = Annotated[
    str | None,
    typer.Option(
        help="Some of displacement, phases, bonds, rdf, domains, correlation, tilts, polarization, relaxor, "
        "dielectric; all by default."
    ),
]
VacanciesOption = Annotated[bool, typer.Option("--allow-vacancies", help="Sites may be empty.")]
BoxOption = Annotated[
    str | None,
    typer.Option("--box", help="Edges a,b,c [angstrom] of frames without a cell or not periodic.", show_default=False),
]
ArrangementsOption = Annotated[
    bool,
    typer.Option("--arrangements", help="Each TRAJ is a cation arrangement of its own: errors over them are printed."),
]
SourceOption = Annotated[str, typer.Option(metavar="md|rmc", help="Where the frames come from.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with the report and its figures.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")]


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """Return the names of a list with commas; None for no text.

    Examples
    --------
    >>> parse_names("Ba, Ca")
    ('Ba', 'Ca')
    """
    if text is None:
        return None
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parse_shape(text: str | None) -> tuple[int, int, int] | None:
    """Return p, q, r of a shape such as ``12x12x4``.

    Raises
    ------
    InputError
        If these are not three whole numbers.
    """
    if text is None:
        return None
    from entrox.core import InputError

    parts = text.lower().replace("*", "x").split("x")
    if len(parts) != 3 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise InputError(f"--shape must be three whole numbers such as 12x12x4; got {text!r}.")
    p, q, r = (int(part) for part in parts)
    return p, q, r


def parse_numbers(text: str | None, option: str, count: int) -> tuple[float, ...] | None:
    """Return the numbers of a list with commas.

    Raises
    ------
    InputError
        If it has not ``count`` numbers.
    """
    if text is None:
        return None
    from entrox.core import InputError

    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{option} must be {count} numbers with commas; got {text!r}.") from error
    if len(numbers) != count:
        raise InputError(f"{option} must be {count} numbers with commas; got {len(numbers)} in {text!r}.")
    return numbers
