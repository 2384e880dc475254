"""The options of ``entrox md``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["PROTOCOLS"]

PROTOCOLS = ("npt", "nvt", "nve", "ramp", "ladder", "field")

StructureArgument = Annotated[
    str,
    typer.Argument(
        metavar="STRUCTURE|FORMULA",
        help="File with a structure or trajectory, or a perovskite such as Ba0.75Ca0.25TiO3, occupied at random.",
    ),
]
ModelOption = Annotated[
    list[str],
    typer.Option(
        "--model",
        metavar="M",
        help="Deep Potential (.pb), several for their deviation; or chgnet, toy, shell, ase:MODULE:FUNCTION.",
    ),
]
EngineOption = Annotated[
    str | None, typer.Option(metavar="lammps|ase", help="By default LAMMPS for .pb files, ASE for all else.")
]
ProtocolOption = Annotated[str, typer.Option(metavar="|".join(PROTOCOLS), help="What the run does.")]
ShapeOption = Annotated[
    str | None, typer.Option(help="Units along the cell vectors, such as 12x12x4; of a file, to divide the edges by.")
]
LatticeOption = Annotated[
    float | None, typer.Option("--lattice-angstrom", help="Pseudo-cubic edge of a formula; by Vegard's rule if absent.")
]
RoundingOption = Annotated[
    str, typer.Option(metavar="error|largest-remainder", help="Where fractions of a formula do not fit the box.")
]
FrameOption = Annotated[str, typer.Option(metavar="last|first", help="Which frame of a file is the start.")]
TypeMapOption = Annotated[
    str | None, typer.Option("--type-map", help="Elements of the type numbers of a file, such as Ba,Ca,Ti,Sn,O.")
]
TemperatureOption = Annotated[float, typer.Option("--temperature-k", help="Temperature, or that at the start.")]
EndTemperatureOption = Annotated[
    float | None, typer.Option("--end-temperature-k", help="Last temperature of a ramp or ladder.")
]
RateOption = Annotated[float | None, typer.Option("--rate-k-per-ps", help="Rate of a ramp.")]
StepOption = Annotated[float, typer.Option("--step-k", help="Step of a ladder.")]
PressureOption = Annotated[
    float | None, typer.Option("--pressure-bar", help="Pressure; 0 by default, 1000 with --preset paper.")
]
TimeStepOption = Annotated[float, typer.Option("--timestep-fs", help="Time step.")]
LengthOption = Annotated[float, typer.Option("--length-ps", help="Length of the run, or of each rung of a ladder.")]
FrameEveryOption = Annotated[int, typer.Option("--frame-every", min=1, help="Steps between two kept frames.")]
FieldOption = Annotated[str | None, typer.Option("--field-v-per-m", help="Field at its full strength, as x,y,z.")]
FieldShapeOption = Annotated[
    str, typer.Option("--field-shape", metavar="constant|ramp|sine", help="Course of the field.")
]
PeriodOption = Annotated[float | None, typer.Option("--period-ps", help="Period of a sine.")]
ChargesOption = Annotated[
    Path | None, typer.Option("--born-charges", help="TOML or JSON of element = charge, for the field.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of velocities and occupation.")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="Threads of the engine.")]
LauncherOption = Annotated[
    str, typer.Option(metavar="COMMAND", help="Starts LAMMPS on several processors, such as 'mpiexec -n 4'.")
]
PresetOption = Annotated[
    str | None, typer.Option(metavar="paper", help="Settings of npj Comput. Mater. 2025: 12x12x4, 1 kbar.")
]
TrustOption = Annotated[
    bool, typer.Option("--trust-model", help="Load a model that was not trained here: such files can run code.")
]
OutOption = Annotated[Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in RUN.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
