"""The options of ``entrox free-energy``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SettingsArgument = Annotated[
    Path | None, typer.Argument(metavar="SETTINGS", help="Energies and volumes, TOML; --example prints one.")
]
StructureArgument = Annotated[
    Path, typer.Argument(metavar="STRUCTURE", help="Periodic box in any form that `entrox polar` reads; first frame.")
]
TrajectoryArgument = Annotated[
    Path, typer.Argument(metavar="TRAJ", help="Frames with velocities, extended XYZ or trajectory of ASE.")
]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature-k", help="Another temperature than that of SETTINGS.")
]
VibrationTemperatureOption = Annotated[
    float, typer.Option("--temperature-k", help="Temperature of the free energy that is printed.")
]
ModelOption = Annotated[
    str, typer.Option("--model", metavar="NAME", help="toy, shell, chgnet, cp2k, deepmd:FILE or ase:MODULE:FUNCTION.")
]
RelaxOption = Annotated[bool, typer.Option("--relax/--no-relax", help="Relax positions in the cell first.")]
ForceOption = Annotated[
    float, typer.Option("--force-tolerance-ev-per-angstrom", help="Largest force of a relaxed box.")
]
StepsOption = Annotated[int, typer.Option("--max-steps", min=1, help="Longest relaxation.")]
DisplacementOption = Annotated[
    float, typer.Option("--displacement-angstrom", help="Displacement of each atom in both directions.")
]
ImaginaryOption = Annotated[
    str, typer.Option("--imaginary", metavar="refuse|absolute|omit", help="What imaginary modes count as.")
]
TrustOption = Annotated[
    bool, typer.Option("--trust-model", help="Load a model file of unknown origin; such files can run code.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="Threads of one evaluation.")]
IntervalOption = Annotated[float, typer.Option("--sample-interval-fs", help="Time between two frames.")]
SegmentsOption = Annotated[int, typer.Option("--segments", min=1, help="Parts whose spectra are averaged.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")]
ExampleOption = Annotated[bool, typer.Option("--example", help="Print commented settings and exit.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, figure and the record.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
