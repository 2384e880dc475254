"""The options of ``entrox glass quench`` and ``entrox glass stretch``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CALCULATORS = "emt|chgnet|lammps:FILE|module:attr"

StartArgument = Annotated[
    str,
    typer.Argument(
        metavar="START|FORMULA",
        help="File with a crystal, or a formula: Bi4Ti3O12 with --x, or any with --atoms and --density-g-per-cm3.",
    ),
]
XOption = Annotated[
    float | None, typer.Option("--x", min=0.0, max=1.0, help="Lanthanides of Bi(4-4x)Ln(4x)Ti3O12; 0 if not given.")
]
LanthanidesOption = Annotated[str, typer.Option(metavar="LIST", help="Lanthanides, in equal parts.")]
SizeOption = Annotated[str, typer.Option(metavar="76|684|AxBxC", help="Atoms, or repeats of the cell of 76 atoms.")]
OrderOption = Annotated[str, typer.Option(metavar="random|sqs", help="How lanthanides stand on their sites.")]
AtomsOption = Annotated[int | None, typer.Option("--atoms", min=2, help="Atoms of a formula without a crystal.")]
DensityOption = Annotated[
    float | None, typer.Option("--density-g-per-cm3", help="Density of a formula without a crystal.")
]
CalculatorOption = Annotated[
    str, typer.Option(metavar=CALCULATORS, help="Force field; lammps:FILE holds its pair_style and pair_coeff lines.")
]
ProtocolOption = Annotated[
    Path | None, typer.Option("--protocol", metavar="TOML", help="Protocol; options given beside it count more.")
]
MeltTemperatureOption = Annotated[float | None, typer.Option("--melt-temperature-k", help="By default 3500.")]
MeltOption = Annotated[float | None, typer.Option("--melt-ps", help="Time in the melt before it is judged; 2.")]
LongestMeltOption = Annotated[
    float | None, typer.Option("--longest-melt-ps", help="Time after which it counts as not melted; 5 x --melt-ps.")
]
NotMeltedOption = Annotated[
    str | None, typer.Option("--if-not-melted", metavar="stop|quench", help="What then happens; stop.")
]
RateOption = Annotated[
    float | None, typer.Option("--quench-rate-k-per-ps", help="Slowest cooling rate; 100. 1 K/ps is 1e12 K/s.")
]
HoldOption = Annotated[float | None, typer.Option("--hold-ps", help="Time at the end temperature; 12.")]
EndTemperatureOption = Annotated[float | None, typer.Option("--end-temperature-k", help="By default 300.")]
TimeStepOption = Annotated[float | None, typer.Option("--timestep-fs", help="By default 2.")]
VolumeOption = Annotated[
    str | None,
    typer.Option(metavar="eos|npt|fixed", help="From runs at several volumes, at constant pressure, or kept; eos."),
]
EosOption = Annotated[float | None, typer.Option("--eos-ps", help="Time at each of the volumes; 0.4.")]
SeedsOption = Annotated[int, typer.Option(min=1, help="Number of melts.")]
RatesOption = Annotated[int, typer.Option(min=1, help="Cooling rates, each a factor of sqrt(10) above the one before.")]
PresetOption = Annotated[
    str | None, typer.Option(metavar="published", help="Crystal 5 ps, melt 2 ps, quench 3 ps, hold 12 ps.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of velocities, bath and occupation.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Melts side by side.")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="Threads of a force field.")]
OutOption = Annotated[Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoints in RUN.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]

GlassArgument = Annotated[Path, typer.Argument(metavar="GLASS", help="File with the structure; its last frame.")]
ModeOption = Annotated[
    str,
    typer.Option(
        metavar="uniaxial-strain|uniaxial-stress|athermal",
        help="Sides fixed, sides without stress, or steps with a search for the minimum after each.",
    ),
]
StrainRateOption = Annotated[float, typer.Option("--rate-per-ps", help="Change of length over the first, per ps.")]
StrainOption = Annotated[float, typer.Option("--max-strain-percent", help="Change of length at the end.")]
StepOption = Annotated[float, typer.Option("--step-percent", help="Step of athermal.")]
AxisOption = Annotated[str, typer.Option(metavar="x|y|z", help="Direction that is stretched.")]
VolumetricOption = Annotated[
    bool, typer.Option("--volumetric", help="Stretch all three directions by that strain (athermal).")
]
TemperatureOption = Annotated[float, typer.Option("--temperature-k", help="Temperature of the bath.")]
SettleOption = Annotated[float, typer.Option("--settle-ps", help="Time at rest before.")]
NoBathOption = Annotated[bool, typer.Option("--no-bath", help="No thermostat: the work heats the glass.")]
StretchTimeStepOption = Annotated[float, typer.Option("--timestep-fs", help="Time step.")]


def parse_size(text: str) -> str | tuple[int, ...]:
    """Return a number of atoms as it is, and repeats such as 2x1x1 as numbers."""
    parts = text.split("x")
    return tuple(int(part) for part in parts) if len(parts) == 3 and all(p.isdigit() for p in parts) else text


def parse_axis(text: str) -> int:
    """Return the number of an axis.

    Raises
    ------
    typer.BadParameter
        If it is none of x, y and z.
    """
    if text not in ("x", "y", "z"):
        raise typer.BadParameter(f"--axis must be x, y or z; got {text!r}.")
    return "xyz".index(text)
